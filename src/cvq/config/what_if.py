"""A month priced again by a draft, or by what is in force: what is asked, and what is shown."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import psycopg
from django.conf import settings
from django.utils import translation
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _

from cvq.billing import uses, what_if
from cvq.billing.uses import Keeper, Month
from cvq.billing.what_if import Verified, Wrong
from cvq.catalog.grid_in_words import item_name
from cvq.catalog.models import Service
from cvq.catalog.versions import CHARGED
from cvq.childcare.charged import SessionsAgain
from cvq.config.commands.tariff import NoTariff, read
from cvq.config.what_if_shown import Shown, counted, grouped, lines, row
from cvq.kernel.money import euros
from cvq.kernel.unable import Unable
from cvq.rules.tariff.kinds import Base
from cvq.taps.uncharged import PassagesAgain

if TYPE_CHECKING:
    from cvq.rules.tariff.items import Item

FAILED = 1
WRONG_SHOWN_MAX = 10


class NothingUsed(Unable):
    """Nothing of that month was priced, or the month or the service is none."""


def run(args: argparse.Namespace, dsn: str) -> int:
    """Rate the month again as it stands at one instant, and say what it comes to."""
    with translation.override(args.language), psycopg.connect(dsn, autocommit=True) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            return do(args, connection)


def do(args: argparse.Namespace, connection: "psycopg.Connection[Any]") -> int:
    """
    Print what a draft changes; without one, return 1 if the month does not come to what it did.

    :raises NothingUsed: there is nothing to rate.
    """
    month = _month(args.month, args.service)
    draft = read(args.file) if args.file is not None else None
    reads = None if draft is None else {n for item in draft.items.values() for n in item.reads}
    services = keepers(connection, month, reads)
    priced = uses.codes(connection, month, services)
    if not priced:
        raise NothingUsed(
            _("Aucun usage que le tarif fixe en %(month)s.") % {"month": _said(month)}
        )
    if draft is None:
        verified = what_if.in_force(connection, month, services, _progress)
        _progress(None)
        _show_verified(verified, month, as_json=args.json)
        return FAILED if verified.wrong else 0
    items = replaced(draft.items, priced, args.item)
    compared = what_if.compare(connection, month, items, services, _progress)
    _progress(None)
    outside: Counter[str] = Counter()
    for service in services:
        outside.update(service.outside(month))
    names = {code: item.name for code, item in items.items()}
    shown = Shown(compared, names, outside, by_service=month.service is not None)
    if args.json:
        told = {"month": args.month, "service": month.service, "tariff": draft.name}
        print(json.dumps(told | row(shown), ensure_ascii=False))
    else:
        by = {"month": _said(month).capitalize(), "title": draft.title}
        print(_("%(month)s, avec « %(title)s »") % by)
        print("\n".join(lines(shown)))
    return 0


def keepers(
    connection: "psycopg.Connection[Any]", month: Month, reads: Set[str] | None = None
) -> list[Keeper]:
    """Return the services that keep what no charge says of a month, and what a draft reads."""
    zone = ZoneInfo(settings.TERRITORY.time_zone)
    return [SessionsAgain(connection, zone, reads), PassagesAgain(connection, month)]


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
    for item in found.values():
        _check(item)
    return found


def _check(item: "Item") -> None:
    """
    Refuse a price that the uses of a month do not say all of.

    :raises NoTariff: its grain is more than a use or a child's day, or it reads a list.
    """
    if item.grain not in CHARGED:
        by = {"item": item.name, "grain": item.grain, "grains": ", ".join(CHARGED)}
        raise NoTariff(
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
        raise NoTariff(
            _(
                "« %(item)s » lit une liste (%(lists)s) que rien ne garde d'un mois. Pour le "
                "rejouer, écrivez-le dans une copie du brouillon avec les faits du vocabulaire "
                "(rank_present, children_present, morning, evening…) ; sinon, comparez des "
                "familles types avec « cvq tariff rate »."
            )
            % by
        )


def _month(text: str, service: str | None) -> Month:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise NothingUsed(
            _("« %(text)s » n'est pas un mois : écrivez par exemple 2026-03.") % {"text": text}
        ) from error
    if service is not None and not Service.objects.filter(code=service).exists():
        raise NothingUsed(_("Aucun service n'a le code « %(code)s ».") % {"code": service})
    return uses.month_of(first, service)


def _said(month: Month) -> str:
    of = f", {month.service}" if month.service else ""
    return f"{MONTHS[month.first.month]} {month.first.year}{of}"


def _progress(day: date | None) -> None:
    if sys.stderr.isatty():
        told = f"{day:%d/%m/%Y}…" if day else ""
        print(f"\r\033[K{told}", end="", file=sys.stderr, flush=True)


def _show_verified(found: Verified, month: Month, *, as_json: bool) -> None:
    if as_json:
        told = {
            "month": f"{month.first:%Y-%m}",
            "service": month.service,
            "charges": found.charges,
            "free_uses": found.free,
            "billed_cents": found.billed,
            "difference_cents": found.difference,
            "wrong": [
                {
                    "entry": one.entry,
                    "day": one.day.isoformat(),
                    "tariff": one.code,
                    "billed_cents": one.billed,
                    "cents": one.rated,
                }
                for one in found.wrong
            ],
        }
        print(json.dumps(told, ensure_ascii=False))
        return
    by = {
        "month": _said(month).capitalize(),
        "uses": counted(found.charges + found.free),
        "free": grouped(found.free),
        "billed": euros(found.billed),
        "difference": euros(found.difference),
    }
    print(
        _(
            "%(month)s : %(uses)s avec le tarif en vigueur, dont %(free)s gratuits, %(billed)s ; "
            "écart %(difference)s."
        )
        % by
    )
    for one in found.wrong[:WRONG_SHOWN_MAX]:
        print(f"  {_told(one)}")
    if len(found.wrong) > WRONG_SHOWN_MAX:
        print(_("  et %(n)s autres.") % {"n": len(found.wrong) - WRONG_SHOWN_MAX})


def _told(one: Wrong) -> str:
    now = one.why if one.rated is None else euros(one.rated)
    by = {"entry": one.entry, "billed": euros(one.billed), "now": now, "code": one.code}
    if one.entry is None:
        by |= {"day": f"{one.day:%d/%m/%Y}"}
        return (
            _("%(code)s, le %(day)s : gratuit alors ; par ce que l'on sait maintenant : %(now)s")
            % by
        )
    return _("écriture %(entry)s : %(billed)s facturés, maintenant : %(now)s") % by
