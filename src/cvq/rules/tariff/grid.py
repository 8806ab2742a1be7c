"""
Reading a priced grid, and refusing one that could leave somebody without a price.

A document is ``{"grid": 1, "item": "Repas", "inputs": ["quotient"], "rows": [...]}``.  A row is
``{"when": {"quotient": [600, 800]}, "cents": 260, "label": "quotient de 600 à 799"}``: the lower
bound is in, the upper bound is out, null is no bound; those of a time are minutes of the day.  The
last row has no condition.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from cvq.rules.tariff.findings import TariffUnreadable
from cvq.rules.tariff.prices import Between, Condition, Is, Row, Scalar, Tariff

# What older grids call a fact that has since one name only.
RENAMED = {"minute": "starts_at"}
Text = Annotated[str, msgspec.Meta(min_length=1)]
Bounds = tuple[int | None, int | None]


class WrittenRow(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A row as a person writes it."""

    when: dict[str, Scalar | Bounds]
    cents: Annotated[int, msgspec.Meta(ge=0)]
    label: Text
    missing: bool = False


class Written(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A grid as a person writes it."""

    grid: Literal[1]
    item: Text
    inputs: list[Text]
    rows: Annotated[list[WrittenRow], msgspec.Meta(min_length=1)]
    adders: list[WrittenRow] = []
    per: Text | None = None
    unit: str = ""


def compile_grid(document: Mapping[str, object]) -> Tariff:
    """
    Return a tariff ready to rate.

    :raises TariffUnreadable: the document could leave somebody without a price, or a row unused.
    """
    try:
        written = msgspec.convert(renamed(document), Written)
    except msgspec.ValidationError as error:
        raise TariffUnreadable(f"Tarif illisible : {error}.") from error
    rows = _rows(written.rows, written.inputs, "ligne")
    for number, row in enumerate(rows, start=1):
        is_last = number == len(rows)
        if is_last and row.when:
            raise TariffUnreadable(
                f"« {written.item} » : la dernière ligne ({row.label}) doit valoir pour tous, "
                "sans condition."
            )
        if not is_last and not row.when:
            raise TariffUnreadable(
                f"« {written.item} », ligne {number} ({row.label}) : elle vaut pour tous, les "
                "suivantes ne serviraient jamais. Mettez-la à la fin."
            )
    return Tariff(
        item=written.item,
        inputs=tuple(written.inputs),
        rows=rows,
        adders=_rows(written.adders, written.inputs, "supplément"),
        per=written.per,
        unit=written.unit,
    )


def renamed(document: Mapping[str, object]) -> Mapping[str, object]:
    """Return a grid with the names that facts have now."""
    inputs = document.get("inputs")
    if not isinstance(inputs, list) or not any(one in inputs for one in RENAMED):
        return document
    found = {**document, "inputs": [RENAMED.get(one, one) for one in inputs]}
    for key in ("rows", "adders"):
        rows = document.get(key)
        if isinstance(rows, list):
            found[key] = [_with_names(row) for row in rows]
    if isinstance(per := document.get("per"), str):
        found["per"] = RENAMED.get(per, per)
    return found


def _with_names(row: object) -> object:
    when = row.get("when") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(when, dict):
        return row
    return {**row, "when": {RENAMED.get(name, name): value for name, value in when.items()}}


def _rows(written: list[WrittenRow], inputs: list[str], kind: str) -> tuple[Row, ...]:
    return tuple(
        Row(
            when=tuple(
                _condition(name, value, inputs, f"{kind} {number} ({row.label})")
                for name, value in row.when.items()
            ),
            cents=row.cents,
            label=row.label,
            missing=row.missing,
        )
        for number, row in enumerate(written, start=1)
    )


def _condition(name: str, value: Scalar | Bounds, inputs: list[str], where: str) -> Condition:
    if name not in inputs:
        raise TariffUnreadable(f"{where} : « {name} » n'est pas déclaré dans « inputs ».")
    if not isinstance(value, tuple):
        return Is(name, value)
    low, high = value
    if low is not None and high is not None and low >= high:
        raise TariffUnreadable(f"{where} : [{low}, {high}[ ne contient rien.")
    return Between(name, low, high)
