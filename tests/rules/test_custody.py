"""Who has the child on a day, and who pays which part of it."""

from datetime import date, timedelta
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.rules.custody import (
    Alternation,
    Custody,
    Cycle,
    HolidayTurns,
    custodian,
    holiday_custodian,
    payer,
)
from cvq.rules.sharing import (
    AnySharing,
    BookingAnswer,
    ByDay,
    MayBook,
    Parties,
    QuotientOf,
    booking_answer,
    may_see,
    priced_as,
    split,
    weights,
)

FATHER, MOTHER, GRANDPARENTS = 1, 2, 3
TURNS = Alternation(anchor_on=date(2025, 9, 1), household_a=FATHER, household_b=MOTHER)
days = st.dates(date(2000, 1, 1), date(2060, 1, 1))


@pytest.mark.parametrize(
    ("day", "household"),
    [
        (date(2025, 9, 1), FATHER),  # the Monday agreed upon
        (date(2025, 9, 7), FATHER),
        (date(2025, 9, 8), MOTHER),
        (date(2025, 9, 14), MOTHER),
        (date(2025, 9, 15), FATHER),
        (date(2025, 8, 31), MOTHER),  # the Sunday before
        (date(2025, 8, 24), FATHER),
        # 2026 has a week 53, odd like the week 1 that follows: the turns go on all the same.
        (date(2026, 12, 21), FATHER),
        (date(2026, 12, 28), MOTHER),
        (date(2027, 1, 4), FATHER),
        (date(2027, 1, 11), MOTHER),
    ],
)
def test_parents_have_the_child_week_after_week(day, household):
    assert custodian(TURNS, day) == household


@given(days)
def test_a_week_later_it_is_the_other_parents_turn(day):
    later = day + timedelta(days=7)

    assert {custodian(TURNS, day), custodian(TURNS, later)} == {FATHER, MOTHER}


@given(days)
def test_one_parent_has_the_child_from_monday_to_sunday(day):
    monday = day - timedelta(days=day.weekday())

    assert len({custodian(TURNS, monday + timedelta(days=n)) for n in range(7)}) == 1


@pytest.mark.parametrize(
    ("custody", "household"),
    [
        (Custody(), None),
        (Custody(main=MOTHER), MOTHER),
        (Custody(main=MOTHER, alternation=TURNS), FATHER),
        (Custody(main=MOTHER, alternation=TURNS, exception=GRANDPARENTS), GRANDPARENTS),
        (Custody(main=MOTHER, exception=GRANDPARENTS), GRANDPARENTS),
    ],
)
def test_a_day_agreed_apart_wins_then_the_calendar_then_the_main_household(custody, household):
    assert payer(custody, date(2025, 9, 1)) == household


# 2 days, 2 days, then the weekend; the other way round the week after.
TWO_TWO_THREE = Cycle(
    anchor_on=date(2025, 9, 1),
    households=(1, 1, 2, 2, 1, 1, 1, 2, 2, 1, 1, 2, 2, 2),
)
WEDNESDAYS = Cycle(anchor_on=date(2025, 9, 1), households=(1, 1, 2, 1, 1, 1, 1))


@pytest.mark.parametrize(
    ("cycle", "day", "household"),
    [
        (TWO_TWO_THREE, date(2025, 9, 3), MOTHER),
        (TWO_TWO_THREE, date(2025, 9, 8), MOTHER),
        (TWO_TWO_THREE, date(2025, 9, 15), FATHER),
        (TWO_TWO_THREE, date(2025, 8, 31), MOTHER),
        (WEDNESDAYS, date(2026, 12, 30), MOTHER),
        (WEDNESDAYS, date(2027, 1, 6), MOTHER),
        (WEDNESDAYS, date(2027, 1, 7), FATHER),
    ],
)
def test_parents_may_agree_on_any_days_that_come_round_again(cycle, day, household):
    assert custodian(cycle, day) == household


def test_a_cycle_without_a_household_is_not_read():
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"anchor_on": "2025-09-01", "households": []}, Cycle)


# Zone A: from Saturday 20 December 2025 until Monday 5 January 2026, 16 days.
CHRISTMAS = HolidayTurns(
    starts_on=date(2025, 12, 20), ends_on=date(2026, 1, 5), household_a=FATHER, household_b=MOTHER
)


