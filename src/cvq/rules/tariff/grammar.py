"""
The closed grammar of formulas: text in, tree out.

A formula knows numbers, percentages, amounts, durations, dates, clock times, names, the four
operations, comparisons, `and` / `or` / `not` and the listed functions.  There is no attribute, no
index, no loop, and nothing can be defined: what a formula can do is what this page can read.
"""

import re
from fractions import Fraction
from typing import Literal

import msgspec

from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.kinds import Exact, Misread, hint, simple

MAX_LENGTH = 2000
MAX_NESTING = 40
MAX_DIGITS = 15
TOKEN = re.compile(
    r"""\s*(?:
    (?P<date>\d{4}-\d\d-\d\d)
  | (?P<clock>\d{1,2}:\d\d)
  | (?P<number>\d+(?:\.\d+)?)\s*(?P<unit>€(?:/[a-z][a-z0-9_]*)?|%|min\b|h\b)?
  | (?P<name>[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)
  | (?P<op><=|>=|!=|==|=|<|>|\+|-|\*|/|\(|\)|,)
)""",
    re.VERBOSE | re.ASCII,
)
# Letters alone, « cinq cents », where an amount was meant; one word may be a name.
WORDS = re.compile(r"[^\W\d_]+(?:[ '’-][^\W\d_]+)*")
OPERATORS = {"and", "or", "not"}
# « max(0,9 * quotient, 300) » would be read as the largest of three values.
DECIMALS = re.compile(r",\d")
COMPARISONS = {"<", "<=", ">", ">=", "=", "==", "!="}


class Number(msgspec.Struct, frozen=True):
    """A literal: a plain number, a percentage, an amount in cents, or minutes."""

    value: Exact
    unit: str = ""
    per: str = ""


class Moment(msgspec.Struct, frozen=True):
    """A literal date or clock time, as it was written."""

    text: str
    what: Literal["date", "clock"]


class Name(msgspec.Struct, frozen=True):
    """Whatever bears that name: input, value, table, word."""

    name: str


class Unary(msgspec.Struct, frozen=True):
    """`-x` or `not x`."""

    op: str
    of: "Tree"


class Binary(msgspec.Struct, frozen=True):
    """Two trees and what joins them."""

    op: str
    left: "Tree"
    right: "Tree"


class Call(msgspec.Struct, frozen=True):
    """A listed function and what it is given."""

    function: str
    given: "tuple[Tree, ...]"


Tree = Number | Moment | Name | Unary | Binary | Call


def parse(text: str, line: int) -> Tree:
    """
    Return the tree of a formula.

    :raises Wrong: the text is not a formula; the sentence shows where it stops being one.
    """
    if len(text) > MAX_LENGTH:
        raise Wrong(
            line, f"Une formule de plus de {MAX_LENGTH} signes.", "donnez un nom aux parties"
        )
    if " " in text and WORDS.fullmatch(text) and not OPERATORS & set(text.split()):
        raise Wrong(
            line, f"« {text} » n'est ni un nombre ni un nom.", "écrivez des chiffres : 5.00"
        )
    reader = _Reader(text, line)
    tree = reader.either(0)
    if reader.kind != "end":
        raise reader.wrong("un opérateur ou la fin était attendu")
    return tree


