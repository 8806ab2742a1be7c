"""A deadline is read again as a sentence: until when, and what happens to who comes too late."""

import pytest

from written import finding, item, refused, tariff

FACTS = "day: required, booked_at: unknown, cancelled_at: unknown, starts_at: 18:00"
LATE = "- {label: Repas, amount: 3}\n- {label: Tard, when: d = late, amount: 1}"


def stated(deadline: str, lines: str = LATE, more: str = "", facts: str = FACTS) -> str:
    """Return a tariff with one deadline, called « d »."""
    used = "- {label: Lu, when: known(cancelled_at) or starts_at > 18:00, amount: 0}"
    head = f"inputs: {{{facts}}}\ndeadlines:\n  d: {{{deadline}}}\n"
    return item(f"{lines}\n{used}", more, head)


def read_again(deadline: str, lines: str = LATE, more: str = "", facts: str = FACTS) -> str:
    """Return the sentence of the one deadline."""
    ((name, told),) = tariff(stated(deadline, lines, more, facts)).deadlines.items()
    return f"{name} : {told}"


@pytest.mark.parametrize(
    ("deadline", "until"),
    [
        ("kind: anytime", "à tout moment"),
        ("kind: never", "auprès du service seulement"),
        ("kind: hours_before, hours: 1", "jusqu'à 1 heure avant minuit"),
        (
            "kind: hours_before, hours: 48, starts_at: starts_at, skip: [weekends]",
            "jusqu'à 48 heures avant l'heure de début (week-ends non comptés)",
        ),
        ("kind: days_before, days: 0, at: '9:00'", "jusqu'au jour même à 9 h"),
        ("kind: days_before, days: 1, at: '10:00'", "jusqu'à la veille à 10 h"),
        (
            "kind: days_before, days: 2, at: '12:30', skip: [weekends, public_holidays]",
            "jusqu'à 2 jours avant, à 12 h 30 (jours fériés, week-ends non comptés)",
        ),
        (
            "kind: weekday_before, weekday: thursday, at: '23:59', skip: [public_holidays]",
            "jusqu'au jeudi d'avant à 23 h 59 (plus tôt si c'est un jour férié)",
        ),
        (
            "kind: weekday_of_week_before, weekday: thursday, at: '18:00'",
            "jusqu'au jeudi de la semaine d'avant à 18 h",
        ),
        (
            "kind: weekday_of_week_before, weekday: monday, at: '8:00', weeks: 3",
            "jusqu'au lundi à 8 h, 3 semaines avant",
        ),
        (
            "kind: day_of_month_before, day: 20, at: '18:00'",
            "jusqu'au 20 du mois d'avant à 18 h",
        ),
        (
            "kind: day_of_month_before, day: 1, at: '18:00', months: 2",
            "jusqu'au 1er du mois, 2 mois avant, à 18 h",
        ),
        (
            "kind: day_of_month_before, day: 31, at: '18:00'",
            "jusqu'au 31 du mois d'avant à 18 h (ou le dernier jour d'un mois plus court)",
        ),
        (
            "for: month_start(day), kind: days_before, days: 1, at: '18:00'",
            "jusqu'à la veille à 18 h, en comptant depuis le premier jour du mois",
        ),
        (
            "kind: by_weekday, cases: [{weekdays: [wednesday, monday], "
            "deadline: {kind: days_before, days: 3, at: '9:00'}}], otherwise: {kind: anytime}",
            "lundi et mercredi : jusqu'à 3 jours avant, à 9 h ; les autres jours : à tout moment",
        ),
    ],
)
def test_every_deadline_has_its_sentence(deadline, until):
    told = read_again(f"of: booked_at, {deadline}")

    late = "" if deadline == "kind: anytime" else " ; au-delà : « Tard », 1,00 €"
    assert told == f"réservation : {until}{late}"


EVE = "of: booked_at, kind: days_before, days: 1, at: '10:00'"


