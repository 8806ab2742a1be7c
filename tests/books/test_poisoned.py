"""An event that the database refuses only at the commit is put aside alone."""

from contextlib import closing
from typing import Any

import pytest

from books.at_once import count, is_sound
from books.crowd import RECEIVED, Flow, at
from cvq.taps.journal import take
from cvq.taps.settle import settle
from cvq.wire.events import genesis, head_after
from cvq.wire.messages import Ack, Manifest, Upload
from town import ZONE

POISON = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE foreign_key_violation; END $$;
CREATE CONSTRAINT TRIGGER poison AFTER INSERT ON taps_tapevent DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.device = {device} AND NEW.seq IN (2, 5)) EXECUTE FUNCTION refuse()
"""
PARKED = "SELECT count(*) FROM taps_parked WHERE reason = 'BROKEN' AND device = {device}"


def journal(flow: Flow, where: str, how_many: int) -> Upload:
    """Return what a box tells of as many passages of a card, each alone in its hour."""
    events = tuple(
        flow.event("dora", where, at(600 * n), "GRANTED WALLET") for n in range(how_many)
    )
    box = events[0].dev
    start = genesis(box)
    manifest = Manifest(
        dev=box, first=1, to=how_many, prev=start.hex(), head=head_after(start, events).hex()
    )
    return Upload(m=manifest, sig="0" * 128, events=events)


@pytest.mark.parametrize("together", [False, True])
def test_what_is_refused_at_the_commit_holds_up_no_other_event(
    flow: Flow, database: Any, together: bool
) -> None:
    poisoned, sound = journal(flow, "GâtinéO", 7), journal(flow, "GâtinéO 2", 3)
    device = poisoned.m.dev
    with database.connect("cvq_owner") as owner:
        owner.execute(POISON.format(device=device))
    uploads = [poisoned, sound] if together else [poisoned]

    with closing(database.connect(autocommit=True)) as connection:
        acks = take(connection, uploads=uploads, received_at=RECEIVED, zone=ZONE, settle=settle)

    assert acks == [Ack(ack=one.m.to) for one in uploads]
    books = flow.town.connection
    assert count(books, PARKED.format(device=device)) == 2
    assert count(books, "SELECT count(*) FROM taps_tapevent") == (8 if together else 5)
    assert count(books, f"SELECT head_seq FROM catalog_device WHERE id = {device}") == 7
    assert is_sound(books)
