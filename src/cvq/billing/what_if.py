"""
A past month rated again: by the tariffs that it was charged by, or by a draft.

Nothing is written: the transaction is read-only.  What was given to a tariff then is given again;
a draft that asks for more is told what can be read again of that day.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
from msgspec import Struct, field
from psycopg import Connection, Cursor, ServerCursor

from cvq.billing.facts_again import FactsAgain, Used
from cvq.rules.tariff import (
    Priced,
    RefusalKind,
    Refused,
    Tariff,
    TariffUnreadable,
    compile_tariff,
    rate,
)
from cvq.rules.tariff.items import Item

_STANDING = """
FROM billing_charge AS c JOIN catalog_service AS s ON s.id = c.service_id
WHERE c.occurred_on >= %(first)s AND c.occurred_on < %(until)s AND c.cents > 0
    AND (%(service)s::text IS NULL OR s.code = %(service)s)
    AND NOT EXISTS (SELECT FROM billing_charge AS r WHERE r.reverses_id = c.entry_id)
"""
CHARGES = (
    "SELECT c.occurred_on, c.entry_id, c.payer_id, c.holder, c.service_id, c.tariff_id, "
    "c.inputs::text, c.cents" + _STANDING + "ORDER BY c.occurred_on, c.entry_id"
)
CODES = (
    "SELECT DISTINCT t.code FROM catalog_tariff AS t "
    "WHERE t.id IN (SELECT c.tariff_id" + _STANDING + ") ORDER BY t.code"
)
TARIFFS = "SELECT id, code, document::text FROM catalog_tariff"
ROWS_AT_ONCE = 10_000
Told = Callable[[date], None]
# What other services know of the charges of a day: facts by entry.
More = Callable[[Connection[Any], date], Mapping[int, Mapping[str, Any]]]
CHILD_DAY = "child_day"  # the grain of a price that sees all charges of a child's day at once
SUMMED = {"half_hours", "hours", "duration"}


class Month(Struct, frozen=True, kw_only=True):
    """Which charges: from a day on, until a day that is out, of one service if its code is told."""

    first: date
    until: date
    service: str | None = None


class Wrong(Struct, frozen=True):
    """A charge that its own tariff prices otherwise now, or not at all."""

    entry: int
    billed: int
    rated: int | None
    why: str


class Verified(Struct):
    """What the charges of a month come to, rated again by their own tariffs."""

    charges: int = 0
    billed: int = 0
    wrong: list[Wrong] = field(default_factory=list)

    @property
    def difference(self) -> int:
        """Return by how many cents the month would differ."""
        return sum((one.rated or 0) - one.billed for one in self.wrong)


class Group(Struct):
    """Charges that belong together: what was billed, what the draft says, who pays."""

    charges: int = 0
    billed: int = 0
    drafted: int = 0
    payers: set[int] = field(default_factory=set)

    def add(self, payer: int, billed: int, drafted: int, charges: int = 1) -> None:
        """Count one more charge, or several that are priced as one."""
        self.charges += charges
        self.billed += billed
        self.drafted += drafted
        self.payers.add(payer)

    def merge(self, other: "Group") -> None:
        """Count those of another group too."""
        self.charges += other.charges
        self.billed += other.billed
        self.drafted += other.drafted
        self.payers |= other.payers


class Compared(Struct):
    """
    What a draft would have changed of a month.

    `bands` are in the order of the draft; `changes` is by how much each payer pays more; what has
    no price by the draft is in no total but `unpriced`, by reason.
    """

    total: Group = field(default_factory=Group)
    items: dict[str, Group] = field(default_factory=dict)
    bands: dict[tuple[int, str], Group] = field(default_factory=dict)
    communes: dict[str, Group] = field(default_factory=dict)
    changes: Counter[int] = field(default_factory=Counter)
    unpriced: Counter[str] = field(default_factory=Counter)
    untouched: Group = field(default_factory=Group)


class _Draft(Struct, frozen=True):
    """What the draft says of one set of inputs."""

    cents: int = 0
    band: tuple[int, str] = (0, "")
    why: str = ""


def codes(connection: Connection[Any], month: Month) -> list[str]:
    """Return the codes of the tariffs by which something of a month was charged."""
    asked = msgspec.structs.asdict(month)
    return [code for (code,) in Cursor(connection).execute(CODES, asked).fetchall()]


def in_force(connection: Connection[Any], month: Month, told: Told) -> Verified:
    """Rate each charge of a month again by the tariff that it names, from what it was given."""
    found = Verified()
    rated: dict[tuple[int, str], int | str] = {}
    with _reading(connection):
        tariffs = {
            number: _compiled(document)
            for number, _, document in Cursor(connection).execute(TARIFFS).fetchall()
        }
        for day, used in _days(connection, month):
            told(day)
            for one in used:
                key = (one.tariff, one.inputs)
                if key not in rated:
                    rated[key] = _rated(tariffs[one.tariff], msgspec.json.decode(one.inputs))
                found.charges += 1
                found.billed += one.cents
                now = rated[key]
                if isinstance(now, str):
                    found.wrong.append(Wrong(one.entry, one.cents, None, now))
                elif now != one.cents:
                    found.wrong.append(Wrong(one.entry, one.cents, now, ""))
    return found


def compare(
    connection: Connection[Any], month: Month, draft: Mapping[str, Item], more: More, told: Told
) -> Compared:
    """Rate the charges of a month by a draft: an item for each code that it replaces."""
    found = Compared()
    rated: dict[tuple[str, bytes], _Draft] = {}
    with _reading(connection):
        of = {number: code for number, code, _ in Cursor(connection).execute(TARIFFS).fetchall()}
        again = FactsAgain(connection)
        for day, used in _days(connection, month):
            told(day)
            replaced = [(draft[of[one.tariff]], one) for one in used if of[one.tariff] in draft]
            for one in used:
                if of[one.tariff] not in draft:
                    found.untouched.add(one.payer, one.cents, one.cents)
            facts, towns = again.of_day(day, [one for _, one in replaced])
            for entry, known in more(connection, day).items():
                facts.setdefault(entry, {}).update(known)
            for item, some in _units(replaced):
                known = _known(some, facts)
                inputs = {name: known.get(name) for name in item.reads}
                key = (item.name, msgspec.json.encode(inputs))
                if key not in rated:
                    rated[key] = _drafted(item, inputs)
                _count(found, some, item, rated[key], towns.get(some[0].payer, ""))
    return found


def _units(replaced: Iterable[tuple[Item, Used]]) -> list[tuple[Item, list[Used]]]:
    """Return the charges that one price covers: one each, or those of a child's day."""
    units: dict[object, tuple[Item, list[Used]]] = {}
    for item, one in replaced:
        key: object = one.entry
        if item.grain == CHILD_DAY:
            key = (item.name, one.payer, one.holder, one.service)
        units.setdefault(key, (item, []))[1].append(one)
    return list(units.values())


