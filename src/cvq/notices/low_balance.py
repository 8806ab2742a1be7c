"""
Tell households that little is left in their wallet: a follower of the sealed books.

At most one notice for each fall under the threshold.  What is compared is what the wallet can
spend now: a follower that is late says nothing of a fall that a top-up already mended.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from psycopg import Connection, Cursor

from cvq.kernel.local import at_ms, local
from cvq.notices import texts
from cvq.notices.models import NoticeChannel, NoticeKind
from cvq.plumbing.batches import ENTRIES_PER_BATCH

NAME = "notices.low_balance"

# An entry's id names its batch, so the entries of a batch are a range of the primary key.
TOUCHED = """
WITH moved AS (
    SELECT transfer.entry_id, transfer.debit_id, transfer.credit_id
      FROM unnest(%(batches)s::bigint[]) AS sealed(batch)
      JOIN ledger_transfer AS transfer
        ON transfer.entry_id >= sealed.batch * %(size)s
       AND transfer.entry_id < (sealed.batch + 1) * %(size)s
), touched AS (
    SELECT account, max(spent_by) AS spent_by
      FROM (SELECT debit_id AS account, entry_id AS spent_by FROM moved
            UNION ALL SELECT credit_id, NULL FROM moved) AS side
     GROUP BY account
)
SELECT household.id, touched.spent_by, wallet.balance - wallet.held, -receivable.balance,
       threshold.cents, threshold.hysteresis_cents, low.household_id IS NOT NULL
  FROM touched
  JOIN people_household AS household ON household.wallet_id = touched.account
  JOIN ledger_account AS wallet ON wallet.id = household.wallet_id
  JOIN ledger_account AS receivable ON receivable.id = household.receivable_id
  JOIN LATERAL (
       SELECT cents, hysteresis_cents FROM notices_lowbalancethreshold
        WHERE (household_id = household.id OR household_id IS NULL) AND valid_from <= %(day)s
          AND (valid_until IS NULL OR %(day)s < valid_until)
        ORDER BY household_id NULLS LAST LIMIT 1) AS threshold ON true
  LEFT JOIN notices_lowbalance AS low ON low.household_id = household.id
 ORDER BY household.id
"""
ROSE = "DELETE FROM notices_lowbalance WHERE household_id = ANY(%s::bigint[])"
FELL = """
INSERT INTO notices_lowbalance (household_id, entry_id, since)
SELECT household, entry, %s FROM unnest(%s::bigint[], %s::bigint[]) AS fell(household, entry)
ON CONFLICT (household_id) DO NOTHING
"""
ADULTS = """
SELECT DISTINCT member.household_id, person.mobile, person.email
  FROM people_householdmember AS member JOIN people_person AS person ON person.id = member.person_id
 WHERE member.household_id = ANY(%s::bigint[]) AND member.role = 'ADULT'
   AND member.valid_from <= %s AND (member.valid_until IS NULL OR %s < member.valid_until)
"""
TELL = """
INSERT INTO notices_notice (household_id, kind, channel, recipient, subject, body, entry_id, at)
SELECT household, kind, channel, recipient, subject, body, entry, %s
  FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
              %s::bigint[]) AS told(household, kind, channel, recipient, subject, body, entry)
ON CONFLICT ON CONSTRAINT notice_is_told_once_for_an_entry DO NOTHING
"""


class Change(Enum):
    """What happened to a wallet with regard to its threshold."""

    FELL = "FELL"
    ROSE = "ROSE"


class Wallet(NamedTuple):
    """The wallet of a household that the books just touched."""

    household_id: int
    spent_by: int | None
    spendable: int
    owed: int
    threshold: int
    hysteresis: int
    is_low: bool


def follow(connection: Connection[Any], batches: Sequence[int], at: datetime) -> None:
    """Write the notices that these sealed batches call for; `services.send_pending` sends them."""
    day = local(at_ms(at), ZoneInfo(settings.TIME_ZONE)).day
    cursor = Cursor(connection)
    asked = {"batches": list(batches), "size": ENTRIES_PER_BATCH, "day": day}
    touched = [Wallet(*row) for row in cursor.execute(TOUCHED, asked)]
    rose = [each.household_id for each in touched if change(each) is Change.ROSE]
    fell = {each.household_id: each for each in touched if change(each) is Change.FELL}
    if rose:
        cursor.execute(ROSE, (rose,))
    if fell:
        cursor.execute(FELL, (at, list(fell), [each.spent_by for each in fell.values()]))
        _tell(cursor, fell, day, at)


def change(wallet: Wallet) -> Change | None:
    """Return whether a wallet fell under its threshold, or came back well over it."""
    if wallet.is_low:
        is_back = wallet.spendable >= wallet.threshold + wallet.hysteresis
        return Change.ROSE if is_back else None
    # Who tops up a little knows what is in the wallet: only spending makes it fall.
    has_fallen = wallet.spent_by is not None and wallet.spendable < wallet.threshold
    return Change.FELL if has_fallen else None


def _tell(cursor: Cursor[Any], fell: dict[int, Wallet], day: date, at: datetime) -> None:
    said = {
        household: texts.low_balance(cents=each.spendable, owed_cents=each.owed)
        for household, each in fell.items()
    }
    rows = []
    for household, mobile, email in cursor.execute(ADULTS, (list(fell), day, day)).fetchall():
        text, entry, kind = said[household], fell[household].spent_by, NoticeKind.LOW_BALANCE.value
        if mobile:
            rows.append((household, kind, NoticeChannel.SMS.value, mobile, "", text.sms, entry))
        if email:
            mail = NoticeChannel.MAIL.value
            rows.append((household, kind, mail, email, text.subject, text.mail, entry))
    if rows:
        cursor.execute(TELL, (at, *(list(column) for column in zip(*rows, strict=True))))
