"""What an agent types in a cell of the page is understood as people write it."""

import pytest

from cvq.desk.tariffs.tables import changes_in

TEXT = """tariff: t
inputs: {quotient: unknown, resident: no}
tables:
  p:
    title: Repas
    when: [quotient, resident]
    then: €
    rows:
      - ["< 401", yes, 0.40, tranche 1]
items: {i: {title: Repas, grain: meal, lines: [{label: Repas, amount: p}]}}
"""


@pytest.mark.parametrize(
    ("column", "typed", "written"),
    [
        (0, "de 401 à 600", "401..600"),
        (0, "401 à 600", "401..600"),
        (0, "401-600", "401..600"),
        (0, "jusqu'à 400", "<= 400"),
        (0, "À partir de 601", ">= 601"),
        (0, "plus de 600", "> 600"),
        (0, "moins de 401", "< 401"),
        (0, "tous", "*"),
        (0, "10-15", "10-15"),
        (1, "Non", "no"),
        (2, "1 000,00", "1000.00"),
        (2, "1\u202f000,50 €", "1000.50"),
        (2, "0,45", "0.45"),
        (2, "quarante", "quarante"),
        (3, "de 401 à 600", "de 401 à 600"),
    ],
)
def test_a_cell_takes_what_people_write(column, typed, written):
    assert changes_in(TEXT, {f"case:p.0.0.{column}": typed}) == {f"p.0.0.{column}": written}