def _known(some: Sequence[Used], facts: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for one in some:
        for name, value in (facts[one.entry] | msgspec.json.decode(one.inputs)).items():
            if name in SUMMED and name in known:
                known[name] = (known[name] or 0) + (value or 0)
            elif value is True or name not in known:
                known[name] = value
    return known


def _count(found: Compared, some: Sequence[Used], item: Item, now: _Draft, town: str) -> None:
    if now.why:
        found.unpriced[now.why] += len(some)
        return
    payer, billed = some[0].payer, sum(one.cents for one in some)
    groups = (
        found.total,
        found.items.setdefault(item.title, Group()),
        found.bands.setdefault(now.band, Group()),
        found.communes.setdefault(town, Group()),
    )
    for group in groups:
        group.add(payer, billed, now.cents, len(some))
    found.changes[payer] += now.cents - billed


def _drafted(item: Item, inputs: Mapping[str, Any]) -> _Draft:
    priced = rate(item, inputs)
    if isinstance(priced, Refused):
        return _Draft(why=_why(priced))
    return _Draft(cents=priced.cents, band=_band(item, priced))


def _why(refused: Refused) -> str:
    # Some reasons quote the values of somebody: those stay here.
    match refused.kind:
        case RefusalKind.MISSING_INPUT | RefusalKind.NOT_ALLOWED:
            return refused.reason
        case RefusalKind.NO_PRICE:
            return refused.reason.partition(" (")[0].removesuffix(".") + "."
        case RefusalKind.WRONG_INPUT:
            return refused.reason.rpartition(" : ")[0] + " : valeur refusée."


def _band(item: Item, priced: Priced) -> tuple[int, str]:
    """Return the first row of a table that spoke, and where it stands; else the first line."""
    for line in priced.lines:
        for hit in line.hits:
            return hit.line, hit.label
    return (priced.lines[0].line, priced.lines[0].label) if priced.lines else (0, item.title)


def _compiled(document: str) -> Tariff | str:
    try:
        return compile_tariff(msgspec.json.decode(document))
    except TariffUnreadable as error:
        return str(error)


def _rated(tariff: Tariff | str, inputs: Mapping[str, Any]) -> int | str:
    if isinstance(tariff, str):
        return tariff
    priced = rate(tariff, inputs)
    return priced.reason if isinstance(priced, Refused) else priced.cents


@contextmanager
def _reading(connection: Connection[Any]) -> Iterator[None]:
    with connection.transaction():
        connection.execute("SET TRANSACTION READ ONLY")
        yield


def _days(connection: Connection[Any], month: Month) -> Iterator[tuple[date, Sequence[Used]]]:
    asked = msgspec.structs.asdict(month)
    with ServerCursor(connection, "charges_of_a_month") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        rows = cursor.execute(CHARGES, asked)
        for day, some in groupby(rows, key=itemgetter(0)):
            yield day, [Used(*row[1:]) for row in some]
