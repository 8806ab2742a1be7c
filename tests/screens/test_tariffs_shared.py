"""A2: a tariff that several services share, on the pages of who writes it and of who reads it."""

from datetime import date

from django.db import connection
from django.test.utils import CaptureQueriesContext

from cvq.access.models import Assignment, Kind, Trace
from cvq.catalog.models import Service, Tariff, TariffDocument, TariffVersion
from halls import CASES, hall, voted, written
from pages import Pages
from tariff_pages import DECISION, DRAFT, agent, drafted, lake, publication, seen
from told import text


def test_a_tariff_is_written_approved_and_published_for_two_services_at_once(site: Pages) -> None:
    other = lake(site)
    nadia = drafted(site)
    page = text(nadia.get(DRAFT))
    assert "Ce tarif vaut aussi pour" in page
    assert "Cantine" not in page

    ticked = {"lu": seen(nadia), "service": other.pk}
    page = text(nadia.post(DRAFT + "services/", ticked, follow=True))
    assert "2 services : un texte, une approbation, une publication pour tous." in page
    assert "Ce qui change GâtinéO Rien ne change" in page  # nobody voted the lake's price before
    assert "brouillon · pour 2 services" in text(nadia.get("/guichet/tarifs/"))
    assert "Plan d'eau, version 1" in text(nadia.get("/guichet/tarifs/Plan d'eau/1/"))
    paul = site.client(agent(site, "paul@exemple.fr"))
    paul.post(DRAFT + "approuver/", {"lu": seen(paul)})
    told = {"depuis": "2025-06-10", "decision": DECISION}
    page = text(publication(paul, told))

    assert "GâtinéO , version 1 Plan d'eau , version 1" in page
    assert {one.service.code for one in Tariff.objects.filter(valid_from=date(2025, 6, 10))} == {
        "GâtinéO",
        "Plan d'eau",
    }
    assert "· pour 2 services" in text(paul.get("/guichet/tarifs/Plan d'eau/"))


def test_a_service_that_prepares_another_tariff_is_said_and_a_draft_can_be_thrown_away(
    site: Pages,
) -> None:
    other = lake(site)
    nadia = drafted(site)
    nadia.post("/guichet/tarifs/Plan d'eau/")
    assert "prépare déjà sa version 1" in text(nadia.get(DRAFT))

    ticked = {"lu": seen(nadia), "service": other.pk}
    refused = nadia.post(DRAFT + "services/", ticked)
    assert refused.status_code == 422
    assert "Plan d'eau prépare déjà un autre tarif, sa version 1." in text(refused)
    theirs = "/guichet/tarifs/Plan d'eau/1/"
    page = nadia.post(theirs + "jeter/", {"lu": seen(nadia, theirs)}, follow=True)
    assert "Brouillon jeté." in text(page)
    nadia.post(DRAFT + "services/", ticked)

    assert TariffDocument.objects.get().services.count() == 2
    moved = nadia.post(DRAFT + "jeter/", {"lu": "x"})
    assert (moved.status_code, TariffDocument.objects.count()) == (422, 1)


def test_who_prepares_one_of_two_services_reads_their_tariff_and_changes_nothing(
    site: Pages,
) -> None:
    nadia = drafted(site)
    nadia.post(DRAFT + "services/", {"lu": seen(nadia), "service": lake(site).pk})
    user = agent(site, "lac@exemple.fr")
    Assignment.objects.filter(user=user).update(service=Service.objects.get(code="Plan d'eau"))
    client = site.client(user)
    path = "/guichet/tarifs/Plan d'eau/1/"

    page = client.get(path)

    assert "Vous ne préparez pas les tarifs de tous ces services" in text(page)
    assert 'method="post" action="/guichet' not in page.content.decode()
    for gesture in ("tables", "texte", "services", "approuver", "jeter", "rouvrir", "publier"):
        assert client.post(f"{path}{gesture}/", {"lu": "x"}).status_code == 404, gesture
    assert Trace.objects.filter(user=user, kind=Kind.PAGE, granted=False).count() == 7
    assert client.get(DRAFT).status_code == 404
    other = Service.objects.get(code="Squash")
    nadia.post(DRAFT + "services/", {"lu": seen(nadia), "service": other.pk})
    assert TariffDocument.objects.get().services.count() == 1  # a court is no pool: it is no choice


def test_a_page_of_a_shared_tariff_asks_no_more_questions_for_more_services(site: Pages) -> None:
    pool = Service.objects.get(code="GâtinéO")
    nadia = drafted(site)
    counted = []
    for number in (1, 8):
        for _ in range(number):
            place = Service.objects.count()
            Service.objects.create(
                code=f"P{place}", name=f"Bassin {place}", purpose="POOL", authority=pool.authority
            )
        alike = Service.objects.filter(purpose="POOL").exclude(pk=pool.pk)
        ticked = {"lu": seen(nadia), "service": [one.pk for one in alike]}
        assert nadia.post(DRAFT + "services/", ticked).status_code == 302
        with CaptureQueriesContext(connection) as asked:
            nadia.get(DRAFT)
        counted.append(len(asked))

    assert counted[0] == counted[1] <= 16


def test_a_hall_is_not_offered_the_tariff_of_what_sells_something_else(site: Pages) -> None:
    first, second = hall(site.town), hall(site.town, "Petite salle")
    voted(second)
    tennis = hall(site.town, "Tennis")
    voted(tennis, (CASES / "magenta-tennis-51.yaml").read_text().replace("from: 2014-09-01\n", ""))
    written(first)
    client = site.client(agent(site))

    page = text(client.get(f"/guichet/tarifs/{first.code}/1/"))

    assert "Petite salle" in page
    assert "Tennis" not in page
    forged = {"lu": seen(client, f"/guichet/tarifs/{first.code}/1/"), "service": [tennis.pk]}
    client.post(f"/guichet/tarifs/{first.code}/1/services/", forged)
    assert [one.service_id for one in TariffVersion.objects.filter(is_prepared=True)] == [first.pk]