@pytest.mark.parametrize(
    ("lines", "late"),
    [
        (
            "- {label: Repas, amount: 3}\n"
            "- {label: Tard, nature: penalty, when: not (d = in_time), amount: 1.50}",
            "au-delà : pénalité « Tard », 1,50 €",
        ),
        (
            "- {label: Repas, amount: 3}\n"
            "- {label: Tard, nature: supplement, when: d != in_time, amount: 100% * subtotal}",
            "au-delà : supplément « Tard »",
        ),
        (
            "- choose:\n"
            "    - {label: Réservé, when: d = in_time, amount: 3}\n"
            "    - {label: Non réservé, when: d = none, amount: 6}\n"
            "    - {label: En retard, amount: 4}",
            "au-delà : « En retard », 4,00 € ; si personne n'a rien dit : « Non réservé », 6,00 €",
        ),
        (
            "- {label: Repas, amount: 5}\n"
            "- {label: À temps, nature: discount, when: d = in_time, amount: 1}",
            "au-delà : sans « À temps »",
        ),
        (
            '- {label: Repas, amount: "if(d = late, 4 €, 3 €)"}',
            "au-delà : « Repas » change de montant",
        ),
    ],
)
def test_what_happens_too_late_is_said_with_the_deadline(lines, late):
    assert read_again(EVE, lines) == f"réservation : jusqu'à la veille à 10 h ; {late}"


def test_a_refusal_and_the_row_of_a_table_are_said_too():
    refusal = "refuse: [{when: d = late, reason: Trop tard pour la cuisine.}]"
    table = (
        "tables:\n  p:\n    title: Prix du repas\n    when: [d]\n    then: €\n"
        "    rows: [[in_time, 3, à temps], [late, 4.20, hors délai], [none, not published]]\n"
    )

    refused = read_again(EVE, "- {label: Repas, amount: 3}", refusal)
    row = tariff(
        stated(EVE, "- {label: Repas, amount: p}").replace("items:", f"{table}items:", 1)
    ).deadlines

    assert refused.endswith("au-delà : refusé, « Trop tard pour la cuisine. »")
    assert row["réservation"].endswith(
        " ; au-delà : Prix du repas, hors délai, 4,20 € ; "
        "si personne n'a rien dit : Prix du repas, aucun prix"
    )


def test_two_deadlines_of_one_moment_keep_their_names_apart():
    two = stated(EVE).replace(
        "items:",
        "  e: {of: booked_at, kind: anytime}\n  f: {of: cancelled_at, title: retrait, "
        "kind: never}\nitems:",
    )
    more = two.replace("when: known", "when: e = late or f = late or known")

    assert sorted(tariff(more).deadlines) == ["retrait", "réservation (d)", "réservation (e)"]


@pytest.mark.parametrize(
    ("deadline", "said", "choice"),
    [
        ("kind: soon", "« soon » n'est pas un « kind »", "kind : anytime, never"),
        ("kind: days_before, at: '9:00'", "il manque « days »", "days : un nombre entier"),
        ("kind: days_before, days: x, at: '9:00'", "« days » est mal écrit", "de 0 à 365"),
        ("kind: days_before, days: 1, at: midi", "« at » est mal écrit", '"18:30"'),
        ("kind: days_before, days: 1, at: '9:00', skip: weekends", "« skip »", "une liste"),
        (
            "kind: weekday_before, weekday: jeudi, at: '9:00'",
            "« jeudi » n'est pas un « weekday »",
            "weekday : monday, tuesday",
        ),
        ("kind: anytime, at: '9:00'", "« at » ne dit rien de cette sorte de délai", "retirez-le"),
        ("kind: by_weekday, cases: [], otherwise: x", "« otherwise » est lui-même", "kind :"),
    ],
)
def test_a_deadline_that_is_none_is_told_in_french_with_what_to_write(deadline, said, choice):
    wrong = finding(stated(f"of: booked_at, {deadline}"))

    assert wrong.sentence.startswith("« d » n'est pas un délai : ")
    assert said in wrong.sentence
    assert choice in wrong.choices[0]
    assert not any(word in wrong.told() for word in ("Expected", "Invalid", "Object"))


@pytest.mark.parametrize(
    ("deadline", "called"),
    [
        ("of: booked_at", "réservation"),
        ("of: booked_at, title: inscription", "inscription"),
    ],
)
def test_a_deadline_that_falls_on_no_day_is_refused_by_the_name_that_people_read(deadline, called):
    text = stated(f"{deadline}, kind: days_before, days: 3, at: '9:00'")

    said = refused(text, day="0001-01-02", booked_at="0001-01-02 08:00")

    assert said.reason == f"« {called} » : aucun jour ne compte avant celui-ci."
