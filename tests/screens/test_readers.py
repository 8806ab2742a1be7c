"""What the screens of readers say: never an amount nor a name, and never red to a child."""

import os
import re
from typing import Any

import pytest
from django.core.signing import Signer
from django.template.loader import render_to_string
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from cvq.catalog.models import Device
from cvq.kiosk.addresses import kiosk_address, reader_address
from cvq.kiosk.reader.answers import again, at_point
from cvq.kiosk.reader.last import last
from cvq.people.models import Person
from cvq.rules.tap import Refused
from cvq.rules.vocabulary import CHILDCARE, Direction, Purpose, Reason, Verdict
from cvq.taps.models import Amendment
from edge.crowd import wait_until
from pages import Pages
from seen import is_as_wide_as_the_screen, objections
from told import text

verdicts, purposes = st.sampled_from(list(Verdict)), st.sampled_from(list(Purpose))
reasons, directions = st.none() | st.sampled_from(list(Reason)), st.sampled_from(list(Direction))


def drawn(answer: Any) -> str:
    """Return an answer as the screen draws it."""
    return str(render_to_string("kiosk/reader/answer.html", {"answer": answer}))


@given(st.sampled_from(sorted(CHILDCARE)), verdicts, reasons, directions)
def test_a_child_never_sees_red_whatever_the_box_told(
    purpose: Purpose, said: Verdict, why: Reason | None, direction: Direction
) -> None:
    page = drawn(at_point(purpose, said, why, direction))

    assert re.findall(r'class="tap (\w+)"', page)[0] in {"oui", "note"}
    assert 'data-sound="no"' not in page
    assert "Pas d'accès" not in page


@given(purposes, verdicts, reasons, directions)
def test_a_reader_tells_no_amount_and_says_the_same_by_its_shape_and_its_sound(
    purpose: Purpose, said: Verdict, why: Reason | None, direction: Direction
) -> None:
    answer = at_point(purpose, said, why, direction)
    page = drawn(answer)

    assert "€" not in page
    assert not re.search(r"\d", answer.word + answer.sentence)
    assert len(answer.sentence) <= 70
    ground, sound = re.findall(r'class="tap (\w+)".*?data-sound="(\w+)"', page)[0]
    assert {"oui": "yes", "note": "note", "non": "no", "relire": "again"}[ground] == sound


def test_a_card_that_is_not_read_is_asked_for_again() -> None:
    assert "Encore une fois" in drawn(again())
    assert 'class="tap relire"' in drawn(again())


def box_at(site: Pages, where: str) -> Device:
    """Return the box of a point of the town."""
    return Device.objects.get(points=site.town.points[where])


def test_a_screen_shows_what_its_box_did_last_and_no_other_box(site: Pages) -> None:
    site.town.tap("012-00009", where="GâtinéO", at="08:40")
    pool, gate = box_at(site, "GâtinéO"), box_at(site, "École")
    client = Client()

    told = client.get(reader_address(pool.pk) + "dit/")
    page = text(client.get(reader_address(pool.pk)))

    assert 'class="tap oui"' in told.json()["drawn"]
    assert told["Cache-Control"] == "no-store"
    assert "Entrez" in page
    for name in Person.objects.values_list("birth_name", "first_name"):
        assert not set(name) & set(page.split())
    assert client.get(reader_address(gate.pk) + "dit/").json() == {
        "seq": 0,
        "drawn": "",
        "soft": False,
    }


def test_a_screen_tells_what_the_door_did_where_our_answer_came_too_late(site: Pages) -> None:
    site.town.tap("012-00009", where="GâtinéO", at="08:40")
    pool, at = box_at(site, "GâtinéO"), site.town.at("08:40")
    known = last(pool, at)
    assert known.answer is not None
    assert known.answer.ground == "oui"

    no, why = Verdict.REFUSED, Reason.PLACE_FULL
    Amendment.objects.create(device=pool.pk, seq=known.seq, said=no, why=why, means="FREE", batch=1)

    amended = last(pool, at)
    assert amended.answer is not None
    assert (amended.seq, amended.answer.ground) == (known.seq, "non")


