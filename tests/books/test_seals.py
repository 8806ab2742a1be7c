"""The chain: nothing is waited for, nothing is sealed twice, whoever reads on misses nothing."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import Connection, Cursor

from cvq.ledger import books, services
from cvq.ledger.books import NewEntry, Posting
from cvq.ledger.services import NewAccount
from cvq.plumbing import followers, sealer
from cvq.plumbing.batches import Batch, open_batch

AT = datetime(2025, 6, 3, 10, 0, tzinfo=UTC)
DAY = date(2025, 6, 3)
CHAIN = """
SELECT s.position, s.hash, b.id, b.recorded_at, b.taps, b.entries, b.taps_digest, b.books_digest
FROM plumbing_seal AS s JOIN plumbing_batch AS b ON b.id = s.batch_id ORDER BY s.position
"""


def write(connection: Connection[Any], key: str) -> Batch:
    """Write one entry in a batch of its own; the caller commits."""
    ids = services.ids_of(connection, ("HERE", "THERE"))
    batch = open_batch(connection, AT)
    postings = (Posting(ids["HERE"], ids["THERE"], 1),)
    entry = NewEntry(key=key, at=0, booked_on=DAY, digest=bytes(16), postings=postings)
    books.post_many(Cursor(connection), [entry], batch=batch, accounts={})
    batch.write(Cursor(connection))
    return batch


def committed(connection: Connection[Any], *keys: str) -> list[int]:
    """Commit a batch for each key; return their numbers."""
    numbers = []
    for key in keys:
        with connection.transaction():
            numbers.append(write(connection, key).number)
    return numbers


def sealed(connection: Connection[Any]) -> list[int]:
    """Return the batches in the order of their seals."""
    return [row[2] for row in Cursor(connection).execute(CHAIN).fetchall()]


@pytest.fixture
def connection(database: Any) -> Any:
    """Give a connection of the processes to a database of the test's own."""
    with database.connect(autocommit=True) as connection:
        services.open_accounts(
            connection,
            [NewAccount(code, "SALES", "EUR", shared=True) for code in ("HERE", "THERE")],
        )
        yield connection


def test_each_seal_closes_on_the_one_before(connection: Connection[Any]) -> None:
    numbers = committed(connection, "a", "b", "c")

    assert sealer.seal_all(connection, at=AT) == 3
    assert sealed(connection) == numbers
    previous = sealer.GENESIS
    for number, (position, told, *batch) in enumerate(
        Cursor(connection).execute(CHAIN).fetchall(), start=1
    ):
        previous = sealer.link(previous, position, AT, tuple(batch))
        assert (position, bytes(told)) == (number, previous)


def test_what_is_sealed_is_not_sealed_again(connection: Connection[Any]) -> None:
    committed(connection, "a")

    assert [sealer.seal(connection, at=AT) for _ in range(2)] == [1, 0]


def test_the_chain_goes_on_where_it_stopped(connection: Connection[Any]) -> None:
    first = committed(connection, "a", "b", "c")
    assert sealer.seal(connection, at=AT, most=2) == 2
    second = committed(connection, "d")

    assert sealer.seal_all(connection, at=AT) == 2
    assert sealed(connection) == first + second


def test_a_batch_that_is_rolled_back_was_never_there(connection: Connection[Any]) -> None:
    with connection.transaction(force_rollback=True):
        write(connection, "a")

    assert sealer.seal_all(connection, at=AT) == 0


def test_a_batch_that_commits_late_is_sealed_late(
    database: Any, connection: Connection[Any]
) -> None:
    with database.connect() as slow:
        late = write(slow, "slow").number
        early = committed(connection, "quick")[0]
        assert late < early

        assert sealer.seal_all(connection, at=AT) == 1
        slow.commit()

    assert sealer.seal_all(connection, at=AT) == 1
    assert sealed(connection) == [early, late]


def test_two_never_seal_at_once(database: Any, connection: Connection[Any]) -> None:
    committed(connection, "a")

    with database.connect() as other:
        with other.transaction():
            assert sealer.seal(other, at=AT) == 1
            assert sealer.seal(connection, at=AT) == 0
        other.commit()
    committed(connection, "b")

    assert sealer.seal(connection, at=AT) == 1


class Reader:
    """A follower that remembers what it read, and may fail."""

    def __init__(self, fails: int = 0) -> None:
        self.read: list[int] = []
        self.fails = fails

    def __call__(self, connection: Connection[Any], batches: Sequence[int], at: datetime) -> None:
        if self.fails:
            self.fails -= 1
            raise ZeroDivisionError
        self.read += batches


def test_a_follower_reads_each_batch_once_in_the_order_of_seals(
    database: Any, connection: Connection[Any]
) -> None:
    reader = Reader()
    with database.connect() as slow:
        late = write(slow, "slow").number
        first = committed(connection, "a", "b")
        sealer.seal_all(connection, at=AT)
        followers.catch_up(connection, name="reader", follow=reader, at=AT)
        slow.commit()
    last = committed(connection, "c")
    sealer.seal_all(connection, at=AT)

    followers.catch_up(connection, name="reader", follow=reader, at=AT)
    followers.catch_up(connection, name="reader", follow=reader, at=AT)

    assert reader.read == [*first, late, *last]


def test_a_follower_that_fails_reads_the_same_again(connection: Connection[Any]) -> None:
    numbers = committed(connection, "a", "b")
    sealer.seal_all(connection, at=AT)
    reader = Reader(fails=1)

    with pytest.raises(ZeroDivisionError):
        followers.advance(connection, name="reader", follow=reader, at=AT)
    followers.advance(connection, name="reader", follow=reader, at=AT)

    assert reader.read == numbers


def test_followers_have_each_their_own_place(connection: Connection[Any]) -> None:
    numbers = committed(connection, "a", "b", "c")
    sealer.seal_all(connection, at=AT)
    hasty, slow = Reader(), Reader()

    followers.catch_up(connection, name="hasty", follow=hasty, at=AT)
    followers.advance(connection, name="slow", follow=slow, at=AT, most=2)

    assert (hasty.read, slow.read) == (numbers, numbers[:2])


def test_what_is_not_sealed_is_not_read(connection: Connection[Any]) -> None:
    committed(connection, "a")

    assert followers.catch_up(connection, name="reader", follow=Reader(), at=AT) == 0


def test_the_end_of_a_day_is_signed_once_and_proves_the_chain(
    connection: Connection[Any],
) -> None:
    key = Ed25519PrivateKey.generate()
    committed(connection, "a")
    assert sealer.sign_head(connection, day=DAY, key=key, at=AT) is None
    sealer.seal_all(connection, at=AT)
    signature = sealer.sign_head(connection, day=DAY, key=key, at=AT)
    committed(connection, "b")
    sealer.seal_all(connection, at=AT)

    again = sealer.sign_head(connection, day=DAY, key=key, at=AT)

    assert signature is not None
    assert again == signature
    row = Cursor(connection).execute("SELECT position, hash FROM plumbing_head").fetchone()
    assert row is not None
    position, head = row[0], bytes(row[1])
    assert (position, head) == (1, bytes(Cursor(connection).execute(CHAIN).fetchall()[0][1]))
    key.public_key().verify(signature, sealer.head_line(DAY, position, head))
    with pytest.raises(InvalidSignature):
        key.public_key().verify(signature, sealer.head_line(DAY, position + 1, head))
