"""« Calculer un prix »: the form of the tariff in force, and a price that nothing charges."""

import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cvq.access.models import Assignment, Kind, Role, Trace, User
from cvq.billing.models import Charge
from cvq.catalog.models import Authority, Service
from cvq.ledger.models import Entry
from halls import CASES, hall, voted
from pages import Pages
from seen import is_as_wide_as_the_screen, objections
from tariff_pages import agent
from told import text

LIST = "/guichet/prix/"
PAGE = "/guichet/prix/SALLE-POLYVALENTE/"
NEW = "/guichet/tarifs-au-guichet/nouveau/"
SAID = {
    "prix": "hire",
    "f0.residence": "outside",
    "f0.hirer": "private",
    "f0.kitchen": "yes",
    "f0.staff_hires.before": "0",
}
LOAN = """\
tariff: pret
inputs:
  residence: required
  member: {type: yes_no, missing: no}
  student: {type: yes_no, missing: unknown}
items:
  loan:
    title: Prêt
    grain: hire
    lines:
      - {label: Prêt, amount: "if(residence = commune, 1 €, 2 €)"}
      - {label: Adhérent, nature: discount, when: member, amount: 0.10}
      - {label: Étudiant, nature: discount, when: known(student) and student, amount: 0.20}
"""


@pytest.fixture
def open_hall(site: Pages) -> Service:
    """Let a hall of the community have its tariff."""
    service = hall(site.town)
    voted(service)
    return service


def test_an_agent_of_the_counter_reads_a_price_and_nothing_is_charged(
    site: Pages, open_hall: Service
) -> None:
    client = site.client(site.agent("guichet@exemple.fr"))
    before = (Charge.objects.count(), Entry.objects.count())
    assert "Salle polyvalente" in text(client.get(LIST))
    asked = text(client.get(PAGE))
    assert "Répondez, puis calculez" in asked
    assert "tarif en vigueur depuis le 3 juin 2025" in asked

    page = text(client.get(PAGE, SAID))

    assert "340,00 €" in page
    assert "Rien n'est débité. Ce prix est un calcul : il n'est ni facturé ni gardé." in page
    assert "Caution avec la cuisine 400,00 € caution, rendue ; en plus du prix" in page
    assert "À la réservation 170,00 €" in page
    assert "cuisine oui" in page
    assert (Charge.objects.count(), Entry.objects.count()) == before
    blank = text(client.get(PAGE, SAID | {"f0.kitchen": ""}))
    assert "Il manque une réponse" in blank
    assert "Rien n'est débité." in blank


def test_the_page_says_of_which_day_its_price_is_and_what_is_missing(
    site: Pages, open_hall: Service
) -> None:
    voted(open_hall, since=date(2026, 1, 1))
    client = site.client(site.agent("guichet@exemple.fr"))

    today = client.get(PAGE, SAID)
    ahead = text(client.get(PAGE, SAID | {"jour": "13/02/2026"}))
    blank = text(client.get(PAGE, SAID | {"f0.kitchen": "", "f0.residence": ""}))
    wrong = text(client.get(PAGE, SAID | {"f0.staff_hires.before": "une"}))

    assert "Un autre tarif commence le 1er janvier 2026" in text(today)
    assert 'id="jour" name="jour" type="date" value="2025-06-03"' in today.content.decode()
    assert "data-imprimer hidden" in today.content.decode()
    assert (
        "prix pour le 13 février 2026, par le tarif en vigueur depuis le 1er janvier 2026" in ahead
    )
    assert blank.count("Il manque cette réponse.") == 2
    assert "Une réponse à corriger" in wrong
    assert "Il manque une réponse" not in wrong


