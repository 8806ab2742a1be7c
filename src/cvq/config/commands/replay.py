"""Live a year of Parthenay-Gâtine apart, prove the books and hold them against the oracle."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from cvq.config import home, replays, runtime
from cvq.edge.command_line import above_zero
from cvq.kernel.unable import Unable

if TYPE_CHECKING:
    from psycopg import Connection

    from cvq.twin.ended import Ended
    from cvq.twin.recorded import Recorded
    from cvq.twin.replay import Hall, Jobs, Life, Replay

    Through = Callable[[Recorded], Hall]
    Judge = Callable[[Replay, Connection[Any]], int]

HELP = "vit une année du territoire à part, l'audite et la compare à l'oracle"
# The territory is written down from September 2024; the school holidays are known up to there.
YEARS = range(2025, 2028)
# The habits were tuned on this seed; the tests live by others.
SEED = 1
CULPRITS_SHOWN_MAX = 10
WEEK_BEGINS_AFTER = 7  # the first Monday past the holidays of the new year


class NothingToLive(Unable):
    """A year that ends before it begins, or that nothing is known of."""


class Lived(NamedTuple):
    """How a life was judged, and what it ended with."""

    status: int
    ended: "Ended"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the year, how much of the territory, and how messages travel."""
    parser.add_argument("--year", type=int, default=2025, metavar="AN", help="l'année (2025)")
    parser.add_argument(
        "--scale",
        type=above_zero,
        default=1.0,
        metavar="N",
        help="1 est tout le territoire, 0,1 un foyer sur dix (1)",
    )
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"la graine ({SEED})")
    parser.add_argument("--until", type=_day, metavar="JOUR", help="s'arrête la veille de ce jour")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--faults",
        action="store_true",
        help="la vit deux fois, la seconde avec des envois perdus, retardés, doublés, coupés",
    )
    ways.add_argument(
        "--wire",
        action="store_true",
        help="en vit une semaine deux fois, la seconde par une vraie passerelle",
    )
    parser.add_argument("--keep", action="store_true", help=f"garde la base {replays.DATABASE}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"« {text} » n'est pas un jour : écrivez par exemple 2025-02-01."
        ) from error


def run(args: argparse.Namespace) -> int:
    """Live the year, print what it came to, and exit 0 if nothing differs."""
    if args.year not in YEARS:
        raise NothingToLive(
            f"--year {args.year} : choisissez une année de {YEARS[0]} à {YEARS[-1]}, dont les "
            "vacances scolaires et les tarifs sont connus."
        )
    first_day, until = date(args.year, 1, 1), args.until or date(args.year + 1, 1, 1)
    if until <= first_day:
        raise NothingToLive(f"--until {until} : choisissez un jour après le {first_day}.")
    began = time.perf_counter()
    args.host = home.path()  # once: a territory that is opened becomes the home of this process
    if args.wire:
        status = _by_wire(args)
    elif args.faults:
        status = _disturbed(args, first_day, until)
    else:
        with replays.territory(args.host, keep=args.keep) as database:
            status = _live(database, _life(args, first_day, until), aside=True).status
    if args.keep:
        print(f"La base {replays.DATABASE} est gardée.")
    print(f"Durée : {time.perf_counter() - began:.1f} s.".replace(".", ",", 1))
    return status


def _life(args: argparse.Namespace, first_day: date, until: date) -> "Life":
    from zoneinfo import ZoneInfo

    from django.conf import settings

    from cvq.twin.replay import Life

    return Life(
        first_day=first_day,
        until=until,
        scale=args.scale,
        seed=args.seed,
        # Boxes and cards were there a month before the year begins.
        issued_at=datetime(args.year - 1, 12, 1, tzinfo=UTC),
        zone=ZoneInfo(settings.TIME_ZONE),
    )


# -- three ways to live ----------------------------------------------------------------------------
def _disturbed(args: argparse.Namespace, first_day: date, until: date) -> int:
    """Live a year calm, then disturbed, and hold the two together."""
    with replays.territory(args.host, keep=False) as database:
        from msgspec.structs import replace

        from cvq.twin.disturbed import Disturbed, Fault, Memory, Remembered

        # What follows the events of a clock that ran ahead is believed if it was asked, and not if
        # it was only told: no delivery can be disturbed without changing that.
        life = replace(_life(args, first_day, until), clocks_ahead_a_year=0)
        memory = Memory()
        calm = _live(database, life, through=lambda hall: Remembered.of(hall, memory), aside=True)
    print("\nLa même vie, perturbée.", flush=True)
    with replays.territory(args.host, keep=args.keep) as database, ExitStack() as stack:
        disturbed: list[Disturbed] = []

        def through(hall: "Recorded") -> Disturbed:
            disturbed.append(Disturbed(hall, memory, dsn=_spine(database), seed=args.seed))
            stack.callback(disturbed[0].close)
            return disturbed[0]

        again = _live(database, life, through=through)
    from cvq.twin import ended, telling

    _print(telling.fired(disturbed[0].fired))
    found = list(ended.differences(calm.ended, again.ended))
    status = _tell_same(found, "Charges, compteurs et soldes des deux vies")
    return max(status, calm.status, again.status, int(set(disturbed[0].fired) < set(Fault)))


