"""
What a draft that counts would have counted: its own counters, over the uses before each.

Uses are counted from the day on which the period of a counter began, as far as the charges of the
territory go back; what is older nobody can tell, and it is said.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from psycopg import Connection, Cursor

from cvq.billing.uses import Month, Used
from cvq.rules.tariff import Priced, Refused
from cvq.rules.tariff.counters import Counter
from cvq.rules.tariff.counting import Counting, counts_of, period
from cvq.rules.tariff.items import Item

FIRST_CHARGED = "SELECT min(occurred_on) FROM billing_charge"


class Uncounted(Struct, frozen=True):
    """A counter of which the beginning is not known: it is counted from a later day only."""

    title: str
    since: date


class CountsAgain:
    """The counters of a draft, which the uses of a service move one after the other."""

    def __init__(self, draft: Mapping[str, Item]) -> None:
        """Begin with nothing counted."""
        self.draft = {code: item for code, item in draft.items() if item.counts}
        self._counting: dict[int, Counting] = {}

    def before(self, connection: Connection[Any], month: Month) -> tuple[Month, list[Uncounted]]:
        """Return the days to count before a month, and the counters that began before them."""
        row = Cursor(connection).execute(FIRST_CHARGED).fetchone()
        known = (row[0] if row else None) or month.first
        # By name: two counters may say the same to people, and begin each with its own period.
        begin = {one.name: period(one, month.first)[0] for one in self._counters()}
        titles = {one.name: one.title for one in self._counters()}
        first = max(known, min(begin.values(), default=month.first))
        unsure = dict.fromkeys(titles[name] for name, since in begin.items() if since < known)
        unknown = [Uncounted(title, known) for title in unsure]
        days = Month(first=min(first, month.first), until=month.first, services=month.services)
        return days, unknown

    def rate(
        self, item: Item, some: Sequence[Used], day: date, inputs: dict[str, Any]
    ) -> Priced | Refused:
        """Return what uses cost that are priced as one; `inputs` get what was counted before."""
        used = some[0]
        counting = self._counting.setdefault(used.service, Counting())
        holder, payer = str(used.holder), str(used.payer)
        who = {"child": holder, "person": holder, "household": payer, "organisation": payer}
        counts = counts_of(item, inputs, who, day)
        inputs |= counting.before(counts)
        return counting.rate(item, inputs, counts)[0]

    def _counters(self) -> list[Counter]:
        return [counter for item in self.draft.values() for counter in item.counts]


def turn(some: Sequence[Used], known: Mapping[str, Any]) -> tuple[bool, int, str]:
    """Return where uses stand in the order of their day, as they are counted when charged."""
    is_evening = bool(known.get("evening")) and not known.get("morning")
    hours, _, minutes = str(known.get("arrived_at") or "0:0").partition(":")
    return is_evening, int(hours) * 60 + int(minutes), str(some[0].holder)