def test_unknown_is_offered_only_where_it_is_an_answer(site: Pages, open_hall: Service) -> None:
    loan = hall(site.town, "Prêt")
    voted(loan, LOAN)
    client = site.client(site.agent("guichet@exemple.fr"))

    html = client.get("/guichet/prix/PRET/").content.decode()
    blank = client.get("/guichet/prix/PRET/", {"f0.residence": "", "f0.member": ""})

    choices = {
        name: re.findall(
            r'<option value="(\w*)"( selected)?>([^<]+)', rest.partition("</select")[0]
        )
        for name, rest in re.findall(r'<select[^>]* name="f0.([\w:]+)"(.*)', html)
    }
    assert choices["residence"][0] == ("", " selected", "à choisir")
    assert [one[:2] for one in choices["member"]] == [("yes", ""), ("no", " selected")]
    assert choices["student"][-1] == ("", " selected", "inconnu")
    assert text(blank).count("Il manque cette réponse.") == 1
    assert 'value="no" selected' in blank.content.decode()


def test_a_refusal_and_a_free_price_are_said_in_words(site: Pages, open_hall: Service) -> None:
    tennis = hall(site.town, "Tennis")
    voted(tennis, (CASES / "magenta-tennis-51.yaml").read_text().replace("from: 2014-09-01\n", ""))
    client = site.client(site.agent("guichet@exemple.fr"))

    young = {"prix": "senior_hour", "f0.residence": "outside", "f0.age": "40"}
    refused = text(client.get("/guichet/prix/TENNIS/", young))
    assert "Pas de prix L'heure senior est réservée aux personnes de 65 ans et plus." in refused
    free = text(client.get(PAGE, SAID | {"f0.hirer": "local_association"}))
    assert "Location de la salle gratuit Rien n'est débité." in free


def test_a_service_is_added_its_tariff_written_and_its_price_worked_out(site: Pages) -> None:
    nadia = site.client(agent(site))
    assert "Ajouter un service au guichet" in text(nadia.get("/guichet/tarifs/"))

    wrong = nadia.post(NEW, {"nom": " "})
    assert (wrong.status_code, "Donnez son nom" in text(wrong)) == (422, True)
    page = text(nadia.post(NEW, {"nom": "Prêt de matériel"}, follow=True))

    assert "Service créé. Écrivez maintenant son tarif." in page
    service = Service.objects.get(code="PRET-DE-MATERIEL")
    assert (service.authority.name, service.purpose) == ("CC", None)
    listed = text(nadia.get("/guichet/tarifs/"))
    assert "Prêt de matériel" in listed.partition("Prix calculés au guichet")[2]
    begun = text(nadia.post("/guichet/tarifs/PRET-DE-MATERIEL/", follow=True))
    assert "Prêt de matériel, version 1" in begun
    assert "Aucun tarif n'est en vigueur." in text(nadia.get("/guichet/prix/PRET-DE-MATERIEL/"))
    again = nadia.post(NEW, {"nom": "prêt de matériel"})
    assert (again.status_code, "CC a déjà un service de ce nom." in text(again)) == (422, True)


def test_an_agent_of_one_service_founds_none_and_another_authority_is_not_theirs(
    site: Pages,
) -> None:
    user = agent(site)
    commune = Authority.objects.get(name="Parthenay")
    client = site.client(user)
    assert client.post(NEW, {"nom": "Salle", "de": str(commune.pk)}).status_code == 404
    site.assign(user, Role.TARIFFS, commune)
    assert "De quelle collectivité" in text(client.get(NEW))
    assert client.post(NEW, {"nom": "Salle", "de": str(commune.pk)}).status_code == 302

    Assignment.objects.filter(user=user).delete()
    site.assign(user, Role.TARIFFS)
    Assignment.objects.filter(user=user).update(service=Service.objects.get(code="Squash"))
    assert client.get(NEW).status_code == 404
    assert "Ajouter un service" not in text(client.get("/guichet/tarifs/"))
    assert Service.objects.filter(purpose=None).count() == 1


