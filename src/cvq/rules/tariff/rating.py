"""Rating a grid: the price of one thing, from what is known of it."""

from collections.abc import Mapping
from datetime import time
from typing import assert_never

from cvq.kernel.money import euros
from cvq.rules.tariff.outcome import Line, Priced, RefusalKind, Refused
from cvq.rules.tariff.prices import Between, Condition, Is, Row, Tariff

FREE = "gratuit"


class _WrongInput(Exception):
    """A value of a kind that the grid cannot compare; never leaves this module."""


def rate_grid(tariff: Tariff, inputs: Mapping[str, object]) -> Priced | Refused:
    """
    Return the price of a thing, or why it has none.

    An input that is absent or None is unknown: it meets no condition, except those of the row
    marked `missing`.
    """
    quantity: object = 1 if tariff.per is None else inputs.get(tariff.per)
    if type(quantity) is not int or quantity < 0:
        reason = f"{tariff.item} : la quantité « {tariff.per} » manque ou n'en est pas une."
        return Refused(kind=RefusalKind.MISSING_INPUT, reason=reason)
    try:
        row = next(row for row in tariff.rows if _holds(row, inputs))
        adders = [adder for adder in tariff.adders if _holds(adder, inputs)]
    except _WrongInput as wrong:
        return Refused(kind=RefusalKind.WRONG_INPUT, reason=f"{tariff.item} : {wrong}")
    lines = (
        Line(label=row.label, cents=row.cents * quantity),
        *(Line(label=adder.label, cents=adder.cents) for adder in adders),
    )
    cents = sum(line.cents for line in lines)
    return Priced(cents=cents, lines=lines, said=_sentence(tariff, row, quantity, adders))


def _holds(row: Row, inputs: Mapping[str, object]) -> bool:
    for condition in row.when:
        value = inputs.get(condition.name)
        if not (row.missing if value is None else _met(condition, value)):
            return False
    return True


def _met(condition: Condition, value: object) -> bool:
    match condition:
        case Is():
            return type(value) is type(condition.value) and value == condition.value
        case Between():
            if isinstance(value, time):
                value = value.hour * 60 + value.minute
            if type(value) is not int:
                raise _WrongInput(f"« {condition.name} » doit être un nombre entier.")
            return (condition.low is None or condition.low <= value) and (
                condition.high is None or value < condition.high
            )
        case _:
            assert_never(condition)


def _sentence(tariff: Tariff, row: Row, quantity: int, adders: list[Row]) -> str:
    parts = [tariff.item, row.label]
    if tariff.per is not None:
        parts.append(f"{quantity} × {euros(row.cents)} {tariff.unit}".rstrip())
    parts += [f"{adder.label} (+ {euros(adder.cents)})" for adder in adders]
    cents = row.cents * quantity + sum(adder.cents for adder in adders)
    return f"{', '.join(parts)} : {euros(cents) if cents else FREE}"
