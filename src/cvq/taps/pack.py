"""
The rows of a policy, from the database: whose media, what each service lets them do, when it opens.

Read in one snapshot of the database, so that allowances are those of one instant.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.billing.packing import Carried, Packing, PriceUntil
from cvq.catalog.points import Point, Points
from cvq.kernel.holidays import is_public_holiday
from cvq.kernel.local import instant, local, ms_at
from cvq.people.selectors import payers
from cvq.rules.vocabulary import Direction, MediumKind, MediumState, Purpose, Sector
from cvq.taps import dispatch, find
from cvq.wire.policy import LIFE_MS
from cvq.wire.rows import FOR_EVER, CardRow, PlaceRow, PointRow, Row

# A medium that nobody holds any more is listed with its last holder, so that it is refused by name.
MEDIA = """
SELECT r.ref, coalesce(st.state, 'ISSUED'), m.kind, i.holder,
    h.held_until IS NULL OR %(at)s < h.held_until, h.person_id, h.organisation_id, p.born_on
FROM cards_sectorref AS r
JOIN cards_medium AS m ON m.id = r.medium_id
JOIN LATERAL (SELECT person_id, organisation_id, held_until FROM cards_holding
    WHERE medium_id = m.id AND held_from <= %(at)s ORDER BY held_from DESC LIMIT 1) AS h ON true
JOIN people_sectoridentifier AS i ON i.sector = r.sector
    AND (i.person_id = h.person_id OR i.organisation_id = h.organisation_id)
LEFT JOIN LATERAL (SELECT state FROM cards_mediumstate WHERE medium_id = m.id AND at <= %(at)s
    ORDER BY at DESC, id DESC LIMIT 1) AS st ON true
LEFT JOIN people_person AS p ON p.id = h.person_id
WHERE r.sector = %(sector)s ORDER BY r.ref
"""
HOMES = """
SELECT h.id, h.wallet_id, bool_or(m.commune_id IS NOT NULL)
FROM people_household AS h
LEFT JOIN people_residence AS r ON r.household_id = h.id
    AND r.valid_from <= %(day)s AND (r.valid_until IS NULL OR %(day)s < r.valid_until)
LEFT JOIN catalog_communemembership AS m ON m.commune_id = r.commune_id
    AND m.valid_from <= %(day)s AND (m.valid_until IS NULL OR %(day)s < m.valid_until)
