"""What is asked of this package: people, households and organisations to be written down."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from cvq.kernel.ids import uuid7
from cvq.people.models import CallOutcome, OrganisationKind, QuotientSource, Role, Sex


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """Somebody we did not know; a page draws the uid into its form."""

    birth_name: str
    first_name: str
    born_on: date
    used_name: str = ""
    email: str = ""
    mobile: str = ""
    uid: UUID = field(default_factory=uuid7)


@dataclass(frozen=True, kw_only=True)
class NewMember:
    """Somebody we know, who belongs to a household from its first day."""

    person_id: int
    role: Role
    is_main: bool = True


@dataclass(frozen=True, kw_only=True)
class NewHousehold:
    """A household, where it lives, and who is in it."""

    name: str
    commune_id: int
    address: str
    members: tuple[NewMember, ...] = ()
    uid: UUID = field(default_factory=uuid7)


@dataclass(frozen=True, kw_only=True)
class NewOrganisation:
    """A company, an association or a public body; a small association has no SIREN."""

    name: str
    kind: OrganisationKind
    siren: str | None = None
    uid: UUID = field(default_factory=uuid7)


@dataclass(frozen=True, kw_only=True)
class CivilStatus:
    """What the funds find somebody by; a person born abroad has no commune of birth."""

    birth_name: str
    used_name: str
    first_names: tuple[str, ...]
    born_on: date
    sex: Sex
    birth_country: str
    birth_commune: str


@dataclass(frozen=True, kw_only=True)
class ToldQuotient:
    """The quotient of a family as its fund tells it, and the month that it is for."""

    value: int
    source: QuotientSource
    of_month: date


@dataclass(frozen=True, kw_only=True)
class ToldResources:
    """What the hourly price of a crèche is worked out of, as the funds tell it."""

    children: int
    disabled_children: int
    yearly_resources: int
    of_year: int


@dataclass(frozen=True, kw_only=True)
class NotTold:
    """
    Why a call told nothing; `wait_seconds` is how long the funds ask us to wait.

    A call that would have been too early was not made, and leaves no trace.
    """

    outcome: CallOutcome
    code: str = ""
    wait_seconds: int = 0
    was_made: bool = True
