"""Read, check, rate and explain tariffs written in the tariff language; nothing is written."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cvq.kernel.unable import Unable

if TYPE_CHECKING:
    from cvq.rules.tariff.document import Tariff
    from cvq.rules.tariff.outcome import Priced

HELP = "vérifie, calcule et explique un tarif écrit dans la langue des tarifs"
FAILED = 1
NATURES = {
    "price": "prix",
    "supplement": "supplément",
    "discount": "réduction",
    "credit": "avoir",
    "penalty": "pénalité",
    "deposit": "caution",
    "rounding": "arrondi",
}


class NoTariff(Unable):
    """There is no tariff there, or it cannot be rated."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to do with which document."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERBE")
    check = verbs.add_parser("check", help="dit tout ce qui manque ou se contredit, avec la ligne")
    check.add_argument("files", metavar="FICHIER", nargs="+", type=Path)
    for verb, told in (
        ("rate", "calcule un prix"),
        ("explain", "calcule un prix et montre chaque ligne de table qui a parlé"),
    ):
        one = verbs.add_parser(verb, help=told)
        one.add_argument("file", metavar="FICHIER", type=Path)
        one.add_argument("--item", metavar="PRIX", help="lequel, s'il y en a plusieurs")
        one.add_argument(
            "--inputs",
            metavar="NOM=VALEUR",
            nargs="*",
            default=[],
            help="ce qui est connu ; un compteur se donne comme « passages.before=30 »",
        )
    played = verbs.add_parser("examples", help="joue les exemples que les tarifs portent")
    played.add_argument("paths", metavar="FICHIER|DOSSIER", nargs="+", type=Path)
    played.add_argument("--against", metavar="PUBLIÉS", type=Path, help="les exemples publiés")
    played.add_argument("--json", action="store_true", help="un exemple par ligne")
    diff = verbs.add_parser("diff", help="dit ce qui change d'une version à l'autre")
    diff.add_argument("before", metavar="AVANT", type=Path)
    diff.add_argument("after", metavar="APRÈS", type=Path)
    _of_what_if(verbs.add_parser("what-if", help="rejoue les usages d'un mois avec un brouillon"))


def _of_what_if(verb: argparse.ArgumentParser) -> None:
    which = verb.add_mutually_exclusive_group()
    which.add_argument("file", metavar="BROUILLON", nargs="?", type=Path)
    which.add_argument(
        "--in-force",
        action="store_true",
        help="avec le tarif d'alors : l'écart doit être nul ; de même sans brouillon",
    )
    which.add_argument(
        "--draft",
        metavar="SERVICE",
        help="le tarif que ce service prépare au catalogue, pour les services qu'il couvre",
    )
    verb.add_argument("--month", required=True, metavar="MOIS", help="comme 2026-03")
    verb.add_argument(
        "--service",
        metavar="CODE",
        nargs="+",
        action="extend",
        help="ces services seulement ; sinon ceux de « --draft », ou tous",
    )
    verb.add_argument(
        "--item",
        metavar="PRIX=CODE",
        action="append",
        default=[],
        help="quel prix du brouillon remplace quel tarif, si leurs noms diffèrent",
    )
    verb.add_argument("--json", action="store_true", help="le tout sur une ligne de JSON")
    verb.add_argument("--language", choices=("fr", "en"), default="fr", help="la langue (fr)")
    lived = verb.add_mutually_exclusive_group()
    lived.add_argument(
        "--demo", action="store_true", help="la base de la dernière démonstration, non la vôtre"
    )
    lived.add_argument(
        "--replay", action="store_true", help="la base que « cvq replay --keep » a gardée"
    )


def run(args: argparse.Namespace) -> int:
    """Do what the verb says and return the exit status."""
    match args.verb:
        case "check":
            return _check(args.files)
        case "rate" | "explain":
            return _rate(args)
        case "examples":
            from cvq.config import tariff_examples

            return tariff_examples.run(args.paths, against=args.against, as_json=args.json)
        case "what-if":
            return _what_if(args)
        case _:
            return _diff(args.before, args.after)


def read(path: Path) -> "Tariff":
    """
    Return the tariff of a file.

    :raises NoTariff: it cannot be read, or the checker has something to say.
    """
    from cvq.rules.tariff.document import check

    tariff, findings = check(text_of(path))
    if findings or tariff is None:
        raise NoTariff("\n".join(finding.told(str(path)) for finding in findings))
    return tariff


