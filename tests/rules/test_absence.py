"""What a day costs when a child was or was not booked, there, excused."""

from collections import Counter
from datetime import date
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.rules.absence import (
    Billed,
    Case,
    Evidence,
    Matrix,
    Period,
    Presence,
    PriceUnknown,
    Usage,
    bill,
    case_of,
    facts_of,
    occurrences,
    payments,
    presence,
)
from cvq.rules.deadline import Notice
from cvq.rules.excuse import Excused

IN_TIME, LATE, NONE = Notice
PRESENT, ABSENT, UNCHECKED = Presence


def stated(**document: object) -> Matrix:
    """Return the matrix that a tariff states."""
    return msgspec.convert(document, Matrix)


def one(kind: str, **of: object) -> list[dict[str, object]]:
    """Return a cell that does not change with the times."""
    return [{"due": {"kind": kind} | of}]


def sick(percent: int = 0, rank: int = 1) -> Excused:
    return Excused(reason="sickness", absence_day_rank=rank, percent=percent)


VAILHAUQUES = stated(
    late_present=one("percent", percent=150),
    unbooked_present=one("fixed", cents=1000),
    unexcused=one("fixed", cents=299),
)
PAULX = stated(late_present=one("price", price="late"))
LE_SOURN = stated(unbooked_present=one("price", price="unbooked"))
BAINS_SUR_OUST = stated(late_present=one("plus", cents=100))
PLAIN = Matrix()


@pytest.mark.parametrize(
    ("matrix", "booked", "cancelled", "seen", "excuse", "price", "cents"),
    [
        (PLAIN, IN_TIME, NONE, PRESENT, None, 319, 319),
        (VAILHAUQUES, IN_TIME, NONE, PRESENT, None, 300, 300),
        (VAILHAUQUES, LATE, NONE, PRESENT, None, 300, 450),
        (VAILHAUQUES, LATE, NONE, PRESENT, None, 320, 480),
        (VAILHAUQUES, NONE, NONE, PRESENT, None, 300, 1000),
        (VAILHAUQUES, IN_TIME, IN_TIME, ABSENT, None, 300, 0),
        (VAILHAUQUES, IN_TIME, LATE, ABSENT, None, 300, 299),
        (VAILHAUQUES, IN_TIME, LATE, ABSENT, sick(), 300, 0),
        (VAILHAUQUES, IN_TIME, NONE, ABSENT, None, 300, 299),
        (PAULX, IN_TIME, NONE, PRESENT, None, 429, 429),
        (PAULX, LATE, NONE, PRESENT, None, 429, 481),
        (LE_SOURN, NONE, NONE, PRESENT, None, 350, 549),
        (BAINS_SUR_OUST, LATE, NONE, PRESENT, None, 408, 508),
        (PLAIN, IN_TIME, NONE, ABSENT, None, 319, 319),
        (PLAIN, IN_TIME, NONE, ABSENT, sick(), 319, 0),
        # Half of 319 cents is rounded half up, as public tariffs are.
        (PLAIN, IN_TIME, NONE, ABSENT, sick(50), 319, 160),
        (PLAIN, IN_TIME, NONE, UNCHECKED, None, 319, None),
        (PLAIN, IN_TIME, NONE, UNCHECKED, sick(), 319, None),
        (PLAIN, IN_TIME, IN_TIME, UNCHECKED, None, 319, 0),
        (PLAIN, NONE, NONE, ABSENT, None, 319, 0),
        (PLAIN, NONE, NONE, UNCHECKED, None, 319, 0),
        # Cancelled in time, and there all the same: nobody booked that meal any more.
        (LE_SOURN, IN_TIME, IN_TIME, PRESENT, None, 350, 549),
        # Cancelled too late, and there all the same: the booking stands.
        (LE_SOURN, IN_TIME, LATE, PRESENT, None, 350, 350),
    ],
)
def test_each_case_of_the_matrix_has_its_own_due(
    matrix, booked, cancelled, seen, excuse, price, cents
):
    usage = Usage(booked=booked, cancelled=cancelled, presence=seen, excuse=excuse)

    assert bill(matrix, usage, price, {"late": 481, "unbooked": 549}).cents == cents


