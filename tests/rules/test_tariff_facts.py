from datetime import date

import pytest

from cvq.rules.tariff.facts import school_level


@pytest.mark.parametrize(
    ("born_on", "day", "level"),
    [
        ("2019-01-01", "2025-06-30", "nursery"),  # six years old, in her last year of nursery
        ("2019-12-31", "2025-06-30", "nursery"),
        ("2019-12-31", "2025-09-01", "primary"),  # five years old, in her first year of primary
        ("2020-01-01", "2025-09-01", "nursery"),
        ("2018-12-31", "2024-09-02", "primary"),
    ],
)
def test_a_child_is_in_the_class_of_her_year_of_birth(born_on, day, level):
    assert school_level(date.fromisoformat(born_on), date.fromisoformat(day)) == level
