"""An agent needs more than a password; a resident may have more."""

import base64
import hmac
import os
import re
import struct
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from counters import agent_of_all, file_of
from cvq.access.models import Role, Trace, User
from cvq.access.second_factor import forget
from cvq.board.watching import may_watch
from cvq.config.commands.bench import benches
from pages import PASSWORD, Pages
from seen import is_as_wide_as_the_screen, objections
from told import text
from town import TODAY

NOW = 1_750_000_000  # seconds, as the codes of telephones count them
WHY = "Avant d'ouvrir un dossier, protégez votre compte"
ACTIVATION = "/compte/2fa/totp/activate/"
PROTECTING = {
    "facteurs": "/compte/2fa/",
    "application": ACTIVATION,
    "cle": "/compte/2fa/webauthn/add/",
    "cles": "/compte/2fa/webauthn/",
    "passe": "/compte/password/change/",
    "sortir": "/compte/logout/",
}
ONCE_PROTECTED = {
    "facteurs": "/compte/2fa/",
    "retirer": "/compte/2fa/totp/deactivate/",
    "codes": "/compte/2fa/recovery-codes/",
    "refaire": "/compte/2fa/recovery-codes/generate/",
    "cle": "/compte/2fa/webauthn/add/",
}


@pytest.fixture(autouse=True)
def _agents_need_one(settings: Any) -> None:
    settings.AGENTS_SECOND_FACTOR = "required"


@pytest.fixture(autouse=True)
def _no_half_minute_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    # A code is of a half-minute, which may end between the telephone and the answer of the page.
    stands_still = SimpleNamespace(time=lambda: NOW)
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", stands_still)


def code(secret: str, steps: int = 0) -> str:
    """Return what a telephone shows for a secret. Réf. RFC 6238, section 4."""
    counter = struct.pack(">Q", NOW // 30 + steps)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    place = digest[-1] & 15
    shown = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return f"{shown % 1_000_000:06}"


def logged_in(user: User) -> Client:
    """Return a browser in which somebody has just logged in by the form."""
    client = Client()
    client.post("/connexion/", {"login": user.email, "password": PASSWORD})
    return client


def protected(user: User) -> tuple[Client, str]:
    """Return a browser in which somebody has a second factor, and its secret."""
    client = logged_in(user)
    page = client.get(ACTIVATION).content.decode()
    found = re.search(r'id="cle">([A-Z2-7]+)<', page)
    assert found is not None
    client.post(ACTIVATION, {"code": code(found[1])})
    return client, found[1]


def test_an_agent_with_a_password_alone_is_shown_nothing(site: Pages) -> None:
    agent = agent_of_all(site)
    site.assign(agent, Role.SUPERVISION)
    site.assign(agent, Role.TARIFFS)
    client = logged_in(agent)
    pages = (
        *("/guichet/?q=petit", file_of(site), "/supervision/", "/supervision/appareil/1/"),
        *("/guichet/tarifs/", "/guichet/tarifs/GâtinéO/", "/guichet/tarifs/GâtinéO/1/"),
    )

    for path in pages:
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, ACTIVATION), path
    opening = client.post(file_of(site) + "ouvrir/", {"raison": "guichet"})
    assert opening["Location"] == ACTIVATION
    assert Trace.objects.count() == 0
    assert WHY in text(client.get(ACTIVATION))


def test_a_password_alone_gains_nothing_from_what_another_browser_proved(site: Pages) -> None:
    agent = agent_of_all(site)
    site.assign(agent, Role.SUPERVISION)
    before = logged_in(agent)
    between = before.cookies["sessionid"].value

    proved, _ = protected(agent)

    assert before.get("/guichet/")["Location"].startswith("/connexion/")
    assert not may_watch(between, TODAY)
    assert may_watch(proved.cookies["sessionid"].value, TODAY)
    assert proved.get("/guichet/").status_code == 200
    assert proved.get("/supervision/etat/").status_code == 200


