"""The spine against a plain model of the town: whatever is told, both must say the same."""

from collections.abc import Callable
from random import Random
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from books.crowd import CARDS, RECEIVED, Crowd, Flow, at
from cvq.rules.vocabulary import Happening
from cvq.taps.told import Told
from cvq.twin import oracle_ledger
from town import TODAY
from town_plan import PLACES

Move = tuple[Any, ...]

SPOTS = (*PLACES, "GâtinéO 2", "Déchèterie 2")
WALKED = ("GâtinéO", "GâtinéO 2", "GâtinéO sortie", "Déchèterie", "Déchèterie 2")
DID = ("GRANTED WALLET", "GRANTED CARNET", "GRANTED", "REFUSED", "NOTED")
AGAIN = ("again", "otherwise", "missed", "forked", "doubted", "stray")

# Seconds after nine: taps of one gesture, or of one day.
seconds = st.integers(0, 12).map(lambda n: n * 20) | st.integers(0, 30).map(lambda n: n * 600)
earlier = st.integers(0, 30)
top_ups = st.tuples(
    st.just("top_up"), st.sampled_from(("A", "B", "C", "D", "F")), st.sampled_from((50, 450))
)
charges = st.tuples(st.just("charge"), st.sampled_from((0, 1)))
cuts = st.tuples(st.just("cut"))


def taps(*how: str) -> st.SearchStrategy[Move]:
    """Return taps of any card anywhere, most often of who pays and where it costs something."""
    anybody = st.tuples(
        st.just("tap"),
        st.sampled_from(CARDS),
        st.sampled_from(WALKED) | st.sampled_from(SPOTS),
        seconds,
        st.sampled_from((0, 0, 0, 1)),
        st.sampled_from(how),
    )
    swimmers = st.tuples(
        st.just("tap"),
        st.sampled_from(("dora", "dora", "carl", "emma", "lost")),
        st.sampled_from(("GâtinéO", "GâtinéO 2")),
        st.sampled_from((0, 20, 40, 60, 80, 3600, 3640)),
        st.just(0),
        st.sampled_from(how),
    )
    return anybody | swimmers


asks_and_facts = taps("ask", "ask", *DID)
repeated = st.tuples(st.sampled_from(AGAIN), earlier)
missed = st.tuples(st.just("missed"), earlier)
days = st.lists(
    st.one_of(asks_and_facts, asks_and_facts, repeated, cuts, charges, top_ups),
    min_size=1,
    max_size=30,
)
journals = st.lists(st.one_of(taps(*DID), taps(*DID), missed, top_ups), min_size=2, max_size=20)

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
@given(moves=days)
def test_the_town_and_the_oracle_say_the_same(crowd: Crowd, moves: list[Move]) -> None:
    def differences(flow: Flow) -> dict[str, Any]:
        play(flow, moves)
        return flow.differences()

    assert rolled_back(crowd, differences) == {}


def shuffled(told: list[Told], random: Random) -> list[Told]:
    """Return what was told in another order, some of it twice; who did not pass came first."""
    again = [*told, *random.sample(told, len(told) // 2)]
    random.shuffle(again)
    order = {(one.event.dev, one.event.seq): n for n, one in reversed(list(enumerate(again)))}

    def turn(pair: tuple[int, Told]) -> tuple[int, int]:
        place, one = pair
        of = order.get((one.event.dev, one.event.of), -1)
        late = one.event.what is Happening.NOT_PASSED and of > place
        return (of if late else place, int(late))

    return [one for _, one in sorted(enumerate(again), key=turn)]


def what_stands(flow: Flow) -> tuple[Any, ...]:
    """Return all that may not depend on the order in which things are told."""
    assert flow.differences() == {}
    books = flow.town.connection
    return (
        oracle_ledger.positions(books),
        oracle_ledger.charges(books),
        oracle_ledger.counters(books),
        oracle_ledger.inside(books),
    )


@settings(thorough, max_examples=80)
@given(moves=journals, random=st.randoms(use_true_random=False))
def test_the_order_of_what_doors_tell_changes_nothing(
    crowd: Crowd, moves: list[Move], random: Random
) -> None:
    told: list[Told] = []
    tomorrow = TODAY.fromordinal(TODAY.toordinal() + 1)

    def in_order(flow: Flow) -> tuple[Any, ...]:
        play(flow, [move for move in moves if move[0] != "top_up"])
        told.extend(flow.waiting)
        play(flow, [move for move in moves if move[0] == "top_up"])
        flow.charge(tomorrow)
        return what_stands(flow)

    def in_another_order(flow: Flow) -> tuple[Any, ...]:
        flow.clock = RECEIVED + 1
        paid = [move for move in moves if move[0] == "top_up"]
        for one in shuffled(told, random):
            flow.again(one)
            match random.randrange(8):
                case 0 | 1:
                    flow.cut()
                case 2:
                    flow.charge(tomorrow)
                case 3 if paid:
                    play(flow, [paid.pop()])
        play(flow, paid)
        flow.charge(tomorrow)
        return what_stands(flow)

    first = rolled_back(crowd, in_order)

    assert rolled_back(crowd, in_another_order) == first
