"""What a draft changes of a month, shown: never a figure of so few that it tells of somebody."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from msgspec import Struct

from cvq.billing.what_if import Compared, Group
from cvq.config.what_if_told import (
    SMALLEST_TOLD,
    Side,
    Step,
    masked,
    may_be_told,
    sides,
)
from cvq.kernel.money import euros

WIDTHS = (9, 9, 14, 14, 13, 9)
# What no tariff prices, in the order that it is told.
OUTSIDE = ("PASS", "CARNET", "QUOTA", "FREE", "UNPRICED")


class Shown(Struct, frozen=True):
    """What is shown beside the figures: what replaces what, and what no tariff prices."""

    found: Compared
    replaced: Mapping[str, str]
    outside: Mapping[str, int]
    by_service: bool


def lines(shown: Shown) -> list[str]:
    """Return what a draft changes, as people read it."""
    found = shown.found
    sections: list[tuple[str, list[tuple[str, Group]]]] = [
        ("", [*masked(found.items), (_("total"), found.total)]),
        (_("Par tranche"), masked(_bands(found))),
        (_("Par commune"), masked(_communes(found))),
    ]
    width = max((len(label) for _title, rows in sections for label, _group in rows), default=0) + 2
    columns = (_("usages"), _("payeurs"), _("facturé"), _("brouillon"), _("écart"), "%")
    told = [*_replaced(shown), "", " " * width + _row(columns)]
    for title, rows in sections:
        told += ["", title] if title else []
        told += [f"{label:<{width}}" + _figures(group) for label, group in rows]
    told += ["", *_who(found), "", *_free(found)]
    for why, count in found.unpriced.most_common():
        told.append(_("%(uses)s sans prix. %(why)s") % {"uses": counted(count), "why": why})
    told += [*_beside(shown), *_assumed(found)]
    return [*told, _("Rien n'a été écrit.")]


def _replaced(shown: Shown) -> list[str]:
    said = ", ".join(
        _("« %(item)s » à la place de %(code)s") % {"item": item, "code": code}
        for code, item in shown.replaced.items()
    )
    services = len(shown.found.services)
    if services < 2 or shown.by_service:
        return [f"{said}."]
    where = _("dans %(n)s services ; « --service CODE » n'en rejoue qu'un") % {"n": services}
    return [f"{said}, {where}."]


def _bands(found: Compared) -> dict[str, Group]:
    bands: dict[str, Group] = {}
    for (_line, label), group in sorted(found.bands.items(), key=lambda one: one[0]):
        bands.setdefault(label, Group()).merge(group)
    return bands


def _communes(found: Compared) -> dict[str, Group]:
    by_size = sorted(found.communes.items(), key=lambda one: (-one[1].billed, one[0]))
    return {name or _("sans adresse, organisations"): group for name, group in by_size}


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
        _signed(change),
        _part(change, group.billed),
    )
    return _row(figures)


def grouped(number: int) -> str:
    """Return « 1 234 »."""
    return f"{number:,}".replace(",", " ")


def _signed(cents: int) -> str:
    return f"+{euros(cents)}" if cents > 0 else euros(cents)


def _part(change: int, billed: int) -> str:
    """Return « +12,3 % » of what was billed, to the tenth; nothing of nothing."""
    if not billed:
        return ""
    tenths = (2000 * abs(change) + billed) // (2 * billed)
    sign = "+" if change > 0 else "-" if change < 0 else ""
    return f"{sign}{grouped(tenths // 10)},{tenths % 10} %"


def _who(found: Compared) -> list[str]:
    told = [_("Sur le mois entier, par payeur (foyer ou organisation)")]
    for side in sides(found.changes, found.billed):
        told.append(f"  {_ways(side):<30}{_of_side(side)}")
        if side.new_told and "more" in side.ways:
            new = _("dont qui ne payaient rien")
            told.append(f"    {new:<28}{grouped(side.new_told):>12}")
        steps = side.steps()
        if len(steps) > 1:
            told += [f"    {_step(step):<28}{grouped(step.payers):>12}" for step in steps]
    return told


def _ways(side: Side) -> str:
    named = {"more": _("plus"), "same": _("autant"), "less": _("moins")}
    return _("paient %(ways)s") % {"ways": _(" ou ").join(named[way] for way in side.ways)}


def _of_side(side: Side) -> str:
    if side.is_small:
        few = _("moins de %(n)s") % {"n": SMALLEST_TOLD}
        return f"{few:>14}"
    said = f"{grouped(len(side.sizes)):>12}"
    if side.is_of_a_size:
        by = {"half": euros(side.half), "tenth": euros(side.tenth)}
        said += _(" ; la moitié d'au moins %(half)s, un sur dix d'au moins %(tenth)s") % by
    return said


def _step(step: Step) -> str:
    if step.below is None:
        return _("%(low)s et plus") % {"low": euros(step.at_least)}
    if step.at_least == 1:
        return _("moins de %(high)s") % {"high": euros(step.below)}
    by = {"low": euros(step.at_least), "high": euros(step.below - 1)}
    return _("%(low)s à %(high)s") % by


def _free(found: Compared) -> list[str]:
    told = []
    if found.free.uses:
        is_told = len(found.free.payers) >= SMALLEST_TOLD
        by = {"uses": counted(found.free.uses) if is_told else _("Quelques usages")}
        told.append(_("%(uses)s de ce total étaient gratuits.") % by)
    for group, said in (
        (found.no_longer_free, _("Deviennent payants")),
        (found.newly_free, _("Deviennent gratuits")),
    ):
        if group.uses and may_be_told(group, found):
            change = _signed(group.drafted - group.billed)
            by = {"uses": counted(group.uses), "payers": grouped(len(group.payers)), "by": change}
            by |= {"said": said}
            told.append(_("%(said)s : %(uses)s, %(payers)s payeurs, %(by)s.") % by)
        elif group.uses:
            told.append(_("%(said)s : masqué, trop peu de payeurs.") % {"said": said})
    return told


def _beside(shown: Shown) -> list[str]:
    told = []
    untouched = shown.found.untouched
    if untouched.uses:
        group = _group(untouched)
        amount = euros(group["billed_cents"]) if group else _("masqué")
        by = {"uses": counted(untouched.uses), "amount": amount}
        told.append(_("%(uses)s d'autres tarifs, hors du calcul : %(amount)s.") % by)
    parts = [_outside(means, n) for means in OUTSIDE if (n := shown.outside.get(means, 0))]
    if parts:
        by = {"parts": ", ".join(parts)}
        told.append(_("Hors du calcul, car aucun tarif n'en fixe le prix : %(parts)s.") % by)
    return told


def _outside(means: str, n: int) -> str:
    match means:
        case "PASS":
            said = ngettext("%(n)s passage sur abonnement", "%(n)s passages sur abonnement", n)
        case "CARNET":
            said = ngettext("%(n)s passage sur carnet", "%(n)s passages sur carnet", n)
        case "QUOTA":
            said = ngettext("%(n)s passage sur quota", "%(n)s passages sur quota", n)
        case "FREE":
            said = ngettext(
                "%(n)s passage gratuit sans tarif ni payeur",
                "%(n)s passages gratuits sans tarif ni payeur",
                n,
            )
        case _:
            said = ngettext(
                "%(n)s séance sans tarif ni payeur", "%(n)s séances sans tarif ni payeur", n
            )
    return said % {"n": grouped(n)}


def _assumed(found: Compared) -> list[str]:
    told = []
    if found.unheard and len(found.total.payers) >= SMALLEST_TOLD:
        said = _(
            "Rien de ce mois ne dit : %(names)s. Le brouillon y prend ce que vaut leur absence, et "
            "n'a pas de prix s'il ne le dit pas."
        )
        told.append(said % {"names": ", ".join(found.unheard)})
    for one in found.uncounted:
        by = {"title": one.title, "since": date_format(one.since, "j F Y")}
        told.append(
            _(
                "« %(title)s » n'est compté que depuis le %(since)s : rien n'est connu d'avant, et "
                "le brouillon peut y trouver moins d'usages qu'il n'y en eut."
            )
            % by
        )
    return told


def row(shown: Shown) -> dict[str, Any]:
    """Return the same for a program."""
    found = shown.found
    return {
        "replaced": dict(shown.replaced),
        "services": len(found.services),
        "total": _group(found.total),
        "items": {label: _group(group) for label, group in masked(found.items)},
        "bands": {label: _group(group) for label, group in masked(_bands(found))},
        "communes": {label: _group(group) for label, group in masked(_communes(found))},
        "payers": [_side(side) for side in sides(found.changes, found.billed)],
        "free_uses": found.free.uses if len(found.free.payers) >= SMALLEST_TOLD else None,
        "no_longer_free": _turned(found.no_longer_free, found),
        "newly_free": _turned(found.newly_free, found),
        "unpriced": dict(found.unpriced.most_common()),
        "unheard": found.unheard if len(found.total.payers) >= SMALLEST_TOLD else [],
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


def counted(number: int) -> str:
    """Return « 1 234 usages »."""
    return ngettext("%(n)s usage", "%(n)s usages", number) % {"n": grouped(number)}