def test_a_service_that_closes_costs_nobody_anything_but_a_child_who_is_kept_is_charged():
    away = Usage(booked=IN_TIME, presence=UNCHECKED, service_closed=True)
    kept = Usage(booked=IN_TIME, presence=PRESENT, service_closed=True)

    assert bill(PLAIN, away, 319) == Billed(case=Case.SERVICE_CLOSED, cents=0)
    assert bill(PLAIN, kept, 319) == Billed(case=Case.BOOKED_PRESENT, cents=319)


def test_a_price_that_nobody_gave_is_not_guessed():
    with pytest.raises(PriceUnknown, match="late"):
        bill(PAULX, Usage(booked=LATE, presence=PRESENT), 429)


def test_two_absences_are_free_then_the_meal_is_due():
    grace = stated(
        unexcused=[
            {"due": {"kind": "percent", "percent": 0}},
            {"nth": 3, "due": {"kind": "percent", "percent": 100}},
        ]
    )
    due = [
        bill(grace, Usage(booked=IN_TIME, presence=ABSENT, occurrence=n), 319).cents
        for n in (1, 2, 3, 4)
    ]

    assert due == [0, 0, 319, 319]


def test_unbooked_garderie_costs_more_when_it_is_repeated():
    repeated = stated(
        unbooked_present=[
            {"due": {"kind": "percent", "percent": 100}},
            {"nth": 2, "due": {"kind": "plus", "cents": 500}},
        ]
    )
    due = [
        bill(repeated, Usage(booked=NONE, presence=PRESENT, occurrence=n), 120).cents
        for n in (1, 2, 3)
    ]

    assert due == [120, 620, 620]


@pytest.mark.parametrize(
    "cell",
    [
        [],
        [{"nth": 2, "due": {"kind": "percent", "percent": 0}}],
        [{"due": {"kind": "fixed", "cents": 0}}, {"due": {"kind": "fixed", "cents": 1}}],
        [{"due": {"kind": "fixed", "cents": -1}}],
    ],
)
def test_a_case_without_a_due_from_the_first_time_is_not_read(cell):
    with pytest.raises(msgspec.ValidationError):
        stated(late_cancelled=cell)


@pytest.mark.parametrize(
    ("evidence", "badge", "roll_call", "expected"),
    [
        (Evidence.BADGE, True, False, PRESENT),
        (Evidence.BADGE, False, True, ABSENT),
        (Evidence.BADGE, None, True, UNCHECKED),
        (Evidence.ROLL_CALL, True, False, ABSENT),
        (Evidence.ROLL_CALL, True, None, UNCHECKED),
        (Evidence.EITHER, True, False, PRESENT),
        (Evidence.EITHER, False, True, PRESENT),
        (Evidence.EITHER, False, False, ABSENT),
        # A forgotten card is no absence.
        (Evidence.EITHER, False, None, UNCHECKED),
        (Evidence.BOTH, True, True, PRESENT),
        (Evidence.BOTH, False, False, ABSENT),
        (Evidence.BOTH, True, False, UNCHECKED),
        (Evidence.BOTH, None, None, UNCHECKED),
    ],
)
def test_a_town_says_who_decides_that_a_child_was_there(evidence, badge, roll_call, expected):
    assert presence(evidence, badge=badge, roll_call=roll_call) is expected


def test_a_tariff_reads_the_facts_of_a_day():
    usage = Usage(booked=LATE, presence=ABSENT, excuse=sick(100, rank=2), occurrence=3)

    assert facts_of(usage) == {
        "booked": True,
        "notice": "late",
        "present": False,
        "excused": True,
        "absence": "excused",
        "absence_day_rank": 2,
        "case": "excused",
        "occurrence": 3,
    }
    assert facts_of(Usage(booked=IN_TIME, presence=ABSENT))["absence"] == "unexcused"
    assert facts_of(Usage(booked=IN_TIME, presence=PRESENT))["absence"] == "none"


