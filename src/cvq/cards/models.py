"""
What people present, and the only link between what a reader sends and a person.

A credential is never stored: only its reference in each sector, under the key of that sector.
"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import Exact

from cvq.rules import vocabulary
from cvq.rules.vocabulary import MediumKind, Sector

REF_BYTES = 16
# Found again, a medium stays dead (R11).
FOR_EVER = (
    vocabulary.MediumState.LOST,
    vocabulary.MediumState.STOLEN,
    vocabulary.MediumState.DEAD,
)


class Medium(models.Model):
    """A card, a QR code, a phone, a plate; `number` is printed on it and read over the phone."""

    kind = models.TextField(choices=[(kind.value, kind.value) for kind in MediumKind])
    number = models.TextField(unique=True)
    issued_at = models.DateTimeField()
    replaces = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="replaced_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="medium_does_not_replace_itself",
                condition=Q(replaces__isnull=True) | ~Q(replaces=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class MediumState(models.Model):
    """From when a medium is in a state; the latest row at an instant says.  Never changed."""

    medium = models.ForeignKey(
        Medium, on_delete=models.PROTECT, related_name="states", db_index=False
    )
    state = models.TextField(
        choices=[(state.value, state.value) for state in vocabulary.MediumState]
    )
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    by = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["medium", "-at", "-id"], name="medium_state_latest_first")]
        constraints = [
            models.UniqueConstraint(
                name="medium_dies_once", fields=["medium"], condition=Q(state__in=FOR_EVER)
            ),
        ]


class Holding(models.Model):
    """Whose a medium is, and when; it is never given to somebody else."""

    medium = models.ForeignKey(Medium, on_delete=models.PROTECT, related_name="holdings")
    person = models.ForeignKey(
        "people.Person", null=True, on_delete=models.PROTECT, related_name="holdings"
    )
    organisation = models.ForeignKey(
        "people.Organisation", null=True, on_delete=models.PROTECT, related_name="holdings"
    )
    held_from = models.DateTimeField()
    held_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # What a tap reads: the indexes of the exclusions below take longer to look in.
            models.Index(
                fields=["medium", "held_from"],
                include=["person", "organisation", "held_until"],
                name="holding_by_instant",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="medium_is_held_by_a_person_or_an_organisation",
                condition=Q(person__isnull=False, organisation__isnull=True)
                | Q(person__isnull=True, organisation__isnull=False),
            ),
            models.CheckConstraint(
                name="holding_ends_after_it_begins",
                condition=Q(held_until__isnull=True) | Q(held_until__gt=F("held_from")),
            ),
            ExclusionConstraint(
                name="medium_is_held_by_one_at_a_time",
                expressions=[
                    ("medium", RangeOperators.EQUAL),
                    (
                        Func(F("held_from"), F("held_until"), function="tstzrange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            ExclusionConstraint(
                name="medium_is_never_reused_for_someone_else",
                expressions=[
                    ("medium", RangeOperators.EQUAL),
                    (
                        Func(
                            template="coalesce(person_id, -organisation_id)",
                            output_field=models.BigIntegerField(),
                        ),
                        "<>",
                    ),
                ],
            ),
        ]


class SectorRef(models.Model):
    """What readers of one sector send for a medium; no other sector can work it out."""

    pk = models.CompositePrimaryKey("sector", "ref")
    sector = models.TextField(choices=[(sector.value, sector.value) for sector in Sector])
    ref = models.BinaryField()
    medium = models.ForeignKey(
        Medium, on_delete=models.PROTECT, related_name="refs", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["medium", "sector"], name="medium_has_one_reference_in_a_sector"
            ),
            models.CheckConstraint(
                name="sector_reference_has_sixteen_bytes",
                condition=Exact(
                    Func(F("ref"), function="octet_length", output_field=models.IntegerField()),
                    REF_BYTES,
                ),
            ),
        ]
