from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.rules.tariff import (
    Line,
    Priced,
    Refused,
    TariffUnreadable,
    compile_tariff,
    rate,
)

POOL = {
    "grid": 1,
    "item": "Entrée piscine",
    "inputs": ["age", "resident"],
    "rows": [
        {"when": {"age": [0, 5]}, "cents": 0, "label": "moins de 5 ans"},
        {
            "when": {"age": [5, 16], "resident": True},
            "cents": 330,
            "label": "tarif réduit (moins de 16 ans), habitant",
        },
        {"when": {"resident": True}, "cents": 450, "label": "plein tarif, habitant"},
        {"when": {"age": [5, 16]}, "cents": 396, "label": "tarif réduit (moins de 16 ans)"},
        {"when": {}, "cents": 540, "label": "plein tarif"},
    ],
}
GARDERIE = {
    "grid": 1,
    "item": "Garderie",
    "inputs": ["quotient", "resident", "booked"],
    "per": "half_hours",
    "unit": "par demi-heure",
    "rows": [
        {"when": {"quotient": [None, 600]}, "cents": 55, "label": "quotient de moins de 600"},
        {"when": {"quotient": [600, 800]}, "cents": 70, "label": "quotient de 600 à 799"},
        {"when": {"resident": True}, "cents": 90, "label": "quotient de 800 et plus"},
        {"when": {}, "cents": 113, "label": "hors territoire"},
    ],
    "adders": [{"when": {"booked": False}, "cents": 200, "label": "sans réservation"}],
}
MEAL = {
    "grid": 1,
    "item": "Repas",
    "inputs": ["quotient", "resident"],
    "rows": [
        {"when": {"resident": True, "quotient": [None, 400]}, "cents": 100, "label": "A"},
        {
            "when": {"resident": True, "quotient": [400, None]},
            "cents": 350,
            "label": "B",
            "missing": True,
        },
        {"when": {}, "cents": 438, "label": "C"},
    ],
}


def price(document, **inputs):
    priced = rate(compile_tariff(document), inputs)
    assert isinstance(priced, Priced)
    return priced


@pytest.mark.parametrize(
    ("age", "resident", "cents"),
    [
        (0, True, 0),
        (4, False, 0),
        (5, True, 330),
        (15, True, 330),
        (16, True, 450),
        (15, False, 396),
        (16, False, 540),
        (None, True, 450),
        (None, None, 540),
        (10, None, 396),
    ],
)
def test_the_first_row_that_holds_is_the_price_of_a_swim(age, resident, cents):
    assert price(POOL, age=age, resident=resident).cents == cents


def test_a_price_explains_itself_without_naming_anybody():
    priced = price(POOL, age=12, resident=True)

    assert priced == Priced(
        cents=330,
        lines=(Line(label="tarif réduit (moins de 16 ans), habitant", cents=330),),
        said="Entrée piscine, tarif réduit (moins de 16 ans), habitant : 3,30 €",
    )


def test_what_costs_nothing_is_said_to_be_free():
    assert price(POOL, age=3).sentence == "Entrée piscine, moins de 5 ans : gratuit"


def test_three_half_hours_without_booking_are_multiplied_then_added_to():
    priced = price(GARDERIE, quotient=650, half_hours=3, booked=False)

    assert priced.cents == 3 * 70 + 200
    assert [line.cents for line in priced.lines] == [210, 200]
    assert priced.sentence == (
        "Garderie, quotient de 600 à 799, 3 × 0,70 € par demi-heure, "
        "sans réservation (+ 2,00 €) : 4,10 €"
    )


@pytest.mark.parametrize(
    ("quotient", "cents"), [(-50, 55), (599, 55), (600, 70), (799, 70), (800, 90), (99_999, 90)]
)
def test_a_band_holds_its_lower_bound_and_not_its_upper(quotient, cents):
    assert price(GARDERIE, quotient=quotient, resident=True, half_hours=1).cents == cents


