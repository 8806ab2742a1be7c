"""
Who may book, change or cancel a day now: the terms of a service, and what they answer.

Families keep to the terms; staff may always go past them, and say why.
"""

from datetime import date
from enum import StrEnum

from msgspec import Struct

from cvq.kernel.local import MINUTE_MS, local, ms_at
from cvq.rules.days import ServiceDays
from cvq.rules.deadline import (
    Clock,
    Deadline,
    Limit,
    clock_minute,
    earlier,
    is_within,
    limit,
)


class Act(StrEnum):
    """What somebody does to a day; to order is the kitchen's own deadline."""

    BOOK = "book"
    CANCEL = "cancel"
    CHANGE = "change"
    ORDER = "order"


class Instant(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A time of a day, on the clock on the wall."""

    on: date
    at: Clock


class Terms(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """
    Until when, from when and from where the days of a service are booked.

    Without `cancel`, cancelling follows the deadline to book; without `order`, so does the
    kitchen.  `communes` are INSEE codes, none meaning all.  From `view_only_from` on, families
    look and do nothing more.
    """

    book: Deadline
    cancel: Deadline | None = None
    order: Deadline | None = None
    opens: Instant | None = None
    closes: Instant | None = None
    view_only_from: date | None = None
    communes: frozenset[str] = frozenset()


class Ask(Struct, frozen=True, gc=False, kw_only=True):
    """
    What somebody wants to do: to which day, at which instant.

    `excepted_until` is the end of a right to book late, given to a family enrolled on the fly;
    `override` is the reason of the staff.
    """

    act: Act
    day: date
    at: int
    starts_minute: int = 0
    commune: str | None = None
    excepted_until: int | None = None
    override: str = ""


class Permission(StrEnum):
    """The answer: two that allow, then why not."""

    ALLOWED = "allowed"
    BY_STAFF = "by_staff"
    NOT_FROM_HERE = "not_from_here"
    VIEW_ONLY = "view_only"
    NOT_YET_OPEN = "not_yet_open"
    CLOSED = "closed"
    TOO_LATE = "too_late"

    @property
    def allows(self) -> bool:
        """Say whether it may be done."""
        return self in {Permission.ALLOWED, Permission.BY_STAFF}


def permission(ask: Ask, terms: Terms, days: ServiceDays) -> Permission:
    """Return whether it may be done; the first objection is the answer."""
    if ask.override.strip():
        return Permission.BY_STAFF
    if terms.communes and ask.commune not in terms.communes:
        return Permission.NOT_FROM_HERE
    today = local(ask.at, days.zone).day
    if terms.view_only_from is not None and today >= terms.view_only_from:
        return Permission.VIEW_ONLY
    if terms.opens is not None and ask.at < _ms(terms.opens, days):
        return Permission.NOT_YET_OPEN
    if terms.closes is not None and ask.at >= _ms(terms.closes, days) + MINUTE_MS:
        return Permission.CLOSED
    if ask.excepted_until is not None and ask.at < ask.excepted_until:
        return Permission.ALLOWED
    found = limit_of(terms, ask.act, ask.day, days, ask.starts_minute)
    return Permission.ALLOWED if is_within(found, ask.at, days) else Permission.TOO_LATE


def limit_of(terms: Terms, act: Act, day: date, days: ServiceDays, starts_minute: int = 0) -> Limit:
    """Return until when it may be done; to change is to cancel and to book, so the earlier."""
    book = limit(terms.book, day, days, starts_minute)
    cancel = limit(terms.cancel, day, days, starts_minute) if terms.cancel else book
    match act:
        case Act.BOOK:
            return book
        case Act.CANCEL:
            return cancel
        case Act.CHANGE:
            return earlier(book, cancel)
        case Act.ORDER:
            return limit(terms.order, day, days, starts_minute) if terms.order else book


def _ms(when: Instant, days: ServiceDays) -> int:
    return ms_at(when.on, clock_minute(when.at), days.zone)
