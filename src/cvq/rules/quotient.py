"""
What a household's family quotient is worth on a day, and how one is worked out.

A quotient never rises because somebody else's machine failed: while nobody gave another one it is
kept, and that it is kept is a value (`Standing`), as are a refusal and an end.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from cvq.kernel.unable import Unable

MONTHS = 12
HALVES_OF_PARENTS = 4  # a couple or a lone parent: two shares
CENTS = 100
ASK_AHEAD = timedelta(days=15)
ONE_DAY = timedelta(days=1)


class Standing(StrEnum):
    """What we hold of a household's quotient on a day."""

    KNOWN = "KNOWN"
    KEPT = "KEPT"  # past its renewal: nobody gave another, so it goes on
    NOT_GIVEN = "NOT_GIVEN"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"


class Rounding(StrEnum):
    """How a figure between two whole euros becomes one of them."""

    DOWN = "DOWN"  # what the funds do
    HALF_UP = "HALF_UP"


class NoShares(Unable):
    """A quotient is what falls to each share, and there is none."""


class Held(Struct, frozen=True, gc=False, kw_only=True):
    """A quotient that somebody told, or refused (`value` is None), from a day."""

    value: int | None
    valid_from: date
    valid_until: date | None = None
    renew_on: date | None = None


class Stand(Struct, frozen=True, gc=False):
    """What a tariff may read of a quotient: a value, if there is one, and why."""

    standing: Standing
    value: int | None = None


def stand(held: Iterable[Held], day: date) -> Stand:
    """Return what holds on a day; what begins later says nothing of it."""
    begun = [one for one in held if one.valid_from <= day]
    if not begun:
        return Stand(Standing.NOT_GIVEN)
    last = max(begun, key=lambda one: one.valid_from)
    if last.valid_until is not None and last.valid_until <= day:
        return Stand(Standing.EXPIRED)
    if last.value is None:
        return Stand(Standing.REFUSED)
    is_late = last.renew_on is not None and last.renew_on <= day
    return Stand(Standing.KEPT if is_late else Standing.KNOWN, last.value)


class Missing(Struct, frozen=True, gc=False):
    """Why there was no quotient on a day: never given, refused or ended, and since when."""

    standing: Standing
    since: date | None = None


def missing(held: Iterable[Held], day: date) -> Missing:
    """
    Return why a tariff read no quotient on a day, from what was known when it read it.

    What was told since ends what held before: a refusal stays one, whatever its end.
    """
    begun = [one for one in held if one.valid_from <= day]
    if not begun:
        return Missing(Standing.NOT_GIVEN)
    last = max(begun, key=lambda one: one.valid_from)
    if last.value is None:
        return Missing(Standing.REFUSED, last.valid_from)
    return Missing(Standing.EXPIRED, last.valid_until)


def next_renewal(day: date, renewals: Sequence[tuple[int, int]]) -> date:
    """Return the first day after another that is one of those months and days of the year."""
    days = (date(year, *on) for year in (day.year, day.year + 1) for on in renewals)
    return min(one for one in days if one > day)


def starts_on(renew_on: date | None, today: date) -> date:
    """Return when a quotient told today begins: at its renewal, and never before tomorrow."""
    # What today costs may already be said: only a person changes the past.
    tomorrow = today + ONE_DAY
    return tomorrow if renew_on is None else max(renew_on, tomorrow)


def half_shares(*, children: int, disabled_children: int = 0) -> int:
    """
    Return how many half-shares a family has: the third child counts a whole share.

    Réf. the formula of the CNAF: two shares for a couple or a lone parent, a half for the first
    two children, one for the third, a half for each other and for each disabled child.
    """
    third = 1 if children >= 3 else 0
    return HALVES_OF_PARENTS + children + third + disabled_children


def of_resources(
    *,
    yearly_cents: int,
    monthly_benefits_cents: int,
    half_shares: int,
    rounding: Rounding = Rounding.DOWN,
) -> int:
    """
    Return the quotient by the formula of the CNAF: a month of resources, over the shares.

    :raises NoShares: there are none.
    """
    # (yearly / 12 + monthly) / (halves / 2), kept whole until the end.
    cents = (yearly_cents + MONTHS * monthly_benefits_cents) * 2
    return _whole(cents, MONTHS * half_shares * CENTS, rounding)


def of_tax_notice(
    *, reference_income: int, quarter_parts: int, rounding: Rounding = Rounding.DOWN
) -> int:
    """
    Return the quotient that an authority works out of a tax notice, where its decision says so.

    The notice tells whole euros of reference income, and parts that go by quarters.

    :raises NoShares: there are none.
    """
    return _whole(reference_income * 4, MONTHS * quarter_parts, rounding)


def _whole(amount: int, over: int, rounding: Rounding) -> int:
    if over <= 0:
        raise NoShares("Un quotient familial se calcule sur une part au moins.")
    # A notice may tell a negative income: the quotient is then nothing.
    amount = max(amount, 0)
    return (2 * amount + over) // (2 * over) if rounding is Rounding.HALF_UP else amount // over