percents = st.integers(0, 300).map(lambda p: {"kind": "percent", "percent": p})
amounts = st.integers(0, 2000)
dues = st.one_of(
    percents,
    amounts.map(lambda c: {"kind": "fixed", "cents": c}),
    amounts.map(lambda c: {"kind": "plus", "cents": c}),
)
cells = st.one_of(
    dues.map(lambda d: [{"due": d}]),
    st.tuples(dues, dues, st.integers(2, 4)).map(
        lambda t: [{"due": t[0]}, {"nth": t[2], "due": t[1]}]
    ),
)
CELLS = ("booked_present", "late_present", "unbooked_present", "unexcused", "late_cancelled")
matrices = st.fixed_dictionaries({}, optional=dict.fromkeys(CELLS, cells)).map(
    lambda document: stated(**document)
)
usages = st.builds(
    Usage,
    booked=st.sampled_from(Notice),
    presence=st.sampled_from(Presence),
    cancelled=st.sampled_from(Notice),
    excuse=st.none() | st.integers(0, 100).map(sick),
    service_closed=st.booleans(),
    occurrence=st.integers(1, 5),
)


@given(matrices, st.lists(usages, max_size=5), usages, amounts)
def test_prepaid_or_postpaid_a_family_owes_the_same(matrix, before, last, price):
    after = bill(matrix, last, price)
    written = payments(matrix, [*before, last], price)

    if after.cents is not None:
        assert sum(written) == after.cents
    else:
        came = msgspec.structs.replace(last, presence=PRESENT)
        assert sum(written) == bill(matrix, came, price).cents


@pytest.mark.parametrize(
    ("booked", "last", "written"),
    [
        (IN_TIME, {"presence": PRESENT}, (319, 0)),
        (IN_TIME, {"presence": ABSENT}, (319, 0)),
        (IN_TIME, {"presence": UNCHECKED}, (319, 0)),
        (IN_TIME, {"presence": ABSENT, "excuse": sick()}, (319, -319)),
        (IN_TIME, {"presence": ABSENT, "cancelled": IN_TIME}, (319, -319)),
        (IN_TIME, {"presence": UNCHECKED, "service_closed": True}, (319, -319)),
        (NONE, {"presence": PRESENT}, (0, 319)),
        (NONE, {"presence": ABSENT}, (0, 0)),
    ],
)
def test_a_booking_is_debited_whole_then_set_right_once(booked, last, written):
    at_booking = Usage(booked=booked, presence=UNCHECKED)

    assert payments(PLAIN, [at_booking, Usage(booked=booked, **last)], 319) == written


@given(matrices, st.lists(usages, min_size=1, max_size=4), amounts)
def test_what_is_learnt_in_another_order_ends_in_the_same_total(matrix, known, price):
    last = known[-1]
    totals = {sum(payments(matrix, [*order, last], price)) for order in permutations(known[:-1])}

    assert len(totals) == 1


@given(matrices, usages, amounts)
def test_learning_the_same_twice_writes_nothing(matrix, usage, price):
    assert payments(matrix, [usage, usage], price)[1] == 0


@given(matrices, usages, amounts)
def test_a_family_never_owes_less_than_nothing(matrix, usage, price):
    cents = bill(matrix, usage, price).cents

    assert cents is None or cents >= 0


@given(usages)
def test_a_child_who_never_booked_and_never_came_costs_nothing(usage):
    usage = msgspec.structs.replace(usage, booked=NONE, presence=ABSENT)

    assert bill(PLAIN, usage, 319) == Billed(case=Case.NOTHING, cents=0)


@given(usages, amounts, st.integers(0, 99))
def test_a_better_excuse_never_costs_more(usage, price, percent):
    better = msgspec.structs.replace(usage, excuse=sick(percent))
    worse = msgspec.structs.replace(usage, excuse=sick(percent + 1))

    assert (bill(PLAIN, better, price).cents or 0) <= (bill(PLAIN, worse, price).cents or 0)


# R2 and R5: the days of carence are borne by the family, they are no fine for telling.
GRACE = stated(
    unexcused=[
        {"due": {"kind": "percent", "percent": 0}},
        {"nth": 2, "due": {"kind": "fixed", "cents": 299}},
    ],
    late_cancelled=one("percent", percent=50),
)


