"""
Whose medium is it, and who pays: the only step that goes from a medium to a person.

What leaves here is the holder of the sector and account ids; the person stays behind.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from cvq.billing.presented import Presented, Price
from cvq.catalog.points import Point, Points
from cvq.kernel.local import at_ms, instant, local
from cvq.kernel.periods import age_on
from cvq.people.selectors import circumstances, purses
from cvq.plumbing.pipeline import Answered, Pipeline, Speaks
from cvq.rules.custody import Alternation, Custody, payer
from cvq.rules.tariff import Priced, rate
from cvq.rules.vocabulary import Direction, MediumKind, MediumState, Purpose
from cvq.wire.events import Event

# One row per tap whose medium is known: at most one state, holding, household and residence hold
# at an instant, by exclusion constraints, so what began last is what holds or nothing does.  Asked
# that way each is one look in an ordinary index; those of the constraints are far slower to read.
FIND = """
SELECT w.n, st.state, m.kind, coalesce(ip.holder, io.holder),
    hh.id, coalesce(hh.wallet_id, o.wallet_id), coalesce(hh.receivable_id, o.receivable_id),
    o.id, p.born_on, cm.commune_id,
    cc.anchor_on, cc.household_a_id, cc.household_b_id, ce.household_id
FROM unnest(%s::int[], %s::text[], %s::bytea[], %s::timestamptz[], %s::date[])
    AS w(n, sector, ref, at, day)
JOIN cards_sectorref AS r ON r.sector = w.sector AND r.ref = w.ref
JOIN cards_medium AS m ON m.id = r.medium_id
LEFT JOIN LATERAL (SELECT state FROM cards_mediumstate AS s
    WHERE s.medium_id = m.id AND s.at <= w.at ORDER BY s.at DESC, s.id DESC LIMIT 1) AS st ON true
LEFT JOIN LATERAL (SELECT person_id, organisation_id, held_until FROM cards_holding AS t
    WHERE t.medium_id = m.id AND t.held_from <= w.at ORDER BY t.held_from DESC LIMIT 1) AS h
    ON h.held_until IS NULL OR w.at < h.held_until
LEFT JOIN people_sectoridentifier AS ip ON ip.person_id = h.person_id AND ip.sector = w.sector
LEFT JOIN people_sectoridentifier AS io
    ON io.organisation_id = h.organisation_id AND io.sector = w.sector
LEFT JOIN people_person AS p ON p.id = h.person_id
LEFT JOIN people_organisation AS o ON o.id = h.organisation_id
LEFT JOIN LATERAL (SELECT household_id, valid_until FROM people_householdmember AS t
    WHERE t.person_id = h.person_id AND t.is_main AND t.valid_from <= w.day
    ORDER BY t.valid_from DESC LIMIT 1) AS hm ON hm.valid_until IS NULL OR w.day < hm.valid_until
LEFT JOIN people_household AS hh ON hh.id = hm.household_id
LEFT JOIN LATERAL (SELECT commune_id, valid_until FROM people_residence AS t
    WHERE t.household_id = hh.id AND t.valid_from <= w.day
    ORDER BY t.valid_from DESC LIMIT 1) AS re ON re.valid_until IS NULL OR w.day < re.valid_until
LEFT JOIN catalog_communemembership AS cm ON cm.commune_id = re.commune_id
    AND cm.valid_from <= w.day AND (cm.valid_until IS NULL OR w.day < cm.valid_until)
LEFT JOIN people_custodycalendar AS cc ON cc.child_id = h.person_id
    AND cc.valid_from <= w.day AND (cc.valid_until IS NULL OR w.day < cc.valid_until)
