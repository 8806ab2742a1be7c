"""What changes in a tariff, as a table: each amount before, after, and by how many percent."""

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from django.utils.translation import gettext as _

AMOUNT = r"-?\d[\d\s.]*(?:,\d+)?\s€"
BECAME = re.compile(rf"(?P<where>.+?) : (?P<old>{AMOUNT}) devient (?P<new>{AMOUNT})")
SHOWN = 10


class Move(NamedTuple):
    """An amount that changes; without a percentage where nothing was paid before."""

    where: str
    old: str
    new: str
    percent: Fraction | None
    was_free: bool
    is_free: bool

    @property
    def told(self) -> str:
        """Return « +11,1 % », to the tenth, half away from nothing; free is said in words."""
        if self.is_free:
            return _("devient gratuit")
        if self.was_free:
            return _("était gratuit")
        if self.percent is None:
            return ""  # a percentage of what is taken off would say the contrary
        tenths = int(abs(self.percent) * 10 + Fraction(1, 2))
        sign = "+" if self.percent > 0 else "−"
        return f"{sign}{tenths // 10},{tenths % 10}\u00a0%"


class Moved(NamedTuple):
    """Amounts that change, and everything else that does, in sentences; the first ones apart."""

    amounts: tuple[Move, ...]
    others: tuple[str, ...]

    @property
    def parts(self) -> tuple[tuple[Move, ...], tuple[Move, ...]]:
        """Return the amounts that are seen at once, and those behind « voir tout »."""
        return self.amounts[:SHOWN], self.amounts[SHOWN:]


def moved(sentences: Iterable[str]) -> Moved:
    """Return what sentences say, amounts apart; none of them is lost."""
    amounts: list[Move] = []
    others: list[str] = []
    for one in sentences:
        found = BECAME.fullmatch(one)
        if found is None:
            others.append(one)
            continue
        old, new = _worth(found["old"]), _worth(found["new"])
        percent = (new - old) * 100 / old if old > 0 else None
        amounts.append(
            Move(found["where"], found["old"], found["new"], percent, old == 0, new == 0)
        )
    return Moved(tuple(amounts), tuple(others))


def _worth(amount: str) -> Fraction:
    return Fraction("".join(amount.removesuffix("€").split()).replace(",", "."))
