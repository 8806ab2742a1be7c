"""What a box accepts as its policy, and what it leaves as it was."""

import sqlite3

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cvq.edge.memory import snapshot_path
from cvq.edge.snapshot import OutOfStep, Snapshot
from cvq.rules.vocabulary import Direction, Sector
from cvq.wire.events import canon
from cvq.wire.policy import (
    Issue,
    PolicyRefused,
    Sealed,
    Signer,
    Stream,
    changes,
    seal,
    seal_delta,
)
from cvq.wire.rows import Row, key_of, state_of
from edge.box_at_work import POOL, SIGNER, THREE, card, purse

KEYS = {"k1": SIGNER.key.public_key().public_bytes_raw()}
STREAM = Stream(17, Sector.POOL)
ROWS: tuple[Row, ...] = (*POOL, purse(), card(1), card(2))
NEXT: tuple[Row, ...] = (*POOL, purse(500), card(1), card(3))
DAY = 86_400_000


def issue(seq: int, *, exp: int = THREE + DAY) -> Issue:
    return Issue(seq, THREE - DAY, exp, 0)


def snap(rows: tuple[Row, ...], seq: int, **how) -> Sealed:
    defaults = {"stream": STREAM, "issue": issue(seq), "signer": SIGNER}
    return seal(rows, **(defaults | how))


def delta(before, after, *, base: int, seq: int, state: int | None = None) -> Sealed:
    return seal_delta(
        changes({key_of(row): canon(row) for row in before}, after),
        base=base,
        state=state_of(after) if state is None else state,
        stream=STREAM,
        issue=issue(seq),
        signer=SIGNER,
    )


@pytest.fixture
def held(tmp_path):
    """A box's snapshot that has policy 5."""
    snapshot = Snapshot(tmp_path / "policy.sqlite3", device=17, sector=Sector.POOL)
    snapshot.take(snap(ROWS, 5), keys=KEYS, now=THREE)
    yield snapshot
    snapshot.close()


def rows_of(snapshot: Snapshot) -> dict[str, bytes]:
    file = sqlite3.connect(snapshot._db.execute("PRAGMA database_list").fetchone()[2])
    found = dict(file.execute("SELECT key, line FROM row"))
    file.close()
    return found


def state(rows: tuple[Row, ...]) -> dict[str, bytes]:
    return {key_of(row): canon(row) for row in rows}


def test_a_snapshot_is_there_row_by_row(held):
    assert rows_of(held) == state(ROWS)
    assert held.card(card(1).ref) == card(1)
    assert held.card("f" * 32) is None
    assert held.allowance("purse") == 1_000
    assert held.allowance("nobody's") is None
    assert [row.point for row in held.points()] == [3]
    assert held.policy()[:4] == (5, THREE - DAY, THREE + DAY, 0)


def test_a_newer_snapshot_replaces_every_row(held):
    held.take(snap(NEXT, 9), keys=KEYS, now=THREE)

    assert rows_of(held) == state(NEXT)


def test_a_delta_changes_only_what_changed(held):
    held.take(delta(ROWS, NEXT, base=5, seq=6), keys=KEYS, now=THREE)
    held.take(delta(NEXT, ROWS, base=6, seq=7), keys=KEYS, now=THREE)

    assert rows_of(held) == state(ROWS)
    assert held.policy().seq == 7


OTHER = Ed25519PrivateKey.generate()
REFUSED = {
    "the same again": lambda: snap(NEXT, 5),
    "an older one": lambda: snap(NEXT, 4),
    "an unknown kid": lambda: snap(NEXT, 6, signer=Signer("k2", SIGNER.key)),
    "another's key": lambda: snap(NEXT, 6, signer=Signer("k1", OTHER)),
    "expired": lambda: snap(NEXT, 6, issue=issue(6, exp=THREE)),
    "another box": lambda: snap(NEXT, 6, stream=Stream(18, Sector.POOL)),
    "another sector": lambda: snap(NEXT, 6, stream=Stream(17, Sector.WASTE)),
    "a delta from before": lambda: delta(ROWS, NEXT, base=4, seq=6),
    "a delta from after": lambda: delta(ROWS, NEXT, base=6, seq=7),
    "a delta on another state": lambda: delta(ROWS[:-1], NEXT, base=5, seq=6),
    "a delta that ends elsewhere": lambda: delta(ROWS, NEXT, base=5, seq=6, state=1),
    "a delta twice": lambda: delta(ROWS, NEXT, base=5, seq=5),
    "a body of another": lambda: snap(NEXT, 6)._replace(body=snap(ROWS, 6).body),
    "a header of another": lambda: snap(NEXT, 6)._replace(header=snap(NEXT, 7).header),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_follow_or_is_not_signed_changes_nothing(held, case):
    before = held.policy(), rows_of(held)
    sealed = REFUSED[case]()
    if case == "a delta on another state":
        # The row that is missing from its start is one that the box still has.
        held.take(snap((*ROWS, card(9)), 6), keys=KEYS, now=THREE)
        before = held.policy(), rows_of(held)
        sealed = delta(ROWS, NEXT, base=6, seq=7)

    with pytest.raises(PolicyRefused):
        held.take(sealed, keys=KEYS, now=THREE)

    assert (held.policy(), rows_of(held)) == before


@pytest.mark.parametrize(
    "case", [c for c in REFUSED if c.startswith("a delta") and "twice" not in c]
)
def test_a_genuine_delta_that_does_not_fit_asks_for_a_whole_one(held, case):
    if case == "a delta on another state":
        held.take(snap((*ROWS, card(9)), 6), keys=KEYS, now=THREE)
        sealed = delta(ROWS, NEXT, base=6, seq=7)
    else:
        sealed = REFUSED[case]()

    with pytest.raises(OutOfStep):
        held.take(sealed, keys=KEYS, now=THREE)


def test_a_reader_sees_the_old_policy_until_the_new_one_is_whole(held, tmp_path):
    reader = Snapshot(tmp_path / "policy.sqlite3", device=17, sector=Sector.POOL)
    version = reader.version()

    held.take(snap(NEXT, 6), keys=KEYS, now=THREE)

    assert reader.version() != version
    assert reader.policy().seq == 6
    reader.close()


@pytest.mark.parametrize("damage", [b"no database", bytes(4_096), "pages"])
def test_a_damaged_policy_is_set_aside_and_asked_for_again(box, damage):
    pool = box().knows(*POOL, *(card(number) for number in range(200)))
    pool.tap(1)
    path = snapshot_path(pool.running.folder, Sector.POOL)
    pool.running.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4_096] + b"x" * len(whole[4_096:]) if damage == "pages" else damage)

    pool.start()
    shut = pool.tap(1, way=Direction.OUT)
    pool.knows(*POOL, card(1))

    assert path.with_suffix(".damaged").exists()
    assert not shut.opens
    assert pool.tap(1, way=Direction.OUT).opens
    assert len(pool.told()) == 3
