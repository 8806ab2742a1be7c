"""
What the rules are given at a door: the rows of the policy, and what the box saw itself today.

The rules are those of the town hall, the same files: only where the facts come from differs.
"""

from collections.abc import Callable
from typing import NamedTuple

from cvq.edge.snapshot import Place
from cvq.edge.tally import Tally
from cvq.kernel.local import local
from cvq.rules import attendance, door, library, pool, slot, waste
from cvq.rules.tap import Decision, Granted, Tap
from cvq.rules.vocabulary import CHILDCARE, Direction, Means, Purpose
from cvq.wire.rows import CardRow, Offer, PointRow


class Facts(NamedTuple):
    """
    All that a box knows when a medium is presented.

    `listed_until` (milliseconds) is the end of the opening hours that the policy lists; `funds`
    what may still be taken from an account, nothing when no such account is known.
    """

    card: CardRow | None
    point: PointRow
    place: Place | None
    at: int
    direction: Direction
    tally: Tally
    listed_until: int
    funds: Callable[[str], int | None]


def decide(facts: Facts) -> Decision:
    """Return the answer of the rules of this point, before what a box alone may not risk."""
    tap = Tap(at=facts.at, purpose=facts.point.purpose, direction=facts.direction)
    match facts.point.purpose:
        case Purpose.POOL:
            return pool.decide(tap, swimmer(facts))
        case Purpose.WASTE:
            return waste.decide(tap, visitor(facts))
        case Purpose.DOOR:
            return door.decide(tap, at_door(facts))
        case Purpose.COURT:
            return slot.decide(tap, player(facts))
        case Purpose.LIBRARY:
            return library.decide(tap, patron(facts))
        case (
            Purpose.SCHOOL_GATE
            | Purpose.CANTEEN
            | Purpose.GARDERIE
            | Purpose.CRECHE
            | Purpose.LEISURE
        ):
            return attendance.decide(tap, child(facts))


def who(facts: Facts) -> str:
    """Return whose passages are counted together: a household at a waste centre, else a holder."""
    card = facts.card
    if card is None:
        return ""
    if facts.point.purpose is Purpose.WASTE and card.group:
        return card.group
    return card.holder


def where(point: PointRow) -> str:
    """Return over what passages are counted together: the service, or the zone of a pool."""
    if point.purpose in CHILDCARE or point.purpose is Purpose.WASTE:
        return f"service {point.service}"
    return point.zone


def is_open(facts: Facts) -> bool:
    """Tell whether the service is open; past the end of the list, whoever opened it knows."""
    at = facts.at
    for since, until in facts.point.open:
        if since <= at < until:
            return True
    return at >= facts.listed_until


def offers(facts: Facts) -> list[Offer]:
    """Return what the holder may use here now, soonest to end first."""
    card, zone, at = facts.card, facts.point.zone, facts.at
    if card is None:
        return []
    found = [offer for offer in card.offers if offer.zone == zone and at < offer.until]
    if len(found) > 1:
        found.sort(key=_end)
    return found


def _end(offer: Offer) -> tuple[int, str]:
    return offer.until, offer.account


def offer_used(facts: Facts, means: Means) -> Offer | None:
    """Return the offer that a grant runs on: the first that still has something."""
    found = [offer for offer in offers(facts) if offer.means is means]
    for offer in found:
        if offer.account and (facts.funds(offer.account) or 0) > 0:
            return offer
    return found[0] if found else None


class _Left(NamedTuple):
    """What the offers of a holder come to, kind by kind; nothing where there is no such offer."""

    passes: int
    lock: int
    entries: int
    visits: int | None
    price: int | None
    spendable: int | None


