"""Who pays for a holder on a day, and what a tariff may ask of them: from holders to wallets."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import Connection

from cvq.kernel.periods import age_on
from cvq.people.selectors import circumstances, purses
from cvq.people.selectors import payers as households
from cvq.plumbing.pipeline import Pipeline
from cvq.rules.tariff.facts import school_level
from cvq.rules.vocabulary import Sector

PERSONS = """
SELECT i.holder, i.person_id, p.born_on FROM people_sectoridentifier AS i
JOIN people_person AS p ON p.id = i.person_id
WHERE i.sector = %s::text AND i.holder = ANY(%s::uuid[])
"""


class Payer(Struct, frozen=True, gc=False, kw_only=True):
    """The wallet that pays for a holder on a day, and the facts that its tariff may ask."""

    wallet: int
    owes: int
    born_on: date
    resident: bool
    quotient: int | None
    commune: int | None = None
    person: int | None = None
    household: int | None = None

    def inputs(self, day: date) -> dict[str, Any]:
        """Return the facts under the names that tariffs give them."""
        return {
            "age": age_on(self.born_on, day),
            "school_level": school_level(self.born_on, day),
            "resident": self.resident,
            "quotient": self.quotient,
        }


def payers(
    connection: Connection[Any], sector: Sector, wanted: Sequence[tuple[UUID, date]]
) -> dict[tuple[UUID, date], Payer]:
    """Return who pays for each holder each day; a holder that nobody answers for is left out."""
    asked = (sector.value, list({holder for holder, _ in wanted}))
    persons = {row[0]: row[1:] for row in Pipeline(connection).execute(PERSONS, asked).fetchall()}
    known = [(holder, day) for holder, day in wanted if holder in persons]
    paying = households([(persons[holder][0], day) for holder, day in known], connection)
    accounts = purses(set(paying.values()), connection)
    facts = circumstances([(home, day) for (_, day), home in paying.items()], connection)
    found = {}
    for holder, day in known:
        person, born_on = persons[holder]
        household = paying.get((person, day))
        if household is None:
            continue
        purse, lives = accounts[household], facts[household, day]
        found[holder, day] = Payer(
            wallet=purse.wallet_id,
            owes=purse.receivable_id,
            born_on=born_on,
            resident=lives.resident,
            quotient=lives.quotient,
            commune=lives.commune,
            person=person,
            household=household,
        )
    return found
