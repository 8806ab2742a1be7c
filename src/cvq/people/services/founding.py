"""
Write down persons, households and organisations, by whole lists where a territory is founded.

A household or an organisation is born with its two accounts: what it may spend, and what it owes.
"""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from cvq.catalog.models import Commune
from cvq.ledger.services import NewAccount, open_accounts
from cvq.people.messages import NewHousehold, NewOrganisation, NewPerson
from cvq.people.models import Household, HouseholdMember, Organisation, Person, Residence
from cvq.people.names import sans_accent
from cvq.plumbing.connections import numbers, underneath
from cvq.rules.vocabulary import Unit

ROWS_AT_ONCE = 2000


def register_people(people: Sequence[NewPerson]) -> list[Person]:
    """Write down persons, in the order given."""
    rows = [
        Person(
            uid=person.uid,
            birth_name=person.birth_name,
            used_name=person.used_name,
            first_name=person.first_name,
            born_on=person.born_on,
            email=person.email,
            mobile=person.mobile,
            sans_accent=sans_accent(person.used_name or person.birth_name, person.first_name),
        )
        for person in people
    ]
    return Person.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)


def register_person(person: NewPerson) -> Person:
    """Write down one person."""
    return register_people([person])[0]


@transaction.atomic
def found_households(households: Sequence[NewHousehold], *, on: date) -> list[Household]:
    """Found households with their accounts, residence and members, in the order given."""
    ids = numbers(Household, len(households))
    accounts = _open_purses([str(number) for number in ids])
    founded = Household.objects.bulk_create(
        (
            Household(
                id=number,
                uid=new.uid,
                name=new.name,
                wallet_id=accounts[f"WALLET:{number}"],
                receivable_id=accounts[f"RECEIVABLE:{number}"],
            )
            for number, new in zip(ids, households, strict=True)
        ),
        batch_size=ROWS_AT_ONCE,
    )
    Residence.objects.bulk_create(
        (
            Residence(
                household=household, commune_id=new.commune_id, address=new.address, valid_from=on
            )
            for household, new in zip(founded, households, strict=True)
        ),
        batch_size=ROWS_AT_ONCE,
    )
    HouseholdMember.objects.bulk_create(
        (
            HouseholdMember(
                household=household,
                person_id=member.person_id,
                role=member.role,
                is_main=member.is_main,
                valid_from=on,
            )
            for household, new in zip(founded, households, strict=True)
            for member in new.members
        ),
        batch_size=ROWS_AT_ONCE,
    )
    return founded


def found_household(*, name: str, commune: Commune, address: str, on: date) -> Household:
    """Found one household, with nobody in it yet."""
    new = NewHousehold(name=name, commune_id=commune.pk, address=address)
    return found_households([new], on=on)[0]


@transaction.atomic
def found_organisations(organisations: Sequence[NewOrganisation]) -> list[Organisation]:
    """Write down organisations with their accounts, in the order given."""
    ids = numbers(Organisation, len(organisations))
    accounts = _open_purses([f"O{number}" for number in ids])
    return Organisation.objects.bulk_create(
        (
            Organisation(
                id=number,
                uid=new.uid,
                name=new.name,
                siren=new.siren,
                kind=new.kind,
                wallet_id=accounts[f"WALLET:O{number}"],
                receivable_id=accounts[f"RECEIVABLE:O{number}"],
            )
            for number, new in zip(ids, organisations, strict=True)
        ),
        batch_size=ROWS_AT_ONCE,
    )


def found_organisation(organisation: NewOrganisation) -> Organisation:
    """Write down one organisation."""
    return found_organisations([organisation])[0]


def _open_purses(owners: Sequence[str]) -> dict[str, int]:
    owed = [
        NewAccount(code=f"RECEIVABLE:{owner}", kind="RECEIVABLE", unit=Unit.EUR, floor=None)
        for owner in owners
    ]
    spent = [
        NewAccount(
            code=f"WALLET:{owner}",
            kind="WALLET",
            unit=Unit.EUR,
            floor=0,
            spill=f"RECEIVABLE:{owner}",
        )
        for owner in owners
    ]
    return open_accounts(underneath(), [*owed, *spent])