def test_who_has_a_second_factor_gives_it_in_each_session(site: Pages) -> None:
    agent = agent_of_all(site)
    site.assign(agent, Role.SUPERVISION)
    _, secret = protected(agent)
    alone = site.client(agent)  # a session that gave a password at most
    pages = ("/guichet/?q=petit", file_of(site), "/supervision/", "/supervision/etat/")

    for path in pages:
        assert alone.get(path)["Location"].startswith("/compte/2fa/reauthenticate/?next="), path
    opening = alone.post(file_of(site) + "ouvrir/", {"raison": "guichet"})
    assert opening["Location"] == "/compte/2fa/reauthenticate/?next=%2Fguichet%2F"
    assert not may_watch(alone.cookies["sessionid"].value, TODAY)
    assert Trace.objects.count() == 0

    back = alone.get("/guichet/")["Location"]
    assert "Donnez aussi votre code" in text(alone.get(back))
    assert alone.post(back, {"code": code(secret)})["Location"] == "/guichet/"
    assert alone.get("/guichet/").status_code == 200
    assert may_watch(alone.cookies["sessionid"].value, TODAY)


def test_who_watches_for_a_measure_gives_it_too(site: Pages) -> None:
    benches()  # puts the sources of the measures within reach
    from bench.sse import session

    assert may_watch(session(), TODAY)


def test_codes_of_a_lost_telephone_are_no_second_factor(site: Pages) -> None:
    agent = agent_of_all(site)
    Authenticator.objects.create(user=agent, type=Authenticator.Type.RECOVERY_CODES, data={})

    assert site.client(agent).get("/guichet/")["Location"] == ACTIVATION


def test_a_resident_chooses(site: Pages) -> None:
    client = logged_in(site.parent())

    assert client.get("/accueil/").status_code == 200
    assert client.get("/guichet/").status_code == 404


def test_a_territory_may_leave_the_choice_to_its_agents(site: Pages, settings: Any) -> None:
    settings.AGENTS_SECOND_FACTOR = "optional"

    assert site.client(agent_of_all(site)).get("/guichet/").status_code == 200


def test_an_agent_logs_in_with_a_code_and_sees_the_desk(site: Pages, page_of: Any) -> None:
    agent = agent_of_all(site)
    page = page_of(width=390, java_script_enabled=False)
    _log_in(site, page, agent)

    page.wait_for_url(f"**{ACTIVATION}")
    assert WHY in page.inner_text("body").replace("\u00a0", " ")
    secret = page.locator("#cle").inner_text()
    assert page.locator(".qr svg path").count() == 1
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Activer").click()
    assert "Ce code n'est pas le bon" in page.inner_text("main")
    assert page.locator("#cle").inner_text() == secret
    page.get_by_role("textbox", name="Code").fill(code(secret))
    page.get_by_role("button", name="Activer").click()
    page.wait_for_url("**/recovery-codes/")
    assert page.locator(".codes li").count() == 10
    page.get_by_role("link", name="Continuer").click()
    page.wait_for_url("**/guichet/")

    page.get_by_role("button", name="Quitter").click()
    _log_in(site, page, agent)
    page.wait_for_url("**/compte/2fa/authenticate/")
    page.goto(site.address + "/guichet/")
    assert page.url == site.address + "/compte/2fa/authenticate/"  # half a log-in is none
    page.get_by_role("textbox", name="Code").fill("123456")
    page.get_by_role("button", name="Se connecter").click()
    assert "Ce code n'est pas le bon" in page.inner_text("main")
    page.get_by_role("textbox", name="Code").fill(code(secret))
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url("**/guichet/")


