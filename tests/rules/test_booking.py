"""Who may book, change or cancel a day, and until when."""

from datetime import date, timedelta

import msgspec
import pytest

from cvq.kernel.local import ms_at
from cvq.rules.booking import Act, Ask, Permission, Terms, limit_of, permission
from cvq.rules.days import PARIS, ServiceDays
from cvq.rules.deadline import clock_minute
from deadlines import stated

DAYS = ServiceDays()
# A week without a public holiday, and the one before it.
MON, TUE, WED, THU, FRI = (date(2026, 3, 16) + timedelta(days=n) for n in range(5))
WEEK = timedelta(days=7)


def at(day: date, clock: str) -> int:
    """Return an instant in Paris."""
    return ms_at(day, clock_minute(clock), PARIS)


CRUAS = stated(kind="days_before", days=2, at="12:00", skip=["weekends"])
ANDANCETTE = Terms(
    book=stated(kind="weekday_of_week_before", weekday="friday", at="12:00"),
    cancel=stated(kind="days_before", days=1, at="12:00"),
    order=stated(kind="days_before", days=1, at="9:30", skip=["weekends"]),
)


@pytest.mark.parametrize(
    ("act", "when", "allowed"),
    [
        (Act.BOOK, (FRI - WEEK, "12:00"), True),
        (Act.BOOK, (FRI - WEEK, "12:01"), False),
        (Act.CANCEL, (TUE, "12:00"), True),
        (Act.CANCEL, (TUE, "12:01"), False),
        # To change a day is to cancel one and to book another.
        (Act.CHANGE, (FRI - WEEK, "12:00"), True),
        (Act.CHANGE, (MON, "8:00"), False),
        # The kitchen has its own limit: a booking may be in time and the order already gone.
        (Act.ORDER, (TUE, "9:30"), True),
        (Act.ORDER, (TUE, "11:00"), False),
    ],
)
def test_booking_and_cancelling_have_two_limits_in_one_service(act, when, allowed):
    answer = permission(Ask(act=act, day=WED, at=at(*when)), ANDANCETTE, DAYS)

    assert answer is (Permission.ALLOWED if allowed else Permission.TOO_LATE)


def test_without_its_own_rule_cancelling_follows_booking():
    terms = Terms(book=CRUAS)

    assert limit_of(terms, Act.CANCEL, MON, DAYS) == limit_of(terms, Act.BOOK, MON, DAYS)
    assert limit_of(terms, Act.ORDER, MON, DAYS) == limit_of(terms, Act.BOOK, MON, DAYS)


TERMS = msgspec.convert(
    {
        "book": {"kind": "anytime"},
        "cancel": {"kind": "never"},
        "opens": {"on": "2026-03-02", "at": "9:00"},
        "closes": {"on": "2026-03-13", "at": "23:59"},
        "view_only_from": "2026-03-20",
        "communes": ["79202"],
    },
    Terms,
)


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        ({"at": at(date(2026, 3, 2), "8:59")}, Permission.NOT_YET_OPEN),
        ({"at": at(date(2026, 3, 2), "9:00")}, Permission.ALLOWED),
        ({"at": at(date(2026, 3, 13), "23:59")}, Permission.ALLOWED),
        ({"at": at(date(2026, 3, 14), "0:00")}, Permission.CLOSED),
        ({"at": at(date(2026, 3, 20), "0:00")}, Permission.VIEW_ONLY),
        ({"at": at(date(2026, 3, 5), "9:00"), "commune": "86194"}, Permission.NOT_FROM_HERE),
        ({"at": at(date(2026, 3, 5), "9:00"), "commune": None}, Permission.NOT_FROM_HERE),
        ({"at": at(date(2026, 3, 5), "9:00"), "act": Act.CANCEL}, Permission.TOO_LATE),
        ({"at": at(date(2026, 3, 5), "9:00"), "act": Act.CHANGE}, Permission.TOO_LATE),
        # The staff may always, with a reason; a blank one is none.
        (
            {"at": at(date(2026, 3, 5), "9:00"), "act": Act.CANCEL, "override": "deuil"},
            Permission.BY_STAFF,
        ),
        (
            {"at": at(date(2026, 3, 5), "9:00"), "act": Act.CANCEL, "override": "  "},
            Permission.TOO_LATE,
        ),
    ],
)
def test_the_first_objection_is_the_answer(ask, answer):
    told = {"act": Act.BOOK, "day": FRI, "commune": "79202"} | ask

    assert permission(Ask(**told), TERMS, DAYS) is answer


def test_a_family_enrolled_on_the_fly_may_book_late_until_a_day():
    terms = Terms(book=CRUAS)
    until = at(WED, "0:00")
    early = Ask(act=Act.BOOK, day=WED, at=at(TUE, "15:00"), excepted_until=until)
    after = Ask(act=Act.BOOK, day=THU, at=at(WED, "0:00"), excepted_until=until)

    assert permission(early, terms, DAYS) is Permission.ALLOWED
    assert permission(after, terms, DAYS) is Permission.TOO_LATE
