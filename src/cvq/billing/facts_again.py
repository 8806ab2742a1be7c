"""What can be read again of uses of a past day: who for, which home paid, which day it was."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.billing.facts import facts_of_day, ranks, residence
from cvq.billing.payers import Payer
from cvq.billing.uses import Used
from cvq.catalog import selectors
from cvq.catalog.sold import CONSTANT
from cvq.kernel.periods import age_on
from cvq.people.selectors import circumstances
from cvq.rules.vocabulary import CHILDCARE

HOMES = "SELECT wallet_id, id FROM people_household WHERE wallet_id = ANY(%s::bigint[])"
BORN = """
SELECT i.holder, p.born_on FROM people_sectoridentifier AS i
JOIN people_person AS p ON p.id = i.person_id WHERE i.holder = ANY(%s::uuid[])
"""
LIVE_IN = """
SELECT r.household_id, c.id, c.name FROM people_residence AS r
JOIN catalog_commune AS c ON c.id = r.commune_id
WHERE r.household_id = ANY(%s::bigint[])
    AND r.valid_from <= %s AND (r.valid_until IS NULL OR %s < r.valid_until)
"""
PLACES = """
SELECT s.id, s.purpose, s.site_id, i.commune_id, coalesce(c.department, '')
FROM catalog_service AS s
LEFT JOIN catalog_site AS i ON i.id = s.site_id
LEFT JOIN catalog_commune AS c ON c.id = i.commune_id
"""
ADULT_AGE = 18


class Home(Struct, frozen=True):
    """The household behind a wallet, on a day."""

    resident: bool
    quotient: int | None
    commune: int
    town: str


class FactsAgain:
    """Facts read again, day after day; what does not change from day to day is read once."""

    def __init__(self, connection: Connection[Any]) -> None:
        """Read where the services are, and the calendar."""
        self.connection = connection
        self.calendar = selectors.calendar()
        rows = Cursor(connection).execute(PLACES).fetchall()
        self.places = {service: tuple(place) for service, *place in rows}
        self.households: dict[int, int | None] = {}
        self.births: dict[UUID, date | None] = {}

    def of_day(
        self, day: date, used: Sequence[Used]
    ) -> tuple[dict[int, dict[str, Any]], dict[int, str]]:
        """Return the facts of each use of a day by entry, and the commune of each payer."""
        homes = self._homes({one.payer for one in used}, day)
        self._learn_births({one.holder for one in used})
        ranked = self._ranks(day, used)
        facts = {one.entry: self._facts(one, day, homes.get(one.payer), ranked) for one in used}
        return facts, {payer: home.town for payer, home in homes.items()}

    def _facts(
        self, one: Used, day: date, home: Home | None, ranked: Mapping[Any, tuple[int, int]]
    ) -> dict[str, Any]:
        purpose, site, commune, department = self.places[one.service]
        found = facts_of_day(day, department)
        if purpose in CHILDCARE:  # booked as usual, as when it was charged
            found |= CONSTANT
        if site is not None:
            found["school_holiday"] = self.calendar.is_school_holiday(site, day)
        born_on = self.births[one.holder]
        if home is not None:
            resident = home.resident
            found["residence"] = residence(home=home.commune, site=commune, resident=resident)
        if home is not None and born_on is not None:
            found["born_on"] = born_on.isoformat()
            found |= Payer(
                wallet=one.payer,
                owes=0,
                born_on=born_on,
                resident=home.resident,
                quotient=home.quotient,
            ).inputs(day)
        if (rank := ranked.get(((one.payer, one.service), one.holder))) is not None:
            found["rank_present"], found["children_present"] = rank
        return found

    def _homes(self, wallets: Collection[int], day: date) -> dict[int, Home]:
        new = [wallet for wallet in wallets if wallet not in self.households]
        self.households |= dict.fromkeys(new)
        self.households |= dict(Cursor(self.connection).execute(HOMES, (new,)).fetchall())
        of = {wallet: home for wallet in wallets if (home := self.households[wallet]) is not None}
        asked = (list(of.values()), day, day)
        live_in = {row[0]: row[1:] for row in Cursor(self.connection).execute(LIVE_IN, asked)}
        stood = circumstances([(home, day) for home in of.values()], self.connection)
        found = {}
        for wallet, home in of.items():
            commune, town = live_in.get(home, (0, ""))
            resident, quotient, _ = stood[home, day]
            found[wallet] = Home(resident, quotient, commune, town)
        return found

    def _learn_births(self, holders: Collection[UUID]) -> None:
        new = [holder for holder in holders if holder not in self.births]
        self.births |= dict.fromkeys(new)
        self.births |= dict(Cursor(self.connection).execute(BORN, (new,)).fetchall())

    def _ranks(self, day: date, used: Sequence[Used]) -> dict[Any, tuple[int, int]]:
        """Return, for each child, its rank by age among those of one payer there, and how many."""
        together: dict[tuple[int, int], set[tuple[date, UUID]]] = {}
        for one in used:
            born_on = self.births[one.holder]
            if born_on is not None and age_on(born_on, day) < ADULT_AGE:
                together.setdefault((one.payer, one.service), set()).add((born_on, one.holder))
        return ranks(together)
