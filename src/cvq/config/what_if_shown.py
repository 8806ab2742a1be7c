"""What a draft changes of a month, shown: never a figure of so few that it tells of somebody."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from cvq.billing.what_if import Compared, Group
from cvq.kernel.money import euros

# Under so many, a figure tells of somebody.
SMALLEST_TOLD = 11
FEW, HIDDEN = f"moins de {SMALLEST_TOLD}", "masqué"
WAYS = {"more": "plus", "same": "autant", "less": "moins"}
COLUMNS = ("factures", "payeurs", "facturé", "brouillon", "écart")
OTHERS = "autres, regroupés"
NOWHERE = "sans adresse, organisations"
BLIND = (
    "Ce qui ne coûtait rien n'a pas laissé de facture : ce calcul ne le voit pas. "
    "Rien n'a été écrit."
)


def lines(found: Compared) -> list[str]:
    """Return what a draft changes, as people read it."""
    sections: list[tuple[str, list[tuple[str, Group]]]] = [
        ("", [*masked(found.items), ("total", found.total)]),
        ("Par tranche", masked(_bands(found))),
        ("Par commune", masked(_communes(found))),
    ]
    width = max((len(label) for _, rows in sections for label, _ in rows), default=0) + 2
    told = [" " * width + "".join(f"{column:>15}" for column in COLUMNS)]
    for title, rows in sections:
        told += ["", title] if title else []
        told += [f"{label:<{width}}" + _figures(group) for label, group in rows]
    told += ["", *_who(found), ""]
    for why, count in found.unpriced.most_common():
        told.append(f"{counted(count, 'facture')} sans prix. {why}")
    if found.untouched.charges:
        others = counted(found.untouched.charges, "facture")
        group = _group(found.untouched)
        amount = euros(group["billed_cents"]) if group else HIDDEN
        told.append(f"{others} d'autres tarifs, hors du calcul : {amount}.")
    return [*told, BLIND]


def _bands(found: Compared) -> dict[str, Group]:
    bands: dict[str, Group] = {}
    for (_, label), group in sorted(found.bands.items(), key=lambda one: one[0]):
        bands.setdefault(label, Group()).merge(group)
    return bands


def _communes(found: Compared) -> dict[str, Group]:
    by_size = sorted(found.communes.items(), key=lambda one: (-one[1].billed, one[0]))
    return {name or NOWHERE: group for name, group in by_size}


def masked(groups: Mapping[str, Group]) -> list[tuple[str, Group]]:
    """
    Return the groups with those of few payers put together.

    One alone would follow from the total and all others: the next smallest then goes with it.
    """
    by_size = sorted(groups, key=lambda label: len(groups[label].payers))
    small = [label for label in by_size if len(groups[label].payers) < SMALLEST_TOLD]
    if not small:
        return list(groups.items())
    others, left = Group(), by_size
    while left and (left[0] in small or len(others.payers) < SMALLEST_TOLD):
        others.merge(groups[left[0]])
        left = left[1:]
    return [*((label, groups[label]) for label in groups if label in left), (OTHERS, others)]


def _figures(group: Group) -> str:
    if len(group.payers) < SMALLEST_TOLD:
        return f"{'':>15}{FEW:>15}" + f"{HIDDEN:>15}" * 3
    figures = (
        f"{group.charges:,}".replace(",", " "),
        f"{len(group.payers):,}".replace(",", " "),
        euros(group.billed),
        euros(group.drafted),
        _signed(group.drafted - group.billed),
    )
    return "".join(f"{figure:>15}" for figure in figures)


def _signed(cents: int) -> str:
    return f"+{euros(cents)}" if cents > 0 else euros(cents)


class Side(Struct):
    """Those who pay more, as much or less, or several of these, and by how many cents each."""

    ways: tuple[str, ...]
    sizes: list[int]

    @property
    def is_small(self) -> bool:
        """Tell whether there are too few of them to be told."""
        return 0 < len(self.sizes) < SMALLEST_TOLD

    @property
    def half(self) -> int:
        """Return the change that half of them reach."""
        return sorted(self.sizes)[len(self.sizes) // 2]

    @property
    def tenth(self) -> int:
        """Return the change that one in ten reaches."""
        return sorted(self.sizes)[len(self.sizes) * 9 // 10]


def sides(changes: Mapping[int, int]) -> list[Side]:
    """Return who pays more, as much and less; few are told together with those beside them."""
    signs = {"more": 1, "same": 0, "less": -1}
    found = [
        Side((way,), [abs(c) for c in changes.values() if (c > 0) - (c < 0) == sign])
        for way, sign in signs.items()
    ]
    while len(found) > 1 and any(side.is_small for side in found):
        place = next(i for i, side in enumerate(found) if side.is_small)
        beside = [i for i in (place - 1, place + 1) if 0 <= i < len(found)]
        first, second = sorted((place, min(beside, key=lambda i: len(found[i].sizes))))
        one, other = found[first], found.pop(second)
        found[first] = Side(one.ways + other.ways, one.sizes + other.sizes)
    return found


def _who(found: Compared) -> list[str]:
    told = ["Sur le mois entier, par payeur (foyer ou organisation)"]
    for side in sides(found.changes):
        label = f"  paient {' ou '.join(WAYS[way] for way in side.ways)}"
        if side.is_small:
            told.append(f"{label:<26}{FEW:>12}")
        elif not any(side.sizes) or len(side.ways) == len(WAYS):
            told.append(f"{label:<26}{len(side.sizes):>12}")
        else:
            told.append(
                f"{label:<26}{len(side.sizes):>12} ; la moitié d'au moins {euros(side.half)}, "
                f"un sur dix d'au moins {euros(side.tenth)}"
            )
    return told


def row(found: Compared) -> dict[str, Any]:
    """Return the same for a program."""
    return {
        "total": _group(found.total),
        "items": {label: _group(group) for label, group in masked(found.items)},
        "bands": {label: _group(group) for label, group in masked(_bands(found))},
        "communes": {label: _group(group) for label, group in masked(_communes(found))},
        "payers": [_side(side) for side in sides(found.changes)],
        "unpriced": dict(found.unpriced.most_common()),
        "untouched": _group(found.untouched),
    }


def _side(side: Side) -> dict[str, object]:
    told: dict[str, object] = {"ways": side.ways}
    if side.is_small:
        return told | {"payers": None}
    told["payers"] = len(side.sizes)
    if any(side.sizes) and len(side.ways) < len(WAYS):
        told |= {"half_cents": side.half, "tenth_cents": side.tenth}
    return told


def _group(group: Group) -> dict[str, int] | None:
    if len(group.payers) < SMALLEST_TOLD:
        return None
    return {
        "charges": group.charges,
        "payers": len(group.payers),
        "billed_cents": group.billed,
        "draft_cents": group.drafted,
        "difference_cents": group.drafted - group.billed,
    }


def counted(number: int, thing: str) -> str:
    """Return « 1 234 factures »."""
    grouped = f"{number:,}".replace(",", " ")
    return f"{grouped} {thing}{'s' if number > 1 else ''}"
