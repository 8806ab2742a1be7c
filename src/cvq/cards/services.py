"""
Issue media, and let them live and die.

A medium never goes to somebody else; lost, stolen or dead, it never comes back (R11).  Everything
follows the person: nothing is written on the medium, so a new one opens what the old one did.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from psycopg import Cursor

from cvq.cards.keys import sector_refs
from cvq.cards.messages import NewMedium
from cvq.cards.models import FOR_EVER, Holding, Medium, MediumState
from cvq.kernel.unable import Unable
from cvq.people.models import Organisation, Person
from cvq.people.services import holders_of, organisation_holders_of
from cvq.plumbing.connections import underneath
from cvq.rules import vocabulary
from cvq.rules.vocabulary import MediumKind, Sector

State = vocabulary.MediumState

ROWS_AT_ONCE = 2000
RANDOM_UID_BYTES = 4
RANDOM_UID_FIRST = 0x08
CHANGES = {
    State.ACTIVE: frozenset({State.ISSUED, State.BLOCKED}),
    State.BLOCKED: frozenset({State.ISSUED, State.ACTIVE}),
    **dict.fromkeys(FOR_EVER, frozenset({State.ISSUED, State.ACTIVE, State.BLOCKED})),
}

TAKEN = "SELECT 1 FROM cards_medium WHERE number = ANY(%s::text[]) LIMIT 1"
KNOWN = """
SELECT 1 FROM unnest(%s::text[], %s::bytea[]) AS asked(sector, ref)
  JOIN cards_sectorref USING (sector, ref) LIMIT 1
