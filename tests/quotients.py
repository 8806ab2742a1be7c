"""What the stories of quotients share: a refresh, a consent, a paper, what is held and priced."""

from datetime import UTC, date, datetime, timedelta

from cvq.people import selectors
from cvq.people import services as people
from cvq.people.jobs import Refresh
from cvq.people.messages import ToldQuotient
from cvq.people.models import (
    Household,
    Person,
    Quotient,
    QuotientCall,
    QuotientConsent,
    QuotientSource,
    Sex,
)
from cvq.people.particulier.families import FamilyFile
from cvq.plumbing.connections import underneath
from cvq.rules.quotient import Stand
from funds import Funds, status
from town import ZONE

RENEWALS = ((1, 1), (9, 1))
AUGUST = datetime(2026, 8, 20, 8, tzinfo=UTC)
SEPTEMBER = datetime(2026, 9, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def refresh(funds: Funds) -> Refresh:
    return Refresh(funds.client, zone=ZONE, renewals=RENEWALS)


def adult_of(household: Household) -> Person:
    return Person.objects.get(memberships__household=household, memberships__role="ADULT")


def consents(
    household: Household, at: datetime = AUGUST, *, of_resources: bool = False
) -> QuotientConsent:
    return people.consent_to_quotient(
        household=household,
        person=adult_of(household),
        status=people.GivenStatus(
            first_names="Anne Marie", sex=Sex.FEMALE, birth_country="99100", birth_commune="79202"
        ),
        evidence="formulaire du 1er juin 2026",
        renewals=RENEWALS,
        at=at,
        today=at.date(),
        of_resources=of_resources,
    )


def on_paper(household: Household, value: int, until: date | None = date(2026, 9, 1)) -> Quotient:
    return people.record_quotient(
        household=household,
        value=value,
        source=QuotientSource.CAF,
        on=date(2025, 9, 1),
        until=until,
        evidence="attestation CAF du 20 août 2025",
        at=AUGUST,
    )


def file_of(name: str, value: int) -> FamilyFile:
    """Return what the fund knows of a family of the town."""
    return FamilyFile(
        status=status(name, "ANNE", "MARIE"),
        quotient=ToldQuotient(value=value, source=QuotientSource.MSA, of_month=date(2026, 8, 1)),
    )


def held(household: Household, day: date) -> Stand:
    return selectors.quotient_stands([household.pk], day, underneath())[household.pk]


def priced_by(household: Household, day: date) -> int | None:
    """Return the quotient that a tariff reads on a day."""
    return selectors.circumstances([(household.pk, day)], underneath())[household.pk, day].quotient


def calls(household: Household) -> list[str]:
    rows = QuotientCall.objects.filter(household=household).order_by("id")
    return [row.outcome for row in rows]
