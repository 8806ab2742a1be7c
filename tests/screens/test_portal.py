"""A parent on the portal: what they have, what they paid and why, and a card that is lost."""

import os
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cvq.access.models import Role, Trace
from cvq.billing.models import Charge
from pages import PASSWORD, Pages
from seen import is_as_wide_as_the_screen, objections
from told import text

PAGES = {
    "accueil": "/accueil/",
    "releve": "/releve/",
    "recharger": "/recharger/",
    "cartes": "/cartes/",
    "perdue": "/cartes/perdue/",
    "vous": "/vous/",
    "passe": "/compte/password/change/",
    "facteurs": "/compte/2fa/",
}
FOR_EVERYBODY = {
    "bienvenue": "/",
    "connexion": "/connexion/",
    "donnees": "/a-propos/donnees/",
    "oubli": "/compte/password/reset/",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_nothing_on_the_portal_shuts_anybody_out(
    site: Pages, page_of: Any, theme: str, width: int
) -> None:
    page = page_of(site.parent(), width=width, color_scheme=theme)
    errors: list[str] = []
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    for name, path in PAGES.items():
        page.goto(site.address + path)
        if folder := os.environ.get("CVQ_SHOTS"):
            page.screenshot(path=f"{folder}/{name}-{width}-{theme}.png", full_page=True)

        assert objections(page) == [], path
        assert is_as_wide_as_the_screen(page), path
    assert errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_on_the_way_of_a_payment_shuts_anybody_out(
    site: Pages, page_of: Any, theme: str
) -> None:
    entry = Charge.objects.order_by("-entry_id")[0].pk
    page = page_of(site.parent(), width=390, color_scheme=theme)
    for step, leads_to in (
        (lambda: page.goto(f"{site.address}/operation/{entry}/"), "**/operation/*/"),
        (lambda: page.goto(f"{site.address}/recharger/"), "**/recharger/"),
        (lambda: page.get_by_role("button", name="Payer").click(), "**/recharger/banque/*/"),
        (lambda: page.get_by_role("button", name="Accepter").click(), "**/recharger/recu/*/"),
    ):
        step()
        page.wait_for_url(leads_to)
        if folder := os.environ.get("CVQ_SHOTS"):
            page.screenshot(path=f"{folder}/{page.title()[:9]}-390-{theme}.png", full_page=True)

        assert objections(page) == [], page.url
        assert is_as_wide_as_the_screen(page), page.url


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_before_the_log_in_shuts_anybody_out(site: Pages, page_of: Any, theme: str) -> None:
    page = page_of(width=390, color_scheme=theme)
    for name, path in FOR_EVERYBODY.items():
        page.goto(site.address + path)
        if folder := os.environ.get("CVQ_SHOTS"):
            page.screenshot(path=f"{folder}/{name}-390-{theme}.png", full_page=True)

        assert objections(page) == [], path
        assert is_as_wide_as_the_screen(page), path


def test_a_parent_sees_what_is_left_until_when_and_where_each_child_is(site: Pages) -> None:
    home = text(site.client(site.parent()).get("/accueil/"))

    assert "Bonjour Anne Compte famille Petit 15,50 €" in home
    assert "De quoi tenir jusqu'au jeudi 5 juin inclus." in home
    assert "Léo Garderie, depuis 7 h 45" in home
    assert "3 cartes en service dans la famille." in home


def test_an_operation_says_why_it_costs_what_it_costs_and_who_collects(site: Pages) -> None:
    entry = Charge.objects.filter(service__name="GâtinéO").order_by("-entry_id")[0]
    page = text(site.client(site.parent()).get(f"/operation/{entry.pk}/"))

    assert "Pourquoi ce prix ? Entrée piscine, plein tarif : 4,50 €" in page
    assert "Qui encaisse CC · Régie" in page


def test_what_another_family_has_does_not_exist_and_who_guessed_is_traced(site: Pages) -> None:
    parent, stranger = site.parent(), site.parent("Blanc")
    entry = Charge.objects.filter(payer=site.town.households["Petit"].wallet_id)[0]
    client = site.client(stranger)

    answers = [
        client.get(f"/operation/{entry.pk}/"),
        client.get("/operation/999999/"),
        client.post("/cartes/012-00002/bloquer/"),
        client.post("/cartes/999-99999/bloquer/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({text(answer) for answer in answers}) == 1
    traced = Trace.objects.filter(user=stranger, granted=False).order_by("id")
    petit = site.town.households["Petit"].pk
    assert [(one.kind, one.household_id) for one in traced] == [
        ("OPERATION", petit),
        ("OPERATION", None),
        ("CARD", petit),
        ("CARD", None),
    ]
    assert site.client(parent).get("/cartes/").content.count(b"en service") == 3


def test_a_top_up_is_debited_once_however_often_it_is_sent(site: Pages) -> None:
    client = site.client(site.parent())
    bank = client.post("/recharger/", {"montant": "20,00"})["Location"]

    first = client.post(bank, {"payer": ""})
    again = client.post(bank, {"payer": ""})

    assert first["Location"] == again["Location"]
    assert "20,00 € sont sur le compte. Vous avez maintenant 35,50 €." in text(
        client.get(first["Location"])
    )
    assert site.town.wallet("Petit") == "35,50 €"


def test_a_payment_that_the_bank_refuses_moves_nothing(site: Pages) -> None:
    client = site.client(site.parent())
    bank = client.post("/recharger/", {"montant": "20,00"})["Location"]

    assert "Rien n'a été débité" in text(client.post(bank, {"refuser": ""}))
    assert site.town.wallet("Petit") == "15,50 €"


@pytest.mark.parametrize("told", ["", "4,99", "500,01", "abc", "-20", "1e9", "12,345"])
def test_an_amount_that_we_do_not_take_is_said_where_it_was_typed(site: Pages, told: str) -> None:
    answer = site.client(site.parent()).post("/recharger/", {"autre": told})

    assert answer.status_code == 422
    assert "Une réponse à corriger" in text(answer)
    assert f'value="{told}"' in answer.content.decode()


def test_the_receipt_of_another_family_does_not_exist(site: Pages) -> None:
    client = site.client(site.parent())
    bank = client.post("/recharger/", {"montant": "20,00"})["Location"]
    receipt = client.post(bank, {"payer": ""})["Location"]

    assert site.client(site.parent("Blanc")).get(receipt).status_code == 404
    assert site.client(site.parent("Blanc")).post(bank, {"payer": ""}).status_code == 404


@pytest.mark.parametrize("path", ["/accueil/", "/releve/", "/cartes/"])
def test_a_page_asks_at_most_twelve_questions(site: Pages, path: str) -> None:
    client = site.client(site.parent())
    client.get(path)

    with CaptureQueriesContext(connection) as asked:
        client.get(path)

    assert len(asked) <= 12, [one["sql"][:90] for one in asked.captured_queries]


@pytest.mark.parametrize("path", [*PAGES.values(), "/releve.csv", "/operation/1/"])
def test_who_is_not_logged_in_is_asked_to(site: Pages, path: str) -> None:
    answer = site.client().get(path)

    assert (answer.status_code, answer["Location"]) == (302, f"/connexion/?next={path}")


def test_a_form_from_elsewhere_is_refused(site: Pages) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(site.parent())

    assert client.post("/cartes/012-00002/bloquer/").status_code == 403
    assert site.client(site.parent()).get("/cartes/").content.count(b"en service") == 3


def test_a_page_lets_nothing_in_from_elsewhere(site: Pages) -> None:
    answer = site.client(site.parent()).get("/accueil/")

    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Frame-Options"] == "DENY"


def test_logging_in_gives_another_session_and_too_many_tries_are_stopped(site: Pages) -> None:
    parent = site.parent()
    client = Client()
    client.get("/connexion/")
    client.session.save()
    before = client.session.session_key

    told = {"login": parent.email, "password": PASSWORD}
    assert client.post("/connexion/", told)["Location"] == "/accueil/"
    assert client.session.session_key != before

    stranger = Client()
    wrong = {"login": parent.email, "password": "pas le bon"}
    tries = [text(stranger.post("/connexion/", wrong)) for _ in range(12)]
    assert "Trop" in tries[-1]


def test_a_parent_logs_in_and_tops_up_with_the_keyboard_and_no_script(
    site: Pages, page_of: Any
) -> None:
    parent = site.parent()
    page = page_of(width=390, java_script_enabled=False)
    page.goto(site.address + "/connexion/")
    page.get_by_label("Courriel").fill(parent.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/accueil/")

    page.goto(site.address + "/recharger/")
    page.get_by_label("Un autre montant").fill("25")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Accepter le paiement").press("Enter")

    assert "25,00\u00a0€ sont sur le compte" in page.inner_text("main")
    assert site.town.wallet("Petit") == "40,50 €"


def test_the_keyboard_goes_through_the_log_in_in_the_order_of_the_eyes(
    site: Pages, page_of: Any
) -> None:
    page = page_of(width=390)
    page.goto(site.address + "/connexion/")
    page.get_by_label("Courriel").focus()

    order = []
    for _step in range(3):
        page.keyboard.press("Tab")
        order.append(
            page.evaluate("document.activeElement.name || document.activeElement.innerText")
        )

    assert order == ["password", "Mot de passe oublié ?", "Se connecter"]


def test_each_agent_lands_on_the_page_of_what_they_do(site: Pages) -> None:
    for role, page in ((Role.COUNTER, "/guichet/"), (Role.SUPERVISION, "/supervision/")):
        agent = site.agent(f"{role.lower()}@exemple.fr", role)
        client = Client()
        told = {"login": agent.email, "password": PASSWORD}

        assert client.post("/connexion/", told)["Location"] == page
        assert client.get("/accueil/")["Location"] == page
        assert client.get("/", follow=True).redirect_chain[-1][0] == page


def test_who_belongs_to_no_household_is_told_who_can_help(site: Pages) -> None:
    answer = site.client(site.user("seul@exemple.fr")).get("/accueil/")

    assert answer.status_code == 403
    assert "Le guichet peut le faire" in text(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/operation/9223372036854775808/",
        "/operation/99999999999999999999999999/",
        "/cartes/%00/bloquer/",
        "/cartes/a%20b/bloquer/",
        "/supervision/appareil/2147483648/",
        "/guichet/famille/00000000-0000-0000-0000-000000000000/carte/%00/",
    ],
)
def test_what_nothing_could_ever_be_called_is_no_address(site: Pages, path: str) -> None:
    agent = site.agent("tout@exemple.fr")
    site.assign(agent, Role.SUPERVISION)

    for user in (site.parent(), agent):
        assert site.client(user).get(path).status_code == 404


def test_a_page_at_work_that_does_not_exist_speaks_to_who_works_there(site: Pages) -> None:
    parent = site.client(site.parent())
    agent = site.client(site.agent("guichet@exemple.fr", Role.COUNTER))
    watcher = site.client(site.agent("supervision@exemple.fr", Role.SUPERVISION))
    paths = ("/guichet/rien/", "/supervision/appareil/999/")

    at_work = [text(who.get(path)) for who in (agent, watcher, parent) for path in paths]
    at_home = text(parent.get("/operation/999999/"))

    assert all("Cette page n'existe pas ou plus." in one for one in (*at_work, at_home))
    for words in ("débité", "Le guichet de votre mairie", "Vos données"):
        assert not any(words in one for one in at_work)
        assert words in at_home


def test_the_largest_number_that_the_books_can_hold_is_asked_for_and_not_found(
    site: Pages,
) -> None:
    answer = site.client(site.parent()).get("/operation/9223372036854775807/")

    assert answer.status_code == 404
    assert Trace.objects.get().asked == "9223372036854775807"
