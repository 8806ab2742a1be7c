"""The twin lives a stretch of the year, and nothing differs from what the oracle says."""

import fcntl
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import Connection, sql

from cvq.catalog import gatine
from cvq.config.apart import DatabaseInUse, fresh_database
from cvq.config.commands.replay import judge
from cvq.config.jobs import Jobs
from cvq.payments.models import TopUp
from cvq.rules.vocabulary import Direction, Happening, Purpose, Reason, Verdict
from cvq.taps.models import TapEvent
from cvq.twin import account, figures, ground, telling
from cvq.twin.drawing import Drawing, ScaleTooSmall
from cvq.twin.going import Going
from cvq.twin.habits import Habits
from cvq.twin.labels import PLACES, REASONS
from cvq.twin.places import Places
from cvq.twin.replay import Life, Replay
from cvq.twin.residents import Resident, Ticket
from cvq.twin.witness import Witness

ZONE = ZoneInfo("Europe/Paris")
FIRST_DAY = date(2025, 1, 1)
FOUNDED_AT = datetime(2024, 12, 1, tzinfo=UTC)
TUESDAY = date(2025, 1, 14)
# The habits of the twin were tuned on the seed 1.
CI_SEED = "2017"


@pytest.fixture
def connection(database: Any, tmp_path: Path) -> Iterator[Connection[Any]]:
    gatine.found(at=FOUNDED_AT, devices=tmp_path / "devices")
    with database.connect(autocommit=True) as connection:
        yield connection


def ready(connection: Connection[Any], *, scale: float, until: date, seed: int = 1) -> Replay:
    life = Life(
        first_day=FIRST_DAY, until=until, scale=scale, seed=seed, issued_at=FOUNDED_AT, zone=ZONE
    )
    return Replay(connection, life)


def live(replay: Replay) -> Replay:
    jobs = Jobs(zone=ZONE, head_key=Ed25519PrivateKey.generate())
    for _month in replay.live(jobs.run):
        pass
    return replay


