"""What a quotient is worth on a day, and how an authority works one out."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.rules.quotient import (
    Held,
    Missing,
    NoShares,
    Rounding,
    Stand,
    Standing,
    half_shares,
    missing,
    next_renewal,
    of_resources,
    of_tax_notice,
    stand,
    starts_on,
)

SEPTEMBER_AND_JANUARY = ((1, 1), (9, 1))
days = st.dates(date(2000, 1, 1), date(2060, 1, 1))


@pytest.mark.parametrize(
    ("children", "disabled", "halves"),
    [(0, 0, 4), (1, 0, 5), (2, 0, 6), (3, 0, 8), (4, 0, 9), (2, 1, 7), (3, 2, 10)],
)
def test_the_third_child_counts_a_whole_share(children, disabled, halves):
    assert half_shares(children=children, disabled_children=disabled) == halves


@pytest.mark.parametrize(
    ("yearly", "benefits", "children", "quotient"),
    [
        (30_000, 148, 2, 882),  # a couple: (2 500 + 148) / 3 is 882,67
        (18_000, 0, 1, 600),  # a lone parent
        (42_000, 340, 3, 960),
        (0, 0, 0, 0),
        (-500, 0, 2, 0),
    ],
)
def test_a_quotient_is_a_month_of_resources_over_the_shares(yearly, benefits, children, quotient):
    worked_out = of_resources(
        yearly_cents=yearly * 100,
        monthly_benefits_cents=benefits * 100,
        half_shares=half_shares(children=children),
    )

    assert worked_out == quotient


def test_the_rounding_is_named():
    family = {"yearly_cents": 3_000_000, "monthly_benefits_cents": 14_800, "half_shares": 6}

    assert of_resources(**family, rounding=Rounding.DOWN) == 882
    assert of_resources(**family, rounding=Rounding.HALF_UP) == 883


@pytest.mark.parametrize(
    ("income", "quarters", "rounding", "quotient"),
    [
        (24_000, 10, Rounding.DOWN, 800),  # two parts and a half
        (25_000, 9, Rounding.DOWN, 925),  # 925,93
        (25_000, 9, Rounding.HALF_UP, 926),
        (6, 4, Rounding.HALF_UP, 1),  # a half goes up
        (6, 4, Rounding.DOWN, 0),
    ],
)
def test_a_tax_notice_gives_a_twelfth_of_the_income_for_each_part(
    income, quarters, rounding, quotient
):
    worked_out = of_tax_notice(reference_income=income, quarter_parts=quarters, rounding=rounding)

    assert worked_out == quotient


@pytest.mark.parametrize("none", [0, -1])
def test_a_quotient_without_a_share_is_refused_in_a_sentence(none):
    with pytest.raises(NoShares, match="une part au moins"):
        of_tax_notice(reference_income=24_000, quarter_parts=none)
    with pytest.raises(NoShares, match="une part au moins"):
        of_resources(yearly_cents=2_400_000, monthly_benefits_cents=0, half_shares=none)


TOLD = Held(value=640, valid_from=date(2026, 9, 1), renew_on=date(2027, 9, 1))
PAPER = Held(value=900, valid_from=date(2025, 9, 1), valid_until=date(2026, 9, 1))
NO = Held(value=None, valid_from=date(2026, 9, 1))


@pytest.mark.parametrize(
    ("held", "day", "found"),
    [
        ((), date(2026, 9, 1), Stand(Standing.NOT_GIVEN)),
        ((TOLD,), date(2026, 8, 31), Stand(Standing.NOT_GIVEN)),
        ((PAPER, TOLD), date(2026, 8, 31), Stand(Standing.KNOWN, 900)),
        ((PAPER, TOLD), date(2026, 9, 1), Stand(Standing.KNOWN, 640)),
        ((TOLD, PAPER), date(2027, 8, 31), Stand(Standing.KNOWN, 640)),
        ((TOLD,), date(2027, 9, 1), Stand(Standing.KEPT, 640)),
        ((TOLD,), date(2031, 9, 1), Stand(Standing.KEPT, 640)),
        ((PAPER,), date(2026, 9, 1), Stand(Standing.EXPIRED)),
        ((PAPER, NO), date(2026, 9, 1), Stand(Standing.REFUSED)),
    ],
)
def test_what_holds_of_a_quotient_on_a_day_is_a_value(held, day, found):
    assert stand(held, day) == found


@given(days, st.integers(0, 4000), st.integers(0, 3000))
def test_time_alone_never_takes_away_a_quotient_that_is_ours_to_renew(day, value, later):
    held = Held(value=value, valid_from=day, renew_on=day + timedelta(days=365))

    assert stand((held,), day + timedelta(days=later)).value == value


@pytest.mark.parametrize(
    ("day", "renewal"),
    [
        (date(2026, 8, 31), date(2026, 9, 1)),
        (date(2026, 9, 1), date(2027, 1, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
        (date(2027, 1, 1), date(2027, 9, 1)),
    ],
)
def test_quotients_are_renewed_in_september_and_january(day, renewal):
    assert next_renewal(day, SEPTEMBER_AND_JANUARY) == renewal


@given(st.none() | days, days)
def test_a_quotient_never_begins_before_tomorrow_nor_before_its_renewal(renew_on, today):
    first = starts_on(renew_on, today)

    assert first > today
    assert renew_on is None or first >= renew_on
    assert first in (renew_on, today + timedelta(days=1))


def test_why_a_quotient_is_missing_is_what_was_told_last():
    told = [
        Held(value=480, valid_from=date(2024, 9, 1), valid_until=date(2025, 9, 1)),
        Held(value=None, valid_from=date(2025, 10, 1), valid_until=date(2026, 1, 1)),
    ]

    assert missing(told, date(2024, 8, 31)) == Missing(Standing.NOT_GIVEN)
    assert missing(told, date(2025, 9, 15)) == Missing(Standing.EXPIRED, date(2025, 9, 1))
    # It gave one since, from January: on that day it still refused.
    assert missing(told, date(2025, 12, 1)) == Missing(Standing.REFUSED, date(2025, 10, 1))
