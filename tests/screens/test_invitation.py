"""A resident comes by an account at the counter, and by another password through a message."""

import os
import re
from datetime import date, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from counters import agent_of_all, file_of, opened
from cvq.access import invitations
from cvq.access.models import Invitation, Kind, Trace, User
from cvq.notices.models import Notice
from cvq.people import services as people
from cvq.people.messages import NewPerson
from cvq.people.models import HouseholdMember, Person
from pages import PASSWORD, Pages
from seen import is_as_wide_as_the_screen, objections
from told import text

CHOSEN = "etang-chevre-talus"


def adult(site: Pages, family: str = "Petit") -> Person:
    return site.town.households[family].members.get(role="ADULT").person


def link() -> str:
    """Return the path of the last link that was sent."""
    found = re.search(r"https?://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def offer(site: Pages, client: Client, **told: Any) -> Any:
    return client.post(file_of(site) + "acces/", {"email": "anne@exemple.fr", **told})


def test_an_agent_gives_access_and_the_resident_chooses_a_password(
    site: Pages, page_of: Any
) -> None:
    agent = agent_of_all(site)
    desk = page_of(agent, width=1280, java_script_enabled=False)
    desk.goto(site.address + file_of(site))
    desk.get_by_role("button", name="La personne est au guichet").click()
    desk.get_by_role("link", name="Accès au portail").click()
    _is_well(desk, "acces")
    desk.get_by_label("Anne Petit").check()
    desk.get_by_label("Son adresse de courriel").fill("Anne@Exemple.fr")
    desk.get_by_role("button", name="Envoyer le lien").click()
    assert "Lien envoyé à Anne@Exemple.fr" in desk.inner_text("body")
    assert "lien envoyé à anne@exemple.fr, bon avant le" in desk.inner_text("main")
    assert mail.outbox[0].to == ["anne@exemple.fr"]
    assert "Petit" not in f"{mail.outbox[0].subject} {mail.outbox[0].body}"

    home = page_of(width=320, java_script_enabled=False)
    home.goto(site.address + link())
    _is_well(home, "invitation")
    for label in ("Nouveau mot de passe", "Confirmation du nouveau mot de passe"):
        home.get_by_label(label, exact=True).fill(CHOSEN)
    home.get_by_role("button", name="Choisir ce mot de passe").click()
    home.wait_for_url("**/connexion/")
    assert "Votre mot de passe est choisi." in home.inner_text("body")
    home.get_by_label("Courriel").fill("anne@exemple.fr")
    home.get_by_label("Mot de passe").fill(CHOSEN)
    home.keyboard.press("Enter")
    home.wait_for_url("**/accueil/")
    assert "Bonjour Anne" in home.inner_text("main")
    home.goto(site.address + "/vous/")
    assert "Accès au portail proposé à Anne" in home.inner_text("main")

    home.goto(site.address + link())
    assert "Ce lien ne sert plus" in home.inner_text("main")
    _is_well(home, "mort")
    desk.reload()
    assert "se connecte avec anne@exemple.fr" in desk.inner_text("main")
    assert desk.get_by_role("button", name="Envoyer le lien").count() == 0


def _is_well(page: Any, name: str) -> None:
    if folder := os.environ.get("CVQ_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    assert is_as_wide_as_the_screen(page), name


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_nothing_on_the_way_to_an_account_shuts_anybody_out(
    site: Pages, page_of: Any, theme: str, width: int
) -> None:
    agent = agent_of_all(site)
    client = opened(site, agent)
    offer(site, client, who=adult(site).pk)
    desk = page_of(agent, width=width, color_scheme=theme)
    desk.goto(site.address + file_of(site) + "acces/")
    assert objections(desk) == []
    desk.get_by_label("Son adresse de courriel").fill("pas une adresse")
    desk.get_by_role("button", name="Envoyer le lien").click()
    assert "Une réponse à corriger" in desk.inner_text("main")
    assert objections(desk) == []
    assert is_as_wide_as_the_screen(desk)

    home = page_of(width=width, color_scheme=theme)
    for path in (link(), "/invitation/nothing/", "/compte/password/reset/"):
        home.goto(site.address + path)
        assert objections(home) == [], path
        assert is_as_wide_as_the_screen(home), path


def test_what_is_given_is_traced_and_holds_no_secret(site: Pages) -> None:
    agent = agent_of_all(site)
    offer(site, opened(site, agent), who=adult(site).pk)

    trace = Trace.objects.get(kind=Kind.ACCESS)
    assert (trace.user, trace.household, trace.asked, trace.granted) == (
        agent,
        site.town.households["Petit"],
        "anne@exemple.fr",
        True,
    )
    secret = link().split("/")[2]
    assert len(secret) > 40
    assert secret not in str(Invitation.objects.values_list()[0])
    assert "Accès au portail proposé à Anne" in text(site.client(agent).get(file_of(site)))


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("nadia@ailleurs.exemple", "n***@ailleurs.exemple"),
        ("~x@" + "a" * 60 + "." + "b" * 60 + ".fr", "***@b"),
        ("anne@société.exemple", "a***@xn--socit-esab.exemple"),
    ],
)
def test_the_telephone_that_we_know_is_told_where_the_link_went(
    site: Pages, email: str, shown: str
) -> None:
    anne = adult(site)
    Person.objects.filter(pk=anne.pk).update(mobile="0612345678")
    client = opened(site, agent_of_all(site))
    assert "Un SMS le dit au téléphone que nous connaissons" in text(
        client.get(file_of(site) + "acces/")
    )

    assert offer(site, client, who=anne.pk, email=email).status_code == 302

    told = Notice.objects.get(kind="ACCESS")
    assert (told.recipient, told.channel, told.sent_at) == ("0612345678", "SMS", None)
    assert f"Un accès au portail de la carte a été envoyé à {shown}" in told.body
    assert told.body.endswith("Ce n'est pas vous ? Dites-le à l'accueil.")
    assert len(told.body) <= 160
    assert re.fullmatch(r"[A-Za-z0-9 .,:?'@*_\-éèà]+", told.body)


