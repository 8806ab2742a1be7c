"""Many at once: whoever comes first, the books come out the same and nothing counts twice."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, TypeVar

import pytest
from django.db import connection as django_connection
from psycopg import Connection, errors

from books.at_once import Work, count, cousins, is_sound, settling, wait_for_lock
from books.crowd import CARDS, RECEIVED, Flow, at
from cvq.billing import holds
from cvq.billing import services as billing
from cvq.catalog import points as catalogue
from cvq.kernel.local import instant
from cvq.ledger import services as ledger
from cvq.rules.vocabulary import Happening, Reason, Verdict
from cvq.taps.journal import upload
from cvq.taps.settle import settle
from cvq.taps.told import Told
from cvq.twin import oracle_ledger
from cvq.wire.events import genesis, head_after
from cvq.wire.messages import Ack, Manifest, Upload
from town import ZONE

T = TypeVar("T")
WORKERS = 8
PLACES = ("GâtinéO", "GâtinéO 2", "GâtinéO sortie", "Déchèterie", "Déchèterie 2", "Cantine")
DID = ("GRANTED WALLET", "GRANTED CARNET", "REFUSED")


@pytest.fixture
def together(database: Any) -> Callable[[Sequence[Work[T]]], list[T]]:
    """Give a way to do several things at once, each on its own connection."""

    def run(works: Sequence[Work[T]]) -> list[T]:
        ready = threading.Barrier(len(works))

        def one(work: Work[T]) -> T:
            with closing(database.connect(autocommit=True)) as connection:
                ready.wait()
                try:
                    return work(connection)
                finally:
                    django_connection.close()

        with ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(one, works))

    return run


def one_after_another(batches: Sequence[Sequence[Told]]) -> Work[None]:
    """Return the settling of several batches."""

    def work(connection: Connection[Any]) -> None:
        for told in batches:
            settle(told=told, received_at=RECEIVED, connection=connection, zone=ZONE)

    return work


def some_facts(flow: Flow, seed: int, how_many: int) -> list[Told]:
    """Return what boxes tell of a busy hour; who did not pass comes after the tap."""
    draw = random.Random(seed)
    for _ in range(how_many):
        second = draw.randrange(0, 7200, 10)
        tap = flow.tap(draw.choice(CARDS), draw.choice(PLACES), at(second), draw.choice(DID))
        if draw.random() < 0.05:
            flow.missed(tap.event)
    told, flow.waiting = flow.waiting, []
    return told


def test_eight_who_tell_the_same_tap_at_once_tell_it_once(flow: Flow, together: Any) -> None:
    tap = Told(event=flow.event("dora", "GâtinéO", at(0), "ask"), asks=True)

    answers = together([settling([tap])] * WORKERS)

    assert {(one.said, one.means) for some in answers for one in some} == {
        (Verdict.GRANTED, answers[0][0].means)
    }
    assert sum(not one.known for some in answers for one in some) == 1
    assert count(flow.town.connection, "SELECT count(*) FROM taps_tapevent") == 1
    assert flow.town.wallet("D") == "4,50 €"
    assert is_sound(flow.town.connection)


def test_eight_cards_at_once_never_overdraw_their_wallet(flow: Flow, together: Any) -> None:
    cards = cousins(flow, "D", WORKERS)
    taps = [Told(event=flow.event(card, "GâtinéO", at(0), "ask"), asks=True) for card in cards]

    answers = [some[0] for some in together([settling([tap]) for tap in taps])]

    assert sum(one.said is Verdict.GRANTED for one in answers) == 2
    assert {one.why for one in answers if one.said is Verdict.REFUSED} == {Reason.NOT_ENOUGH}
    assert (flow.town.wallet("D"), flow.town.owed("D")) == ("0,00 €", "0,00 €")
    assert is_sound(flow.town.connection)


@pytest.mark.parametrize("came_before", [0, 1])
def test_two_gateways_never_let_in_more_than_the_maximum_of_a_zone(
    flow: Flow, database: Any, came_before: int
) -> None:
    flow.town.points["GâtinéO"].max_attendance = 1
    flow.town.points["GâtinéO"].save()
    catalogue.refresh(flow.town.connection)
    for _ in range(came_before):  # and left: the day of the zone has its row already
        flow.tap("anne", "GâtinéO", at(0), "GRANTED CARNET")
        flow.cut()
        flow.tap("anne", "GâtinéO sortie", at(60), "GRANTED")
        flow.cut()
    first, second = (
        settling([Told(event=flow.event(card, "GâtinéO", at(600), "ask"), asks=True)])
        for card in (*cousins(flow, "A", 1), *cousins(flow, "D", 1))
    )
    with (
        closing(database.connect(autocommit=True)) as one,
        closing(database.connect(autocommit=True)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        with one.transaction():  # ours: what is settled in it is not committed yet
            (let_in,) = first(one)
            settled = pool.submit(second, other)
            wait_for_lock(flow, settled)
        (kept_out,) = settled.result()

    assert let_in.said is Verdict.GRANTED
    assert (kept_out.said, kept_out.why) == (Verdict.REFUSED, Reason.PLACE_FULL)
    assert count(flow.town.connection, "SELECT inside FROM pool_zonecount") == 1
    assert is_sound(flow.town.connection)


def test_eight_doors_that_moved_alone_leave_one_debt(flow: Flow, together: Any) -> None:
    cards = cousins(flow, "D", WORKERS)
    taps = [Told(event=flow.event(card, "GâtinéO", at(0), "GRANTED WALLET")) for card in cards]

    together([settling([tap]) for tap in taps])

    assert (flow.town.wallet("D"), flow.town.owed("D")) == ("0,00 €", "27,00 €")
    assert is_sound(flow.town.connection)


def test_a_quota_that_many_open_at_once_is_filled_once(flow: Flow, together: Any) -> None:
    cards = cousins(flow, "A", WORKERS)
    taps = [
        Told(event=flow.event(card, "Déchèterie", at(n * 1800), "GRANTED"))
        for n, card in enumerate(cards)
    ]

    together([settling([tap]) for tap in taps])

    household = flow.town.households["A"].pk
    code = f"QUOTA:DECHETTERIE:{household}:2025-01-01"
    grants = f"SELECT count(*) FROM ledger_entry WHERE key = 'grant:{code}'"
    assert count(flow.town.connection, grants) == 1
    assert oracle_ledger.counters(flow.town.connection)[code] == 2 - WORKERS
    assert is_sound(flow.town.connection)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_journals_that_many_tell_at_once_are_those_of_the_oracle(
    flow: Flow, together: Any, seed: int
) -> None:
    told = some_facts(flow, seed, 240)
    draw = random.Random(seed)
    # A box tells its own journal in order, and sometimes again; boxes come as they like.
    works = []
    for box in sorted({one.event.dev for one in told}):
        journal = [one for one in told if one.event.dev == box]
        cuts = sorted(draw.sample(range(len(journal)), min(4, len(journal))))
        pieces = [
            journal[a:b] for a, b in zip([0, *cuts], [*cuts, len(journal)], strict=True) if a < b
        ]
        works += [one_after_another(pieces), one_after_another([journal])]

    together(works)

    flow.oracle.tell_all(told, received_at=RECEIVED)
    books, oracle = flow.town.connection, flow.oracle
    assert oracle_ledger.positions(books) == oracle.positions()
    assert oracle_ledger.charges(books) == oracle.charges()
    assert oracle_ledger.counters(books) == oracle.counters()
    taps = [one for one in told if one.event.what in Happening]
    assert count(books, "SELECT count(*) FROM taps_tapevent") == len(taps)
    assert is_sound(books)


@pytest.mark.parametrize("seed", [4, 5])
def test_doors_that_ask_boxes_that_tell_and_tills_that_fill_agree(
    flow: Flow, together: Any, seed: int
) -> None:
    draw = random.Random(seed)
    asks = [
        Told(
            event=flow.event(
                draw.choice(CARDS), draw.choice(PLACES), at(draw.randrange(7200)), "ask"
            ),
            asks=True,
        )
        for _ in range(200)
    ]
    facts = some_facts(flow, seed, 120)
    works = [one_after_another([asks[n::4][i : i + 9] for i in range(0, 50, 9)]) for n in range(4)]
    works += [one_after_another([facts[n : n + 20] for n in range(0, len(facts), 20)])]
    amounts = [{name: draw.choice((100, 450)) for name in "ABCDF"} for _ in range(10)]
    works += [topping_up(flow, amounts)] * 2
    filled = "SELECT sum(cents) FROM payments_topup"
    before = count(flow.town.connection, filled)
    twice = 2 * sum(sum(some.values()) for some in amounts)

    together(works)

    assert count(flow.town.connection, filled) == before + twice
    assert is_sound(flow.town.connection)


def topping_up(flow: Flow, amounts: Sequence[dict[str, int]]) -> Work[None]:
    """Return the filling of wallets, again and again."""

    def work(connection: Connection[Any]) -> None:
        for some in amounts:
            asked = [flow.asked(name, cents) for name, cents in some.items()]
            billing.top_up(connection, asked, at=instant(RECEIVED))

    return work


def test_the_same_top_up_sent_by_many_at_once_counts_once(flow: Flow, together: Any) -> None:
    asked = flow.asked("B", 1000)

    receipts = together(
        [lambda c: billing.top_up(c, [asked], at=instant(RECEIVED))[0].number] * WORKERS
    )

    assert len(set(receipts)) == 1
    assert flow.town.wallet("B") == "10,00 €"
    assert is_sound(flow.town.connection)


def test_the_same_upload_twice_at_once_is_stored_once(flow: Flow, together: Any) -> None:
    events = tuple(flow.event("dora", "GâtinéO", at(600 * n), "GRANTED WALLET") for n in range(20))
    box = events[0].dev
    manifest = Manifest(
        dev=box,
        first=1,
        to=len(events),
        prev=genesis(box).hex(),
        head=head_after(genesis(box), events).hex(),
    )
    sent = Upload(m=manifest, sig="0" * 128, events=events)

    acks = together(
        [lambda c: upload(c, upload=sent, received_at=RECEIVED, zone=ZONE, settle=settle)] * 4
    )

    assert acks == [Ack(ack=20)] * 4
    assert count(flow.town.connection, "SELECT count(*) FROM taps_tapevent") == 20
    assert count(flow.town.connection, "SELECT count(*) FROM billing_charge") == 20
    assert is_sound(flow.town.connection)


def set_aside(flow: Flow, *keys: str) -> None:
    """Hold sixty cents of family D under each key, until now."""
    wallet = f"SELECT id FROM ledger_account WHERE code = 'WALLET:{flow.town.households['D'].pk}'"
    for key in keys:
        ledger.hold(
            flow.town.connection,
            key=key,
            account=count(flow.town.connection, wallet),
            amount=60,
            at=instant(RECEIVED),
            expires_at=instant(RECEIVED),
        )


def test_what_was_set_aside_expires_whole_or_not_at_all(flow: Flow, database: Any) -> None:
    set_aside(flow, "lesson")
    with database.connect("cvq_owner") as owner:  # the account is refused after the hold
        owner.execute("ALTER TABLE ledger_account ADD CONSTRAINT kept CHECK (held > 0) NOT VALID")

    with (
        closing(database.connect(autocommit=True)) as worker,
        pytest.raises(errors.CheckViolation),
    ):
        holds.expire_holds(worker, at=instant(RECEIVED))

    held = "SELECT count(*) FROM ledger_hold WHERE state = 'HELD'"
    assert count(flow.town.connection, held) == 1


def test_a_hold_that_somebody_ends_meanwhile_is_theirs(flow: Flow, database: Any) -> None:
    set_aside(flow, "first", "second")
    with (
        closing(database.connect()) as other,
        closing(database.connect(autocommit=True)) as worker,
        ThreadPoolExecutor(1) as pool,
    ):
        ledger.release(other, key="first", at=instant(RECEIVED))
        expiring = pool.submit(holds.expire_holds, worker, at=instant(RECEIVED))
        wait_for_lock(flow, expiring)
        other.commit()

        assert expiring.result() == 1
    assert count(flow.town.connection, "SELECT sum(held) FROM ledger_account") == 0
