"""What somebody who never came must wait for: a first page with its styles, types and icons."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from pages import Pages

BYTES_MAX = 150_000
COLLECTED = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}


@pytest.fixture
def collected(settings: Any, tmp_path: Path) -> None:
    """Collect and compress what pages need, as `cvq web` does before it serves."""
    settings.STORAGES = COLLECTED
    settings.WHITENOISE_USE_FINDERS = False
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture
def site(collected: None, site: Pages) -> Pages:
    """Serve the pages with what was collected."""
    return site


@pytest.mark.parametrize("path", ["/", "/connexion/", "/accueil/"])
def test_a_first_view_of_the_portal_is_light(
    site: Pages, page_of: Callable[..., Any], path: str
) -> None:
    page = page_of(site.parent() if path == "/accueil/" else None, width=390)
    came = received(page)

    page.goto(site.address + path, wait_until="networkidle")

    assert {"Document", "Stylesheet", "Font"} <= {kind for kind, _, _ in came.values()}
    assert any("icons." in address for _, address, _ in came.values())
    assert sum(size for _, _, size in came.values()) <= BYTES_MAX, sorted(came.values())


def received(page: Any) -> dict[str, tuple[str, str, int]]:
    """Return what the browser gets, as it gets it: kind, address and bytes on the wire."""
    asked: dict[str, tuple[str, str]] = {}
    came: dict[str, tuple[str, str, int]] = {}
    session = page.context.new_cdp_session(page)

    def answered(told: Any) -> None:
        asked[told["requestId"]] = (told["type"], told["response"]["url"])

    def finished(told: Any) -> None:
        if told["requestId"] in asked:
            came[told["requestId"]] = (*asked[told["requestId"]], int(told["encodedDataLength"]))

    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")
    return came
