"""What a document may cost to check: a bound over all it says, not one for each part."""

from written import finding, findings

INPUTS = "\n".join(
    f"  i{n}: {{type: number, missing: required, min: 0, max: 100000}}" for n in range(6)
)
ANY = '"*"'


def document(items: int, lines: int) -> str:
    told = "\n".join(
        f'      - {{label: L{n}, amount: 1, when: "i{n % 6} > {n} and i{(n + 1) % 6} > {n}"}}'
        for n in range(lines)
    )
    prices = "\n".join(
        f"  m{n}:\n    title: Prix {n}\n    grain: meal\n    otherwise: nothing\n    lines:\n{told}"
        for n in range(items)
    )
    return f"tariff: essai\ninputs:\n{INPUTS}\nitems:\n{prices}\n"


def test_the_lines_of_all_prices_are_looked_at_under_one_bound():
    told = finding(document(items=10, lines=60))

    assert told.sentence == "Le tarif croise trop de cas pour être vérifié, à « Prix 2 »."
    assert told.choices == ("séparez-le en plusieurs documents", "mettez les conditions en tables")


def test_a_price_of_many_lines_alone_is_looked_at_to_its_end():
    assert findings(document(items=1, lines=60)) == []


def crossed(tables: int) -> str:
    columns = [f"i{n}" for n in range(6)]
    rows = "\n".join(
        f"      - [{', '.join(str(row * 3) if n == row % 6 else ANY for n in range(6))}, {row}]"
        for row in range(30)
    )
    told = "\n".join(
        f"  t{n}:\n    title: Grille {n}\n    when: [{', '.join(columns)}]\n    then: €\n"
        f"    hit: first\n    rows:\n{rows}\n      - [{', '.join([ANY] * 6)}, 1]"
        for n in range(tables)
    )
    lines = ", ".join(f"{{label: L{n}, amount: t{n}}}" for n in range(tables))
    item = f"items:\n  m: {{title: Prix, grain: meal, lines: [{lines}]}}"
    return f"tariff: essai\ninputs:\n{INPUTS}\ntables:\n{told}\n{item}\n"


def test_all_tables_are_proved_under_one_bound_and_the_last_one_says_to_part_the_document():
    told = findings(crossed(tables=12))

    assert [one.sentence for one in told] == [
        f"« Grille {n} » croise trop de cas pour être vérifiée." for n in range(3)
    ]
    assert told[-1].choices == ("séparez le tarif en plusieurs documents",)
