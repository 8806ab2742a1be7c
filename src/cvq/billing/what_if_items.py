"""Which prices of a draft replace which tariffs of a month, and what a month cannot price again."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from psycopg import Connection

from cvq.billing import uses
from cvq.billing.uses import Month
from cvq.catalog.grid_in_words import item_name
from cvq.catalog.versions import CHARGED
from cvq.kernel.unable import Unable
from cvq.rules.tariff.items import Item
from cvq.rules.tariff.kinds import Base

MONTHS_TOLD_MAX = 12


class NotReplaced(Unable):
    """No price of the draft can take the place of a tariff."""


class NothingUsed(Unable):
    """Nothing of that month was priced, or the month or the service is none."""


def replaced_in(
    connection: Connection[Any],
    month: Month,
    used: Sequence[str],
    items: Mapping[str, Item],
    told: Sequence[str] = (),
) -> dict[str, Item]:
    """
    Return the item of a draft for each tariff that it replaces, of those used in a month.

    :raises NotReplaced: there is no such item or code, or none bears the name of a tariff.
    :raises NothingUsed: what it would replace was not used that month.
    """
    found = of_services(items, uses.known_codes(connection, month.services), month, told)
    named = [one.partition("=")[2] for one in told]
    lacking = [code for code in named if code not in used]
    if lacking or not set(found) & set(used):
        raise NothingUsed(
            _unused(connection, month, {code: found[code] for code in lacking or found})
        )
    return {code: item for code, item in found.items() if code in used}


def of_services(
    items: Mapping[str, Item], known: Sequence[str], month: Month, told: Sequence[str] = ()
) -> dict[str, Item]:
    """
    Return what `replaced` does; the only price of a draft is that of the only tariff it is for.

    :raises NotReplaced: as there.
    """
    if not told and month.services is not None and len(items) == len(known) == 1:
        told = [f"{next(iter(items))}={known[0]}"]
    return replaced(items, known, told)


def replaced(
    items: Mapping[str, Item], known: Sequence[str], told: Sequence[str]
) -> dict[str, Item]:
    """
    Return the item of the draft for each code that it replaces.

    An item replaces the code that bears its name, unless it is told otherwise, ITEM=CODE.

    :raises NotReplaced: there is no such item or code, or nothing is replaced.
    """
    found = {
        code: items[name] for code in known for name in (code, item_name(code)) if name in items
    }
    for one in told:
        name, sign, code = one.partition("=")
        if not sign or name not in items or code not in known:
            raise NotReplaced(
                _(
                    "« %(told)s » s'écrit PRIX=CODE, un prix du brouillon (%(items)s) et un tarif "
                    "de ces services (%(codes)s)."
                )
                % {"told": one, "items": ", ".join(items), "codes": ", ".join(known)}
            )
        found[code] = items[name]
    if not found:
        raise NotReplaced(
            _(
                "Aucun prix du brouillon (%(items)s) ne porte le nom d'un tarif de ces services "
                "(%(codes)s) : ajoutez --item PRIX=CODE."
            )
            % {"items": ", ".join(items), "codes": ", ".join(known)}
        )
    for item in found.values():
        _check(item)
    return found


def month_said(first: date) -> str:
    """Return « octobre 2026 »."""
    return f"{MONTHS[first.month]} {first.year}"


def _unused(connection: Connection[Any], month: Month, items: Mapping[str, Item]) -> str:
    titles = ", ".join(
        _("« %(item)s » (%(code)s)") % {"item": item.title, "code": code}
        for code, item in items.items()
    )
    by = {"titles": titles, "month": month_said(month.first)}
    none = _("Aucun usage de %(titles)s en %(month)s.") % by
    others = list(uses.charged_months(connection, list(items), month.services, until=date.max))
    if not others:
        return none
    said = ", ".join(month_said(one) for one in others[-MONTHS_TOLD_MAX:])
    return f"{none} {_('Il y en a de facturés en : %(months)s.') % {'months': said}}"


def _check(item: Item) -> None:
    """
    Refuse a price that the uses of a month do not say all of.

    :raises NotReplaced: its grain is more than a use or a child's day, or it reads a list.
    """
    if item.grain not in CHARGED:
        by = {"item": item.name, "grain": item.grain, "grains": ", ".join(CHARGED)}
        raise NotReplaced(
            _(
                "« %(item)s » se calcule par %(grain)s, ce qu'un mois d'usages ne dit pas : ni qui "
                "est inscrit sans venir, ni ce qui déborde du mois, ni qui paie ensemble. Pour le "
                "rejouer, écrivez dans une copie du brouillon ce que coûte chaque usage (grain : "
                "%(grains)s) ; sinon, comparez des familles types avec « cvq tariff rate »."
            )
            % by
        )
    lists = [one.title for one in item.takes if one.kind.base is Base.LIST]
    if lists:
        by = {"item": item.name, "lists": ", ".join(lists)}
        raise NotReplaced(
            _(
                "« %(item)s » lit une liste (%(lists)s) que rien ne garde d'un mois. Pour le "
                "rejouer, écrivez-le dans une copie du brouillon avec les faits du vocabulaire "
                "(rank_present, children_present, morning, evening…) ; sinon, comparez des "
                "familles types avec « cvq tariff rate »."
            )
            % by
        )
