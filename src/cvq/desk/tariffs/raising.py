"""All amounts of some prices of a draft, moved by a percentage at once."""

import re
from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from cvq.bocage.pages import moment
from cvq.bocage.templatetags.bocage import written
from cvq.catalog import documents
from cvq.catalog.models import TariffVersion
from cvq.catalog.versions import digest, texts_before, versions_of
from cvq.desk.opened import user_of
from cvq.desk.tariffs.view import with_version
from cvq.kernel.unable import Unable
from cvq.rules.tariff.raising import Raised, items_of, raised

PERCENT = re.compile(r"(?P<sign>[+-]?)(?P<number>\d{1,4}(?:[.,]\d{1,3})?) ?%?", re.ASCII)
PERCENT_MAX = 1000
STEPS = {"1": Decimal("0.01"), "5": Decimal("0.05"), "10": Decimal("0.10")}
LETTERS_MAX = 12


class NoPercent(Unable):
    """What was typed is no percentage by which a price can move."""


class NoPrice(Unable):
    """No price was chosen."""


@require_http_methods(["GET", "POST"])
@with_version
def raise_all(request: HttpRequest, found: TariffVersion) -> HttpResponse:
    """Ask by how much, and move every amount of the chosen prices: the text follows."""
    document = found.document
    typed = request.POST.get("pour_cent", "").replace("\x00", "")[: LETTERS_MAX + 1]
    before = texts_before(versions_of(document), moment(request).day)
    context = {"of_tariffs": True, "service": found.service, "version": found, "typed": typed}
    context["is_changed"] = document.text not in before
    try:
        items = items_of(document.text)
        chosen = [one for one in items if one in request.POST.getlist("prix")]
        if request.method == "GET" or len(items) == 1:
            chosen = list(items)
        context |= {
            "items": [(name, title, name in chosen) for name, title in items.items()],
            "step": request.POST.get("arrondi", "1"),
            "seen": digest(document),
        }
        if request.method == "POST":
            return _raise(request, found, chosen)
    except Unable as unable:
        context |= {"error": str(unable), "is_percent": isinstance(unable, NoPercent)}
    status = 422 if "error" in context else 200
    return render(request, "desk/tariffs/raise.html", context, status=status)


def _raise(request: HttpRequest, found: TariffVersion, chosen: list[str]) -> HttpResponse:
    """
    Write the text again with its amounts moved.

    :raises Unable: what was typed is no percentage, nothing changes, or the text moved meanwhile.
    """
    percent = _percent(request.POST.get("pour_cent", ""))
    if not chosen:
        raise NoPrice(_("Cochez au moins un prix."))
    step = STEPS.get(request.POST.get("arrondi", ""), STEPS["1"])
    done = raised(found.document.text, chosen, percent, step)
    documents.change(
        document=found.document,
        text=done.text,
        seen=request.POST.get("lu", ""),
        by=user_of(request).email,
        at=moment(request).at,
    )
    messages.success(request, _told(done), extra_tags="ok")
    answer = redirect("desk:tariff", found.service.code, found.number)
    answer["Location"] += "#changements"
    return answer


def _percent(typed: str) -> Decimal:
    """
    Return the percentage that somebody wrote as « 3 », « 2,5 % » or « -1 ».

    :raises NoPercent: it is none, is zero, or takes everything away.
    """
    words = " ".join(typed.split()).replace("\u2212", "-").replace("\u00a0", " ")
    found = PERCENT.fullmatch(words)
    if found is None:
        raise NoPercent(
            _("« %(typed)s » n'est pas un pourcentage : écrivez un nombre, comme 3 ou 2,5.")
            % {"typed": words[:LETTERS_MAX]}
        )
    percent = Decimal(f"{found['sign']}{found['number'].replace(',', '.')}")
    if not percent or not -100 < percent <= PERCENT_MAX:
        raise NoPercent(
            _("Un pourcentage va de -99 à %(most)s, sans être nul.") % {"most": PERCENT_MAX}
        )
    return percent


def _told(done: Raised) -> str:
    by = {
        "n": done.changed,
        "before": written(_cents(done.before)),
        "after": written(_cents(done.after)),
    }
    told = (
        ngettext(
            "%(n)s montant changé : %(before)s devient %(after)s.",
            "%(n)s montants changés : leur somme passe de %(before)s à %(after)s.",
            done.changed,
        )
        % by
    )
    if not done.left:
        return told
    left = ngettext(
        "%(n)s autre ne change pas (formule, au moins, au plus) : relisez-le.",
        "%(n)s autres ne changent pas (formules, au moins, au plus) : relisez-les.",
        done.left,
    )
    return f"{told} {left % {'n': done.left}}"


def _cents(amount: Decimal) -> int:
    return int((amount * 100).to_integral_value())
