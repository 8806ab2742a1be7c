"""A tariff that several wrote is approved, read before it is published, and replaced in time."""

from django.test import Client

from cvq.access.models import User
from cvq.catalog.models import TariffDocument
from pages import Pages
from tariff_pages import (
    DECISION,
    DRAFT,
    POOL,
    agent,
    approved,
    changed,
    drafted,
    publication,
    seen,
)
from told import text


def test_what_a_publication_does_is_read_before_it_is_done(site: Pages) -> None:
    paul = approved(site)
    told = {"depuis": "2025-06-10", "decision": DECISION, "retroactive": ""}

    summary = text(paul.post(DRAFT + "publier/", told))

    assert "Rien n'est encore publié." in summary
    assert f"À partir du 10 juin 2025 Délibération {DECISION}" in summary
    assert "4,50 € devient 5,00 €" in summary
    assert TariffDocument.objects.get().state == "APPROVED"
    past = told | {"depuis": "2025-06-02", "retroactive": "Délibération du 28 mai 2025"}
    assert "Ce qui est déjà débité garde son prix" in text(paul.post(DRAFT + "publier/", past))


def test_a_price_that_has_not_begun_is_replaced_for_its_day_or_given_up(site: Pages) -> None:
    paul = approved(site)
    told = {"depuis": "2025-06-10", "decision": DECISION}
    publication(paul, told)
    nadia = Client()
    nadia.force_login(User.objects.get(email="nadia@exemple.fr"))
    second = POOL + "2/"
    nadia.post(POOL)
    cell = {"lu": seen(nadia, second), "case:pool_entry_price.0.2.2": "4,80"}
    nadia.post(second + "tables/", cell)
    paul.post(second + "approuver/", {"lu": seen(paul, second)})

    summary = text(paul.post(second + "publier/", told))
    assert "sa version 1, publiée pour ce même jour, ne commencera pas" in summary
    publication(paul, told, second)

    first = text(paul.get(DRAFT))
    assert "remplacé avant d'avoir commencé" in first
    assert "paul@exemple.fr y a renoncé le 3 juin 2025" in first
    assert "Renoncer à ce tarif" not in first
    assert paul.post(second + "renoncer/", {"raison": ""}).status_code == 422
    page = text(paul.post(second + "renoncer/", {"raison": "Le vote est reporté."}, follow=True))
    assert "Ce tarif ne commencera pas : les prix d'avant restent." in page
    assert "abandonné avant d'avoir commencé" in page
    assert "Le vote est reporté." in page
    assert "change le" not in text(paul.get("/guichet/tarifs/"))


def test_nobody_who_wrote_a_part_sees_the_button_and_one_may_answer_for_it_all(
    site: Pages,
) -> None:
    nadia = drafted(site)
    changed(nadia, **{"2.2": "5,00"})
    paul = site.client(agent(site, "paul@exemple.fr"))
    changed(paul, **{"2.2": "5,10"})
    changed(nadia, **{"2.2": "5,20"})

    for client in (nadia, paul):
        page = text(client.get(DRAFT))
        assert "nadia@exemple.fr, paul@exemple.fr ont écrit ce tarif" in page
        assert "Demandez-le à une autre personne" in page
        assert "Approuver ce tarif" not in page
    page = text(nadia.post(DRAFT + "reprendre/", {"lu": seen(nadia)}, follow=True))

    assert "nadia@exemple.fr répond de tout le texte ; y avaient aussi écrit : paul" in page
    paul.post(DRAFT + "approuver/", {"lu": seen(paul)})
    assert TariffDocument.objects.get().state == "APPROVED"
    assert nadia.post(DRAFT + "reprendre/", {"lu": "x"}).status_code == 422
