"""
What a household tells again from time to time: when it ends, and when it goes on without an end.

Where the household lets us ask its fund, to renew is our work and not theirs (ADR 19).
"""

from collections.abc import Sequence
from datetime import date, datetime

from cvq.people.models import (
    CIVIL_STATUS,
    CrecheResources,
    Household,
    Quotient,
    QuotientConsent,
)
from cvq.rules.quotient import next_renewal

Renewals = Sequence[tuple[int, int]]  # months and days of the year
Renewed = type[Quotient] | type[CrecheResources]


def last_of(renewed: Renewed, household: Household) -> Quotient | CrecheResources | None:
    """Return the row of a household that begins last."""
    rows = renewed._default_manager.filter(household=household)
    return rows.order_by("-valid_from").first()


def consents(household: Household, **to: bool) -> bool:
    """Tell whether a household lets us ask its fund, to its resources too if that is told."""
    given = QuotientConsent.objects.filter(household=household, withdrawn_at=None, **to)
    return given.exists()


def ends_on(day: date | None, *, is_ours: bool) -> dict[str, date | None]:
    """Return the end of what a household told: the day of its renewal where that is our work."""
    return {"valid_until": None if is_ours else day, "renew_on": day if is_ours else None}


def forget(household: Household, at: datetime) -> int:
    """Withdraw the consent of a household, and forget the civil status that it took."""
    given = QuotientConsent.objects.filter(household=household, withdrawn_at=None)
    return given.update(withdrawn_at=at, **dict.fromkeys(CIVIL_STATUS, ""))


def let_go_on(renewed: Renewed, household: Household, renewals: Renewals, today: date) -> None:
    """Let what holds today go on without an end: its end becomes the day of its renewal."""
    last = last_of(renewed, household)
    if last is None or last.is_refused:
        return
    if last.valid_until is None or last.valid_until > today:
        last.renew_on = last.renew_on or last.valid_until or next_renewal(today, renewals)
        last.valid_until = None
        last.save(update_fields=["renew_on", "valid_until"])


def let_end(renewed: Renewed, household: Household, renewals: Renewals, today: date) -> None:
    """Let what nobody renews any more end at its renewal, or at the next when that is past."""
    last = last_of(renewed, household)
    if last is None or last.renew_on is None or last.valid_until is not None:
        return
    is_to_come = last.renew_on > today
    last.valid_until = last.renew_on if is_to_come else next_renewal(today, renewals)
    last.renew_on = None
    last.save(update_fields=["renew_on", "valid_until"])
