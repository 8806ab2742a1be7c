"""
What things cost: a tariff is data, read once, then rated.

The only form known so far is the grid.  Callers keep to ``compile_tariff`` and ``rate``.
"""

from cvq.rules.tariff.grid import TariffUnreadable, compile_tariff
from cvq.rules.tariff.prices import Line, NotPriced, Priced, Tariff
from cvq.rules.tariff.rating import rate

__all__ = ["Line", "NotPriced", "Priced", "Tariff", "TariffUnreadable", "compile_tariff", "rate"]
