"""What is asked of this package: people, households and organisations to be written down."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from cvq.kernel.ids import uuid7
from cvq.people.models import OrganisationKind, Role


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
