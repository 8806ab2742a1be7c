"""Quotients at the command line, against the simulated funds, as an operator would see to them."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from django.db import connections

import folk
from cvq.config import funds, logs
from cvq.config.commands import worker
from cvq.people import services as people
from cvq.people.messages import ToldQuotient
from cvq.people.models import Household, Quotient, QuotientSource, Sex
from cvq.people.particulier import problems
from cvq.people.particulier.access import Access
from cvq.people.particulier.client import Particulier
from cvq.people.particulier.families import FamilyFile
from cvq.people.particulier.simulator import TOKEN, Simulator, simulate
from edge.gatehouse import free_port
from funds import SIRET, status
from town import ZONE

Cvq = Callable[..., subprocess.CompletedProcess[str]]
PAPER = ("--from", "2025-01-01", "--evidence", "avis d'impôt 2024")
CONSENT = (
    "--first-names",
    "Anne",
    "--sex",
    "F",
    "--commune",
    "79202",
    "--evidence",
    "accord signé",
)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with simulate(now=time.time) as opened:
        yield opened


@pytest.fixture
def asked(monkeypatch) -> None:
    """Say in the environment how to ask the funds."""
    for name, value in ((funds.TOKEN, TOKEN), (funds.SIRET, SIRET), ("CVQ_SIMULATED", "0")):
        monkeypatch.setenv(name, value)


@pytest.fixture
def cvq(database, alone, simulator) -> Cvq:
    given = {name: value for name, value in os.environ.items() if name.startswith("PG")}
    asked = {funds.URL: simulator.url, funds.TOKEN: TOKEN, funds.SIRET: SIRET}
    here = alone | given | asked | {"PGUSER": "cvq_app", "PGDATABASE": database.name}

    def run(*words: str, **other: str) -> subprocess.CompletedProcess[str]:
        connections.close_all()
        return subprocess.run(
            [sys.executable, "-m", "cvq.config.cli", *words],
            env=here | other,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def agree(household: Household, at: datetime) -> None:
    people.consent_to_quotient(
        household=household,
        person=folk.member(household, "Anne"),
        status=people.GivenStatus(
            first_names="Anne", sex=Sex.FEMALE, birth_country="99100", birth_commune="79202"
        ),
        evidence="accord signé",
        renewals=((9, 1),),
        at=at,
        today=at.date(),
    )


def test_an_operator_notes_a_consent_asks_the_fund_and_reads_what_stands(cvq, simulator):
    petit = folk.family("Petit", "Anne")
    simulator.files.append(
        FamilyFile(
            status=status("PETIT", "ANNE"),
            quotient=ToldQuotient(
                value=640, source=QuotientSource.MSA, of_month=folk.FOUNDED_ON.replace(day=1)
            ),
        )
    )

    agreed = cvq("quotient", "consent", str(petit.pk), *CONSENT)
    asked = cvq("quotient", "refresh")
    again = cvq("quotient", "refresh")
    shown = cvq("quotient", "show", str(petit.pk))
    everybody = cvq("quotient", "show")

    assert (agreed.returncode, agreed.stderr) == (0, "")
    assert "jamais fourni" in agreed.stdout
    assert asked.stdout.splitlines() == [
        "  1 : la caisse a répondu",
        "1 appel, rien d'autre à demander.",
    ]
    assert again.stdout == "0 appel, rien d'autre à demander.\n"
    assert re.search(r"640 €, Mutualité sociale agricole$", shown.stdout, re.M)
    assert "sans fin, à renouveler le" in shown.stdout
    assert "la caisse a répondu. Rien à faire." in shown.stdout
    assert re.search(r"^ +1  familles laissent interroger leur caisse$", everybody.stdout, re.M)
    assert simulator.calls == 1
    everything = "".join(said.stdout + said.stderr for said in (agreed, asked, shown, everybody))
    assert TOKEN not in everything


def test_a_tax_notice_is_worked_out_and_said_to_be(cvq):
    petit = folk.family("Petit", "Anne")
    notice = ("--income", "24000", "--parts", "2,5")

    said = cvq("quotient", "record", str(petit.pk), *notice, *PAPER)

    assert said.stdout.splitlines()[1] == (
        "  du 01/01/2025 sans fin : 800 €, calcul de la collectivité (avis d'impôt 2024)"
    )


def test_funds_that_are_down_end_the_command_by_one_and_change_nothing(cvq, simulator):
    petit = folk.family("Petit", "Anne")
    paper = ("--value", "480", "--source", "CAF", "--from", "2025-01-01", "--until", "2025-09-01")
    cvq("quotient", "consent", str(petit.pk), *CONSENT)
    cvq("quotient", "record", str(petit.pk), *paper, "--evidence", "attestation de 2024")
    simulator.broken = problems.EXPIRED_TOKEN

    asked = cvq("quotient", "refresh")
    shown = cvq("quotient", "show", str(petit.pk))
    everybody = cvq("quotient", "show")

    assert asked.returncode == 1
    assert "Arrêt : jeton refusé. Vérifiez le jeton" in asked.stdout
    assert "480 €, gardé, son renouvellement est passé." in shown.stdout
    assert f"Foyer {petit.pk} : 480 € gardés." in everybody.stdout
    assert "jeton refusé" in everybody.stdout


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({funds.SIRET: "200041333"}, "les 14 chiffres du SIRET"),
        ({funds.URL: "http://particulier.example"}, "commence par https://"),
        ({funds.URL: "ftp://127.0.0.1"}, "commence par https://"),
        ({funds.TOKEN: "un jeton\ncoupé"}, "recopiez-le en entier"),
    ],
)
def test_what_would_show_the_token_or_name_nobody_is_one_sentence(
    asked, folder, monkeypatch, other, sentence
):
    for name, value in other.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(funds.FundsUnreachable, match=sentence) as refused:
        funds.access(folder)

    assert TOKEN not in str(refused.value)


def test_without_a_token_or_in_a_demonstration_nobody_is_asked(asked, folder, monkeypatch):
    known = funds.access(folder)
    monkeypatch.setenv("CVQ_SIMULATED", "1")
    of_a_demonstration = funds.access(folder)
    monkeypatch.setenv(funds.URL, "http://127.0.0.1:8040")
    simulated = funds.access(folder)
    monkeypatch.setenv(funds.TOKEN, "")

    assert known is not None
    assert known.url == "https://particulier.api.gouv.fr"
    assert of_a_demonstration is None
    assert simulated is not None
    assert funds.access(folder) is None


def test_the_token_may_lie_in_the_secrets_of_the_folder(asked, folder, monkeypatch):
    monkeypatch.setenv(funds.TOKEN, "")
    (folder / "secrets").mkdir()
    (folder / "secrets/particulier").write_text("jeton-du-dossier\n")

    access = funds.access(folder)

    assert access is not None
    assert access.token == "jeton-du-dossier"
    assert "jeton-du-dossier" not in repr(access)


@pytest.mark.parametrize("said", ["septembre", "02-30", "13-01", "09", "-"])
def test_days_that_are_not_of_every_year_are_one_sentence(monkeypatch, said):
    monkeypatch.setenv(funds.RENEWALS, said)

    with pytest.raises(funds.NotDays, match=funds.RENEWALS):
        funds.renewals()


def test_quotients_are_renewed_in_september_and_january_unless_told(monkeypatch):
    otherwise = funds.renewals()
    monkeypatch.setenv(funds.RENEWALS, "02-01")

    assert otherwise == ((1, 1), (9, 1))
    assert funds.renewals() == ((2, 1),)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("show", "999"), "Aucun foyer n'a le numéro 999."),
        (("withdraw", "{petit}"), "n'a pas donné d'accord"),
        (("consent", "{petit}", "--person", "999", *CONSENT), "Quel adulte du foyer ?"),
        (
            ("record", "{petit}", "--income", "24000", "--parts", "2,3", *PAPER),
            "--income et --parts",
        ),
        (
            ("refuse", "{petit}", "--from", "demain", "--evidence", "courrier"),
            "« demain » n'est pas un jour",
        ),
    ],
)
def test_what_is_typed_amiss_is_one_sentence(cvq, words, sentence):
    petit = folk.family("Petit", "Anne")

    said = cvq("quotient", *(word.format(petit=petit.pk) for word in words))

    assert said.returncode == 2
    assert sentence in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_the_simulator_says_how_to_try_it_and_knows_everybody(alone):
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "cvq.config.cli", "quotient", "simulate", "--port", str(port)],
        env=alone,
        stdout=subprocess.PIPE,
        text=True,
    ) as simulated:
        assert simulated.stdout is not None
        told = [simulated.stdout.readline() for _ in range(2)]
        access = Access(url=f"http://127.0.0.1:{port}", siret=SIRET, token=TOKEN)
        with closing(Particulier(access)) as asking:
            answers = [asking.quotient(status("PETIT", "ANNE")) for _ in range(2)]
        simulated.terminate()
        code = simulated.wait(10)

    assert access.url in told[0]
    assert told[1].strip() == f"export {funds.URL}={access.url} {funds.TOKEN}={TOKEN}"
    assert isinstance(answers[0], ToldQuotient)
    assert answers[0] == answers[1]
    assert code == 0


def test_doctor_says_whom_quotients_are_asked_of_and_keeps_the_token(cvq, simulator):
    said = cvq("doctor")
    half = cvq("doctor", **{funds.SIRET: ""})

    assert f"✓ Quotients demandés à {simulator.url}, au nom du SIRET {SIRET}" in said.stdout
    assert "✗ CVQ_PARTICULIER_SIRET : donnez les 14 chiffres" in half.stdout
    assert TOKEN not in said.stdout + said.stderr + half.stdout + half.stderr


def test_the_worker_asks_one_family_a_turn(database, asked, simulator, monkeypatch):
    monkeypatch.setenv(funds.URL, simulator.url)
    at = datetime(2026, 8, 20, 8, tzinfo=UTC)
    for name in ("Petit", "Grand"):
        agree(folk.family(name, "Anne"), at)
    simulator.knows_anybody = True

    with worker._asking(ZONE) as (job,):
        turns = [job.run(at) for _ in range(3)]

    assert turns == [1, 1, 0]
    assert Quotient.objects.count() == simulator.calls == 2


def test_a_slip_in_how_to_ask_the_funds_does_not_stop_the_worker(asked, monkeypatch, capsys):
    monkeypatch.setenv(funds.SIRET, "")
    logs.configure("worker")

    with worker._asking(ZONE) as also:
        assert also == ()
    assert "14 chiffres" in capsys.readouterr().err
