"""What was put aside for the desk: told again, settled once, or dismissed with a reason."""

import msgspec
import psycopg
import pytest

from cvq.kernel.local import at_ms
from cvq.rules.tap import Granted
from cvq.rules.vocabulary import Means, Reason, Verdict
from cvq.taps import audit, parked
from cvq.taps.journal import Settle, _settled
from cvq.taps.models import Amendment, Parked, TapEvent
from cvq.taps.settle import settle
from cvq.taps.told import Answer, Told
from cvq.wire.events import Event
from town import ZONE, Town

PAID = Granted(Means.WALLET)


def put_aside(town: Town, **told: object) -> Event:
    """Tell of a swim by a clock in doubt."""
    town.family("Petit", card="p", topped_up="20,00")
    event = town.event("p", where="GâtinéO", at="15:00", door_said=PAID)
    event = msgspec.structs.replace(event, **{"cq": 1, **told})
    assert town.tell([event])[0].parked is not None
    return event


def settled(town: Town, event: Event, at: str = "23:00") -> Answer:
    return parked.settle_parked(
        town.connection, device=event.dev, seq=event.seq, at=town.at(at), zone=ZONE
    )


def test_what_somebody_vouches_for_is_settled_once_as_its_door_told_it(town: Town) -> None:
    event = put_aside(town)
    (waits,) = parked.waiting(town.connection)
    (remark,) = audit.remarks(town.connection)

    answer = settled(town, event)
    again = town.tell([event])[0]

    assert (waits.device, waits.seq, waits.reason, waits.at) == (
        event.dev, event.seq, "CLOCK_SUSPECT", event.at
    )  # fmt: skip
    assert "1 événement(s) mis de côté (horloge du boîtier douteuse)" in remark
    assert (answer.said, answer.means, answer.parked) == (Verdict.GRANTED, Means.WALLET, None)
    assert (again.known, again.parked, again.said) == (True, None, Verdict.GRANTED)
    assert town.wallet("Petit") == "15,50 €"
    assert (Parked.objects.get().ending, Parked.objects.get().ended_at) == (
        "SETTLED", town.at("23:00")
    )  # fmt: skip
    assert parked.waiting(town.connection) == [] == list(audit.remarks(town.connection))
    with pytest.raises(parked.NothingWaits):
        settled(town, event)
    assert town.wallet("Petit") == "15,50 €"


def test_what_is_dismissed_stays_known_and_costs_nothing(town: Town) -> None:
    event = put_aside(town)

    with pytest.raises(parked.NoReason):
        parked.dismiss(
            town.connection, device=event.dev, seq=event.seq, at=town.at("23:00"), why=" "
        )
    parked.dismiss(
        town.connection, device=event.dev, seq=event.seq, at=town.at("23:00"), why="essai"
    )
    again = town.tell([event])[0]

    assert (again.known, again.parked) == (True, "CLOCK_SUSPECT")
    assert Parked.objects.get().ending == "DISMISSED: essai"
    assert list(audit.remarks(town.connection)) == []
    with pytest.raises(parked.NothingWaits):
        settled(town, event)
    assert town.wallet("Petit") == "20,00 €"


@pytest.mark.parametrize("told", [{"at": 4_000_000_000_000_000}, {"pt": 999_999}])
def test_what_caused_it_is_put_right_first(town: Town, told: dict[str, int]) -> None:
    event = put_aside(town, **told)

    with pytest.raises(parked.NotYet):
        settled(town, event)

    assert len(parked.waiting(town.connection)) == 1
    assert not TapEvent.objects.exists()


def journal(town: Town, *events: Event, spine: Settle = settle) -> list[Answer]:
    return _settled(
        town.connection,
        [Told(event=event) for event in events],
        at_ms(town.at("23:00")),
        ZONE,
        spine,
    )


def test_tables_that_are_not_those_of_the_code_put_nothing_aside(town: Town) -> None:
    town.family("Petit", card="p", topped_up="20,00")
    events = [town.event("p", where="GâtinéO", at=f"1{n}:00", door_said=PAID) for n in range(4)]
    town.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    town.connection.execute("ALTER TABLE rights_right RENAME COLUMN account_id TO missing")

    with pytest.raises(psycopg.errors.UndefinedColumn):
        journal(town, *events)

    assert not Parked.objects.exists()
    town.connection.execute("ALTER TABLE rights_right RENAME COLUMN missing TO account_id")
    assert {answer.parked for answer in journal(town, *events)} == {None}
    assert town.wallet("Petit") == "2,00 €"


def breaks(**how: object) -> list[Answer]:
    raise LookupError("a bug of ours")


def test_what_was_broken_is_settled_once_the_bug_is_mended(town: Town) -> None:
    town.family("Petit", card="p", topped_up="20,00")
    event = town.event("p", where="GâtinéO", at="15:00", door_said=PAID)

    first = journal(town, event, spine=breaks)
    twice = journal(town, event, spine=breaks)
    other = journal(town, msgspec.structs.replace(event, at=event.at + 1), spine=breaks)

    assert [first[0].parked, twice[0].parked] == ["BROKEN", "BROKEN"]
    assert other[0].forked
    assert settled(town, event).said is Verdict.GRANTED
    assert town.wallet("Petit") == "15,50 €"


def test_what_a_door_did_in_the_end_may_be_put_aside_too(town: Town) -> None:
    town.family("Petit", card="p", topped_up="20,00")
    asked = town.event("p", where="GâtinéO", at="15:00")
    town.tell([asked], received="15:00", asks=True)
    did = msgspec.structs.replace(asked, why=Reason.RISK_LIMIT)

    journal(town, did, spine=breaks)
    answer = settled(town, did)

    assert answer.said is Verdict.REFUSED
    assert Amendment.objects.get().said == Verdict.REFUSED
    assert town.wallet("Petit") == "20,00 €"
