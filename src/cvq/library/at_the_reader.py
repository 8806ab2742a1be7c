"""The library desk on the spine: is the patron's subscription in force.  The tap is the fact."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection, Cursor

from cvq.billing.packing import Packing
from cvq.billing.presented import Presented
from cvq.plumbing.pipeline import Speaks
from cvq.rules import library
from cvq.rules.library import PatronSituation
from cvq.rules.tap import Decision
from cvq.rules.vocabulary import Means
from cvq.wire.rows import Offer

Patrons = set[int]  # the taps of patrons whose subscription is in force

SUBSCRIBED = """
SELECT DISTINCT w.n FROM unnest(%s::int[], %s::uuid[], %s::date[], %s::bigint[], %s::text[])
    AS w(n, holder, day, service, zone)
JOIN rights_right AS r ON r.holder = w.holder AND r.valid_from <= w.day
    AND (r.valid_until IS NULL OR w.day < r.valid_until)
JOIN rights_product AS p ON p.id = r.product_id AND p.kind = 'MEMBERSHIP'
    AND (p.service_id = w.service OR (p.zone <> '' AND p.zone = w.zone))
"""


def gather(pipeline: Speaks, taps: Sequence[Presented]) -> Callable[[], Patrons]:
    """Ask whose subscription is in force; the answer is read later."""
    held = [number for number, tap in enumerate(taps) if tap.holder is not None]
    cursor = pipeline.execute(
        SUBSCRIBED,
        (
            held,
            [taps[n].holder for n in held],
            [taps[n].day for n in held],
            [taps[n].point.service for n in held],
            [taps[n].point.zone for n in held],
        ),
    )
    return lambda: {id(taps[number]) for (number,) in cursor.fetchall()}


def decide(tap: Presented, patrons: Patrons) -> Decision:
    """Return our answer at the desk."""
    return library.decide(
        tap.tap,
        PatronSituation(
            medium=tap.medium,
            kind=tap.kind,
            held=tap.holder is not None,
            open=tap.is_open,
            subscribed=id(tap) in patrons,
        ),
    )


MEMBERS = """
SELECT r.holder, w.zone, CASE WHEN bool_and(r.valid_until IS NOT NULL)
    THEN max(r.valid_until) END
FROM unnest(%s::text[], %s::bigint[]) AS w(zone, service)
JOIN rights_product AS p ON p.kind = 'MEMBERSHIP'
    AND (p.service_id = w.service OR (p.zone <> '' AND p.zone = w.zone))
JOIN rights_right AS r ON r.product_id = p.id AND r.holder IS NOT NULL
WHERE r.valid_from <= %s AND (r.valid_until IS NULL OR %s < r.valid_until)
GROUP BY r.holder, w.zone ORDER BY r.holder, w.zone
"""


def pack(connection: Connection[Any], packing: Packing) -> None:
    """List whose subscription is in force."""
    zones = packing.zones()
    asked = (list(zones), list(zones.values()), packing.day, packing.day)
    found: dict[UUID, list[Offer]] = {}
    for holder, zone, valid_until in Cursor(connection).execute(MEMBERS, asked).fetchall():
        offer = Offer(zone=zone, means=Means.PASS, until=packing.ends(valid_until))
        found.setdefault(holder, []).append(offer)
    for one in packing.carried:
        if offers := found.get(one.holder):
            one.listed = True
            one.offers = offers
