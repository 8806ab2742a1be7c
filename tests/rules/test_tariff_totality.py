"""The proof of a table: every case has one price, in bounded time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from written import cents, findings, table


def test_a_table_that_is_too_much_to_prove_says_how_to_part_it():
    columns = [f"c{n}" for n in range(8)]
    rows = "\n".join(
        ", ".join([f'"{row}"' if place == row % 8 else '"*"' for place in range(8)]) + ", 1.00"
        for row in range(160)
    )
    text = table(
        rows + '\n"*", "*", "*", "*", "*", "*", "*", "*", 2.00',
        ", ".join(f"{name}: {{type: count, missing: 1}}" for name in columns),
        ", ".join(columns),
        more="hit: first",
    )

    found = findings(text)[-1]
    assert "croise trop de cas" in found.sentence
    assert found.choices == ("séparez-la en plusieurs tables, ou en plusieurs lignes d'un prix",)


CELLS = st.sampled_from(["*", "< 2", "2..3", "> 3", "0 or 4", "not 1", "unknown", "1", ">= 0"])
WORDS = st.sampled_from(["*", "commune", "outside or community", "not outside", "outside"])
ROWS = st.lists(st.tuples(CELLS, WORDS), min_size=1, max_size=6)


def holds(cell: str, value: object) -> bool:
    match cell:
        case "*":
            return True
        case "unknown":
            return value is None
    if value is None:
        return False
    if cell.startswith("not "):
        return str(value) != cell[4:]
    if isinstance(value, str):
        return value in cell.split(" or ")
    assert isinstance(value, int)
    tests = {"< 2": value < 2, "2..3": 2 <= value <= 3, "> 3": value > 3, "0 or 4": value in {0, 4}}
    return tests.get(cell, value == 1 if cell == "1" else True)


@settings(deadline=None)
@given(rows=ROWS, hit=st.sampled_from(["unique", "first", "sum", "sum or nothing"]))
def test_what_the_checker_accepts_has_a_price_for_every_case_and_what_it_refuses_does_not(
    rows, hit
):
    text = table(
        "\n".join(f'"{cell}", "{word}", {place}.00' for place, (cell, word) in enumerate(rows, 1)),
        "quotient: unknown, residence: required",
        "quotient, residence",
        more=f"hit: {hit}".replace(" or ", "\n    otherwise: "),
    )
    cases = [
        (quotient, residence)
        for quotient in (None, 0, 1, 2, 3, 4, 5)
        for residence in ("commune", "community", "outside")
    ]
    held = {
        case: [n for n, row in enumerate(rows, 1) if all(map(holds, row, case))] for case in cases
    }
    served = {
        n for rows_held in held.values() for n in (rows_held[:1] if hit == "first" else rows_held)
    }
    is_total = hit == "sum or nothing" or all(held.values())
    is_single = hit != "unique" or all(len(rows_held) <= 1 for rows_held in held.values())

    said = [one.sentence for one in findings(text)]

    if not said:
        assert is_total
        assert is_single
        assert served == set(range(1, len(rows) + 1))
        for (quotient, residence), rows_held in held.items():
            price = sum(rows_held) if "sum" in hit else rows_held[0]
            assert cents(text, quotient=quotient, residence=residence) == 100 * price
    elif is_total and is_single and served == set(range(1, len(rows) + 1)):
        assert all("laisse un trou entre" in one or "se chevauchent" in one for one in said)
    assert any("ne prévoit rien" in one or "trou" in one for one in said) or is_total
    assert any("à la fois" in one for one in said) or is_single


def test_bands_of_hundreds_of_values_each_are_too_much_to_prove():
    rows = [
        f'"{" or ".join(str(2 * (90 * band + n)) for n in range(90))}", 1.00' for band in range(60)
    ]

    found = findings(table("\n".join([*rows, '"*", 2.00']), more="hit: first"))

    assert "croise trop de cas" in found[-1].sentence


def test_a_row_of_a_thousand_words_is_told_by_the_first_of_them():
    words = ", ".join(f"w{n}" for n in range(2000))
    never = findings(
        table('"*", 1.00\nnot w5, 2.00', f"w: {{words: [{words}], missing: w1}}", "w", "hit: first")
    )[-1]

    assert "ne sert jamais" in never.sentence
    assert "…" in never.sentence
    assert len(never.sentence) < 500
