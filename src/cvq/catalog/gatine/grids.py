"""From a grid as the data file abridges it to the document that a tariff keeps."""

from itertools import pairwise
from typing import Any

from cvq.catalog.gatine.written import Bands, Grid, RowWritten

Document = dict[str, Any]


def document(grid: Grid) -> Document:
    """Return the document of a grid: bands and outsiders' prices written out row by row."""
    rows = _bands(grid.bands) if grid.bands else [_row(row) for row in grid.rows]
    if grid.outside is not None:
        rows = [_resident(row) for row in rows] + [_outsider(row, grid.outside) for row in rows]
    adders = [_row(row) for row in grid.adders]
    inputs = sorted({name for row in [*rows, *adders] for name in row["when"]})
    written: Document = {"grid": 1, "item": grid.item, "inputs": inputs, "rows": rows}
    if adders:
        written["adders"] = adders
    if grid.per is not None:
        written |= {"per": grid.per, "unit": grid.unit or ""}
    return written


def _row(row: RowWritten) -> Document:
    return {"when": dict(row.when), "cents": row.cents, "label": row.label}


def _bands(bands: Bands) -> list[Document]:
    first, last = bands.quotient[0], bands.quotient[-1]
    found = [([None, first + 1], f"quotient jusqu'à {first}")]
    found += [
        ([low + 1, high + 1], f"quotient de {low + 1} à {high}")
        for low, high in pairwise(bands.quotient)
    ]
    rows = [
        {"when": {"quotient": bounds}, "cents": cents, "label": label}
        for (bounds, label), cents in zip(found, bands.cents[:-1], strict=True)
    ]
    # Whoever tells no quotient pays as the highest ones do.
    label = f"quotient de plus de {last} ou non fourni"
    return [*rows, {"when": {}, "cents": bands.cents[-1], "label": label}]


def _resident(row: Document) -> Document:
    return {
        **row,
        "when": {"resident": True, **row["when"]},
        "label": f"{row['label']}, habitant",
    }


def _outsider(row: Document, percentage: int) -> Document:
    cents = (row["cents"] * percentage + 50) // 100
    return {**row, "cents": cents, "label": f"{row['label']}, hors territoire"}
