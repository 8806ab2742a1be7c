"""Two at once, one step at a time: what comes between is played there, and nothing counts twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from typing import Any

import msgspec
import pytest

from books.at_once import Work, count, is_sound, settling, wait_for_lock
from books.crowd import RECEIVED, Flow, at
from cvq.billing import services as billing
from cvq.kernel.local import instant
from cvq.people import services as people
from cvq.people.messages import NewPerson
from cvq.rules.vocabulary import Verdict
from cvq.taps import settle as spine
from cvq.taps.told import Answer, Told

COUNTED = "SELECT count(*) FROM pool_stay WHERE counted"
INSIDE = "SELECT inside FROM pool_zonecount"
TAPS = "SELECT count(*) FROM taps_tapevent"
CHARGES = "SELECT count(*) FROM billing_charge"
HOLD_DEVICE = "SELECT FROM catalog_device WHERE id = %s FOR NO KEY UPDATE"
TAKE_WALLET = "SELECT FROM ledger_account WHERE code = %s FOR NO KEY UPDATE NOWAIT"

Overlap = Callable[[Work[list[Answer]], Work[list[Answer]]], tuple[list[Answer], list[Answer]]]
Between = Callable[[str, Callable[[], object], int], None]


@pytest.fixture
def overlap(flow: Flow, database: Any) -> Overlap:
    """Give a way to do a second thing before a first one is committed."""

    def run(
        first: Work[list[Answer]], second: Work[list[Answer]]
    ) -> tuple[list[Answer], list[Answer]]:
        with (
            closing(database.connect(autocommit=True)) as one,
            closing(database.connect(autocommit=True)) as other,
            ThreadPoolExecutor(1) as pool,
        ):
            with one.transaction():
                done = first(one)
                later = pool.submit(second, other)
                wait_for_lock(flow, later)
            return done, later.result()

    return run


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Between:
    """Give a way to let something happen just before a step of the spine, so many times."""

    def arrange(step: str, happens: Callable[[], object], times: int) -> None:
        real, left = getattr(spine, step), [times]

        def slowed(*args: Any) -> Any:
            if left[0]:
                left[0] -= 1
                happens()
            return real(*args)

        monkeypatch.setattr(spine, step, slowed)

    return arrange


@pytest.fixture
def passer_by(flow: Flow) -> str:
    """Give the card of somebody of no household, who has no wallet."""
    person = people.register_person(
        NewPerson(first_name="Paul", birth_name="Passant", born_on=date(1990, 1, 1))
    )
    flow.town.card("paul", person)
    return "paul"


def told(flow: Flow, card: str, where: str, second: int, how: str = "GRANTED") -> Told:
    """Return what the box at a place tells, or asks."""
    return Told(event=flow.event(card, where, at(second), how), asks=how == "ask")


def test_who_has_no_wallet_is_counted_once_by_two_gateways(
    flow: Flow, overlap: Overlap, passer_by: str
) -> None:
    first = told(flow, passer_by, "GâtinéO", 0)
    second = told(flow, passer_by, "GâtinéO 2", 5)

    overlap(settling([second]), settling([first]))

    books = flow.town.connection
    assert (count(books, COUNTED), count(books, INSIDE), count(books, TAPS)) == (1, 1, 2)
    assert is_sound(books)


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("card", ["bob", "paul"])
def test_an_entry_that_nobody_made_leaves_the_one_that_comes_meanwhile(
    flow: Flow, overlap: Overlap, passer_by: str, card: str, is_late: bool
) -> None:
    first = flow.tap(card, "GâtinéO", at(0), "GRANTED")  # on a pass, or free: on no account
    flow.cut()
    flow.missed(first.event)
    not_made, flow.waiting = flow.waiting, []
    second = told(flow, card, "GâtinéO 2", 5)

    batches = [settling(not_made), settling([second])]
    overlap(batches[is_late], batches[not is_late])

    books = flow.town.connection
    assert (count(books, COUNTED), count(books, INSIDE)) == (1, 1)
    assert is_sound(books)


def test_a_box_that_tells_two_stories_is_held_before_any_account(flow: Flow, database: Any) -> None:
    tap = flow.tap("dora", "GâtinéO", at(0), "ask")
    flow.cut()
    other_story = Told(event=msgspec.structs.replace(tap.event, at=tap.event.at + 1), asks=True)
    wallet = f"WALLET:{flow.town.households['D'].pk}"
    with (
        closing(database.connect(autocommit=True)) as journal,
        closing(database.connect(autocommit=True)) as asks,
        ThreadPoolExecutor(1) as pool,
    ):
        with journal.transaction():
            journal.execute(HOLD_DEVICE, (tap.event.dev,))
            answered = pool.submit(settling([other_story]), asks)
            wait_for_lock(flow, answered)
            journal.execute(TAKE_WALLET, (wallet,))
        (answer,) = answered.result()

    assert answer.forked
    quarantined = "SELECT id FROM catalog_device WHERE state = 'QUARANTINED'"
    assert count(flow.town.connection, quarantined) == answer.device
    assert (count(flow.town.connection, TAPS), flow.town.wallet("D")) == (1, "4,50 €")


@pytest.mark.parametrize(("step", "times"), [("_find", 1), ("_find", 7), ("_lock", 1)])
def test_a_catalogue_that_moves_while_it_is_read_is_read_again(
    flow: Flow, database: Any, between: Between, step: str, times: int
) -> None:
    tap = told(flow, "dora", "GâtinéO", 0, "ask")
    with closing(database.connect(autocommit=True)) as council:
        move = "UPDATE catalog_site SET name = name"
        between(step, lambda: council.execute(move), times)

        (answer,) = settling([tap])(flow.town.connection)

    assert (answer.said, answer.known) == (Verdict.GRANTED, False)
    assert (count(flow.town.connection, TAPS), count(flow.town.connection, CHARGES)) == (1, 1)
    assert flow.town.wallet("D") == "4,50 €"
    assert is_sound(flow.town.connection)


def test_the_same_tap_settled_meanwhile_is_answered_as_it_was(
    flow: Flow, database: Any, between: Between
) -> None:
    # Of an unknown card there is no account to hold: whoever writes the key first has it.
    tap = told(flow, "stranger", "GâtinéO", 0, "ask")
    meanwhile: list[Answer] = []
    with closing(database.connect(autocommit=True)) as other:
        between("_write", lambda: meanwhile.extend(settling([tap])(other)), 1)

        answers = settling([tap])(flow.town.connection)

    assert meanwhile[0].why is not None
    assert answers == [msgspec.structs.replace(meanwhile[0], known=True)]
    assert count(flow.town.connection, TAPS) == 1
    assert count(flow.town.connection, "SELECT sum(times) FROM taps_flood") == 1


@pytest.mark.parametrize("later", [0, 1])
def test_whoever_speaks_after_a_doubted_ask_under_its_name_is_heard(flow: Flow, later: int) -> None:
    believed = told(flow, "dora", "GâtinéO", 0, "ask")
    event = msgspec.structs.replace(believed.event, at=believed.event.at + later, cq=1)
    doubted = Told(event=event, asks=True)

    answers = settling([doubted, believed])(flow.town.connection)

    assert (answers[1].said, answers[1].parked, answers[1].forked) == (Verdict.GRANTED, None, False)
    assert answers[0].parked == (None if not later else "CLOCK_SUSPECT")
    assert (count(flow.town.connection, TAPS), flow.town.wallet("D")) == (1, "4,50 €")
    assert is_sound(flow.town.connection)


def test_a_top_up_that_meets_who_locks_the_other_way_round_is_done_again(
    flow: Flow, database: Any
) -> None:
    asked = [flow.asked(name, 1000) for name in ("A", "D")]
    first, last = (f"WALLET:{flow.town.households[name].pk}" for name in ("A", "D"))
    lock = TAKE_WALLET.removesuffix(" NOWAIT")
    with (
        closing(database.connect(autocommit=True)) as other,
        closing(database.connect(autocommit=True)) as till,
        ThreadPoolExecutor(1) as pool,
    ):
        with other.transaction():
            other.execute(lock, (last,))
            receipts = pool.submit(billing.top_up, till, asked, at=instant(RECEIVED))
            wait_for_lock(flow, receipts)
            other.execute(lock, (first,))  # who waited first finds the deadlock and gives way
        numbers = [receipt.number for receipt in receipts.result()]

    assert numbers == sorted(set(numbers))
    assert (flow.town.wallet("A"), flow.town.wallet("D")) == ("15,00 €", "19,00 €")
    assert is_sound(flow.town.connection)
