"""Live a year of Parthenay-Gâtine apart, prove the books and hold them against the oracle."""

import argparse
import time
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvq.config import home, runtime
from cvq.kernel.money import euros
from cvq.kernel.unable import Unable

if TYPE_CHECKING:
    from psycopg import Connection

    from cvq.config.jobs import Jobs
    from cvq.twin.account import Account
    from cvq.twin.replay import Difference, Replay

HELP = "vit une année du territoire à part, l'audite et la compare à l'oracle"
DATABASE = "cvq_replay"
FOLDER = "replay"
DIFFERING_SHOWN_MAX = 10


class NothingToLive(Unable):
    """A year that ends before it begins."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the year, and how much of the territory."""
    parser.add_argument("--year", type=int, default=2025, metavar="AN", help="l'année (2025)")
    parser.add_argument(
        "--scale",
        type=float,
        default=1.0,
        metavar="N",
        help="1 est un dixième du territoire, 10 le territoire (1)",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="la graine (1)")
    parser.add_argument(
        "--until", type=date.fromisoformat, metavar="JOUR", help="s'arrête la veille de ce jour"
    )
    parser.add_argument("--keep", action="store_true", help=f"garde la base {DATABASE}")


def run(args: argparse.Namespace) -> int:
    """Live the year, print what it came to, and exit 0 if nothing differs."""
    from cvq.config.apart import fresh_database

    first_day, until = date(args.year, 1, 1), args.until or date(args.year + 1, 1, 1)
    if until <= first_day:
        raise NothingToLive(f"--until {until} : choisissez un jour après le {first_day}.")
    began = time.perf_counter()
    host = home.path()
    with fresh_database(host, DATABASE, keep=args.keep, apart=_described(host)) as database:
        status = _live(database, args, first_day, until, began)
    if args.keep:
        print(f"La base {DATABASE} est gardée.")
    return status


def _described(host: Path) -> Path:
    """Return the folder of the territory that is lived: its clock and its keys, not the host's."""
    from cvq.catalog import france
    from cvq.config.commands import demo, init

    folder = host / FOLDER
    home.write_territory(folder, init.describe(france.community(demo.SIREN)))
    return folder


def _live(
    database: runtime.Database,
    args: argparse.Namespace,
    first_day: date,
    until: date,
    began: float,
) -> int:
    from zoneinfo import ZoneInfo

    import psycopg
    from django.conf import settings

    from cvq.catalog import gatine
    from cvq.config import keys
    from cvq.config.jobs import Jobs
    from cvq.twin import account
    from cvq.twin.replay import Replay

    zone = ZoneInfo(settings.TIME_ZONE)
    # Boxes and cards were there a month before the year begins.
    issued_at = datetime(first_day.year - 1, 12, 1, tzinfo=UTC)
    gatine.found(at=issued_at, devices=home.path() / "devices")
    with psycopg.connect(database.app_dsn, autocommit=True) as connection:
        replay = Replay(
            connection,
            first_day=first_day,
            until=until,
            scale=args.scale,
            seed=args.seed,
            issued_at=issued_at,
            zone=zone,
        )
        _tell_population(replay, time.perf_counter() - began)
        jobs = Jobs(zone=zone, head_key=keys.signing_key(home.path(), keys.HEAD))
        lived = _year(replay, jobs)
        _tell_account(account.read(connection), replay, lived)
        status = judge(replay, connection)
    print(f"Durée : {_seconds(time.perf_counter() - began)}.")
    return status


def judge(replay: "Replay", connection: "Connection[Any]") -> int:
    """Audit the books, hold them against the oracle, and return 0 if nothing is wrong."""
    is_clean = _audit(connection)
    difference = replay.difference()
    _tell_difference(difference)
    return 0 if is_clean and not difference.total and not difference.answers else 1


def _year(replay: "Replay", jobs: "Jobs") -> float:
    began = time.perf_counter()
    for month in replay.live(jobs.run):
        spent = time.perf_counter() - began
        print(
            f"{month.month:%Y-%m} : {_count(month.events)} passages, "
            f"{_count(month.top_ups)} rechargements, {_seconds(spent)}",
            flush=True,
        )
    return time.perf_counter() - began


def _tell_population(replay: "Replay", spent: float) -> None:
    people = replay.people
    cards = sum(1 for _ in people.cards())
    print(
        f"{_count(len(people.homes))} foyers, {_count(len(people.residents))} habitants, "
        f"{_count(len(people.firms))} professionnels, {_count(cards)} cartes, "
        f"{_count(len(replay.days.boxes))} boîtiers : {_seconds(spent)}.",
        flush=True,
    )


def _tell_account(account: "Account", replay: "Replay", lived: float) -> None:
    from cvq.payments.models import Channel

    print("\nService        passages   accordés     notés   refusés")
    for one in account.services:
        figures = (one.taps, one.granted, one.noted, one.refused)
        print(f"{one.purpose:<13}" + "".join(f"{_count(figure):>10}" for figure in figures))
    for title, found in (
        ("Refusés", account.refused),
        ("Notés", account.noted),
        ("Objections à ce que des portes ont fait seules", account.objections),
        ("Mis de côté", account.parked),
    ):
        print(
            f"{title} : " + (", ".join(f"{why} {_count(n)}" for why, n in found) or "aucun") + "."
        )
    print(f"Personne n'est passé : {_count(account.not_passed)}.")
    total = sum(times for _, times, _ in account.top_ups)
    for channel, times, cents in account.top_ups:
        share = f"{100 * times / total:.0f} %"
        label = Channel(channel).label.capitalize()
        print(f"{label} : {_count(times)} rechargements ({share}), {euros(cents)}.")
    print(
        f"{_count(account.charges)} charges, {euros(account.charged_cents)}, dont "
        f"{euros(account.owed_at_first_cents)} dus d'abord ; {_count(account.notices)} avis."
    )
    events = len(replay.hall.acknowledged)
    rate = _count(round(events / lived))
    print(f"{_count(events)} passages en {_seconds(lived)} : {rate} par seconde.")
    print(f"Empreinte : {replay.hall.fingerprint}")


def _audit(connection: "Connection[Any]") -> bool:
    from cvq.config import audit

    began = time.perf_counter()
    culprits = list(islice(audit.culprits(connection), DIFFERING_SHOWN_MAX))
    spent = _seconds(time.perf_counter() - began)
    for sentence in culprits:
        print(f"✗ Audit : {sentence}")
    if not culprits:
        print(f"✓ Audit : les livres tombent juste, rien n'a été modifié ({spent}).")
    return not culprits


def _tell_difference(difference: "Difference") -> None:
    mark = "✗" if difference.total else "✓"
    print(
        f"{mark} Comptes : {_count(difference.accounts)}, livres {difference.books_cents}, "
        f"oracle {difference.oracle_cents}, différence {difference.cents}."
    )
    kept = difference.taps + difference.parked + difference.counted
    print(
        f"{mark} Événements : {difference.acknowledged} acquittés, {kept} gardés "
        f"({difference.taps} passages, {difference.parked} mis de côté, "
        f"{difference.counted} seulement comptés), différence {difference.events}."
    )
    for code, books, oracle in difference.differing[:DIFFERING_SHOWN_MAX]:
        print(f"  {code} : livres {books}, oracle {oracle}")
    if difference.answers:
        print(f"✗ {difference.answers} réponses ne sont pas celles de l'oracle.")
    print(f"Différence : {difference.total}")


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _seconds(spent: float) -> str:
    return f"{spent:.1f} s".replace(".", ",")