@pytest.mark.parametrize(
    ("day", "household"),
    [
        (date(2025, 12, 19), None),
        (date(2025, 12, 20), MOTHER),  # an odd year: household b has the first half
        (date(2025, 12, 27), MOTHER),
        (date(2025, 12, 28), FATHER),
        (date(2026, 1, 4), FATHER),
        (date(2026, 1, 5), None),
    ],
)
def test_a_holiday_is_shared_by_halves_and_the_halves_change_with_the_year(day, household):
    assert holiday_custodian(CHRISTMAS, day) == household


def test_a_whole_holiday_may_go_to_each_parent_every_other_year():
    whole = msgspec.structs.replace(CHRISTMAS, parts=1)
    next_year = msgspec.structs.replace(
        whole, starts_on=date(2026, 12, 19), ends_on=date(2027, 1, 4)
    )

    assert {holiday_custodian(whole, CHRISTMAS.starts_on + timedelta(n)) for n in range(16)} == {
        MOTHER
    }
    assert holiday_custodian(next_year, date(2027, 1, 3)) == FATHER


def test_the_holidays_win_over_the_calendar_and_a_day_agreed_apart_over_the_holidays():
    custody = Custody(main=MOTHER, alternation=TURNS, holiday=CHRISTMAS)

    # The week of 22 December 2025 is the father's by the calendar.
    assert custodian(TURNS, date(2025, 12, 22)) == FATHER
    assert payer(custody, date(2025, 12, 22)) == MOTHER
    assert payer(custody, date(2026, 1, 5)) == custodian(TURNS, date(2026, 1, 5))
    apart = msgspec.structs.replace(custody, exception=GRANDPARENTS)
    assert payer(apart, date(2025, 12, 22)) == GRANDPARENTS


@given(days, st.integers(1, 120), st.integers(1, 8))
def test_parts_of_a_holiday_differ_by_a_day_at_most(starts_on, length, parts):
    holiday = HolidayTurns(
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=length),
        household_a=FATHER,
        household_b=MOTHER,
        parts=parts,
    )
    turns = [holiday_custodian(holiday, starts_on + timedelta(days=n)) for n in range(length)]

    assert set(turns) <= {FATHER, MOTHER}
    if parts == 2:
        assert 0 <= turns.count(turns[0]) - (length - turns.count(turns[0])) <= 1


@given(days, st.lists(st.sampled_from([FATHER, MOTHER]), min_size=1, max_size=28))
def test_a_cycle_comes_round_before_its_anchor_and_after(day, households):
    cycle = Cycle(anchor_on=date(2025, 9, 1), households=tuple(households))

    assert custodian(cycle, day) == custodian(cycle, day + timedelta(days=len(households)))


PARTIES = Parties(custodian=FATHER, main=MOTHER, households=frozenset({FATHER, MOTHER}))


def test_319_cents_by_halves_are_160_and_159_then_159_and_160():
    first, gains = split(319, {FATHER: 50, MOTHER: 50})
    second, gains = split(319, {FATHER: 50, MOTHER: 50}, gains)

    assert first == {FATHER: 160, MOTHER: 159}
    assert second == {FATHER: 159, MOTHER: 160}
    assert gains == {FATHER: 0, MOTHER: 0}


@pytest.mark.parametrize(
    ("cents", "parts"), [(100, {FATHER: 70, MOTHER: 30}), (101, {FATHER: 71, MOTHER: 30})]
)
def test_seventy_and_thirty_percent_share_every_cent(cents, parts):
    assert split(cents, {FATHER: 70, MOTHER: 30})[0] == parts


def test_ten_days_in_turn_are_five_days_each():
    owed = {FATHER: 0, MOTHER: 0}
    for n in (*range(5), *range(7, 12)):
        day = date(2025, 9, 1) + timedelta(days=n)
        among = weights(ByDay(), "CANTEEN", custodian(TURNS, day))
        for household, cents in split(319, among)[0].items():
            owed[household] += cents

    assert owed == {FATHER: 1595, MOTHER: 1595}


def halves(father: int, mother: int) -> dict[str, object]:
    """Return a split as parents state it."""
    parts = [(FATHER, father), (MOTHER, mother)]
    return {"kind": "split", "parts": [{"household": h, "weight": w} for h, w in parts]}


