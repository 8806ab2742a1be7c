"""Formulas come to what fractions come to, and never to what their types rule out."""

import ast
from fractions import Fraction
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import cvq.rules.tariff
from cvq.rules.tariff.document import check
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import Formula, Stop
from cvq.rules.tariff.kinds import Kind
from cvq.rules.tariff.meaning import compiled

# A random formula over money and numbers, with what Python's fractions make of it.

INPUTS = "quantity: required, mass: required, n: {type: number, min: -5, max: 9, missing: required}"
NUMBERS = st.recursive(
    st.sampled_from(["quantity", "n", "3", "0.25", "1.5", "0", "12%"]),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
        st.builds("if({} < {}, {}, {})".format, inner, inner, inner, inner),
        st.builds("round({}, {}, {})".format, inner, st.sampled_from(["1", "0.5", "5"]),
                  st.sampled_from(["half_up", "down", "up", "half_even"])),
        st.builds("{}({}, {})".format, st.sampled_from(["started", "completed"]), inner,
                  st.sampled_from(["2", "0.5", "30"])),
        st.builds("beyond({}, {}, {})".format, inner, inner, inner),
        st.builds("within({}, {}, {}, {})".format, inner, inner, inner, inner),
        st.builds("-{}".format, inner),
    ),
    max_leaves=8,
)  # fmt: skip
SCOPE = """\
tariff: essai
inputs: {quantity: required, n: {type: number, min: -5, max: 9, missing: required}}
items: {it: {title: Prix, grain: meal, lines: [{label: Prix, amount: 1, times: quantity + n}]}}
"""


class _Names:
    words: frozenset[str] = frozenset()

    def __init__(self) -> None:
        found, _ = check(SCOPE)
        assert found is not None
        self.inputs = found.inputs

    def find(self, name: str) -> Formula | None:
        return self.inputs[name].formula() if name in self.inputs else None

    def table(self, name: str) -> None:
        return None

    def names(self) -> str:
        return ""


def _compiled(formula: str) -> Formula | None:
    try:
        return compiled(formula, _Names(), 1)
    except Wrong:
        return None


def _within_type(kind: Kind, value: Fraction) -> bool:
    return (
        (
            kind.step is None
            or kind.step == 0 == value
            or (kind.step != 0 and value % kind.step == 0)
        )
        and (kind.low is None or value >= kind.low)
        and (kind.high is None or value <= kind.high)
    )


@settings(deadline=None)
@given(formula=NUMBERS, quantity=st.integers(0, 50), n=st.integers(-5, 9))
def test_a_formula_never_comes_to_what_its_type_rules_out(formula, quantity, n):
    found = _compiled(formula)
    if found is None:
        return
    try:
        value = found.run({"quantity": quantity, "n": n})
    except Stop:
        return

    assert type(value) in {int, Fraction}
    assert _within_type(found.kind, Fraction(value)), (found.kind, value)


def _with_fractions(formula: str, quantity: int, n: int) -> Fraction | None:
    tree = ast.parse(formula.replace("12%", "0.12"), mode="eval").body
    names = {"quantity": Fraction(quantity), "n": Fraction(n)}

    def worth(node: ast.AST) -> Fraction:
        match node:
            case ast.Constant():
                return Fraction(ast.get_source_segment(formula.replace("12%", "0.12"), node))
            case ast.Name(id=name):
                return names[name]
            case ast.UnaryOp(operand=operand):
                return -worth(operand)
            case ast.BinOp(left=left, op=op, right=right):
                a, b = worth(left), worth(right)
                match op:
                    case ast.Add():
                        return a + b
                    case ast.Sub():
                        return a - b
                    case ast.Mult():
                        return a * b
                return a / b
        raise AssertionError(ast.dump(node))

    try:
        return worth(tree)
    except ZeroDivisionError:
        return None


ARITHMETIC = st.recursive(
    st.sampled_from(["quantity", "n", "3", "0.1", "0.2", "1.15", "12%", "7"]),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
    max_leaves=10,
)


@settings(deadline=None)
@given(formula=ARITHMETIC, quantity=st.integers(0, 1000), n=st.integers(-5, 9))
def test_arithmetic_is_exact_to_the_last_fraction(formula, quantity, n):
    found = _compiled(formula)
    if found is None:
        return
    expected = _with_fractions(formula, quantity, n)
    try:
        value = found.run({"quantity": quantity, "n": n})
    except Stop:
        assert expected is None
        return

    assert Fraction(value) == expected
    assert not isinstance(value, float)


def test_no_float_stands_in_the_language():
    for path in sorted(Path(cvq.rules.tariff.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            is_float = isinstance(node, ast.Constant) and isinstance(node.value, float)
            is_call = isinstance(node, ast.Name) and node.id == "float"
            assert is_float is is_call is False, path.name
