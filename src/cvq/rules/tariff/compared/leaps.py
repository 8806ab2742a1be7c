"""Amounts that move so far from one version to the next that a slip of the hand is likely."""

import re
from collections.abc import Iterator
from fractions import Fraction

FAR = 5  # a council seldom makes a price five times another; a comma forgotten does
MEASURED = re.compile(r"(\d[\d ]*(?:[.,]\d+)?) ?([€%])")


def leap(before: str, after: str) -> str:
    """Return « (1 000 fois plus : vérifiez) » where an amount takes the place of a far one."""
    olds, news = list(_measured(before)), list(_measured(after))
    if [unit for _, unit in olds] != [unit for _, unit in news]:
        return ""
    found = [
        told for (old, _), (new, _) in zip(olds, news, strict=True) if (told := _told(old, new))
    ]
    return f" ({', '.join(found)} : vérifiez)" if found else ""


def _measured(text: str) -> Iterator[tuple[Fraction, str]]:
    for number, unit in MEASURED.findall(text):
        yield Fraction(number.replace(" ", "").replace(",", ".")), unit


def _told(old: Fraction, new: Fraction) -> str:
    # What was free, or becomes so, is no slip of a comma.
    if not old or not new:
        return ""
    times, way = (new / old, "plus") if new > old else (old / new, "moins")
    if times < FAR:
        return ""
    return f"{int(times):,} fois {way}".replace(",", " ")
