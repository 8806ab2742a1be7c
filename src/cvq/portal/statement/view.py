"""Show the statement of a family, and give it as a table and as a document."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from msgspec import Struct

from cvq.billing.statement import Operation, Statement
from cvq.billing.statement import statement as of_family
from cvq.bocage.tables import csv_cell
from cvq.portal.family import Family, Person, family
from cvq.portal.regie import regie
from cvq.portal.services import icon_of
from cvq.portal.statement.document import Paper, document

PERIODS = {"7": 7, "31": 31, "92": 92, "366": 366}
USUAL = "31"


class Line(Struct, frozen=True):
    """An operation as the page shows it."""

    operation: Operation
    icon: str
    title: str
    person: Person | None
    detail: str


class Asked(Struct, frozen=True):
    """What the page was asked to show; what is not understood is the usual."""

    period: str
    person: int | None
    service: int | None

    @classmethod
    def of(cls, request: HttpRequest) -> "Asked":
        """Read the filters of an address."""
        period = request.GET.get("periode", USUAL)
        return cls(
            period if period in PERIODS else USUAL,
            _number(request.GET.get("personne")),
            _number(request.GET.get("service")),
        )

    def keeps(self, one: Operation) -> bool:
        """Tell whether an operation is to be shown."""
        return (self.person is None or one.person == self.person) and (
            self.service is None or one.service == self.service
        )


@require_GET
def statement(request: HttpRequest) -> HttpResponse:
    """Show what came in, what went out, and each operation under its day."""
    ours = family(request)
    asked = Asked.of(request)
    found = _found(ours, asked)
    shown = [one for one in found.operations if asked.keeps(one)]
    services = _services(found)
    context = {
        "tab": "statement",
        "family": ours,
        "asked": asked,
        "periods": _periods(),
        "services": services,
        "statement": found,
        "days": [(day, [line(ours, one) for one in day.operations]) for day in found.days(shown)],
        "part": _part(ours, asked, found),
        "part_cents": sum(one.cents for one in shown),
        "by_service": _by_service(shown),
        "query": request.GET.urlencode(),
    }
    return render(request, "portal/statement/statement.html", context)


@require_GET
def statement_csv(request: HttpRequest) -> HttpResponse:
    """Give the statement as spreadsheets of France read it: semicolons and decimal commas."""
    ours = family(request)
    asked = Asked.of(request)
    found = _found(ours, asked)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(
        [_("Date"), _("Heure"), _("Opération"), _("Personne"), _("Explication"), _("Montant")]
    )
    for one in found.operations:
        if asked.keeps(one):
            told = line(ours, one)
            writer.writerow(map(csv_cell, _row(told)))
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="releve.csv"'
    return response


@require_GET
def statement_pdf(request: HttpRequest) -> HttpResponse:
    """Give the statement as a document that screen readers read and archives keep."""
    ours = family(request)
    asked = Asked.of(request)
    found = _found(ours, asked)
    shown = [one for one in found.operations if asked.keeps(one)]
    paper = Paper(
        family=ours.household.name,
        regie=regie(),
        day=ours.day,
        statement=found,
        part=_part(ours, asked, found),
        part_cents=sum(one.cents for one in shown),
        rows=[_row(line(ours, one)) for one in shown],
    )
    response = HttpResponse(document(paper), content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="releve.pdf"'
    return response


def line(ours: Family, one: Operation) -> Line:
    """Return an operation as the page shows it."""
    icon = icon_of(one.purpose, is_evening=one.is_evening)
    return Line(one, icon, one.title, ours.person(one.person), one.detail)


def _part(ours: Family, asked: Asked, found: Statement) -> str:
    """Return what the list is limited to: whose operations, of what; nothing if it is whole."""
    told = []
    if asked.person is not None:
        person = ours.person(asked.person)
        told.append(person.first_name if person else _("une autre personne"))
    if asked.service is not None:
        told.append(dict(_services(found)).get(asked.service) or _("un autre service"))
    return ", ".join(told)


def _services(found: Statement) -> list[tuple[int, str]]:
    return sorted({(one.service, one.name or "") for one in found.operations if one.service})


def _row(told: Line) -> Sequence[str]:
    one = told.operation
    sign = "-" if one.cents < 0 else ""
    return (
        f"{one.booked_on:%d/%m/%Y}",
        f"{one.at.astimezone(ZoneInfo(settings.TIME_ZONE)):%H:%M}" if one.has_hour else "",
        told.title,
        told.person.first_name if told.person else "",
        told.detail,
        f"{sign}{abs(one.cents) // 100},{abs(one.cents) % 100:02}",
    )


def _found(ours: Family, asked: Asked) -> Statement:
    first: date = ours.day - timedelta(days=PERIODS[asked.period] - 1)
    return of_family(ours.household, first, ours.day)


def _by_service(shown: Sequence[Operation]) -> list[tuple[str, int, int]]:
    """Return what each service cost, the dearest first, and its share of the dearest in percent."""
    spent: Counter[str] = Counter()
    for one in shown:
        if one.name:
            spent[one.name] -= one.cents
    dearest = max(spent.values(), default=0)
    return [
        (name, cents, cents * 100 // dearest) for name, cents in spent.most_common() if cents > 0
    ]


def _periods() -> list[tuple[str, str]]:
    return [
        ("7", _("Sept derniers jours")),
        ("31", _("Dernier mois")),
        ("92", _("Trois derniers mois")),
        ("366", _("Douze derniers mois")),
    ]


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else None
