"""What a draft changes of a month, shown in a terminal or to a program: never a figure of few."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from cvq.billing.what_if import Compared, Group
from cvq.billing.what_if_told import SMALLEST_TOLD, Side, masked, may_be_told, sides
from cvq.billing.what_if_words import (
    OUTSIDE,
    bands,
    beside,
    by_how_much,
    communes,
    grouped,
    how_many,
    masked_why,
    part,
    several_decide,
    signed,
    step_said,
    where,
    whose,
)
from cvq.kernel.money import euros
from cvq.taps.used_again import Replayed

WIDTHS = (9, 9, 14, 14, 13, 9)


def lines(shown: Replayed) -> list[str]:
    """Return what a draft changes, as people read it."""
    found = shown.found
    sections: list[tuple[str, list[tuple[str, Group]]]] = [
        ("", [*masked(found.items), (_("total"), found.total)]),
        (_("Par tranche"), masked(bands(found))),
        (_("Par commune"), masked(communes(found))),
    ]
    width = max((len(label) for _title, rows in sections for label, _group in rows), default=0) + 2
    columns = (_("usages"), _("payeurs"), _("facturé"), _("brouillon"), _("écart"), "%")
    told = [*_replaced(shown), "", " " * width + _row(columns)]
    for title, rows in sections:
        told += ["", title] if title else []
        told += [f"{label:<{width}}" + _figures(group) for label, group in rows]
    told += ["", *_who(found), "", *beside(found, shown.outside)]
    told += masked_why(found, [group for _title, rows in sections for _label, group in rows])
    return [*told, _("Rien n'a été écrit.")]


def _replaced(shown: Replayed) -> list[str]:
    said = ", ".join(
        _("« %(item)s » à la place de %(code)s") % {"item": item, "code": code}
        for code, item in shown.replaced.items()
    )
    told = [f"{said}.", *where(shown.places)]
    if warning := several_decide(shown.places):
        how = _("Ne rejouez que les services du brouillon : --draft CODE, ou --service A B.")
        told.append(f"{warning} {how}")
    return told


def _row(cells: Sequence[str]) -> str:
    row = "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
    return row.rstrip()


def _figures(group: Group) -> str:
    if len(group.payers) < SMALLEST_TOLD:
        few, hidden = _("moins de %(n)s") % {"n": SMALLEST_TOLD}, _("masqué")
        return f"{few:>{sum(WIDTHS[:2])}}" + "".join(f"{hidden:>{width}}" for width in WIDTHS[2:])
    change = group.drafted - group.billed
    figures = (
        grouped(group.uses),
        grouped(len(group.payers)),
        euros(group.billed),
        euros(group.drafted),
        signed(change),
        part(change, group.billed),
    )
    return _row(figures)


def _who(found: Compared) -> list[str]:
    told = [_("Sur le mois entier, par payeur (foyer ou organisation)")]
    for side in sides(found.changes, found.billed):
        more = by_how_much(side)
        many = f"{how_many(side):>12}"
        if more:
            many = _("%(many)s ; %(more)s") % {"many": many, "more": more}
        told.append(f"  {whose(side):<30}{many}")
        if side.new_told and "more" in side.ways:
            new = _("dont qui ne payaient rien")
            told.append(f"    {new:<28}{grouped(side.new_told):>12}")
        steps = side.steps()
        if len(steps) > 1:
            told += [f"    {step_said(step):<28}{grouped(step.payers):>12}" for step in steps]
    return told


def row(shown: Replayed) -> dict[str, Any]:
    """Return the same for a program."""
    found = shown.found
    return {
        "replaced": dict(shown.replaced),
        "services": len(found.services),
        "authorities": {name: len(services) for name, services in shown.places.items()},
        "total": _group(found.total),
        "items": {label: _group(group) for label, group in masked(found.items)},
        "bands": {label: _group(group) for label, group in masked(bands(found))},
        "communes": {label: _group(group) for label, group in masked(communes(found))},
        "payers": [_side(side) for side in sides(found.changes, found.billed)],
        "free_uses": found.free.uses if len(found.free.payers) >= SMALLEST_TOLD else None,
        "no_longer_free": _turned(found.no_longer_free, found),
        "newly_free": _turned(found.newly_free, found),
        "unpriced": dict(found.unpriced.most_common()),
        "unheard": found.unheard if len(found.total.payers) >= SMALLEST_TOLD else [],
        "alike": found.alike if len(found.total.payers) >= SMALLEST_TOLD else [],
        "uncounted": {one.title: one.since.isoformat() for one in found.uncounted},
        "untouched": _group(found.untouched),
        "outside": {means: shown.outside.get(means, 0) for means in OUTSIDE},
    }


def _turned(group: Group, found: Compared) -> dict[str, int] | None:
    return _group(group) if may_be_told(group, found) else None


def _side(side: Side) -> dict[str, object]:
    told: dict[str, object] = {"ways": side.ways}
    if side.is_small:
        return told | {"payers": None}
    told["payers"] = len(side.sizes)
    told["paid_nothing"] = side.new_told
    if side.is_of_a_size:
        told |= {"half_cents": side.half, "tenth_cents": side.tenth}
    if steps := side.steps():
        told["steps"] = [
            {"at_least_cents": one.at_least, "below_cents": one.below, "payers": one.payers}
            for one in steps
        ]
    return told


def _group(group: Group) -> dict[str, int] | None:
    if len(group.payers) < SMALLEST_TOLD:
        return None
    return {
        "uses": group.uses,
        "payers": len(group.payers),
        "billed_cents": group.billed,
        "draft_cents": group.drafted,
        "difference_cents": group.drafted - group.billed,
    }
