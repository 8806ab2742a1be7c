"""What is said and done at the command line of the resources that price a crèche."""

import argparse
from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings

from cvq.config import clock
from cvq.config.quotients import STANDINGS, day_of, household_of, period_of, show_calls
from cvq.kernel.local import at_ms, local
from cvq.kernel.money import euros
from cvq.kernel.unable import Unable
from cvq.people import services as people
from cvq.people.means import resources_stands
from cvq.people.models import (
    CrecheResources,
    Household,
    HouseholdMember,
    Person,
    PublicCare,
    ResourcesCall,
    ResourcesSource,
    Role,
)
from cvq.people.periods import during
from cvq.plumbing.connections import underneath
from cvq.rules.quotient import Standing


class NoSuchChild(Unable):
    """Nobody of that number."""


def do(args: argparse.Namespace) -> int:
    """Show or write down what was asked, and say what stands."""
    now = clock.from_environment().now()
    zone = ZoneInfo(settings.TERRITORY.time_zone)
    today = local(at_ms(now), zone).day
    if args.verb == "show" and args.household is None:
        _show_all(today)
        return 0
    household = household_of(args.household)
    until = day_of(args.until) if getattr(args, "until", None) else None
    match args.verb:
        case "record":
            people.record_resources(
                household=household,
                given=people.GivenResources(
                    yearly_cents=args.yearly,
                    of_year=args.year,
                    children=args.children,
                    disabled_children=args.disabled,
                    source=ResourcesSource(args.source),
                ),
                on=day_of(args.on),
                until=until,
                evidence=args.evidence,
                at=now,
            )
        case "refuse":
            people.refuse_resources(
                household=household, on=day_of(args.on), evidence=args.evidence, at=now
            )
        case "entrust":
            people.entrust_child(
                child=_child(args.child),
                household=household,
                on=day_of(args.on),
                until=until,
                evidence=args.evidence,
                at=now,
            )
    _show(household, today, zone)
    return 0


def _show_all(today: date) -> None:
    # Only families with a crèche are asked; the others, who never told, are not worth a count.
    told = CrecheResources.objects.order_by("household_id").distinct("household_id")
    numbers = list(told.values_list("household_id", flat=True))
    stands = resources_stands(numbers, today, underneath())
    counted = Counter(one.standing for one in stands.values())
    for standing in Standing:
        # Told, and not begun yet: what a fund tells begins tomorrow at the earliest.
        said = "à venir" if standing is Standing.NOT_GIVEN else STANDINGS[standing]
        print(f"{counted[standing]:>7}  {said}")


def _show(household: Household, today: date, zone: ZoneInfo) -> None:
    held = resources_stands([household.pk], today, underneath())[household.pk]
    value = "" if held.value is None else f"{euros(held.value)} par an, "
    print(f"Foyer {household.pk} au {today:%d/%m/%Y} : {value}{STANDINGS[held.standing]}.")
    for row in CrecheResources.objects.filter(household=household).order_by("valid_from"):
        print(f"  {period_of(row)} : {_told(row)}")
    children = HouseholdMember.objects.filter(during(today), household=household, role=Role.CHILD)
    cares = PublicCare.objects.filter(child__in=children.values("person"))
    for care in cares.order_by("valid_from", "id"):
        end = f"au {care.valid_until:%d/%m/%Y} exclu" if care.valid_until else "sans fin"
        print(f"  enfant {care.child_id} confié du {care.valid_from:%d/%m/%Y} {end} : plancher")
    show_calls(ResourcesCall.objects.filter(household=household), zone)


def _told(row: CrecheResources) -> str:
    evidence = f" ({row.evidence})" if row.evidence else ""
    if row.source is None or row.yearly_cents is None:
        return f"refusé{evidence}"
    children = f"enfants à charge : {row.children}, dont AEEH : {row.disabled_children}"
    source = ResourcesSource(row.source).label
    return f"{euros(row.yearly_cents)} en {row.of_year}, {children}, {source}{evidence}"


def _child(number: int) -> Person:
    child = Person.objects.filter(pk=number).first()
    if child is None:
        raise NoSuchChild(f"Personne n'a le numéro {number}.")
    return child