WHERE h.id = ANY(%(households)s) GROUP BY h.id
"""
FIRMS = "SELECT id, wallet_id FROM people_organisation WHERE id = ANY(%s)"
SHARED_CHILDREN = """
SELECT DISTINCT child_id FROM people_custodycalendar
WHERE child_id = ANY(%s) AND valid_from < %s AND (valid_until IS NULL OR %s < valid_until)
"""
SOLD = frozenset({Sector.POOL, Sector.WASTE})
# Where nothing but our list keeps somebody out: it may not be an old one.
SENSITIVE = frozenset({Purpose.DOOR, Purpose.COURT})


class Medium(Struct, frozen=True, gc=False):
    """A row of `MEDIA`."""

    ref: bytes
    state: str
    kind: str
    holder: UUID
    held: bool
    person: int | None
    organisation: int | None
    born_on: date | None


class Home(Struct, frozen=True, gc=False):
    """Who pays for a holder today, and until which day that is sure."""

    household: int | None
    wallet: int | None
    served: bool
    until: date | None = None


NOBODY = Home(None, None, served=False)


def rows(
    connection: Connection[Any],
    *,
    device: int,
    sector: Sector,
    points: Points,
    now: int,
    zone: ZoneInfo,
    secret: bytes,
) -> list[Row]:
    """Return all that a device may know of a sector; nothing if it has no point there."""
    mine = [p for p in points.points.values() if device in p.devices and p.sector is sector]
    if not mine:
        return []
    last = local(now + LIFE_MS, zone).day
    packing = Packing(
        sector=sector,
        points=mine,
        now=now,
        day=local(now, zone).day,
        until=last + timedelta(days=1),
        zone=zone,
        secret=secret,
        carried=[],
    )
    _carry(connection, packing)
    dispatch.pack(connection, packing)
    found: list[Row] = [_card(one, packing) for one in packing.carried if one.listed]
    found += packing.accounts.values()
    found += [_point(point, packing, points) for point in mine]
    found.append(_place(packing))
    return found


def _carry(connection: Connection[Any], packing: Packing) -> None:
    asked = {"sector": packing.sector.value, "at": instant(packing.now)}
    media = [Medium(*row) for row in Cursor(connection).execute(MEDIA, asked).fetchall()]
    homes = _homes(connection, packing, media) if packing.sector in SOLD else {}
    rated: dict[Any, tuple[PriceUntil, ...]] = {}
    for medium in media:
        home = homes.get(medium.holder, NOBODY)
        packing.carried.append(
            Carried(
                ref=bytes(medium.ref).hex(),
                state=MediumState(medium.state),
                kind=MediumKind(medium.kind),
                holder=medium.holder,
                held=medium.held,
                household=home.household,
                wallet=home.wallet,
                served=home.served,
                prices=_prices(packing, medium.born_on, home, rated),
            )
        )


def _homes(
    connection: Connection[Any], packing: Packing, media: Sequence[Medium]
) -> Mapping[UUID, Home]:
    """Return who pays for each holder."""
    persons = {m.person for m in media if m.person is not None}
    today = payers([(person, packing.day) for person in sorted(persons)], connection)
    moving = _moving(connection, packing, sorted(persons))
    asked = {"day": packing.day, "households": sorted(set(today.values()))}
    homes = {row[0]: row for row in Cursor(connection).execute(HOMES, asked).fetchall()}
    firms = sorted({m.organisation for m in media if m.organisation is not None})
    wallets = dict(Cursor(connection).execute(FIRMS, (firms,)).fetchall())
    found = {}
    for medium in media:
        if medium.organisation is not None:
            found[medium.holder] = Home(None, wallets.get(medium.organisation), served=True)
        elif household := today.get((medium.person or 0, packing.day)):
            until = moving.get(medium.person or 0)
            found[medium.holder] = Home(household, homes[household][1], homes[household][2], until)
    return found


def _moving(
    connection: Connection[Any], packing: Packing, persons: Sequence[int]
) -> dict[int, date]:
    """Return the day on which another household pays, for children whose week changes hands."""
    asked = (persons, packing.until, packing.day)
    shared = [row[0] for row in Cursor(connection).execute(SHARED_CHILDREN, asked).fetchall()]
    days = _days(packing)
    pays = payers([(child, day) for child in shared for day in days], connection)
    found = {}
    for child in shared:
        for day in days:
            if pays.get((child, day)) != pays.get((child, packing.day)):
                found[child] = day
                break
    return found


def _days(packing: Packing) -> list[date]:
    count = (packing.until - packing.day).days
    return [packing.day + timedelta(days=number) for number in range(count)]


def _prices(
    packing: Packing,
    born_on: date | None,
    home: Home,
    rated: dict[Any, tuple[PriceUntil, ...]],
) -> dict[int, tuple[PriceUntil, ...]]:
    """Return what one use costs in each service, each day of the policy."""
    if packing.sector not in SOLD or home is NOBODY:
        return {}
    days = [day for day in _days(packing) if home.until is None or day < home.until]
    ages = tuple(find.age_of(born_on, day) for day in days)
    found = {}
    for point in packing.points:
        key = (point.service, ages, home.served, len(days))
        if key not in rated:
            prices = [
                find.price_of(point, day, age=age, resident=home.served)
                for day, age in zip(days, ages, strict=True)
            ]
            costs = [None if price is None else price.cents for price in prices]
            rated[key] = _runs(packing, days, costs)
        found[point.service] = rated[key]
    if home.until is None:
        return found
    # Another wallet pays from that day on, and the box has not been told which: it asks, or waits.
    ends = packing.midnight(home.until)
    return {
        service: tuple(PriceUntil(one.cents, min(one.until, ends)) for one in some)
        for service, some in found.items()
    }


def _runs(
    packing: Packing, days: Sequence[date], costs: Sequence[int | None]
) -> tuple[PriceUntil, ...]:
    """Return each price with the day it changes, nothing from the first day without one."""
    found: list[PriceUntil] = []
    for number, (day, cents) in enumerate(zip(days, costs, strict=True)):
        if number and cents != costs[number - 1]:
            found[-1] = PriceUntil(found[-1].cents, packing.midnight(day))
        if cents is None:
            break
        if not found or found[-1].until != FOR_EVER:
            found.append(PriceUntil(cents))
    return tuple(found)


def _card(one: Carried, packing: Packing) -> CardRow:
    return CardRow(
        ref=one.ref,
        state=one.state,
        kind=one.kind,
        holder=one.holder.hex if one.held else "",
        group=one.group,
        offers=tuple(one.offers),
        windows=one.windows,
        slots=one.slots,
        enrolled=one.enrolled,
    )


def _point(point: Point, packing: Packing, points: Points) -> PointRow:
    opened = [
        (ms_at(day, opens, packing.zone), ms_at(day, closes, packing.zone))
        for day in _days(packing)
        for opens, closes in points.calendar.open_intervals(point.service, day)
    ]
    return PointRow(
        point=point.point,
        purpose=point.purpose,
        service=point.service,
        zone=point.zone,
        directions=(point.direction,) if point.direction else tuple(Direction),
        open=tuple(opened),
        max_attendance=point.max_attendance,
        asks=point.online,
        sensitive=point.purpose in SENSITIVE,
    )


def _place(packing: Packing) -> PlaceRow:
    departments = {point.department for point in packing.points}
    holidays = [
        day.isoformat()
        for day in _days(packing)
        if any(is_public_holiday(day, department) for department in departments)
    ]
    return PlaceRow(time_zone=packing.zone.key, holidays=tuple(holidays))
