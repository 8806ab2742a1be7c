"""Stays at the garderie, told in time or late, and the tariffs that count them."""

from datetime import date

from django.db.models import Sum

from cvq.billing.models import Charge
from cvq.childcare.models import Attendance, Source
from cvq.childcare.services import charge_days
from cvq.rules.vocabulary import Direction, Sector
from town import ZONE, Town

FREE_HOURS = """
tariff: garderie
inputs: {half_hours: required}
counters:
  given: {title: demi-heures du mois, unit: demi-heure, of: child, per: month, adds: half_hours}
items:
  garderie-half-hour:
    title: Garderie
    grain: session
    lines:
      - label: Au-delà de 4 demi-heures
        amount: 0.90
        times: beyond(given.before, half_hours, 4)
"""
LATE_PICKUPS = """
tariff: garderie
inputs: {half_hours: required, left_at: unknown, evening: no}
values:
  is_late: known(left_at) and left_at > 18:15
counters:
  pickups: {title: retards de l'année, of: household, per: school_year, when: evening and is_late}
items:
  garderie-half-hour:
    title: Garderie
    grain: session
    lines:
      - {label: Garderie, amount: 0.90, times: half_hours}
      - {label: Troisième retard, nature: penalty, \
when: evening and is_late and pickups.nth >= 3, amount: 10}
"""
CARDS = {"Léo": "012-00060", "Mia": "012-00061"}


def garderie(town: Town) -> Town:
    """Found the Petits, whose Léo and Mia stay at the garderie."""
    town.family("Petit", topped_up="200,00")
    for name, card in CARDS.items():
        town.child("Petit", name, card=card)
        town.enrol(card, "Garderie")
    return town


def counts_by(town: Town, text: str) -> None:
    """Have the garderie charge by a tariff that counts."""
    document = {"text": text, "item": "garderie-half-hour"}
    town.tariff(town.points["Garderie"].service, document, since=date(2025, 1, 1))


def stays(town: Town, name: str, day: date, since: str, until: str) -> None:
    """Write that a child was there, as a roll-call tells it, in time or late."""
    for at, direction in ((since, Direction.IN), (until, Direction.OUT)):
        Attendance.objects.create(
            holder=town.holder(CARDS[name], Sector.SCHOOL),
            service=town.points["Garderie"].service,
            day=day,
            at=town.at(f"{day} {at}"),
            direction=direction,
            source=Source.ROLL_CALL,
        )


def charge(town: Town, until: date) -> int:
    """Charge the days that are over; return the entries."""
    at = town.at(f"{until} 22:00")
    return charge_days(town.connection, until=until, at=at, zone=ZONE)


def paid(town: Town) -> dict[date, int]:
    """Return the cents of each day, what was given back taken off."""
    rows = Charge.objects.values_list("occurred_on").annotate(s=Sum("cents")).order_by()
    return {day: cents for day, cents in rows if cents}


def june(number: int) -> date:
    """Return a day of June 2025; the second is a Monday."""
    return date(2025, 6, number)
