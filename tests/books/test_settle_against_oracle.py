"""The spine against a plain model of the town: whatever is told, both must say the same."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from books.crowd import CARDS, Crowd, Flow, at
from town import TODAY
from town_plan import PLACES

Move = tuple[Any, ...]

SPOTS = (*PLACES, "GâtinéO 2", "Déchèterie 2")
WALKED = ("GâtinéO", "GâtinéO 2", "GâtinéO sortie", "Déchèterie", "Déchèterie 2")
HOW = ("ask", "GRANTED WALLET", "GRANTED CARNET", "GRANTED", "REFUSED", "NOTED")

seconds = st.integers(0, 12).map(lambda n: n * 20) | st.integers(0, 30).map(lambda n: n * 600)
taps = st.tuples(
    st.just("tap"),
    st.sampled_from(CARDS),
    st.sampled_from(WALKED) | st.sampled_from(SPOTS),
    seconds,
    st.sampled_from((0, 0, 0, 1)),
    st.sampled_from(HOW),
)
earlier = st.integers(0, 30)
others = st.one_of(
    st.tuples(st.sampled_from(("again", "otherwise", "missed", "forked")), earlier),
    st.tuples(st.just("cut")),
    st.tuples(st.just("charge"), st.sampled_from((0, 1))),
    st.tuples(
        st.just("top_up"), st.sampled_from(("A", "B", "C", "D", "F")), st.sampled_from((50, 450))
    ),
)
moves = st.lists(taps | taps | others, min_size=1, max_size=30)

thorough = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def play(flow: Flow, moves: list[Move]) -> None:
    """Tell the town and the oracle what happens."""
    for what, *how in moves:
        told = [*flow.past, *flow.waiting]
        match what:
            case "tap":
                card, where, second, day, said = how
                flow.tap(card, where, at(second, day), said)
            case "cut":
                flow.cut()
            case "charge":
                flow.charge(TODAY.fromordinal(TODAY.toordinal() + how[0]))
            case "top_up":
                flow.top_up({how[0]: how[1]})
            case _ if told:
                one = told[how[0] % len(told)]
                getattr(flow, what)(one.event if what == "missed" else one)


def rolled_back(crowd: Crowd, then: Callable[[Flow], Any]) -> Any:
    """Run in a transaction of its own, that leaves nothing."""
    with transaction.atomic():
        result = then(Flow.on(crowd))
        transaction.set_rollback(True)
    return result


@thorough
@given(moves=moves)
def test_the_town_and_the_oracle_say_the_same(crowd: Crowd, moves: list[Move]) -> None:
    def differences(flow: Flow) -> dict[str, Any]:
        play(flow, moves)
        return flow.differences()

    assert rolled_back(crowd, differences) == {}
