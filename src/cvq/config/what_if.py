"""A month charged again by a draft, or by what is in force: what is asked, and what is shown."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import psycopg

from cvq.billing import what_if
from cvq.billing.what_if import Month, Verified
from cvq.catalog.grid_in_words import item_name
from cvq.childcare.charged import parts_of_day
from cvq.config.commands.tariff import NoTariff, read
from cvq.config.what_if_shown import counted, lines, row
from cvq.kernel.money import euros
from cvq.kernel.unable import Unable

if TYPE_CHECKING:
    from cvq.rules.tariff.items import Item

FAILED = 1
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


# A charge is of one use or one day: what is priced by more is not seen from it.
TOO_COARSE = {"household_day", "week", "month"}


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
    compared = what_if.compare(connection, month, items, parts_of_day, _progress)
    _progress(None)
    if args.json:
        told = {"month": args.month, "service": month.service, "tariff": draft.name}
        print(json.dumps(told | row(compared), ensure_ascii=False))
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
    for item in found.values():
        if item.grain in TOO_COARSE:
            raise NoTariff(
                f"« {item.name} » se calcule sur plus d'un usage ({item.grain}) : les factures "
                "d'un mois, une par usage, ne suffisent pas à le rejouer."
            )
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
        told = {
            "month": f"{month.first:%Y-%m}",
            "charges": found.charges,
            "billed_cents": found.billed,
            "difference_cents": found.difference,
            "wrong": [
                {"entry": one.entry, "billed_cents": one.billed, "cents": one.rated}
                for one in found.wrong
            ],
        }
        print(json.dumps(told, ensure_ascii=False))
        return
    said = f"{_said(month).capitalize()} : {counted(found.charges, 'facture')}"
    print(
        f"{said} avec le tarif en vigueur, {euros(found.billed)} ; écart {euros(found.difference)}."
    )
    for one in found.wrong[:WRONG_SHOWN_MAX]:
        now = one.why if one.rated is None else euros(one.rated)
        print(f"  écriture {one.entry} : {euros(one.billed)} facturés, maintenant : {now}")
    if len(found.wrong) > WRONG_SHOWN_MAX:
        print(f"  et {len(found.wrong) - WRONG_SHOWN_MAX} autres.")
