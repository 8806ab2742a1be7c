from datetime import date

import holidays as peer
import pytest

from cvq.kernel.holidays import easter, is_public_holiday, public_holidays


@pytest.mark.parametrize("year", range(2008, 2101))
def test_public_holidays_are_those_of_an_independent_calendar(year):
    assert set(public_holidays(year)) == set(peer.country_holidays("FR", years=year))


@pytest.mark.parametrize("department", ["971", "972", "973", "974", "976"])
@pytest.mark.parametrize("year", [2008, 2025, 2026, 2046])
def test_each_overseas_departement_keeps_the_day_slavery_ended_there(department, year):
    there = peer.country_holidays("FR", subdiv=department, years=year)
    (ended_on,) = [day for day, name in there.items() if "Abolition" in name]

    expected = set(public_holidays(year)) | {ended_on}
    assert set(public_holidays(year, department)) == expected


def test_the_holidays_of_2025_are_eleven_with_their_names():
    assert public_holidays(2025) == {
        date(2025, 1, 1): "Jour de l'an",
        date(2025, 4, 21): "Lundi de Pâques",
        date(2025, 5, 1): "Fête du Travail",
        date(2025, 5, 8): "Victoire 1945",
        date(2025, 5, 29): "Ascension",
        date(2025, 6, 9): "Lundi de Pentecôte",
        date(2025, 7, 14): "Fête nationale",
        date(2025, 8, 15): "Assomption",
        date(2025, 11, 1): "Toussaint",
        date(2025, 11, 11): "Armistice 1918",
        date(2025, 12, 25): "Noël",
    }


def test_ascension_on_the_first_of_may_2008_is_one_day_off():
    assert easter(2008) == date(2008, 3, 23)
    assert public_holidays(2008)[date(2008, 5, 1)] == "Ascension"
    assert len(public_holidays(2008)) == 10


@pytest.mark.parametrize(("department", "theirs"), [("57", "57"), ("67", "6AE"), ("68", "6AE")])
@pytest.mark.parametrize("year", range(2008, 2101))
def test_alsace_and_moselle_keep_good_friday_and_saint_stephen(year, department, theirs):
    there = peer.country_holidays("FR", subdiv=theirs, years=year)

    assert set(public_holidays(year, department)) == set(there)


def test_the_holidays_of_strasbourg_in_2026_are_two_more():
    more = public_holidays(2026, "67").items() - public_holidays(2026).items()

    assert more == {(date(2026, 4, 3), "Vendredi saint"), (date(2026, 12, 26), "Saint-Étienne")}


def test_the_20th_of_december_is_a_holiday_in_la_reunion_only():
    assert is_public_holiday(date(2025, 12, 20), "974")
    assert not is_public_holiday(date(2025, 12, 20), "79")