"""

TELL_SECTORS = """
INSERT INTO cards_sectorref (sector, ref, medium_id)
SELECT * FROM unnest(%s::text[], %s::bytea[], %s::bigint[])
"""


class RandomUid(Unable):
    """A card that gives a new number at each tap: we would never know it again."""


class NumberTaken(Unable):
    """A number that another medium bears."""


class CredentialKnown(Unable):
    """A credential under which a medium was already issued."""


class MediumGone(Unable):
    """A medium that is lost, stolen or dead, which is for ever."""


class StateOutOfOrder(Unable):
    """A change dated before the last one that we know."""


class NoHolder(Unable):
    """A medium that nobody holds at that instant."""


@transaction.atomic
def issue_many(media: Sequence[NewMedium], *, at: datetime, by: str = "") -> list[Medium]:
    """
    Issue media to their holders and tell every sector what its readers will send for them.

    :raises RandomUid: a legacy number that begins with 08.
    :raises NumberTaken: a number that another medium bears.
    :raises CredentialKnown: a credential that we already know.
    """
    refs = sector_refs(medium.credential for medium in media)
    _check_new(media, refs)
    # A reader finds the name of the holder in its own sector: it must be there at the first tap.
    holders_of([new.person_id for new in media if new.person_id], list(Sector))
    organisation_holders_of(
        [new.organisation_id for new in media if new.organisation_id], list(Sector)
    )
    rows = Medium.objects.bulk_create(
        (Medium(kind=new.kind, number=new.number, issued_at=at) for new in media),
        batch_size=ROWS_AT_ONCE,
    )
    MediumState.objects.bulk_create(
        (
            MediumState(medium=row, state=new.state, at=at, reason=new.reason, by=by)
            for row, new in zip(rows, media, strict=True)
        ),
        batch_size=ROWS_AT_ONCE,
    )
    Holding.objects.bulk_create(
        (
            Holding(
                medium=row,
                person_id=new.person_id,
                organisation_id=new.organisation_id,
                held_from=at,
            )
            for row, new in zip(rows, media, strict=True)
        ),
        batch_size=ROWS_AT_ONCE,
    )
    _tell_sectors(rows, refs)
    return rows


def issue(
    *,
    kind: MediumKind,
    number: str,
    credential: bytes,
    at: datetime,
    person: Person | None = None,
    organisation: Organisation | None = None,
    reason: str = "",
    by: str = "",
) -> Medium:
    """Issue a medium and hand it over, ready to use."""
    new = NewMedium(
        kind=kind,
        number=number,
        credential=credential,
        person_id=person.pk if person else None,
        organisation_id=organisation.pk if organisation else None,
        reason=reason,
    )
    return issue_many([new], at=at, by=by)[0]


def activate(*, medium: Medium, at: datetime, by: str = "") -> None:
    """Let a medium that came by post be used."""
    _change(medium, State.ACTIVE, at, "", by)


def block(*, medium: Medium, at: datetime, reason: str = "", by: str = "") -> None:
    """Refuse a medium until further notice."""
    _change(medium, State.BLOCKED, at, reason, by)


def unblock(*, medium: Medium, at: datetime, reason: str = "", by: str = "") -> None:
    """Let a blocked medium be used again."""
    _change(medium, State.ACTIVE, at, reason, by)


def declare_lost(*, medium: Medium, at: datetime, reason: str = "", by: str = "") -> None:
    """Refuse a lost medium for ever: found again, it stays dead."""
    _change(medium, State.LOST, at, reason, by)


def declare_stolen(*, medium: Medium, at: datetime, reason: str = "", by: str = "") -> None:
    """Refuse a stolen medium for ever."""
    _change(medium, State.STOLEN, at, reason, by)


def declare_dead(*, medium: Medium, at: datetime, reason: str = "", by: str = "") -> None:
    """Refuse a medium that is broken or given back for ever."""
    _change(medium, State.DEAD, at, reason, by)


@transaction.atomic
def replace(
    *,
    old: Medium,
    kind: MediumKind,
    number: str,
    credential: bytes,
    at: datetime,
    reason: str = "",
    by: str = "",
) -> Medium:
    """
    Issue a new medium to the holder of an old one, which dies if it was not gone already.

    :raises NoHolder: nobody holds the old one.
    :raises StateOutOfOrder: `at` is before the last thing we know of the old one.
    """
    held = _take(old, at)
    if held is None:
        raise NoHolder(_("Personne ne tient le support %(number)s.") % {"number": old.number})
    if _latest(old, at).state not in FOR_EVER:
        MediumState.objects.create(medium=old, state=State.DEAD, at=at, reason=number, by=by)
    new = NewMedium(
        kind=kind,
        number=number,
        credential=credential,
        person_id=held.person_id,
        organisation_id=held.organisation_id,
        reason=reason,
    )
    held.held_until = at
    held.save(update_fields=["held_until"])
    medium = issue_many([new], at=at, by=by)[0]
    medium.replaces = old
    medium.save(update_fields=["replaces"])
    return medium


@transaction.atomic
def _change(
    medium: Medium, state: vocabulary.MediumState, at: datetime, reason: str, by: str
) -> None:
    _take(medium, at)
    latest = State(_latest(medium, at).state)
    if latest == state:
        return  # told twice
    if latest not in CHANGES[state]:
        raise MediumGone(
            _("Le support %(number)s ne peut plus servir : remplacez-le.")
            % {"number": medium.number}
        )
    MediumState.objects.create(medium=medium, state=state, at=at, reason=reason, by=by)


def _take(medium: Medium, at: datetime) -> Holding | None:
    # Two agents may change one medium at once: the second one sees what the first one did.
    Medium.objects.select_for_update().get(pk=medium.pk)
    rows = Holding.objects.filter(medium=medium, held_from__lt=at)
    return rows.filter(Q(held_until__isnull=True) | Q(held_until__gt=at)).first()


def _latest(medium: Medium, at: datetime) -> MediumState:
    row = MediumState.objects.filter(medium=medium).latest("at", "id")
    if row.at > at:
        raise StateOutOfOrder(
            _("Le support %(number)s a déjà changé le %(at)s, après ce que vous dites.")
            % {"number": medium.number, "at": f"{row.at:%d/%m/%Y %H:%M}"}
        )
    return row


def _tell_sectors(rows: Sequence[Medium], refs: Sequence[tuple[Sector, bytes]]) -> None:
    Cursor(underneath()).execute(
        TELL_SECTORS,
        (
            [sector.value for sector, _ref in refs],
            [ref for _sector, ref in refs],
            [row.pk for row in rows for _sector in Sector],
        ),
    )


def _check_new(media: Sequence[NewMedium], refs: Sequence[tuple[Sector, bytes]]) -> None:
    for medium in media:
        uid = medium.credential
        is_short = medium.kind is MediumKind.LEGACY_UID and len(uid) == RANDOM_UID_BYTES
        if is_short and uid[0] == RANDOM_UID_FIRST:
            # Réf. ISO/IEC 14443-3: a 4-byte UID whose first byte is 08 is drawn at each activation.
            raise RandomUid(
                _("La carte %(number)s change de numéro à chaque passage : prenez-en une autre.")
                % {"number": medium.number}
            )
    numbers = [medium.number for medium in media]
    cursor = Cursor(underneath())
    if len(set(numbers)) < len(numbers) or cursor.execute(TAKEN, [numbers]).fetchone():
        raise NumberTaken(_("Ce numéro de carte est déjà pris."))
    if len(set(refs)) < len(refs) or _known(refs, cursor):
        raise CredentialKnown(_("Cette carte a déjà été délivrée."))


def _known(refs: Sequence[tuple[Sector, bytes]], cursor: Cursor[Any]) -> bool:
    asked = [sector.value for sector, _ref in refs], [ref for _sector, ref in refs]
    return cursor.execute(KNOWN, asked).fetchone() is not None
