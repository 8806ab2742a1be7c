"""
The condition of a row on one column, as a set of places on that column's axis.

Every axis is a line of whole places: the lattice of an ordered type, or the words one after the
other.  A cell is written `*` (any), `unknown`, `< 600`, `>= 1500`, `600..999` (both included),
`[600, 1000[`, `]a, b]`, a value, several of these joined by `or`, or `not` before them.
"""

import re
from collections.abc import Iterable
from fractions import Fraction
from itertools import chain, islice
from math import ceil, floor

import msgspec

from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.kinds import (
    LISTED,
    ORDERED,
    UNKNOWN,
    Base,
    Exact,
    Kind,
    Misread,
    Value,
    read_value,
    shown,
    simple,
)
from cvq.rules.tariff.spoken import spoken
from cvq.rules.tariff.vocabulary import SAID

INTERVAL = re.compile(r"([\[\]])\s*([^,;\[\]]+?)\s*[,;]\s*([^,;\[\]]+?)\s*([\[\]])")
BETWEEN = re.compile(r"(.+?)\s*\.\.\s*(.+)")
COMPARED = re.compile(r"(<=|>=|<|>|≤|≥)\s*(.+)")
ANY = {"*", "-", ""}
MAX_ALTERNATIVES, MAX_LENGTH = 200, 2000
Range = tuple[int | None, int | None]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What a cell holds for: ranges of places with both ends in (None = no end)."""

    text: str
    ranges: tuple[Range, ...]
    unknown: bool
    anything: bool = False


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """A condition column: the name it reads, what people call it, its type."""

    name: str
    title: str
    kind: Kind

    @property
    def is_ordered(self) -> bool:
        """Return whether its places have an order."""
        return self.kind.base in ORDERED

    def words(self) -> tuple[str, ...]:
        """Return the words of an axis without order."""
        return ("yes", "no") if self.kind.base is Base.TRUTH else self.kind.words

    def ends(self) -> Range:
        """Return the first and last place."""
        if not self.is_ordered:
            return 0, len(self.words()) - 1
        step = self.kind.step or Fraction(1)
        low, high = self.kind.low, self.kind.high
        return (
            None if low is None else ceil(low / step),
            None if high is None else floor(high / step),
        )

    def value(self, place: int) -> Value:
        """Return the value that stands at a place."""
        if self.kind.base is Base.TRUTH:
            return place == 0
        if not self.is_ordered:
            return self.kind.words[place]
        return simple(place * (self.kind.step or Fraction(1)))

    def shown(self, place: int | None) -> str:
        """Return `quotient 1100`, as an example says it."""
        value = UNKNOWN if place is None else self.value(place)
        return f"{self.title} {shown(self.kind, value)}" if self.is_ordered else self.said(value)

    def said(self, value: object) -> str:
        """Return a value with what it is a value of."""
        if isinstance(value, bool):
            return self.title if value else f"{self.title} : non"
        if isinstance(value, str):
            return self.kind.meanings.get(value) or SAID.get(value) or f"{self.title} {value}"
        return spoken(self.title, self.kind, value)

    def told(self, cell: "Cell") -> str:
        """Return what a cell holds for, « de 600 à 999 », nothing where its text says it all."""
        first, last = self.ends()
        if not self.is_ordered:
            spread = [range(low or 0, (high or 0) + 1) for low, high in cell.ranges]
            return _some([self.shown(p) for p in islice(chain(*spread), LISTED + 1)])
        parts = []
        ranges = list(cell.ranges)
        crosses = len(ranges) > 1 and (ranges[0][0], ranges[-1][1]) == (first, last)
        if self.kind.base is Base.MONTHDAY and crosses:  # a season across New Year is one
            ranges = [*ranges[1:-1], (ranges[-1][0], ranges[0][1])]
        for low, high in ranges:
            start = None if low is None or low == first else shown(self.kind, self.value(low))
            end = None if high is None or high == last else shown(self.kind, self.value(high))
            if low is not None and low == high:
                parts.append(shown(self.kind, self.value(low)))
            elif start is None and end is None:
                parts.append("quel qu'il soit")
            elif start is None:
                parts.append(f"jusqu'à {end}")
            elif end is None:
                parts.append(f"à partir de {start}")
            else:
                days = self.kind.base in {Base.MONTHDAY, Base.DATE}
                parts.append(f"du {start} au {end}" if days else f"de {start} à {end}")
        if cell.unknown:
            parts.append("inconnu")
        return _some(parts)


def _some(told: list[str]) -> str:
    # Rows of a thousand words are told by the first of them.
    return " ou ".join(told[:LISTED]) + ("…" if len(told) > LISTED else "")


def axis_of(name: str, title: str, kind: Kind, line: int) -> Axis:
    """
    Return the axis of a column.

    :raises Wrong: nothing of that type can be told apart, or its step is not known.
    """
    if kind.base is Base.LIST or (kind.base is Base.MONEY and kind.unit):
        raise Wrong(line, f"« {name} » est {kind.french()} : une table ne sait pas le comparer.")
    if kind.base in ORDERED and not kind.step:
        raise Wrong(
            line,
            f"« {name} » est calculé et peut tomber entre deux nombres : les trous de la table ne "
            "se jugent pas.",
            "dites à quel pas il est arrondi, par exemple « round: {to: 1, how: half_up} »",
        )
    if kind.base is Base.CLOCK:
        kind = msgspec.structs.replace(kind, low=Fraction(0), high=Fraction(1440))
    if kind.base is Base.MONTHDAY:
        kind = msgspec.structs.replace(kind, low=Fraction(1), high=Fraction(366))
    return Axis(name=name, title=title, kind=kind)


def read_cell(axis: Axis, text: str, line: int) -> Cell:
    """
    Return the condition that a cell states.

    :raises Wrong: it is not one, or it holds for nothing.
    """
    text = " ".join(text.split())
    if len(text) > MAX_LENGTH:
        raise Wrong(line, f"Une case de plus de {MAX_LENGTH} signes.", "faites-en plusieurs lignes")
    if text in ANY:
        unknown = axis.kind.unknown
        return Cell(text="*", ranges=(axis.ends(),), unknown=unknown, anything=True)
    body, denied = (text[4:], True) if text.startswith("not ") else (text, False)
    parts = body.split(" or ")
    if len(parts) > MAX_ALTERNATIVES:
        raise Wrong(line, f"Plus de {MAX_ALTERNATIVES} valeurs dans une case.")
    unknown, ranges = False, []
    for part in (part.strip() for part in parts):
        if part in {"unknown", "inconnu"}:
            if not axis.kind.unknown:
                raise Wrong(
                    line,
                    f"« {axis.title} » n'est jamais inconnu ici.",
                    f"déclarez « {axis.name}: unknown » dans les entrées",
                    "retirez cette case",
                )
            unknown = True
        else:
            try:
                ranges += _ranges(axis, part)
            except Misread as error:
                raise Wrong(
                    line, f"Case « {text} » de la colonne « {axis.title} » : {error}."
                ) from error
    merged = merge(ranges)
    if denied:
        merged, unknown = complement(axis, merged), False
    if not merged and not unknown:
        raise Wrong(line, f"La case « {text} » de la colonne « {axis.title} » ne contient rien.")
    return Cell(text=text, ranges=tuple(merged), unknown=unknown)


def _ranges(axis: Axis, text: str) -> list[Range]:
    if not axis.is_ordered:
        words = axis.words()
        value = read_value(axis.kind, text)
        word = ("yes" if value else "no") if isinstance(value, bool) else text
        return [(words.index(word), words.index(word))]
    low: int | None
    high: int | None
    if match := INTERVAL.fullmatch(text):
        low = _place(axis, match[2], up=True, past=match[1] == "]")
        high = _place(axis, match[3], up=False, past=match[4] == "[")
    elif match := COMPARED.fullmatch(text):
        low, high = axis.ends()
        op = {"≤": "<=", "≥": ">="}.get(match[1], match[1])
        if op.startswith("<"):
            high = _place(axis, match[2], up=False, past=op == "<")
        else:
            low = _place(axis, match[2], up=True, past=op == ">")
    elif match := BETWEEN.fullmatch(text):
        low = _place(axis, match[1], up=True, past=False)
        high = _place(axis, match[2], up=False, past=False)
        if axis.kind.base is Base.MONTHDAY and low > high:
            return [(low, 366), (1, high)]
    else:
        low = _place(axis, text, up=True, past=False)
        high = _place(axis, text, up=False, past=False)
    if low is not None and high is not None and low > high:
        return []
    return [(low, high)]


def _place(axis: Axis, text: str, *, up: bool, past: bool) -> int:
    # Bounds may be written off the lattice, « < 0.5 » on whole numbers; values may not.
    kind = msgspec.structs.replace(axis.kind, step=None, low=None, high=None, unknown=False)
    value = read_value(kind, text.strip())
    exact = Fraction(ordered(value)) / (axis.kind.step or Fraction(1))
    if up:
        return floor(exact) + 1 if past else ceil(exact)
    return ceil(exact) - 1 if past else floor(exact)


def merge(ranges: Iterable[Range]) -> list[Range]:
    """Return the same places as ranges in order that do not touch."""
    merged: list[Range] = []
    for low, high in sorted(ranges, key=lambda one: (one[0] is not None, one[0] or 0)):
        if merged and (merged[-1][1] is None or (low is not None and low <= merged[-1][1] + 1)):
            last = merged[-1][1]
            top = None if last is None or high is None else max(last, high)
            merged[-1] = (merged[-1][0], top)
        elif merged and low is None:
            merged[-1] = (None, high)
        else:
            merged.append((low, high))
    return merged


def complement(axis: Axis, ranges: list[Range]) -> list[Range]:
    """Return the places of the axis that are in none of the ranges, which are merged."""
    first, last = axis.ends()
    left: list[Range] = []
    start, is_open = first, True
    for low, high in ranges:
        if low is not None and (start is None or start < low):
            left.append((start, low - 1))
        if high is None:
            is_open = False
            break
        start = high + 1
    if is_open and (last is None or start is None or start <= last):
        left.append((start, last))
    return left


def ordered(value: object) -> Exact:
    """Return a value that an ordered axis compares."""
    if not isinstance(value, int | Fraction):
        raise Misread("une valeur ordonnée était attendue")
    return value
