"""A month rated again by a tariff that counts: what was counted is given again, or counted anew."""

from datetime import date

import pytest

from cvq.billing import what_if
from cvq.billing.counted_again import Uncounted
from cvq.billing.uses import Month
from cvq.billing.what_if import Compared
from cvq.config.what_if_shown import lines, row
from cvq.rules.tariff.document import compile_text
from cvq.taps.used_again import Replayed, keepers
from stays import FREE_HOURS, LATE_PICKUPS, charge, counts_by, garderie, june, stays
from town import ZONE, Town

JUNE = Month(first=date(2025, 6, 1), until=date(2025, 7, 1))


@pytest.fixture
def petit(town: Town) -> Town:
    """Return the town with the Petits, whose Léo and Mia stay at the garderie."""
    return garderie(town)


def drafted(town: Town, text: str, month: Month) -> Compared:
    item = compile_text(text).items["garderie-half-hour"]
    by = dict.fromkeys(["Garderie", "garderie-half-hour"], item)
    services = keepers(town.connection, month, ZONE)
    return what_if.compare(town.connection, month, by, services, lambda _day: None)


def test_a_month_of_a_tariff_that_counts_comes_to_what_it_did(petit: Town) -> None:
    counts_by(petit, FREE_HOURS)
    for day in (june(2), june(3), june(4), june(5)):
        stays(petit, "Léo", day, "16:30", "17:15")
        charge(petit, day)

    found = what_if.in_force(
        petit.connection, JUNE, keepers(petit.connection, JUNE, ZONE), lambda _day: None
    )

    assert (found.charges, found.free, found.billed, found.wrong) == (2, 2, 360, [])


def test_a_draft_that_counts_is_told_the_uses_of_the_month_before_each(petit: Town) -> None:
    for day in (date(2025, 5, 30), june(2), june(3), june(4)):
        stays(petit, "Léo", day, "16:30", "18:00")
        stays(petit, "Mia", day, "16:30", "17:00")
        charge(petit, day)

    found = drafted(petit, FREE_HOURS, JUNE)

    assert (found.total.billed, found.total.drafted) == (3 * 360, 180 + 270)
    assert (found.unpriced, found.unheard, found.uncounted) == ({}, [], [])


def test_a_draft_that_counts_by_school_year_counts_the_months_before_and_says_what_is_not_known(
    petit: Town,
) -> None:
    for day in (date(2025, 5, 29), date(2025, 5, 30), june(2)):
        stays(petit, "Léo", day, "17:30", "18:20")
        charge(petit, day)

    found = drafted(petit, LATE_PICKUPS, JUNE)

    assert (found.total.billed, found.total.drafted) == (180, 1180)
    assert found.uncounted == [Uncounted("retards de l'année", date(2025, 5, 29))]
    shown = Replayed(found, {}, {}, {})
    assert (
        "« retards de l'année » n'est compté que depuis le 29 mai 2025 : rien n'est connu d'avant, "
        "et le brouillon peut y trouver moins d'usages qu'il n'y en eut."
    ) in lines(shown)
    assert row(shown)["uncounted"] == {"retards de l'année": "2025-05-29"}


def test_a_draft_counts_by_itself_whatever_was_counted(petit: Town) -> None:
    counts_by(petit, FREE_HOURS)
    for day in (june(2), june(3)):
        stays(petit, "Léo", day, "16:30", "18:00")
        charge(petit, day)

    found = drafted(petit, FREE_HOURS.replace(", adds: half_hours", ""), JUNE)

    # The draft counts evenings: the second of three half-hours comes after one, not after three.
    assert (found.total.billed, found.total.drafted) == (180, 0)