LEFT JOIN people_custodyexception AS ce ON ce.calendar_id = cc.id AND ce.day = w.day
"""
TOLD = """
SELECT t.device, t.seq, t.at, t.point, t.direction, t.ref, t.digest
FROM unnest(%s::int[], %s::bigint[]) AS w(device, seq)
JOIN taps_tapevent AS t ON t.device = w.device AND t.seq = w.seq
"""

_STATES = {state.value: state for state in MediumState}
_KINDS = {kind.value: kind for kind in MediumKind}
PRICED = frozenset({Purpose.POOL, Purpose.WASTE})


def ask(pipeline: Speaks, taps: Sequence[Presented]) -> Answered:
    """Send the question for all taps; `take` reads the answer."""
    return pipeline.execute(
        FIND,
        (
            list(range(len(taps))),
            [tap.point.sector for tap in taps],
            [bytes.fromhex(tap.event.ref) for tap in taps],
            [instant(tap.event.at) for tap in taps],
            [tap.day for tap in taps],
        ),
    )


def take(
    rows: Sequence[Sequence[Any]], taps: Sequence[Presented], connection: Connection[Any]
) -> None:
    """Write on each tap its medium, holder and paying accounts, and what its use would cost."""
    elsewhere: list[tuple[Presented, int, date | None]] = []
    for row in rows:
        n, state, kind, holder, household, wallet, owes, company, born_on, commune = row[:10]
        tap = taps[n]
        tap.medium = _STATES[state] if state else MediumState.ISSUED
        tap.kind = _KINDS[kind]
        tap.holder = holder
        tap.household, tap.wallet, tap.owes = household, wallet, owes
        tap.served = company is not None or commune is not None
        custodian = _custodian(row, tap.day)
        if custodian is not None and custodian != household:
            elsewhere.append((tap, custodian, born_on))
        else:
            _price(tap, born_on)
    if elsewhere:
        _pay_elsewhere(connection, elsewhere)


def told_before(
    connection: Connection[Any], names: Sequence[tuple[int, int]], points: Points, zone: ZoneInfo
) -> dict[tuple[int, int], Presented]:
    """Find again whose passages these are and what they cost, as of their own instant."""
    columns = [list(column) for column in zip(*names, strict=True)]
    rows = Pipeline(connection).execute(TOLD, columns).fetchall()
    taps = []
    for device, seq, at, point, direction, ref, digest in rows:
        event = Event(
            dev=device,
            seq=seq,
            at=at_ms(at),
            pt=point,
            ref=bytes(ref).hex(),
            dir=Direction(direction),
        )
        taps.append(
            Presented(
                event=event,
                point=points.points[point],
                local=local(event.at, zone),
                asks=False,
                digest=bytes(digest),
            )
        )
    take(ask(Pipeline(connection), taps).fetchall(), taps, connection)
    return {(tap.event.dev, tap.event.seq): tap for tap in taps}


def _custodian(row: Sequence[Any], day: date) -> int | None:
    anchor_on, household_a, household_b, apart = row[10:14]
    if anchor_on is None:
        return None
    turns = Alternation(anchor_on=anchor_on, household_a=household_a, household_b=household_b)
    return payer(Custody(exception=apart, alternation=turns, main=row[4]), day)


def _pay_elsewhere(
    connection: Connection[Any], elsewhere: Sequence[tuple[Presented, int, date | None]]
) -> None:
    accounts = purses({household for _, household, _ in elsewhere}, connection)
    lives = circumstances([(home, tap.day) for tap, home, _ in elsewhere], connection)
    for tap, household, born_on in elsewhere:
        tap.household = household
        tap.wallet, tap.owes = accounts[household]
        tap.served = lives[household, tap.day].resident
        _price(tap, born_on)


def _price(tap: Presented, born_on: date | None) -> None:
    if tap.point.purpose in PRICED:
        tap.price = price_of(tap.point, tap.day, age=age_of(born_on, tap.day), resident=tap.served)


def age_of(born_on: date | None, day: date) -> int | None:
    """Return the age in whole years on a day, nothing for an organisation."""
    return None if born_on is None else age_on(born_on, day)


def price_of(point: Point, day: date, *, age: int | None, resident: bool) -> Price | None:
    """Return what one use costs who has this age and residence, nothing if no tariff says."""
    version = point.tariff(day)
    if version is None:
        return None
    key = (age, resident)
    if key not in version.rated:
        known = {"age": age, "resident": resident}
        inputs = {name: known.get(name) for name in version.tariff.reads}
        priced = rate(version.tariff, inputs)
        version.rated[key] = (
            Price(
                cents=priced.cents,
                tariff=version.id,
                inputs=inputs,
                lines=tuple((line.label, line.cents) for line in priced.lines),
                sentence=priced.sentence,
            )
            if isinstance(priced, Priced)
            else None
        )
    found: Price | None = version.rated[key]
    return found
