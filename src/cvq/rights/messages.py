"""What is asked of this package: products, rights, quotas, members and schedules."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from cvq.rights.models import Product


class QuotaTerms(NamedTuple):
    """A quota as its product gives it: so many of a unit, each year."""

    product: str
    unit: str
    amount: int


class WantedQuota(NamedTuple):
    """The quota of a household in the year of a day."""

    terms: QuotaTerms
    household_id: int
    day: date

    @property
    def starts_on(self) -> date:
        """Return the first day of the period."""
        return date(self.day.year, 1, 1)

    @property
    def code(self) -> str:
        """Return the code of the account that counts it."""
        return f"QUOTA:{self.terms.product}:{self.household_id}:{self.starts_on}"


@dataclass(frozen=True, kw_only=True)
class NewRight:
    """A product for a holder, a household or an organisation; it ends as the product says."""

    product: Product
    valid_from: date
    holder: UUID | None = None
    household_id: int | None = None
    organisation_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class NewSchedule:
    """The hours at which a group opens a door."""

    point_id: int
    weekdays: int
    from_minute: int
    until_minute: int
    on_public_holidays: bool = False
