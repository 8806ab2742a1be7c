"""What to write instead, where two types or two units do not agree."""

import re

from cvq.rules.tariff.kinds import Base, Kind, listed
from cvq.rules.tariff.spoken import plural

BARE = re.compile(r"(?<![\w.])\d+\.\d+(?! ?[€%\d])", re.ASCII)

# How each function is written, for who gave it something else.
USAGE = {
    "min": "min(3.50 €, repas)",
    "max": "max(2.60 €, repas)",
    "if": "if(quotient < 600, 1 €, 2 €)",
    "known": "known(quotient)",
    "first_known": "first_known(quotient, 900)",
    "started": "started(duration, 30 min)",
    "completed": "completed(duration, 30 min)",
    "euros": "euros(quotient) * 0.36%",
    "points": "points(yearly_income / 12)",
    "age": "age(born_on, day)",
    "weekday_before": "weekday_before(day, thursday)",
    "weekday": "weekday(day)",
    "year_day": "year_day(day)",
    "year": "year(day)",
    "month": "month(day)",
    "school_year": "school_year(day)",
    "year_start": "year_start(day)",
    "school_year_start": "school_year_start(day)",
    "month_start": "month_start(day)",
    "next_month": "next_month(day)",
    "days": "days(born_on, day)",
    "minutes": "minutes(arrived_at, left_at)",
    "moment": "moment(day, 10:00)",
    "date": "date(booked_at)",
    "clock": "clock(booked_at)",
    "within": "within(visits.before, 1, 10, 20)",
    "beyond": "beyond(visits.before, 1, 30)",
    "count": "count(people, age < 16)",
    "sum": "sum(people, age)",
    "any": "any(people, age < 3)",
    "all": "all(people, age >= 16)",
    "lowest": "lowest(people, age)",
    "highest": "highest(people, age)",
    "shift": "shift(repas, -1, stay)",
    "top": "top(repas)",
    "bottom": "bottom(repas)",
    "round": "round(euros(quotient) * 0.36%, 0.05 €, half_up)",
}


def as_in(function: str) -> str:
    """Return how a function is written."""
    return f"par exemple « {USAGE[function]} »"


TO_A_DAY = ("« day + 3 » pour trois jours", "« left_at + 30 min » pour une demi-heure")
TIMES = {Base.DATE, Base.CLOCK, Base.MOMENT}


def measured(kind: Kind) -> str:
    """Return what a value is measured in, « des kg », « un montant par kg »."""
    if kind.base is Base.MONEY:
        return f"un montant par {kind.unit}" if kind.unit else "un montant"
    return f"des {plural(kind.unit, 2)}" if kind.unit else "un nombre sans unité"


def of_two_units(left: Kind, right: Kind) -> tuple[str, ...]:
    """Return what brings two units together."""
    if left.base is Base.MONEY:
        unit = left.unit or right.unit
        return (f"multipliez d'abord le prix par {unit} par une quantité en {unit}",)
    found = [f"donnez la même unité aux deux entrées : « unit: {left.unit or right.unit} »"]
    if "min" in {left.unit, right.unit}:
        found.append("comptez des unités de temps : « started(duration, 30 min) »")
    return tuple(found)


def of_two_sorts(left: Kind, right: Kind) -> tuple[str, ...]:
    """Return what makes of one sort of value the other."""
    bases = {left.base, right.base}
    if bases == {Base.MONEY, Base.NUMBER}:
        return ("un montant porte le signe € : « 2 € »", "« euros(x) » en fait un d'un nombre")
    if bases <= TIMES:
        return (
            "« date(m) » et « clock(m) » sont le jour et l'heure d'un moment",
            "« moment(jour, heure) » les réunit",
        )
    if bases & TIMES and Base.NUMBER in bases:
        return ("« days(a, b) » compte des jours, « minutes(a, b) » des minutes",)
    return (f"prenez des deux côtés {left.french()}", f"ou des deux côtés {right.french()}")


def of_two_words(left: Kind, right: Kind) -> tuple[str, ...]:
    """Return the words that the one may be compared with."""
    several = left if len(left.words) > 1 else right
    return (f"un de : {listed(several.words)}", "déclarez le mot dans « words »")


def of_a_price_by(unit: str, other: str) -> tuple[str, ...]:
    """Return what a price by a unit is multiplied by."""
    return (
        f"multipliez par une quantité en {unit} : « unit: {unit} » à son entrée",
        f"écrivez un prix par {other} : « 0.40 €/{other} »",
    )


def of_a_product(left: Kind, right: Kind) -> tuple[str, ...]:
    """Return what may be multiplied and divided."""
    if left.base is right.base is Base.MONEY:
        return ("multipliez un montant par un nombre ou un taux : « 2 € * 50% »",)
    if {left.base, right.base} <= {Base.MONEY, Base.NUMBER}:
        return ("divisez un montant par un nombre, ou par un montant",)
    return ("« if(condition, 1, 0) » fait un nombre d'une condition", *of_sort(left))


def of_another_sort(base: Base, text: str) -> tuple[str, ...]:
    """Return what was probably meant where another sort of value stands."""
    if base is Base.MONEY:
        bare = BARE.search(text)
        if bare:
            meant = f"{text[: bare.end()]} €{text[bare.end() :]}"
            return (f"écrivez « {meant} » : un montant porte le signe €",)
        return ("un montant porte le signe € : « 2 € * x »", "« euros(x) » en fait un d'un nombre")
    if base is Base.TRUTH:
        return ("comparez : « x > 0 », « x = mot »",)
    return ()


def of_sort(kind: Kind) -> tuple[str, ...]:
    """Return how a value that is not counted is used."""
    match kind.base:
        case Base.TRUTH:
            return ("« if(condition, 1, 0) » en fait un nombre", "« not x » dit le contraire")
        case Base.WORD:
            return (f"comparez avec « = » ou « != » : {listed(kind.words)}", "ou par une table")
        case Base.LIST:
            return ("« count(liste) », « sum(liste, valeur) » en font un nombre",)
        case _ if kind.base in TIMES:
            return TO_A_DAY
        case _:
            return ("comptez avec des nombres et des montants",)


def of_a_condition(kind: Kind) -> tuple[str, ...]:
    """Return what makes a condition of a value."""
    if kind.base is Base.WORD:
        return ("comparez-le : « residence = commune »",)
    return ("comparez-le : « mass > 0 »", "« known(x) » dit s'il est connu")
