"""See to what was put aside: list it, settle it, or dismiss it."""

import argparse
from typing import TYPE_CHECKING, Any

from cvq.config import home, runtime
from cvq.rules.vocabulary import Means, Verdict

if TYPE_CHECKING:
    from psycopg import Connection

    from cvq.taps.told import Answer

HELP = "s'occupe de ce qui a été mis de côté : le montre, le traite ou l'écarte"
SAID = {
    Verdict.GRANTED: "accordé",
    Verdict.NOTED: "noté, l'équipe est prévenue",
    Verdict.REFUSED: "refusé",
}
RUNS_ON = {
    Means.FREE: "gratuit",
    Means.PASS: "sur abonnement",
    Means.CARNET: "sur carnet",
    Means.QUOTA: "sur quota",
    Means.WALLET: "sur le compte famille",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERBE")
    verbs.add_parser("list", help="montre ce qui attend, et pourquoi")
    settle = verbs.add_parser("settle", help="traite un événement tel que sa porte l'a dit")
    dismiss = verbs.add_parser("dismiss", help="écarte un événement pour de bon, avec un motif")
    for verb in (settle, dismiss):
        verb.add_argument("device", type=int, metavar="BOÎTIER", help="numéro du boîtier")
        verb.add_argument("seq", type=int, metavar="NUMÉRO", help="numéro dans son journal")
    dismiss.add_argument("--why", required=True, metavar="MOTIF", help="pourquoi il est écarté")


def run(args: argparse.Namespace) -> int:
    """Do it, and say what stands."""
    with runtime.open_database(home.path()) as database:
        import psycopg

        from cvq.config import logs

        logs.configure("parked")
        with psycopg.connect(database.app_dsn, autocommit=True) as connection:
            match args.verb:
                case "list":
                    _show(connection)
                case "settle":
                    _settle(connection, args.device, args.seq)
                case _:
                    _dismiss(connection, args.device, args.seq, args.why)
    return 0


def _show(connection: "Connection[Any]") -> None:
    from cvq.kernel.local import instant
    from cvq.taps import parked

    waiting = parked.waiting(connection)
    for one in waiting:
        # A clock that lies may tell an instant that no calendar has.
        try:
            when = instant(one.at).isoformat(timespec="seconds")
        except (OverflowError, ValueError, OSError):
            when = str(one.at)
        print(f"{one.device} {one.seq}  {when}  point {one.point}  {one.reason.label}")
    print(f"{len(waiting)} en attente." if waiting else "Rien n'attend.")


def _settle(connection: "Connection[Any]", device: int, seq: int) -> None:
    from zoneinfo import ZoneInfo

    from django.conf import settings

    from cvq.config import clock
    from cvq.taps import parked

    answer = parked.settle_parked(
        connection,
        device=device,
        seq=seq,
        at=clock.from_environment().now(),
        zone=ZoneInfo(settings.TERRITORY.time_zone),
    )
    print(f"✓ {device}/{seq} traité : {in_words(answer)}.")


def in_words(answer: "Answer") -> str:
    """Return what stands of an event as it is told at the desk."""
    from cvq.wire.words import SENTENCES

    told = SAID[answer.said]
    if answer.said is Verdict.GRANTED:
        told = f"{told}, {RUNS_ON[answer.means]}"
    if answer.why:
        told = f"{told} (« {SENTENCES[answer.why]} »)"
    if answer.objection:
        told = f"{told} ; nous aurions dit « {SENTENCES[answer.objection]} »"
    return told


def _dismiss(connection: "Connection[Any]", device: int, seq: int, why: str) -> None:
    from cvq.config import clock
    from cvq.taps import parked

    parked.dismiss(connection, device=device, seq=seq, at=clock.from_environment().now(), why=why)
    print(f"✓ {device}/{seq} écarté.")
