"""How an account takes a price, and which of several taps count."""

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cvq.rules import purse, repetition

amounts = st.integers(0, 100_000)
balances = st.integers(-100_000, 100_000)
grace = st.integers(1, 1_800_000)
facts = st.lists(
    st.tuples(st.integers(0, 3_600_000), st.integers(1, 3), st.integers(1, 9)), unique=True
)


@given(amount=amounts, spendable=balances)
def test_a_price_is_shared_between_the_account_and_the_debt(amount: int, spendable: int) -> None:
    split = purse.charge(amount=amount, spendable=spendable)

    assert split.paid + split.owed == amount
    assert 0 <= split.paid <= max(spendable, 0)
    assert split.owed == 0 or split.paid == max(spendable, 0)


@given(amount=amounts, owed=balances)
def test_a_credit_pays_the_debt_before_anything_is_free(amount: int, owed: int) -> None:
    split = purse.repay(amount=amount, owed=owed)

    assert split.paid + split.owed == amount
    assert 0 <= split.owed <= max(owed, 0)
    assert split.paid == 0 or split.owed == max(owed, 0)


@given(price=amounts, spendable=amounts, credit=amounts)
def test_nobody_ever_has_free_money_and_a_debt(price: int, spendable: int, credit: int) -> None:
    charged = purse.charge(amount=price, spendable=spendable)
    repaid = purse.repay(amount=spendable - charged.paid + credit, owed=charged.owed)

    assert repaid.paid == 0 or charged.owed == repaid.owed
    assert repaid.paid - (charged.owed - repaid.owed) == spendable + credit - price


@given(facts=facts, grace_ms=grace)
def test_what_counts_is_apart_and_what_does_not_is_near_what_does(
    facts: list[repetition.Fact], grace_ms: int
) -> None:
    counted = sorted(repetition.counted(facts, grace_ms))

    assert all(later[0] - sooner[0] >= grace_ms for sooner, later in pairwise(counted))
    for fact in set(facts) - set(counted):
        assert any(one < fact and fact[0] - one[0] < grace_ms for one in counted)


@given(facts=facts, grace_ms=grace, random=st.randoms(use_true_random=False))
def test_what_counts_does_not_depend_on_the_order_in_which_it_is_told(
    facts: list[repetition.Fact], grace_ms: int, random: Random
) -> None:
    again = [*facts, *facts[:3]]
    random.shuffle(again)

    assert repetition.counted(again, grace_ms) == repetition.counted(facts, grace_ms)


@given(facts=facts, grace_ms=grace)
def test_the_first_of_all_counts(facts: list[repetition.Fact], grace_ms: int) -> None:
    counted = repetition.counted(facts, grace_ms)

    assert (min(facts) in counted) if facts else not counted


def test_the_distance_that_is_asked_for_is_enough() -> None:
    taps = [(0, 1, 1), (59_999, 1, 2), (60_000, 2, 1), (60_000, 3, 1), (119_999, 1, 3)]

    assert repetition.counted(taps, 60_000) == {(0, 1, 1), (60_000, 2, 1)}
