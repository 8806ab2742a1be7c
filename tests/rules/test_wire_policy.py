"""A policy is believed when one of our keys signed exactly this, and not otherwise."""

import gzip
import random

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cvq.rules.door import Window
from cvq.rules.slot import Booked
from cvq.rules.vocabulary import Means, MediumKind, MediumState, Purpose, Sector, Unit
from cvq.wire import openapi
from cvq.wire.events import canon
from cvq.wire.policy import (
    Issue,
    PolicyRefused,
    Signer,
    Stream,
    changes,
    lines_of,
    read_change,
    seal,
    seal_delta,
    unpack,
    verified,
)
from cvq.wire.rows import (
    AccountRow,
    CardRow,
    Offer,
    PlaceRow,
    PointRow,
    SlotAt,
    WindowAt,
    key_of,
    minus,
    plus,
    read_row,
    state_of,
)

SIGNER = Signer("k1", Ed25519PrivateKey.generate())
KEYS = {"k1": SIGNER.key.public_key().public_bytes_raw()}
STREAM = Stream(17, Sector.POOL)
ISSUE = Issue(seq=4, iat=1_000, exp=9_000, heard=12)


def card(number: int, **changed: object) -> CardRow:
    row = CardRow(ref=f"{number:032x}", state=MediumState.ACTIVE, kind=MediumKind.DESFIRE)
    return msgspec.structs.replace(row, **changed)


ROWS = (
    PlaceRow(time_zone="Europe/Paris", holidays=("2026-07-14",)),
    PointRow(point=3, purpose=Purpose.POOL, service=1, zone="BASSINS", open=((1, 2), (3, 4))),
    AccountRow(ref="a1", unit=Unit.EUR, allowance=1500),
    card(1, holder="h1", offers=(Offer(zone="BASSINS", means=Means.WALLET, account="a1"),)),
    card(2, windows=(WindowAt(point=3, window=Window(31, 480, 1320)),), enrolled=(4, 5)),
    card(3, slots=(SlotAt(point=3, slot=Booked(10, 20)),), group="g1"),
)


def test_rows_come_out_of_a_snapshot_as_they_went_in():
    sealed = seal(ROWS, stream=STREAM, issue=ISSUE, signer=SIGNER)

    received = unpack(sealed.to_bytes())
    header = verified(received, keys=KEYS)

    assert tuple(read_row(line) for line in lines_of(received.body)) == ROWS
    assert (header.dev, header.sector, header.seq, header.heard, header.n) == (17, "POOL", 4, 12, 6)
    assert header.state == f"{state_of(ROWS):064x}"


def test_the_digest_of_a_state_does_not_depend_on_the_order_of_its_rows():
    shuffled = random.Random(1).sample(ROWS, len(ROWS))

    assert state_of(shuffled) == state_of(ROWS)
    assert minus(plus(5, canon(ROWS[0])), canon(ROWS[0])) == 5
    assert state_of(ROWS[1:]) == minus(state_of(ROWS), canon(ROWS[0]))


def test_a_delta_takes_a_state_to_the_next():
    before = {key_of(row): canon(row) for row in ROWS}
    blocked = card(1, state=MediumState.BLOCKED)
    after = (*ROWS[:3], blocked, ROWS[4], card(9))
    found = changes(before, after)

    sealed = seal_delta(
        found, base=4, state=state_of(after), stream=STREAM, issue=ISSUE, signer=SIGNER
    )
    for line in lines_of(sealed.body):
        key, row = read_change(line)
        if row is None:
            del before[key]
        else:
            before[key] = row

    assert len(found) == 3
    assert before == {key_of(row): canon(row) for row in after}


@pytest.mark.parametrize("part", ["header", "signature", "body", "kid", "key"])
def test_a_policy_that_was_touched_is_refused(part):
    sealed = seal(ROWS, stream=STREAM, issue=ISSUE, signer=SIGNER)
    keys = dict(KEYS)
    match part:
        case "header":
            sealed = sealed._replace(header=sealed.header.replace(b'"heard":12', b'"heard":13'))
        case "signature":
            sealed = sealed._replace(signature="00" * 64)
        case "body":
            sealed = sealed._replace(body=gzip.compress(b"[]", mtime=0))
        case "kid":
            keys = {"k2": KEYS["k1"]}
        case "key":
            keys = {"k1": Ed25519PrivateKey.generate().public_key().public_bytes_raw()}

    with pytest.raises(PolicyRefused):
        verified(sealed, keys=keys)


@pytest.mark.parametrize("cut", [0, 10, 300])
def test_a_policy_cut_short_is_refused(cut):
    whole = seal(ROWS, stream=STREAM, issue=ISSUE, signer=SIGNER).to_bytes()

    with pytest.raises(PolicyRefused):
        verified(unpack(whole[:cut]), keys=KEYS)


def test_many_rows_come_out_line_by_line():
    rows = [card(number, holder=f"{number * 7919:032x}") for number in range(5_000)]
    sealed = seal(rows, stream=STREAM, issue=ISSUE, signer=SIGNER)

    assert [read_row(line) for line in lines_of(sealed.body)] == rows
    assert list(lines_of(gzip.compress(b"", mtime=0))) == []
    with pytest.raises(PolicyRefused):
        list(lines_of(b"no gzip at all"))


def test_the_protocol_is_described_from_its_types():
    document = openapi.document()
    schemas = document["components"]["schemas"]

    def references(value):
        match value:
            case {"$ref": name}:
                yield name.rpartition("/")[2]
            case dict():
                for inner in value.values():
                    yield from references(inner)
            case list():
                for inner in value:
                    yield from references(inner)

    assert set(references(document)) <= set(schemas)
    assert set(document["paths"]) == {"/edge/v1/ask", "/edge/v1/events", "/edge/v1/policy"}
    assert schemas["Event"]["additionalProperties"] is False
    assert schemas["Upload"]["properties"]["events"]["maxItems"] == 250
    assert schemas["Manifest"]["required"] == ["dev", "from", "to", "prev", "head"]
    upload = document["paths"]["/edge/v1/events"]["post"]["responses"]
    assert set(upload) == {
        *("200", "400", "401", "403", "405", "409", "413", "415", "422", "503"),
    }