def _left(facts: Facts) -> _Left:
    passes = lock = entries = 0
    visits: int | None = None
    price: int | None = None
    account, free = "", False
    for offer in offers(facts):
        means = offer.means
        if means is Means.WALLET:
            if price is None:
                price, account = offer.price, offer.account
        elif means is Means.PASS:
            passes += 1
            lock = max(lock, offer.lock)
        elif means is Means.CARNET:
            entries += facts.funds(offer.account) or 0
        elif means is Means.QUOTA:
            visits = (visits or 0) + (facts.funds(offer.account) or 0)
        else:
            free = True
    if free:
        return _Left(passes, lock, entries, visits, 0, None)
    spendable = facts.funds(account) if account else None
    return _Left(passes, lock, entries, visits, price, spendable)


def swimmer(facts: Facts) -> pool.PoolSituation:
    """Return what a turnstile knows of a holder."""
    card, point = facts.card, facts.point
    holder = card.holder if card else ""
    seen = facts.tally.seen(holder, point.zone, Direction.IN)
    left = _left(facts)
    most = point.max_attendance
    return pool.PoolSituation(
        medium=card.state if card else None,
        kind=card.kind if card else None,
        held=bool(holder),
        open=is_open(facts),
        last_at=seen.last_at,
        inside=seen.inside,
        full=most is not None and facts.tally.inside(point.zone) >= most,
        has_pass=left.passes > 0,
        lock_minutes=left.lock,
        entries=left.entries,
        price=left.price,
        spendable=left.spendable,
    )


def visitor(facts: Facts) -> waste.WasteSituation:
    """Return what a barrier knows of a household or a professional."""
    card = facts.card
    left = _left(facts)
    return waste.WasteSituation(
        medium=card.state if card else None,
        kind=card.kind if card else None,
        held=bool(card and card.holder),
        open=is_open(facts),
        last_at=facts.tally.seen(who(facts), where(facts.point), Direction.IN).last_at,
        served=left.visits is not None or left.price is not None,
        visits=left.visits,
        price=left.price,
        spendable=left.spendable,
    )


def at_door(facts: Facts) -> door.DoorSituation:
    """Return what the door of a building knows of a holder."""
    card, place = facts.card, facts.place
    number, at = facts.point.point, facts.at
    windows = [w for w in card.windows if w.point == number and at < w.until] if card else []
    # Without a time zone no hour is anybody's: minute -1 is in no window.
    day, minute, weekday = local(facts.at, place.zone) if place else (None, -1, 0)
    return door.DoorSituation(
        medium=card.state if card else None,
        kind=card.kind if card else None,
        held=bool(card and card.holder),
        windows=tuple(w.window for w in windows),
        weekday=weekday,
        minute=minute,
        public_holiday=bool(place and day and day.isoformat() in place.holidays),
    )


def player(facts: Facts) -> slot.CourtSituation:
    """Return what the door of a court knows of a holder."""
    card = facts.card
    slots = card.slots if card else ()
    return slot.CourtSituation(
        medium=card.state if card else None,
        kind=card.kind if card else None,
        held=bool(card and card.holder),
        slots=tuple(s.slot for s in slots if s.point == facts.point.point),
    )


def patron(facts: Facts) -> library.PatronSituation:
    """Return what the library desk knows of a holder."""
    card = facts.card
    return library.PatronSituation(
        medium=card.state if card else None,
        kind=card.kind if card else None,
        held=bool(card and card.holder),
        open=is_open(facts),
        subscribed=_left(facts).passes > 0,
    )


def child(facts: Facts) -> attendance.ChildSituation:
    """Return what a childcare point knows of a child."""
    card = facts.card
    seen = facts.tally.seen(who(facts), where(facts.point), facts.direction)
    return attendance.ChildSituation(
        medium=card.state if card else None,
        kind=card.kind if card else None,
        held=bool(card and card.holder),
        open=is_open(facts),
        last_at=seen.last_at,
        enrolled=bool(card and facts.point.service in card.enrolled),
        present=seen.inside,
    )


def counts(decision: Decision, purpose: Purpose) -> bool:
    """Tell whether a passage counts: a refusal does not, nor a visit that repeats."""
    match decision:
        case Granted():
            return not decision.repeats
        case _:
            return purpose in CHILDCARE
