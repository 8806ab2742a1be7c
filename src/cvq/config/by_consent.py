"""In a demonstration, some families let us ask their fund: the one that is shown, and crèches'."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from cvq.config import funds
from cvq.people import services as people
from cvq.people.models import Household, Person, Role, Sex
from cvq.twin import names
from cvq.twin.residents import Home, Population, Resident

FAMILIES_MAX = 20
WOMEN = frozenset(names.WOMEN[0]) | frozenset(names.OLD_WOMEN[0]) | frozenset(names.GIRLS[0])


def agree(inhabitants: Population, parent: Resident, at: datetime) -> int:
    """Note the consents of some families, resources included; return how many there are."""
    homes = list(islice(_homes(inhabitants, parent), FAMILIES_MAX))
    for home in homes:
        adult = next(one for one in home.members if one.role is Role.ADULT)
        people.consent_to_quotient(
            household=Household.objects.get(pk=home.household),
            person=Person.objects.get(pk=adult.person),
            status=people.GivenStatus(
                first_names=adult.first_name,
                sex=Sex.FEMALE if adult.first_name in WOMEN else Sex.MALE,
                birth_country="99100",
                birth_commune="79202",
            ),
            evidence="démonstration",
            renewals=funds.renewals(),
            at=at,
            today=at.date(),
            of_resources=True,
        )
    return len(homes)


def _homes(inhabitants: Population, parent: Resident) -> Iterator[Home]:
    yield parent.home
    known = {parent.home}
    for child in inhabitants.residents:
        if child.nursery is not None and child.home not in known:
            known.add(child.home)
            yield child.home
