"""
The national scale of the crèches: what an hour costs a family, by its resources and children.

Each row holds for a time and no longer.  A day that no row covers has no price: the figures of
one year are never taken for those of another.

Réf. circulaire Cnaf 2019-005 du 5 juin 2019 (national scale of the families' part).
"""

from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Annotated

from msgspec import Meta, Struct

from cvq.kernel.periods import is_current
from cvq.kernel.rounding import half_up
from cvq.kernel.unable import Unable

MONTHS_A_YEAR = 12
MILLION = 1_000_000
DECEMBER = 12


class Care(StrEnum):
    """The two columns of the scale: in common, or by a family care service or the parents."""

    COLLECTIVE = "collective"
    FAMILY = "family"


class Bound(StrEnum):
    """Which resources were taken."""

    NONE = "none"
    FLOOR = "floor"
    CEILING = "ceiling"


class Effort(Struct, frozen=True, gc=False, kw_only=True):
    """The part of the monthly resources that an hour costs, from a number of children on."""

    children: int
    per_million: int


class Figures(Struct, frozen=True, gc=False, kw_only=True):
    """The figures of a time: floor and ceiling of monthly resources, and the effort rates."""

    valid_from: date
    valid_until: date
    floor_cents: int
    ceiling_cents: int
    collective: tuple[Effort, ...]
    family: tuple[Effort, ...]
    source: str


Scale = tuple[Figures, ...]


def _efforts(**by_children: int) -> tuple[Effort, ...]:
    return tuple(
        Effort(children=int(children.removeprefix("from_")), per_million=per_million)
        for children, per_million in by_children.items()
    )


# Rates rose by 0.8 % a year from September 2019 to 2022, and have not moved since (lemediasocial.fr
# and mairesdefrance.com on the circulaire; lespetitescanailles.fr for the table in force).
COLLECTIVE_2022 = _efforts(from_1=619, from_2=516, from_3=413, from_4=310, from_8=206)
# Known from practice; no page that we hold prints it.
FAMILY_2022 = _efforts(from_1=516, from_2=413, from_3=310, from_6=206)
CEILING_2022 = "plafond : caf45-partenaires.fr, 1er septembre 2024"
CEILING_2025 = "plafond : caf.fr, 15 mai 2025"
# The floors of 2024 and 2025 come from practice, and no page that we hold prints them.
FLOOR = "plancher : usage, à vérifier sur caf.fr"


def _figures(since: date, until: date, floor: int, ceiling: int, source: str) -> Figures:
    return Figures(
        valid_from=since,
        valid_until=until,
        floor_cents=floor,
        ceiling_cents=ceiling,
        collective=COLLECTIVE_2022,
        family=FAMILY_2022,
        source=f"{source} ; {FLOOR}",
    )


NATIONAL: Scale = (
    _figures(date(2024, 1, 1), date(2024, 9, 1), 765_77, 6_000_00, CEILING_2022),
    _figures(date(2024, 9, 1), date(2025, 1, 1), 765_77, 7_000_00, CEILING_2022),
    _figures(date(2025, 1, 1), date(2025, 9, 1), 801_00, 7_000_00, CEILING_2022),
    _figures(date(2025, 9, 1), date(2026, 1, 1), 801_00, 8_500_00, CEILING_2025),
)


class FamilyResources(Struct, frozen=True, gc=False, kw_only=True):
    """
    What prices an hour: the resources of the year before last, and the children in charge.

    Resources that are not known (None) are taken at the ceiling, those of a child in the care of
    the département at the floor.  `disabled` counts the children with an AEEH, in care or not.
    """

    annual_cents: Annotated[int, Meta(ge=0)] | None
    children: Annotated[int, Meta(ge=1)]
    disabled: Annotated[int, Meta(ge=0)] = 0
    in_public_care: bool = False


class Hourly(Struct, frozen=True, gc=False, kw_only=True):
    """The price of an hour, and what explains it."""

    cents: int
    monthly_cents: Fraction
    per_million: int
    bound: Bound
    source: str


class ScaleNotPublished(Unable):
    """Nobody gave the figures of that day."""


class CeilingTooLow(Unable):
    """A town may go above the national ceiling, never below."""


def figures_of(scale: Scale, day: date) -> Figures:
    """
    Return the figures in force on a day.

    :raises ScaleNotPublished: there are none; those of another time are never taken instead.
    """
    for figures in scale:
        if is_current(figures.valid_from, figures.valid_until, day):
            return figures
    raise ScaleNotPublished(
        f"Le barème national des crèches n'est pas renseigné pour le {day:%d/%m/%Y}. "
        "Saisissez le plancher, le plafond et les taux que la Cnaf publie pour cette date."
    )


def effort_rate(figures: Figures, family: FamilyResources, care: Care = Care.COLLECTIVE) -> int:
    """Return the effort rate in millionths: one rate further for each disabled child."""
    efforts = figures.collective if care is Care.COLLECTIVE else figures.family
    at = max(n for n, effort in enumerate(efforts) if effort.children <= family.children)
    return efforts[min(at + family.disabled, len(efforts) - 1)].per_million


def hourly_rate(
    family: FamilyResources,
    day: date,
    *,
    scale: Scale = NATIONAL,
    care: Care = Care.COLLECTIVE,
    own_ceiling_cents: int | None = None,
) -> Hourly:
    """
    Return the price of an hour on a day, rounded once, to the cent, half up.

    :raises ScaleNotPublished: the figures of that day are not known.
    :raises CeilingTooLow: the ceiling of the town is below the national one.
    """
    figures = figures_of(scale, day)
    ceiling = figures.ceiling_cents
    if own_ceiling_cents is not None:
        if own_ceiling_cents < ceiling:
            raise CeilingTooLow("Le plafond local ne peut pas être inférieur au plafond national.")
        ceiling = own_ceiling_cents
    monthly, bound = _monthly(family, figures.floor_cents, ceiling)
    per_million = effort_rate(figures, family, care)
    return Hourly(
        cents=half_up(monthly * per_million / MILLION),
        monthly_cents=monthly,
        per_million=per_million,
        bound=bound,
        source=figures.source,
    )


def changes_from(happened_on: date) -> date:
    """Return from when a birth or new resources change the price: the month that follows."""
    if happened_on.month == DECEMBER:
        return date(happened_on.year + 1, 1, 1)
    return date(happened_on.year, happened_on.month + 1, 1)


def _monthly(family: FamilyResources, floor: int, ceiling: int) -> tuple[Fraction, Bound]:
    if family.in_public_care:
        return Fraction(floor), Bound.FLOOR
    if family.annual_cents is None:
        return Fraction(ceiling), Bound.CEILING
    monthly = Fraction(family.annual_cents, MONTHS_A_YEAR)
    if monthly < floor:
        return Fraction(floor), Bound.FLOOR
    if monthly > ceiling:
        return Fraction(ceiling), Bound.CEILING
    return monthly, Bound.NONE