CANTEEN_BY_MOTHER = {
    "kind": "per_service",
    "services": [{"service": "CANTEEN", "household": MOTHER}],
}


@pytest.mark.parametrize(
    ("document", "service", "expected"),
    [
        ({"kind": "by_day"}, "CANTEEN", {FATHER: 1}),
        ({"kind": "one_payer", "household": GRANDPARENTS}, "CANTEEN", {GRANDPARENTS: 1}),
        (halves(70, 30), "CANTEEN", {FATHER: 70, MOTHER: 30}),
        (halves(100, 0), "CANTEEN", {FATHER: 100}),
        (CANTEEN_BY_MOTHER, "CANTEEN", {MOTHER: 1}),
        (CANTEEN_BY_MOTHER, "CRECHE", {FATHER: 1}),
    ],
)
def test_parents_say_how_they_pay(document, service, expected):
    sharing = msgspec.convert(document, AnySharing)

    assert weights(sharing, service, FATHER) == expected


def test_a_day_that_nobody_answers_for_has_no_payer():
    assert weights(ByDay(), "CANTEEN", None) == {}


@pytest.mark.parametrize("parts", [[], [(1, 0)], [(1, 50), (1, 50)], [(1, -1), (2, 2)]])
def test_a_split_that_nobody_pays_or_somebody_twice_is_not_read(parts):
    stated = [{"household": household, "weight": weight} for household, weight in parts]

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kind": "split", "parts": stated}, AnySharing)


shares = st.dictionaries(st.integers(1, 9), st.integers(1, 100), min_size=1, max_size=5)
amounts = st.lists(st.integers(-5000, 5000), min_size=1, max_size=12)


@given(amounts, shares)
def test_no_cent_is_lost_and_nobody_loses_more_than_a_cent(all_cents, among):
    gains = None
    for cents in all_cents:
        parts, gains = split(cents, among, gains)

        assert sum(parts.values()) == cents
        assert sum(gains.values()) == 0
        total = sum(among.values())
        for household, part in parts.items():
            assert abs(part - Fraction(cents * among[household], total)) < 1


@given(st.lists(st.integers(-5000, 5000), min_size=1, max_size=40))
def test_by_halves_nobody_is_ever_a_cent_behind(all_cents):
    gains = None
    for cents in all_cents:
        _, gains = split(cents, {FATHER: 1, MOTHER: 1}, gains)

    assert gains is not None
    assert all(abs(gain) <= Fraction(1, 2) for gain in gains.values())


@given(st.integers(0, 5000), shares, st.randoms())
def test_the_order_in_which_payers_are_named_changes_nothing(cents, among, random):
    named = list(among.items())
    random.shuffle(named)

    assert split(cents, dict(named)) == split(cents, among)


@pytest.mark.parametrize(
    ("rule", "household", "booker", "answer"),
    [
        (MayBook.CUSTODIAN, FATHER, None, BookingAnswer.BOOK),
        (MayBook.CUSTODIAN, MOTHER, None, BookingAnswer.REQUEST),
        (MayBook.BOTH, MOTHER, None, BookingAnswer.BOOK),
        (MayBook.ONE, MOTHER, MOTHER, BookingAnswer.BOOK),
        (MayBook.ONE, FATHER, MOTHER, BookingAnswer.REQUEST),
        (MayBook.ONE, FATHER, None, BookingAnswer.REQUEST),
        (MayBook.BOTH, GRANDPARENTS, None, BookingAnswer.REFUSE),
    ],
)
def test_who_does_not_have_the_child_that_day_asks_the_other(rule, household, booker, answer):
    assert booking_answer(rule, PARTIES, household, booker) is answer


def test_a_parent_whom_a_court_bars_neither_books_nor_sees_the_child():
    barred = msgspec.structs.replace(PARTIES, barred=frozenset({FATHER}))

    assert booking_answer(MayBook.BOTH, barred, FATHER) is BookingAnswer.REFUSE
    assert not may_see(barred, FATHER)
    assert may_see(barred, MOTHER)


def test_each_payer_has_their_own_price_or_both_the_price_of_the_main_household():
    assert priced_as(QuotientOf.PAYER, FATHER, PARTIES) == FATHER
    assert priced_as(QuotientOf.MAIN, FATHER, PARTIES) == MOTHER
