"""An agent at the desk: who it is about, why the file is opened, and what it then shows."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from counters import agent_of_all, file_of, opened
from cvq.access.models import Assignment, Kind, Role, Trace
from cvq.access.services import OPEN_MINUTES
from cvq.bocage.templatetags.bocage import telephone
from cvq.catalog.models import Authority, Service
from cvq.childcare.models import Attendance
from cvq.people.models import HouseholdMember, Person, Quotient
from cvq.rights.models import ProductKind
from cvq.rules.vocabulary import Sector
from pages import Pages
from told import text

MINUS = "\u2212"


# -- D1 ------------------------------------------------------------------------------------------
def test_one_box_finds_a_family_by_the_name_of_a_child_and_by_the_commune(site: Pages) -> None:
    client = site.client(agent_of_all(site))

    for asked in ("petit", "PÉTIT", "petit lou", "léo petit", "petit parthenay"):
        page = text(client.get("/guichet/", {"q": asked}))

        assert "Famille Petit Parthenay Anne · enfants : Léo, Lou 15,50 €" in page, asked
        assert "Famille Blanc" not in page, asked
    for asked in ("petit niort", "petit zoé", "etit"):
        assert "Rien ne répond" in text(client.get("/guichet/", {"q": asked})), asked


def test_a_family_is_found_by_its_name_and_the_first_name_of_a_parent_who_bears_another(
    site: Pages,
) -> None:
    marc = site.town.child("Petit", "Marc")
    Person.objects.filter(pk=marc.pk).update(birth_name="Durand", sans_accent="durand marc")
    HouseholdMember.objects.filter(person=marc).update(role="ADULT")
    site.town.child("Blanc", "Marceau")
    client = site.client(agent_of_all(site))

    def told(asked: str) -> str:
        return text(client.get("/guichet/", {"q": asked}))

    for asked in ("petit marc", "MARC Petit", "durand léo", "marc petit parthenay"):
        assert "Famille Petit Parthenay Marc, Anne" in told(asked), asked
        assert "Famille Blanc" not in told(asked), asked
    both = told("marc parthenay")
    assert "Famille Petit" in both
    assert "Famille Blanc" in both
    for asked in ("durand marceau", "petit marcel", "durand parthenay zoé"):
        assert "Rien ne répond" in told(asked), asked
    HouseholdMember.objects.filter(person=marc).update(valid_until=site.town.today)
    assert "Rien ne répond" in told("petit marc")


def test_a_search_that_shows_twenty_families_says_that_there_are_more(site: Pages) -> None:
    client = site.client(agent_of_all(site))
    for place in range(20):
        site.town.family("Martin", card=f"013-{place:05}")
        for first_name in ("Ana", "Bob", "Cléo"):
            site.town.child("Martin", first_name)

    def told(asked: str) -> str:
        return text(client.get("/guichet/", {"q": asked}))

    assert told("martin").count("Famille Martin") == 20
    assert "Les 20 premières" not in told("martin")
    assert "Les 10 premières : écrivez la suite du numéro." in told("013-")
    assert "Les 10 premières" not in told("013-0000")
    site.town.family("Martin")

    page = told("martin")

    assert page.count("Famille Martin") == 20
    assert "Les 20 premières : ajoutez un prénom ou la commune." in page


def test_one_box_finds_a_family_by_a_first_name_alone_and_by_a_telephone(site: Pages) -> None:
    Person.objects.filter(first_name="Anne", birth_name="Petit").update(mobile="06 39 98 12 34")
    client = site.client(agent_of_all(site))

    for asked in ("lou", "LÉO", "0639981234", "06 39 98", "+33 6 39 98 12 34", "06.39.98.12.34"):
        page = text(client.get("/guichet/", {"q": asked}))

        assert "Famille Petit Parthenay Anne" in page, asked
        assert "Famille Blanc" not in page, asked
    for asked in ("06 39 9", "0639981235", "33 6 39 98 12 35", "ou"):
        assert "Rien ne répond" in text(client.get("/guichet/", {"q": asked})), asked


def test_one_box_finds_a_card_a_receipt_and_a_place(site: Pages) -> None:
    client = site.client(agent_of_all(site))

    assert "012-00002 Parthenay Léo, famille Petit" in text(
        client.get("/guichet/", {"q": "012-00002"})
    )
    paid = text(client.get("/guichet/", {"q": "2025-000002"}))
    assert "Reçus 2025-000002 Régie lundi 12 mai · famille Petit 120,00 €" in paid
    assert "Lieux Site Parthenay Cantine : toujours ouvert" in text(
        client.get("/guichet/", {"q": "site"})
    )


@pytest.mark.parametrize(
    "asked", ["'; DROP TABLE x", "%", "_", "\x00", "petit\x00", "<script>", "x" * 500, "9" * 80]
)
def test_whatever_is_typed_in_the_box_is_answered(site: Pages, asked: str) -> None:
    answer = site.client(agent_of_all(site)).get("/guichet/", {"q": asked})

    assert answer.status_code == 200
    assert b"<script>" not in answer.content


def test_the_desk_does_not_exist_for_who_has_no_counter(site: Pages) -> None:
    gone = site.user("parti@exemple.fr")
    Assignment.objects.create(
        user=gone,
        role=Role.COUNTER,
        authority=Authority.objects.get(name="CC"),
        valid_from=date(2024, 1, 1),
        valid_until=site.town.today,
    )

    for user in (site.parent(), site.agent("live@exemple.fr", Role.SUPERVISION), gone):
        client = site.client(user)
        answers = [
            client.get("/guichet/", {"q": "petit"}),
            client.get(file_of(site)),
            client.post(file_of(site) + "ouvrir/", {"raison": "guichet"}),
            client.get(file_of(site) + "carte/012-00002/"),
            client.post(file_of(site) + "carte/012-00002/bloquer/"),
            client.get(file_of(site) + "carte/nouvelle/"),
        ]

        assert [answer.status_code for answer in answers] == [404] * 6, user
        assert not any("Petit" in text(answer) for answer in answers)
        traced = Trace.objects.filter(user=user, kind=Kind.FAMILY)
        assert [one.granted for one in traced] == [False] * 5
    assert Trace.objects.filter(granted=True).count() == 0


def test_a_guessed_family_does_not_exist_and_who_guessed_is_traced(site: Pages) -> None:
    agent = agent_of_all(site)
    guessed = uuid4()

    assert site.client(agent).get(f"/guichet/famille/{guessed}/").status_code == 404
    trace = Trace.objects.get(user=agent)
    assert (trace.asked, trace.household, trace.granted) == (str(guessed), None, False)


# -- D2 ------------------------------------------------------------------------------------------
def test_a_file_is_opened_with_a_reason_that_the_family_reads(site: Pages) -> None:
    client = site.client(agent_of_all(site))

    asked = client.get(file_of(site))
    assert "Pourquoi ouvrir le dossier Petit ?" in text(asked)
    assert "15,50" not in text(asked)
    assert Trace.objects.count() == 0

    shown = client.post(file_of(site) + "ouvrir/", {"raison": "telephone"}, follow=True)
    assert "15,50 € Couvert jusqu'au jeudi 5 juin" in text(shown)
    assert "Pourquoi" not in text(client.get(file_of(site)))  # not asked again

    read = text(site.client(site.parent()).get("/vous/"))
    assert "3 juin, 8 h 4" in read
    assert "nadia@exemple.fr La personne appelle" in read


@pytest.mark.parametrize("why", ["", "  ", "ok", "x" * 201])
def test_a_reason_that_says_nothing_opens_nothing(site: Pages, why: str) -> None:
    client = site.client(agent_of_all(site))

    answer = client.post(file_of(site) + "ouvrir/", {"autre": why})

    assert answer.status_code == 422
    assert "Une réponse à corriger" in text(answer)
    assert Trace.objects.count() == 0
    assert "Pourquoi" in text(client.get(file_of(site)))


def test_a_file_closes_after_half_an_hour_and_for_any_other_agent(site: Pages) -> None:
    agent, other = agent_of_all(site), agent_of_all(site, "karim@exemple.fr")
    Trace.objects.create(
        user=agent,
        at=site.town.at("08:40") - timedelta(minutes=OPEN_MINUTES, seconds=1),
        kind=Kind.FAMILY,
        asked="x",
        household=site.town.households["Petit"],
        reason="La personne est au guichet",
        granted=True,
    )
    client = site.client(agent)

    assert "Pourquoi" in text(client.get(file_of(site)))
    late = client.post(file_of(site) + "carte/012-00002/bloquer/", {"motif": "LOST"})
    assert late.status_code == 403
    assert "Rien n'a été changé" in text(late)

    client.post(file_of(site) + "ouvrir/", {"autre": "Erreur sur le relevé"})
    assert "Léo, 8 ans" in text(client.get(file_of(site)))
    assert "Pourquoi" in text(site.client(other).get(file_of(site)))
    assert client.get(file_of(site) + "carte/012-00002/").content.count(b"en service") == 2


def test_an_agent_reads_the_operations_of_their_services_and_one_total_of_the_others(
    site: Pages,
) -> None:
    Quotient.objects.create(
        household=site.town.households["Petit"],
        value=871,
        source="CAF",
        valid_from=date(2024, 9, 1),
    )
    of_the_pool = site.agent("piscine@exemple.fr")
    Assignment.objects.filter(user=of_the_pool).update(
        service=Service.objects.get(name="GâtinéO").pk
    )

    page = text(opened(site, of_the_pool).get(file_of(site), {"jours": "7"}))

    assert f"Entrée piscine, plein tarif : 4,50 € {MINUS}4,50 €" in page
    assert f"Autres services leur total : le détail est à leur guichet {MINUS}21,00 €" in page
    assert "Solde avant le 28 mai 41,00 €" in page  # 41,00 - 4,50 - 21,00 = 15,50
    for other in ("Cantine", "Repas", "Garderie", "Présences", "871", "Quotient"):
        assert other not in page, other
    assert "37,50 €" not in page  # no balance from which to work out what is hidden


def test_an_agent_of_every_service_reads_balances_that_add_up(site: Pages) -> None:
    page = text(opened(site, agent_of_all(site)).get(file_of(site), {"jours": "31"}))

    assert "Autres services" not in page
    assert f"Repas, plein tarif : 3,50 € Quotient jamais fourni {MINUS}3,50 € 15,50 €" in page
    assert "Rechargement internet · reçu n° 2025-000002 +120,00 € 120,00 €" in page
    assert "Solde avant le 4 mai 0,00 €" in page


def test_the_week_shows_who_was_seen_and_who_left_without_a_badge(site: Pages) -> None:
    leo = Person.objects.get(first_name="Léo")
    Attendance.objects.create(
        holder=site.town.holder("012-00002", Sector.SCHOOL),
        service=Service.objects.get(name="Garderie"),
        day=date(2025, 6, 2),
        at=site.town.at("2025-06-02 16:45"),
        direction="IN",
        source="TAP",
    )
    client = opened(site, agent_of_all(site))

    page = text(client.get(file_of(site)))

    assert "Léo, Garderie, soir à vérifier rien rien rien rien" in page
    assert "Léo, Cantine présence rien rien rien rien" in page
    assert f"{leo.first_name}, Garderie, soir : départ non badgé lundi 2 juin" in page
    before = text(client.get(file_of(site), {"semaine": "2025-05-28"}))
    assert "Présences, semaine du 26 mai" in before
    assert "Lou, Cantine présence présence rien présence présence" in before
    assert client.get(file_of(site), {"semaine": "9999-12-31"}).status_code == 200
    assert client.get(file_of(site), {"semaine": "demain"}).status_code == 200


def test_rights_are_those_of_the_services_of_the_agent(site: Pages) -> None:
    town = site.town
    carnet = town.product("Carnet de dix", ProductKind.CARNET, "GâtinéO", unit="ENTRY", amount=10)
    town.give("012-00001", carnet)
    agent = site.agent("biblio@exemple.fr")

    assert "Carnet de dix, Anne 10 restantes" in text(opened(site, agent).get(file_of(site)))

    Assignment.objects.filter(user=agent).update(service=Service.objects.get(name="Médiathèque").pk)
    assert "Carnet" not in text(site.client(agent).get(file_of(site)))


@pytest.mark.parametrize("path", ["", "?jours=92", "carte/012-00002/", "carte/nouvelle/"])
def test_a_page_of_a_file_asks_at_most_twelve_questions(site: Pages, path: str) -> None:
    agent = agent_of_all(site)
    agent.person = Person.objects.get(first_name="Anne", birth_name="Blanc")
    agent.save()
    client = opened(site, agent)
    client.get(file_of(site) + path)

    with CaptureQueriesContext(connection) as asked:
        client.get(file_of(site) + path)

    assert len(asked) <= 12, [one["sql"][:90] for one in asked.captured_queries]


@pytest.mark.parametrize(
    "words", ["", "petit parthenay", "petit léo parthenay", "012-0", "2025-000002", "site"]
)
def test_a_search_asks_at_most_twelve_questions(site: Pages, words: str) -> None:
    client = site.client(agent_of_all(site))
    client.get("/guichet/", {"q": words})

    with CaptureQueriesContext(connection) as asked:
        client.get("/guichet/", {"q": words})

    assert len(asked) <= 12, [one["sql"][:90] for one in asked.captured_queries]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("0639981234", "06\u00a039\u00a098\u00a012\u00a034"),
        ("06 39.98.12 34", "06\u00a039\u00a098\u00a012\u00a034"),
        ("+33 6 39 98 12 34", "+33 6 39 98 12 34"),
    ],
)
def test_a_telephone_number_is_read_by_two(given: str, told: str) -> None:
    assert telephone(given) == told
