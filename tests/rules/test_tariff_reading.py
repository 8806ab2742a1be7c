"""What is written in a tariff is read as it stands: nothing is guessed, nothing explodes."""

from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction

import pytest

from cvq.rules.tariff import Priced, TariffUnreadable, compile_tariff, rate
from cvq.rules.tariff.document import compile_text
from cvq.rules.tariff.outcome import RefusalKind
from cvq.rules.tariff.read import MAX_BYTES, plain, read
from written import cents, counted, finding, findings, priced_by, refused, table, tariff


def test_every_scalar_stays_the_text_that_was_written():
    written = "{a: 18:30, b: 010, c: no, d: 3.10, e: 2025-09-01, f: ~, g: 1e3, h: 0x10, i: .5}"

    assert plain(read(written)) == {
        "a": "18:30",
        "b": "010",
        "c": "no",
        "d": "3.10",
        "e": "2025-09-01",
        "f": "~",
        "g": "1e3",
        "h": "0x10",
        "i": ".5",
    }


def test_a_price_of_3_10_is_310_cents_and_010_is_ten():
    assert cents(priced_by("3.10")) == 310
    assert cents(counted("quantity", "quantity: 010")) == 1000


def test_no_is_false_and_18_30_is_half_past_six():
    text = priced_by("if(booked or left_at > 18:30, 5 €, 2 €)", "booked: no, left_at: required")

    assert cents(text, left_at="18:30") == 200
    assert cents(text, left_at="18:31") == 500
    assert cents(text, left_at="18:00", booked="yes") == 500


@pytest.mark.parametrize("given", [1.5, float("nan"), float("inf"), "1.5", "1e3", "٣", "", [], {}])
def test_a_quotient_that_is_no_whole_number_is_refused_and_named(given):
    result = refused(counted("quotient", "quotient: required"), quotient=given)

    assert result.kind is RefusalKind.WRONG_INPUT
    assert "quotient familial" in result.reason


@pytest.mark.parametrize(
    "given", [10**300, -(10**16), Decimal("NaN"), Decimal("Infinity"), Decimal("1E+999999")]
)
def test_a_number_that_nobody_can_mean_is_refused(given):
    assert refused(counted("quotient", "quotient: required"), quotient=given).kind is (
        RefusalKind.WRONG_INPUT
    )


def test_a_number_of_too_many_decimals_is_refused_at_once():
    text = counted("mass", "mass: required")

    assert cents(text, mass=Decimal("1.25")) == 125
    assert cents(text, mass=Fraction(5, 4)) == 125
    for given in (Decimal("1E-999999"), Decimal("1.255"), Fraction(1, 3)):
        assert refused(text, mass=given).kind is RefusalKind.WRONG_INPUT


@pytest.mark.parametrize(
    ("given", "is_read"),
    [
        ("2025-09-01", True),
        (date(2025, 9, 1), True),
        ("20250901", False),
        ("2025-W36-1", False),
        ("2025-02-30", False),
        ("01/09/2025", False),
        (datetime(2025, 9, 1, 10), False),
        (739495, False),
    ],
)
def test_a_day_is_written_year_month_day(given, is_read):
    text = counted("month(day)", "day: required")

    if is_read:
        assert cents(text, day=given) == 900
    else:
        assert refused(text, day=given).kind is RefusalKind.WRONG_INPUT


