"""The crèche scale says the same as a rule and as a document."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.rules.creche_scale import NATIONAL, FamilyResources, ScaleNotPublished, hourly_rate
from cvq.rules.tariff.document import compile_text
from cvq.rules.tariff.items import rate
from cvq.rules.tariff.outcome import Priced, RefusalKind, Refused

DOCUMENT = Path(__file__).parents[2] / "docs/tariffs/creche-psu.yaml"
HOUR = compile_text(DOCUMENT.read_text()).items["nursery_hour"]
FIRST, LAST = NATIONAL[0].valid_from, NATIONAL[-1].valid_until


@given(
    st.dates(FIRST, LAST - timedelta(days=1)),
    st.none() | st.integers(0, 20_000_000),
    st.integers(1, 12),
    st.integers(0, 4),
    st.booleans(),
)
def test_an_hour_costs_what_the_rule_says(
    day: date, yearly: int | None, children: int, disabled: int, in_public_care: bool
) -> None:
    family = FamilyResources(
        annual_cents=yearly, children=children, disabled=disabled, in_public_care=in_public_care
    )

    priced = rate(
        HOUR,
        {
            "day": day,
            "yearly_income": yearly,
            "dependent_children": children,
            "disabled_children": disabled,
            "public_care": in_public_care,
            "duration": 60,
        },
    )

    assert isinstance(priced, Priced)
    assert priced.cents == hourly_rate(family, day).cents


@pytest.mark.parametrize("day", [FIRST - timedelta(days=1), LAST])
def test_a_year_without_published_figures_has_no_price_in_either(day: date) -> None:
    family = FamilyResources(annual_cents=3_000_000, children=1)

    asked = {"day": day, "yearly_income": 3_000_000, "dependent_children": 1, "duration": 60}
    refused = rate(HOUR, asked)

    assert isinstance(refused, Refused)
    assert refused.kind is RefusalKind.NO_PRICE
    with pytest.raises(ScaleNotPublished):
        hourly_rate(family, day)
