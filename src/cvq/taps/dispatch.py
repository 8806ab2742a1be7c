"""Which service a tap belongs to: the one place that names the six of them."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, assert_never

from msgspec import Struct
from psycopg import Connection

from cvq.billing.packing import Packing
from cvq.billing.passages import Seen
from cvq.billing.presented import Presented, Stood
from cvq.childcare import at_the_reader as childcare
from cvq.doors import at_the_reader as doors
from cvq.halls import at_the_reader as halls
from cvq.ledger.books import Locked
from cvq.library import at_the_reader as library
from cvq.plumbing.pipeline import Speaks
from cvq.pool import at_the_reader as pool
from cvq.rules.tap import Decision
from cvq.rules.vocabulary import Purpose
from cvq.waste import at_the_reader as waste


class Desk(Enum):
    """The six services that a tap can reach."""

    CHILDCARE = "CHILDCARE"
    POOL = "POOL"
    WASTE = "WASTE"
    HALLS = "HALLS"
    LIBRARY = "LIBRARY"
    DOORS = "DOORS"


def desk(purpose: Purpose) -> Desk:
    """Return the service that answers at a point of this purpose."""
    match purpose:
        case Purpose.POOL:
            return Desk.POOL
        case (
            Purpose.SCHOOL_GATE
            | Purpose.CANTEEN
            | Purpose.GARDERIE
            | Purpose.CRECHE
            | Purpose.LEISURE
        ):
            return Desk.CHILDCARE
        case Purpose.WASTE:
            return Desk.WASTE
        case Purpose.COURT:
            return Desk.HALLS
        case Purpose.LIBRARY:
            return Desk.LIBRARY
        case Purpose.DOOR:
            return Desk.DOORS
        case _ as never:
            assert_never(never)


_GATHER: dict[Desk, Callable[[Speaks, Sequence[Presented]], Callable[[], Any]]] = {
    Desk.CHILDCARE: childcare.gather,
    Desk.POOL: pool.gather,
    Desk.WASTE: waste.gather,
    Desk.HALLS: halls.gather,
    Desk.LIBRARY: library.gather,
    Desk.DOORS: doors.gather,
}


class Known(Struct):
    """What each service knows of this batch; a service without a tap in it is not asked."""

    pools: Any = None
    visits: Any = None
    children: Any = None
    windows: Any = None
    slots: Any = None
    patrons: Any = None


def gather(pipeline: Speaks, taps: Sequence[Presented]) -> Callable[[], Known]:
    """Ask every service present what its rules need; the answers are read later."""
    mine: dict[Desk, list[Presented]] = {}
    for tap in taps:
        mine.setdefault(desk(tap.point.purpose), []).append(tap)
    asked = {one: _GATHER[one](pipeline, some) for one, some in mine.items()}

    def read(one: Desk) -> Any:
        return asked[one]() if one in asked else None

    return lambda: Known(
        pools=read(Desk.POOL),
        visits=read(Desk.WASTE),
        children=read(Desk.CHILDCARE),
        windows=read(Desk.DOORS),
        slots=read(Desk.HALLS),
        patrons=read(Desk.LIBRARY),
    )


def decide(tap: Presented, known: Known, accounts: dict[int, Locked]) -> Decision:
    """Return our answer to a tap, by the rules of its service."""
    match desk(tap.point.purpose):
        case Desk.POOL:
            return pool.decide(tap, known.pools, accounts)
        case Desk.WASTE:
            return waste.decide(tap, known.visits, accounts)
        case Desk.CHILDCARE:
            return childcare.decide(tap, known.children)
        case Desk.DOORS:
            return doors.decide(tap, known.windows)
        case Desk.HALLS:
            return halls.decide(tap, known.slots)
        case Desk.LIBRARY:
            return library.decide(tap, known.patrons)


def enter(stood: Stood, known: Known, ours: Decision, *, passed: bool) -> Seen | None:
    """Move on what a service knows; return the passage where one may cost something."""
    match desk(stood.tap.point.purpose):
        case Desk.POOL:
            return pool.enter(stood, known.pools, ours, passed=passed)
        case Desk.WASTE:
            return waste.enter(stood, known.visits, ours, passed=passed)
        case Desk.CHILDCARE:
            childcare.enter(stood, known.children)
            return None
        case _:
            return None


def undo(tap: Presented, known: Known, seq: int) -> None:
    """Take back the passage of that number of the same box: nobody made it."""
    match desk(tap.point.purpose):
        case Desk.POOL:
            pool.undo(tap, known.pools, seq)
        case Desk.WASTE:
            waste.undo(tap, known.visits, seq)
        case _:
            pass


def scopes(known: Known) -> list[tuple[str, list[Seen]]]:
    """Return every scope of passages with the table that keeps it."""
    found: list[tuple[str, list[Seen]]] = []
    if known.pools is not None:
        found += [(pool.TABLE, scope) for scope in pool.scopes(known.pools)]
    if known.visits is not None:
        found += [(waste.TABLE, scope) for scope in waste.scopes(known.visits)]
    return found


def apply(cursor: Speaks, stoods: Sequence[tuple[Stood, Seen | None]], known: Known) -> None:
    """Insert the facts of every service present, each in one statement."""
    mine: dict[Desk, list[tuple[Stood, Seen | None]]] = {}
    for stood, seen in stoods:
        mine.setdefault(desk(stood.tap.point.purpose), []).append((stood, seen))
    passages = {
        one: [(stood, seen) for stood, seen in mine.get(one, ()) if seen is not None]
        for one in (Desk.POOL, Desk.WASTE)
    }
    if known.pools is not None:
        pool.apply(cursor, passages[Desk.POOL], known.pools)
    if known.visits is not None:
        waste.apply(cursor, passages[Desk.WASTE], known.visits)
    childcare.apply(cursor, [stood for stood, _ in mine.get(Desk.CHILDCARE, ())])
    halls.apply(cursor, [stood for stood, _ in mine.get(Desk.HALLS, ())])


_PACK: dict[Desk, Callable[[Connection[Any], Packing], None]] = {
    Desk.CHILDCARE: childcare.pack,
    Desk.POOL: pool.pack,
    Desk.WASTE: waste.pack,
    Desk.HALLS: halls.pack,
    Desk.LIBRARY: library.pack,
    Desk.DOORS: doors.pack,
}


def pack(connection: Connection[Any], packing: Packing) -> None:
    """Let the service of these points say what each medium may do there."""
    _PACK[desk(packing.points[0].purpose)](connection, packing)
