"""
Who pays which part of a child's day, whose quotient prices it, and who may book it.

No cent is lost: what does not divide goes to the largest remainder, then to whom rounding has
cost least so far.
"""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, assert_never

from msgspec import Meta, Struct

from cvq.kernel.sharing import rounding_gains, share

Weight = Annotated[int, Meta(ge=0, le=10_000)]


class Sharing(Struct, frozen=True, gc=False, forbid_unknown_fields=True, tag_field="kind"):
    """How the parents agreed to pay."""


class ByDay(Sharing, frozen=True, gc=False, tag="by_day"):
    """Who has the child that day pays."""


class OnePayer(Sharing, frozen=True, gc=False, tag="one_payer"):
    """One household pays every day."""

    household: int


class Part(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """What a household pays, relative to the others: 70 and 30, or 1 and 1."""

    household: int
    weight: Weight


class Split(Sharing, frozen=True, gc=False, tag="split"):
    """Each household pays its part of every day."""

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        """Refuse a split in which nobody pays, or somebody twice."""
        if not any(part.weight for part in self.parts):
            raise ValueError("un partage a au moins un payeur")
        if len({part.household for part in self.parts}) < len(self.parts):
            raise ValueError("un partage nomme chaque payeur une fois")


class ServicePayer(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """The household that pays for a service."""

    service: str
    household: int


class PerService(Sharing, frozen=True, gc=False, tag="per_service"):
    """A household pays for each service that is named; who has the child pays the others."""

    services: tuple[ServicePayer, ...]


AnySharing = ByDay | OnePayer | Split | PerService


class QuotientOf(StrEnum):
    """Whose quotient and residence price the day."""

    PAYER = "payer"
    MAIN = "main"


class MayBook(StrEnum):
    """Which of the parents books."""

    CUSTODIAN = "custodian"
    BOTH = "both"
    ONE = "one"


class BookingAnswer(StrEnum):
    """What a booking by a household is; a request waits for the household whose day it is."""

    BOOK = "book"
    REQUEST = "request"
    REFUSE = "refuse"


class Parties(Struct, frozen=True, gc=False, kw_only=True):
    """
    Who is who on a day: who has the child, who has them mainly, who belongs, who is barred.

    A household that a court bars neither books nor sees the child, whatever the calendar says.
    """

    custodian: int | None
    main: int | None
    households: frozenset[int]
    barred: frozenset[int] = frozenset()


def weights(sharing: AnySharing, service: str, custodian: int | None) -> dict[int, int]:
    """Return the households that pay for a day with their weights; empty if nobody answers."""
    by_day = {} if custodian is None else {custodian: 1}
    match sharing:
        case ByDay():
            return by_day
        case OnePayer():
            return {sharing.household: 1}
        case Split():
            return {part.household: part.weight for part in sharing.parts if part.weight}
        case PerService():
            named = (one.household for one in sharing.services if one.service == service)
            payer = next(named, None)
            return by_day if payer is None else {payer: 1}
        case _:
            assert_never(sharing)


def split(
    cents: int, among: Mapping[int, int], gains: Mapping[int, Fraction] | None = None
) -> tuple[dict[int, int], dict[int, Fraction]]:
    """
    Return what each household pays of an amount, and what rounding has cost each so far.

    The gains of one amount are given back with the next; equal ones go to the lowest number, in
    whatever order the households are named.

    :raises ValueError: nobody pays.
    """
    households = sorted(among)
    parts = [among[household] for household in households]
    before = [(gains or {}).get(household, Fraction(0)) for household in households]
    after = dict(gains or {}) | dict(
        zip(households, rounding_gains(cents, parts, before), strict=True)
    )
    return dict(zip(households, share(cents, parts, before), strict=True)), after


def priced_as(rule: QuotientOf, payer: int, parties: Parties) -> int:
    """Return the household whose circumstances price what a payer pays."""
    if rule is QuotientOf.MAIN and parties.main is not None:
        return parties.main
    return payer


def booking_answer(
    rule: MayBook, parties: Parties, household: int, booker: int | None = None
) -> BookingAnswer:
    """Return what a booking by a household is; `booker` is the one that books, where one does."""
    if household not in parties.households or not may_see(parties, household):
        return BookingAnswer.REFUSE
    if rule is MayBook.BOTH or household == (booker if rule is MayBook.ONE else parties.custodian):
        return BookingAnswer.BOOK
    return BookingAnswer.REQUEST


def may_see(parties: Parties, household: int) -> bool:
    """Say whether a household sees the child at all: its own portal hides a child at once."""
    return household in parties.households and household not in parties.barred