def _by_wire(args: argparse.Namespace) -> int:
    """Live a week from memory, then through a gateway, and hold the two together."""
    monday = date(args.year, 1, WEEK_BEGINS_AFTER)
    monday += timedelta(days=-monday.weekday() % 7)
    until = monday + timedelta(days=7)
    with replays.territory(args.host, keep=False) as database:
        from msgspec.structs import replace

        # A clock that lies is believed or not by the clock of the gateway, which is another.
        life = replace(_life(args, monday, until), asks_at_once=1, clocks_ahead_a_year=0)
        memory = _live(database, life)
    print("\nLa même semaine, par la passerelle.", flush=True)
    with replays.territory(args.host, keep=args.keep) as database, ExitStack() as stack:
        wired = _live(
            database,
            life,
            through=lambda hall: replays.gateway(stack, database, hall, life),
            judged=_audited,  # the witness hears what is told from memory
        )
    from cvq.twin import ended

    found = [*ended.differences(memory.ended, wired.ended)]
    found += ended.books(memory.ended, wired.ended)
    status = _tell_same(found, "Charges, compteurs, soldes et comptes de la mémoire et du réseau")
    return max(status, memory.status, wired.status)


def _tell_same(found: list[str], what: str) -> int:
    from cvq.twin import telling

    _print(telling.same(found, what))
    return int(bool(found))


def _live(
    database: runtime.Database,
    life: "Life",
    *,
    through: "Through | None" = None,
    aside: bool = False,
    judged: "Judge | None" = None,
) -> Lived:
    """Live in a new database, tell what it came to, and judge it."""
    import psycopg

    from cvq.catalog import gatine
    from cvq.config import keys
    from cvq.config.jobs import Jobs
    from cvq.twin import ended
    from cvq.twin.replay import Replay

    gatine.found(at=life.issued_at, devices=home.path() / "devices")
    spine = _spine(database)
    with psycopg.connect(spine, autocommit=True) as connection:
        told = _progress()
        replay = Replay(
            connection,
            life,
            aside=spine if aside else "",
            through=through or (lambda recorded: recorded),
            told=told,
        )
        told("")
        with closing(replay):
            head_key = keys.signing_key(home.path(), keys.HEAD)
            jobs = Jobs(zone=life.zone, head_key=head_key, clerk=replay.clerk)
            _year(replay, replays.kept_up(jobs.run, database.owner_dsn))
            _tell_account(connection, life)
            status = (judged or judge)(replay, connection)
        return Lived(status, ended.read(connection))


def _spine(database: runtime.Database) -> str:
    from psycopg.conninfo import make_conninfo

    from cvq.plumbing.pipeline import OPTIONS

    return make_conninfo(database.app_dsn, options=OPTIONS)


def _progress() -> Callable[[str], None]:
    """Return what tells how far the population is: one line of a terminal, else a line for each."""
    began = time.perf_counter()

    def told(what: str) -> None:
        line = f"Le territoire se peuple : {what}… {time.perf_counter() - began:.0f} s"
        if sys.stderr.isatty():
            print(f"\r\033[K{line if what else ''}", end="", file=sys.stderr, flush=True)
        elif what:
            print(line, file=sys.stderr, flush=True)

    return told


# -- what is told ----------------------------------------------------------------------------------
def judge(replay: "Replay", connection: "Connection[Any]") -> int:
    """Audit the books, hold them against the witness, and return 0 if nothing is wrong."""
    from cvq.twin import telling

    is_clean = _audit(connection)
    difference = replay.difference()
    _print(telling.difference(difference))
    return 0 if is_clean and not difference.total and not difference.answers else 1


def _audited(replay: "Replay", connection: "Connection[Any]") -> int:
    return int(not _audit(connection))


def _year(replay: "Replay", jobs: "Jobs") -> None:
    from cvq.twin import telling

    print(f"{telling.population(replay.people, len(replay.days.boxes))}.", flush=True)
    began = time.perf_counter()
    for month in replay.live(jobs):
        print(telling.month(month, time.perf_counter() - began), flush=True)
    spent = time.perf_counter() - began
    print(
        f"{telling.count(replay.events)} passages en {telling.seconds(spent)} : "
        f"{telling.count(replay.events / spent)} par seconde."
    )


def _tell_account(connection: "Connection[Any]", life: "Life") -> None:
    from cvq.twin import account, compared, telling

    _print(telling.account(account.read(connection)))
    found = compared.compare(
        connection, first_day=life.first_day, until=life.until, scale=life.scale
    )
    _print(telling.compared(found, life.first_day, life.until))


def _audit(connection: "Connection[Any]") -> bool:
    from cvq.config import audit
    from cvq.twin.telling import seconds

    began = time.perf_counter()
    culprits = audit.culprits_by_two(connection)
    _print(f"✗ Audit : {sentence}" for sentence in culprits[:CULPRITS_SHOWN_MAX])
    if not culprits:
        spent = seconds(time.perf_counter() - began)
        print(f"✓ Audit : les livres tombent juste, rien n'a été modifié ({spent}).")
    return not culprits


def _print(lines: "Iterator[str]") -> None:
    for line in lines:
        print(line, flush=True)
