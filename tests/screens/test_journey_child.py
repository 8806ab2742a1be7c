"""A child at the gate of a school, whose box is a real one, and the screen beside it."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from cvq.catalog.models import Device
from cvq.config import clock, keys
from cvq.edge.box import folder_of
from cvq.edge.memory import snapshot_path
from cvq.edge.snapshot import Snapshot
from cvq.kiosk.addresses import reader_address
from cvq.people.models import Person
from cvq.rules.vocabulary import Reason, Sector, Verdict
from cvq.taps.models import TapEvent
from cvq.wire.enrolment import Enrolment, write_enrolment
from databases import Database
from edge.crowd import wait_until
from edge.gatehouse import Gatehouse, SigningBox
from edge.test_process import People
from kiosks import ANNE, BLANC, LEO
from pages import Pages

LOU = "012-00003"
GATE = "École"
READER = {"width": 480, "height": 800}


class Gate:
    """The gate of the school: its box as one process, and the screen that a child looks at."""

    def __init__(self, house: Gatehouse, page: Any) -> None:
        self.house = house
        self.page = page
        self.box: SigningBox = house.box(GATE)
        self.box.enrol()
        self.seen: list[str] = []
        enrolment = Enrolment(
            device=self.box.number,
            code="PORTAIL",
            private_key=self.box.key.private_bytes_raw().hex(),
            hmac_key=self.box.hmac_key.hex(),
            sectors=(Sector.SCHOOL,),
            policy_keys={kid: key.hex() for kid, key in keys.policy_keys(house.home).items()},
        )
        folder = house.home / "devices"
        folder.mkdir()
        (folder / f"{self.box.number}.json").write_bytes(write_enrolment(enrolment))

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Let the box live at the hour of the town, with people before it."""
        told = {"CVQ_HOME": str(self.house.home), "CVQ_CLOCK": self.house.clock.told()}
        command = [sys.executable, "-m", "cvq.config.cli", "edge"]
        command += ["--device", str(self.box.number)]
        command += ["--gateway", f"http://127.0.0.1:{self.house.port}"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, **told}
        ) as process:
            try:
                assert process.stdout is not None
                found = re.search(r"lecteurs sur (\S+):(\d+)", process.stdout.readline())
                assert found
                with contextlib.closing(People(found[1], int(found[2]))) as self.people:
                    self.wait_for_policy()
                    yield
            finally:
                process.kill()

    def wait_for_policy(self) -> None:
        path = snapshot_path(folder_of(self.house.home, self.box.number), Sector.SCHOOL)
        shelf = Snapshot(path, device=self.box.number, sector=Sector.SCHOOL)
        with contextlib.closing(shelf):
            wait_until(lambda: shelf.policy().seq > 0)

    def show(self, card: str, ground: str) -> dict[str, object]:
        """Hold a card to the reader and wait until the screen says so; return what the box did."""
        event = self.house.town.event(card, where=GATE, at="08:40", seq=1)
        did = self.people.say(ref=event.ref, point=event.pt)
        self.page.locator(f".reponse .tap.{ground}").wait_for()
        self.seen.append(self.page.inner_text("body"))
        self.page.locator(".reponse .tap").wait_for(state="detached")
        return did


@pytest.fixture
def gate(site: Pages, page_of: Any, database: Database) -> Iterator[Gate]:
    """Return the gate of the school, which is about to open."""
    house = Gatehouse(database, site.town, clock.from_environment()).start()
    page = page_of(**READER)
    opened = Gate(house, page)
    page.goto(site.address + reader_address(opened.box.number))
    try:
        yield opened
    finally:
        house.close()


def test_a_child_goes_in_at_the_gate_whatever_the_card_and_reads_nothing_private(
    gate: Gate, site: Pages
) -> None:
    site.client(site.parent()).post(f"/cartes/{LOU}/bloquer/")
    assert gate.page.get_by_text("Approchez votre carte").is_visible()

    with gate.open():
        known = gate.show(LEO, "oui")
        blocked = gate.show(LOU, "note")
        unknown = gate.show("999-99999", "note")
        wait_until(lambda: TapEvent.objects.filter(device=gate.box.number).count() == 3)

    assert [did["opens"] for did in (known, blocked, unknown)] == [True, True, True]
    assert "Entrez" in gate.seen[0]
    assert all("Va voir l'équipe" in seen for seen in gate.seen[1:])
    holds_nothing_private(" ".join(gate.seen))
    taps = TapEvent.objects.filter(device=gate.box.number).order_by("seq")
    assert list(taps.values_list("said", "why")) == [
        (Verdict.GRANTED, None),
        (Verdict.NOTED, Reason.MEDIUM_BLOCKED),
        (Verdict.NOTED, Reason.UNKNOWN_MEDIUM),
    ]
    assert site.town.wallet("Petit") == "15,50 €"
    gate.house.audit()


def test_the_screens_of_a_school_hold_no_red_even_under_an_adult(gate: Gate, site: Pages) -> None:
    with gate.open():
        for card in (ANNE, BLANC):
            gate.show(card, "note")

    grounds = gate.page.evaluate(
        """() => [...document.querySelectorAll('body, body *')]
           .map(one => getComputedStyle(one).backgroundColor)"""
    )
    refusal = gate.page.evaluate(
        """() => { const one = document.body.appendChild(document.createElement('p'));
                   one.style.background = 'var(--tap-non)';
                   return getComputedStyle(one).backgroundColor }"""
    )
    assert refusal not in grounds
    holds_nothing_private(" ".join(gate.seen))


def test_a_card_that_was_read_badly_is_asked_for_again_and_refuses_nobody(
    site: Pages, page_of: Any
) -> None:
    page = page_of(**READER)
    page.goto(f"{site.address}/lecteurs/relire/")

    assert page.locator(".tap.relire").get_attribute("data-sound") == "again"
    assert "Encore une fois" in page.inner_text("main")
    holds_nothing_private(page.inner_text("body"))
    assert not Device.objects.filter(state="QUARANTINED").exists()


def holds_nothing_private(seen: str) -> None:
    """Hold what a neighbour may read at a school to what a neighbour may know."""
    assert "€" not in seen
    assert "Pas d'accès" not in seen
    names = Person.objects.values_list("birth_name", "first_name")
    words = set(re.findall(r"\w+", seen))
    assert words.isdisjoint({name for both in names for name in both})
