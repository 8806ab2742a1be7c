"""What was kept in French, on pages that are read in English."""

from typing import Any

from counters import agent_of_all, file_of, opened
from cvq.billing.models import Charge
from pages import Pages
from told import text

SENTENCE = "Entrée piscine, plein tarif\u00a0: 4,50\u00a0€"
TYPED = "Contrôle de la régie"


def in_english(client: Any) -> Any:
    client.post("/langue/", {"language": "en", "next": "/"})
    return client


def test_the_sentence_of_a_price_is_marked_as_french_on_an_english_page(site: Pages) -> None:
    entry = Charge.objects.filter(service__name="GâtinéO").order_by("-entry_id")[0].pk
    client = site.client(site.parent())
    pages = ("/releve/", f"/operation/{entry}/")

    french = [client.get(path).content.decode() for path in pages]
    english = [in_english(client).get(path).content.decode() for path in pages]

    assert all(SENTENCE in page for page in (*french, *english))
    assert all('lang="fr">Entrée' not in page for page in french)
    assert all(f'<span lang="fr">{SENTENCE}</span>' in page for page in english)
    assert '<span lang="fr">plein tarif</span>' in english[1]
    assert '">internet · receipt no. ' in english[0]


def test_why_a_file_was_opened_is_read_in_english_unless_it_was_typed(site: Pages) -> None:
    agent = agent_of_all(site)
    desk = in_english(opened(site, agent))
    desk.post(file_of(site) + "ouvrir/", {"autre": TYPED})
    parent = site.client(site.parent())
    assert "La personne est au guichet" in text(parent.get("/vous/"))

    pages = [
        in_english(parent).get("/vous/").content.decode(),
        desk.get(file_of(site)).content.decode(),
    ]

    for page in pages:
        assert "The person is at the desk" in page
        assert "La personne est" not in page
        assert f'<span lang="fr">{TYPED}</span>' in page
