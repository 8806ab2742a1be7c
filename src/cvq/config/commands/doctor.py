"""Look at everything that must be right before a territory can live; make and change nothing."""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cvq.config import funds, home, relay, runtime
from cvq.kernel.unable import Unable

HELP = "vérifie ce qu'il faut pour faire vivre un territoire"
PYTHON_MIN = (3, 11)
OWNS = """
SELECT pg_has_role(current_user, datdba, 'MEMBER') FROM pg_database
WHERE datname = current_database()
"""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at; a warning stops nobody."""

    mark: str
    sentence: str


def good(sentence: str) -> Finding:
    """Say that something is as it must be."""
    return Finding(mark="✓", sentence=sentence)


def warning(sentence: str) -> Finding:
    """Say what somebody should see to."""
    return Finding(mark="!", sentence=sentence)


def bad(sentence: str) -> Finding:
    """Say what prevents the territory from living, and what to do."""
    return Finding(mark="✗", sentence=sentence)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no argument: the folder and the environment say which territory."""


def run(args: argparse.Namespace) -> int:
    """Print one line for each thing looked at; exit 1 if one of them is wrong."""
    folder = home.path()
    findings: list[Finding] = []
    for look in (_python, _territory, _mail, _funds, _database):
        for finding in _looked(look, folder):
            if finding in findings:  # the settings of the database are read there too
                continue
            print(f"{finding.mark} {finding.sentence}")
            findings.append(finding)
    return 1 if any(finding.mark == "✗" for finding in findings) else 0


def _looked(look: Callable[[Path], Iterator[Finding]], folder: Path) -> Iterator[Finding]:
    try:
        yield from look(folder)
    except Unable as unable:
        yield bad(str(unable))


def _python(folder: Path) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    say = good if sys.version_info >= PYTHON_MIN else bad
    yield say(f"Python {version}")


def _territory(folder: Path) -> Iterator[Finding]:
    territory = home.read_territory(folder)
    if territory == home.NOWHERE:
        yield warning(f"Aucun territoire dans {folder} : créez-le avec « cvq init --epci SIREN ».")
        return
    yield good(f"Territoire : {territory.name} (SIREN {territory.siren})")
    if territory.school_zone is None:
        yield warning("Zone scolaire inconnue : le calendrier scolaire est vide, importez-le.")


def _mail(folder: Path) -> Iterator[Finding]:
    server = relay.from_environment()
    if server is None:
        yield warning(
            f"Les courriels restent dans {folder / 'mailbox'} : hors d'une démonstration, "
            f"personne ne les reçoit. Donnez un serveur dans {relay.VARIABLE}."
        )
    else:
        yield good(f"Courriels par {server.way}://{server.host}:{server.port}, de {server.sender}")


def _funds(folder: Path) -> Iterator[Finding]:
    access = funds.access(folder)
    if access is not None:
        funds.renewals()
        yield good(f"Quotients demandés à {access.url}, au nom du SIRET {access.siret}")


def _database(folder: Path) -> Iterator[Finding]:
    import psycopg

    with runtime.look_at_database(folder) as database:
        with psycopg.connect(database.app_dsn) as connection:
            version = connection.info.server_version // 10000
            owns = connection.execute(OWNS).fetchone()
        whose = "fourni" if database.server is None else f"embarqué, {database.server.data}"
        applied, late = _migrations()
    yield good(f"PostgreSQL {version} ({whose})")
    if owns is not None and owns[0]:
        yield warning(
            "Les processus sont propriétaires des tables : donnez-leur le rôle cvq_app dans "
            "DATABASE_URL, et le propriétaire dans CVQ_OWNER_URL."
        )
    if not applied:
        yield bad("La base est vide : « cvq init --epci SIREN » y fonde un territoire.")
    elif late:
        yield bad(f"{late} migrations à appliquer : « cvq migrate ».")
    else:
        yield good("Tables à jour")


def _migrations() -> tuple[int, int]:
    """Return how many migrations are applied, and how many wait."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return len(executor.loader.applied_migrations or ()), len(waiting)
