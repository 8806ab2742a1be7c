"""Cards at the desk: one is stopped, one is found again, another takes its place."""

from typing import Any

import pytest
from django.test import Client

from counters import agent_of_all, file_of, opened
from cvq.access.models import Kind, Trace
from cvq.cards.models import Holding, Medium, MediumState
from cvq.people.models import Person
from cvq.rules.vocabulary import Reason, Verdict
from pages import Pages
from seen import is_as_wide_as_the_screen, objections
from told import text

NEW = {"number": "012-00044", "chip": "04a1b2c3d4e5f6", "seen": "CNI"}


def card_of(site: Pages, number: str = "012-00002") -> str:
    return f"{file_of(site)}carte/{number}/"


def states(number: str) -> list[str]:
    rows = MediumState.objects.filter(medium__number=number).order_by("at", "id")
    return [row.state for row in rows]


def test_a_card_is_blocked_and_replaced_in_three_actions(site: Pages) -> None:
    client = opened(site, agent_of_all(site))

    assert "Carte de Léo Petit" in text(client.get(card_of(site)))  # one
    blocked = client.post(card_of(site) + "bloquer/", {"motif": "INTROUVABLE"}, follow=True)  # two
    assert "Bloquée à 8 h 4" in text(blocked)
    assert "L'argent est en sécurité." in text(blocked)
    done = client.post(card_of(site) + "remplacer/", NEW, follow=True)  # three

    assert "L'ancienne, 012-00002, ne servira plus jamais." in text(done)
    assert "Vu carte d'identité" in text(done)
    assert states("012-00002") == ["ACTIVE", "BLOCKED", "DEAD"]
    assert Medium.objects.get(number="012-00044").replaces == Medium.objects.get(number="012-00002")
    site.town.credentials["012-00044"] = bytes.fromhex(NEW["chip"])
    new = site.town.tap("012-00044", where="Cantine", at="12:05")
    old = site.town.tap("012-00002", where="Cantine", at="12:06")
    assert (new.said, old.said, old.why) == (Verdict.GRANTED, Verdict.NOTED, Reason.MEDIUM_DEAD)


def test_a_card_that_is_found_again_serves_again(site: Pages) -> None:
    client = opened(site, agent_of_all(site))
    client.post(card_of(site) + "bloquer/", {"motif": "INTROUVABLE"})

    assert "La carte de Léo est bloquée" in text(client.get(file_of(site)))
    found = client.post(card_of(site) + "debloquer/", follow=True)

    assert "Retrouvée : elle sert de nouveau." in text(found)
    assert states("012-00002") == ["ACTIVE", "BLOCKED", "ACTIVE"]


@pytest.mark.parametrize("why", ["LOST", "STOLEN", "DEAD"])
def test_a_card_that_is_lost_for_good_never_comes_back(site: Pages, why: str) -> None:
    client = opened(site, agent_of_all(site))

    page = text(client.post(card_of(site) + "bloquer/", {"motif": why}, follow=True))

    assert "Arrêtée pour toujours à 8 h 4" in page
    assert "Débloquer" not in page
    assert client.post(card_of(site) + "debloquer/").status_code == 404
    again = text(client.post(card_of(site) + "bloquer/", {"motif": "INTROUVABLE"}, follow=True))
    assert "ne peut plus servir" in again
    assert states("012-00002") == ["ACTIVE", why]


def test_a_first_card_is_given_once_however_often_it_is_sent(site: Pages) -> None:
    town = site.town
    zoe = town.child("Petit", "Zoé")
    client = opened(site, agent_of_all(site))
    assert "Zoé Petit Lou" not in text(client.get(file_of(site) + "carte/nouvelle/"))

    told = {**NEW, "who": str(zoe.pk)}
    first = client.post(file_of(site) + "carte/nouvelle/", told)
    again = client.post(file_of(site) + "carte/nouvelle/", told)

    assert first["Location"] == again["Location"] == card_of(site, "012-00044")
    assert "Carte remise, elle sert déjà." in text(client.get(first["Location"]))
    assert Holding.objects.get(person=zoe).medium.number == "012-00044"
    assert states("012-00044") == ["ACTIVE"]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"number": ""}, "Posez la carte sur le lecteur"),
        ({"number": "<b>"}, "Un numéro de carte a des chiffres"),
        ({"chip": ""}, "La puce n'a pas été lue"),
        ({"chip": "04a"}, "deux par deux"),
        ({"seen": ""}, "sans rien copier"),
        ({"number": "012-00003"}, "déjà pris"),
        ({"chip": b"credential of 012-00009".hex()}, "déjà été délivrée"),
    ],
)
def test_a_card_that_cannot_be_given_says_why_and_changes_nothing(
    site: Pages, told: dict[str, str], why: str
) -> None:
    client = opened(site, agent_of_all(site))

    answer = client.post(card_of(site) + "remplacer/", {**NEW, **told})

    assert answer.status_code == 422
    assert why in text(answer)
    assert states("012-00002") == ["ACTIVE"]
    assert Medium.objects.count() == 4


