"""
A past month rated again: by the tariffs that it was priced by, or by a draft.

Nothing is written: the transaction is read-only.  What was given to a tariff then is given again;
a draft that asks for more is told what can be read again of that day.  What was free counts too:
a draft that makes it cost something has its losers there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import msgspec
from msgspec import Struct, field
from psycopg import Connection, Cursor

from cvq.billing import uses
from cvq.billing.counted_again import CountsAgain, Uncounted, turn
from cvq.billing.facts_again import FactsAgain
from cvq.billing.uses import Keeper, Month, Told, Used
from cvq.catalog.sold import CONSTANT
from cvq.rules.tariff import (
    Priced,
    RefusalKind,
    Refused,
    Tariff,
    TariffUnreadable,
    compile_published,
    rate,
)
from cvq.rules.tariff.items import Item

TARIFFS = "SELECT id, code, document::text FROM catalog_tariff"
CHILD_DAY = "child_day"  # the grain of a price that sees all uses of a child's day at once
SUMMED = {"half_hours", "hours", "duration"}
RATED_AT_MOST = 50_000  # prices kept: a tariff that asks the day has others every day


class Wrong(Struct, frozen=True):
    """A use that its own tariff prices otherwise now, or not at all; no entry if it was free."""

    entry: int | None
    billed: int
    rated: int | None
    why: str
    day: date
    code: str


class Verified(Struct):
    """What the charges of a month come to, and its free uses, rated again by their own tariffs."""

    charges: int = 0
    free: int = 0
    billed: int = 0
    wrong: list[Wrong] = field(default_factory=list)

    @property
    def difference(self) -> int:
        """Return by how many cents the month would differ."""
        return sum((one.rated or 0) - one.billed for one in self.wrong)


class Group(Struct):
    """Uses that belong together: what was billed, what the draft says, who pays."""

    uses: int = 0
    billed: int = 0
    drafted: int = 0
    payers: set[int] = field(default_factory=set)

    def add(self, payer: int, billed: int, drafted: int, uses: int = 1) -> None:
        """Count one more use, or several that are priced as one."""
        self.uses += uses
        self.billed += billed
        self.drafted += drafted
        self.payers.add(payer)

    def merge(self, other: "Group") -> None:
        """Count those of another group too."""
        self.uses += other.uses
        self.billed += other.billed
        self.drafted += other.drafted
        self.payers |= other.payers


class Compared(Struct):
    """
    What a draft would have changed of a month.

    `bands` are in the order of the draft; `billed` is what each payer paid and `changes` by how
    much each pays more; what has no price by the draft is in no total but `unpriced`, by reason.
    `free` is what cost nothing, `no_longer_free` and `newly_free` what changes of that; `unheard`
    is what the draft asks and nobody tells of that month, `alike` what everybody answers alike
    today, `uncounted` what began before our facts.
    """

    total: Group = field(default_factory=Group)
    items: dict[str, Group] = field(default_factory=dict)
    bands: dict[tuple[int, str], Group] = field(default_factory=dict)
    communes: dict[str, Group] = field(default_factory=dict)
    billed: Counter[int] = field(default_factory=Counter)
    changes: Counter[int] = field(default_factory=Counter)
    free: Group = field(default_factory=Group)
    no_longer_free: Group = field(default_factory=Group)
    newly_free: Group = field(default_factory=Group)
    unpriced: Counter[str] = field(default_factory=Counter)
    unheard: list[str] = field(default_factory=list)
    alike: list[str] = field(default_factory=list)
    uncounted: list[Uncounted] = field(default_factory=list)
    untouched: Group = field(default_factory=Group)
    services: set[int] = field(default_factory=set)


class _Draft(Struct, frozen=True):
    """What the draft says of one set of inputs."""

    cents: int = 0
    band: tuple[int, str] = (0, "")
    why: str = ""


def in_force(
    connection: Connection[Any], month: Month, keepers: Sequence[Keeper], told: Told
) -> Verified:
    """
    Rate each use of a month again by the tariff that priced it.

    A charge keeps what it was given; what cost nothing is given what is known of that day now.
    """
    found = Verified()
    rated: dict[tuple[int, str], int | str] = {}
    with _reading(connection):
        rows = Cursor(connection).execute(TARIFFS).fetchall()
        codes = {number: code for number, code, _ in rows}
        tariffs = {number: _compiled(document) for number, _, document in rows}
        again = FactsAgain(connection)
        for day, used, more in uses.days(connection, month, keepers, told):
            facts, _ = again.of_day(day, _beside([one for one in used if one.is_free], used))
            for one in used:
                tariff = tariffs[one.tariff]
                inputs = one.inputs
                if one.is_free:
                    inputs = _asked(tariff, _known([one], facts, more))
                key = (one.tariff, inputs)
                if key not in rated:
                    _bounded(rated)[key] = _rated(tariff, msgspec.json.decode(inputs))
                _verify(found, one, rated[key], day, codes[one.tariff])
    return found


def compare(
    connection: Connection[Any],
    month: Month,
    draft: Mapping[str, Item],
    keepers: Sequence[Keeper],
    told: Told,
) -> Compared:
    """
    Rate the uses of a month by a draft: an item for each code that it replaces.

    What the draft counts is counted from the beginning of its periods, as far as is known.
    """
    found = Compared()
    rated: dict[tuple[str, bytes], _Draft] = {}
    heard: dict[str, bool] = {}
    with _reading(connection):
        again, counts = _DraftAgain(connection, keepers, told), CountsAgain(draft)
        if counts.draft:
            before, found.uncounted = counts.before(connection, month)
            for day, _, units, _ in again.days(before, counts.draft):
                for item, some, inputs in units:
                    counts.rate(item, some, day, inputs)
        for day, untouched, units, towns in again.days(month, draft):
            for one in untouched:
                found.untouched.add(one.payer, one.cents, one.cents)
            for item, some, inputs in units:
                if item.counts:
                    now = _drafted(item, counts.rate(item, some, day, inputs))
                else:
                    key = (item.name, msgspec.json.encode(inputs))
                    if key not in rated:
                        _bounded(rated)[key] = _drafted(item, rate(item, inputs))
                    now = rated[key]
                for name, value in inputs.items():
                    heard[name] = heard.get(name, False) or value is not None
                _count(found, some, item, now, towns.get(some[0].payer, ""))
    found.unheard = _titles(draft, {name for name, is_heard in heard.items() if not is_heard})
    found.alike = _titles(draft, {name for name in CONSTANT if heard.get(name)})
    return found


Unit = tuple[Item, list[Used], dict[str, Any]]  # what one price covers, and what it is given


class _DraftAgain:
    """The uses of past days as a draft prices them."""

    def __init__(self, connection: Connection[Any], keepers: Sequence[Keeper], told: Told) -> None:
        """Read which tariff bears which code."""
        self.connection, self.keepers, self.told = connection, keepers, told
        rows = Cursor(connection).execute(TARIFFS).fetchall()
        self.codes = {number: code for number, code, _ in rows}
        self.facts = FactsAgain(connection)

    def days(
        self, month: Month, draft: Mapping[str, Item]
    ) -> Iterator[tuple[date, list[Used], list[Unit], Mapping[int, str]]]:
        """Yield each day: the uses that the draft leaves alone, its units, and who lives where."""
        of = self.codes
        is_counted = any(item.counts for item in draft.values())
        for day, used, more in uses.days(self.connection, month, self.keepers, self.told):
            replaced = [(draft[of[one.tariff]], one) for one in used if of[one.tariff] in draft]
            untouched = [one for one in used if of[one.tariff] not in draft]
            facts, towns = self.facts.of_day(day, _beside([one for _, one in replaced], used))
            known = [(item, some, _known(some, facts, more)) for item, some in _units(replaced)]
            if is_counted:
                known.sort(key=lambda unit: turn(unit[1], unit[2]))
            units = [
                (item, some, {name: told.get(name) for name in item.reads})
                for item, some, told in known
            ]
            yield day, untouched, units, towns


def _beside(wanted: Sequence[Used], used: Sequence[Used]) -> list[Used]:
    """Return the uses of a day at the services of some: a rank is among all who came there."""
    services = {one.service for one in wanted}
    return [one for one in used if one.service in services]


def _bounded(rated: dict[Any, Any]) -> dict[Any, Any]:
    if len(rated) >= RATED_AT_MOST:
        rated.clear()
    return rated


def _verify(found: Verified, one: Used, now: int | str, day: date, code: str) -> None:
    found.charges += not one.is_free
    found.free += one.is_free
    found.billed += one.cents
    if now != one.cents:
        entry = None if one.is_free else one.entry
        cents, why = (None, now) if isinstance(now, str) else (now, "")
        found.wrong.append(Wrong(entry, one.cents, cents, why, day, code))


def _titles(draft: Mapping[str, Item], names: set[str]) -> list[str]:
    titles = {one.name: one.title for item in draft.values() for one in item.takes}
    return sorted(titles.get(name, name) for name in names)


def _units(replaced: Iterable[tuple[Item, Used]]) -> list[tuple[Item, list[Used]]]:
    """Return the uses that one price covers: one each, or those of a child's day."""
    units: dict[object, tuple[Item, list[Used]]] = {}
    for item, one in replaced:
        key: object = one.entry
        if item.grain == CHILD_DAY:
            key = (item.name, one.payer, one.holder, one.service)
        units.setdefault(key, (item, []))[1].append(one)
    return list(units.values())


