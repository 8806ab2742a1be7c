"""What is said and done of quotients at the command line."""

import argparse
import re
from collections import Counter
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet

from cvq.config import clock, funds
from cvq.kernel.local import at_ms, local
from cvq.kernel.unable import Unable
from cvq.people import services as people
from cvq.people.models import (
    CallOutcome,
    CrecheResources,
    Household,
    HouseholdMember,
    Person,
    Quotient,
    QuotientCall,
    QuotientConsent,
    QuotientSource,
    ResourcesCall,
    Role,
    Sex,
)
from cvq.people.particulier.advice import ADVICE
from cvq.people.periods import during
from cvq.people.selectors import quotient_stands
from cvq.plumbing.connections import underneath
from cvq.rules.quotient import Standing, of_tax_notice

SHOWN_MAX = 20
PARTS = re.compile(r"(?P<whole>[0-9]{1,2})(?:[.,](?P<rest>25|50?|75))?")
QUARTERS = {None: 0, "25": 1, "5": 2, "50": 2, "75": 3}
STANDINGS = {
    Standing.KNOWN: "connu",
    Standing.KEPT: "gardé, son renouvellement est passé",
    Standing.NOT_GIVEN: "jamais fourni",
    Standing.REFUSED: "refusé par la famille",
    Standing.EXPIRED: "terminé",
}


class NoSuchHousehold(Unable):
    """No household of that number."""


class NoSuchAdult(Unable):
    """Nobody of that number who is an adult of the household, or several to choose from."""


class NotATaxNotice(Unable):
    """Figures that no tax notice tells."""


class NotADay(Unable):
    """A text that is no day."""


def do(args: argparse.Namespace) -> int:
    """Show or write down what was asked, and say what stands."""
    now = clock.from_environment().now()
    zone = ZoneInfo(settings.TERRITORY.time_zone)
    today = local(at_ms(now), zone).day
    if args.verb == "show" and args.household is None:
        _show_all(today)
        return 0
    household = household_of(args.household)
    match args.verb:
        case "record":
            people.record_quotient(
                household=household,
                value=_value(args),
                source=QuotientSource(args.source),
                on=day_of(args.on),
                until=day_of(args.until) if args.until else None,
                evidence=args.evidence,
                at=now,
            )
        case "refuse":
            people.refuse_quotient(
                household=household, on=day_of(args.on), evidence=args.evidence, at=now
            )
        case "consent":
            _consent(args, household, now, today)
        case "withdraw":
            people.withdraw_quotient_consent(
                household=household, renewals=funds.renewals(), at=now, today=today
            )
    _show(household, today, zone)
    return 0


def _consent(args: argparse.Namespace, household: Household, now: datetime, today: date) -> None:
    people.consent_to_quotient(
        household=household,
        person=_adult(household, args.person, today),
        status=people.GivenStatus(
            first_names=args.first_names,
            sex=Sex(args.sex),
            birth_country=args.country,
            birth_commune=args.commune,
        ),
        evidence=args.evidence,
        renewals=funds.renewals(),
        at=now,
        today=today,
        of_resources=args.resources,
    )


def _show_all(today: date) -> None:
    numbers = list(Household.objects.order_by("id").values_list("id", flat=True))
    stands = quotient_stands(numbers, today, underneath())
    counted = Counter(one.standing for one in stands.values())
    for standing in Standing:
        print(f"{counted[standing]:>7}  {STANDINGS[standing]}")
    consents = QuotientConsent.objects.filter(withdrawn_at=None)
    print(f"{consents.count():>7}  familles laissent interroger leur caisse")
    of_resources = consents.filter(of_resources=True).count()
    print(f"{of_resources:>7}  dont sur leurs ressources, pour la crèche")
    kept = [one for one in numbers if stands[one].standing is Standing.KEPT]
    for number in kept[:SHOWN_MAX]:
        print(f"Foyer {number} : {stands[number].value} € gardés. {_last_call(number)}")
    if len(kept) > SHOWN_MAX:
        print(f"… et {len(kept) - SHOWN_MAX} autres.")


