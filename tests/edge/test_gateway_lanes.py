"""How taps travel together: nobody waits without need, and no one is harmed by another."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, cast

import psycopg
import pytest
from psycopg import Connection

from cvq.rules.vocabulary import Verdict
from cvq.taps.gateway.lanes import (
    GONE_SECONDS,
    MAX_BATCH,
    MAX_JOBS,
    WORTH_A_LANE,
    Lanes,
    Overloaded,
    Poisoned,
    Unavailable,
)
from cvq.taps.told import Answer, Told
from cvq.wire.events import Event


def told(seq: int) -> Told:
    return Told(event=Event(dev=17, seq=seq, at=1_000, pt=1, ref="0" * 32), asks=True)


class Line:
    """A connection that somebody may cut."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Spine:
    """What stands in for the spine: holds each batch until it is let go, and remembers it."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.lines: list[Line] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.poison: set[int] = set()
        self.cut: set[int] = set()
        self.unready = False

    def connect(self) -> Connection[Any]:
        self.lines.append(Line())
        return cast(Connection[Any], self.lines[-1])

    def run(self, batch: Sequence[Told], connection: Connection[Any]) -> list[Answer]:
        seqs = [one.event.seq for one in batch]
        self.batches.append(seqs)
        self.entered.release()
        self.gate.wait(10)
        if self.unready:
            raise psycopg.errors.UndefinedColumn('column "x" does not exist')
        if self.poison & set(seqs):
            raise ValueError("poison")
        if self.cut & set(seqs):
            self.cut -= set(seqs)
            raise psycopg.OperationalError("the server closed the connection unexpectedly")
        return [Answer(device=17, seq=seq, said=Verdict.GRANTED) for seq in seqs]

    async def taken(self) -> None:
        """Wait until one more batch is under way."""
        await asyncio.to_thread(self.entered.acquire)


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def run(story: Callable[[Lanes, Spine, Hands], Coroutine[Any, Any, None]], **how: Any) -> None:
    async def told_whole() -> None:
        spine, hands = Spine(), Hands()
        lanes = Lanes(connect=spine.connect, run=spine.run, monotonic=hands, **how)
        try:
            await asyncio.wait_for(story(lanes, spine, hands), 20)
        finally:
            spine.gate.set()
            await lanes.close()

    asyncio.run(told_whole())


def test_a_lone_tap_leaves_at_once() -> None:
    async def story(lanes: Lanes, spine: Spine, hands: Hands) -> None:
        answer = await lanes.ask(told(1))

        assert (answer.seq, answer.said) == (1, Verdict.GRANTED)
        assert spine.batches == [[1]]

    run(story)


def test_what_arrives_while_a_batch_commits_leaves_together() -> None:
    async def story(lanes: Lanes, spine: Spine, hands: Hands) -> None:
        spine.gate.clear()
        first = lanes.ask(told(1))
        await spine.taken()
        others = [lanes.ask(told(seq)) for seq in range(2, 50)]
        await asyncio.sleep(0.02)
        spine.gate.set()

        answers = await asyncio.gather(first, *others)

        assert [answer.seq for answer in answers] == list(range(1, 50))
        assert spine.batches == [[1], list(range(2, 50))]

    run(story)


def test_what_comes_in_the_same_turn_leaves_in_one_batch() -> None:
    async def story(lanes: Lanes, spine: Spine, hands: Hands) -> None:
        await asyncio.gather(*(lanes.ask(told(seq)) for seq in range(1, 65)))

        assert spine.batches == [list(range(1, 65))]

    run(story)


def test_a_batch_has_a_bound() -> None:
    async def story(lanes: Lanes, spine: Spine, hands: Hands) -> None:
        await asyncio.gather(*(lanes.ask(told(seq)) for seq in range(2 * MAX_BATCH + 5)))

        assert [len(batch) for batch in spine.batches] == [MAX_BATCH, MAX_BATCH, 5]

    run(story, lanes=1)


def test_many_who_wait_take_the_second_lane_and_few_do_not() -> None:
    async def story(lanes: Lanes, spine: Spine, hands: Hands) -> None:
        spine.gate.clear()
        first = lanes.ask(told(1))
        await spine.taken()
        few = [lanes.ask(told(seq)) for seq in range(2, WORTH_A_LANE + 1)]
        await asyncio.sleep(0.05)
        under_way = len(spine.batches)
        one_more = lanes.ask(told(WORTH_A_LANE + 1))
        await spine.taken()
        spine.gate.set()
        await asyncio.gather(first, *few, one_more)

        assert under_way == 1
        assert [len(batch) for batch in spine.batches] == [1, WORTH_A_LANE]

    run(story, lanes=2)


def test_more_than_we_can_serve_is_told_to_come_back() -> None:
    async def story(lanes: Lanes, spine: Spine, hands: Hands) -> None:
        spine.gate.clear()
        under_way = lanes.ask(told(1))
        await spine.taken()
        waiting = [lanes.ask(told(seq)) for seq in (2, 3, 4)]

        with pytest.raises(Overloaded):
            lanes.ask(told(5))
        spine.gate.set()
        answers = await asyncio.gather(under_way, *waiting)

        assert [answer.seq for answer in answers] == [1, 2, 3, 4]

    run(story, max_waiting=3)


def test_jobs_wait_within_a_bound_too() -> None:
    async def story(lanes: Lanes, spine: Spine, hands: Hands) -> None:
        jobs = [lanes.do(lambda connection: 1) for _ in range(MAX_JOBS)]

        with pytest.raises(Overloaded):
            lanes.do(lambda connection: 1)

        assert await asyncio.gather(*jobs) == [1] * MAX_JOBS

    run(story)


def test_one_bad_tap_harms_no_other() -> None:
    async def story(lanes: Lanes, spine: Spine, hands: Hands) -> None:
        spine.poison = {7, 30}

        outcomes = await asyncio.gather(
            *(lanes.ask(told(seq)) for seq in range(1, 65)), return_exceptions=True
        )

        bad = [seq for seq, one in enumerate(outcomes, 1) if isinstance(one, Poisoned)]
        good = [one.seq for one in outcomes if isinstance(one, Answer)]
        assert bad == [7, 30]
        assert good == [seq for seq in range(1, 65) if seq not in {7, 30}]
        assert len(spine.batches) <= 1 + 2 * 2 * 6

    run(story)


def test_a_caller_who_is_gone_is_not_settled() -> None:
    async def story(lanes: Lanes, spine: Spine, hands: Hands) -> None:
        spine.gate.clear()
        first = lanes.ask(told(1))
        await spine.taken()
        gone, stays = lanes.ask(told(2)), lanes.ask(told(3))
        gone.cancel()
        spine.gate.set()

        await asyncio.gather(first, stays)

        assert spine.batches == [[1], [3]]

    run(story)


def test_a_door_that_decided_alone_long_ago_is_not_settled() -> None:
    async def story(lanes: Lanes, spine: Spine, hands: Hands) -> None:
        spine.gate.clear()
        first = lanes.ask(told(1))
        await spine.taken()
        late = lanes.ask(told(2))
        hands.now += GONE_SECONDS + 0.1
        fresh = lanes.ask(told(3))
        spine.gate.set()

        outcomes = await asyncio.gather(first, late, fresh, return_exceptions=True)

        assert isinstance(outcomes[1], Overloaded)
        assert spine.batches == [[1], [3]]

    run(story)


def test_tables_that_are_not_those_of_the_code_poison_nobody() -> None:
    async def story(lanes: Lanes, spine: Spine, hands: Hands) -> None:
        spine.unready = True

        waiting = [lanes.ask(told(1)), lanes.ask(told(2))]
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        spine.unready = False

        assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable]
        assert spine.batches == [[1, 2]]
        assert (await lanes.ask(told(3))).seq == 3

    run(story)


def test_a_lost_connection_is_opened_again_and_the_batch_may_be_sent_again() -> None:
    async def story(lanes: Lanes, spine: Spine, hands: Hands) -> None:
        spine.cut = {2}
        await lanes.ask(told(1))
        lost = await asyncio.gather(
            *(lanes.ask(told(seq)) for seq in (2, 3)), return_exceptions=True
        )

        again = await asyncio.gather(*(lanes.ask(told(seq)) for seq in (2, 3)))

        assert [type(one) for one in lost] == [Unavailable, Unavailable]
        assert [answer.seq for answer in again] == [2, 3]
        assert [line.closed for line in spine.lines] == [True, False]

    run(story, lanes=1)


def test_journals_and_doors_take_turns_on_one_lane() -> None:
    async def story(lanes: Lanes, spine: Spine, hands: Hands) -> None:
        spine.gate.clear()
        first = lanes.ask(told(1))
        await spine.taken()
        jobs = [lanes.do(lambda connection: spine.batches.append([])) for _ in range(3)]
        asks = [lanes.ask(told(seq)) for seq in (2, 3)]
        spine.gate.set()

        await asyncio.gather(first, *jobs, *asks)

        assert spine.batches == [[1], [], [2, 3], [], []]

    run(story, lanes=1)


def test_a_journal_never_takes_the_lane_that_doors_wait_for() -> None:
    async def story(lanes: Lanes, spine: Spine, hands: Hands) -> None:
        busy = threading.Event()
        jobs = [lanes.do(lambda connection: busy.wait(10)) for _ in range(4)]
        await asyncio.sleep(0.05)

        answer = await lanes.ask(told(1))
        busy.set()
        await asyncio.gather(*jobs)

        assert answer.seq == 1

    run(story, lanes=2)


def test_who_waits_when_the_gateway_stops_is_told_so() -> None:
    async def story() -> None:
        spine = Spine()
        lanes = Lanes(connect=spine.connect, run=spine.run, lanes=1)
        spine.gate.clear()
        under_way = lanes.ask(told(1))
        await spine.taken()
        waiting = lanes.ask(told(2))
        closing = asyncio.ensure_future(lanes.close())
        await asyncio.sleep(0)
        spine.gate.set()

        outcomes = await asyncio.gather(under_way, waiting, return_exceptions=True)
        await closing

        assert isinstance(outcomes[0], Answer)
        assert isinstance(outcomes[1], Unavailable)

    asyncio.run(story())
