"""See to what the price of a crèche goes by: the resources of families, and children entrusted."""

import argparse
from decimal import Decimal, InvalidOperation

from cvq.config import demonstrated, home, runtime
from cvq.edge.command_line import whole

HELP = "s'occupe des ressources qui font le prix d'une crèche : les montre, les note, les refuse"
YEARLY_EUROS_MAX = 10_000_000


def euros(text: str) -> int:
    """Return the cents of an amount that is typed, « 24000 » or « 24000,50 »."""
    try:
        cents = Decimal(text.replace(" ", "").replace(",", ".")) * 100
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"« {text} » n'est pas un montant") from None
    if not 0 <= cents <= YEARLY_EUROS_MAX * 100 or cents != int(cents):
        raise argparse.ArgumentTypeError(f"« {text} » n'est pas un montant en euros et centimes")
    return int(cents)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done."""
    parser.add_argument("--demo", action="store_true", help=demonstrated.HELP)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERBE")
    show = verbs.add_parser("show", help="montre où l'on en est, ou l'histoire d'un foyer")
    show.add_argument("household", nargs="?", type=int, metavar="FOYER", help="numéro du foyer")
    record = verbs.add_parser("record", help="note les ressources lues sur un papier")
    refuse = verbs.add_parser("refuse", help="note qu'une famille refuse de les donner")
    entrust = verbs.add_parser("entrust", help="note qu'un enfant est confié au foyer par l'ASE")
    for verb in (record, refuse, entrust):
        verb.add_argument("household", type=int, metavar="FOYER", help="numéro du foyer")
        verb.add_argument("--from", dest="on", required=True, metavar="JOUR", help="premier jour")
        verb.add_argument(
            "--evidence", required=True, metavar="PREUVE", help="le papier qui le dit, et sa date"
        )
    for verb in (record, entrust):
        verb.add_argument("--until", metavar="JOUR", help="premier jour où cela ne vaut plus")
    _of_record(record)
    entrust.add_argument(
        "--child", type=int, required=True, metavar="NUMÉRO", help="le numéro de l'enfant"
    )


def _of_record(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--yearly", type=euros, required=True, metavar="EUROS", help="ressources de l'année N-2"
    )
    verb.add_argument(
        "--year", type=whole(1990), required=True, metavar="ANNÉE", help="l'année N-2"
    )
    verb.add_argument(
        "--children", type=whole(0), required=True, metavar="N", help="enfants à charge"
    )
    verb.add_argument(
        "--disabled", type=whole(0), default=0, metavar="N", help="ceux qui ont une AEEH (0)"
    )
    verb.add_argument(
        "--source",
        choices=("FUND", "NOTICE"),
        default="NOTICE",
        metavar="SOURCE",
        help="NOTICE : avis d'impôt ; FUND : attestation de la CAF ou de la MSA (NOTICE)",
    )


def run(args: argparse.Namespace) -> int:
    """Do it, and say what stands."""
    with demonstrated.chosen(home.path(), is_demonstration=args.demo) as database:
        runtime.require_founded(database)
        from cvq.config import resources

        return resources.do(args)
