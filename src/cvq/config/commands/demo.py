"""Show Parthenay-Gâtine tapping through the real gateway, from nothing, until Ctrl-C."""

import argparse
import contextlib
import gc
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from cvq.config import home, runtime
from cvq.config.commands.gateway import PORT
from cvq.config.commands.web import PORT as WEB_PORT
from cvq.edge.command_line import above_zero, moment, port, whole
from cvq.kernel.unable import Unable

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from cvq.config.beforehand import Lived as Past
    from cvq.config.shows import Show
    from cvq.config.welcome import Guests
    from cvq.twin.drawing import Drawing
    from cvq.twin.places import Spot
    from cvq.twin.residents import Population

HELP = "montre Parthenay-Gâtine qui badge par la vraie passerelle, en partant de rien"
DATABASE = "cvq_demo"
SIREN = "200041333"
HOST = "127.0.0.1"
SPEED = 10
SEED = 1
SCALE = 1.0
WEEKS = 2
# Boxes and cards were there before the day that is shown: what is older than them is parked.
FOUNDED_BEFORE = timedelta(days=40)
READY_SECONDS_MAX = 30
FAILED_STATUS = 1


class PortTaken(Unable):
    """Another program listens where the gateway would."""


class OtherTerritory(Unable):
    """The folder is that of another territory."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare when to begin and how fast to live."""
    parser.add_argument(
        "--speed", type=whole(1), default=SPEED, metavar="N", help=f"fois plus vite ({SPEED})"
    )
    parser.add_argument(
        "--at",
        type=moment,
        metavar="INSTANT",
        help="commence à cette heure du territoire, par exemple 2025-06-03T08:15 (maintenant)",
    )
    parser.add_argument(
        "--scale",
        type=above_zero,
        default=SCALE,
        metavar="N",
        help="1 est tout le territoire (1), 0,1 un foyer sur dix",
    )
    parser.add_argument(
        "--weeks",
        type=whole(0),
        default=WEEKS,
        metavar="N",
        help=f"semaines vécues avant l'ouverture ({WEEKS})",
    )
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"la graine ({SEED})")
    parser.add_argument(
        "--port", type=port, default=PORT, metavar="N", help=f"port de la passerelle ({PORT})"
    )
    parser.add_argument(
        "--web-port", type=port, default=WEB_PORT, metavar="N", help=f"port des pages ({WEB_PORT})"
    )
    parser.add_argument(
        "--seconds", type=above_zero, metavar="N", help="s'arrête après ce temps (sinon Ctrl-C)"
    )


def run(args: argparse.Namespace) -> int:
    """Set everything up, show the doors until asked to stop, and end every process."""
    began = time.perf_counter()
    _check_port(args.port, "--port")
    _check_port(args.web_port, "--web-port")
    folder = home.path()
    _describe(folder)
    from cvq.config.apart import fresh_database

    print(f"La démonstration vit dans la base {DATABASE}, refaite à chaque fois.", flush=True)
    with _told("Base et tables"), contextlib.ExitStack() as stack:
        database = stack.enter_context(fresh_database(folder, DATABASE, keep=True))
        rest = stack.pop_all()
    # The signed days of the demonstration before: its books are no more.
    shutil.rmtree(folder / "heads" / DATABASE, ignore_errors=True)
    gc.disable()  # the people stay to the end: nobody need look through them as they come
    with rest:
        return _demonstrate(database, args, folder, began)


def _demonstrate(
    database: runtime.Database, args: argparse.Namespace, folder: Path, began: float
) -> int:
    from zoneinfo import ZoneInfo

    from django.conf import settings

    from cvq.config import beforehand, by_consent, by_log_in, real_boxes, welcome
    from cvq.kernel.local import at_ms, local
    from cvq.twin.habits import Habits
    from cvq.twin.living import lively

    zone = ZoneInfo(settings.TIME_ZONE)
    wanted = _instant(args.at, zone) if args.at else datetime.now(UTC)
    first_day = beforehand.first_day(wanted.astimezone(zone).date(), args.weeks)
    drawing, people, spot = _settle(args, folder, first_day)
    password = by_log_in.drawn()
    parent = by_log_in.parent_to_show(people)
    given = by_log_in.give(parent, password, wanted.date())
    by_consent.agree(people, parent, datetime.combine(first_day, datetime.min.time(), UTC))
    habits = Habits(people, drawing.places, seed=args.seed, scale=args.scale, zone=zone)
    begins = at_ms(wanted) if args.at else lively(habits, at_ms(wanted), zone)
    real_boxes.begin(folder)
    doors = real_boxes.chosen(drawing.places)
    with beforehand.lived(
        database,
        drawing,
        habits,
        folder=folder,
        since=beforehand.first_day(local(begins, zone).day, args.weeks),
        until=begins,
        leave=[door.device for door in doors],
    ) as past:
        real_boxes.hand_over(doors, past.ends, home=folder)
        if begins != at_ms(wanted):
            print("À cette heure le territoire dort : le jumeau commence quand il s'éveille.")
        show = _show(database, args, folder, zone, begins)
        guests = welcome.Guests(given, password, parent, people, spot, doors)
        return lived(lambda: _open(show, guests, past, seed=args.seed, began=began))


