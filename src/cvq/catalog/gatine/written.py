"""The shape of data/gatine.yaml and data/gatine-tariffs.yaml."""

from datetime import date
from importlib.resources import files
from typing import Literal

import msgspec

from cvq.catalog.kinds import AuthorityKind, RegieKind, SchoolWeekKind, WeekParity
from cvq.rules.vocabulary import Direction


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the file in which a misspelt word is an error."""


class Body(Strict, frozen=True):
    """An authority that is neither the community nor one of its communes."""

    siren: str
    name: str
    kind: AuthorityKind


class Till(Strict, frozen=True):
    """A sous-régie."""

    code: str
    commune: str
    name: str


class Office(Strict, frozen=True):
    """The régie."""

    code: str
    name: str
    kind: RegieKind
    founding_act: str
    founded_on: date
    revenue_types: list[str]
    payment_means: list[str]
    sous_regies: list[Till]


class HoursLine(Strict, frozen=True):
    """Days and intervals, and what narrows them."""

    days: str
    open: str
    school: Literal["term", "holidays"] | None = None
    weeks: WeekParity | None = None
    season: str | None = None
    public_holidays: bool = False


class Place(Strict, frozen=True):
    """A site with one service."""

    code: str
    name: str
    commune: str
    by: str | None = None
    capacity: int | None = None
    hours: str = ""
    tariff: str | None = None
    doors: int = 0
    max_attendance: int | None = None
    turnstiles: list[Direction] = []
    spaces: dict[str, str] = {}


class School(Strict, frozen=True):
    """A school with what it has besides its gate."""

    code: str
    name: str
    commune: str
    pupils: int
    week: SchoolWeekKind = SchoolWeekKind.FOUR_DAYS
    canteen: bool = True
    garderie: bool = True
    by: str | None = None
    canteen_by: str | None = None
    meal: str = "meal"
    serves: list[str] = []
    private: str | None = None


class FirstOfSchools(Strict, frozen=True):
    """The first number of each kind of box of the schools."""

    gate: int
    canteen: int
    garderie: int


class Schools(Strict, frozen=True):
    """All the schools."""

    first: FirstOfSchools
    places: list[School]


class Section(Strict, frozen=True):
    """Places of one kind and the number of their first box."""

    first: int
    places: list[Place]


class Kiosks(Strict, frozen=True):
    """The kiosks: one a town hall, and one at the seat."""

    first: int


class Tills(Strict, frozen=True):
    """The counters, and the site of the last one."""

    first: int
    seat: str


class AtTheCounter(Strict, frozen=True):
    """A service whose prices an agent works out, and the name of its tariff."""

    code: str
    name: str
    tariff: str


class Closed(Strict, frozen=True):
    """A closing, or a day of other hours."""

    site: str
    from_: date = msgspec.field(name="from")
    until: date
    reason: str
    open: str | None = None


class Written(Strict, frozen=True):
    """The whole of gatine.yaml."""

    siren: str
    since: date
    neighbours: list[str]
    others: list[Body]
    regie: Office
    agreements: str
    hours: dict[str, list[HoursLine]]
    schools: Schools
    nurseries: Section
    leisure_centres: Section
    pools: Section
    libraries: Section
    courts: Section
    waste_centres: Section
    buildings: Section
    kiosks: Kiosks
    tills: Tills
    at_the_counter: list[AtTheCounter]
    closings: list[Closed]


class Bands(Strict, frozen=True):
    """Prices by quotient: one more than there are bounds; a bound is the last of its band."""

    quotient: list[int]
    cents: list[int]


class RowWritten(Strict, frozen=True):
    """A row of a grid, as `rules.tariff` reads it."""

    when: dict[str, bool | int | str | list[int | None]]
    cents: int
    label: str


class Grid(Strict, frozen=True):
    """A tariff; without a decision it is a model."""

    item: str
    decision: str | None = None
    outside: int | None = None
    bands: Bands | None = None
    rows: list[RowWritten] = []
    adders: list[RowWritten] = []
    per: str | None = None
    unit: str | None = None


def read() -> Written:
    """Return what gatine.yaml says."""
    return msgspec.yaml.decode(_content("gatine.yaml"), type=Written)


def read_grids() -> tuple[str, dict[str, Grid]]:
    """Return what stands for a decision in a model, and the grids by name."""
    content: dict[str, object] = msgspec.yaml.decode(_content("gatine-tariffs.yaml"))
    return str(content.pop("model")), msgspec.convert(content, dict[str, Grid])


def read_counter_tariff(name: str) -> str:
    """Return the text of a tariff that a counter of the demonstration reads out."""
    return _content(f"at_the_counter/{name}.yaml").decode()


def _content(name: str) -> bytes:
    return files("cvq.catalog").joinpath("data", name).read_bytes()
