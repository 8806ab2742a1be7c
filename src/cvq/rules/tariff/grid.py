"""
Reading a priced grid, and refusing one that could leave somebody without a price.

A document is ``{"grid": 1, "item": "Repas", "inputs": ["quotient"], "rows": [...]}``.  A row is
``{"when": {"quotient": [600, 800]}, "cents": 260, "label": "quotient de 600 à 799"}``: the lower
bound is in, the upper bound is out, null is no bound.  The last row has no condition.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from cvq.rules.tariff.findings import TariffUnreadable
from cvq.rules.tariff.prices import Between, Condition, Is, Row, Scalar, Tariff

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
        written = msgspec.convert(document, Written)
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
