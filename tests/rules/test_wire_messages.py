"""What a device may tell, to the byte; what does not hold together is named."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.rules.vocabulary import Happening, Means, Reason, Verdict
from cvq.wire import messages
from cvq.wire.events import MAX_EVENTS, Event, canon, chained, genesis, happening, head_after
from cvq.wire.messages import Manifest, Upload, broken, flaw, read_ask, read_upload
from cvq.wire.words import shown

REF = "0123456789abcdef" * 2


def event(seq: int = 1, **changed: object) -> Event:
    return msgspec.structs.replace(Event(dev=17, seq=seq, at=1_000 + seq, pt=3, ref=REF), **changed)


def upload(*events: Event, prev: bytes | None = None) -> Upload:
    start = genesis(17) if prev is None else prev
    manifest = Manifest(
        dev=17,
        first=events[0].seq,
        to=events[-1].seq,
        prev=start.hex(),
        head=head_after(start, events).hex(),
    )
    return Upload(m=manifest, sig="0" * 128, events=events)


def test_an_event_has_one_writing_known_to_other_languages():
    told = canon(event())

    assert told == (
        b'{"at":1001,"boot":"","by":"DOOR","cq":0,"dev":17,"dir":"IN","means":"FREE","mono":0,'
        b'"of":0,"pol":0,"pt":3,"ref":"0123456789abcdef0123456789abcdef","said":0,"seq":1,'
        b'"what":"TAP","why":null}'
    )
    assert chained(genesis(17), event()).hex() == (
        "c2613edfd843bc39f7a631035ee39f8daa80efe3835591148ed6912f02b040a5"
    )
    assert read_ask(told) == event()


def test_what_happened_is_named_apart_from_what_was_decided():
    decided = event(said=Verdict.GRANTED, means=Means.WALLET, pol=4, boot="ab", mono=9, cq=1)

    assert happening(decided) == happening(event())
    for changed in ({"at": 5}, {"pt": 4}, {"ref": "f" * 32}, {"dev": 18}):
        assert happening(event(**changed)) != happening(event())


@pytest.mark.parametrize(
    "damage",
    [
        {"seq": 0},
        {"seq": 2**53},
        {"dev": 2**31},
        {"at": -1},
        {"at": 1.5},
        {"pt": "3"},
        {"ref": REF.upper()},
        {"ref": REF[:-1]},
        {"ref": REF + "00"},
        {"dir": "UP"},
        {"cq": 2},
        {"boot": "not a boot"},
        {"said": 3},
        {"why": "BECAUSE"},
        {"balance": 3},
    ],
)
def test_an_ask_out_of_bounds_is_no_ask(damage):
    told = msgspec.to_builtins(event()) | damage

    with pytest.raises(msgspec.ValidationError):
        read_ask(msgspec.json.encode(told))


@pytest.mark.parametrize(
    ("changed", "right"),
    [
        ({}, True),
        ({"ref": ""}, False),
        ({"ref": "\n"}, False),
        ({"of": 1, "seq": 2}, False),
        ({"what": Happening.NOT_PASSED, "ref": "", "of": 1, "seq": 2}, True),
        ({"what": Happening.NOT_PASSED, "ref": "", "of": 2, "seq": 2}, False),
        ({"what": Happening.NOT_PASSED, "ref": "", "of": 0, "seq": 2}, False),
        ({"what": Happening.NOT_PASSED, "of": 1, "seq": 2}, False),
    ],
)
def test_an_impossible_event_says_why(changed, right):
    assert (flaw(event(**changed)) is None) is right


def test_a_batch_that_holds_together_passes():
    assert broken(upload(event(1), event(2), event(3))) is None
    assert broken(upload(event(8), event(9), prev=b"x" * 32)) is None


def test_a_batch_is_bounded_and_never_empty():
    whole = upload(*(event(seq) for seq in range(1, MAX_EVENTS + 1)))
    told = msgspec.to_builtins(whole)

    assert read_upload(canon(whole)) == whole
    assert len(canon(whole)) < messages.MAX_BODY
    for events in ([], [*told["events"], told["events"][0]]):
        with pytest.raises(msgspec.ValidationError):
            read_upload(msgspec.json.encode(told | {"events": events}))


FIELDS = {
    "at": 9,
    "pt": 9,
    "ref": "f" * 32,
    "dir": "OUT",
    "cq": 1,
    "boot": "ff",
    "mono": 9,
    "by": "TOWN",
    "said": 1,
    "why": Reason.NO_RIGHT,
    "means": "PASS",
    "pol": 9,
    "seq": 9,
    "dev": 9,
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("index", [0, 1, 2])
def test_no_field_of_no_event_can_be_altered_on_the_way(field, index):
    whole = upload(event(1), event(2), event(3))
    events = list(whole.events)
    events[index] = msgspec.structs.replace(events[index], **{field: FIELDS[field]})

    assert broken(msgspec.structs.replace(whole, events=tuple(events))) is not None


@given(st.permutations([1, 2, 3, 4]), st.integers(1, 4))
def test_no_event_can_be_moved_or_taken_out(order, kept):
    whole = upload(*(event(seq) for seq in (1, 2, 3, 4)))
    events = tuple(event(seq) for seq in order[:kept])

    problem = broken(msgspec.structs.replace(whole, events=events))

    assert (problem is None) == (events == whole.events)


def test_an_answer_carries_the_word_of_the_event_and_no_amount():
    refused = event(said=Verdict.REFUSED, why=Reason.NOT_ENOUGH)

    told = messages.answer(refused, shown(refused.said), now=7, pol=2, known=True)

    assert (told.seq, told.said, told.why, told.known) == (1, Verdict.REFUSED, "NOT_ENOUGH", True)
    assert (told.word, told.sound, told.now, told.pol) == ("Pas d'accès", "no", 7, 2)
    assert messages.read_answer(canon(told)) == told


def test_a_box_reads_an_answer_of_a_newer_town_hall():
    assert messages.read_ack(b'{"ack":4,"weather":"fine"}') == messages.Ack(ack=4)
