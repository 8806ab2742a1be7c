"""
Childcare as the oracle keeps it: who was seen where, and what each day comes to afterwards.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

from cvq.kernel.local import local
from cvq.rules.attendance import ChildSituation
from cvq.rules.sessions import Session, sessions
from cvq.rules.tariff import Priced, rate
from cvq.rules.vocabulary import CHILDCARE, Direction
from cvq.twin.ground import Ground, Place, Purse, on
from cvq.twin.oracle_books import Books, Charged
from cvq.twin.oracle_sight import Sight, childcare_inputs

# Said again, and not taken from who is judged: a wrong number there must be seen.
LATE_DAYS = 31
CHILDREN_AT_ONCE = 500

Name = tuple[date, int, UUID, str]  # day, service, child, session
Basis = tuple[int, str | None, int, int, str]  # tariff, item, half-hours, hours, wallet


@dataclass(slots=True)
class Seen:
    """A child was seen: when, and which way."""

    at: int
    direction: Direction
    device: int
    seq: int

    @property
    def turn(self) -> tuple[int, int, int]:
        """Return where this stands in the order of the facts."""
        return (self.at, self.device, self.seq)


@dataclass(slots=True)
class Due:
    """A session that a day comes to."""

    name: Name
    basis: Basis
    charged: Charged


class Childcare:
    """All the attendances, and the sessions charged for them."""

    def __init__(self, books: Books) -> None:
        """Begin with none, on these books."""
        self._books = books
        # By day, child and service.
        self._seen: dict[date, dict[UUID, dict[int, list[Seen]]]] = defaultdict(dict)
        self._done: dict[date, int] = {}
        self._unpriced = 0
        self._standing: dict[Name, Due] = {}

    def see(self, sight: Sight) -> None:
        """Keep that a child was seen; a medium without a child says nothing."""
        if sight.place.purpose in CHILDCARE and sight.holder is not None:
            services = self._seen[sight.day].setdefault(sight.holder, {})
            seen = services.setdefault(sight.place.service, [])
            event = sight.event
            seen.append(Seen(event.at, event.dir, event.dev, event.seq))

    def situation(self, ground: Ground, sight: Sight) -> ChildSituation:
        """Return what the point knows of a child at this tap."""
        if sight.holder is None:
            return ChildSituation(
                medium=sight.medium, kind=sight.kind, held=False, open=sight.is_open
            )
        service = sight.place.service
        seen = self._seen[sight.day].get(sight.holder, {}).get(service, [])
        before = sorted((one.at, one.direction) for one in seen if one.at <= sight.event.at)
        same_way = [at for at, direction in before if direction is sight.event.dir]
        return ChildSituation(
            medium=sight.medium,
            kind=sight.kind,
            open=sight.is_open,
            last_at=same_way[-1] if same_way else None,
            enrolled=bool(on(sight.day, ground.enrolments.get((sight.holder, service), ()))),
            present=bool(before) and before[-1][1] is Direction.IN,
        )

    def charge_days(self, ground: Ground, until: date) -> None:
        """Charge each day up to one that has more attendances than it was charged for."""
        last = max((day for day in self._done if day <= until), default=date.min)
        for day in sorted(self._seen):
            is_late = (last - day).days >= LATE_DAYS
            of_children = self._seen[day].values()
            known = sum(len(seen) for services in of_children for seen in services.values())
            if day <= until and not is_late and known and known != self._done.get(day):
                # What has no price, or nobody to pay it, is tried again.
                self._done[day] = known if self._charge_day(ground, day) else 0

    def _charge_day(self, ground: Ground, day: date) -> bool:
        """Charge the children of a day; tell whether every session has a price and a payer."""
        children = sorted(self._seen[day], key=partial(self._came, day))
        self._unpriced = 0
        for first in range(0, len(children), CHILDREN_AT_ONCE):
            some = children[first : first + CHILDREN_AT_ONCE]
            self._charge(ground, day, some)
        return self._unpriced == 0

    def _came(self, day: date, child: UUID, service: int | None = None) -> tuple[int, int, int]:
        """Return the turn of the first time that a child was seen, there or anywhere."""
        services = self._seen[day][child]
        seen = services.values() if service is None else [services[service]]
        return min(one.turn for of_service in seen for one in of_service)

    def _charge(self, ground: Ground, day: date, children: list[UUID]) -> None:
        due = [one for child in children for one in self._due(ground, day, child)]
        changed = [one for one in due if self._basis(one.name) != one.basis]
        given_back: list[Purse] = []
        for one in changed:
            before = self._standing.get(one.name)
            if before is not None and before.charged.cents:
                self._books.give_back(before.charged)
                given_back.append(before.charged.purse)
        for one in changed:
            self._standing[one.name] = one
            if one.charged.cents:
                self._books.charge(one.charged)
        for purse in given_back:
            self._books.repay(purse)

    def _basis(self, name: Name) -> Basis | None:
        before = self._standing.get(name)
        return before.basis if before else None

    def _due(self, ground: Ground, day: date, child: UUID) -> list[Due]:
        """Return the sessions that a child's day comes to, those that cost nothing included."""
        paying = childcare_inputs(ground, child, day)
        found = []
        services = self._seen[day][child]
        for service in sorted(services, key=partial(self._came, day, child)):
            seen = services[service]
            place = ground.of_service[service]
            minutes = [(local(one.at, ground.zone).minute, one.direction) for one in seen]
            hours = ground.calendar.open_intervals(service, day)
            for session in sessions(place.purpose, minutes, hours):
                one = _due(place, child, day, session, paying) if paying else None
                if one is not None:
                    found.append(one)
                else:
                    self._unpriced += 1
        return found


def _due(
    place: Place, child: UUID, day: date, session: Session, paying: tuple[Purse, dict[str, object]]
) -> Due | None:
    purse, known = paying
    version = place.tariff(day, session.item)
    if version is None:
        return None
    units = {"half_hours": session.half_hours, "hours": session.hours}
    priced = rate(version.tariff, known | {"booked": True} | units)
    if not isinstance(priced, Priced):
        return None
    return Due(
        (day, place.service, child, session.code),
        (version.id, session.item, session.half_hours, session.hours, purse.wallet),
        _charged(purse, child, place, day, priced.cents),
    )


def _charged(purse: Purse, child: UUID, place: Place, day: date, cents: int) -> Charged:
    return Charged(
        purse=purse,
        holder=child,
        service=place.service,
        day=day,
        cents=cents,
        revenue=place.revenue(day),
        accrued=place.accrued(),
    )
