"""
The rows of the books.

An entry groups transfers that happened together; a transfer moves one positive amount from one
account to another, so every entry is balanced by construction.  Entries and transfers are never
changed: a mistake is corrected by another entry.
"""

from django.db import models
from django.db.models import F, Q

from cvq.rules.vocabulary import Unit


class Account(models.Model):
    """
    Whatever can run out, or must be reported: euros, entries, visits, minutes.

    `balance` is credits minus debits, and NULL on accounts that everybody shares, whose total is
    read from the transfers: a row that every tap updates would make all of them wait.
    `floor` is what `balance - held` may not go under (NULL: no floor).  `spill` names the account
    that takes what a fact pushes under the floor.
    """

    code = models.TextField(unique=True)
    kind = models.TextField()
    unit = models.TextField(choices=[(unit.value, unit.value) for unit in Unit])
    balance = models.BigIntegerField(null=True)
    held = models.BigIntegerField(default=0)
    floor = models.BigIntegerField(null=True)
    spill = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="account_never_goes_under_its_floor",
                condition=Q(balance__gte=F("floor") + F("held"))
                | Q(floor__isnull=True)
                | Q(balance__isnull=True),
            ),
            models.CheckConstraint(name="account_holds_nothing_negative", condition=Q(held__gte=0)),
            models.CheckConstraint(
                name="account_shared_by_all_holds_nothing",
                condition=Q(balance__isnull=False) | Q(held=0, floor__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Entry(models.Model):
    """
    Something that happened, under the key of where it was made.

    `id` is `batch * 4096 + position`, so that an entry names the batch that sealed it.
    `booked_on` is the day it counts for in the books of the régie.
    """

    id = models.BigIntegerField(primary_key=True)
    key = models.TextField()
    occurred_at = models.DateTimeField()
    booked_on = models.DateField()
    recorded_at = models.DateTimeField()
    digest = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["booked_on"], name="entry_by_day_booked")]
        constraints = [
            # Not `unique=True`, which would give each entry a second index, for keys by prefix.
            models.UniqueConstraint(name="entry_key_is_used_once", fields=["key"]),
            models.CheckConstraint(
                name="entry_belongs_to_a_batch", condition=Q(id__gte=0, id__lt=1 << 62)
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Transfer(models.Model):
    """One amount that left one account for another, in the unit of both."""

    pk = models.CompositePrimaryKey("entry_id", "line")
    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, related_name="transfers", db_index=False
    )
    line = models.SmallIntegerField()
    # No foreign key in the database: its check would lock the rows of the revenue accounts that
    # every tap credits.  The accounts come from `books.lock`, are never deleted, and are audited.
    debit = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="debits", db_constraint=False
    )
    credit = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="credits", db_constraint=False
    )
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="transfer_moves_something", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="transfer_leaves_one_account_for_another", condition=~Q(debit=F("credit"))
            ),
        ]


class Closing(models.Model):
    """
    A day up to which the books are closed, that day included.

    What is told later about a closed day is booked on the first open one.
    """

    closed_on = models.DateField(unique=True)
    closed_at = models.DateTimeField()


class Hold(models.Model):
    """An amount set aside for a use that may not happen: captured, released or expired, once."""

    HELD = "HELD"
    CAPTURED = "CAPTURED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"

    key = models.TextField(unique=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="holds")
    amount = models.BigIntegerField()
    state = models.TextField(
        default=HELD, choices=[(s, s) for s in (HELD, CAPTURED, RELEASED, EXPIRED)]
    )
    held_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    captured = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="hold_sets_something_aside", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="hold_captures_at_most_what_it_set_aside",
                condition=Q(captured__isnull=True) | Q(captured__gt=0, captured__lte=F("amount")),
            ),
            models.CheckConstraint(
                name="hold_ends_once",
                condition=Q(state="HELD", ended_at__isnull=True)
                | (~Q(state="HELD") & Q(ended_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.key
