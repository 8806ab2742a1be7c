"""Which amount is ticked for a family, and what it is told of it."""

import re
from datetime import date

import pytest

from cvq.billing.forecast import DAYS_AHEAD, Forecast
from cvq.billing.suggested import advised, suggestion
from cvq.portal.top_up.advice import advice
from pages import Pages
from told import text
from town import TODAY

NBSP = "\u00a0"


def spends(cents: int) -> Forecast:
    """Return what comes for a family that spends as much each day."""
    return Forecast(TODAY, (cents,) * DAYS_AHEAD)


@pytest.mark.parametrize(
    ("a_day", "has", "ticked", "told"),
    [
        (100, 0, 2_000, "Avec 20 €, vous avez de quoi tenir jusqu'au dimanche 22 juin."),
        (200, 0, 3_000, "Avec 30 €, vous avez de quoi tenir jusqu'au mardi 17 juin."),
        (100, 5_500, 1_000, "Avec 10 €, vous avez de quoi tenir deux mois."),
        (
            1_000,
            0,
            10_000,
            "Aucun de ces montants ne couvre deux semaines."
            " Avec 100 €, vous avez de quoi tenir jusqu'au jeudi 12 juin.",
        ),
        (
            800,
            -500,
            10_000,
            "Aucun de ces montants ne couvre deux semaines."
            " Avec 100 €, vous avez de quoi tenir jusqu'au vendredi 13 juin.",
        ),
        (
            700,
            0,
            10_000,
            "Avec 100 €, vous avez de quoi tenir jusqu'au lundi 16 juin.",
        ),
        (
            1_500,
            5_600,
            5_000,
            "Aucun de ces montants ne couvre deux semaines."
            " Avec 50 €, vous avez de quoi tenir jusqu'au lundi 9 juin.",
        ),
        (
            12_000,
            0,
            10_000,
            "Aucun de ces montants ne couvre deux semaines."
            " 100 € ne suffisent pas pour aujourd'hui.",
        ),
        (100, -12_000, 10_000, "Avec 100 €, il resterait 20,00 € à régler."),
        (0, 0, 2_000, "Rien n'est prévu : 20 € suffisent pour commencer."),
        (0, -2_500, 3_000, "Rien n'est prévu : 30 € suffisent pour commencer."),
        (0, -10_500, 10_000, "Avec 100 €, il resterait 5,00 € à régler."),
    ],
)
def test_the_least_that_covers_two_weeks_is_ticked_else_one_week_else_the_most(
    a_day: int, has: int, ticked: int, told: str
) -> None:
    ahead = spends(a_day)

    cents = advised(ahead, has)

    assert cents == ticked
    said = advice(ahead, suggestion(cents, ahead, has), TODAY)
    assert said.replace(NBSP, " ") == told


def test_what_does_not_pay_a_debt_covers_no_day() -> None:
    ahead = Forecast(TODAY, (0, 0, 500, *(0,) * 57))

    owing = suggestion(1_000, ahead, -1_500)

    assert (owing.afterwards, owing.until, owing.lasts) == (-500, None, False)
    assert suggestion(2_000, ahead, -1_500).lasts is True
    assert suggestion(1_600, ahead, -1_500).until == date(2025, 6, 4)


def test_the_page_ticks_one_amount_and_says_until_when_it_covers(site: Pages) -> None:
    petit = site.client(site.parent()).get("/recharger/")
    blanc = site.client(site.parent("Blanc")).get("/recharger/")

    def ticked(page: str) -> list[str]:
        return re.findall(r'value="([0-9,]+)" checked', page)

    assert ticked(petit.content.decode()) == ["50,00"]
    assert "Le compte a 15,50 €. Avec 50 €, vous avez de quoi tenir jusqu'au" in text(petit)
    assert ticked(blanc.content.decode()) == ["20,00"]
    assert "Rien n'est prévu : 20 € suffisent pour commencer." in text(blanc)
