"""A hole or an overlap between two bands is seen in whatever order the rows are written."""

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from written import findings, table

WHO = "quotient: unknown, residence: required"


def grid(*rows: str, hit: str = "first") -> str:
    return table("\n".join(rows), WHO, "quotient, residence", more=f"hit: {hit}")


GARDERIE = (
    '"< 401", commune, 0.40',
    '"[401, 601[", commune, 0.55, deuxième',
    '"[601, 801[", commune, 0.70, troisième',
    '"*", commune, 0.90',
    '"< 401", "*", 0.50',
    '"[401, 601[", "*", 0.69',
    '"[601, 801[", "*", 0.88',
    '"*", "*", 1.13',
)


def with_second(band: str) -> str:
    rows = [row.replace("[401, 601[", band) if "deuxième" in row else row for row in GARDERIE]
    return grid(*rows)


def test_a_family_between_two_bands_does_not_pay_the_top_price_because_a_later_row_covers_it():
    (hole,) = findings(with_second("[401, 591["))

    assert findings(grid(*GARDERIE)) == []
    assert hole.line == 12
    assert "un trou entre « deuxième » et « troisième » : quotient familial 591 à 600" in (
        hole.sentence
    )


def test_two_bands_that_claim_the_same_families_are_told_even_where_the_order_settles_it():
    (overlap,) = findings(with_second("[401, 651["))

    assert overlap.line == 12
    assert overlap.sentence == (
        "« Grille » : « deuxième » et « troisième » se chevauchent ; « deuxième » l'emporte, "
        "parce qu'elle vient d'abord."
    )
    assert overlap.example == "quotient familial 601"


@pytest.mark.parametrize(
    "rows",
    [
        # The block of residents has no row for everybody: those of all others show through.
        ('"< 401", commune, 1.00', '">= 451", commune, 2.00', '"< 451", "*", 3.00', '"*", "*", 4'),
        # Band after band, residents first.
        (
            '"< 401", commune, 1.00',
            '"< 451", "*", 2.00',
            '">= 451 or unknown", commune, 1.50',
            '">= 451 or unknown", "*", 2.50',
        ),
        # A row behind the bands that is not for everybody.
        ('"< 401", "*", 1.00', '"[451, 601[", "*", 2.00', '"< 601", "*", 3.00', '"*", "*", 4.00'),
    ],
    ids=["blocks", "interleaved", "bounded"],
)
def test_a_hole_is_seen_behind_whatever_row_shows_through_it(rows):
    assert ["401 à 450" in one.sentence for one in findings(grid(*rows))] == [True]


@pytest.mark.parametrize(
    "rows",
    [
        ('"< 401", "*", 1.00', '"< 601", "*", 2.00', '"< 801", "*", 3.00', '"*", "*", 4.00'),
        ('"< 401", commune, 1.00', '"< 601", "*", 2.00', '"*", "*", 4.00'),
        (
            '"< 401", commune, 1.00',
            '">= 801", commune, 2.00',
            '"[401, 801[", "*", 3.00',
            '"*", "*", 4.00',
        ),
        ('"not 401..600", commune, 1.00', '"*", "*", 2.00'),
        ('"[401, 601[", "*", 1.00', '"< 601", commune, 2.00', '"*", "*", 3.00'),
    ],
    ids=["nested", "exception", "filled", "on purpose", "narrower later"],
)
def test_an_order_that_says_what_it_means_is_not_a_fault(rows):
    assert findings(grid(*rows)) == []


def test_where_rows_add_up_one_for_everybody_does_not_hide_a_hole_either():
    (hole,) = findings(
        grid('"< 401", "*", 1', '"[451, 601[", "*", 2', '"*", "*", 3', hit="sum"),
    )

    assert "quotient familial 401 à 450" in hole.sentence


BOUNDS = st.lists(st.integers(1, 30), min_size=3, max_size=5, unique=True).map(
    lambda steps: [100 * bound for bound in sorted(steps)]
)
SHAPES = ("one", "blocks", "blocks for everybody", "interleaved")


def bands(bounds: list[int], moved: tuple[int, int] | None = None) -> list[str]:
    # « moved » is a band, and by how much its end moves.
    ends = [end + (moved[1] if moved and moved[0] == n else 0) for n, end in enumerate(bounds)]
    return [
        f"< {ends[0]}",
        *(f"[{low}, {end}[" for low, end in zip(bounds, ends[1:], strict=False)),
    ]


def laid_out(shape: str, own: list[str], others: list[str], *, is_unique: bool) -> list[str]:
    top = others[-1].rpartition(",")[2].strip(" [")
    rest = f">= {top} or unknown" if is_unique else "*"
    if shape == "one":
        return [f'"{cell}", "*"' for cell in [*own, rest]]
    all_others = "not commune" if is_unique else "*"
    mine = [f'"{cell}", commune' for cell in own]
    theirs = [f'"{cell}", "{all_others}"' for cell in others]
    if shape == "interleaved":
        mixed = [row for pair in zip(mine, theirs, strict=False) for row in pair]
        end = [f'"{rest}", commune', f'"{rest}", "{all_others}"']
        return [*mixed, *end]
    if shape == "blocks for everybody" and not is_unique:
        return [*mine, *theirs, '"*", "*"']
    return [*mine, f'"{rest}", commune', *theirs, f'"{rest}", "{all_others}"']


@settings(deadline=None)
@given(
    bounds=BOUNDS,
    shape=st.sampled_from(SHAPES),
    is_unique=st.booleans(),
    data=st.data(),
)
def test_one_end_that_moves_in_a_right_table_is_always_told(bounds, shape, is_unique, data):
    hit = "unique" if is_unique else "first"
    band = data.draw(st.integers(0, len(bounds) - 2))
    room = min(b - a for a, b in pairwise([0, *bounds]))
    by = data.draw(st.integers(1 - room, room - 1))
    assume(by != 0)

    def told(moved: tuple[int, int] | None) -> list[str]:
        rows = laid_out(shape, bands(bounds, moved), bands(bounds), is_unique=is_unique)
        priced = [f"{row}, {place}.00" for place, row in enumerate(rows, 1)]
        return [one.sentence for one in findings(grid(*priced, hit=hit))]

    assert told(None) == []
    assert told((band, by))
