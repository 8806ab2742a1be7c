"""Small tariffs of each kind that communes vote, written as their agents would write them."""

from textwrap import dedent

from cvq.rules.tariff.outcome import Nature, Priced, RefusalKind
from written import cents, rated, refused


def priced(text: str, **given: object) -> Priced:
    result = rated(dedent(text), **given)
    assert isinstance(result, Priced), result
    return result


def test_water_is_paid_by_slices_of_the_year():
    text = dedent("""\
        tariff: eau
        inputs: {volume: required}
        counters:
          drunk: {title: eau de l'année, unit: m3, of: household, per: year, adds: volume}
        items:
          it:
            title: Eau
            grain: month
            rounding: {line: {to: 0.01, how: half_up}}
            lines:
              - label: Jusqu'à 30 m3
                amount: 1.10 €/m3
                times: within(drunk.before, volume, 0, 30)
              - label: De 30 à 120 m3
                amount: 2.20 €/m3
                times: within(drunk.before, volume, 30, 120)
              - {label: Au-delà, amount: 4 €/m3, times: "beyond(drunk.before, volume, 120)"}
        """)

    assert cents(text, drunk_before=0, volume=150) == 3300 + 19800 + 12000
    assert cents(text, drunk_before=25, volume="10.5") == 550 + 1210
    assert cents(text, drunk_before=200, volume=1) == 400


def test_a_card_gives_entries_and_says_how_long_it_lasts():
    text = """\
        tariff: piscine
        inputs: {residence: required, day: required}
        tables:
          card:
            title: Carte de 10 entrées
            when: [residence]
            then: €
            rows: [[commune, 25.00], [not commune, 32.00]]
        items:
          it:
            title: Carte
            grain: purchase
            lines: [{label: Carte de 10 entrées, amount: card}]
            amounts:
              entries: {label: Entrées, unit: ENTRY, amount: 10}
              valid: {label: Valable, unit: DAY, amount: "days(day, school_year_start(day + 366))"}
        """

    result = priced(text, residence="commune", day="2025-10-01")

    assert result.cents == 2500
    assert [(one.name, one.value, one.told()) for one in result.amounts] == [
        ("entries", 10, "10 entrées"),
        ("valid", 335, "335 jours"),
    ]


def test_each_parent_pays_the_part_of_the_days_that_are_theirs():
    text = """\
        tariff: garde
        inputs: {custody_share: 100%}
        items:
          it:
            title: Forfait du mois
            grain: month
            lines:
              - label: Forfait du mois
                amount: 85 € * custody_share
                round: {to: 0.01, how: half_up}
        """

    shares = (None, "1", "50%", "0.3333", "66.67%")
    assert [cents(dedent(text), custody_share=share) for share in shares] == [
        8500, 8500, 4250, 2833, 5667,
    ]  # fmt: skip


def test_each_fund_pays_its_part_up_to_its_ceiling_and_never_more_than_the_rest():
    text = """\
        tariff: centre
        inputs: {fund: unknown, base_price: required}
        items:
          it:
            title: Journée
            grain: child_day
            rounding: {line: {to: 0.01, how: half_up}}
            lines:
              - {label: Journée, amount: base_price}
              - label: Aide de la CAF
                nature: credit
                when: known(fund) and fund = caf
                amount: 40% * subtotal
                at_most: 6 €
              - {label: Bon de la commune, nature: credit, amount: 5, at_most: subtotal}
        """

    assert priced(text, base_price="12").cents == 700
    assert priced(text, base_price="12", fund="caf").cents == 1200 - 480 - 500
    assert priced(text, base_price="30", fund="caf").cents == 3000 - 600 - 500
    assert priced(text, base_price="3").cents == 0
    assert [line.nature for line in priced(text, base_price="12", fund="caf").lines] == [
        Nature.PRICE,
        Nature.CREDIT,
        Nature.CREDIT,
    ]


