"""What follows from a decision: the line of the journal, the trace, what the door does."""

import msgspec

from cvq.edge import situations
from cvq.edge.journal import Trace
from cvq.edge.ports import Effect
from cvq.edge.situations import Facts
from cvq.rules.tap import Decision, Granted, Noted, Refused
from cvq.rules.vocabulary import SECTOR_OF, By, Means, Reason, Verdict
from cvq.wire.events import Event
from cvq.wire.messages import Answer
from cvq.wire.words import sentence, shown


def decided(event: Event, decision: Decision) -> Event:
    """Return the event with what was decided."""
    match decision:
        case Granted():
            return msgspec.structs.replace(event, said=Verdict.GRANTED, means=decision.means)
        case Noted():
            return msgspec.structs.replace(event, said=Verdict.NOTED, why=decision.reason)
        case Refused():
            return refused(event, decision.reason)


def refused(event: Event, reason: Reason | None) -> Event:
    """Return the event, refused."""
    return msgspec.structs.replace(event, said=Verdict.REFUSED, why=reason, means=Means.FREE)


def answered(event: Event, answer: Answer) -> Event:
    """Return the event with what the town hall decided."""
    return msgspec.structs.replace(
        event, by=By.TOWN, said=answer.said, why=answer.why, means=answer.means
    )


def decision_of(answer: Answer) -> Decision:
    """Return the decision that an answer tells."""
    match answer.said:
        case Verdict.GRANTED:
            return Granted(means=answer.means, until=answer.until)
        case Verdict.NOTED:
            return Noted(answer.why or Reason.UNKNOWN_MEDIUM)
        case Verdict.REFUSED:
            return Refused(answer.why or Reason.UNKNOWN_MEDIUM)


def until_of(decision: Decision) -> int:
    """Return the end of the lease that a decision gives, 0 for none."""
    return decision.until if isinstance(decision, Granted) else 0


def trace_of(event: Event, facts: Facts, decision: Decision, *, waits: bool) -> Trace | None:
    """Return what to remember of a tap that goes through."""
    if event.said is Verdict.REFUSED:
        return None
    point = facts.point
    offer = None if event.means is Means.FREE else situations.offer_used(facts, event.means)
    cents = offer.price if offer and event.means is Means.WALLET else 0
    uses_one = offer is not None and event.means in (Means.CARNET, Means.QUOTA)
    return Trace(
        seq=event.seq,
        at=event.at,
        day=facts.tally.day,
        ref=event.ref,
        who=situations.who(facts),
        place=situations.where(point),
        zone=point.zone,
        direction=event.dir,
        counts=situations.counts(decision, point.purpose),
        account=offer.account if offer else "",
        units=1 if uses_one else cents,
        cents=cents,
        alone=event.by is By.DOOR,
        waits=waits,
        sector=SECTOR_OF[point.purpose],
        point=point.point,
    )


def effect_of(event: Event, until: int = 0) -> Effect:
    """Return what the door does and the reader says."""
    word, sound = shown(event.said, event.dir)
    return Effect(
        seq=event.seq,
        ref=event.ref,
        point=event.pt,
        direction=event.dir,
        opens=event.said is not Verdict.REFUSED,
        word=word,
        sound=sound,
        sentence=sentence(event.said, event.why),
        until=until,
    )
