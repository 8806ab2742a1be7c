"""A medium from the day it is handed over to the day it dies."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

import folk
from cvq.cards import audit, keys, selectors
from cvq.cards import services as cards
from cvq.cards.messages import NewMedium
from cvq.cards.models import Holding, Medium, MediumState, SectorRef
from cvq.people import selectors as people_selectors
from cvq.people import services as people
from cvq.people.messages import NewOrganisation
from cvq.people.models import OrganisationKind
from cvq.plumbing.connections import underneath
from cvq.plumbing.pipeline import Pipeline
from cvq.rules import vocabulary
from cvq.rules.vocabulary import MediumKind, Sector
from cvq.taps.find import FIND

pytestmark = pytest.mark.django_db

State = vocabulary.MediumState
NOON = datetime(2025, 3, 3, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CREDENTIAL = b"desfire:0401020304"


def card_of(person, number="012-00043", credential=CREDENTIAL, at=NOON):
    return cards.issue(
        kind=MediumKind.DESFIRE, number=number, credential=credential, person=person, at=at
    )


class Found(NamedTuple):
    """What the spine finds of a medium at an instant."""

    state: State | None
    kind: MediumKind
    holder: UUID | None


def presented(credential, at, sector=Sector.POOL):
    return found(sector, keys.sector_ref(sector, credential), at)


def found(sector, ref, at):
    asked = ([0], [sector], [ref], [at], [at.date()])
    row = Pipeline(underneath()).execute(FIND, asked).fetchone()
    return row and Found(*row[1:4])


def test_a_card_that_is_handed_over_is_known_in_every_sector_by_another_name():
    lea = folk.person("Léa", "Petit")

    card_of(lea)

    refs = [keys.sector_ref(sector, CREDENTIAL) for sector in Sector]
    assert len(set(refs)) == len(Sector)
    assert {len(ref) for ref in refs} == {16}
    for sector in Sector:
        name = people.holder_of(person=lea, sector=sector)
        assert presented(CREDENTIAL, NOON, sector) == (State.ACTIVE, MediumKind.DESFIRE, name)
    assert presented(CREDENTIAL, NOON - HOUR).state is None
    assert presented(CREDENTIAL, NOON - HOUR).holder is None
    assert presented(b"another", NOON) is None


def test_the_holder_of_a_card_has_a_name_in_every_sector_before_the_first_tap():
    lea = folk.person("Léa", "Petit")
    mason = people.found_organisation(NewOrganisation(name="Gault", kind=OrganisationKind.COMPANY))

    card_of(lea)
    cards.issue(kind=MediumKind.PLATE, number="AB", credential=b"AB", organisation=mason, at=NOON)

    for sector in Sector:
        assert set(people_selectors.holders([lea.pk], sector, underneath())) == {lea.pk}
        assert set(people_selectors.organisation_holders([mason.pk], sector, underneath())) == {
            mason.pk
        }


def test_the_reference_of_one_sector_means_nothing_to_another():
    card_of(folk.person("Léa", "Petit"))
    pool = keys.sector_ref(Sector.POOL, CREDENTIAL)

    assert found(Sector.POOL, pool, NOON) is not None
    assert found(Sector.WASTE, pool, NOON) is None


def test_the_keys_of_the_sectors_lie_in_files_that_only_we_can_read():
    key = keys.sector_key(Path(settings.HOME), Sector.POOL)
    file = Path(settings.HOME) / "keys" / "sector-pool.1.key"

    assert file.read_bytes() == key
    assert len(key) == 32
    assert file.stat().st_mode & 0o077 == 0


def test_a_card_that_changes_its_number_at_each_tap_is_not_issued():
    with pytest.raises(cards.RandomUid, match="012-00043"):
        cards.issue(
            kind=MediumKind.LEGACY_UID,
            number="012-00043",
            credential=bytes.fromhex("08A1B2C3"),
            person=folk.person("Léa", "Petit"),
            at=NOON,
        )

    assert Medium.objects.count() == SectorRef.objects.count() == 0


@pytest.mark.parametrize("uid", ["04A1B2C3", "0801020304A1B2"])
def test_an_old_card_whose_number_stays_is_issued(uid):
    cards.issue(
        kind=MediumKind.LEGACY_UID,
        number="012-00043",
        credential=bytes.fromhex(uid),
        person=folk.person("Léa", "Petit"),
        at=NOON,
    )

    assert presented(bytes.fromhex(uid), NOON).kind == MediumKind.LEGACY_UID


def test_neither_a_number_nor_a_credential_is_issued_twice():
    lea, tom = folk.person("Léa", "Petit"), folk.person("Tom", "Roux")
    card_of(lea)

    with pytest.raises(cards.NumberTaken):
        card_of(tom, credential=b"another")
    with pytest.raises(cards.CredentialKnown):
        card_of(tom, number="012-00044")

    assert Medium.objects.count() == 1


def test_a_lost_card_is_refused_from_that_instant_and_for_ever():
    card = card_of(folk.person("Léa", "Petit"))

    cards.declare_lost(medium=card, at=NOON + HOUR, by="accueil")
    cards.declare_lost(medium=card, at=NOON + 2 * HOUR, by="accueil")  # told twice

    assert presented(CREDENTIAL, NOON + HOUR - timedelta(seconds=1)).state == State.ACTIVE
    assert presented(CREDENTIAL, NOON + HOUR).state == State.LOST
    for found_again in (cards.unblock, cards.activate, cards.block, cards.declare_stolen):
        with pytest.raises(cards.MediumGone, match="012-00043"):
            found_again(medium=card, at=NOON + 3 * HOUR)
    assert card.states.count() == 2


def test_the_database_too_refuses_that_a_medium_dies_twice():
    card = card_of(folk.person("Léa", "Petit"))
    cards.declare_stolen(medium=card, at=NOON + HOUR)

    with pytest.raises(IntegrityError, match="medium_dies_once"), transaction.atomic():
        MediumState.objects.create(medium=card, state=State.DEAD, at=NOON + 2 * HOUR)


def test_a_blocked_card_comes_back():
    card = card_of(folk.person("Léa", "Petit"))

    cards.block(medium=card, at=NOON + HOUR, reason="impayé")
    cards.unblock(medium=card, at=NOON + 2 * HOUR)

    assert selectors.state_at(card, NOON + HOUR) is State.BLOCKED
    assert selectors.state_at(card, NOON + 2 * HOUR) is State.ACTIVE
    assert selectors.state_at(card, NOON - HOUR) is None


def test_a_card_sent_by_post_is_used_once_it_is_activated():
    new = NewMedium(
        kind=MediumKind.DESFIRE,
        number="012-00043",
        credential=CREDENTIAL,
        person_id=folk.person("Léa", "Petit").pk,
        state=State.ISSUED,
    )
    (card,) = cards.issue_many([new], at=NOON)

    cards.activate(medium=card, at=NOON + HOUR)

    assert presented(CREDENTIAL, NOON).state == State.ISSUED
    assert presented(CREDENTIAL, NOON + HOUR).state == State.ACTIVE


def test_what_is_told_late_does_not_rewrite_what_we_know():
    card = card_of(folk.person("Léa", "Petit"))
    cards.block(medium=card, at=NOON + 2 * HOUR)

    with pytest.raises(cards.StateOutOfOrder):
        cards.declare_lost(medium=card, at=NOON + HOUR)

    assert card.states.count() == 2


def test_a_new_card_follows_the_person_and_the_old_one_stays_dead():
    lea = folk.person("Léa", "Petit")
    old = card_of(lea)
    cards.declare_lost(medium=old, at=NOON + HOUR)

    new = cards.replace(
        old=old,
        kind=MediumKind.DESFIRE,
        number="012-00044",
        credential=b"new",
        at=NOON + 2 * HOUR,
    )

    assert new.replaces == old
    name = people.holder_of(person=lea, sector=Sector.POOL)
    assert presented(b"new", NOON + 2 * HOUR).holder == name
    assert presented(CREDENTIAL, NOON + 2 * HOUR).state == State.LOST
    assert presented(CREDENTIAL, NOON).holder == name  # a late tap still finds her
    assert [medium.number for medium in selectors.media_of(lea.pk)] == ["012-00043", "012-00044"]


def test_a_broken_card_dies_when_it_is_replaced():
    old = card_of(folk.person("Léa", "Petit"))

    cards.replace(
        old=old, kind=MediumKind.DESFIRE, number="012-00044", credential=b"new", at=NOON + HOUR
    )

    assert selectors.state_at(old, NOON + HOUR) is State.DEAD
    with pytest.raises(cards.NoHolder):
        cards.replace(
            old=old, kind=MediumKind.DESFIRE, number="3", credential=b"3", at=NOON + 2 * HOUR
        )


def test_a_card_is_never_given_to_somebody_else():
    lea, tom = folk.person("Léa", "Petit"), folk.person("Tom", "Roux")
    card = card_of(lea)
    Holding.objects.update(held_until=NOON + HOUR)

    with (
        pytest.raises(IntegrityError, match="medium_is_never_reused_for_someone_else"),
        transaction.atomic(),
    ):
        Holding.objects.create(medium=card, person=tom, held_from=NOON + 2 * HOUR)
    Holding.objects.create(medium=card, person=lea, held_from=NOON + 2 * HOUR)


def test_states_and_references_are_never_changed():
    card_of(folk.person("Léa", "Petit"))

    for rows, change in ((MediumState, {"state": State.DEAD}), (SectorRef, {"sector": "SPORT"})):
        with pytest.raises(IntegrityError, match="holds facts"), transaction.atomic():
            rows.objects.update(**change)


def test_a_plate_may_be_held_by_a_company():
    mason = people.found_organisation(NewOrganisation(name="Gault", kind=OrganisationKind.COMPANY))
    cards.issue(
        kind=MediumKind.PLATE,
        number="AB-123-CD",
        credential=b"AB123CD",
        organisation=mason,
        at=NOON,
    )

    names = people.organisation_holders_of([mason.pk], [Sector.WASTE])
    assert presented(b"AB123CD", NOON, Sector.WASTE).holder == names[mason.pk, Sector.WASTE]


def test_the_audit_names_a_card_that_came_back_or_is_half_written():
    card = card_of(folk.person("Léa", "Petit"))
    assert list(audit.culprits(underneath())) == []

    cards.declare_lost(medium=card, at=NOON + HOUR)
    MediumState.objects.create(medium=card, state=State.ACTIVE, at=NOON + 2 * HOUR)
    Medium.objects.create(kind=MediumKind.PLATE, number="AB", issued_at=NOON)

    assert list(audit.culprits(underneath())) == [
        "Le support AB n'a pas une référence par secteur.",
        "Le support AB n'a ni état ni titulaire.",
        "Le support 012-00043 a resservi après avoir été perdu, volé ou détruit.",
    ]


def test_the_cards_of_a_territory_are_issued_by_lists():
    lea = folk.person("Léa", "Petit")
    new = [
        NewMedium(
            kind=MediumKind.DESFIRE, number=f"012-{n:05}", credential=b"%d" % n, person_id=lea.pk
        )
        for n in range(4000)
    ]

    issued = cards.issue_many(new, at=NOON)

    assert SectorRef.objects.count() == 4000 * len(Sector)
    assert presented(b"3999", NOON).state == State.ACTIVE
    assert (issued[-1].number, issued[-1].refs.count()) == ("012-03999", len(Sector))
