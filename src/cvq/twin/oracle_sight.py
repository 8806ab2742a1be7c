"""
What the oracle sees of one tap: whose medium, who pays, what it costs, from the ground alone.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cvq.kernel.holidays import is_public_holiday
from cvq.kernel.local import Local, local
from cvq.rules.custody import Custody, payer
from cvq.rules.door import DoorSituation
from cvq.rules.library import PatronSituation
from cvq.rules.slot import CourtSituation
from cvq.rules.tap import Tap
from cvq.rules.tariff import Priced, rate
from cvq.rules.tariff.facts import school_level
from cvq.rules.vocabulary import MediumKind, MediumState, Purpose, Sector
from cvq.twin.ground import Ground, Held, Owner, Place, Purse, on
from cvq.wire.events import Event


@dataclass(frozen=True, slots=True)
class Sight:
    """
    A tap and what is true of it at its own instant.

    `served` tells whether the payer lives in the territory, or is an organisation; `price` is the
    cents of one use, `quota` the account of the household's visits that year.
    """

    event: Event
    place: Place
    local: Local
    is_open: bool
    medium: MediumState | None
    kind: MediumKind | None
    holder: UUID | None
    purse: Purse | None
    served: bool
    price: int | None
    quota: str | None
    rights: tuple[Held, ...]

    @property
    def day(self) -> date:
        """Return the local day of the tap."""
        return self.local.day

    @property
    def tap(self) -> Tap:
        """Return what the rules are given."""
        return Tap(at=self.event.at, purpose=self.place.purpose, direction=self.event.dir)

    @property
    def has_pass(self) -> bool:
        """Tell whether a pass is in force here."""
        return any(held.kind == "PASS" for held in self.rights)

    @property
    def lock_minutes(self) -> int:
        """Return the longest time lock of the passes in force here."""
        return max((held.lock_minutes for held in self.rights if held.kind == "PASS"), default=0)

    @property
    def carnets(self) -> list[str]:
        """Return the carnets in force here, in the order in which they are used."""
        return [held.account for held in self.rights if held.kind == "CARNET" and held.account]


def look(ground: Ground, event: Event) -> Sight:
    """Look at a tap."""
    place = ground.places[event.pt]
    when = local(event.at, ground.zone)
    medium = ground.media.get((place.sector, event.ref))
    owner = medium.owner(event.at) if medium else None
    paying = owner and payer_of(ground, owner, when.day)
    holder = ground.holders.get((owner, place.sector)) if owner else None
    is_served = served(ground, paying, when.day)
    return Sight(
        event=event,
        place=place,
        local=when,
        is_open=ground.calendar.is_open(place.service, event.at),
        medium=medium.state(event.at) if medium else None,
        kind=medium.kind if medium else None,
        holder=holder,
        purse=ground.purses[paying] if paying else None,
        served=is_served,
        price=_price(ground, place, owner, paying, when.day),
        quota=_quota(ground, place, paying, when.day) if is_served else None,
        rights=_rights(ground, holder, place, when.day),
    )


def payer_of(ground: Ground, owner: Owner, day: date) -> Owner | None:
    """Return who pays for a person on a day; an organisation pays for itself."""
    kind, number = owner
    if kind != "PERSON":
        return owner
    mains = on(day, ground.mains.get(number, ()))
    turns = on(day, ground.turns.get(number, ()))
    custody = Custody(
        exception=turns[0].apart.get(day) if turns else None,
        alternation=turns[0].alternation if turns else None,
        main=mains[0] if mains else None,
    )
    household = payer(custody, day)
    return None if household is None else ("HOUSEHOLD", household)


def served(ground: Ground, paying: Owner | None, day: date) -> bool:
    """Tell whether who pays lives in the territory that day; an organisation is taken to."""
    if paying is None:
        return False
    if paying[0] == "ORGANISATION":
        return True
    communes = on(day, ground.communes.get(paying[1], ()))
    return any(on(day, ground.members.get(commune, ())) for commune in communes)


def age_of(born_on: date, day: date) -> int:
    """Return an age in whole years."""
    birthday_to_come = (day.month, day.day) < (born_on.month, born_on.day)
    return day.year - born_on.year - birthday_to_come


def _price(
    ground: Ground, place: Place, owner: Owner | None, paying: Owner | None, day: date
) -> int | None:
    if place.purpose not in (Purpose.POOL, Purpose.WASTE):
        return None
    if place.purpose is Purpose.WASTE and paying is not None and paying[0] == "HOUSEHOLD":
        return 0  # a household never pays what a professional does
    version = place.tariff(day)
    if version is None:
        return None
    age = age_of(ground.born_on[owner[1]], day) if owner and owner[0] == "PERSON" else None
    priced = rate(version.tariff, {"age": age, "resident": served(ground, paying, day)})
    return priced.cents if isinstance(priced, Priced) else None


def _quota(ground: Ground, place: Place, paying: Owner | None, day: date) -> str | None:
    if place.purpose is not Purpose.WASTE or ground.quota is None:
        return None
    if paying is None or paying[0] != "HOUSEHOLD":
        return None
    return f"QUOTA:{ground.quota.product}:{paying[1]}:{day.year}-01-01"


def _rights(ground: Ground, holder: UUID | None, place: Place, day: date) -> tuple[Held, ...]:
    held = on(day, ground.rights.get(holder, ())) if holder else []
    return tuple(
        one for one in held if one.service == place.service or (one.zone and one.zone == place.zone)
    )


def door_situation(ground: Ground, sight: Sight) -> DoorSituation:
    """Return what a door knows."""
    groups = on(sight.day, ground.groups.get(sight.holder, ())) if sight.holder else []
    windows = [ground.windows.get((group, sight.place.point), []) for group in groups]
    return DoorSituation(
        medium=sight.medium,
        kind=sight.kind,
        held=sight.holder is not None,
        windows=tuple(window for some in windows for window in some),
        weekday=sight.local.weekday,
        minute=sight.local.minute,
        public_holiday=is_public_holiday(sight.day, sight.place.department),
    )


def court_situation(ground: Ground, sight: Sight) -> CourtSituation:
    """Return what a court knows."""
    booked = []
    if sight.holder is not None and sight.place.space is not None:
        booked = ground.slots.get((sight.holder, sight.place.space), [])
    return CourtSituation(
        medium=sight.medium,
        kind=sight.kind,
        held=sight.holder is not None,
        slots=tuple(booked),
    )


def patron_situation(sight: Sight) -> PatronSituation:
    """Return what the library desk knows."""
    return PatronSituation(
        medium=sight.medium,
        kind=sight.kind,
        held=sight.holder is not None,
        open=sight.is_open,
        subscribed=any(held.kind == "MEMBERSHIP" for held in sight.rights),
    )


def childcare_inputs(
    ground: Ground, holder: UUID, day: date
) -> tuple[Purse, dict[str, object]] | None:
    """Return who pays for a child of childcare on a day, and what a tariff may ask of them."""
    owner = ground.owners.get(holder)
    if owner is None or owner[0] != "PERSON":
        return None
    paying = payer_of(ground, owner, day)
    if paying is None:
        return None
    quotients = on(day, ground.quotients.get(paying[1], ()))
    born_on = ground.born_on[owner[1]]
    assert ground.holders[owner, Sector.SCHOOL] == holder
    return ground.purses[paying], {
        "age": age_of(born_on, day),
        "school_level": school_level(born_on, day),
        "resident": served(ground, paying, day),
        "quotient": quotients[0] if quotients else None,
    }
