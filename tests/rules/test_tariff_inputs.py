"""What a tariff asks for: inputs, their words, and deadlines."""

import pytest

from cvq.rules.tariff.outcome import RefusalKind
from written import cents, findings, item, refused


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ("quotient: maybe", "La valeur par défaut de « quotient »"),
        ("quotient:", "ne dit pas ce que son absence veut dire"),
        ("wages: required", "n'est pas un fait du vocabulaire"),
        ("w: {type: count}", "ne dit pas ce que son absence veut dire"),
        ("w: {missing: required}", "ne dit pas son type"),
        ("w: {type: float, missing: 1}", "Le type « float » n'existe pas."),
        ("w: {type: count, missing: -1}", "est trop peu : 0 au moins"),
        ("w: {type: count, missing: 1.5}", "n'est pas un nombre entier"),
        ("w: {type: count, step: 0, missing: 1}", "est un nombre positif"),
        ("w: {type: count, min: 3, max: 2, missing: required}", "« min » dépasse « max »"),
        ("w: {words: [a], missing: a}", "au moins deux mots différents"),
        ("w: {words: [a, a], missing: a}", "au moins deux mots différents"),
        (
            "w: {words: [petite salle, b], missing: b}",
            "« petite salle » n'est pas un mot à déclarer : une lettre, puis lettres et chiffres.",
        ),
        (
            'w: {words: ["010", b], missing: b}',
            "« 010 » n'est pas un mot à déclarer : une lettre, puis lettres et chiffres.",
        ),
        (
            "w: {words: [unknown, b], missing: b}",
            "« unknown » n'est pas un mot à déclarer : il a déjà un sens.",
        ),
        ("w: {words: [a, b], missing: c}", "n'est pas un de ces mots : a, b"),
        ("w: {list: {}, missing: none}", "est une liste"),
        ("w: {list: {x: {list: {y: required}, missing: none}}, missing: none}", "« y » n'est pas"),
        ("w: [a]", "s'écrit « w: required » ou"),
    ],
)
def test_what_an_input_cannot_be_is_told_with_its_line(inputs, said):
    text = item("- {label: A, amount: 1}", head=f"inputs:\n  {inputs}\n")

    found = findings(text)

    assert [(one.line, said in one.sentence) for one in found] == [(3, True)], found


@pytest.mark.parametrize("name", ["monday", "late", "subtotal", "position", "commune"])
def test_a_word_that_clashes_with_a_name_is_told(name):
    text = item(
        f"- {{label: A, amount: 1, times: {name}}}",
        head=f"inputs: {{residence: commune, {name}: {{type: count, missing: 1}}}}\n",
    )

    assert f"« {name} » est aussi un mot." in [one.sentence for one in findings(text)]


def test_two_things_of_one_name_are_told_at_both_places():
    text = item(
        "- {label: A, amount: 1, times: x}",
        head="inputs: {x: {type: count, missing: 1}}\nvalues: {x: 3}\n",
    )

    assert [
        (one.line, one.sentence) for one in findings(text) if "deux choses" in one.sentence
    ] == [(2, "« x » est le nom de deux choses."), (3, "« x » est le nom de deux choses.")]


def test_a_deadline_reads_as_a_word():
    text = item(
        '- {label: A, amount: "if(booking = late, 5 €, if(booking = none, 9 €, 3 €))"}',
        head="inputs: {day: required, booked_at: unknown}\n"
        "deadlines: {booking: {of: booked_at, kind: days_before, days: 2, at: '12:00', "
        "skip: [weekends]}}\n",
    )

    monday = {"day": "2025-09-08"}  # two working days before is Thursday the 4th, at noon
    assert cents(text, booked_at="2025-09-04 12:00", **monday) == 300
    assert cents(text, booked_at="2025-09-04 12:01", **monday) == 500
    assert cents(text, **monday) == 900
    assert refused(text, booked_at="0001-01-01 00:00", day="0001-01-01").kind is (
        RefusalKind.WRONG_INPUT
    )


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ("{kind: days_before, days: 1, at: '10:00'}", "dit quel moment il juge"),
        ("{of: day, kind: anytime}", "compare un moment (of) et un jour"),
        ("{of: booked_at, kind: soon}", "n'est pas un délai"),
        ("{of: booked_at, kind: days_before, days: 9999, at: '10:00'}", "n'est pas un délai"),
        (
            "{of: booked_at, kind: hours_before, hours: 2, starts_at: day}",
            "« starts_at » est une heure",
        ),
    ],
)
def test_what_is_no_deadline_is_told(stated, said):
    text = item(
        "- {label: A, amount: 1, when: d = late}",
        head=f"inputs: {{day: required, booked_at: unknown}}\ndeadlines:\n  d: {stated}\n",
    )

    assert [(one.line, said in one.sentence) for one in findings(text)] == [(4, True)]
