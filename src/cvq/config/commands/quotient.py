"""See to family quotients: what is held, what a family brings, what its fund tells."""

import argparse
import os
from typing import TYPE_CHECKING

from cvq.config import demonstrated, funds, home, runtime
from cvq.edge.command_line import port, whole
from cvq.kernel.unable import Unable

if TYPE_CHECKING:
    from cvq.people.jobs import Progress

HELP = "s'occupe des quotients familiaux : les montre, les note, les demande à la CAF et à la MSA"
CALLS_A_TURN = 50
SIMULATOR_PORT = 8040


class NoFunds(Unable):
    """Nobody said how to ask the funds."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done."""
    parser.add_argument("--demo", action="store_true", help=demonstrated.HELP)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERBE")
    refresh = verbs.add_parser(
        "refresh", help="demande à la CAF et à la MSA ceux qui arrivent à échéance"
    )
    refresh.add_argument(
        "--at-most", type=whole(1), metavar="N", help="s'arrête après tant d'appels"
    )
    show = verbs.add_parser("show", help="montre où l'on en est, ou l'histoire d'un foyer")
    show.add_argument("household", nargs="?", type=int, metavar="FOYER", help="numéro du foyer")
    record = verbs.add_parser("record", help="note un quotient lu sur un papier, ou calculé")
    refuse = verbs.add_parser("refuse", help="note qu'une famille refuse de le donner")
    consent = verbs.add_parser("consent", help="note qu'une famille laisse interroger sa caisse")
    withdraw = verbs.add_parser("withdraw", help="n'interroge plus la caisse d'une famille")
    for verb in (record, refuse, consent, withdraw):
        verb.add_argument("household", type=int, metavar="FOYER", help="numéro du foyer")
    for verb in (record, refuse):
        verb.add_argument("--from", dest="on", required=True, metavar="JOUR", help="premier jour")
    for verb in (record, refuse, consent):
        verb.add_argument(
            "--evidence", required=True, metavar="PREUVE", help="le papier qui le dit, et sa date"
        )
    _of_record(record)
    _of_consent(consent)
    simulate = verbs.add_parser("simulate", help="imite API Particulier sur cette machine")
    simulate.add_argument(
        "--port", type=port, default=SIMULATOR_PORT, metavar="PORT", help=f"({SIMULATOR_PORT})"
    )


def _of_record(verb: argparse.ArgumentParser) -> None:
    told = verb.add_mutually_exclusive_group(required=True)
    told.add_argument("--value", type=whole(0), metavar="QF", help="en euros, comme sur le papier")
    told.add_argument(
        "--income", type=int, metavar="EUROS", help="revenu fiscal de référence, avec --parts"
    )
    verb.add_argument("--parts", metavar="PARTS", help="parts de l'avis d'impôt, comme 2,5")
    verb.add_argument(
        "--source",
        choices=("CAF", "MSA", "OWN"),
        default="OWN",
        metavar="SOURCE",
        help="CAF, MSA, ou OWN : calcul de la collectivité (OWN)",
    )
    verb.add_argument("--until", metavar="JOUR", help="premier jour où il ne vaut plus")


def _of_consent(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--resources", action="store_true", help="aussi ses ressources, pour le prix de la crèche"
    )
    verb.add_argument("--person", type=int, metavar="NUMÉRO", help="l'allocataire, s'ils sont deux")
    verb.add_argument(
        "--first-names", required=True, metavar="PRÉNOMS", help="ceux de l'état civil"
    )
    verb.add_argument("--sex", choices=("F", "M"), required=True, metavar="SEXE", help="F ou M")
    verb.add_argument(
        "--country", default="99100", metavar="INSEE", help="pays de naissance (99100 : France)"
    )
    verb.add_argument(
        "--commune", default="", metavar="INSEE", help="commune de naissance, si c'est en France"
    )


def run(args: argparse.Namespace) -> int:
    """Do it, and say what stands."""
    if args.verb == "simulate":
        return _simulate(args.port)
    with demonstrated.chosen(home.path(), is_demonstration=args.demo) as database:
        runtime.require_founded(database)
        if args.verb == "refresh":
            return _refresh(args.at_most)
        from cvq.config import quotients

        return quotients.do(args)


def _refresh(at_most: int | None) -> int:
    from zoneinfo import ZoneInfo

    from django.conf import settings

    from cvq.config import clock
    from cvq.people.jobs import Refresh
    from cvq.people.particulier.client import Particulier

    access = funds.access(home.path())
    if access is None:
        raise NoFunds(
            f"Personne à interroger : donnez {funds.TOKEN} et {funds.SIRET} ; pour essayer, "
            f"« cvq quotient simulate » et son adresse dans {funds.URL}."
        )
    asking = Particulier(access)
    zone = ZoneInfo(settings.TERRITORY.time_zone)
    batch = Refresh(asking, zone=zone, renewals=funds.renewals())
    now, total = clock.from_environment(), 0
    try:
        while at_most is None or total < at_most:
            left = CALLS_A_TURN if at_most is None else min(CALLS_A_TURN, at_most - total)
            progress = batch.run(now.now(), at_most=left)
            total += progress.asked
            _tell(progress)
            if progress.stopped is not None:
                return _stopped(progress)
            if not progress.asked:
                break
    finally:
        asking.close()
    made = f"{total} appel{'s' if total > 1 else ''}"
    print(f"{made}." if total == at_most else f"{made}, rien d'autre à demander.")
    return 0


def _tell(progress: "Progress") -> None:
    if progress.is_elsewhere:
        print("Un autre processus interroge déjà les caisses.")
    for outcome, count in progress.ended.most_common():
        print(f"  {count} : {outcome.label}")


def _stopped(progress: "Progress") -> int:
    from cvq.people.particulier.advice import ADVICE

    assert progress.stopped is not None
    print(f"Arrêt : {progress.stopped.label}. {ADVICE[progress.stopped]}")
    minutes = -(-progress.wait.total_seconds() // 60)
    print("Ce qui a répondu est noté, le reste garde son quotient.")
    print(f"Relancez dans {minutes:.0f} minutes, ou laissez faire « cvq worker ».")
    return 1


def _simulate(on_port: int) -> int:
    import signal
    import threading

    import django

    # The simulator has no database; what it answers is written with the words of the models.
    os.environ["DJANGO_SETTINGS_MODULE"] = "cvq.config.settings"
    django.setup()
    from cvq.config import clock
    from cvq.people.particulier.simulator import TOKEN, simulate

    now = clock.from_environment()
    with simulate(now=lambda: now.now_ms() / 1000, port=on_port) as simulator:
        simulator.knows_anybody = True
        print(f"API Particulier simulée sur {simulator.url} : elle connaît tout le monde, et ment.")
        print(f"  export {funds.URL}={simulator.url} {funds.TOKEN}={TOKEN}", flush=True)
        stopped = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopped.set())
        stopped.wait()
    return 0