def test_the_card_of_another_family_does_not_exist_in_a_file(site: Pages) -> None:
    agent = agent_of_all(site)
    client = opened(site, agent)
    blanc = Person.objects.get(birth_name="Blanc")

    answers = [
        client.get(card_of(site, "012-00009")),
        client.post(card_of(site, "012-00009") + "bloquer/", {"motif": "LOST"}),
        client.post(card_of(site, "012-00009") + "remplacer/", NEW),
        client.get(card_of(site, "999-99999")),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    traced = Trace.objects.filter(user=agent, kind=Kind.CARD).order_by("id")
    blancs = site.town.households["Blanc"].pk
    assert [(one.household_id, one.granted) for one in traced] == [
        *[(blancs, False)] * 3,
        (None, False),
    ]
    given = client.post(file_of(site) + "carte/nouvelle/", {**NEW, "who": str(blanc.pk)})
    assert given.status_code == 422
    assert states("012-00009") == ["ACTIVE"]


def test_a_form_from_elsewhere_stops_no_card(site: Pages) -> None:
    agent = agent_of_all(site)
    opened(site, agent)
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent)

    assert client.post(card_of(site) + "bloquer/", {"motif": "LOST"}).status_code == 403
    assert states("012-00002") == ["ACTIVE"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 320])
def test_nothing_at_the_desk_shuts_anybody_out(
    site: Pages, page_of: Any, theme: str, width: int
) -> None:
    agent = agent_of_all(site)
    page = page_of(agent, width=width, color_scheme=theme)
    errors: list[str] = []
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    held_to_it(page, site, "/guichet/", "/guichet/?q=petit", "/guichet/?q=012-0", file_of(site))
    opened(site, agent)
    held_to_it(page, site, file_of(site), card_of(site), file_of(site) + "carte/nouvelle/")
    assert errors == []

    page.get_by_role("button", name="Remettre la carte").click()
    assert objections(page) == []


def held_to_it(page: Any, site: Pages, *paths: str) -> None:
    for path in paths:
        page.goto(site.address + path)

        assert objections(page) == [], path
        assert is_as_wide_as_the_screen(page), path


def test_the_keyboard_alone_goes_from_the_box_to_a_blocked_card(site: Pages, page_of: Any) -> None:
    page = page_of(agent_of_all(site), width=1440)
    page.goto(site.address + "/guichet/")
    page.locator("h1").click()
    page.keyboard.press("/")
    page.keyboard.type("petit")
    page.keyboard.press("Enter")
    page.wait_for_url("**/guichet/?q=petit")
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="La personne est au guichet").press("Enter")
    page.get_by_role("link", name="Léo").press("Enter")
    page.get_by_role("button", name="Bloquer tout de suite").press("Enter")

    page.wait_for_selector("text=L'argent est en sécurité.")
    assert states("012-00002") == ["ACTIVE", "BLOCKED"]


def test_the_button_that_stops_a_card_says_what_the_choice_does(site: Pages, page_of: Any) -> None:
    agent = agent_of_all(site)
    opened(site, agent)
    page = page_of(agent, width=390, java_script_enabled=False)
    page.goto(site.address + card_of(site))
    stop = page.locator("form[action$='bloquer/'] button")

    told = []
    for choice in ("Introuvable", "Perdue", "Volée", "Abîmée", "Introuvable"):
        page.get_by_role("radio", name=choice).check()
        told.append(stop.inner_text())

    once, ever = "Bloquer tout de suite", "Arrêter pour toujours"
    assert told == [once, ever, ever, ever, once]
    page.get_by_role("radio", name="Perdue").check()
    page.get_by_role("button", name=ever).click()
    assert "Arrêtée pour toujours" in page.inner_text("body")
    assert states("012-00002") == ["ACTIVE", "LOST"]


def test_the_keys_can_be_switched_off(site: Pages, page_of: Any) -> None:
    page = page_of(agent_of_all(site), width=1440)
    page.goto(site.address + "/guichet/?q=petit")
    page.get_by_label("Raccourcis clavier").uncheck()
    page.reload()
    page.locator("h1").click()
    page.keyboard.press("/")

    assert page.evaluate("document.activeElement.id") != "q"


def test_a_card_is_given_without_script_from_the_card_of_demonstration(
    site: Pages, page_of: Any
) -> None:
    agent = agent_of_all(site)
    site.town.child("Petit", "Zoé")
    opened(site, agent)
    page = page_of(agent, width=390, java_script_enabled=False)
    page.goto(site.address + file_of(site) + "carte/nouvelle/")
    page.get_by_role("link", name="poser une carte de démonstration").click()
    assert page.get_by_label("Zoé Petit").is_checked()
    page.get_by_label("Passeport").check()
    page.get_by_role("button", name="Remettre la carte").click()

    assert "Carte remise, elle sert déjà." in page.inner_text("body")
    number = page.inner_text(".carte .num")
    assert Holding.objects.get(person__first_name="Zoé").medium.number == number
