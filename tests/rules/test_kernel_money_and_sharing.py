from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.kernel.money import AmountUnreadable, cents_of, euros
from cvq.kernel.sharing import rounding_gains, share

amounts = st.integers(-10_000_000, 10_000_000)
weights = st.lists(st.integers(0, 1000), min_size=1, max_size=6).filter(any)


@pytest.mark.parametrize(
    ("cents", "read"),
    [
        (340, "3,40 €"),
        (0, "0,00 €"),
        (5, "0,05 €"),
        (-5, "-0,05 €"),
        (123_450, "1 234,50 €"),
        (-100_000_000, "-1 000 000,00 €"),
    ],
)
def test_an_amount_is_read_the_french_way(cents, read):
    assert euros(cents) == read


def test_a_credit_gives_the_odd_cent_to_whom_rounding_has_cost_most():
    gains = rounding_gains(319, [1, 1])  # the first paid 160

    assert share(-319, [1, 1], gains) == (-160, -159)
    assert rounding_gains(-319, [1, 1], gains) == (Fraction(0), Fraction(0))


@given(amounts)
def test_an_amount_written_down_is_read_back(cents):
    assert cents_of(euros(cents)) == cents


@pytest.mark.parametrize(
    ("text", "cents"), [("3,4", 340), (" 3.40 ", 340), ("12", 1200), ("1234,50€", 123_450)]
)
def test_an_amount_may_be_written_in_several_ways(text, cents):
    assert cents_of(text) == cents


@pytest.mark.parametrize("text", ["", "€", "3,456", "1 23,00", "1,2,3", "trois", "1e3", "٣"])
def test_what_is_not_an_amount_is_refused(text):
    with pytest.raises(AmountUnreadable):
        cents_of(text)


def test_319_cents_for_two_are_160_and_159_then_the_other_way_round():
    first = share(319, [1, 1])
    gains = rounding_gains(319, [1, 1])

    assert first == (160, 159)
    assert share(319, [1, 1], gains) == (159, 160)


def test_seventy_thirty_of_101_cents_are_71_and_30():
    assert share(100, [70, 30]) == (70, 30)
    assert share(101, [70, 30]) == (71, 30)


@given(amounts, weights)
def test_shares_add_up_and_are_within_a_cent_of_what_is_just(cents, weights):
    parts = share(cents, weights)

    assert sum(parts) == cents
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(cents * weight, sum(weights))) < 1
        assert part == 0 or weight > 0


@given(amounts, weights)
def test_gains_of_rounding_cancel_out(cents, weights):
    assert sum(rounding_gains(cents, weights)) == 0


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_an_amount_is_not_shared_between_nobody(weights):
    with pytest.raises(ValueError, match="cannot share"):
        share(100, weights)