def test_weeks_of_the_territory_leave_books_that_the_oracle_agrees_with(
    connection: Connection[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    replay = ready(connection, scale=0.015, until=date(2025, 2, 8))

    live(replay)

    difference = replay.difference()
    assert (difference.differing, difference.cents, difference.events) == ((), 0, 0)
    assert difference.answers == 0
    assert difference.acknowledged == difference.taps + difference.parked + difference.counted
    assert difference.acknowledged > 1500
    assert judge(replay, connection) == 0
    assert "Différence : 0\n" in capsys.readouterr().out


def test_what_the_oracle_was_told_of_the_town_is_what_the_town_knows(
    connection: Connection[Any],
) -> None:
    replay = live(ready(connection, scale=0.02, until=date(2025, 2, 6)))

    told, known = replay.oracle.ground, ground.read()
    replaced = [r for r in replay.people.residents if len(r.cards) > 1]
    assert replaced != []
    for matter in ("media", "communes", "quotients", "rights", "purses", "enrolments", "slots"):
        assert getattr(told, matter) == getattr(known, matter), matter


def test_a_transfer_that_is_dropped_is_seen(
    connection: Connection[Any], database: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    replay = live(ready(connection, scale=0.005, until=date(2025, 1, 15)))
    assert judge(replay, connection) == 0

    with database.connect("cvq_owner", autocommit=True) as owner:
        owner.execute("ALTER TABLE ledger_transfer DISABLE TRIGGER USER")
        (cents,) = owner.execute(
            "DELETE FROM ledger_transfer WHERE (entry_id, line) ="
            " (SELECT t.entry_id, t.line FROM ledger_transfer AS t"
            " JOIN ledger_account AS a ON a.id = t.credit_id"
            " WHERE a.code LIKE 'WALLET:%' ORDER BY t.entry_id LIMIT 1) RETURNING amount"
        ).fetchone()

    assert judge(replay, connection) == 1
    assert replay.difference().cents == 2 * cents
    assert f"Différence : {2 * cents}\n" in capsys.readouterr().out


def test_an_event_that_is_lost_is_seen(connection: Connection[Any]) -> None:
    replay = live(ready(connection, scale=0.005, until=date(2025, 1, 10)))
    assert replay.difference().total == 0

    assert isinstance(replay.witness, Witness)
    replay.witness.acknowledged.add((999, 1))

    assert replay.difference().events == 1


def test_one_seed_plans_one_day(connection: Connection[Any]) -> None:
    places = Places()

    def day_of(seed: int) -> list[tuple[Any, ...]]:
        people = Drawing(places, seed=seed, scale=0.02, first_day=FIRST_DAY).draw()
        habits = Habits(people, places, seed=seed, scale=0.02, zone=ZONE)
        return [
            (going.at, going.who and getattr(going.who, "first_name", ""), going.spot.code)
            for going in habits.plan(TUESDAY)
        ]

    assert day_of(1) == day_of(1)
    assert day_of(1) != day_of(2)


def test_people_of_every_kind_are_drawn(connection: Connection[Any]) -> None:
    people = Drawing(Places(), seed=1, scale=1, first_day=FIRST_DAY).draw()

    assert len(people.homes) == 13_000
    assert sum(home.uses_wallet for home in people.homes) == 4_500
    assert sum(1 for _ in people.cards()) == 16_000
    swims = Counter(r.swims.ticket for r in people.residents if r.swims)
    assert swims[Ticket.PASS] == 3_500
    assert sum(bool(r.reads) for r in people.residents) == 3_600
    squash = [r for r in people.residents if r.plays and "SQUASH" in r.plays.court.code]
    assert len(squash) == 200
    assert sum(r.works is not None for r in people.residents) == 450
    assert len(people.firms) == 333
    pupils = [r for r in people.residents if r.school and r.school.since <= TUESDAY]
    assert len(pupils) in range(3_000, 3_600)
    assert any(r.other_home is not None for r in people.residents)
    assert any(not home.town.is_member for home in people.homes)


def test_a_scale_of_nothing_is_refused(connection: Connection[Any]) -> None:
    with pytest.raises(ScaleTooSmall):
        Drawing(Places(), seed=1, scale=0, first_day=FIRST_DAY)


def test_a_year_of_plans_has_every_kind_of_tap(connection: Connection[Any]) -> None:
    places = Places()
    people = Drawing(places, seed=1, scale=0.03, first_day=FIRST_DAY).draw()
    habits = Habits(people, places, seed=1, scale=0.03, zone=ZONE)
    found: set[tuple[Purpose, Direction]] = set()
    for month in (2, 5, 7):
        for day in (4, 5, 6, 8):
            for going in habits.plan(date(2025, month, day)):
                found.add((going.spot.purpose, going.direction))
                if going.out is not None:
                    found.add((going.spot.purpose, Direction.OUT))

    assert {purpose for purpose, _ in found} == set(Purpose)
    assert {p for p, way in found if way is Direction.OUT} == {
        Purpose.POOL,
        Purpose.GARDERIE,
        Purpose.CRECHE,
        Purpose.LEISURE,
    }


def test_plans_of_a_seed_that_nobody_tuned_come_near_what_is_published(
    connection: Connection[Any],
) -> None:
    scale, every = 0.5, 3
    places, seed = Places(), int(CI_SEED)
    people = Drawing(places, seed=seed, scale=scale, first_day=FIRST_DAY).draw()
    habits = Habits(people, places, seed=seed, scale=scale, zone=ZONE)
    meals: Counter[date] = Counter()
    entries = taps_at_doors = 0

    for day in (FIRST_DAY + timedelta(days=number) for number in range(0, 365, every)):
        plan = habits.plan(day)
        meals[day] = sum(going.spot.purpose is Purpose.CANTEEN for going in plan)
        taps_at_doors += sum(going.spot.purpose is Purpose.DOOR for going in plan)
        entries += sum(is_subscribed(going) for going in plan)

    of_class = [count for count in meals.values() if count > max(meals.values()) / 2]
    found = {
        figures.SUBSCRIBER_ENTRIES: entries * every,
        figures.DOOR_TAPS_A_WEEK: taps_at_doors * every / (365 / 7),
        figures.MEALS: sum(meals.values()) * every,
        figures.MEALS_A_DAY: sum(of_class) / len(of_class),
    }
    gaps = {name: lived / scale / name - 1 for name, lived in found.items()}
    assert all(abs(gap) <= 0.05 for gap in gaps.values()), gaps


def is_subscribed(going: Going) -> bool:
    who = going.who if isinstance(going.who, Resident) else None
    return going.out is not None and bool(who and who.swims and who.swims.ticket is Ticket.PASS)


def test_children_are_never_refused_and_turnstiles_give_back(connection: Connection[Any]) -> None:
    live(ready(connection, scale=0.015, until=date(2025, 1, 25)))
    children = ("CANTEEN", "GARDERIE", "SCHOOL_GATE", "CRECHE", "LEISURE")

    told = account.read(connection)

    assert all(one.refused == 0 for one in told.services if one.purpose in children)
    assert sum(one.refused for one in told.services) > 0
    assert TapEvent.objects.filter(what=Happening.NOT_PASSED).exists()
    assert {channel for channel, *_ in told.top_ups} >= {"INTERNET", "COUNTER", "KIOSK"}
    assert TopUp.objects.count() == sum(times for _, times, _ in told.top_ups)
    assert not TapEvent.objects.filter(said=Verdict.NOTED, why=None).exists()


def replayed(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    # Replays live in one database: those of two workers wait for each other.
    with Path(os.environ["CVQ_TEST_FOLDER"], "replay.lock").open("wb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        return _replayed(home, *arguments)


def _replayed(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "cvq.config.cli", "replay", *arguments],
        env=os.environ | {"CVQ_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_life_that_is_disturbed_ends_as_the_calm_one(tmp_path: Path) -> None:
    arguments = ("--faults", "--scale", "0.005", "--until", "2025-01-19", "--seed", CI_SEED)
    done = replayed(tmp_path, *arguments)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Différence : 0\n") == 2
    fired = re.findall(r"^(.) .* : (\d+) fois$", done.stdout, re.M)
    assert len(fired) == 7
    assert all(mark == "✓" and int(times) > 0 for mark, times in fired)
    assert "✓ Charges, compteurs et soldes des deux vies : différences 0." in done.stdout
    # One seed lives one life, in any database.
    calm, disturbed = re.findall(r"Empreinte : (\w+)", done.stdout)
    assert calm == disturbed
    assert re.findall(r"\b[A-Z]+_[A-Z_]+\b|\b[A-Z]{5,}\b", done.stdout) == []
    assert "Le territoire se peuple : cartes…" in done.stderr


def test_a_week_through_a_gateway_has_the_books_of_the_same_week_from_memory(
    tmp_path: Path,
) -> None:
    done = replayed(tmp_path, "--wire", "--scale", "0.008", "--seed", CI_SEED)

    assert done.returncode == 0, done.stdout + done.stderr
    first, second = re.findall(r"^01/2025 : ([\d ]+) passages", done.stdout, re.M)
    assert first == second
    assert "de la mémoire et du réseau : différences 0." in done.stdout


def test_one_of_a_kind_is_told_in_the_singular() -> None:
    assert telling.many(1, "professionnel", "professionnels") == "1 professionnel"
    assert telling.many(0, "carte", "cartes") == "0 carte"
    assert telling.many(16_000, "carte", "cartes") == "16 000 cartes"


def test_every_place_and_every_reason_has_its_words() -> None:
    assert set(PLACES) == set(Purpose)
    assert set(REASONS) == set(Reason)


def test_a_year_that_nothing_is_known_of_is_an_error(tmp_path: Path) -> None:
    done = replayed(tmp_path, "--year", "1900")

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "choisissez une année de 2025 à 2027" in done.stderr


def test_a_year_that_ends_before_it_begins_is_an_error(tmp_path: Path) -> None:
    done = replayed(tmp_path, "--until", "2024-12-31")

    assert done.returncode == 2
    assert "choisissez un jour après le 2025-01-01" in done.stderr


def test_a_run_that_goes_on_is_not_ended_by_another(database: Any, tmp_path: Path) -> None:
    name = f"{database.name}_apart"
    with psycopg.connect("dbname=postgres", autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            with (
                psycopg.connect(dbname=name) as other,
                pytest.raises(DatabaseInUse, match="attendez qu'elle finisse"),
                fresh_database(tmp_path, name, keep=False),
            ):
                pass
            assert other.closed
        finally:
            owner.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
