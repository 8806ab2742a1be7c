"""A month priced again by a draft, or by what is in force: what is asked, and what is shown."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import psycopg
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cvq.billing import uses, what_if
from cvq.billing.uses import Month
from cvq.billing.what_if import Verified, Wrong
from cvq.billing.what_if_items import NothingUsed, month_said
from cvq.billing.what_if_words import counted, grouped
from cvq.catalog.models import Service, TariffDocument, TariffVersion
from cvq.catalog.versions import services_of
from cvq.config.commands.tariff import NoTariff, read
from cvq.config.what_if_shown import lines, row
from cvq.kernel.money import euros
from cvq.rules.tariff.document import check
from cvq.taps.used_again import keepers, priced, replay

if TYPE_CHECKING:
    from cvq.rules.tariff.document import Tariff

FAILED = 1
WRONG_SHOWN_MAX = 10


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
    :raises NotReplaced: the draft replaces nothing, or asks what a month does not say.
    """
    draft = _draft(args)
    month = _month(args.month, _services(args))
    if draft is None:
        services = keepers(connection, month, _zone())
        priced(connection, month, services)
        verified = what_if.in_force(connection, month, services, _progress)
        _progress(None)
        _show_verified(verified, month, as_json=args.json)
        return FAILED if verified.wrong else 0
    shown = replay(connection, month, draft.items, told=args.item, zone=_zone(), progress=_progress)
    _progress(None)
    if args.json:
        told = {"month": args.month, "service": _told_of(month), "tariff": draft.name}
        print(json.dumps(told | row(shown), ensure_ascii=False))
    else:
        by = {"month": month_said(month.first).capitalize(), "title": draft.title}
        print(_("%(month)s, avec « %(title)s »") % by)
        print("\n".join(lines(shown)))
    return 0


def _draft(args: argparse.Namespace) -> "Tariff | None":
    """
    Return what a file states, or the text that a service prepares.

    :raises NoTariff: the service prepares none, or the checker has something to say of it.
    """
    if args.draft is None:
        return None if args.file is None else read(args.file)
    tariff, findings = check(_prepared(args.draft).text)
    if findings or tariff is None:
        raise NoTariff("\n".join(finding.told(args.draft) for finding in findings))
    return tariff


def _services(args: argparse.Namespace) -> list[str] | None:
    """
    Return the services that are asked for, those of the draft, or None for all of them.

    :raises NothingUsed: one of them does not exist.
    """
    if args.service is None:
        if args.draft is None:
            return None
        return [one.code for one in services_of(_prepared(args.draft))]
    asked = list(dict.fromkeys(args.service))
    known = set(Service.objects.filter(code__in=asked).values_list("code", flat=True))
    if lacking := [code for code in asked if code not in known]:
        codes = ", ".join(f"« {code} »" for code in lacking)
        raise NothingUsed(
            ngettext(
                "Aucun service n'a le code %(codes)s.",
                "Aucun service n'a les codes %(codes)s.",
                len(lacking),
            )
            % {"codes": codes}
        )
    return asked


def _prepared(code: str) -> TariffDocument:
    version = TariffVersion.objects.filter(service__code=code, is_prepared=True)
    found = version.select_related("document").first()
    if found is None:
        raise NoTariff(
            _("« %(code)s » n'est pas un service qui prépare un tarif.") % {"code": code}
        )
    return found.document


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.TERRITORY.time_zone)


def _told_of(month: Month) -> str | None:
    return None if month.services is None else ", ".join(month.services)


def _month(text: str, services: Sequence[str] | None) -> Month:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise NothingUsed(
            _("« %(text)s » n'est pas un mois : écrivez par exemple 2026-03.") % {"text": text}
        ) from error
    return uses.month_of(first, services)


def _said(month: Month) -> str:
    where = f", {', '.join(month.services)}" if month.services else ""
    return f"{month_said(month.first)}{where}"


def _progress(day: date | None) -> None:
    if sys.stderr.isatty():
        told = f"{day:%d/%m/%Y}…" if day else ""
        print(f"\r\033[K{told}", end="", file=sys.stderr, flush=True)


def _show_verified(found: Verified, month: Month, *, as_json: bool) -> None:
    if as_json:
        told = {
            "month": f"{month.first:%Y-%m}",
            "service": _told_of(month),
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
