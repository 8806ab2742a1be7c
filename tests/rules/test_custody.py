"""Who has the child on a day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.rules.custody import Alternation, Custody, custodian, payer

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
