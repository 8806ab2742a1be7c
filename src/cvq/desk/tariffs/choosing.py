"""
Three families of whom one sees what changes, so that nobody reads « same price » of a new price.

The families are those that everybody pictures; only where none of them sees a difference, the last
one that can is moved to the nearest case that does: an end of a band, another word.
"""

from collections.abc import Iterator, Mapping, Sequence

from cvq.desk.tariffs.trying import FAMILIES, Asked, cents_of, followed, said_of
from cvq.rules.tariff import Tariff as Priceable
from cvq.rules.tariff import rate
from cvq.rules.tariff.document import Tariff as Written
from cvq.rules.tariff.kinds import Base, Value

LOOKS_MAX = 600
Pairs = Sequence[tuple[Priceable, Priceable]]


def seeing(
    written: Written, charged: Sequence[Mapping[str, Priceable]], asked: Sequence[Asked]
) -> list[Asked]:
    """Return what the families are like, one of them changed if none of the three saw a change."""
    families = list(asked)
    pairs = [
        (before, item)
        for today in charged
        for item, before in followed(written, today)
        if before is not None
    ]
    if not pairs or any(_differs(pairs, families, place) for place in range(FAMILIES)):
        return families
    for looks, (place, moved) in enumerate(_moved(written, families)):
        if looks >= LOOKS_MAX:
            break
        if _differs(pairs, moved, place):
            return moved
    return families


def _differs(pairs: Pairs, asked: Sequence[Asked], place: int) -> bool:
    said = said_of(asked, place)
    return any(
        cents_of(rate(before, said)) != cents_of(rate(after, said)) for before, after in pairs
    )


def _moved(written: Written, asked: list[Asked]) -> Iterator[tuple[int, list[Asked]]]:
    # The last family first: the first two are those that most people are.
    for number, one in enumerate(asked):
        name = one.fields[0].name.partition(".")[2]
        typed = [key for key, _label in one.fields[0].choices if key] or _ends(written, name)
        for place in reversed(range(FAMILIES)):
            for text in typed:
                fields = list(one.fields)
                fields[place] = fields[place]._replace(value=text)
                moved = one._replace(fields=tuple(fields))
                yield place, [*asked[:number], moved, *asked[number + 1 :]]


def _ends(written: Written, name: str) -> list[str]:
    # Where the rows of a table change: nobody is between two whole numbers.
    found: dict[Value, None] = {}
    for table in written.tables.values():
        for lookup in (one for grid in table.grids for one in grid.lookups):
            axis = lookup.axis
            if axis.name != name or axis.kind.base is not Base.NUMBER:
                continue
            for stretch in lookup.stretches:
                found |= dict.fromkeys(axis.value(end) for end in stretch if end is not None)
    return [str(value) for value in found if isinstance(value, int)]
