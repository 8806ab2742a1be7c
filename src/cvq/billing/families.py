"""
What a tariff may ask of the household that pays, and is read for those that ask alone.

Resources are read for crèches, whose price goes by them, and for nothing else.
"""

from collections.abc import Collection, Set
from datetime import date
from fractions import Fraction
from typing import Any

from psycopg import Connection

from cvq.kernel.rounding import half_up
from cvq.people import means, selectors
from cvq.people.models import QuotientSource
from cvq.rules.vocabulary import Purpose

OF_HOME = frozenset({"fund", "household_size"})
OF_MEANS = frozenset({"yearly_income", "monthly_income", "dependent_children", "disabled_children"})
OF_CARE = frozenset({"public_care"})
# What somebody told since, of a day in the past, changes nothing that was charged.
TOLD = OF_MEANS | OF_CARE | {"fund"}
MONTHS = 12
# A quotient that we worked out ourselves says nothing of the fund that a family belongs to.
FUNDS = {QuotientSource.CAF: "caf", QuotientSource.MSA: "msa"}

Facts = dict[str, Any]


def told_by_families(purpose: Purpose) -> frozenset[str]:
    """Return what a service of that purpose may ask of the families that pay."""
    return OF_HOME | OF_MEANS | OF_CARE if purpose is Purpose.CRECHE else OF_HOME


def facts_of_homes(
    connection: Connection[Any], households: Collection[int], day: date, asked: Set[str]
) -> dict[int, Facts]:
    """Return what is asked of each household on a day, None where it is not known."""
    found: dict[int, Facts] = {household: {} for household in households}
    if not OF_HOME.isdisjoint(asked):
        for household, home in selectors.homes(households, day, connection).items():
            found[household] |= {
                "household_size": home.size,
                "fund": None if home.source is None else FUNDS.get(home.source),
            }
    if not OF_MEANS.isdisjoint(asked):
        for household, told in means.means(households, day, connection).items():
            found[household] |= _of_means(told)
    return found


def _of_means(told: means.Means) -> Facts:
    yearly = told.yearly_cents
    return {
        "yearly_income": yearly,
        "monthly_income": None if yearly is None else half_up(Fraction(yearly, MONTHS)),
        "dependent_children": told.children,
        "disabled_children": told.disabled_children,
    }


def facts_of_children(
    connection: Connection[Any], persons: Collection[int], day: date, asked: Set[str]
) -> dict[int, Facts]:
    """Return what is asked of each child on a day."""
    if OF_CARE.isdisjoint(asked):
        return {}
    entrusted = means.entrusted(persons, day, connection)
    return {person: {"public_care": person in entrusted} for person in persons}
