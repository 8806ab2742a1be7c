"""What an hour of crèche costs, by the national scale."""

from datetime import date, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.rules.creche_scale import (
    NATIONAL,
    Bound,
    Care,
    CeilingTooLow,
    FamilyResources,
    ScaleNotPublished,
    changes_from,
    effort_rate,
    figures_of,
    hourly_rate,
)

AUTUMN_2025 = date(2025, 10, 1)


def family(euros: int | None, children: int = 1, **more: object) -> FamilyResources:
    return FamilyResources(
        annual_cents=None if euros is None else euros * 100, children=children, **more
    )


@pytest.mark.parametrize(
    ("euros", "children", "cents", "bound"),
    [
        (24_000, 1, 124, Bound.NONE),
        (40_923, 1, 211, Bound.NONE),
        (40_923, 2, 176, Bound.NONE),
        (36_000, 3, 124, Bound.NONE),
        (6_000, 1, 50, Bound.FLOOR),
        (150_000, 1, 526, Bound.CEILING),
        (27_600, 2, 119, Bound.NONE),
        (0, 1, 50, Bound.FLOOR),
        (None, 1, 526, Bound.CEILING),
        (72_000, 1, 371, Bound.NONE),
        (12_000, 3, 41, Bound.NONE),
    ],
)
def test_an_hour_costs_the_effort_rate_of_the_monthly_resources(euros, children, cents, bound):
    hourly = hourly_rate(family(euros, children), AUTUMN_2025)

    assert (hourly.cents, hourly.bound) == (cents, bound)


@pytest.mark.parametrize(
    ("monthly", "children", "disabled", "cents"),
    [
        (2_000, 1, 1, 103),
        (2_500, 2, 1, 103),
        (3_000, 2, 2, 93),
        (4_000, 4, 1, 82),
        (3_000, 2, 1, 124),
    ],
)
def test_each_disabled_child_moves_the_family_one_rate_further(monthly, children, disabled, cents):
    asked = family(monthly * 12, children, disabled=disabled)

    assert hourly_rate(asked, AUTUMN_2025).cents == cents


def test_a_child_in_public_care_pays_the_floor_whatever_the_resources():
    hourly = hourly_rate(family(90_000, in_public_care=True), AUTUMN_2025)

    assert (hourly.cents, hourly.bound) == (50, Bound.FLOOR)


@pytest.mark.parametrize(
    ("care", "rates"),
    [
        (Care.COLLECTIVE, [619, 516, 413, 310, 310, 310, 310, 206, 206, 206]),
        (Care.FAMILY, [516, 413, 310, 310, 310, 206, 206, 206, 206, 206]),
    ],
)
def test_the_rates_are_those_of_the_national_table(care, rates):
    figures = figures_of(NATIONAL, AUTUMN_2025)

    assert [effort_rate(figures, family(0, n), care) for n in range(1, 11)] == rates


@pytest.mark.parametrize(
    ("day", "floor", "ceiling"),
    [
        (date(2024, 8, 31), 765_77, 6_000_00),
        (date(2024, 9, 1), 765_77, 7_000_00),
        (date(2025, 1, 1), 801_00, 7_000_00),
        (date(2025, 8, 31), 801_00, 7_000_00),
        (date(2025, 9, 1), 801_00, 8_500_00),
    ],
)
def test_floor_and_ceiling_change_on_their_day(day, floor, ceiling):
    figures = figures_of(NATIONAL, day)

    assert (figures.floor_cents, figures.ceiling_cents) == (floor, ceiling)


@pytest.mark.parametrize("day", [date(2023, 12, 31), date(2026, 1, 1), date(2026, 11, 22)])
def test_a_day_without_published_figures_has_no_price(day):
    with pytest.raises(ScaleNotPublished, match=f"{day:%d/%m/%Y}"):
        hourly_rate(family(24_000), day)


def test_a_town_adds_the_year_that_was_published():
    figures = msgspec.structs.replace(
        NATIONAL[-1],
        valid_from=date(2019, 1, 1),
        valid_until=date(2020, 1, 1),
        floor_cents=705_27,
    )
    hourly = hourly_rate(family(0), date(2019, 9, 1), scale=(*NATIONAL, figures))

    assert hourly.cents == 44


def test_the_national_figures_never_hold_twice_on_a_day():
    for before, after in pairwise(NATIONAL):
        assert before.valid_from < before.valid_until == after.valid_from


def test_a_town_may_go_above_the_national_ceiling_and_never_below():
    assert hourly_rate(family(150_000), AUTUMN_2025, own_ceiling_cents=10_000_00).cents == 619

    with pytest.raises(CeilingTooLow):
        hourly_rate(family(150_000), AUTUMN_2025, own_ceiling_cents=6_000_00)


@pytest.mark.parametrize(
    ("born_on", "since"),
    [(date(2025, 10, 1), date(2025, 11, 1)), (date(2025, 12, 31), date(2026, 1, 1))],
)
def test_a_birth_changes_the_price_from_the_month_that_follows(born_on, since):
    assert changes_from(born_on) == since


families = st.builds(
    FamilyResources,
    annual_cents=st.integers(0, 20_000_000),
    children=st.integers(1, 12),
    disabled=st.integers(0, 4),
)
figured = st.dates(NATIONAL[0].valid_from, NATIONAL[-1].valid_until - timedelta(days=1))


@given(families, figured, st.integers(0, 500_000), st.sampled_from(Care))
def test_more_resources_never_cost_less(asked, day, more, care):
    richer = msgspec.structs.replace(asked, annual_cents=(asked.annual_cents or 0) + more)

    assert hourly_rate(asked, day, care=care).cents <= hourly_rate(richer, day, care=care).cents


@given(families, figured, st.sampled_from(Care))
def test_one_more_child_disabled_or_not_never_costs_more(asked, day, care):
    price = hourly_rate(asked, day, care=care).cents
    for more in ({"children": asked.children + 1}, {"disabled": asked.disabled + 1}):
        larger = msgspec.structs.replace(asked, **more)

        assert hourly_rate(larger, day, care=care).cents <= price


@given(families, figured)
def test_an_hour_costs_at_least_the_floor_and_at_most_the_ceiling(asked, day):
    least = hourly_rate(msgspec.structs.replace(asked, annual_cents=0), day).cents
    most = hourly_rate(msgspec.structs.replace(asked, annual_cents=None), day).cents

    assert least <= hourly_rate(asked, day).cents <= most
