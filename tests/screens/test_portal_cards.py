"""The cards of a family on the portal: where each was last used, and one that is lost."""

from cvq.cards import services as cards
from cvq.cards.models import Medium
from cvq.people.models import HouseholdMember
from cvq.rules.vocabulary import Reason, Verdict
from pages import Pages
from told import text


def test_a_lost_card_is_blocked_at_once_and_may_come_back_for_a_week(site: Pages) -> None:
    client = site.client(site.parent())

    news = client.post("/cartes/012-00002/bloquer/", follow=True)

    assert "Carte bloquée à 8 h 4" in text(news)
    answer = site.town.tap("012-00002", where="Cantine", at="12:05")
    assert (answer.said, answer.why) == (Verdict.NOTED, Reason.MEDIUM_BLOCKED)

    client.post("/cartes/012-00002/debloquer/")
    assert client.get("/cartes/").content.count(b"en service") == 3


def test_a_card_declared_lost_at_the_desk_never_comes_back(site: Pages) -> None:
    medium = Medium.objects.get(number="012-00002")
    cards.declare_lost(medium=medium, at=site.town.at("08:00"))

    answer = site.client(site.parent()).post("/cartes/012-00002/debloquer/")

    assert answer.status_code == 404


def test_a_card_says_where_it_was_last_used_to_its_holder_and_to_parents(site: Pages) -> None:
    town, anne = site.town, site.client(site.parent())
    town.tap("012-00001", where="Mairie", at="08:30")
    marc = town.child("Petit", "Marc", card="012-00004")
    HouseholdMember.objects.filter(person=marc).update(role="ADULT")
    town.tap("012-00004", where="GâtinéO", at="08:31")

    page = text(anne.get("/cartes/"))

    assert "Dernière utilisation : mardi 3 juin, 8 h 30, Mairie, refusée." in page
    assert "Dernière utilisation : mardi 3 juin, 7 h 45, Garderie." in page
    assert "Dernière utilisation : mardi 3 juin, 7 h 46, Garderie." in page
    assert "Où elle a servi : Marc le lit dans son compte." in page
    assert "8 h 31" not in page
    theirs = text(site.client(site.user("marc@exemple.fr", marc)).get("/cartes/"))
    assert "Dernière utilisation : mardi 3 juin, 8 h 31, GâtinéO." in theirs
    assert "Où elle a servi : Anne le lit dans son compte." in theirs
    assert "8 h 30" not in theirs


def test_a_card_that_served_nobody_for_a_month_says_so(site: Pages) -> None:
    page = text(site.client(site.parent("Blanc")).get("/cartes/"))

    assert "Aucune utilisation depuis 31 jours." in page
