"""
What answers to one box: families by name or telephone, cards, receipts and places.

Only what an index finds is looked up, and only what tells one from another is shown: a file that
is opened says more, and asks why.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q
from msgspec import Struct

from cvq.bocage.pages import Moment
from cvq.cards.models import Holding
from cvq.catalog import points as catalogue
from cvq.catalog.models import Commune as Communes
from cvq.catalog.models import Regie, Service, Site
from cvq.desk.hours import told
from cvq.payments.models import TopUp
from cvq.people.finding import Member, families_named, families_reached, members_of
from cvq.people.models import Role
from cvq.people.names import sans_accent
from cvq.plumbing.connections import underneath

FAMILIES_MAX = 20
CARDS_MAX = 10
PLACES_MAX = 8
WORDS_MAX = 6
LETTERS_MIN = 2
DIGITS_MIN = 3
RECEIPT = re.compile(r"^(?P<year>[0-9]{4})-(?P<number>[0-9]{1,6})$")


class FamilyLine(Struct, frozen=True):
    """A family: enough to tell it from another of the same name."""

    uid: UUID
    name: str
    commune: str | None
    adults: tuple[str, ...]
    children: tuple[str, ...]
    cents: int


class CardLine(Struct, frozen=True):
    """A card, and whose it is."""

    number: str
    first_name: str
    family: FamilyLine


class ReceiptLine(Struct, frozen=True):
    """A receipt, and whose it is."""

    number: str
    cents: int
    at: datetime
    regie: str
    family: FamilyLine


class PlaceLine(Struct, frozen=True):
    """A place, where it is, and what is open there today."""

    name: str
    commune: str
    services: tuple[tuple[str, str], ...]


class Commune(Struct, frozen=True):
    """A commune, and the plain words of its name."""

    id: int
    name: str
    parts: tuple[str, ...]


class Found(Struct, frozen=True):
    """What answers, group by group; `cut` names the groups that have more than is shown."""

    families: tuple[FamilyLine, ...] = ()
    cards: tuple[CardLine, ...] = ()
    receipts: tuple[ReceiptLine, ...] = ()
    places: tuple[PlaceLine, ...] = ()
    cut: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing answers."""
        return not (self.families or self.cards or self.receipts or self.places)


def find(asked: str, now: Moment) -> Found:
    """Return what answers to what was typed."""
    words = [word for word in sans_accent(asked).split() if len(word) >= LETTERS_MIN][:WORDS_MAX]
    compact = "".join(asked.split()).upper()
    communes = _communes() if words else []
    named = _named(words, communes, now.day) if words and not compact[0].isdigit() else []
    named = named or families_reached(asked, now.day)
    held = list(_held(compact, now)) if _is_a_number(compact) else []
    sites = _sites(words, communes)
    long = (("families", named, FAMILIES_MAX), ("cards", held, CARDS_MAX))
    cut = {group for group, lines, most in (*long, ("places", sites, PLACES_MAX)) if lines[most:]}
    named, held, sites = named[:FAMILIES_MAX], held[:CARDS_MAX], sites[:PLACES_MAX]
    paid = _paid(compact)
    wanted = {*named, *(one.household_id for one in paid if one.household_id)}
    rows = members_of(wanted, [person for _, person in held if person], now.day)
    families = _families(rows)
    mine = {row.person: row for row in rows if row.is_main}
    return Found(
        families=tuple(families[one] for one in named if one in families),
        cards=tuple(
            CardLine(number, mine[person].first_name, families[mine[person].household])
            for number, person in held
            if person in mine
        ),
        receipts=tuple(
            ReceiptLine(str(one), one.cents, one.at, one.regie.name, families[one.household_id])
            for one in paid
            if one.household_id in families
        ),
        places=tuple(_places(sites, now.day)),
        cut=frozenset(cut),
    )


def _is_a_number(compact: str) -> bool:
    return compact[:1].isdigit() and len(compact) >= DIGITS_MIN


def _communes() -> list[Commune]:
    rows = Communes.objects.values_list("id", "name")
    return [Commune(number, name, tuple(sans_accent(name).split())) for number, name in rows]


def _named(words: Sequence[str], communes: Sequence[Commune], day: date) -> list[int]:
    """Return the households of these words, that also name the commune they live in."""
    there = {
        word: [one.id for one in communes if any(part.startswith(word) for part in one.parts)]
        for word in words
    }
    return families_named(words, there, day)


def _held(compact: str, now: Moment) -> Iterable[tuple[str, int | None]]:
    return (
        Holding.objects.filter(
            Q(held_until__isnull=True) | Q(held_until__gt=now.at),
            medium__number__startswith=compact,
            held_from__lte=now.at,
            person__isnull=False,
        )
        .order_by("medium__number")
        .values_list("medium__number", "person_id")[: CARDS_MAX + 1]
    )


def _paid(compact: str) -> list[TopUp]:
    read = RECEIPT.match(compact)
    if read is None:
        return []
    return list(
        TopUp.objects.filter(
            regie__in=Regie.objects.values("id"),
            receipt_year=int(read["year"]),
            receipt_number=int(read["number"]),
        )
        .select_related("regie")
        .order_by("id")
    )


def _families(rows: Sequence[Member]) -> dict[int, FamilyLine]:
    people: dict[int, list[Member]] = {}
    for row in rows:
        people.setdefault(row.household, []).append(row)
    return {
        number: FamilyLine(
            uid=them[0].uid,
            name=them[0].name,
            commune=them[0].commune,
            adults=tuple(one.first_name for one in them if one.role == Role.ADULT),
            children=tuple(one.first_name for one in them if one.role == Role.CHILD),
            cents=them[0].cents,
        )
        for number, them in people.items()
    }


def _sites(words: Sequence[str], communes: Sequence[Commune]) -> list[tuple[int, str, str]]:
    """Return the sites whose name or commune has all these words, and where they are."""
    if not words:
        return []
    where = {one.id: one for one in communes}
    rows = Site.objects.order_by("name", "id").values_list("id", "name", "commune_id")
    return [
        (number, name, where[commune].name)
        for number, name, commune in rows
        if _answers((*sans_accent(name).split(), *where[commune].parts), words)
    ]


def _places(sites: Sequence[tuple[int, str, str]], day: date) -> list[PlaceLine]:
    """Return what is open at these sites."""
    if not sites:
        return []
    calendar = catalogue.current(underneath()).calendar
    services: dict[int, list[tuple[str, str]]] = {}
    given = Service.objects.filter(site__in=[one[0] for one in sites]).order_by("name", "id")
    for service, name, site in given.values_list("id", "name", "site_id"):
        if site is not None:
            hours = told(calendar.open_intervals(service, day))
            services.setdefault(site, []).append((name, hours))
    return [
        PlaceLine(name, commune, tuple(services.get(number, ()))) for number, name, commune in sites
    ]


def _answers(parts: Sequence[str], words: Sequence[str]) -> bool:
    return all(any(part.startswith(word) for part in parts) for word in words)