@pytest.mark.parametrize(
    ("matrix", "cancelled", "occurrence", "cents"),
    [
        (GRACE, NONE, 1, 0),
        (GRACE, NONE, 2, 299),
        (GRACE, LATE, 1, 215),
        (VAILHAUQUES, NONE, 1, 299),
        (PLAIN, NONE, 1, 429),
    ],
)
def test_a_day_of_carence_costs_what_an_absence_that_nobody_excuses_would(
    matrix, cancelled, occurrence, cents
):
    plain = Usage(booked=IN_TIME, cancelled=cancelled, presence=ABSENT, occurrence=occurrence)
    carence = msgspec.structs.replace(plain, excuse=sick(100))

    assert bill(matrix, plain, 429).cents == cents
    assert bill(matrix, carence, 429) == Billed(case=Case.EXCUSED, cents=cents)


def test_a_third_day_of_carence_is_still_the_first_absence_that_would_not_be_excused():
    third = Usage(booked=IN_TIME, presence=ABSENT, excuse=sick(100), occurrence=3)
    third = msgspec.structs.replace(third, unexcused_occurrence=1)

    assert bill(GRACE, third, 429).cents == 0


@given(matrices, usages, amounts)
def test_an_excuse_never_raises_a_bill(matrix, usage, price):
    plain = msgspec.structs.replace(usage, excuse=None)
    excused, unexcused = (bill(matrix, one, price).cents for one in (usage, plain))

    assert (excused is None) == (unexcused is None)
    assert (excused or 0) <= (unexcused or 0)


def year_of(matrix: Matrix, excuses: list[Excused | None], price: int) -> int:
    """Return what absences come to, one a day from 1 October, each counted among the others."""
    days = {date(2025, 10, 1 + n): excuse for n, excuse in enumerate(excuses)}
    cases = {day: Case.EXCUSED if excuse else Case.UNEXCUSED for day, excuse in days.items()}
    total, nth = 0, occurrences(cases, Period.SCHOOL_YEAR)
    for day, excuse in days.items():
        usage = Usage(booked=IN_TIME, presence=ABSENT, excuse=excuse, occurrence=nth[day])
        other = occurrences({**cases, day: Case.UNEXCUSED}, Period.SCHOOL_YEAR)[day]
        usage = msgspec.structs.replace(usage, unexcused_occurrence=other)
        total += bill(matrix, usage, price).cents or 0
    return total


excused_or_not = st.lists(st.none() | st.integers(0, 100).map(sick), max_size=6)


@given(st.tuples(amounts, amounts).map(sorted), excused_or_not, amounts)
def test_over_a_year_excuses_never_raise_what_a_family_owes(rising, excuses, price):
    first, then = ({"kind": "fixed", "cents": cents} for cents in rising)
    matrix = stated(unexcused=[{"due": first}, {"nth": 3, "due": then}])

    assert year_of(matrix, excuses, price) <= year_of(matrix, [None] * len(excuses), price)


@given(usages)
def test_every_day_falls_in_one_case(usage):
    assert isinstance(case_of(usage), Case)


many_days = st.dictionaries(
    st.dates(date(2025, 1, 1), date(2027, 12, 31)), st.sampled_from(Case), max_size=30
)


@given(many_days, st.sampled_from(Period), st.randoms())
def test_times_are_counted_in_the_order_of_the_days_whoever_told_first(cases, period, random):
    shuffled = list(cases.items())
    random.shuffle(shuffled)

    assert occurrences(dict(shuffled), period) == occurrences(cases, period)


@given(many_days)
def test_for_ever_each_case_is_counted_once_a_day(cases):
    ranks = occurrences(cases, Period.EVER)

    assert Counter(cases.values()) == {
        case: max(ranks[day] for day in cases if cases[day] is case) for case in cases.values()
    }


@pytest.mark.parametrize(
    ("period", "ranks"),
    [
        (Period.MONTH, [1, 1, 1]),
        (Period.YEAR, [1, 2, 1]),
        (Period.SCHOOL_YEAR, [1, 1, 2]),
        (Period.EVER, [1, 2, 3]),
    ],
)
def test_the_count_begins_again_with_the_period(period, ranks):
    dates = [date(2025, 8, 29), date(2025, 9, 1), date(2026, 1, 5)]
    counted = occurrences(dict.fromkeys(dates, Case.UNEXCUSED), period)

    assert [counted[day] for day in dates] == ranks
