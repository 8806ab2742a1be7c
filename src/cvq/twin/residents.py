"""Who lives in the twin and what each is used to: plain data, drawn before it is written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from cvq.kernel.periods import age_on
from cvq.people.models import Role
from cvq.rules.vocabulary import MediumKind, MediumState, Sector
from cvq.twin.places import Pool, School, Spot, Town


@dataclass(kw_only=True, slots=True, eq=False)
class Card:
    """A medium, what readers of each sector see of it, and what became of it."""

    number: str
    credential: bytes
    kind: MediumKind = MediumKind.DESFIRE
    medium: int = 0
    refs: dict[Sector, str] = field(default_factory=dict)
    states: list[tuple[int, MediumState]] = field(default_factory=list)

    def state(self, at: int) -> MediumState | None:
        """Return its state at an instant (milliseconds), nothing before it was issued."""
        known = [state for since, state in self.states if since <= at]
        return known[-1] if known else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """A service that somebody may use from a day until another, which is out."""

    service: int
    since: date
    until: date | None

    def holds(self, service: int, day: date) -> bool:
        """Tell whether it is in force at a service on a day."""
        return (
            self.service == service
            and self.since <= day
            and (self.until is None or day < self.until)
        )


class Ticket(StrEnum):
    """What a swimmer goes in on."""

    PASS = "PASS"
    CARNET = "CARNET"
    WALLET = "WALLET"


@dataclass(frozen=True, kw_only=True, slots=True)
class Schooling:
    """A pupil's habits; shares of the days of class on which each is done."""

    school: School
    since: date
    until: date
    gate: bool
    meals: float
    mornings: float
    evenings: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Swimming:
    """Where somebody swims, how often a week, and on what."""

    pool: Pool
    ticket: Ticket
    weekly: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Playing:
    """The court that somebody has every week, at that weekday and minute."""

    court: Spot
    weekday: int
    minute: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Working:
    """The doors of somebody's work, the group that opens them, and when the day begins and ends."""

    group: str
    doors: tuple[Spot, ...]
    arrives: int
    leaves: int


@dataclass(kw_only=True, slots=True, eq=False)
class Resident:
    """Somebody: `cards[-1]` is the one in the pocket; without any, nothing is ever tapped."""

    number: int
    first_name: str
    birth_name: str
    born_on: date
    role: Role
    home: "Home"
    other_home: "Home | None" = None
    cards: list[Card] = field(default_factory=list)
    person: int = 0
    school: Schooling | None = None
    nursery: Spot | None = None
    leisure: Spot | None = None
    swims: Swimming | None = None
    reads: tuple[Spot, ...] = ()
    plays: Playing | None = None
    works: Working | None = None
    terms: list[Term] = field(default_factory=list)  # enrolments, passes and subscriptions
    slots: list[tuple[int, int]] = field(default_factory=list)  # on the court, in milliseconds
    carnet: str = ""  # the code of its account

    def may_use(self, service: int, day: date) -> bool:
        """Tell whether something in force lets this person use a service."""
        return any(term.holds(service, day) for term in self.terms)

    def age(self, day: date) -> int:
        """Return the age in whole years."""
        return age_on(self.born_on, day)

    def payer(self, day: date) -> "Home":
        """Return the household that has a child that day; parents change over on Mondays."""
        if self.other_home is None:
            return self.home
        return self.home if (day.toordinal() - 1) // 7 % 2 == 0 else self.other_home


@dataclass(kw_only=True, slots=True, eq=False)
class Payer:
    """Who has a wallet; `is_late` looks at it long after it is empty."""

    number: int
    name: str
    household: int = 0
    organisation: int = 0
    uses_wallet: bool = False
    is_late: bool = False
    visits: int = 0  # to the waste centre, a year

    @property
    def code(self) -> str:
        """Return the code of the wallet."""
        return f"WALLET:O{self.organisation}" if self.organisation else f"WALLET:{self.household}"


@dataclass(kw_only=True, slots=True, eq=False)
class Home(Payer):
    """A household."""

    town: Town
    address: str
    quotient: int
    members: list[Resident] = field(default_factory=list)

    @property
    def visitor(self) -> Resident:
        """Return who goes to the waste centre: the adult who has a card already, if one has."""
        adults = [member for member in self.members if member.role is Role.ADULT]
        return next((adult for adult in adults if adult.cards), adults[0])


@dataclass(kw_only=True, slots=True, eq=False)
class Firm(Payer):
    """A professional, who pays each visit to the waste centre."""

    siren: str
    cards: list[Card] = field(default_factory=list)


@dataclass(kw_only=True, slots=True, eq=False)
class Population:
    """Everybody, in the order in which they were drawn."""

    first_day: date
    homes: list[Home] = field(default_factory=list)
    residents: list[Resident] = field(default_factory=list)
    firms: list[Firm] = field(default_factory=list)
    weak_cards: list[tuple[Resident, Card]] = field(default_factory=list)

    def cards(self) -> Iterator[tuple[Card, Resident | Firm]]:
        """Yield every medium with who holds it."""
        for resident in self.residents:
            for card in resident.cards:
                yield card, resident
        for firm in self.firms:
            for card in firm.cards:
                yield card, firm
        for resident, card in self.weak_cards:
            yield card, resident

    def payers(self) -> Iterator[Payer]:
        """Yield whoever tops a wallet up."""
        yield from (home for home in self.homes if home.uses_wallet)
        yield from self.firms
