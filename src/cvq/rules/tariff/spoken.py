"""A value with what it is, as people say it: « 40 ans », « 1er par âge », « 2 repas »."""

import re
from fractions import Fraction

from cvq.rules.tariff.kinds import UNKNOWN, Base, Exact, Kind, shown

NEVER_PLURAL = {"kg", "m3", "m²", "m³", "min", "h", "%"}
NOT_SAID = {"", "%", "point", "unité", "fois", "rang"}  # no help beside a figure
WRITTEN = {"m2": "m²", "m3": "m³"}
AGREES = {"commencé", "commencée", "entamé", "entamée", "réservé", "réservée", "supplémentaire"}
OF = re.compile(r" (?:de |d'|du |des |à |par |en ).*")
HOW_MANY = re.compile(r"nombre (?:de |d')")
RANK = re.compile(r"(?:rang (?:du |de la |de |d')?|nième )")
AGE = re.compile(r"âges?( le jour du service)?$")
IN_UNITS = re.compile(r" en (?:minutes|kilogrammes|mètres cubes|tonnes)$")
INVARIABLE = {"dans", "sous", "vers", "sans", "hors", "moins", "temps", "mois", "fois", "après"}
SHORTEST_PLURAL = 4


def spoken(title: str, kind: Kind, value: object) -> str:
    """Return a value with what it is, in as few words as say both."""
    figure = shown(kind, value)
    if kind.base in {Base.DATE, Base.MONTHDAY} and value is not UNKNOWN:
        return f"le {figure}" if title.startswith("jour") else f"{title} {figure}"
    if kind.base is not Base.NUMBER or not isinstance(value, int | Fraction):
        return f"{title} {figure}"
    if AGE.match(title) and kind.unit == "an":
        return f"{figure} {plural(kind.unit, value)}"
    if (rank := RANK.match(title)) and value == int(value) and value > 0:
        what = title[rank.end() :]
        return f"{ordinal(int(value), feminine=what.startswith('fois'))} {what}"
    return _counted(HOW_MANY.sub("", title), kind, value, figure) or _measured(title, kind, value)


def _counted(what: str, kind: Kind, value: Exact, figure: str) -> str:
    # « enfants à charge », counted in « enfant », is said « 2 enfants à charge ».
    for unit in (plural(kind.unit, 2), kind.unit):
        rest = what[len(unit) :]
        if kind.unit and what.startswith(unit) and not rest[:1].isalpha():
            one = value < 2 and unit != kind.unit
            return f"{figure} {plural(kind.unit, value)}{_singular(rest) if one else rest}"
    return ""


def _measured(title: str, kind: Kind, value: Exact) -> str:
    unit = plural(kind.unit, value)
    if kind.unit in NOT_SAID:
        return f"{title} {shown(kind, value)}"
    if (found := IN_UNITS.search(title)) is None and kind.unit in title:
        return f"{title} {shown(kind, value)}"
    return f"{title[: found.start()] if found else title} {shown(kind, value)} {unit}"


def plural(unit: str, count: Exact) -> str:
    """Return a unit as it is said of a count: « demi-heures commencées », « tours de piste »."""
    if count < 2 or unit in NEVER_PLURAL or not unit[:1].isalpha() or unit[1:] != unit[1:].lower():
        return WRITTEN.get(unit, unit)
    found = OF.search(unit)
    head, rest = (unit[: found.start()], found[0]) if found else (unit, "")
    # « quart d'heure commencé » agrees with its quarter, whatever stands between.
    between, space, last = rest.rpartition(" ")
    if last in AGREES and between:
        rest = f"{between}{space}{_plural(last)}"
    return " ".join(_plural(word) for word in head.split()) + rest


def ordinal(number: int, *, feminine: bool = False) -> str:
    """Return « 1er », « 1re », « 2e »."""
    if number == 1:
        return "1re" if feminine else "1er"
    return f"{number}e"


def _plural(word: str) -> str:
    if word[-1] in "sxz":
        return word
    if word.endswith(("eu", "eau", "au")):
        return f"{word}x"
    return f"{word[:-2]}aux" if word.endswith("al") else f"{word}s"


def _singular(words: str) -> str:
    return " ".join(
        word[:-1]
        if word.endswith("s") and len(word) >= SHORTEST_PLURAL and word not in INVARIABLE
        else word
        for word in words.split(" ")
    )
