"""A draft of which two counters bear one title, as people would call both."""

from datetime import date

from rated_again import by, compared
from stays import charge, garderie, june, stays
from town import Town

# The third evening of the year is dear; the month is counted under the same words.
TWO_COUNTERS = """
tariff: garderie
inputs: {half_hours: required}
counters:
  of_year: {title: soirs, of: child, per: year}
  of_month: {title: soirs, of: child, per: month}
items:
  garderie:
    title: Garderie
    grain: session
    otherwise: nothing
    lines:
      - {label: Soir, amount: "if(of_year.nth > 2, 9 €, 1 €)", when: half_hours > 0}
      - {label: Habitués du mois, when: of_month.nth > 2, amount: 0.50}
"""


def test_two_counters_of_one_title_count_each_from_its_own_beginning(town: Town) -> None:
    garderie(town)
    for day in (date(2025, 3, 3), date(2025, 3, 4), june(3)):
        stays(town, "Léo", day, "16:30", "17:30")
    charge(town, june(5))

    found = compared(town, by(TWO_COUNTERS, code="Garderie"))

    assert (found.total.billed, found.total.drafted) == (180, 900)
    assert [one.title for one in found.uncounted] == ["soirs"]