def test_what_a_box_tells_of_this_morning_is_shown_to_nobody(site: Pages) -> None:
    site.town.tap("012-00009", where="GâtinéO", at="08:37")
    pool = box_at(site, "GâtinéO")

    assert Client().get(reader_address(pool.pk) + "dit/").json()["drawn"] == ""


def test_a_refusal_at_a_school_is_shown_as_a_word_with_the_team(site: Pages) -> None:
    said = Refused(reason=Reason.NOT_ENROLLED)
    site.town.tap("012-00002", where="Cantine", at="08:40", door_said=said)
    page = Client().get(reader_address(box_at(site, "Cantine").pk)).content.decode()

    assert 'class="tap note"' in page
    assert "Va voir l&#x27;équipe" in page


def test_a_screen_without_our_signature_does_not_exist(site: Pages) -> None:
    kiosk = kiosk_address(1).split("/")[2]
    nobody = Signer(salt="cvq.reader", sep=".").sign("99999")

    for token in ("1", "1.abc", kiosk, nobody):
        assert Client().get(f"/lecteur/{token}/").status_code == 404
        assert Client().get(f"/lecteur/{token}/dit/").status_code == 404


def test_a_screen_follows_its_box_shows_an_answer_a_moment_and_says_it_is_cut_off(
    site: Pages, page_of: Any
) -> None:
    pool = box_at(site, "GâtinéO")
    page = page_of(width=480, height=800)
    page.goto(site.address + reader_address(pool.pk))
    assert page.get_by_text("Approchez votre carte").is_visible()
    assert objections(page) == []

    site.town.tap("012-00009", where="GâtinéO", at="08:40")
    page.locator(".tap.oui").wait_for()
    page.locator(".tap").wait_for(state="detached")

    page.context.set_offline(True)
    page.get_by_text("hors ligne").wait_for()


SHOWN = """() => {
  window.shown = [];
  new MutationObserver(() => window.shown.push(document.querySelectorAll('.reponse .tap').length))
    .observe(document.querySelector('.reponse'), {childList: true});
}"""


def test_the_same_answer_twice_in_a_row_is_seen_to_come_twice(site: Pages, page_of: Any) -> None:
    pool = box_at(site, "GâtinéO")
    page = page_of(width=480, height=800, reduced_motion="reduce")
    page.goto(site.address + reader_address(pool.pk))
    page.evaluate(SHOWN)

    site.town.tap("012-00009", where="GâtinéO", at="08:39:58")
    page.locator(".tap.oui").wait_for()
    site.town.tap("012-00001", where="GâtinéO", at="08:40")
    wait_until(lambda: page.evaluate("window.shown.length") >= 3)

    assert page.evaluate("window.shown.slice(0, 3)") == [1, 0, 1]
    assert page.locator(".tap.oui").count() == 1


def test_a_screen_says_that_its_sound_is_off_until_somebody_touches_it_or_a_key(
    site: Pages, page_of: Any
) -> None:
    page = page_of(width=480, height=800)
    page.goto(site.address + reader_address(box_at(site, "GâtinéO").pk))
    muted = page.get_by_role("button", name="Son coupé.")
    muted.wait_for()
    assert objections(page) == []

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert muted.evaluate("one => one === document.activeElement")
    page.keyboard.press("Enter")

    muted.wait_for(state="hidden")
    assert page.evaluate("ears().state") == "running"


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 320)])
def test_the_answers_are_told_apart_without_colour_by_everybody(
    site: Pages, page_of: Any, theme: str, width: int
) -> None:
    page = page_of(width=width, color_scheme=theme)
    for name in ("", "entree/", "note/", "quota/", "relire/"):
        page.goto(f"{site.address}/lecteurs/{name}")
        if folder := os.environ.get("CVQ_SHOTS"):
            shot = f"{folder}/lecteur-{name.strip('/') or 'tous'}-{width}-{theme}.png"
            page.screenshot(path=shot, full_page=not name)

        assert objections(page) == [], name
        assert is_as_wide_as_the_screen(page), name
    assert Client().get("/lecteurs/rien/").status_code == 404