def _log_in(site: Pages, page: Any, user: User) -> None:
    page.goto(site.address + "/connexion/")
    page.get_by_label("Courriel").fill(user.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.keyboard.press("Enter")


def test_a_code_serves_once_and_guessing_is_stopped(site: Pages) -> None:
    agent = agent_of_all(site)
    _, secret = protected(agent)
    current = code(secret)
    assert _answers(agent, current)["Location"] == "/guichet/"

    assert "Ce code n'est pas le bon" in text(_answers(agent, current))
    said = [text(_answers(agent, f"{guess:06}")) for guess in range(6)]

    assert "Trop" in said[-1]
    assert "Trop" in text(_answers(agent, code(secret, 1)))  # the right one too, for a while


def _answers(agent: User, told: str) -> Any:
    client = logged_in(agent)
    return client.post("/compte/2fa/authenticate/", {"code": told})


def test_who_lost_their_telephone_is_asked_for_another(site: Pages) -> None:
    agent = agent_of_all(site)
    client, _ = protected(agent)
    assert client.get("/guichet/").status_code == 200

    assert forget(agent)

    assert client.get("/guichet/")["Location"] == ACTIVATION
    assert not forget(agent)


def test_the_database_does_not_hold_what_the_telephone_shares(site: Pages) -> None:
    _, secret = protected(agent_of_all(site))

    kept = Authenticator.objects.get(type=Authenticator.Type.TOTP).data["secret"]

    assert secret not in kept
    assert len(kept) > 100


def test_the_second_factor_asks_the_database_one_question_more(site: Pages) -> None:
    client, _ = protected(agent_of_all(site))
    client.post(file_of(site) + "ouvrir/", {"raison": "guichet"})
    for path in ("/guichet/?q=petit", file_of(site)):
        client.get(path)

        with CaptureQueriesContext(connection) as asked:
            answer = client.get(path)

        assert answer.status_code == 200
        assert len(asked) <= 12, [one["sql"][:90] for one in asked.captured_queries]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_nothing_that_protects_an_account_shuts_anybody_out(
    site: Pages, page_of: Any, theme: str, width: int
) -> None:
    page = page_of(width=width, color_scheme=theme)
    errors: list[str] = []
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    _log_in(site, page, agent_of_all(site))
    page.wait_for_url(f"**{ACTIVATION}")
    for name, path in PROTECTING.items():
        _is_well(page, site.address + path, name)
    page.goto(site.address + ACTIVATION)
    page.get_by_role("textbox", name="Code").fill(code(page.locator("#cle").inner_text()))
    page.get_by_role("button", name="Activer").click()
    for name, path in ONCE_PROTECTED.items():
        _is_well(page, site.address + path, name)
    assert errors == []


@pytest.mark.parametrize("width", [1280, 320])
def test_a_second_proof_is_asked_on_a_page_that_shuts_nobody_out(
    site: Pages, page_of: Any, width: int
) -> None:
    agent = agent_of_all(site)
    client, _ = protected(agent)
    page = page_of(agent, width=width)  # a session that never proved anything lately
    for path in (ACTIVATION, "/compte/reauthenticate/", "/compte/2fa/reauthenticate/"):
        _is_well(page, site.address + path, "confirmer")
    assert client.get("/compte/2fa/reauthenticate/").status_code == 200
    other = page_of(width=width)
    _log_in(site, other, agent)
    other.wait_for_url("**/compte/2fa/authenticate/")
    _is_well(other, other.url, "second")


def _is_well(page: Any, address: str, name: str) -> None:
    page.goto(address)
    if folder := os.environ.get("CVQ_SHOTS"):
        page.screenshot(path=f"{folder}/{name}-{page.viewport_size['width']}.png", full_page=True)

    assert objections(page) == [], address
    assert is_as_wide_as_the_screen(page), address


def test_what_protects_an_account_is_said_in_english_too(site: Pages) -> None:
    client, _ = protected(agent_of_all(site))
    client.post("/langue/", {"language": "en"})

    pages = {path: text(client.get(path)) for path in ONCE_PROTECTED.values()}

    assert "Your phone" not in pages["/compte/2fa/"]  # it is in use
    assert "In use. You may remove it." in pages["/compte/2fa/"]
    assert "You have 10 left." in pages["/compte/2fa/recovery-codes/"]
    french = ("Votre", "votre", "Codes de", "Retirer", "Renoncer", "Nom de")
    for path, page in pages.items():
        assert not [word for word in french if word in page], path


def test_who_somebody_is_and_at_what_address_is_for_the_counter(site: Pages) -> None:
    client = site.client(site.parent())

    for page in ("email", "signup", "login", "confirm-email", "password/set", "login/code/confirm"):
        assert client.get(f"/compte/{page}/").status_code == 404, page
        assert client.post(f"/compte/{page}/", {"email": "x@exemple.fr"}).status_code == 404, page
