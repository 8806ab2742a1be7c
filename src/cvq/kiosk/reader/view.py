"""Show what a reader says: the screen beside a box, and the six answers for whoever wonders."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cvq.access.services import Hidden
from cvq.bocage.pages import Moment, moment
from cvq.kiosk.addresses import reader_of
from cvq.kiosk.reader.answers import Answer, again, at_point
from cvq.kiosk.reader.last import last
from cvq.rules.vocabulary import Direction, Purpose, Reason, Verdict

ANSWER = "kiosk/reader/answer.html"
NIGHT_ENDS, NIGHT_BEGINS = 7, 21  # hours between which a reader may be loud


@require_GET
@login_not_required
def screen(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a box did last, and wait for the next card."""
    now, device = moment(request), reader_of(token)
    shown = last(device, now.at)
    points = list(device.points.order_by("id").values_list("name", flat=True))
    context = {"token": token, "place": points[0] if points else device.name, "last": shown}
    return _fresh(render(request, "kiosk/reader/reader.html", context))


@require_GET
@login_not_required
def said(request: HttpRequest, token: str) -> HttpResponse:
    """Tell the screen what its box did last; asked once a second."""
    now, device = moment(request), reader_of(token)
    shown = last(device, now.at)
    drawn = render_to_string(ANSWER, {"answer": shown.answer}) if shown.answer else ""
    return _fresh(JsonResponse({"seq": shown.seq, "drawn": drawn, "soft": _is_night(now)}))


@require_GET
@login_not_required
def examples(request: HttpRequest) -> HttpResponse:
    """Show the answers side by side, and without their colours."""
    return render(request, "kiosk/reader/examples.html", {"examples": _examples()})


@require_GET
@login_not_required
def example(request: HttpRequest, name: str) -> HttpResponse:
    """
    Show one answer full screen.

    :raises Hidden: there is none of that name.
    """
    found = next((answer for known, _place, answer in _examples() if known == name), None)
    if found is None:
        raise Hidden(_("Cette page n'existe pas ou plus."))
    return render(request, "kiosk/reader/example.html", {"answer": found})


def _examples() -> list[tuple[str, str, Answer]]:
    """Return the name of each answer, where it is seen, and the answer."""
    yes, noted, no = Verdict.GRANTED, Verdict.NOTED, Verdict.REFUSED
    quota = at_point(Purpose.WASTE, no, Reason.QUOTA_REACHED)
    return [
        ("entree", _("Tourniquet, porte, école"), at_point(Purpose.POOL, yes, None)),
        ("depart", _("Garderie, départ"), at_point(Purpose.GARDERIE, yes, None, Direction.OUT)),
        (
            "note",
            _("École : jamais de rouge pour un enfant"),
            at_point(Purpose.CANTEEN, noted, Reason.NOT_ENROLLED),
        ),
        ("quota", _("Déchèterie, barrière"), quota),
        ("bloquee", _("Porte, court"), at_point(Purpose.DOOR, no, Reason.MEDIUM_BLOCKED)),
        ("relire", _("Carte mal lue, tous les lecteurs"), again()),
    ]


def _is_night(now: Moment) -> bool:
    return not NIGHT_ENDS <= now.local.hour < NIGHT_BEGINS


def _fresh(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