def _known(
    some: Sequence[Used],
    facts: Mapping[int, Mapping[str, Any]],
    more: Mapping[int, Mapping[str, Any]],
) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for one in some:
        told = {**facts[one.entry], **more.get(one.entry, {}), **msgspec.json.decode(one.inputs)}
        for name, value in told.items():
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
    groups = [
        found.total,
        found.items.setdefault(item.title, Group()),
        found.bands.setdefault(now.band, Group()),
        found.communes.setdefault(town, Group()),
    ]
    if free := sum(one.is_free for one in some):
        found.free.add(payer, billed, now.cents, free)
    if not billed and now.cents:
        groups.append(found.no_longer_free)
    elif billed and not now.cents:
        groups.append(found.newly_free)
    for group in groups:
        group.add(payer, billed, now.cents, len(some))
    found.billed[payer] += billed
    found.changes[payer] += now.cents - billed
    found.services.add(some[0].service)


def _drafted(item: Item, priced: Priced | Refused) -> _Draft:
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
        return compile_published(msgspec.json.decode(document))
    except TariffUnreadable as error:
        return str(error)


def _asked(tariff: Tariff | str, known: Mapping[str, Any]) -> str:
    names = () if isinstance(tariff, str) else tariff.reads
    return msgspec.json.encode({name: known.get(name) for name in names}).decode()


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
