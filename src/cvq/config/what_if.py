"""A month charged again by a draft, or by what is in force: what is asked, and what is shown."""

import argparse
import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import psycopg

from cvq.billing import what_if
from cvq.billing.what_if import Compared, Group, Month, Verified
from cvq.catalog.grid_in_words import item_name
from cvq.config.commands.tariff import NoTariff, read
from cvq.kernel.money import euros
from cvq.kernel.unable import Unable

if TYPE_CHECKING:
    from cvq.rules.tariff.items import Item

FAILED = 1
# Under so many, a figure tells of somebody.
SMALLEST_TOLD = 11
WRONG_SHOWN_MAX = 10
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
COLUMNS = ("factures", "payeurs", "facturé", "brouillon", "écart")
OTHERS = "autres, regroupés"
FEW, HIDDEN = f"moins de {SMALLEST_TOLD}", "masqué"
NOWHERE = "sans adresse, organisations"
BLIND = (
    "Ce qui ne coûtait rien n'a pas laissé de facture : ce calcul ne le voit pas. "
    "Rien n'a été écrit."
)


class NothingCharged(Unable):
    """Nothing of that month was charged, or not by what the draft replaces."""


def run(args: argparse.Namespace, dsn: str) -> int:
    """Rate the month again as it stands at one instant, and say what it comes to."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return do(args, connection)


def do(args: argparse.Namespace, connection: "psycopg.Connection[Any]") -> int:
    """
    Print what a draft changes; without one, return 1 if the month does not come to what it did.

    :raises NothingCharged: there is nothing to rate.
    """
    month = _month(args.month, args.service)
    draft = read(args.file) if args.file is not None else None
    charged = what_if.codes(connection, month)
    if not charged:
        raise NothingCharged(f"Aucune facture en {_said(month)}.")
    if draft is None:
        verified = what_if.in_force(connection, month, _progress)
        _progress(None)
        _show_verified(verified, month, as_json=args.json)
        return FAILED if verified.wrong else 0
    items = replaced(draft.items, charged, args.item)
    compared = what_if.compare(connection, month, items, _progress)
    _progress(None)
    if args.json:
        print(json.dumps(_row(compared, month, draft.name), ensure_ascii=False))
    else:
        print(f"{_said(month).capitalize()}, avec « {draft.title} »")
        print("\n".join(lines(compared)))
    return 0


def replaced(
    items: "Mapping[str, Item]", charged: Sequence[str], told: Sequence[str]
) -> "dict[str, Item]":
    """
    Return the item of the draft for each code that it replaces.

    An item replaces the code that bears its name, unless it is told otherwise, ITEM=CODE.

    :raises NoTariff: there is no such item or code, or nothing is replaced.
    """
    found = {
        code: items[name] for code in charged for name in (code, item_name(code)) if name in items
    }
    for one in told:
        name, sign, code = one.partition("=")
        if not sign or name not in items or code not in charged:
            raise NoTariff(
                f"« {one} » s'écrit PRIX=CODE, un prix du brouillon ({', '.join(items)}) et un "
                f"tarif facturé ce mois ({', '.join(charged)})."
            )
        found[code] = items[name]
    if not found:
        raise NoTariff(
            f"Aucun prix du brouillon ({', '.join(items)}) ne porte le nom d'un tarif facturé ce "
            f"mois ({', '.join(charged)}) : ajoutez --item PRIX=CODE."
        )
    return found


def _month(text: str, service: str | None) -> Month:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise NothingCharged(
            f"« {text} » n'est pas un mois : écrivez par exemple 2026-03."
        ) from error
    until = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return Month(first=first, until=until, service=service)


def _said(month: Month) -> str:
    of = f", {month.service}" if month.service else ""
    return f"{MONTHS[month.first.month - 1]} {month.first.year}{of}"


def _progress(day: date | None) -> None:
    if sys.stderr.isatty():
        told = f"{day:%d/%m/%Y}…" if day else ""
        print(f"\r\033[K{told}", end="", file=sys.stderr, flush=True)


def _show_verified(found: Verified, month: Month, *, as_json: bool) -> None:
    if as_json:
        row = {
            "month": f"{month.first:%Y-%m}",
            "charges": found.charges,
            "billed_cents": found.billed,
            "difference_cents": found.difference,
            "wrong": [
                {"entry": one.entry, "billed_cents": one.billed, "cents": one.rated}
                for one in found.wrong
            ],
        }
        print(json.dumps(row, ensure_ascii=False))
        return
    said = f"{_said(month).capitalize()} : {_count(found.charges, 'facture')}"
    print(
        f"{said} avec le tarif en vigueur, {euros(found.billed)} ; écart {euros(found.difference)}."
    )
    for one in found.wrong[:WRONG_SHOWN_MAX]:
        now = one.why if one.rated is None else euros(one.rated)
        print(f"  écriture {one.entry} : {euros(one.billed)} facturés, maintenant : {now}")
    if len(found.wrong) > WRONG_SHOWN_MAX:
        print(f"  et {len(found.wrong) - WRONG_SHOWN_MAX} autres.")


def lines(found: Compared) -> list[str]:
    """Return what a draft changes, as people read it; nobody can be made out."""
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
        told.append(f"{_count(count, 'facture')} sans prix. {why}")
    if found.untouched.charges:
        others = _count(found.untouched.charges, "facture")
        told.append(f"{others} d'autres tarifs, {euros(found.untouched.billed)}, hors du calcul.")
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


class Side:
    """Those who pay more, less, or the same: how many, and by how much."""

    def __init__(self, changes: Sequence[int]) -> None:
        """Take by how many cents each payer's month changes."""
        self.sizes = sorted(abs(change) for change in changes)
        self.is_masked = 0 < len(self.sizes) < SMALLEST_TOLD

    def row(self) -> dict[str, int] | None:
        """Return how many, and the change that half of them and one in ten reach."""
        if self.is_masked:
            return None
        if not self.sizes:
            return {"payers": 0}
        tenth = self.sizes[len(self.sizes) * 9 // 10]
        half = statistics.median_high(self.sizes)
        return {"payers": len(self.sizes), "half_cents": half, "tenth_cents": tenth}


def sides(changes: Mapping[int, int]) -> dict[str, Side]:
    """Return who loses, who gains and who sees no change; few never follow from the others."""
    found = {
        "more": Side([change for change in changes.values() if change > 0]),
        "less": Side([change for change in changes.values() if change < 0]),
        "same": Side([change for change in changes.values() if change == 0]),
    }
    hidden = [side for side in found.values() if side.is_masked]
    if len(hidden) == 1:
        others = [one for one in found.values() if one.sizes and not one.is_masked]
        if others:
            min(others, key=lambda one: len(one.sizes)).is_masked = True
    return found


def _who(found: Compared) -> list[str]:
    said = {"more": "paient plus", "less": "paient moins", "same": "paient autant"}
    told = ["Sur le mois entier, par payeur (foyer ou organisation)"]
    for name, side in sides(found.changes).items():
        row = side.row()
        if row is None:
            told.append(f"  {said[name]:<14} nombre masqué")
        elif name == "same" or not row["payers"]:
            told.append(f"  {said[name]:<14} {row['payers']:>7}")
        else:
            told.append(
                f"  {said[name]:<14} {row['payers']:>7} ; la moitié d'au moins "
                f"{euros(row['half_cents'])}, un sur dix d'au moins {euros(row['tenth_cents'])}"
            )
    return told


def _row(found: Compared, month: Month, name: str) -> dict[str, Any]:
    return {
        "month": f"{month.first:%Y-%m}",
        "service": month.service,
        "tariff": name,
        "total": _group(found.total),
        "items": {label: _group(group) for label, group in masked(found.items)},
        "bands": {label: _group(group) for label, group in masked(_bands(found))},
        "communes": {label: _group(group) for label, group in masked(_communes(found))},
        "payers": {label: side.row() for label, side in sides(found.changes).items()},
        "unpriced": dict(found.unpriced.most_common()),
        "untouched": {"charges": found.untouched.charges, "cents": found.untouched.billed},
    }


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


def _count(number: int, thing: str) -> str:
    grouped = f"{number:,}".replace(",", " ")
    return f"{grouped} {thing}{'s' if number > 1 else ''}"
