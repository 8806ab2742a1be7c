"""
The types of a tariff, and how each reads what was written.

Inside a rating every value is exact: a number is an int or a Fraction, money is cents, a date is
its ordinal, a clock time is minutes since midnight, a moment is minutes since the first day, a
day of the year is its place in a leap year, 1 to 366.  `step` is the lattice on which a value lies
(1 = whole, for money 1 = a cent); None when nothing is known of it, as after a division.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor, gcd

import msgspec

MINUTES_A_DAY = 1440
A_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
AN_AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?) ?€?", re.ASCII)
COMMA = re.compile(r"-?[\d ]+,\d+ ?€?", re.ASCII)
SPAN = re.compile(r"(?:de )?(\d+)(?: (?:à|a) | ?- ?)(\d+)", re.ASCII)
CLOCK = re.compile(r"([01]?\d|2[0-4])(?::| ?h ?)([0-5]\d)?", re.ASCII)
MONTHDAY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MAX_DIGITS = 15
MAX_RECORDS = 500
LARGEST = 10**MAX_DIGITS
LISTED = 30
YES, NO = frozenset({"yes", "true", "oui"}), frozenset({"no", "false", "non"})


class Base(StrEnum):
    """What a value is."""

    NUMBER = "number"
    MONEY = "money"
    TRUTH = "yes or no"
    WORD = "word"
    DATE = "date"
    CLOCK = "clock"
    MOMENT = "moment"
    MONTHDAY = "month-day"
    LIST = "list"


ORDERED = {Base.NUMBER, Base.MONEY, Base.DATE, Base.CLOCK, Base.MOMENT, Base.MONTHDAY}
FRENCH = {
    Base.NUMBER: "un nombre",
    Base.MONEY: "un montant",
    Base.TRUTH: "oui ou non",
    Base.WORD: "un mot",
    Base.DATE: "une date",
    Base.CLOCK: "une heure",
    Base.MOMENT: "un moment",
    Base.MONTHDAY: "un jour de l'année",
    Base.LIST: "une liste",
}


class Unknown:
    """The value that is not known: not given, refused or expired."""

    def __repr__(self) -> str:
        return "inconnu"


UNKNOWN = Unknown()
Exact = int | Fraction
Value = int | Fraction | bool | str | Unknown | tuple[dict[str, object], ...]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """
    A type: what it is, its unit (for money, by what), its lattice, its bounds, its words.

    `absent` is what a record of a list has where nothing was given.
    """

    base: Base
    unit: str = ""
    step: Fraction | None = Fraction(1)
    low: Fraction | None = None
    high: Fraction | None = None
    words: tuple[str, ...] = ()
    fields: "dict[str, Kind]" = {}
    unknown: bool = False
    literal: bool = False
    absent: object = UNKNOWN
    title: str = ""
    meanings: dict[str, str] = {}
    whole: range = range(0)  # the whole numbers that are taken as they are given

    def __post_init__(self) -> None:
        """Work out once which whole numbers lie on the lattice and within the bounds."""
        msgspec.structs.force_setattr(self, "whole", self._whole())

    def _whole(self) -> range:
        is_number = self.base in {Base.NUMBER, Base.MONEY}
        if not is_number or (self.step is not None and self.step.numerator != 1):
            return range(0)
        low = -LARGEST if self.low is None else max(-LARGEST, ceil(self.low))
        high = LARGEST if self.high is None else min(LARGEST, floor(self.high))
        return range(low, high + 1)

    def known(self) -> "Kind":
        """Return the same, once it is known."""
        return msgspec.structs.replace(self, unknown=False) if self.unknown else self

    def french(self) -> str:
        """Return what it is, as people say it."""
        name = FRENCH[self.base]
        if self.base is Base.WORD:
            return f"un mot parmi {listed(self.words)}"
        return f"{name} ({self.unit})" if self.unit else name


TRUTH = Kind(base=Base.TRUTH)
DATE = Kind(base=Base.DATE)
MONEY = Kind(base=Base.MONEY)


class Misread(ValueError):
    """A text that its type cannot read; says what it should be."""


def read_value(kind: Kind, text: str) -> Value:
    """
    Return the value that a text stands for.

    :raises Misread: the text is not of that type.
    """
    if kind.unknown and text in {"unknown", "inconnu"}:
        return UNKNOWN
    match kind.base:
        case Base.NUMBER:
            return bounded(kind, _share(text) if kind.unit == "%" else _number(A_NUMBER, text, 1))
        case Base.MONEY:
            return bounded(kind, _number(AN_AMOUNT, text, 100))
        case Base.TRUTH:
            return _truth(text)
        case Base.WORD:
            if text not in kind.words:
                raise Misread(f"« {text} » n'est pas un de ces mots : {listed(kind.words)}")
            return text
        case Base.DATE:
            return _date(text)
        case Base.CLOCK:
            return _clock(text)
        case Base.MOMENT:
            return _moment(text)
        case Base.MONTHDAY:
            return _monthday(text)
        case Base.LIST:
            raise Misread("une liste s'écrit avec des tirets")


def take_value(kind: Kind, given: object) -> Value:
    """
    Return the value that a caller gives as Python has it: Decimal euros are never taken, cents are.

    :raises Misread: it is of another type, or off its bounds.
    """
    if given is None or given is UNKNOWN:
        return UNKNOWN
    # Nearly all are whole numbers, words, yes or no: these need no further look.
    if type(given) is int and given in kind.whole:
        return given
    if type(given) is str and given in kind.words:
        return given
    if type(given) is bool and kind.base is Base.TRUTH:
        return given
    return _looked_at(kind, given)


def _looked_at(kind: Kind, given: object) -> Value:
    match kind.base, given:
        case ((Base.NUMBER | Base.MONEY), int()) if not isinstance(given, bool):
            return bounded(kind, given)
        case ((Base.NUMBER | Base.MONEY), Fraction()):
            return bounded(kind, simple(given))
        case ((Base.NUMBER | Base.MONEY), Decimal()) if _is_small(given):
            return bounded(kind, simple(Fraction(given)))
        case Base.DATE, date() if not isinstance(given, datetime):
            return given.toordinal()
        case Base.MOMENT, datetime() if given.tzinfo is not None:
            raise Misread("un moment se donne à l'heure locale, sans fuseau")
        case Base.MOMENT, datetime():
            return given.toordinal() * MINUTES_A_DAY + given.hour * 60 + given.minute
        case Base.CLOCK, time():
            return given.hour * 60 + given.minute
        case Base.LIST, list() | tuple() if len(given) > MAX_RECORDS:
            raise Misread(f"une liste compte {MAX_RECORDS} éléments au plus")
        case Base.LIST, list() | tuple():
            return tuple(_record(kind, one) for one in given)
        case ((Base.NUMBER | Base.MONEY), str()):
            # People type a comma in a form; a document is written with a point.
            return read_value(kind, given.replace(",", "."))
        case _, str():
            return read_value(kind, given)
        case _:
            raise Misread(f"« {given} » n'est pas {kind.french()}")


def _record(kind: Kind, given: object) -> dict[str, object]:
    if not isinstance(given, Mapping):
        raise Misread("chaque élément de la liste s'écrit « nom: valeur »")
    for name in given:
        if name not in kind.fields:
            raise Misread(f"« {name} » n'est pas un de : {', '.join(kind.fields)}")
    return {name: _field(field, given.get(name)) for name, field in kind.fields.items()}


def _field(kind: Kind, given: object) -> object:
    value = take_value(kind, given)
    return kind.absent if value is UNKNOWN else value


def bounded(kind: Kind, value: Exact) -> Exact:
    """
    Return the value, on its lattice and within its bounds.

    :raises Misread: it is not.
    """
    if not -LARGEST <= value <= LARGEST:
        raise Misread("ce nombre a trop de chiffres")
    if kind.step is not None and value % kind.step:
        if kind.step == 1 and kind.base is Base.NUMBER:
            raise Misread(f"{shown(kind, value)} n'est pas un nombre entier")
        raise Misread(f"{shown(kind, value)} n'est pas un multiple de {shown(kind, kind.step)}")
    if kind.low is not None and value < kind.low:
        raise Misread(f"{shown(kind, value)} est trop peu : {shown(kind, kind.low)} au moins")
    if kind.high is not None and value > kind.high:
        raise Misread(f"{shown(kind, value)} est trop : {shown(kind, kind.high)} au plus")
    return value


def _share(text: str) -> Exact:
    # « 50% » or 0.5.
    if not text.endswith("%"):
        return _number(A_NUMBER, text, 1)
    return simple(Fraction(_number(A_NUMBER, text[:-1].rstrip(), 1)) / 100)


def _number(pattern: re.Pattern[str], text: str, scale: int) -> Exact:
    match = pattern.fullmatch(text)
    if match is None or len(text) > MAX_DIGITS:
        what = "un montant comme 3.10" if scale != 1 else "un nombre"
        raise Misread(f"{quoted(text)} n'est pas {what}{hint(text)}")
    return simple(Fraction(match[1] if match.groups() else match[0]) * scale)


def hint(text: str) -> str:
    """Return what was probably meant by a number that is none."""
    if COMMA.fullmatch(text):
        meant = text.replace(",", ".").replace(" ", "")
        is_spaced = " " in text.removesuffix("€").strip()
        spaces = " et sans espace" if is_spaced else ""
        return f" : un point, pas une virgule{spaces} ({meant})"
    if re.fullmatch(r"[«“”»\"']\s*.*|.*[»”]", text):
        return " : prenez le guillemet droit"
    if span := SPAN.fullmatch(text):
        return f" : écrivez {span[1]}..{span[2]}"
    if re.fullmatch(r"\d{1,3}(?: \d{3})+(?:\.\d+)?", text):
        return f" : sans espace ({text.replace(' ', '')})"
    return ""


def simple(value: Exact) -> Exact:
    """Return an int where the value is whole: ints are ten times faster."""
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    return value


def _truth(text: str) -> bool:
    if text.lower() in YES:
        return True
    if text.lower() in NO:
        return False
    raise Misread(f"« {text} » n'est ni oui (yes) ni non (no)")


def _is_small(given: Decimal) -> bool:
    return given.is_finite() and abs(given.adjusted()) <= MAX_DIGITS


def listed(words: Sequence[str]) -> str:
    """Return words one after the other, the first of them where they are many."""
    return ", ".join(words[:LISTED]) + ("…" if len(words) > LISTED else "")


def quoted(text: str) -> str:
    """Return what was written, or that nothing was."""
    return f"« {text} »" if text else "un blanc"


def _date(text: str) -> int:
    if DAY.fullmatch(text) is None:
        raise Misread(f"{quoted(text)} n'est pas une date comme 2025-09-01")
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError as error:
        raise Misread(f"« {text} » n'est pas un jour du calendrier, comme 2025-09-01") from error


def _clock(text: str) -> int:
    match = CLOCK.fullmatch(text)
    minutes = -1 if match is None else int(match[1]) * 60 + int(match[2] or 0)
    if not 0 <= minutes <= MINUTES_A_DAY:
        raise Misread(f"{quoted(text)} n'est pas une heure comme 18:30")
    return minutes


def _moment(text: str) -> int:
    if DAY.fullmatch(text):
        raise Misread(f"« {text} » ne dit pas l'heure : écrivez {text} 18:30")
    day, _, hour = text.replace("T", " ").partition(" ")
    return _date(day) * MINUTES_A_DAY + _clock(hour.strip())


def _monthday(text: str) -> int:
    match = MONTHDAY.fullmatch(text)
    if match is not None:
        try:
            day = date(2024, int(match[1]), int(match[2]))
        except ValueError as error:
            raise Misread(f"« {text} » n'existe dans aucune année") from error
        return day.timetuple().tm_yday
    raise Misread(f"« {text} » n'est pas un jour de l'année comme 10-15 (15 octobre)")


def common_step(left: Fraction | None, right: Fraction | None) -> Fraction | None:
    """Return the lattice on which the values of both lie."""
    if left is None or right is None:
        return None
    below = left.denominator * right.denominator
    return (
        Fraction(gcd(int(left * below), int(right * below)), below)
        if left and right
        else (left or right)
    )


def shown(kind: Kind, value: object) -> str:
    """Return a value as people read it in French."""
    if value is UNKNOWN:
        return "inconnu"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if not isinstance(value, int | Fraction):
        return kind.meanings.get(str(value), str(value))
    match kind.base:
        case Base.MONEY:
            return f"{decimal(Fraction(value, 100), least=2)} €" + (
                f" par {kind.unit}" if kind.unit else ""
            )
        case Base.DATE:
            return date.fromordinal(int(value)).strftime("%d/%m/%Y")
        case Base.CLOCK:
            hour, minute = divmod(int(value), 60)
            return f"{hour} h {minute:02}" if minute else f"{hour} h"
        case Base.MOMENT:
            day, rest = divmod(int(value), MINUTES_A_DAY)
            return f"{date.fromordinal(day):%d/%m/%Y} à {rest // 60} h {rest % 60:02}"
        case Base.MONTHDAY:
            return f"{date(2024, 1, 1) + timedelta(days=int(value) - 1):%d/%m}"
        case _ if kind.unit == "%":
            return f"{decimal(Fraction(value) * 100)} %"
        case _:
            return decimal(Fraction(value))


def decimal(value: Fraction, least: int = 0) -> str:
    """Return a number as French writes it, `1 234,5`; a fraction that never ends as `1/3`."""
    places = least
    while places < 8 and (value * 10**places).denominator != 1:
        places += 1
    if (value * 10**places).denominator != 1:
        return f"{value.numerator}/{value.denominator}"
    scaled = abs(int(value * 10**places))
    whole, rest = divmod(scaled, 10**places)
    sign = "-" if value < 0 else ""
    grouped = f"{whole:,}".replace(",", " ")
    return f"{sign}{grouped}" + (f",{rest:0{places}}" if places else "")
