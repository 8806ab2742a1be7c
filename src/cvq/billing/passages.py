"""
Passages that cost something: which of them count, what each runs on, what a late one changes.

A scope is a holder in a zone, or a household at the waste centres, on one day.  What counts in it
depends on the facts alone, not on the order in which they reach us: a late passage recounts its
scope, and the difference is booked.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.kernel.local import instant
from cvq.rules import repetition
from cvq.rules.vocabulary import Means


class Passage(models.Model):
    """
    A passage that a tap opened, as a service keeps it.

    `means` and `account` say what it runs on if it counts; `counted` whether it does and `entry`
    what was booked for it.  `passed` turns false when nobody walked through.
    """

    pk = models.CompositePrimaryKey("device", "seq")
    device = models.IntegerField()
    seq = models.BigIntegerField()
    holder = models.UUIDField()
    at = models.DateTimeField()
    day = models.DateField()
    means = models.TextField(choices=[(means.value, means.value) for means in Means])
    account = models.BigIntegerField(null=True)
    counted = models.BooleanField()
    passed = models.BooleanField(default=True)
    entry = models.BigIntegerField(null=True)

    class Meta:
        abstract = True


class Seen(Struct, gc=False, kw_only=True):
    """
    A passage of a scope, already `stored` or new.

    `was` and `had_passed` are what is stored of whether it counted and somebody walked through.
    """

    device: int
    seq: int
    at: int
    means: Means
    account: int | None
    holder: UUID
    point: int = 0
    passed: bool = True
    counted: bool = False
    was: bool = False
    entry: int | None = None
    leaves: bool = False
    stored: bool = False
    had_passed: bool = True

    @property
    def changed(self) -> bool:
        """Tell whether what is stored of this passage is no longer so."""
        return self.stored and (self.counted != self.was or self.passed != self.had_passed)

    @property
    def fact(self) -> repetition.Fact:
        """Return what places this passage among the others."""
        return (self.at, self.device, self.seq)


def recount(scope: Sequence[Seen], grace_ms: int) -> None:
    """Mark which passages of a scope count, from the facts alone."""
    if len(scope) == 1:  # as most are: it counts if somebody came in
        scope[0].counted = scope[0].passed and not scope[0].leaves
        return
    entering = [seen for seen in scope if not seen.leaves]
    facts = repetition.counted([seen.fact for seen in entering if seen.passed], grace_ms)
    for seen in entering:
        seen.counted = seen.passed and seen.fact in facts


K = TypeVar("K")


def take_back(
    scopes: Mapping[K, list[Seen]], name: tuple[int, int], grace_ms: int
) -> tuple[K, Seen] | None:
    """Mark the passage of that device and number as never made; return it and its scope."""
    for key, scope in scopes.items():
        for seen in scope:
            if (seen.device, seen.seq) == name and seen.passed:
                seen.passed = False
                recount(scope, grace_ms)
                return key, seen
    return None


def columns(seen: Seen, day: date) -> tuple[Any, ...]:
    """Return the columns that every table of passages has, in the order of `Passage`."""
    return (
        seen.device,
        seen.seq,
        seen.holder,
        instant(seen.at),
        day,
        seen.means,
        seen.account,
        seen.counted,
        seen.passed,
        seen.entry,
    )


_USED = """
SELECT a.code, coalesce(u.used, 0), coalesce(p.passages, 0)
FROM ledger_account AS a
LEFT JOIN (
    SELECT c.id, sum(CASE WHEN o.kind = 'USED' THEN t.amount ELSE 0 END
        - CASE WHEN i.kind = 'USED' THEN t.amount ELSE 0 END) AS used
    FROM ledger_account AS c
    JOIN ledger_transfer AS t
        ON t.debit_id IN (c.id, c.spill_id) OR t.credit_id IN (c.id, c.spill_id)
    JOIN ledger_account AS o ON o.id = t.credit_id JOIN ledger_account AS i ON i.id = t.debit_id
    WHERE c.kind = %(kind)s GROUP BY c.id) AS u ON u.id = a.id
LEFT JOIN (
    SELECT account, count(*) AS passages FROM {table} WHERE counted AND means = %(kind)s
    GROUP BY account) AS p ON p.account = a.id
WHERE a.kind = %(kind)s AND coalesce(u.used, 0) <> coalesce(p.passages, 0) ORDER BY a.id
"""
_BOOKED = """
SELECT s.device, s.seq FROM {table} AS s LEFT JOIN ledger_entry AS e ON e.id = s.entry
WHERE (s.counted AND s.passed AND s.means NOT IN ('FREE', 'PASS')) IS DISTINCT FROM
    (e.id IS NOT NULL) ORDER BY 1, 2
"""


def passage_culprits(connection: Connection[Any], *, table: str, kind: str) -> Iterator[str]:
    """Yield the counters that are not the count of their passages, and passages not booked."""
    cursor = Cursor(connection)
    used = cursor.execute(_USED.format(table=table), {"kind": kind}).fetchall()
    for code, taken, passages in used:
        yield f"Le compte {code} a perdu {taken} unités pour {passages} passages."
    for device, seq in cursor.execute(_BOOKED.format(table=table)).fetchall():
        yield f"Le passage {device}/{seq} et les livres se contredisent."
