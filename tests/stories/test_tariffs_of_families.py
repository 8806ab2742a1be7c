"""A tariff written in the language charges a family by facts that no grid could ask."""

from datetime import date

import pytest

from cvq.billing.models import Charge
from cvq.childcare.services import charge_days
from town import TODAY, ZONE, Town

SIBLINGS = """
tariff: cantine
inputs: {rank_present: required, residence: required, school_holiday: required, weekday: required}
tables:
  repas:
    when: [residence, rank_present]
    across: ["1..2", ">= 3"]
    then: €
    rows:
      - [commune, 3.00, 1.50, habitant]
      - [not commune, 4.00, 4.00, extérieur]
items:
  meal:
    title: Repas
    grain: meal
    lines:
      - {label: Repas, amount: repas}
      - {label: Mercredi, nature: supplement, when: weekday = wednesday, amount: 0.50}
      - {label: Vacances, nature: supplement, when: school_holiday, amount: 1}
"""


@pytest.fixture
def petit(town: Town) -> Town:
    """Return the town with the three Petits, whose canteen charges by rank, home and weekday."""
    town.family("Petit", topped_up="50,00")
    for name, card, born_on in (
        ("Zoé", "012-00061", date(2017, 3, 1)),
        ("Léo", "012-00062", date(2015, 3, 1)),
        ("Ana", "012-00063", date(2019, 3, 1)),
    ):
        town.child("Petit", name, card=card, born_on=born_on)
        town.enrol(card, "Cantine")
    document = {"text": SIBLINGS, "item": "meal"}
    town.tariff(town.points["Cantine"].service, document, since=date(2025, 6, 1))
    return town


def charge(town: Town) -> int:
    return charge_days(town.connection, until=TODAY, at=town.at("22:00"), zone=ZONE)


def test_the_youngest_of_three_at_the_canteen_pays_half(petit: Town) -> None:
    for card in ("012-00063", "012-00061", "012-00062"):
        petit.tap(card, where="Cantine", at="12:05")

    charge(petit)

    told = dict(petit.charges("Petit"))
    assert sorted(told.values()) == ["1,50 €", "3,00 €", "3,00 €"]
    youngest = next(sentence for sentence, price in told.items() if price == "1,50 €")
    assert "habitant" in youngest


def test_a_brother_told_late_changes_the_ranks_and_the_family_pays_the_difference(
    petit: Town,
) -> None:
    for card in ("012-00063", "012-00061"):
        petit.tap(card, where="Cantine", at="12:05")
    charge(petit)
    assert petit.wallet("Petit") == "44,00 €"

    petit.tap("012-00062", where="Cantine", at="12:10")
    charge(petit)

    assert petit.wallet("Petit") == "42,50 €"
    # Their sentences named the ranks: both are taken back and told again.
    assert sum(Charge.objects.values_list("cents", flat=True)) == 750
    assert Charge.objects.filter(cents__lt=0).count() == 2


BOTH = """
tariff: garderie
inputs: {morning: no, evening: no}
items:
  day:
    title: Garderie
    grain: child_day
    otherwise: nothing
    lines:
      - package: Forfait de la journée
        when: morning and evening
        amount: 2.43
        instead_of:
          - {label: Matin, when: morning, amount: 1.18}
          - {label: Soir, when: evening, amount: 1.94}
"""


def test_an_evening_after_a_morning_costs_the_package_less_what_was_paid(town: Town) -> None:
    town.family("Petit", topped_up="20,00")
    town.child("Petit", "Léo", card="012-00060")
    town.enrol("012-00060", "Garderie")
    document = {"text": BOTH, "item": "day"}
    town.tariff(town.points["Garderie"].service, document, since=date(2025, 6, 1))
    town.tap("012-00060", where="Garderie", at="07:45")
    charge(town)
    assert town.wallet("Petit") == "18,82 €"

    town.tap("012-00060", where="Garderie", at="17:45")
    charge(town)

    assert town.wallet("Petit") == "17,57 €"
    assert town.charges("Petit")[-1] == ("Garderie, Forfait de la journée : 2,43 €", "2,43 €")
