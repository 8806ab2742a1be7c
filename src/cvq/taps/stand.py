"""What stands of one tap: our answer to a door that asked, and of the others what they did."""

from cvq.billing.passages import Seen
from cvq.billing.presented import Presented, Stood
from cvq.rules.tap import Granted, Noted, Refused
from cvq.rules.vocabulary import Happening, Means, Reason, Verdict
from cvq.taps import dispatch
from cvq.taps.money import Accounting


def stand(
    tap: Presented, accounting: Accounting, desks: dispatch.Known, *, passed: bool
) -> tuple[Stood, Seen | None]:
    """Decide a tap; return what stands of it, and its passage where one may cost something."""
    event = tap.event
    if event.what is Happening.NOT_PASSED:
        return Stood(tap=tap, said=event.said, why=event.why), None
    ours = dispatch.decide(tap, desks, accounting.accounts)
    stood = _asked(tap, ours) if tap.asks else _done(tap, ours)
    seen = dispatch.enter(stood, desks, ours, passed=passed)
    if seen is not None and seen.counted:
        accounting.book(tap, seen, key=f"tap:{event.dev}:{event.seq}")
    return stood, seen


def _asked(tap: Presented, ours: Granted | Noted | Refused) -> Stood:
    match ours:
        case Granted():
            return Stood(tap=tap, said=Verdict.GRANTED, means=ours.means, until=ours.until)
        case Noted():
            return Stood(tap=tap, said=Verdict.NOTED, why=ours.reason)
        case Refused():
            return Stood(tap=tap, said=Verdict.REFUSED, why=ours.reason)


def _done(tap: Presented, ours: Granted | Noted | Refused) -> Stood:
    event = tap.event
    stood = Stood(tap=tap, said=event.said, why=event.why)
    if event.said is Verdict.REFUSED:
        return stood
    stood.objection = _objection(ours, event.why)
    if isinstance(ours, Granted):
        stood.until, stood.means = ours.until, Means.FREE
    return stood


def _objection(ours: Granted | Noted | Refused, told: Reason | None) -> Reason | None:
    if isinstance(ours, Granted) or ours.reason is told:
        return None
    return ours.reason
