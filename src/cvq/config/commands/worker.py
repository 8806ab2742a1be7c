"""Do what must be done from time to time: seal, follow, charge the days, sign."""

import argparse
import signal
import threading
from typing import TYPE_CHECKING

from cvq.config import home, runtime

if TYPE_CHECKING:
    from cvq.config.clock import Clock
    from cvq.config.jobs import Jobs

HELP = "scelle les livres, prévient les familles, facture les journées"
TURN_SECONDS = 0.2
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

    jobs = Jobs(
        zone=ZoneInfo(settings.TERRITORY.time_zone),
        head_key=keys.signing_key(home.path(), keys.HEAD),
        home=home.path(),
    )
    time = clock.from_environment()
    while not stop.is_set():
        stop.wait(TURN_SECONDS if _turn(jobs, time) else REST_SECONDS)


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
