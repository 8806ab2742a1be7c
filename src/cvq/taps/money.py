"""What a passage costs: from the passages that count to entries and charges, carried as decided."""

from datetime import date
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import Connection

from cvq.billing import charging
from cvq.billing.charging import NewCharge, Revenue
from cvq.billing.passages import Seen
from cvq.billing.presented import Presented, Price
from cvq.catalog.points import Point
from cvq.ledger import books
from cvq.ledger.books import Locked, NewEntry, Posting
from cvq.plumbing.batches import Batch
from cvq.plumbing.pipeline import Speaks
from cvq.rules.vocabulary import Means, Unit

USED = {Means.CARNET: f"USED:{Unit.ENTRY}", Means.QUOTA: f"USED:{Unit.VISIT}"}
_UNIT_OF = {f"USED:{unit}": unit for unit in Unit}


class Accounting(Struct):
    """The accounts of a batch and what is booked on them, moved on as each tap is decided."""

    accounts: dict[int, Locked]
    shared: dict[str, int]
    closed_on: date | None
    entries: list[NewEntry]
    charges: dict[int, NewCharge]
    allocations: list[tuple[int, int, int]]
    entered: list[tuple[int, Seen]]
    revenues: dict[tuple[int, date], Revenue] = msgspec.field(default_factory=dict)

    def revenue(self, point: Point, day: date) -> Revenue:
        """Return where the income of a point goes that day."""
        found = self.revenues.get((point.point, day))
        if found is None:
            found = Revenue(self.shared[point.revenue(day)], self.shared[point.accrued()])
            self.revenues[point.point, day] = found
        return found

    def add(
        self, *, key: str, at: int, day: date, digest: bytes, postings: tuple[Posting, ...]
    ) -> int:
        """Add an entry; return its place among the entries of this batch."""
        self.entries.append(
            NewEntry(
                key=key,
                at=at,
                booked_on=books.booking_day(day, self.closed_on),
                digest=digest,
                postings=postings,
            )
        )
        return len(self.entries) - 1

    def book(self, tap: Presented, seen: Seen, *, key: str) -> None:
        """Book what a passage that counts runs on; a pass and a free entry book nothing."""
        match seen.means:
            case Means.WALLET:
                assert tap.price is not None
                self._charge(tap, seen, tap.price, key)
            case Means.CARNET | Means.QUOTA:
                assert seen.account is not None
                used = self.shared[USED[seen.means]]
                postings = books.take(self.accounts, seen.account, 1, paid_to=used, owed_to=used)
                place = self.add(
                    key=key, at=seen.at, day=tap.day, digest=tap.digest, postings=postings
                )
                self.entered.append((place, seen))
            case Means.FREE | Means.PASS:
                pass

    def _charge(self, tap: Presented, seen: Seen, price: Price, key: str) -> None:
        assert tap.wallet is not None
        assert tap.holder is not None
        revenue = self.revenue(tap.point, tap.day)
        postings, owed = charging.charge(self.accounts, tap.wallet, price.cents, revenue)
        place = self.add(key=key, at=seen.at, day=tap.day, digest=tap.digest, postings=postings)
        self.entered.append((place, seen))
        self.charges[place] = NewCharge(
            payer=tap.wallet,
            holder=tap.holder,
            service=tap.point.service,
            tariff=price.tariff,
            day=tap.day,
            inputs=dict(price.inputs),
            lines=price.lines,
            sentence=price.sentence,
            cents=price.cents,
            owed=owed,
            revenue=revenue,
        )

    def write(self, cursor: Speaks, batch: Batch) -> None:
        """Write entries, charges and allocations; each passage learns its entry."""
        ids = books.post_many(cursor, self.entries, batch=batch, accounts=self.accounts)
        for place, seen in self.entered:
            seen.entry = ids[place]
        charging.write_charges(
            cursor, [(ids[place], new) for place, new in self.charges.items()], batch
        )
        charging.write_allocations(
            cursor,
            [(ids[place], charge, cents) for place, charge, cents in self.allocations],
            batch,
        )


def codes(taps: list[Presented]) -> set[str]:
    """Return the shared accounts that these taps may credit."""
    paid = {
        (tap.point.point, tap.day): tap.point
        for tap in taps
        if tap.price is not None and tap.price.cents and tap.wallet is not None
    }
    found = {
        code for (_, day), point in paid.items() for code in (point.revenue(day), point.accrued())
    }
    if any(tap.counter is not None or tap.carnets for tap in taps):
        found |= set(USED.values())
    return found


def open_shared(connection: Connection[Any], wanted: set[str], known: dict[str, int]) -> None:
    """Open the shared accounts that are missing, and add them to those known."""
    missing = wanted - known.keys()
    for unit in sorted({_UNIT_OF.get(code, Unit.EUR) for code in missing}):
        some = {code for code in missing if _UNIT_OF.get(code, Unit.EUR) == unit}
        known |= books.shared(connection, some, unit)