def test_an_hour_and_a_moment_are_taken_as_they_are_kept():
    text = counted("minutes(arrived_at, left_at)", "arrived_at: required, left_at: 18:30")

    assert cents(text, arrived_at=time(18, 0)) == 3000
    assert cents(text, arrived_at="18 h") == 3000
    assert cents(text, arrived_at="17h30") == 6000
    for given in ("24:30", "7", "18:60", "midi"):
        assert refused(text, arrived_at=given).kind is RefusalKind.WRONG_INPUT
    told = counted(
        "minutes(booked_at, cancelled_at)", "booked_at: required, cancelled_at: required"
    )
    assert cents(told, booked_at="2025-09-01 18:30", cancelled_at=datetime(2025, 9, 1, 19)) == 3000


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("tariff: a\ntitle: b\ntitle: c\n", 3, "« title » est écrit deux fois."),
        ("tariff: &a x\ntitle: *a\n", 1, "Ni « & » ni « * » dans un tarif."),
        ("tariff: !!python/object/apply:os.system [ls]\n", 1, "Pas d'étiquette « ! »"),
        ("tariff: !!str x\n", 1, "Pas d'étiquette « ! »"),
        ("tariff: x\n---\ntariff: y\n", 2, "Un fichier porte un seul tarif."),
        ("tariff: x\n[a]: y\n", 2, "Une clé est un mot."),
        ("a: b\n c: d\n", 2, "Ce texte n'est pas du YAML"),
        ("tariff: x\ntitle: \0\n", 2, "Un caractère que l'on ne voit pas"),
        ("tariff: x\r\ntitle: \ud800\r\n", 2, "Un caractère que l'on ne voit pas"),
        ('tariff: x\ntitle: "a\\0"\n', 2, "Un caractère que l'on ne voit pas"),
        ('tariff: x\n"ti\\x07": a\n', 2, "Un caractère que l'on ne voit pas"),
        ("tariff: x\ntitle: Tarif \u202e42\n", 2, "Un caractère que l'on ne voit pas"),
        ("tariff: x\ntitle: |\n  a\n  b\ufeff\n", 4, "Un caractère que l'on ne voit pas"),
        ("\ufefftariff: x\n", 1, "Un caractère que l'on ne voit pas"),
        ("- tariff\n", 1, "Un tarif commence par « tariff: … »."),
        ("", 1, "Un tarif commence par « tariff: … »."),
        ("x: " + "[" * 20 + "]" * 20, 1, "Plus de 20 niveaux imbriqués."),
        ("x: " + "a" * MAX_BYTES, 1, "Le document dépasse 256 ko."),
        ("x: " + "é" * (MAX_BYTES // 2), 1, "Le document dépasse 256 ko."),
    ],
)
def test_what_is_not_one_plain_document_is_refused_with_its_line(text, line, said):
    found = finding(text)

    assert (found.line, found.sentence.startswith(said)) == (line, True), found


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor():
    bomb = "a: &a [x, x]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )

    assert finding(bomb).line == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("tariff: [x]\nitems: {it: {grain: meal, lines: [{label: a, amount: 1}]}}\n", 1),
        ("tariff: x\ntitle: [y]\nitems: {it: {grain: meal, lines: [{label: a, amount: 1}]}}\n", 2),
        (priced_by("1", more="values:\n  v: {is: 3, title: [a]}\n"), 3),
        (priced_by("1", more="from: hier\n"), 2),
        (priced_by("1", more="from: [2025-01-01]\n"), 2),
        (priced_by("1", more="decision: {by: [x]}\n"), 2),
        (priced_by("1", more="inputs: [quotient]\n"), 2),
        (priced_by("1", more="tables: x\n"), 2),
        (priced_by("1", more="rounding: half_up\n"), 2),
        (priced_by("1", more="counters: {c: {of: child, per: year, adds: nothing}}\n"), 2),
        (priced_by("1", more="examples: x\nwages: 3\n"), 3),
        ("tariff: x\nitems: {it: [1]}\n", 2),
        ("tariff: x\nitems: {it: {grain: meal, lines: {label: a}}}\n", 2),
        ("tariff: x\nitems: {it: {grain: meal, lines: [a]}}\n", 2),
        ("tariff: x\nitems: {it: {grain: meal, lines: [{label: a, amount: [1]}]}}\n", 2),
    ],
)
def test_a_value_of_another_shape_is_told_with_its_line(text, line):
    assert [one.line for one in findings(text)] == [line]


def test_a_tariff_without_a_price_or_without_a_name_says_so():
    assert finding("tariff: x\n").sentence == "Ce tarif ne fixe aucun prix."
    missing = finding("items: {it: {grain: meal, lines: [{label: a, amount: 1}]}}")
    assert missing.sentence.startswith("Il manque l'identifiant")


def test_a_catalogue_rates_one_item_of_a_text_and_refuses_a_wrong_one():
    text = table('"*", 2.85', inputs="quotient: unknown")

    priced = rate(compile_tariff({"text": text, "item": "it"}), {"quotient": None})

    assert isinstance(priced, Priced)
    assert priced.cents == 285
    with pytest.raises(TariffUnreadable, match="n'est pas un prix de ce tarif"):
        compile_tariff({"text": text, "item": "snack"})
    with pytest.raises(TariffUnreadable, match="Ligne 1"):
        compile_text("tariff: x")


def test_more_than_5000_cells_are_refused_where_they_begin():
    rows = "\n".join(f'"{n}", 1.00' for n in range(2600))

    found = finding(table(rows))

    assert (found.line, found.sentence) == (4, "Plus de 5000 cases, à partir de « p ».")


def test_a_table_of_exactly_5000_cells_is_read_with_its_labels():
    rows = [f'"{n}", 1.00, ligne {n}' for n in range(2500)]

    assert not any("5000" in one.sentence for one in findings(table("\n".join(rows))))
    more = table("\n".join([*rows, '"2500", 1.00']))
    assert finding(more).sentence == "Plus de 5000 cases, à partir de « p »."


def test_a_decision_of_a_day_that_no_calendar_has_is_told():
    text = priced_by("1", more="decision: {by: Conseil, on: 2026-02-29}\n")

    assert finding(text).sentence == (
        "La date de la décision, « 2026-02-29 » n'est pas un jour du calendrier, comme 2025-09-01."
    )
    assert findings(text.replace("2026-02-29", "année scolaire 2018-2019")) == []


def test_a_tariff_knows_its_council_decision_and_first_day():
    found = tariff(
        priced_by(
            "1", more="from: 2025-09-01\ndecision: {by: Conseil, number: 7, on: 2025-06-12}\n"
        )
    )

    assert (found.since, found.decision.told()) == (
        "2025-09-01",
        "Conseil, délibération 7, 12/06/2025",
    )


def test_a_comma_between_braces_asks_for_quotes_and_not_for_another_name():
    written = (
        "lines:\n"
        "  - {label: Jour, amount: if(booked, one.day, one.half), at_most: max(1, one.half)}"
    )
    with pytest.raises(TariffUnreadable) as caught:
        read(written)

    (found,) = caught.value.findings
    assert (found.line, found.sentence) == (2, "« one.day » n'a pas de valeur.")
    assert "entre guillemets" in found.choices[0]


def test_a_field_of_a_list_is_read_by_its_name_alone():
    text = priced_by(
        "if(loans.kind = book, 1 €, 2 €)",
        "loans: {list: {kind: {words: [book, film], missing: book}}, missing: none}",
        line="each: loans",
    )

    found = finding(text)
    assert "se lisent par leur nom seul" in found.sentence
    assert "« kind »" in found.choices[0]
