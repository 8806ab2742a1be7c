"""
The pages of a family and of the desk, with the full territory loaded and three weeks lived.

The peer is a logged-in page of the same site, with the same middleware and an empty template: what
Django itself costs here.  Both are asked in this process.  The box of the desk has a limit of its
own, in milliseconds: somebody stands at the counter.
"""

import contextlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import psycopg
from django.test import Client
from msgspec import Struct

from bench.claim import Claim, at_most, in_turns, median_of
from bench.ground import disk
from cvq.config import clock, home, runtime
from cvq.kernel.local import at_ms

SIREN = "200041333"
LIVED = date(2025, 5, 12), date(2025, 6, 3)
ISSUED = datetime(2025, 4, 1, tzinfo=UTC)
NOW = datetime(2025, 6, 3, 6, 40, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Paris")
SCALE = float(os.environ.get("CVQ_BENCH_SCALE", "1"))
PAGES_A_ROUND = 40
EMPTY_A_ROUND = 400  # the system counts a processor by hundredths of a second
TIMES_MAX = 8
SEARCHES_EACH = 9
SEARCH_MS_MAX = 50
PASSWORD = "haie-verger-chemin"


class Asked(Struct, frozen=True):
    """The pages that are measured, the empty one, and what is typed in the box of the desk."""

    pages: dict[str, Callable[[], int]]
    empty: Callable[[], int]
    searches: dict[str, Callable[[], int]]


def run() -> list[Claim]:
    """Measure each page against the empty one, in turns, and each search."""
    with _territory() as asked:
        claims = [_claim(name, page, asked.empty) for name, page in asked.pages.items()]
        return [*claims, _slowest(asked.searches)]


def _claim(name: str, page: Callable[[], int], empty: Callable[[], int]) -> Claim:
    ours, peer = in_turns(page, empty)
    times = median_of(
        mine.cpu_micros / its.cpu_micros for mine, its in zip(ours, peer, strict=True)
    )
    took = median_of(1e3 * one.wall / one.times for one in ours)
    other = median_of(1e3 * one.wall / one.times for one in peer)
    return at_most(
        f"{name} : processeur, contre une page vide",
        times,
        TIMES_MAX,
        unit="fois",
        detail=f"{took:.1f} ms contre {other:.1f}",
    )


def _slowest(searches: dict[str, Callable[[], int]]) -> Claim:
    took = {}
    for typed, search in searches.items():
        search()
        took[typed] = median_of(_milliseconds(search) for _ in range(SEARCHES_EACH))
    typed, slowest = max(took.items(), key=lambda one: one[1])
    return at_most(
        "La plus lente des recherches au guichet",
        slowest,
        SEARCH_MS_MAX,
        unit="ms",
        detail=f"« {typed} », de {len(took)} ; médiane {median_of(took.values()):.1f}",
    )


def _milliseconds(work: Callable[[], int]) -> float:
    began = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - began)


def _asking(client: Client, address: str, times: int = PAGES_A_ROUND) -> Callable[[], int]:
    def ask() -> int:
        for _ in range(times):
            answer = client.get(address)
            assert answer.status_code == 200, (address, answer.status_code)
        return times

    return ask


@contextlib.contextmanager
def _territory() -> Iterator[Asked]:
    for variable in ("PGHOST", "DATABASE_URL"):
        os.environ.pop(variable, None)
    folder = Path(tempfile.mkdtemp(prefix="cvq-bench-", dir=disk()))
    folder.chmod(0o711)
    os.environ[clock.VARIABLE] = f"{clock.real_ms()}:{at_ms(NOW)}:1"
    try:
        _describe(folder / "home")
        with runtime.open_database(folder / "home", name="cvq_bench") as database:
            runtime.migrate(database)
            yield _pages(database, folder / "home")
    finally:
        os.environ.pop(clock.VARIABLE)
        shutil.rmtree(folder, ignore_errors=True)


def _describe(folder: Path) -> None:
    from cvq.catalog import france
    from cvq.config.commands import init

    home.write_territory(folder, init.describe(france.community(SIREN)))


def _pages(database: runtime.Database, folder: Path) -> Asked:
    from django.conf import settings

    from cvq.catalog import gatine
    from cvq.config import by_log_in, keys
    from cvq.config.jobs import Jobs
    from cvq.twin.replay import Life, Replay

    gatine.found(at=ISSUED, devices=folder / "devices")
    life = Life(
        first_day=LIVED[0], until=LIVED[1], scale=SCALE, seed=2, issued_at=ISSUED, zone=ZONE
    )
    with psycopg.connect(database.app_dsn, autocommit=True) as connection:
        replay = Replay(connection, life)
        jobs = Jobs(zone=ZONE, head_key=keys.signing_key(folder, keys.HEAD))
        for _ in replay.live(jobs.run):
            pass
        replay.close()
    with psycopg.connect(database.owner_dsn, autocommit=True) as owner:
        owner.execute("ANALYZE")
    by_log_in.give(by_log_in.parent_to_show(replay.people), PASSWORD, LIVED[0])
    (folder / "static").mkdir()
    settings.ROOT_URLCONF = "bench.peers.empty"
    return _asked()


def _asked() -> Asked:
    from cvq.access.models import User
    from cvq.config import by_log_in
    from cvq.people.models import Household

    parent, agent = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    user, at_desk = (
        User.objects.get(email=email) for email in (by_log_in.PARENT, "guichet@exemple.fr")
    )
    parent.force_login(user)
    agent.force_login(at_desk)
    protect(agent, at_desk)
    family = Household.objects.get(members__person=user.person, members__is_main=True)
    file = f"/guichet/famille/{family.uid}/"
    agent.post(f"{file}ouvrir/", {"raison": "guichet"})
    return Asked(
        pages={
            "Accueil d'une famille": _asking(parent, "/accueil/"),
            "Relevé de trois mois": _asking(parent, "/releve/?periode=92"),
            "Dossier d'une famille au guichet": _asking(agent, file),
            "Recherche au guichet": _asking(agent, f"/guichet/?q={family.name[:5]}"),
        },
        empty=_asking(parent, "/vide/", EMPTY_A_ROUND),
        searches={
            typed: _asking(agent, f"/guichet/?q={quote(typed)}", 1) for typed in _typed(family)
        },
    )


def protect(client: Client, user: Any) -> None:
    """Give an agent, and their session, the second factor without which no desk shows anything."""
    from allauth.mfa.models import Authenticator
    from django.http import HttpRequest

    from cvq.access.second_factor import prove

    request = HttpRequest()
    request.session = client.session
    prove(request, user)
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": secrets.token_hex(16)}
    )


def _typed(family: Any) -> Iterator[str]:
    """Yield what may be typed to find a family, from the least to the most that is known of it."""
    from cvq.cards.models import Medium
    from cvq.catalog.models import Site
    from cvq.payments.models import TopUp
    from cvq.people.models import Person

    theirs = Person.objects.filter(memberships__household=family)
    child = theirs.filter(memberships__role="CHILD").order_by("id")[0]
    lives = family.residences.order_by("-valid_from")[0].commune
    card = Medium.objects.filter(holdings__person=child)[0]
    paid = TopUp.objects.filter(receipt_number__isnull=False).order_by("id")[0]
    yield family.name[:2]
    yield family.name
    yield f"{family.name} {lives.name}"
    yield child.first_name[:2]
    yield child.first_name
    yield f"{child.first_name} {family.name}"
    yield lives.name
    yield card.number[:3]
    yield card.number
    yield str(paid)
    yield theirs.exclude(mobile="")[0].mobile
    yield Site.objects.order_by("id")[0].name
    yield "personne de ce nom"