def test_nobody_is_told_whose_telephone_we_do_not_know(site: Pages) -> None:
    assert offer(site, opened(site, agent_of_all(site)), who=adult(site).pk).status_code == 302
    assert not Notice.objects.filter(kind="ACCESS").exists()


def test_nobody_is_invited_whose_mail_does_not_leave(
    site: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: Any) -> None:
        raise SMTPServerDisconnected

    monkeypatch.setattr("cvq.desk.access.view.send", fails)

    answer = offer(site, opened(site, agent_of_all(site)), who=adult(site).pk)

    assert answer.status_code == 422
    assert "Le courriel n'est pas parti" in text(answer)
    assert (Invitation.objects.count(), Notice.objects.count()) == (0, 0)


def test_a_file_that_is_not_open_gives_nothing(site: Pages) -> None:
    agent = agent_of_all(site)

    answer = offer(site, site.client(agent), who=adult(site).pk)

    assert answer.status_code == 403
    for user in (site.parent(), site.parent("Blanc")):
        assert offer(site, site.client(user), who=adult(site).pk).status_code == 404
    assert (len(mail.outbox), Invitation.objects.count()) == (0, 0)


def test_a_child_somebody_else_and_nobody_are_refused(site: Pages) -> None:
    client = opened(site, agent_of_all(site))
    leo = Person.objects.get(first_name="Léo")

    child = offer(site, client, who=leo.pk)
    stranger = offer(site, client, who=adult(site, "Blanc").pk)
    nobody = [offer(site, client, who=who) for who in ("", "x", "9" * 40, "-1")]

    assert (child.status_code, stranger.status_code) == (422, 404)
    assert "Le portail est pour les adultes de ce foyer." in text(child)
    assert [one.status_code for one in nobody] == [422] * 4
    assert (len(mail.outbox), Invitation.objects.count()) == (0, 0)


@pytest.mark.parametrize("email", ["BLANC@exemple.fr", "", "anne", "a@b", "a@exemple.fr\nX: y"])
def test_an_address_that_is_somebody_s_or_none_is_refused(site: Pages, email: str) -> None:
    site.parent("Blanc")

    answer = offer(site, opened(site, agent_of_all(site)), who=adult(site).pk, email=email)

    assert answer.status_code == 422
    assert "Une réponse à corriger" in text(answer)
    assert (len(mail.outbox), Invitation.objects.count()) == (0, 0)


def test_an_address_that_waits_for_somebody_else_is_refused(site: Pages) -> None:
    agent = agent_of_all(site)
    offer(site, opened(site, agent), who=adult(site).pk)
    blanc = opened(site, agent, "Blanc")

    def again() -> Any:
        told = {"email": "Anne@exemple.fr", "who": adult(site, "Blanc").pk}
        return blanc.post(file_of(site, "Blanc") + "acces/", told)

    refused = again()
    assert (refused.status_code, len(mail.outbox)) == (422, 1)
    assert "attend déjà la réponse de quelqu'un d'autre" in text(refused)
    Invitation.objects.update(until=site.town.at("08:39"))
    assert again().status_code == 302  # nobody answered


