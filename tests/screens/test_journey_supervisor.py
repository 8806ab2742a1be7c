"""Who watches the machines: they log in, see a box go quiet, look at it, and see it speak again."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from cvq.catalog.models import Device
from cvq.kernel.local import at_ms
from cvq.plumbing.connections import underneath
from cvq.taps.contact import hear
from cvq.taps.models import TapEvent
from databases import Database
from pages import PASSWORD, Pages
from screens.test_board_live import Live

QUIET = "Déchèterie"


@pytest.fixture
def live(site: Pages, database: Database, settings: Any) -> Iterator[Live]:
    """Return the board of a town in which every box was just heard, told of each tap."""
    settings.AGENTS_SECOND_FACTOR = "optional"  # their telephone has its own tests
    points = site.town.points.values()
    numbers = {point.guards.get().device_id for point in points}
    hear(underneath(), dict.fromkeys(numbers, at_ms(site.town.at("08:39"))))
    started = Live(site, database.app_dsn)
    started.seal()
    settings.LIVE_URL = f"http://127.0.0.1:{started.port}"
    yield started
    started.close()


def goes_quiet(site: Pages, since: str = "08:01") -> Device:
    """Let a box be silent since an hour."""
    box = Device.objects.get(points=site.town.points[QUIET])
    with connection.cursor() as cursor:
        told = [site.town.at(since), box.pk]
        cursor.execute("UPDATE taps_contact SET at = %s WHERE device = %s", told)
    return box


def ask_again(page: Any) -> None:
    """Let the board ask how the machines are, as it does by itself every half minute."""
    with page.expect_response(lambda reply: "/supervision/etat/" in reply.url):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function("!document.querySelector('[aria-busy=true]')")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_supervisor_logs_in_sees_a_box_go_quiet_looks_at_it_and_comes_back(
    site: Pages, live: Live, page_of: Any, host: str
) -> None:
    before = TapEvent.objects.count()
    page = page_of(width=1440)
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(f"http://{host}:{urlsplit(site.address).port}/connexion/")
    page.get_by_label("Courriel").fill("supervision@exemple.fr")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    with page.expect_response(lambda reply: f"//{host}:{live.port}/" in reply.url) as stream:
        page.get_by_role("button", name="Se connecter").click()

    assert stream.value.status == 200
    assert "Rien : chaque appareil parle et est cru." in page.inner_text("#faire")
    box = goes_quiet(site)
    ask_again(page)
    page.get_by_role("link", name=f"Rétablir : {box.name}").wait_for()
    assert "muet depuis 8\u00a0h\u00a001" in page.inner_text("#faire")
    assert "1 sur 10" in page.inner_text("#chiffres")

    page.get_by_role("link", name=f"Rétablir : {box.name}").click()
    page.wait_for_url("**/supervision/appareil/*/")
    assert box.name in page.inner_text("h1")
    assert "Il décide seul et garde son journal." in page.inner_text("main")
    hear(underneath(), {box.pk: at_ms(site.town.at("08:40"))})
    with page.expect_response(lambda reply: f"//{host}:{live.port}/" in reply.url):
        page.get_by_role("link", name="Direct").first.click()

    page.get_by_text("Rien : chaque appareil parle et est cru.").wait_for()
    site.town.tap("012-00009", where="Mairie", at="08:39:59")
    live.seal()
    page.wait_for_selector("#flux li.neuf")
    for name in ("Petit", "Blanc", "Anne", "012-00009", "€"):
        assert name not in page.inner_text("body")
    assert errors == []
    assert TapEvent.objects.count() == before + 1
    assert site.town.wallet("Blanc") == "8,00 €"
