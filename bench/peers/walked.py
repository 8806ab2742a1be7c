"""
The peer: a formula in Python's syntax, parsed once, whose tree is walked at each price.

As interpreters do that let administrators write formulas safely: a handler for each kind of node,
found by its name, and each node visited through one guarded door.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class Failed(Exception):
    """A formula cannot be evaluated."""


class Walker:
    """Evaluates expressions by walking them."""

    def __init__(self) -> None:
        """Know no name yet."""
        self.names: Mapping[str, Any] = {}
        self.handlers = {
            name[3:]: getattr(self, name) for name in dir(self) if name.startswith("on_")
        }

    def evaluate(self, tree: ast.Expression, names: Mapping[str, Any]) -> Any:
        """Return the value of an expression."""
        self.names = names
        return self.run(tree.body)

    def run(self, node: ast.AST) -> Any:
        """Return the value of a node."""
        try:
            handler = self.handlers[node.__class__.__name__.lower()]
        except KeyError as error:
            raise Failed(f"{type(node).__name__} is not allowed") from error
        try:
            return handler(node)
        except (ArithmeticError, TypeError, LookupError) as error:
            raise Failed(ast.unparse(node)) from error

    def on_constant(self, node: ast.Constant) -> Any:
        """Return a constant."""
        return node.value

    def on_name(self, node: ast.Name) -> Any:
        """Return what bears a name."""
        return self.names[node.id]

    def on_binop(self, node: ast.BinOp) -> Any:
        """Return a sum, a difference or a product."""
        return OPERATORS[type(node.op)](self.run(node.left), self.run(node.right))

    def on_boolop(self, node: ast.BoolOp) -> Any:
        """Return `and` or `or`, and look no further than needed."""
        is_and = isinstance(node.op, ast.And)
        value = self.run(node.values[0])
        for other in node.values[1:]:
            if bool(value) is not is_and:
                break
            value = self.run(other)
        return value

    def on_compare(self, node: ast.Compare) -> Any:
        """Return whether a chain of comparisons holds."""
        left = self.run(node.left)
        for op, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.run(comparator)
            if not OPERATORS[type(op)](left, right):
                return False
            left = right
        return True

    def on_ifexp(self, node: ast.IfExp) -> Any:
        """Return one or the other."""
        return self.run(node.body if self.run(node.test) else node.orelse)
