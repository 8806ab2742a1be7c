"""
Write down what changes in the life of people: who lives with whom and where, since when.

Each service takes the row that everybody who changes the same thing takes, then looks.
"""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from cvq.catalog.models import Commune
from cvq.kernel.unable import Unable
from cvq.people.models import (
    CustodyCalendar,
    CustodyException,
    Household,
    HouseholdMember,
    Person,
    Residence,
    Role,
)
from cvq.people.services.dated import end_current, take

ROWS_AT_ONCE = 2000
MONDAY = 0


class NotAMember(Unable):
    """Somebody who is not in that household that day."""


class HasAMainHousehold(Unable):
    """Somebody who already has a main household on a day that the new one would cover."""


class AnchorIsNotAMonday(Unable):
    """Parents change over on Mondays, so the first week must begin on one."""


@transaction.atomic
def add_member(
    *, household: Household, person: Person, role: Role, on: date, is_main: bool = True
) -> HouseholdMember:
    """
    Add somebody to a household from a day.

    :raises HasAMainHousehold: another household is already the main one, that day or later.
    """
    take(Person, person.pk)
    if is_main:
        later = HouseholdMember.objects.filter(person=person, is_main=True)
        if later.exclude(valid_until__lte=on).exists():
            raise HasAMainHousehold(
                _("%(person)s a déjà un foyer principal : mettez-y fin d'abord.")
                % {"person": person}
            )
    return HouseholdMember.objects.create(
        household=household, person=person, role=role, is_main=is_main, valid_from=on
    )


@transaction.atomic
def end_membership(*, household: Household, person: Person, on: date) -> HouseholdMember:
    """
    End a membership: `on` is the first day without it.

    :raises NotAMember: that person is not in that household on the eve.
    """
    take(Person, person.pk)
    rows = HouseholdMember.objects.filter(household=household, person=person, valid_from__lt=on)
    row = rows.filter(valid_until__isnull=True).first()
    if row is None:
        raise NotAMember(
            _("%(person)s n'est pas dans le foyer %(household)s à cette date.")
            % {"person": person, "household": household}
        )
    row.valid_until = on
    row.save(update_fields=["valid_until"])
    return row


@transaction.atomic
def move_house(*, household: Household, commune: Commune, address: str, on: date) -> Residence:
    """
    Give a household its new residence from a day; the old one ends that day.

    :raises PeriodStartsTooEarly: the residence it should end began that day or later.
    """
    take(Household, household.pk)
    end_current(Residence.objects.filter(household=household), on)
    return Residence.objects.create(
        household=household, commune=commune, address=address, valid_from=on
    )


@transaction.atomic
def share_custody(
    *, child: Person, household_a: Household, household_b: Household, anchor_on: date, on: date
) -> CustodyCalendar:
    """
    Let two households have a child week by week, `household_a` the week of `anchor_on`.

    :raises AnchorIsNotAMonday: the first week does not begin on a Monday.
    :raises PeriodStartsTooEarly: the calendar it should end began that day or later.
    """
    if anchor_on.weekday() != MONDAY:
        raise AnchorIsNotAMonday(
            _("La garde alternée part d'un lundi ; le %(day)s n'en est pas un.")
            % {"day": f"{anchor_on:%d/%m/%Y}"}
        )
    take(Person, child.pk)
    end_current(CustodyCalendar.objects.filter(child=child), on)
    return CustodyCalendar.objects.create(
        child=child,
        household_a=household_a,
        household_b=household_b,
        anchor_on=anchor_on,
        valid_from=on,
    )


def share_custodies(calendars: Iterable[CustodyCalendar]) -> list[CustodyCalendar]:
    """Write down the first custody calendars of many children at once."""
    return CustodyCalendar.objects.bulk_create(calendars, batch_size=ROWS_AT_ONCE)


def agree_exception(
    *, calendar: CustodyCalendar, day: date, household: Household
) -> CustodyException:
    """Write down who has the child on a day apart; a later agreement replaces it."""
    row, _made = CustodyException.objects.update_or_create(
        calendar=calendar, day=day, defaults={"household": household}
    )
    return row
