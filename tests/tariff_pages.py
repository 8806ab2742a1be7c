"""The pages on which tariffs are written: Nadia writes that of the pool, Paul approves it."""

import re
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from cvq.access.models import Role, User
from cvq.catalog.models import Authority, Service
from pages import Pages

POOL = "/guichet/tarifs/GâtinéO/"
DRAFT = POOL + "1/"
NOON = datetime(2025, 6, 3, 10, 0, tzinfo=UTC)
DECISION = "Conseil municipal, délibération 2025-41 du 12 mai 2025"


def agent(site: Pages, email: str = "nadia@exemple.fr") -> User:
    return site.agent(email, Role.TARIFFS)


def at_the_town_hall(site: Pages) -> Client:
    """Return the browser of Nadia, who writes the tariffs of Parthenay."""
    town_hall = Authority.objects.get(name="Parthenay")
    return site.client(site.agent("nadia@exemple.fr", Role.TARIFFS, town_hall))


def seen(client: Client, path: str = DRAFT) -> str:
    found = re.search(r'name="lu" value="(\w+)"', client.get(path).content.decode())
    assert found is not None
    return found[1]


def drafted(site: Pages) -> Client:
    """Return the browser of Nadia, who began a version of the pool's tariff."""
    client = site.client(agent(site))
    assert client.post(POOL)["Location"].endswith("/1/")
    return client


def changed(client: Client, **cells: str) -> Any:
    told = {f"case:pool_entry_price.0.{place}": words for place, words in cells.items()}
    return client.post(DRAFT + "tables/", {"lu": seen(client), **told}, follow=True)


def approved(site: Pages) -> Client:
    """Return the browser of Paul, who approved what Nadia wrote."""
    nadia = drafted(site)
    changed(nadia, **{"2.2": "5,00"})
    paul = site.client(agent(site, "paul@exemple.fr"))
    paul.post(DRAFT + "approuver/", {"lu": seen(paul)})
    return paul


def lake(site: Pages) -> Service:
    """Open a second pool of the community."""
    pool = Service.objects.get(code="GâtinéO")
    return Service.objects.create(
        code="Plan d'eau", name="Plan d'eau", purpose=pool.purpose, authority=pool.authority
    )


def publication(client: Client, told: dict[str, str], path: str = DRAFT) -> Any:
    """Send the form of a publication, then what its summary asks to send."""
    summary = client.post(path + "publier/", told)
    html = summary.content.decode()
    if summary.status_code != 200 or 'name="confirme"' not in html:
        return summary
    hidden = re.findall(r'type="hidden" name="(confirme|remplace)" value="(\w+)"', html)
    return client.post(path + "publier/", told | dict(hidden), follow=True)