def test_prices_do_not_exist_for_who_does_not_work_there(site: Pages, open_hall: Service) -> None:
    elsewhere = site.agent(
        "ailleurs@exemple.fr", Role.COUNTER, Authority.objects.get(siren="217902022")
    )
    client = site.client(elsewhere)

    assert "Aucun prix ne se calcule ici." in text(client.get(LIST))
    assert client.get(PAGE).status_code == 404
    assert Trace.objects.filter(user=elsewhere, kind=Kind.PAGE, granted=False).count() == 1
    for user in (site.parent(), site.agent("toit@exemple.fr", Role.SUPERVISION)):
        assert [site.client(user).get(path).status_code for path in (LIST, PAGE)] == [404, 404]
    assert Client().get(PAGE).status_code == 302
    assert site.client(agent(site)).get(PAGE).status_code == 200
    pool = site.client(site.agent("guichet@exemple.fr")).get("/guichet/prix/GâtinéO/")
    assert pool.status_code == 404  # a turnstile sells its entries


def test_a_file_of_a_family_still_opens_for_who_works_at_a_hall(
    site: Pages, open_hall: Service
) -> None:
    client = site.client(site.agent("guichet@exemple.fr"))
    uid = site.town.households["Petit"].uid

    opened = client.post(f"/guichet/famille/{uid}/ouvrir/", {"raison": "guichet"}, follow=True)

    assert opened.status_code == 200
    assert "Petit" in text(opened)


def test_the_pages_are_read_in_english_and_the_tariff_stays_french(
    site: Pages, open_hall: Service
) -> None:
    client = site.client(site.agent("guichet@exemple.fr"))
    client.post("/langue/", {"language": "en", "next": "/"})

    page = text(client.get(PAGE, SAID))

    assert "Nothing is debited." in page
    assert "Caution avec la cuisine" in page
    assert "Which price to work out?" in text(client.get(LIST))


def test_a_script_in_an_answer_is_words(site: Pages, open_hall: Service) -> None:
    client = site.client(site.agent("guichet@exemple.fr"))

    told = SAID | {"f0.staff_hires.before": "<script>alert(1)</script>\x00", "prix": "<script>"}

    assert "<script>alert" not in client.get(PAGE, told).content.decode()


@pytest.mark.parametrize("path", [LIST, PAGE, f"{PAGE}?f0.residence=commune&f0.kitchen=no"])
def test_a_page_of_prices_asks_at_most_eight_questions(
    site: Pages, open_hall: Service, path: str
) -> None:
    client = site.client(site.agent("guichet@exemple.fr"))
    client.get(path)

    with CaptureQueriesContext(connection) as asked:
        client.get(path)

    assert len(asked) <= 8, [one["sql"][:90] for one in asked.captured_queries]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 320])
def test_no_page_of_prices_shuts_anybody_out(
    site: Pages, open_hall: Service, page_of: Any, theme: str, width: int
) -> None:
    user = site.agent("guichet@exemple.fr")
    site.assign(user, Role.TARIFFS)
    page = page_of(User.objects.get(email=user.email), width=width, color_scheme=theme)
    answered = "&".join(f"{name}={value}" for name, value in SAID.items())
    missing = answered.replace("kitchen=yes", "kitchen=")

    for path in (LIST, PAGE, f"{PAGE}?{answered}", f"{PAGE}?{missing}", NEW):
        page.goto(site.address + path)
        assert objections(page) == [], path
        assert is_as_wide_as_the_screen(page), path


def test_the_keyboard_alone_works_a_price_out_without_a_script(
    site: Pages, open_hall: Service, page_of: Any
) -> None:
    page = page_of(site.agent("guichet@exemple.fr"), java_script_enabled=False)
    page.goto(site.address + PAGE)

    page.get_by_label("Lieu d'habitation").select_option("commune")
    page.get_by_label("Cuisine").select_option("no")
    page.get_by_label("Cuisine").press("Enter")
    page.get_by_role("button", name="Calculer").press("Enter")
    page.wait_for_selector("text=120,00")

    page.emulate_media(media="print")
    assert not page.get_by_role("button", name="Calculer").is_visible()
    assert page.get_by_text("Rien n'est débité.").is_visible()
