"""Who guesses is stopped, whichever process of the web answers them."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cvq.access.models import Counted
from cvq.config import clock
from cvq.kernel.local import instant
from pages import PASSWORD, Pages
from told import text

TRIES_MAX = 5  # wrong passwords for one address, in five minutes
ANOTHER_PROCESS = """
import sys, django
django.setup()
from django.test import Client
from django.test.utils import setup_test_environment
setup_test_environment()
email, *passwords = sys.argv[1:]
for password in passwords:
    answer = Client().post("/connexion/", {"login": email, "password": password})
    print(answer.status_code, "Trop" in answer.content.decode())
"""


def elsewhere(database: Any, email: str, *passwords: str) -> list[str]:
    """Let another process answer who tries passwords, and return what it said."""
    environment = os.environ | {"PGDATABASE": database.name, "PGUSER": "cvq_app"}
    command = [sys.executable, "-c", ANOTHER_PROCESS, email, *passwords]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.splitlines()


def test_tries_count_whichever_process_answers_them(site: Pages, database: Any) -> None:
    email = site.parent().email
    wrong = {"login": email, "password": "pas le bon"}
    here = [text(Client().post("/connexion/", wrong)) for _ in range(TRIES_MAX - 2)]
    assert not any("Trop" in one for one in here)

    there = elsewhere(database, email, "pas ça", "ni ça", PASSWORD)

    assert there == ["200 False", "200 False", "200 True"]
    right = {"login": email, "password": PASSWORD}
    assert "Trop" in text(Client().post("/connexion/", right))  # and here too
    other = site.parent("Blanc")
    told = {"login": other.email, "password": PASSWORD}
    assert Client().post("/connexion/", told)["Location"] == "/accueil/"


def test_many_accounts_tried_from_one_place_are_stopped_too(site: Pages) -> None:
    said = [
        text(Client().post("/connexion/", {"login": f"{n}@exemple.fr", "password": "x" * 12}))
        for n in range(12)
    ]

    assert "Trop" not in said[9]
    assert "Trop" in said[11]


def test_of_many_that_count_at_once_one_is_first(database: Any) -> None:
    def add(_: int) -> bool:
        try:
            return bool(cache.add("one name", [1], 60))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(add, range(16))) == [False] * 15 + [True]


def test_what_is_over_is_swept_and_says_nobody_s_name(database: Any) -> None:
    Counted.objects.create(
        name="over", value=[1], until=instant(clock.real_ms()) - timedelta(seconds=1)
    )

    assert cache.add("allauth:rl:login:ip:192.0.2.7", [1.5], 60)
    assert cache.get("allauth:rl:login:ip:192.0.2.7") == [1.5]

    kept = Counted.objects.get()
    assert len(kept.name) == 64
    assert kept.until > instant(clock.real_ms())


def test_a_name_whose_time_is_over_may_be_taken_again(database: Any) -> None:
    assert cache.add("a code", "y", 30)
    assert not cache.add("a code", "y", 30)
    Counted.objects.update(until=instant(clock.real_ms()))

    assert cache.get("a code") is None
    assert cache.add("a code", "y", 30)
    cache.set("a code", "z", None)
    assert cache.get("a code") == "z"
    assert cache.touch("a code", 10)
    assert cache.delete("a code")
    assert not cache.touch("a code", 10)


def test_an_ordinary_page_counts_nothing(site: Pages) -> None:
    client = site.client(site.parent())

    with CaptureQueriesContext(connection) as asked:
        client.get("/accueil/")

    assert not any("access_counted" in one["sql"] for one in asked.captured_queries)
