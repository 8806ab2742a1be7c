"""
What a territory lived before a demonstration of it opens: without a past, no page has anything.

Nobody waits for the disk meanwhile: a demonstration that is lost is made again.
"""

import contextlib
import gc
import time
from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from cvq.config import keys, replays
from cvq.config.jobs import Jobs
from cvq.config.runtime import Database
from cvq.plumbing.pipeline import OPTIONS
from cvq.twin.alone import Alone
from cvq.twin.days import Days, Rhythm
from cvq.twin.drawing import Drawing
from cvq.twin.faults import Faults
from cvq.twin.habits import Habits
from cvq.twin.living import Living, Nobody
from cvq.twin.mishaps import Mishaps
from cvq.twin.past import InMemory, Past
from cvq.twin.prices import Prices
from cvq.twin.purses import Purses
from cvq.twin.replay import GC_THRESHOLDS
from cvq.twin.telling import many, seconds
from cvq.twin.wired import End

# The prices and the school holidays of the territory are known from then on.
KNOWN_SINCE = date(2024, 9, 2)
CUTS_A_DAY = 6
NO_WAIT = "-c synchronous_commit=off"


class Lived(NamedTuple):
    """Who lives on, the connection of the town hall, and the end of what each box told."""

    living: Living
    connection: Connection[Any]
    ends: Mapping[int, End]


def first_day(opens: date, weeks: int) -> date:
    """Return the first day of the past of a demonstration that opens on a day."""
    return max(opens - timedelta(weeks=weeks), min(KNOWN_SINCE, opens))


@contextlib.contextmanager
def lived(
    database: Database,
    drawing: Drawing,
    habits: Habits,
    *,
    folder: Path,
    since: date,
    until: int,
    leave: Collection[int],
) -> Iterator[Lived]:
    """
    Live from a day until an instant, telling of each week; give who goes on.

    `drawing` is that of the people of `habits`, who are written down; boxes that `leave` go on
    elsewhere.
    """
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    gc.enable()
    dsn = make_conninfo(database.app_dsn, options=f"{OPTIONS} {NO_WAIT}")
    with psycopg.connect(dsn, autocommit=True) as connection:
        hall = InMemory(connection, dsn, habits.places, zone=habits.zone)
        with contextlib.closing(hall):
            days = Days(
                habits=habits,
                purses=Purses(drawing.people, habits.places),
                alone=Alone(habits.places, Prices(connection), zone=habits.zone),
                hall=hall,
                zone=habits.zone,
                rhythm=Rhythm(),
            )
            faults = Faults(days, seed=drawing.seed, cuts_a_day=CUTS_A_DAY)
            living = Living(days, faults, Mishaps(drawing.people, days, drawing, Nobody()))
            jobs = Jobs(zone=habits.zone, head_key=keys.signing_key(folder, keys.HEAD), home=folder)
            past = Past(living, hall, replays.kept_up(jobs.run, database.owner_dsn))
            _live(past.live(since, until, leave=leave), past)
        connection.execute("SET synchronous_commit TO on")
        yield Lived(living, connection, hall.chains.ends)


def _live(weeks: Iterator[date], past: Past) -> None:
    began = time.perf_counter()
    for day in weeks:
        spent = seconds(time.perf_counter() - began)
        taps = many(past.events, "passage", "passages")
        print(f"Les semaines d'avant, jusqu'au {day:%d/%m} : {taps}, {spent}", flush=True)