class _Reader:
    """One token ahead, from left to right."""

    def __init__(self, text: str, line: int) -> None:
        self.text, self.line, self.at = text, line, 0
        self.kind, self.token, self.unit = "end", "", ""
        self.step()

    def wrong(self, sentence: str) -> Wrong:
        shown = f"{self.text[: self.at]}⟨ici⟩{self.text[self.at :]}"
        return Wrong(self.line, f"Formule illisible, {sentence} : « {shown} ».")

    def step(self) -> None:
        rest = self.text[self.at :]
        if not rest.strip():
            self.kind, self.token = "end", ""
            return
        match = TOKEN.match(self.text, self.at)
        if match is None and rest.lstrip()[:1].isalpha():
            raise self.wrong("un nom s'écrit en minuscules sans accent, comme quotient")
        if match is None:
            raise self.wrong("ce signe n'en fait pas partie")
        self.at = match.end()
        self.kind = next(k for k in ("date", "clock", "number", "name", "op") if match[k])
        self.token, self.unit = match[self.kind], match["unit"] or ""
        if self.kind == "number" and DECIMALS.match(self.text, self.at):
            raise Wrong(
                self.line,
                f"« {self.text} » : une virgule entre deux chiffres.",
                "pour des décimales, mettez un point",
                "pour deux valeurs, mettez une espace après la virgule",
            )

    def take(self, token: str) -> None:
        if self.token != token:
            raise self.wrong(f"« {token} » était attendu")
        self.step()

    def either(self, depth: int) -> Tree:
        if depth > MAX_NESTING:
            raise self.wrong("trop de parenthèses")
        left = self.both(depth)
        while self.kind == "name" and self.token == "or":
            self.step()
            left = Binary("or", left, self.both(depth))
        return left

    def both(self, depth: int) -> Tree:
        left = self.denied(depth)
        while self.kind == "name" and self.token == "and":
            self.step()
            left = Binary("and", left, self.denied(depth))
        return left

    def denied(self, depth: int) -> Tree:
        if self.kind == "name" and self.token == "not":
            self.step()
            if depth > MAX_NESTING:
                raise self.wrong("trop de « not »")
            return Unary("not", self.denied(depth + 1))
        left = self.sum(depth)
        if self.kind == "op" and self.token in COMPARISONS:
            op = "=" if self.token == "==" else self.token
            self.step()
            return Binary(op, left, self.sum(depth))
        return left

    def sum(self, depth: int) -> Tree:
        left = self.product(depth)
        while self.kind == "op" and self.token in {"+", "-"}:
            op = self.token
            self.step()
            left = Binary(op, left, self.product(depth))
        return left

    def product(self, depth: int) -> Tree:
        left = self.one(depth)
        while self.kind == "op" and self.token in {"*", "/"}:
            op = self.token
            self.step()
            left = Binary(op, left, self.one(depth))
        return left

    def one(self, depth: int) -> Tree:
        kind, token, unit = self.kind, self.token, self.unit
        match kind, token:
            case "number", _:
                tree = self.number(token, unit)
                self.step()
                return tree
            case (("date" | "clock"), _):
                self.step()
                return Moment(token, "date" if kind == "date" else "clock")
            case "op", "-":
                self.step()
                if depth > MAX_NESTING:
                    raise self.wrong("trop de signes moins")
                return Unary("-", self.one(depth + 1))
            case "op", "(":
                self.step()
                tree = self.either(depth + 1)
                self.take(")")
                return tree
            case "name", _ if token not in OPERATORS:
                self.step()
                return self.call(token, depth) if self.token == "(" else Name(token)
            case _:
                raise self.wrong("une valeur était attendue")

    def number(self, token: str, unit: str) -> Tree:
        if len(token) > MAX_DIGITS:
            raise self.wrong("ce nombre a trop de chiffres")
        value = Fraction(token)
        if unit.startswith("€"):
            return Number(simple(value * 100), "€", unit[2:])
        scale = {"%": Fraction(1, 100), "min": Fraction(1), "h": Fraction(60)}.get(
            unit, Fraction(1)
        )
        return Number(simple(value * scale), "min" if unit == "h" else unit)

    def call(self, function: str, depth: int) -> Tree:
        self.take("(")
        given: list[Tree] = []
        while self.token != ")" or self.kind != "op":
            if given:
                self.take(",")
            given.append(self.either(depth + 1))
        self.step()
        return Call(function, tuple(given))


def parts(tree: Tree | None) -> tuple[Tree, ...]:
    """Return the trees that a tree joins, none where it joins nothing."""
    match tree:
        case Unary(of=of):
            return (of,)
        case Binary(left=left, right=right):
            return left, right
        case Call(given=given):
            return given
        case _:
            return ()


def is_literal(tree: Tree | None) -> bool:
    """Return whether a tree reads nothing, not even what the lines before come to."""
    match tree:
        case None | Number():
            return True
        case Unary(of=of):
            return is_literal(of)
        case Binary(left=left, right=right):
            return is_literal(left) and is_literal(right)
        case _:
            return False


def plain_number(text: str) -> Exact | None:
    """Return the number that a text is and nothing else, for cells and amounts."""
    match = re.fullmatch(r"-?\d+(?:\.\d+)?", text, re.ASCII)
    if match is None:
        if told := hint(text):
            raise Misread(f"« {text} » n'est pas un montant{told}")
        return None
    if len(text) > MAX_DIGITS:
        raise Misread(f"« {text} » a trop de chiffres")
    return simple(Fraction(text))