def test_a_family_without_quotient_pays_the_row_made_for_it():
    assert price(MEAL, resident=True).cents == 350
    assert price(MEAL, resident=True, quotient=None).cents == 350
    assert price(MEAL, resident=False).cents == 438


def test_a_family_without_quotient_nor_row_for_it_pays_the_last_row():
    assert price(GARDERIE, half_hours=1).cents == 113


@pytest.mark.parametrize("half_hours", [None, -1, 1.5, True, "2"])
def test_without_a_quantity_there_is_no_price(half_hours):
    refused = rate(compile_tariff(GARDERIE), {"quotient": 650, "half_hours": half_hours})

    assert isinstance(refused, Refused)
    assert refused.kind == "MISSING_INPUT"


@pytest.mark.parametrize("quotient", [650.5, "650", True])
def test_a_quotient_that_is_not_a_whole_number_has_no_price(quotient):
    refused = rate(compile_tariff(GARDERIE), {"quotient": quotient, "half_hours": 1})

    assert refused == Refused(
        kind="WRONG_INPUT", reason="Garderie : « quotient » doit être un nombre entier."
    )


@given(
    st.none() | st.integers(-100, 20_000),
    st.none() | st.booleans(),
    st.none() | st.booleans(),
    st.integers(0, 48),
)
def test_whoever_comes_has_a_price_and_its_lines_add_up(quotient, resident, booked, half_hours):
    inputs = {"quotient": quotient, "resident": resident, "booked": booked}
    priced = price(GARDERIE, half_hours=half_hours, **inputs)

    assert priced.cents == sum(line.cents for line in priced.lines)
    assert priced.lines[0].cents in {cents * half_hours for cents in (55, 70, 90, 113)}


@given(st.integers(-100, 20_000))
def test_a_larger_quotient_never_pays_less(quotient):
    less = price(GARDERIE, quotient=quotient, resident=True, half_hours=1)
    more = price(GARDERIE, quotient=quotient + 1, resident=True, half_hours=1)

    assert less.cents <= more.cents


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rows": []}, "Tarif illisible"),
        ({"grid": 2}, "Tarif illisible"),
        ({"surprise": 1}, "surprise"),
        ({"rows": [{"when": {"age": [0, 5]}, "cents": 1, "label": "x"}]}, "dernière ligne"),
        ({"rows": [{"when": {"size": 3}, "cents": 1, "label": "x"}]}, "« size » n'est pas déclaré"),
        ({"rows": [{"when": {"age": [5, 5]}, "cents": 1, "label": "x"}]}, "ne contient rien"),
        ({"rows": [{"when": {}, "cents": -1, "label": "x"}]}, "Tarif illisible"),
        ({"rows": [{"when": {}, "cents": 3.4, "label": "x"}]}, "Tarif illisible"),
        ({"rows": [{"when": {}, "cents": 1, "label": ""}]}, "Tarif illisible"),
        ({"rows": [{"when": {}, "cents": 1, "label": "x"}] * 2}, "ligne 1 .* suivantes"),
    ],
)
def test_a_grid_that_leaves_a_doubt_is_refused_with_its_reason(change, said):
    with pytest.raises(TariffUnreadable, match=said):
        compile_tariff({**POOL, **change})


@pytest.mark.parametrize("called", ["starts_at", "minute"])
def test_a_court_costs_more_from_five_whatever_its_grid_calls_the_hour(called):
    court = {
        "grid": 1,
        "item": "Court",
        "inputs": [called],
        "rows": [
            {"when": {called: [1020, 1260]}, "cents": 1000, "label": "heures de pointe"},
            {"when": {}, "cents": 800, "label": "heures creuses"},
        ],
    }

    prices = [price(court, starts_at=at).cents for at in (time(16, 59), time(17), time(21), 1020)]

    assert prices == [800, 1000, 800, 1000]
    assert compile_tariff(court).reads == ("starts_at",)
