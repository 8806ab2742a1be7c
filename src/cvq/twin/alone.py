"""
What a box of the twin decides alone: the rules of the house, on what the box knows.

It knows the people of its service as they were when it last heard, and what it saw itself today.
"""

from datetime import date
from zoneinfo import ZoneInfo

from msgspec import Struct

from cvq.kernel.holidays import is_public_holiday
from cvq.kernel.local import local
from cvq.rules import attendance, door, library, pool, slot, waste
from cvq.rules.attendance import ChildSituation
from cvq.rules.door import DoorSituation, Window
from cvq.rules.library import PatronSituation
from cvq.rules.pool import PoolSituation
from cvq.rules.slot import Booked, CourtSituation
from cvq.rules.tap import Decision, Granted, Tap
from cvq.rules.vocabulary import (
    Direction,
    Means,
    MediumKind,
    MediumState,
    Purpose,
)
from cvq.rules.waste import WasteSituation
from cvq.twin.boxes import Box
from cvq.twin.going import Holder
from cvq.twin.offers import LOCK_MINUTES, VISITS, schedules_of
from cvq.twin.places import Places, Spot
from cvq.twin.prices import Prices
from cvq.twin.residents import Card, Firm, Home, Resident, Ticket

DEPARTMENT = "79"
OFFLINE_CENTS = 1500  # what a box may let somebody spend before it hears again


class Shown(Struct, frozen=True, kw_only=True):
    """A medium in front of a box; without a holder nobody there knows it."""

    spot: Spot
    at: int
    direction: Direction
    card: Card | None
    who: Holder | None


class Alone:
    """The decisions of boxes that cannot ask."""

    def __init__(self, places: Places, prices: Prices, *, zone: ZoneInfo) -> None:
        """Take what every box knows of the territory."""
        self.places = places
        self.prices = prices
        self.zone = zone

    def decide(self, box: Box, shown: Shown) -> Decision:
        """Return what a box says to a medium."""
        spot, who, day = shown.spot, shown.who, local(shown.at, self.zone).day
        heard = box.heard_until(shown.at)
        state = shown.card.state(heard) if shown.card else None
        kind = shown.card.kind if shown.card and state else None
        is_open = self.places.is_open(spot, shown.at)
        tap = Tap(at=shown.at, purpose=spot.purpose, direction=shown.direction)
        seen = box.seen[who_counts(shown), where_counts(spot)]
        match spot.purpose:
            case Purpose.DOOR:
                return door.decide(tap, self._at_door(shown, state, kind))
            case Purpose.COURT:
                slots = who.slots if isinstance(who, Resident) else []
                situation = CourtSituation(
                    medium=state, kind=kind, slots=tuple(Booked(*slot) for slot in slots)
                )
                return slot.decide(tap, situation)
            case Purpose.LIBRARY:
                subscribed = isinstance(who, Resident) and who.may_use(spot.service, day)
                patron = PatronSituation(
                    medium=state, kind=kind, open=is_open, subscribed=subscribed
                )
                return library.decide(tap, patron)
            case Purpose.POOL:
                return self._swim(box, shown, state, is_open=is_open)
            case Purpose.WASTE:
                return self._throw_away(box, shown, state, is_open=is_open)
            case _:
                same_way = [at for at, direction in seen if direction is shown.direction]
                child = ChildSituation(
                    medium=state,
                    kind=kind,
                    open=is_open,
                    enrolled=isinstance(who, Resident) and who.may_use(spot.service, day),
                    last_at=max(same_way, default=None),
                    present=bool(seen) and max(seen)[1] is Direction.IN,
                )
                return attendance.decide(tap, child)

    def _at_door(
        self, shown: Shown, state: MediumState | None, kind: MediumKind | None
    ) -> DoorSituation:
        when = local(shown.at, self.zone)
        windows: tuple[Window, ...] = ()
        works = shown.who.works if isinstance(shown.who, Resident) else None
        if works is not None and shown.spot in works.doors:
            windows = tuple(
                Window(hours.weekdays, hours.from_minute, hours.until_minute)
                for hours in schedules_of(works.group, [shown.spot])
            )
        return DoorSituation(
            medium=state,
            kind=kind,
            windows=windows,
            weekday=when.weekday,
            minute=when.minute,
            public_holiday=is_public_holiday(when.day, DEPARTMENT),
        )

    def _swim(
        self, box: Box, shown: Shown, state: MediumState | None, *, is_open: bool
    ) -> Decision:
        who, spot = shown.who, shown.spot
        day = local(shown.at, self.zone).day
        seen = box.seen[who_counts(shown), where_counts(spot)]
        swims = who.swims if isinstance(who, Resident) else None
        has_pass = (
            isinstance(who, Resident)
            and swims is not None
            and swims.ticket is Ticket.PASS
            and who.may_use(spot.service, day)
        )
        wallet = wallet_of(who, day)
        carnet = who.carnet if isinstance(who, Resident) else ""
        entries = [at for at, direction in seen if direction is Direction.IN]
        situation = PoolSituation(
            medium=state,
            open=is_open,
            last_at=max(entries, default=None),
            inside=bool(seen) and max(seen)[1] is Direction.IN,
            has_pass=has_pass,
            lock_minutes=LOCK_MINUTES if has_pass else 0,
            entries=_left(box, carnet),
            price=self.prices.of(spot, who, day),
            spendable=min(OFFLINE_CENTS, _left(box, wallet)) if wallet else None,
        )
        tap = Tap(at=shown.at, purpose=spot.purpose, direction=shown.direction)
        decision = pool.decide(tap, situation)
        _spend(box, decision, carnet if _is_by(decision, Means.CARNET) else wallet)
        return decision

    def _throw_away(
        self, box: Box, shown: Shown, state: MediumState | None, *, is_open: bool
    ) -> Decision:
        who, spot = shown.who, shown.spot
        day = local(shown.at, self.zone).day
        seen = box.seen[who_counts(shown), where_counts(spot)]
        wallet = wallet_of(who, day)
        quota = quota_of(who, day)
        situation = WasteSituation(
            medium=state,
            open=is_open,
            last_at=max((at for at, _ in seen), default=None),
            served=not isinstance(who, Resident) or who.home.town.is_member,
            visits=_left(box, quota, unless=VISITS) if quota else None,
            price=self.prices.of(spot, who, day),
            spendable=min(OFFLINE_CENTS, _left(box, wallet)) if wallet else None,
        )
        tap = Tap(at=shown.at, purpose=spot.purpose, direction=shown.direction)
        decision = waste.decide(tap, situation)
        _spend(box, decision, quota if _is_by(decision, Means.QUOTA) else wallet)
        return decision