def _show(
    database: runtime.Database,
    args: argparse.Namespace,
    folder: Path,
    zone: "ZoneInfo",
    begins: int,
) -> "Show":
    """Prepare what will be shown from an instant on."""
    from cvq.config import clock
    from cvq.config.shows import Show

    return Show(
        database,
        folder=folder,
        time=clock.shifted(begins, speed=args.speed),
        zone=zone,
        host=HOST,
        port=args.port,
        web_port=args.web_port,
        seconds=args.seconds,
    )


def _open(show: "Show", guests: "Guests", past: "Past", *, seed: int, began: float) -> None:
    """Start everything, say where it is, and live."""
    from cvq.config import welcome

    with show:
        show.open(READY_SECONDS_MAX, past.connection, hand=guests.hand, doors=guests.doors)
        for line in welcome.told(guests, show):
            print(line)
        ready = time.perf_counter() - began
        print(f"\nIl est {show.clock_text()}. Ctrl-C arrête tout. Prêt en {ready:.0f} s.\n")
        sys.stdout.flush()
        show.live(past, seed=seed)


def _settle(
    args: argparse.Namespace, folder: Path, first_day: date
) -> "tuple[Drawing, Population, Spot]":
    """Found the territory and its people; leave a turnstile to who looks on."""
    from cvq.config import by_hand
    from cvq.config.commands import init
    from cvq.twin.drawing import Drawing
    from cvq.twin.places import Places
    from cvq.twin.population import Writing

    founded_at = datetime.combine(first_day, datetime.min.time(), UTC) - FOUNDED_BEFORE
    with _told("Lieux, boîtiers et tarifs"):
        init.found(SIREN, folder=folder, at=founded_at)
    with _told("Habitants, cartes et droits"):
        places = Places()
        spot = by_hand.leave(places)
        drawing = Drawing(places, seed=args.seed, scale=args.scale, first_day=first_day)
        people = drawing.draw()
        Writing(people, places, seed=args.seed, at=founded_at).write_all()
    return drawing, people, spot


def lived(live: Callable[[], None]) -> int:
    """Live, and return 1 with one sentence if what the doors speak to fails them."""
    from cvq.config.shows import FAILURES

    try:
        live()
    except FAILURES as failure:
        print(f"cvq demo : {failure}", file=sys.stderr)
        return FAILED_STATUS
    return 0


def _instant(told: datetime, zone: tzinfo) -> datetime:
    """Return the instant that was told, on the clock of the territory unless it says another."""
    return (told if told.tzinfo else told.replace(tzinfo=zone)).astimezone(UTC)


def _describe(folder: Path) -> None:
    """Write which territory this is, before Django reads it."""
    from cvq.catalog import france
    from cvq.config.commands import init

    known = home.read_territory(folder)
    if known.siren not in {home.NOWHERE.siren, SIREN}:
        raise OtherTerritory(
            f"{folder} est le dossier de {known.name} (SIREN {known.siren}). "
            "Donnez un autre dossier à la démonstration dans CVQ_HOME."
        )
    if known == home.NOWHERE:
        home.write_territory(folder, init.describe(france.community(SIREN)))


def _check_port(port: int, option: str) -> None:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortTaken(
                f"Le port {port} est déjà pris : arrêtez l'autre programme, ou donnez {option}."
            ) from error


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    began = time.perf_counter()
    print(f"{what}… ", end="", flush=True)
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f"{time.perf_counter() - began:.1f} s".replace(".", ","), flush=True)
