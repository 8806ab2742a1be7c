"""
What a policy is packed from: the media of one sector, and what each service lets them do.

`taps.snapshot` knows whose media they are; a service is given holders and accounts, and writes
what it allows.  What leaves here is opaque: an account or a household has another name in each
sector and tells nothing of what is on it.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from psycopg import Connection, Cursor

from cvq.catalog.points import Point
from cvq.kernel.local import ms_at
from cvq.rules.vocabulary import Means, MediumKind, MediumState, Sector, Unit
from cvq.wire.rows import FOR_EVER, AccountRow, Offer, SlotAt, WindowAt

# What a box may take from a wallet before it hears again, whatever is on it.
MAX_OFFLINE_CENTS = 1_500
OPAQUE_BYTES = 8

SPENDABLE = """
SELECT id, unit, balance - held - floor FROM ledger_account
WHERE id = ANY(%s) AND floor IS NOT NULL
"""


class PriceUntil(Struct, frozen=True, gc=False):
    """What one use costs, until an instant (milliseconds, out)."""

    cents: int
    until: int = FOR_EVER


class Carried(Struct, gc=False, kw_only=True):
    """
    A medium of the sector, with what its service lets it do; `listed` once some service does.

    `prices` is by service.  `group` is the opaque household where uses are counted for one.
    """

    ref: str
    state: MediumState
    kind: MediumKind
    holder: UUID
    held: bool
    household: int | None
    wallet: int | None
    served: bool
    prices: dict[int, tuple[PriceUntil, ...]]
    listed: bool = False
    group: str = ""
    offers: list[Offer] = field(default_factory=list)
    windows: tuple[WindowAt, ...] = ()
    slots: tuple[SlotAt, ...] = ()
    enrolled: tuple[int, ...] = ()


class Packing(Struct, kw_only=True):
    """
    A policy under way: for which points, from which day to which (out), for which media.

    `accounts` are the rows of what may be taken, by opaque name.
    """

    sector: Sector
    points: Sequence[Point]
    now: int
    day: date
    until: date
    zone: ZoneInfo
    secret: bytes
    carried: list[Carried]
    accounts: dict[str, AccountRow] = field(default_factory=dict)

    def opaque(self, kind: str, name: object) -> str:
        """Return the name of something in this sector, which says nothing anywhere else."""
        told = f"{self.sector}|{kind}|{name}".encode()
        return hashlib.blake2b(told, key=self.secret, digest_size=OPAQUE_BYTES).hexdigest()

    def midnight(self, day: date) -> int:
        """Return when a day begins, in milliseconds."""
        return ms_at(day, 0, self.zone)

    def ends(self, valid_until: date | None) -> int:
        """Return the instant of the end of a period, in milliseconds."""
        return FOR_EVER if valid_until is None else self.midnight(valid_until)

    def services(self) -> list[int]:
        """Return the services of the points."""
        return sorted({point.service for point in self.points})

    def zones(self) -> dict[str, int]:
        """Return the zones of the points with the service of each."""
        return {point.zone: point.service for point in self.points}


def fund(connection: Connection[Any], packing: Packing, accounts: Sequence[int]) -> dict[int, str]:
    """Add what may be taken from these accounts; return their names, in one statement."""
    rows = Cursor(connection).execute(SPENDABLE, (sorted(set(accounts)),)).fetchall()
    named = {}
    for number, unit, spendable in rows:
        name = packing.opaque("account", number)
        allowance = max(0, spendable)
        if unit == Unit.EUR:
            allowance = min(allowance, MAX_OFFLINE_CENTS)
        packing.accounts[name] = AccountRow(ref=name, unit=Unit(unit), allowance=allowance)
        named[number] = name
    return named


def priced(carried: Carried, *, zone: str, service: int, account: str | None) -> list[Offer]:
    """Return what a wallet may pay in a zone: nothing without a price, freely if it is nought."""
    offers = []
    for price in carried.prices.get(service, ()):
        if price.cents == 0:
            offers.append(Offer(zone=zone, means=Means.FREE, until=price.until))
        else:
            offers.append(
                Offer(
                    zone=zone,
                    means=Means.WALLET,
                    account=account or "",
                    price=price.cents,
                    until=price.until,
                )
            )
    return offers
