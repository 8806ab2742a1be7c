"""Where a family lives, and its quotient where the agent's services price by it."""

from datetime import date

from django.db.models import Exists, OuterRef, Subquery
from msgspec import Struct

from cvq.access.services import File
from cvq.catalog.models import Service
from cvq.people.family import Family
from cvq.people.models import Household, Quotient, QuotientSource, Residence
from cvq.people.periods import during
from cvq.rules.vocabulary import CHILDCARE


class Home(Struct, frozen=True, kw_only=True):
    """An address and, for who prices by it, a quotient; `prices` says that this agent does."""

    address: str
    commune: str
    prices: bool
    quotient: int | None
    source: str
    quotient_until: date | None


def home_of(file: File, ours: Family) -> Home:
    """Return where a family lives, in one question."""
    lives = Residence.objects.filter(during(ours.day), household=OuterRef("pk"))
    quotient = Quotient.objects.filter(during(ours.day), household=OuterRef("pk"))
    childcare = Service.objects.filter(pk__in=file.services, purpose__in=CHILDCARE)
    row = (
        Household.objects.filter(pk=file.household.pk)
        .annotate(prices=Exists(childcare))
        .values_list(
            "prices",
            Subquery(lives.values("address")[:1]),
            Subquery(lives.values("commune__name")[:1]),
            Subquery(quotient.values("value")[:1]),
            Subquery(quotient.values("source")[:1]),
            Subquery(quotient.values("valid_until")[:1]),
        )
        .get()
    )
    prices, address, commune, value, source, until = row
    return Home(
        address=address or "",
        commune=commune or "",
        prices=prices,
        quotient=value if prices else None,
        source=str(QuotientSource(source).label) if prices and source else "",
        quotient_until=until if prices else None,
    )
