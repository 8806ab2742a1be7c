"""Do what must be done from time to time: seal, follow, charge the days, sign."""

import argparse
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from cvq.config import funds, home, runtime
from cvq.kernel.unable import Unable

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from cvq.config.clock import Clock
    from cvq.config.jobs import Job, Jobs

HELP = "scelle les livres, prévient les familles, facture les journées"
TURN_SECONDS = 0.2
CALL_SECONDS = 5.0  # how long the funds may take to answer
REST_SECONDS = 5.0  # after a failure: a database that is down is not asked five times a second


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no argument: the folder and the environment say which territory."""


def run(args: argparse.Namespace) -> int:
    """Take one turn after another until asked to stop."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with runtime.open_database(home.path()) as database:
        runtime.require_founded(database)
        _work(stop)
    return 0


def _work(stop: threading.Event) -> None:
    from zoneinfo import ZoneInfo

    from django.conf import settings

    from cvq.config import clock, keys
    from cvq.config.jobs import Jobs

    zone = ZoneInfo(settings.TERRITORY.time_zone)
    time = clock.from_environment()
    with _asking(zone) as also:
        jobs = Jobs(
            zone=zone,
            head_key=keys.signing_key(home.path(), keys.HEAD),
            home=home.path(),
            also=also,
        )
        while not stop.is_set():
            stop.wait(TURN_SECONDS if _turn(jobs, time) else REST_SECONDS)


@contextmanager
def _asking(zone: "ZoneInfo") -> "Iterator[tuple[Job, ...]]":
    """Give what asks the funds for quotients, where somebody said how."""
    import structlog

    try:
        access, renewals = funds.access(home.path()), funds.renewals()
    except Unable as unable:
        # Books are sealed all the same; « cvq doctor » says it too.
        structlog.get_logger().error("quotients_not_asked", why=str(unable))
        access = None
    if access is None:
        yield ()
        return
    from cvq.config.jobs import Job
    from cvq.people.jobs import Refresh
    from cvq.people.particulier.client import Particulier

    # One call a turn, that waits for nobody: the books are sealed by the same hand.
    asking = Particulier(
        access, timeout_seconds=CALL_SECONDS, patience_seconds=TURN_SECONDS, tries_max=1
    )
    batch = Refresh(asking, zone=zone, renewals=renewals)
    with closing(asking):
        yield (Job("refresh_quotients", lambda now: batch.run(now, at_most=1).asked),)


def _turn(jobs: "Jobs", time: "Clock") -> bool:
    """Do what is due; what fails is logged, comes again and does not hold up the rest."""
    import structlog
    from django.db import connections

    log = structlog.get_logger()
    went_well = True
    for job in jobs.due(time.now()):
        try:
            done = jobs.do(job, time.now())
        except Exception as error:  # noqa: BLE001 - the other jobs are due all the same
            went_well = False
            _failed(job.name, error)
            connections.close_all()  # a connection that was lost is opened again
        else:
            if done:
                log.info("job_done", job=job.name, count=done)
    return went_well


def _failed(job: str, error: Exception) -> None:
    import structlog

    structlog.get_logger().error("job_failed", job=job, exc_info=error)
