"""People for the stories that need a few of them and no whole town."""

from datetime import date

from cvq.catalog.models import Authority, Commune, CommuneMembership
from cvq.people import services as people
from cvq.people.messages import NewHousehold, NewMember, NewPerson
from cvq.people.models import Household, Person, Role

FOUNDED_ON = date(2025, 1, 1)


def commune(name: str = "Parthenay", insee: str = "79202") -> Commune:
    """Return a commune, writing it down the first time."""
    row, _made = Commune.objects.get_or_create(
        insee=insee,
        defaults={
            "name": name,
            "siren": f"2179{insee}",
            "department": insee[:2],
            "population_municipal": 10_000,
            "population_total": 10_500,
            "postcode": "79200",
        },
    )
    return row


def joins_the_community(member: Commune) -> None:
    """Make a commune a member of the community."""
    community, _made = Authority.objects.get_or_create(
        siren="200041333", defaults={"name": "CC", "kind": "COMMUNITY"}
    )
    CommuneMembership.objects.create(commune=member, authority=community, valid_from=FOUNDED_ON)


def person(first_name: str, name: str, born_on: date = date(1985, 6, 1), **others: str) -> Person:
    """Return somebody new."""
    return people.register_person(
        NewPerson(first_name=first_name, birth_name=name, born_on=born_on, **others)
    )


def family(name: str, *first_names: str, on: date = FOUNDED_ON, **others: str) -> Household:
    """Return a new household: an adult, then children."""
    members = [
        NewMember(person_id=person(first, name, **others).pk, role=role)
        for first, role in zip(
            first_names, [Role.ADULT, *[Role.CHILD] * len(first_names)], strict=False
        )
    ]
    new = NewHousehold(
        name=name, commune_id=commune().pk, address="1 place du Drapeau", members=tuple(members)
    )
    return people.found_households([new], on=on)[0]


def member(household: Household, first_name: str) -> Person:
    """Return the person of that first name in a household."""
    return Person.objects.get(memberships__household=household, first_name=first_name)