def text_of(path: Path) -> str:
    """
    Return the text of a file.

    :raises NoTariff: there is none, or it is no text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NoTariff(f"« {path} » n'est pas un fichier : donnez un document YAML.") from error
    except UnicodeDecodeError as error:
        raise NoTariff(f"« {path} » n'est pas du texte en UTF-8.") from error


def _check(paths: list[Path]) -> int:
    from cvq.config.tariff_examples import unmet
    from cvq.rules.tariff.document import check

    status = 0
    for path in paths:
        tariff, findings = check(text_of(path))
        told = [finding.told(str(path)) for finding in findings]
        if tariff is not None and not findings:
            told = unmet(tariff, path)
        for sentence in told:
            print(sentence)
        if told or tariff is None:
            status = FAILED
        else:
            tables = len(tariff.tables)
            counted = f"{tables} table{'s' if tables > 1 else ''}"
            print(f"{path} : juste ({len(tariff.items)} prix, {counted}).")
    return status


def _rate(args: argparse.Namespace) -> int:
    from cvq.rules.tariff.items import rate
    from cvq.rules.tariff.outcome import Refused

    tariff = read(args.file)
    if args.item is None and len(tariff.items) > 1:
        raise NoTariff(f"Plusieurs prix : ajoutez --item parmi {', '.join(tariff.items)}.")
    name = args.item or next(iter(tariff.items))
    if name not in tariff.items:
        raise NoTariff(f"« {name} » n'est pas un prix : {', '.join(tariff.items)}.")
    inputs: dict[str, object] = {f"{counter}.before": 0 for counter in tariff.counters}
    told = set[str]()
    for written in args.inputs:
        key, sign, value = written.partition("=")
        if key in tariff.counters:
            key = f"{key}.before"
        known = key in tariff.inputs or key.removesuffix(".before") in tariff.counters
        if not sign or not known:
            raise NoTariff(
                f"« {written} » s'écrit nom=valeur, un nom parmi : {', '.join(tariff.inputs)}."
            )
        if key in told:
            raise NoTariff(f"« {key} » est donné deux fois : gardez-en un seul.")
        told.add(key)
        inputs[key] = _written(value)
    result = rate(tariff.items[name], inputs)
    if isinstance(result, Refused):
        print(f"Pas de prix : {result.reason}", file=sys.stderr)
        return FAILED
    print(result.sentence)
    for amount in result.amounts:
        print(f"{amount.label} : {amount.told()}")
    if args.verb == "explain":
        _explain(tariff, result)
    return 0


def _explain(tariff: "Tariff", priced: "Priced") -> None:
    several = {table.title for table in tariff.tables.values() if len(table.grids) > 1}
    for line in priced.lines:
        print(f"  ligne {line.line} ({NATURES[line.nature]}) {line.sentence}")
        for hit in line.hits:
            first = ", première version" if hit.table in several else ""
            since = f", version du {hit.version}" if hit.version else first
            row = hit.told() or "tous les cas"
            print(f"    table « {hit.table} », ligne {hit.line}{since} : {row}")
    for name, told in tariff.deadlines.items():
        print(f"Délai ({name}) : {told}.")
    if tariff.decision.by:
        print(f"Décision : {tariff.decision.told()}")


def _written(value: str) -> object:
    # A list is given as it stands in an example: « people=[{age: 3}] ».
    if not value.startswith(("[", "{")):
        return value
    from cvq.rules.tariff.read import plain, read

    return plain(read(f"given: {value}").fields["given"])


def _diff(before: Path, after: Path) -> int:
    from cvq.rules.tariff.compared import differences

    changes = differences(text_of(before), text_of(after))
    for change in changes:
        print(change)
    if not changes:
        print("Rien ne change.")
    return 0


def _what_if(args: argparse.Namespace) -> int:
    from cvq.config import home, replays, runtime
    from cvq.config.commands import demo

    name = demo.DATABASE if args.demo else replays.DATABASE if args.replay else None
    with runtime.open_database(home.path(), name=name) as database:
        runtime.require_founded(database)
        from cvq.config import what_if

        return what_if.run(args, database.app_dsn)
