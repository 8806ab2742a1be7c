"""
What was lived, beside what is published of the territory.

Everything lived is read from the books and the rows that a year left: nothing of what was drawn.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.twin import figures

YEAR_DAYS_MIN = 365
# A day on which most schools have class, against those of a few schools on Wednesdays.
SHARE_OF_BUSIEST = 0.5

PEOPLE = """
SELECT (SELECT count(*) FROM people_household),
    (SELECT count(DISTINCT household_id) FROM payments_topup),
    (SELECT count(*) FROM cards_medium WHERE issued_at < %(first)s),
    (SELECT count(DISTINCT r.holder) FROM rights_right AS r
        JOIN rights_product AS p ON p.id = r.product_id WHERE p.kind = 'PASS'),
    (SELECT count(DISTINCT r.holder) FROM rights_right AS r
        JOIN rights_product AS p ON p.id = r.product_id WHERE p.kind = 'MEMBERSHIP'),
    (SELECT count(DISTINCT s.holder) FROM halls_slot AS s
        JOIN catalog_space AS c ON c.id = s.space_id WHERE c.code LIKE 'SQUASH%%'),
    (SELECT count(DISTINCT holder) FROM rights_groupmember),
    (SELECT count(*) FROM people_organisation AS o JOIN cards_holding AS h
        ON h.organisation_id = o.id JOIN cards_medium AS m ON m.id = h.medium_id
        WHERE m.kind <> 'PLATE')
"""
ENTRIES = """
SELECT count(*) FROM pool_stay WHERE means = 'PASS' AND direction = 'IN' AND counted AND passed
"""
AT_DOORS = """
SELECT count(*) FROM taps_tapevent AS t JOIN catalog_accesspoint AS p ON p.id = t.point
JOIN catalog_service AS s ON s.id = p.service_id WHERE s.purpose = 'DOOR'
"""
MEALS = "SELECT count(*) FROM childcare_sessioncharge WHERE session = 'MEAL' GROUP BY day"
# Households whose visits of a year are all used, and how many each made.
VISITS = """
SELECT avg(n) FROM (
    SELECT count(*) AS n FROM waste_visit AS v JOIN ledger_account AS a ON a.id = v.account
    WHERE v.counted AND v.passed AND a.kind = 'QUOTA' AND a.balance = 0 GROUP BY a.id
) AS ended
"""
CHANNELS = "SELECT channel, count(*) FROM payments_topup GROUP BY channel"


class Compared(Struct, frozen=True):
    """One figure, as it is published and as it was lived."""

    what: str
    published: float
    lived: float
    decimals: int = 0

    @property
    def gap(self) -> float:
        """Return by how much what was lived exceeds what is published, in hundredths of it."""
        return 100 * (self.lived - self.published) / self.published


def compare(
    connection: Connection[Any], *, first_day: date, until: date, scale: float
) -> list[Compared]:
    """Return every figure that a stretch of time says something of, at that scale."""
    cursor = Cursor(connection)
    days = (until - first_day).days
    found = [*_people(cursor, first_day, scale), *_weekly(cursor, days, scale)]
    if days >= YEAR_DAYS_MIN:
        found += _yearly(cursor, scale)
    return found + list(_channels(cursor))


def _people(cursor: Cursor[Any], first_day: date, scale: float) -> Iterator[Compared]:
    row = cursor.execute(PEOPLE, {"first": first_day}).fetchone()
    assert row is not None
    published = {
        "Foyers": figures.HOMES,
        "Foyers qui ont rechargé leur compte": figures.FAMILY_ACCOUNTS,
        "Cartes au premier jour": figures.CARDS,
        "Abonnés aux piscines": figures.POOL_SUBSCRIBERS,
        "Abonnés à la médiathèque et à la ludothèque": figures.LIBRARY_SUBSCRIBERS,
        "Abonnés au squash": figures.SQUASH_SUBSCRIBERS,
        "Agents qui ouvrent des portes": figures.STAFF_CARDS,
        "Professionnels": figures.PROFESSIONALS,
    }
    for (what, number), lived in zip(published.items(), row, strict=True):
        yield Compared(what, max(1, round(number * scale)), lived)


def _weekly(cursor: Cursor[Any], days: int, scale: float) -> Iterator[Compared]:
    at_doors = _one(cursor, AT_DOORS)
    published = figures.DOOR_TAPS_A_WEEK * scale
    yield Compared("Passages aux portes par semaine", published, at_doors * 7 / days)


def _yearly(cursor: Cursor[Any], scale: float) -> Iterator[Compared]:
    entries = figures.SUBSCRIBER_ENTRIES * scale
    yield Compared("Entrées d'abonnés aux piscines", entries, _one(cursor, ENTRIES))
    meals = [count for (count,) in cursor.execute(MEALS).fetchall()]
    yield Compared("Repas dans l'année", figures.MEALS * scale, sum(meals))
    busy = [count for count in meals if count >= SHARE_OF_BUSIEST * max(meals)]
    if busy:
        lived = sum(busy) / len(busy)
        yield Compared("Repas par jour de classe", figures.MEALS_A_DAY * scale, lived)
    visits = _one(cursor, VISITS)
    if visits:
        what = "Passages en déchèterie d'un foyer au bout de son quota"
        yield Compared(what, figures.VISITS_OF_A_HOME, float(visits), 1)


def _channels(cursor: Cursor[Any]) -> Iterator[Compared]:
    times = dict(cursor.execute(CHANNELS).fetchall())
    total = sum(times.values())
    published = {
        "INTERNET": ("Rechargements par internet, %", figures.BY_INTERNET),
        "COUNTER": ("Rechargements au guichet, %", figures.BY_COUNTER),
        "KIOSK": ("Rechargements à la borne, %", figures.BY_KIOSK),
        "UNSPECIFIED": ("Rechargements non précisés, %", figures.BY_UNSPECIFIED),
    }
    for channel, (what, share) in published.items():
        if total:
            yield Compared(what, share, 100 * times.get(channel, 0) / total, 1)


def _one(cursor: Cursor[Any], query: str) -> float:
    row = cursor.execute(query).fetchone()
    assert row is not None
    return float(row[0] or 0)