def test_an_age_is_that_of_a_day_that_the_tariff_names():
    text = """\
        tariff: musique
        inputs: {born_on: required, day: required}
        values:
          age_in_september: "age(born_on, school_year_start(day))"
          age_in_december: year(day) - year(born_on)
        tables:
          lesson:
            when: [age_in_september]
            then: €
            rows: [["< 18", 100], [">= 18", 200]]
          sport:
            when: [age_in_december]
            then: €
            rows: [["< 18", 10], [">= 18", 20]]
        items:
          it: {title: Cours, grain: year, lines: [{label: Cours, amount: lesson}]}
          sport: {title: Sport, grain: year, lines: [{label: Sport, amount: sport}]}
        """

    born = {"born_on": "2007-09-02"}  # 18 the day after the first of September 2025
    assert cents(dedent(text), day="2025-10-01", **born) == 10000
    assert cents(dedent(text), day="2026-08-31", **born) == 10000
    assert cents(dedent(text), day="2026-09-01", **born) == 20000
    assert cents(dedent(text), "sport", day="2025-01-15", **born) == 2000
    assert cents(dedent(text), "sport", day="2024-12-31", **born) == 1000


def test_a_term_and_a_holiday_have_their_prices():
    text = """\
        tariff: gym
        inputs: {day: required, public_holiday: no, school_holiday: no}
        values: {term: year_day(day)}
        tables:
          gym:
            title: Séance
            when: [public_holiday, school_holiday, term]
            then: €
            rows:
              - [yes, "*", "*", not published]
              - [no, yes, "*", 6]
              - [no, no, "09-01..12-31", 3]
              - [no, no, "01-01..03-31", 4]
              - [no, no, "04-01..08-31", 5]
        items:
          it: {title: Séance, grain: session, lines: [{label: Séance, amount: gym}]}
        """
    days = ("2025-09-01", "2025-12-31", "2026-01-01", "2024-02-29", "2026-04-01", "2026-08-31")

    assert [cents(dedent(text), day=day) for day in days] == [300, 300, 400, 400, 500, 500]
    assert cents(dedent(text), day="2025-12-25", school_holiday=True) == 600
    closed = refused(dedent(text), day="2025-12-25", public_holiday=True)
    assert closed.kind is RefusalKind.NO_PRICE


def test_the_second_child_pays_half_and_the_third_nothing_whoever_is_dearest():
    text = """\
        tariff: fratrie
        inputs:
          children: {list: {age: required, base_price: required}, missing: required}
        items:
          it:
            title: Semaine
            grain: week
            lines:
              - label: Semaine
                each: children
                amount: "if(position = 1, 100%, if(position = 2, 50%, 0%)) * base_price"
                round: {to: 0.01, how: half_up}
        """
    family = [
        {"age": 12, "base_price": "40"},
        {"age": 9, "base_price": "35"},
        {"age": 4, "base_price": "50"},
    ]

    assert [line.cents for line in priced(text, children=family).lines] == [4000, 1750, 0]


def test_booked_present_and_excused_are_crossed():
    text = """\
        tariff: presence
        inputs: {booked: required, present: required, excused: no}
        tables:
          meal:
            title: Repas
            when: [booked, present, excused]
            then: €
            rows:
              - [yes, yes, "*", 3.00]
              - [yes, no, yes, 0]
              - [yes, no, no, 3.00, absence non excusée]
              - [no, yes, "*", 5.00, sans réservation]
              - [no, no, "*", not published]
        items:
          it: {title: Repas, grain: meal, lines: [{label: Repas, amount: meal}]}
        """
    told = dedent(text)

    assert cents(told, booked=True, present=True) == 300
    assert cents(told, booked=True, present=False, excused=True) == 0
    assert cents(told, booked=True, present=False) == 300
    assert cents(told, booked=False, present=True) == 500
    assert refused(told, booked=False, present=False).kind is RefusalKind.NO_PRICE


def test_a_quarter_of_an_hour_after_closing_costs_its_penalty_each_time_it_is_started():
    text = """\
        tariff: retard
        inputs: {left_at: required, occurrence: 1}
        items:
          it:
            title: Garderie
            grain: session
            lines:
              - {label: Garderie, amount: 2}
              - label: Retard
                nature: penalty
                when: left_at > 18:30 and occurrence > 1
                amount: 5
                times: started(minutes(18:30, left_at), 15 min)
                unit: quarts d'heure commencés
        """

    prices = [cents(dedent(text), left_at=at, occurrence=2) for at in ("18:30", "18:31", "18:46")]
    assert prices == [200, 700, 1200]
    assert cents(dedent(text), left_at="19:00") == 200
