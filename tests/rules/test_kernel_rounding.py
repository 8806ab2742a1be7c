"""Rounding half up, the way public tariffs do."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.kernel.rounding import half_up


@pytest.mark.parametrize(
    ("exact", "whole"),
    [
        (Fraction("318.45"), 318),
        (Fraction("247.5"), 248),
        (Fraction("1942.5"), 1943),
        (Fraction("-247.5"), -248),
        (Fraction("-247.4"), -247),
        (Fraction("0.5"), 1),
        (7, 7),
        (0, 0),
    ],
)
def test_a_half_goes_away_from_zero(exact, whole):
    assert half_up(exact) == whole


@given(st.fractions())
def test_the_nearest_whole_number_is_never_more_than_a_half_away(exact):
    assert abs(half_up(exact) - exact) <= Fraction(1, 2)
    assert half_up(-exact) == -half_up(exact)