def _last_call(household: int) -> str:
    call = QuotientCall.objects.filter(household=household).order_by("-at", "-id").first()
    if call is None:
        return "Sa caisse n'a pas encore été interrogée."
    outcome = CallOutcome(call.outcome)
    return f"Le {call.at:%d/%m/%Y}, {outcome.label}. {ADVICE[outcome]}"


def _show(household: Household, today: date, zone: ZoneInfo) -> None:
    held = quotient_stands([household.pk], today, underneath())[household.pk]
    value = "" if held.value is None else f"{held.value} €, "
    print(f"Foyer {household.pk} au {today:%d/%m/%Y} : {value}{STANDINGS[held.standing]}.")
    for row in Quotient.objects.filter(household=household).order_by("valid_from"):
        print(f"  {period_of(row)} : {_told(row)}")
    show_calls(QuotientCall.objects.filter(household=household), zone)


def show_calls(rows: QuerySet[QuotientCall] | QuerySet[ResourcesCall], zone: ZoneInfo) -> None:
    """Print the last calls to a fund, the newest at the end."""
    calls: list[QuotientCall | ResourcesCall] = [*rows.order_by("-at", "-id")[:SHOWN_MAX]]
    for call in reversed(calls):
        outcome, at = CallOutcome(call.outcome), call.at.astimezone(zone)
        code = f" [{call.code}]" if call.code else ""
        print(f"  appel du {at:%d/%m/%Y à %H:%M} : {outcome.label}{code}. {ADVICE[outcome]}")


def period_of(row: Quotient | CrecheResources) -> str:
    """Return when something holds, in words."""
    end = f"au {row.valid_until:%d/%m/%Y} exclu" if row.valid_until else "sans fin"
    renewal = f", à renouveler le {row.renew_on:%d/%m/%Y}" if row.renew_on else ""
    return f"du {row.valid_from:%d/%m/%Y} {end}{renewal}"


def _told(row: Quotient) -> str:
    evidence = f" ({row.evidence})" if row.evidence else ""
    if row.source is None:
        return f"refusé{evidence}"
    return f"{row.value} €, {QuotientSource(row.source).label}{evidence}"


def household_of(number: int) -> Household:
    """
    Return a household by its number.

    :raises NoSuchHousehold: none has it.
    """
    household = Household.objects.filter(pk=number).first()
    if household is None:
        raise NoSuchHousehold(f"Aucun foyer n'a le numéro {number}.")
    return household


def _adult(household: Household, number: int | None, today: date) -> Person:
    rows = HouseholdMember.objects.filter(during(today), household=household, role=Role.ADULT)
    adults = [row.person for row in rows.select_related("person").order_by("id")]
    wanted = [one for one in adults if number in (None, one.pk)]
    if len(wanted) != 1:
        known = " ou ".join(f"{one.pk} ({one})" for one in adults) or "aucun"
        raise NoSuchAdult(f"Quel adulte du foyer ? Donnez --person : {known}.")
    return wanted[0]


def _value(args: argparse.Namespace) -> int:
    """Return the value that a paper tells, or that we work out of a tax notice."""
    if args.value is not None:
        return int(args.value)
    quarters = PARTS.fullmatch(args.parts or "")
    if quarters is None or args.source != QuotientSource.OWN:
        raise NotATaxNotice(
            "Un avis d'impôt se note avec --income et --parts (2, 2,5 ou 2,25) et la source OWN."
        )
    parts = int(quarters["whole"]) * 4 + QUARTERS[quarters["rest"]]
    if not parts:
        raise NotATaxNotice("Un avis d'impôt a au moins une part.")
    return of_tax_notice(reference_income=args.income, quarter_parts=parts)


def day_of(text: str) -> date:
    """
    Return the day that was typed.

    :raises NotADay: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotADay(f"« {text} » n'est pas un jour : écrivez par exemple 2026-09-01.") from error
