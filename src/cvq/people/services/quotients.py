"""
Write down what a household tells of its quotient, and what its fund told us.

A call that tells nothing changes nothing: it leaves its trace, and what held goes on.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cvq.kernel.unable import Unable
from cvq.people.messages import NotTold, ToldQuotient
from cvq.people.models import (
    CallOutcome,
    CrecheResources,
    Household,
    HouseholdMember,
    Person,
    Quotient,
    QuotientCall,
    QuotientConsent,
    QuotientSource,
    Role,
    Sex,
)
from cvq.people.periods import during
from cvq.people.services import resources
from cvq.people.services.dated import end_current, take
from cvq.people.services.renewed import (
    Renewals,
    consents,
    ends_on,
    forget,
    last_of,
    let_end,
    let_go_on,
)
from cvq.rules.quotient import next_renewal, starts_on

ROWS_AT_ONCE = 2000
FRANCE = "99100"
COUNTRY = re.compile(r"99[0-9]{3}")
# Réf. API Particulier v3, codeCogInseeCommuneNaissance.
COMMUNE = re.compile(r"(0[1-9]|[13-9][0-9]|2[AB1-9])[0-9]{3}")


class NotAnAdultOfTheHousehold(Unable):
    """Somebody in whose name the fund of a household is not to be asked."""


class CivilStatusUnreadable(Unable):
    """A civil status that the funds would not take."""


class NoConsent(Unable):
    """A household that does not let us ask its fund."""


@dataclass(frozen=True, kw_only=True)
class GivenStatus:
    """The civil status that an adult gives with the consent, as on the paper that shows it."""

    first_names: str
    sex: Sex
    birth_country: str
    birth_commune: str


@transaction.atomic
def record_quotient(
    *,
    household: Household,
    value: int,
    source: QuotientSource,
    on: date,
    until: date | None = None,
    evidence: str = "",
    at: datetime | None = None,
) -> Quotient:
    """
    Write down the family quotient that holds from a day; the one before ends that day.

    Who writes it down says the day, in the past too: nothing that was charged is charged again.
    Where the household lets us ask its fund, `until` is when we renew it, and it does not end.

    :raises PeriodStartsTooEarly: the quotient it should end began that day or later.
    """
    take(Household, household.pk)
    end_current(Quotient.objects.filter(household=household), on)
    is_ours = consents(household)
    return Quotient.objects.create(
        household=household,
        value=value,
        source=source,
        valid_from=on,
        **ends_on(until, is_ours=is_ours),
        evidence=evidence,
        learned_at=at,
    )


@transaction.atomic
def refuse_quotient(*, household: Household, on: date, evidence: str, at: datetime) -> Quotient:
    """
    Write down that a household refuses to tell its quotient, from a day; its fund is let be.

    :raises PeriodStartsTooEarly: the quotient it should end began that day or later.
    """
    take(Household, household.pk)
    forget(household, at)
    let_end(CrecheResources, household, resources.RENEWALS, max(on, at.date()))
    end_current(Quotient.objects.filter(household=household), on)
    return Quotient.objects.create(
        household=household, valid_from=on, evidence=evidence, learned_at=at
    )


def record_quotients(quotients: Iterable[Quotient]) -> list[Quotient]:
    """Write down the first quotients of many households at once."""
    return Quotient.objects.bulk_create(quotients, batch_size=ROWS_AT_ONCE)


@transaction.atomic
def consent_to_quotient(
    *,
    household: Household,
    person: Person,
    status: GivenStatus,
    evidence: str,
    renewals: Renewals,
    at: datetime,
    today: date,
    of_resources: bool = False,
) -> QuotientConsent:
    """
    Let us ask the fund of a household, in the name of one of its adults, from now on.

    To renew its quotient is then our work, so what holds today no longer ends by itself; the same
    for its resources, where the household lets us ask for these too.  A consent that was given
    before is withdrawn.

    :raises NotAnAdultOfTheHousehold: that person is not an adult of it today.
    :raises CivilStatusUnreadable: a code of country or commune that is none, or no first name.
    """
    _check(status)
    take(Household, household.pk)
    adults = HouseholdMember.objects.filter(during(today), role=Role.ADULT, household=household)
    if not adults.filter(person=person).exists():
        raise NotAnAdultOfTheHousehold(
            _("%(person)s n'est pas un adulte du foyer %(household)s.")
            % {"person": person, "household": household}
        )
    forget(household, at)
    let_go_on(Quotient, household, renewals, today)
    follow = let_go_on if of_resources else let_end
    follow(CrecheResources, household, resources.RENEWALS, today)
    return QuotientConsent.objects.create(
        household=household,
        person=person,
        evidence=evidence,
        of_resources=of_resources,
        given_at=at,
        **asdict(status),
    )


@transaction.atomic
def withdraw_quotient_consent(
    *, household: Household, renewals: Renewals, at: datetime, today: date
) -> None:
    """
    Ask the fund of a household no more, and forget the civil status that it took.

    What holds then ends at its renewal: the family has until that day to bring another.

    :raises NoConsent: the household gave none.
    """
    take(Household, household.pk)
    if not forget(household, at):
        raise NoConsent(
            _("Le foyer %(household)s n'a pas donné d'accord.") % {"household": household}
        )
    let_end(Quotient, household, renewals, today)
    let_end(CrecheResources, household, resources.RENEWALS, today)


@transaction.atomic
def learn_quotient(
    *,
    household: Household,
    consent: QuotientConsent | None,
    answer: ToldQuotient | NotTold,
    renewals: Renewals,
    at: datetime,
    today: date,
) -> Quotient | None:
    """
    Keep the trace of a call and, if the fund told a quotient, let it begin at the renewal.

    Never in the past, and never over one that somebody dated later: that one stands.
    """
    take(Household, household.pk)
    if isinstance(answer, NotTold):
        QuotientCall.objects.create(
            household=household, consent=consent, at=at, outcome=answer.outcome, code=answer.code
        )
        return None
    call = QuotientCall.objects.create(
        household=household,
        consent=consent,
        at=at,
        outcome=CallOutcome.TOLD,
        value=answer.value,
        of_month=answer.of_month,
    )
    last = last_of(Quotient, household)
    begins = starts_on(last.renew_on if last is not None else None, today)
    if last is not None and last.valid_from >= begins:
        return None
    end_current(Quotient.objects.filter(household=household), begins)
    renewal = next_renewal(begins, renewals)
    is_ours = consents(household)
    return Quotient.objects.create(
        household=household,
        value=answer.value,
        source=answer.source,
        valid_from=begins,
        **ends_on(renewal, is_ours=is_ours),
        learned_at=at,
        call=call,
    )


def _check(status: GivenStatus) -> None:
    if not status.first_names.strip():
        raise CivilStatusUnreadable(_("Il manque les prénoms de l'état civil."))
    if not COUNTRY.fullmatch(status.birth_country):
        raise CivilStatusUnreadable(
            _("« %(code)s » n'est pas le code INSEE d'un pays : 99100 est la France.")
            % {"code": status.birth_country}
        )
    # Who was born abroad has no commune that the funds would know.
    is_whole = status.birth_country != FRANCE or COMMUNE.fullmatch(status.birth_commune)
    if not is_whole or (status.birth_country != FRANCE and status.birth_commune):
        raise CivilStatusUnreadable(
            _("« %(code)s » n'est pas le code INSEE d'une commune de naissance en France.")
            % {"code": status.birth_commune}
        )
