"""The resources of families at the command line, as an operator would see to them."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connections

import folk
from cvq.config import clock, demonstrated, funds
from cvq.people.messages import ToldResources
from cvq.people.models import CrecheResources, PublicCare
from cvq.people.particulier.families import FamilyFile
from cvq.people.particulier.simulator import TOKEN, Simulator, simulate
from funds import SIRET, status

Cvq = Callable[..., subprocess.CompletedProcess[str]]
PAPER = ("--from", "2025-01-01", "--evidence", "avis d'impôt 2024")
NOTICE = ("--yearly", "27600", "--year", "2023", "--children", "2")
CONSENT = (
    *("--first-names", "Anne", "--sex", "F", "--commune", "79202"),
    *("--evidence", "accord signé", "--resources"),
)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with simulate(now=time.time) as opened:
        yield opened


@pytest.fixture
def cvq(database, alone, simulator) -> Cvq:
    given = {name: value for name, value in os.environ.items() if name.startswith("PG")}
    asked = {funds.URL: simulator.url, funds.TOKEN: TOKEN, funds.SIRET: SIRET}
    here = alone | given | asked | {"PGUSER": "cvq_app", "PGDATABASE": database.name}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        connections.close_all()
        return subprocess.run(
            [sys.executable, "-m", "cvq.config.cli", *words],
            env=here,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def test_an_operator_notes_a_tax_notice_and_then_a_refusal(cvq):
    petit = folk.family("Petit", "Anne")

    noted = cvq("resources", "record", str(petit.pk), *NOTICE, *PAPER)
    refused = cvq(
        *("resources", "refuse", str(petit.pk)),
        *("--from", "2025-03-01", "--evidence", "courrier du 20 février"),
    )
    everybody = cvq("resources", "show")

    assert noted.stdout.splitlines()[1] == (
        "  du 01/01/2025 sans fin : 27 600,00 € en 2023, enfants à charge : 2, dont AEEH : 0, "
        "avis d'impôt (avis d'impôt 2024)"
    )
    assert refused.stdout.splitlines()[0].endswith(" : refusé par la famille.")
    assert refused.stdout.splitlines()[2] == (
        "  du 01/03/2025 sans fin : refusé (courrier du 20 février)"
    )
    assert re.search(r"^ +1  refusé par la famille$", everybody.stdout, re.M)


def test_the_fund_is_asked_for_resources_by_a_consent_that_says_so(cvq, simulator):
    petit = folk.family("Petit", "Anne")
    simulator.files.append(
        FamilyFile(
            status=status("PETIT", "ANNE"),
            resources=ToldResources(
                children=3, disabled_children=1, yearly_resources=40_923, of_year=2023
            ),
        )
    )

    cvq("quotient", "consent", str(petit.pk), *CONSENT)
    asked = cvq("quotient", "refresh")
    shown = cvq("resources", "show", str(petit.pk))
    counted = cvq("quotient", "show")
    everybody = cvq("resources", "show")

    # Its fund has no quotient for it, and knows what its crèche goes by.
    assert asked.stdout.splitlines() == [
        "  1 : aucun dossier à la caisse",
        "  1 : la caisse a répondu",
        "2 appels, rien d'autre à demander.",
    ]
    assert "40 923,00 € en 2023, enfants à charge : 3, dont AEEH : 1, la caisse" in shown.stdout
    assert "la caisse a répondu. Rien à faire." in shown.stdout
    assert re.search(r"^ +1  à venir$", everybody.stdout, re.M)
    assert re.search(r"^ +1  dont sur leurs ressources, pour la crèche$", counted.stdout, re.M)


def test_an_operator_notes_a_child_that_is_entrusted(cvq):
    petit = folk.family("Petit", "Anne", "Zoé")
    zoe = folk.member(petit, "Zoé")
    entrust = ("resources", "entrust", str(petit.pk), "--child")

    noted = cvq(*entrust, str(zoe.pk), *PAPER, "--until", "2026-01-01")
    nobody = cvq(*entrust, "99999", *PAPER)

    assert noted.stdout.splitlines()[1] == (
        f"  enfant {zoe.pk} confié du 01/01/2025 au 01/01/2026 exclu : plancher"
    )
    assert nobody.stderr == "cvq resources : Personne n'a le numéro 99999.\n"
    assert PublicCare.objects.get().child == zoe


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("--yearly", "beaucoup"), "« beaucoup » n'est pas un montant"),
        (("--yearly", "-1"), "n'est pas un montant en euros"),
        (("--yearly", "10,005"), "n'est pas un montant en euros"),
        (("--from", "demain"), "« demain » n'est pas un jour"),
    ],
)
def test_what_is_typed_amiss_is_one_sentence(cvq, typed, sentence):
    petit = folk.family("Petit", "Anne")

    said = cvq("resources", "record", str(petit.pk), *NOTICE, *PAPER, *typed)

    assert said.returncode == 2
    assert sentence in said.stderr
    assert CrecheResources.objects.count() == 0


def test_a_command_finds_the_funds_and_the_clock_of_an_open_demonstration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(funds.TOKEN, "jeton-du-territoire")
    monkeypatch.setenv(clock.VARIABLE, "")
    with (
        pytest.raises(demonstrated.NoDemonstration),
        demonstrated.chosen(tmp_path, is_demonstration=True),
    ):
        pass
    time_of = clock.shifted(1_748_930_400_000, speed=10)

    with demonstrated.simulated(tmp_path, time_of) as simulator:
        told = demonstrated.given(tmp_path)
        access = funds.access(tmp_path)
        during = os.environ[clock.VARIABLE]

    assert access is not None
    assert (access.url, access.token) == (simulator.url, TOKEN)
    assert during == told[clock.VARIABLE] == time_of.told()
    assert os.environ[funds.TOKEN] == "jeton-du-territoire"
    with pytest.raises(demonstrated.NoDemonstration):
        demonstrated.given(tmp_path)
