"""
Write down the resources that the price of a crèche goes by, and the children who need none.

As with quotients, a call that tells nothing changes nothing, and what held goes on.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cvq.kernel.unable import Unable
from cvq.people.messages import NotTold, ToldResources
from cvq.people.models import (
    CallOutcome,
    CrecheResources,
    Household,
    HouseholdMember,
    Person,
    PublicCare,
    QuotientConsent,
    ResourcesCall,
    ResourcesSource,
    Role,
)
from cvq.people.periods import during
from cvq.people.services.dated import end_current, take
from cvq.people.services.renewed import consents, ends_on, last_of
from cvq.rules.quotient import next_renewal, starts_on

# The fund works a family's part out again each January, from the resources of the year before last.
RENEWALS = ((1, 1),)
CENTS = 100


class NotAChildOfTheHousehold(Unable):
    """Somebody who is not a child of that household on that day."""


@dataclass(frozen=True, kw_only=True)
class GivenResources:
    """What a paper says: the resources of a year, the children in charge, those with an AEEH."""

    yearly_cents: int
    of_year: int
    children: int
    disabled_children: int = 0
    source: ResourcesSource = ResourcesSource.NOTICE


@transaction.atomic
def record_resources(
    *,
    household: Household,
    given: GivenResources,
    on: date,
    until: date | None = None,
    evidence: str,
    at: datetime,
) -> CrecheResources:
    """
    Write down the resources that hold from a day; those before end that day.

    Who writes them down says the day, in the past too: nothing that was charged is charged again.
    Where the household lets us ask its fund for them, `until` is when we renew them.

    :raises PeriodStartsTooEarly: those that they should end began that day or later.
    """
    take(Household, household.pk)
    end_current(CrecheResources.objects.filter(household=household), on)
    is_ours = consents(household, of_resources=True)
    return CrecheResources.objects.create(
        household=household,
        yearly_cents=given.yearly_cents,
        of_year=given.of_year,
        children=given.children,
        disabled_children=given.disabled_children,
        source=given.source,
        valid_from=on,
        **ends_on(until, is_ours=is_ours),
        evidence=evidence,
        learned_at=at,
    )


@transaction.atomic
def refuse_resources(
    *, household: Household, on: date, evidence: str, at: datetime
) -> CrecheResources:
    """
    Write down that a household refuses to tell its resources, from a day.

    Its fund is not asked for them again, unless the household consents once more; its quotient is
    another matter.

    :raises PeriodStartsTooEarly: what it should end began that day or later.
    """
    take(Household, household.pk)
    end_current(CrecheResources.objects.filter(household=household), on)
    return CrecheResources.objects.create(
        household=household, valid_from=on, evidence=evidence, learned_at=at
    )


@transaction.atomic
def learn_resources(
    *, consent: QuotientConsent, answer: ToldResources | NotTold, at: datetime, today: date
) -> CrecheResources | None:
    """
    Keep the trace of a call and, if the fund told resources, let them begin at the renewal.

    Never in the past, and never over those that somebody dated later: those stand.
    """
    household = consent.household
    take(Household, household.pk)
    if isinstance(answer, NotTold):
        ResourcesCall.objects.create(
            household=household, consent=consent, at=at, outcome=answer.outcome, code=answer.code
        )
        return None
    told = {
        "yearly_cents": answer.yearly_resources * CENTS,
        "of_year": answer.of_year,
        "children": answer.children,
        "disabled_children": answer.disabled_children,
    }
    call = ResourcesCall.objects.create(
        household=household, consent=consent, at=at, outcome=CallOutcome.TOLD, **told
    )
    last = last_of(CrecheResources, household)
    begins = starts_on(last.renew_on if last is not None else None, today)
    if last is not None and last.valid_from >= begins:
        return None
    end_current(CrecheResources.objects.filter(household=household), begins)
    renewal = next_renewal(begins, RENEWALS)
    is_ours = consents(household, of_resources=True)
    return CrecheResources.objects.create(
        household=household,
        source=ResourcesSource.FUND,
        valid_from=begins,
        **ends_on(renewal, is_ours=is_ours),
        learned_at=at,
        call=call,
        **told,
    )


@transaction.atomic
def entrust_child(
    *,
    child: Person,
    household: Household,
    on: date,
    until: date | None,
    evidence: str,
    at: datetime,
) -> PublicCare:
    """
    Write down that the département entrusts a child to a household, from a day.

    :raises NotAChildOfTheHousehold: it is not one of its children that day.
    :raises PeriodStartsTooEarly: what it should end began that day or later.
    """
    take(Person, child.pk)
    children = HouseholdMember.objects.filter(during(on), household=household, role=Role.CHILD)
    if not children.filter(person=child).exists():
        raise NotAChildOfTheHousehold(
            _("%(person)s n'est pas un enfant du foyer %(household)s ce jour-là.")
            % {"person": child, "household": household}
        )
    end_current(PublicCare.objects.filter(child=child), on)
    return PublicCare.objects.create(
        child=child, valid_from=on, valid_until=until, evidence=evidence, learned_at=at
    )