def who_counts(shown: Shown) -> object:
    """Return whose passages are counted together: a household at the waste centre."""
    if shown.spot.purpose is Purpose.WASTE and isinstance(shown.who, Resident):
        return shown.who.home
    return shown.who


def where_counts(spot: Spot) -> str:
    """Return over what passages are counted together."""
    return spot.zone if spot.purpose is Purpose.POOL else str(spot.service)


def payer_of(who: Holder | None, day: date) -> Home | Firm | None:
    """Return who pays for somebody on a day."""
    return who.payer(day) if isinstance(who, Resident) else who


def wallet_of(who: Holder | None, day: date) -> str:
    """Return the code of the wallet that pays for somebody on a day, empty if none does."""
    payer = payer_of(who, day)
    return payer.code if payer is not None else ""


def quota_of(who: Holder | None, day: date) -> str:
    """Return the code of the quota of visits of a household, empty for anybody else."""
    payer = payer_of(who, day)
    if not isinstance(payer, Home) or not payer.town.is_member:
        return ""
    return f"QUOTA:DECHETTERIE:{payer.household}:{day.year}-01-01"


def _left(box: Box, account: str, unless: int = 0) -> int:
    return box.cut.left.get(account, unless) if box.cut is not None and account else 0


def _is_by(decision: Decision, means: Means) -> bool:
    return isinstance(decision, Granted) and decision.means is means


def _spend(box: Box, decision: Decision, account: str) -> None:
    """Take from what a box may still let be spent."""
    if not isinstance(decision, Granted) or box.cut is None:
        return
    amounts = {
        Means.WALLET: decision.cents,
        Means.CARNET: 1,
        Means.QUOTA: 1,
        Means.PASS: 0,
        Means.FREE: 0,
    }
    if amount := amounts[decision.means]:
        # A quota that nobody used yet this year is not open: all its visits are left.
        unless = VISITS if decision.means is Means.QUOTA else 0
        box.cut.left[account] = _left(box, account, unless) - amount