@pytest.mark.parametrize("at_once", [False, True])
def test_of_two_who_wait_at_one_address_the_second_is_told_why_not(
    site: Pages, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    agent = agent_of_all(site)
    offer(site, opened(site, agent), who=adult(site).pk)
    first = link()
    told = {"email": "anne2@exemple.fr", "who": adult(site, "Blanc").pk}
    opened(site, agent, "Blanc").post(file_of(site, "Blanc") + "acces/", told)
    second = link()
    Invitation.objects.update(email="anne@exemple.fr")  # as two agents at once could
    chosen = {"new_password1": CHOSEN, "new_password2": CHOSEN}
    assert Client().post(first, chosen).status_code == 302
    if at_once:
        monkeypatch.setattr(invitations, "_is_taken", lambda email: False)

    answer = Client().post(second, chosen)

    assert answer.status_code == 410
    assert "Cette adresse sert à quelqu'un d'autre" in text(answer)
    assert Invitation.objects.filter(used_at=None).count() == 1
    assert User.objects.filter(email="anne@exemple.fr").count() == 1


def test_who_has_an_account_gets_no_second_one(site: Pages) -> None:
    site.parent()

    answer = offer(site, opened(site, agent_of_all(site)), who=adult(site).pk)

    assert answer.status_code == 422
    assert "Cette personne a déjà un accès" in text(answer) or "se connecte avec" in text(answer)
    assert len(mail.outbox) == 0


def test_a_wrong_address_is_mended_by_another_link(site: Pages) -> None:
    client = opened(site, agent_of_all(site))
    offer(site, client, who=adult(site).pk, email="ane@exemple.fr")
    wrong = link()

    offer(site, client, who=adult(site).pk)

    assert Client().get(wrong).status_code == 410
    assert Client().get(link()).status_code == 200


def test_a_link_serves_once_for_seven_days_and_a_weak_password_is_said(site: Pages) -> None:
    offer(site, opened(site, agent_of_all(site)), who=adult(site).pk)
    path = link()

    weak = Client().post(path, {"new_password1": "azerty", "new_password2": "azerty"})
    assert (weak.status_code, User.objects.filter(email="anne@exemple.fr").exists()) == (422, False)

    invited = Invitation.objects.get()
    assert invited.until - invited.sent_at == timedelta(days=7)
    Invitation.objects.update(until=site.town.at("08:39"))
    assert Client().get(path).status_code == 410
    Invitation.objects.update(until=site.town.at("08:39") + timedelta(days=1))
    told = {"new_password1": CHOSEN, "new_password2": CHOSEN}
    assert Client().post(path, told)["Location"] == "/connexion/"
    assert Client().post(path, told).status_code == 410
    user = User.objects.get(email="anne@exemple.fr")
    assert (user.person, user.check_password(CHOSEN)) == (adult(site), True)


def test_another_adult_of_the_household_chooses_for_themselves(site: Pages) -> None:
    anne, household = site.parent(), site.town.households["Petit"]
    paul = people.register_person(
        NewPerson(birth_name="Petit", first_name="Paul", born_on=date(1985, 4, 2))
    )
    HouseholdMember.objects.create(
        household=household, person=paul, role="ADULT", is_main=True, valid_from=date(2024, 1, 1)
    )
    offer(site, opened(site, agent_of_all(site)), who=paul.pk, email="paul@exemple.fr")

    browser = site.client(anne)  # their phone, still logged in
    told = {"new_password1": CHOSEN, "new_password2": CHOSEN}
    browser.post(link(), told)

    assert browser.get("/accueil/").status_code == 302  # nobody is logged in by a link
    paul_s = Client()
    paul_s.post("/connexion/", {"login": "paul@exemple.fr", "password": CHOSEN})
    assert "Bonjour Paul" in text(paul_s.get("/accueil/"))


def test_a_forgotten_password_is_chosen_again_from_the_log_in(site: Pages, page_of: Any) -> None:
    parent = site.parent()
    page = page_of(width=320, java_script_enabled=False)
    page.goto(site.address + "/connexion/")
    page.get_by_role("link", name="Mot de passe oublié").click()
    _is_well(page, "oubli")
    page.get_by_label("Courriel").fill(parent.email)
    page.get_by_role("button", name="Recevoir le lien").click()
    assert "Regardez vos courriels" in page.inner_text("main")
    assert "Carte de Vie Quotidienne" in mail.outbox[0].from_email
    assert "Il sert une fois" in mail.outbox[0].body

    page.goto(site.address + link())
    _is_well(page, "choisir")
    for label in ("Nouveau mot de passe", "Nouveau mot de passe (confirmation)"):
        page.get_by_label(label, exact=True).fill(CHOSEN)
    page.get_by_role("button", name="Choisir ce mot de passe").click()
    assert "Votre mot de passe est changé" in page.inner_text("main")
    _is_well(page, "change")

    page.goto(site.address + link())
    assert "Ce lien ne sert plus" in page.inner_text("main")
    known = {"login": parent.email, "password": PASSWORD}
    assert "Location" not in Client().post("/connexion/", known)
    told = {"login": parent.email, "password": CHOSEN}
    assert Client().post("/connexion/", told)["Location"] == "/accueil/"


def test_who_asks_for_a_stranger_s_password_learns_nothing(site: Pages) -> None:
    said = [
        text(Client().post("/compte/password/reset/", {"email": email}, follow=True))
        for email in (site.parent().email, "personne@exemple.fr")
    ]

    assert said[0] == said[1]
    assert [one.to for one in mail.outbox] == [[site.parent().email]]
