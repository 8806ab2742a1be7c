"""What is typed amiss after a command is said in French, and so is every help."""

import argparse
import re
from collections.abc import Iterator
from typing import Any

import pytest

from cvq.config import cli
from cvq.config.commands import parked
from cvq.edge import __main__ as edge
from cvq.edge.command_line import Parser
from cvq.rules.vocabulary import Means, Reason, Verdict
from cvq.taps.told import Answer

ENGLISH = re.compile(
    r"usage:|options:|positional|show this|help message|\bargument\b|error:|invalid|expected"
    r"|required|choose from|unrecognized|fromisoformat"
)


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield a parser and those of its subcommands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield from parsers(one)


def test_every_help_is_french(capsys: pytest.CaptureFixture[str]) -> None:
    found = list(parsers(cli._parser()[0]))

    assert len(found) > 15
    for parser in found:
        assert isinstance(parser, Parser)
        told = parser.format_help()
        assert not ENGLISH.search(told), told
        assert "montre ceci" in told


def test_the_help_names_the_two_commands_of_the_readme() -> None:
    told = " ".join(cli._parser()[0].format_help().split())

    assert "« ./cvq demo »" in told
    assert "« ./cvq test »" in told


def test_the_help_of_a_box_shows_what_is_taken_unless_told() -> None:
    parser = Parser(prog="cvq-edge")
    edge.add_arguments(parser)
    told = " ".join(parser.format_help().split())

    assert "--listen HÔTE:PORT où écoutent les lecteurs simulés (127.0.0.1:0 :" in told
    assert "(sinon CVQ_HOME, sinon var/ ici)" in told
    assert "(aucune : le boîtier vit seul)" in told


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "cvq : il manque COMMANDE."),
        ("nothing", "cvq : COMMANDE : « nothing » n'existe pas. Il y a : 'agent', 'audit',"),
        ("doctor x", "cvq : « x » n'existe pas ici : voyez --help."),
        ("gateway --port 99999", "cvq gateway : --port : « 99999 » n'est pas un port : de 1 à"),
        ("serve --port 0", "cvq serve : --port : « 0 » n'est pas un port : de 1 à 65535."),
        ("demo --port a", "cvq demo : --port : « a » n'est pas un port : de 1 à 65535."),
        ("demo --port", "cvq demo : --port : il faut une valeur."),
        ("demo --at demain", "cvq demo : --at : « demain » n'est pas une heure : écrivez par"),
        ("demo --speed 0", "cvq demo : --speed : 0 est trop petit : au moins 1."),
        ("demo --scale -1", "cvq demo : --scale : « -1 » : il faut un nombre plus grand que zéro."),
        ("demo --seconds nan", "cvq demo : --seconds : « nan » : il faut un nombre plus grand"),
        ("demo --seed a", "cvq demo : --seed : « a » n'est pas un nombre entier."),
        ("demo --s 1", "cvq demo : « --s » peut être --speed, --scale, --seed, --seconds :"),
        ("demo --help=3", "cvq demo : -h : « 3 » est de trop."),
        ("replay --until demain", "cvq replay : --until : « demain »"),
        ("replay --scale a", "cvq replay : --scale : « a » n'est pas un nombre"),
        ("gateway --lanes 9", "cvq gateway : --lanes : « 9 » n'existe pas. Il y a : 1, 2, 3."),
        ("device frob", "cvq device : VERBE : « frob » n'existe pas. Il y a : 'enrol'."),
        ("parked settle 1", "cvq parked settle : il manque NUMÉRO."),
        ("parked settle a 2", "cvq parked settle : BOÎTIER : « a » n'est pas un nombre entier."),
        ("agent a@b.fr", "cvq agent : il manque l'un de : --role --forget-second-factor."),
        (
            "agent a@b.fr --role guichet --forget-second-factor",
            "cvq agent : --forget-second-factor : ne va pas avec --role.",
        ),
        ("edge", "cvq edge : il manque --device."),
        ("edge --device a", "cvq edge : --device : « a » n'est pas un nombre entier."),
    ],
)
def test_what_is_typed_amiss_is_one_french_sentence(
    typed: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(typed.split())

    told = capsys.readouterr()
    assert ended.value.code == 2
    assert told.out == ""
    assert told.err.startswith("usage : cvq")
    assert told.err.splitlines()[-1].startswith(said)
    assert not ENGLISH.search(told.err), told.err


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"said": Verdict.REFUSED}, "refusé"),
        (
            {"said": Verdict.REFUSED, "why": Reason.MEDIUM_LOST},
            "refusé (« Cette carte est déclarée perdue. Allez à l'accueil. »)",
        ),
        ({"said": Verdict.GRANTED}, "accordé, gratuit"),
        (
            {"said": Verdict.GRANTED, "means": Means.WALLET, "objection": Reason.NOT_ENOUGH},
            "accordé, sur le compte famille ; nous aurions dit « Allez à l'accueil. »",
        ),
        ({"said": Verdict.NOTED}, "noté, l'équipe est prévenue"),
    ],
)
def test_what_the_desk_settled_is_told_in_words(answer: dict[str, Any], told: str) -> None:
    assert parked.in_words(Answer(device=17, seq=1007, **answer)) == told


def test_there_is_a_word_for_every_answer_and_for_all_that_it_runs_on() -> None:
    assert set(parked.SAID) == set(Verdict)
    assert set(parked.RUNS_ON) == set(Means)
