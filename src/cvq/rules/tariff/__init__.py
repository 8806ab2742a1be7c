"""
What things cost: a tariff is data, compiled once, then rated.

A tariff of the catalogue is a grid, or one item of a document in the tariff language.  Callers keep
to ``compile_tariff`` before it is voted, ``compile_published`` ever after, and ``rate``.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from cvq.rules.tariff import items
from cvq.rules.tariff.document import Tariff as Written
from cvq.rules.tariff.document import compile_text, read_published
from cvq.rules.tariff.findings import TariffUnreadable
from cvq.rules.tariff.grid import compile_grid
from cvq.rules.tariff.items import Item
from cvq.rules.tariff.outcome import Line, Priced, RefusalKind, Refused
from cvq.rules.tariff.prices import Tariff as Grid
from cvq.rules.tariff.rating import rate_grid

__all__ = [
    "Line",
    "Priced",
    "RefusalKind",
    "Refused",
    "Tariff",
    "TariffUnreadable",
    "compile_published",
    "compile_tariff",
    "rate",
]

Tariff = Grid | Item
TEXTS_KEPT = 128
# One text fixes several items, and what several services charge: it is read once.
_compiled = lru_cache(maxsize=TEXTS_KEPT)(compile_text)
_published = lru_cache(maxsize=TEXTS_KEPT)(read_published)


def compile_tariff(document: Mapping[str, object]) -> Tariff:
    """
    Return a tariff of the catalogue ready to rate: a grid, or ``{"text": YAML, "item": name}``.

    :raises TariffUnreadable: the document could leave somebody without a price, or a row unused.
    """
    return _read(document, _compiled)


def compile_published(document: Mapping[str, object]) -> Tariff:
    """
    Return a tariff that was right when it was published, ready to rate.

    What the checker learned since keeps it from nothing: a price that was voted goes on.

    :raises TariffUnreadable: nothing can be read of it.
    """
    return _read(document, _published)


def _read(document: Mapping[str, object], compiled: Callable[[str], Written]) -> Tariff:
    if "text" not in document:
        return compile_grid(document)
    tariff = compiled(str(document["text"]))
    name = str(document.get("item"))
    if name not in tariff.items:
        raise TariffUnreadable(f"« {name} » n'est pas un prix de ce tarif.")
    return tariff.items[name]


def rate(tariff: Tariff, inputs: Mapping[str, object]) -> Priced | Refused:
    """
    Return the price of a thing, or why it has none.

    Inputs bind by name; one that is absent or None is unknown.
    """
    if isinstance(tariff, Grid):
        return rate_grid(tariff, inputs)
    return items.rate(tariff, inputs)
