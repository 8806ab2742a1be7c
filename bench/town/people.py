"""The swimmers of the benches, written down, given cards and money by the product's services."""

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime

from bench.ground import People
from bench.town.places import FOUNDED
from cvq.billing.services import top_up
from cvq.cards import services as cards
from cvq.cards.keys import sector_ref
from cvq.cards.messages import NewMedium
from cvq.catalog.models import Commune, Regie
from cvq.kernel.ids import uuid7
from cvq.payments.messages import AskedTopUp
from cvq.payments.models import Channel, PaymentMeans
from cvq.people import services as people
from cvq.people.messages import NewHousehold, NewMember, NewPerson
from cvq.people.models import Household, Person, Role
from cvq.plumbing.connections import underneath
from cvq.rules.vocabulary import MediumKind, Sector

ISSUED = datetime(2024, 12, 2, tzinfo=UTC)
FUNDED = datetime(2024, 12, 3, tzinfo=UTC)
CENTS = 1_000_000  # for each person: no tap of a bench is refused
TOP_UPS_AT_ONCE = 1_000


def settled(
    commune: Commune, regie: Regie, count: int, *, households: int
) -> tuple[People, list[int]]:
    """Settle so many people with a card each in so many households with money; name them too."""
    persons = people.register_people(
        [
            NewPerson(
                birth_name=f"Nageur {number:04}",
                first_name="Anne",
                born_on=date(2012 if number % 2 else 1985, 6, 1),
            )
            for number in range(count)
        ]
    )
    share = count // households
    founded = people.found_households(
        [
            NewHousehold(
                name=f"Foyer {number:04}",
                commune_id=commune.pk,
                address="1 place du Drapeau",
                members=tuple(
                    NewMember(person_id=person.pk, role=Role.ADULT)
                    for person in persons[number * share : (number + 1) * share]
                ),
            )
            for number in range(households)
        ],
        on=FOUNDED,
    )
    _fund(founded, regie, CENTS * share)
    return _carded(persons, prefix=f"{households:04}"), [person.pk for person in persons]


def _carded(persons: Sequence[Person], *, prefix: str) -> People:
    credentials = [os.urandom(16) for _ in persons]
    media = cards.issue_many(
        [
            NewMedium(
                kind=MediumKind.DESFIRE,
                number=f"{prefix}-{number:05}",
                credential=credential,
                person_id=person.pk,
            )
            for number, (person, credential) in enumerate(zip(persons, credentials, strict=True))
        ],
        at=ISSUED,
    )
    assert [medium.pk for medium in media] == list(range(media[0].pk, media[-1].pk + 1))
    refs = {
        sector: tuple(sector_ref(sector, credential).hex() for credential in credentials)
        for sector in Sector
    }
    return People(refs, media[0].pk)


def _fund(households: Sequence[Household], regie: Regie, cents: int) -> None:
    for start in range(0, len(households), TOP_UPS_AT_ONCE):
        asked = [
            AskedTopUp(
                uid=uuid7(),
                household_id=household.pk,
                cents=cents,
                channel=Channel.INTERNET,
                means=PaymentMeans.PAYFIP_CARD,
                regie_id=regie.pk,
                at=FUNDED,
            )
            for household in households[start : start + TOP_UPS_AT_ONCE]
        ]
        top_up(underneath(), asked, at=FUNDED)
