"""A month rated again, in the words of the stories: what is used, what is asked, what is found."""

import argparse
import textwrap
from datetime import date
from pathlib import Path
from typing import Any

from cvq.billing import uses, what_if
from cvq.billing.uses import Month
from cvq.billing.what_if import Compared, Verified
from cvq.billing.what_if_items import replaced
from cvq.childcare.services import charge_days
from cvq.people.models import Quotient, QuotientSource
from cvq.rules.tariff.document import compile_text
from cvq.taps.used_again import keepers
from town import TODAY, ZONE, Town

JUNE = Month(first=date(2025, 6, 1), until=date(2025, 7, 1))


def meal_at(low: str, full: str) -> str:
    """Return a draft of the meal: a price below a quotient of 600, and that of all others."""
    return f"""
    tariff: repas-2026
    title: Repas 2026
    inputs:
      quotient: unknown
    tables:
      prix:
        when: [quotient]
        then: €
        rows:
          - ["< 600", {low}, petit quotient]
          - [">= 600 or unknown", {full}, plein tarif]
    items:
      repas:
        title: Repas
        grain: meal
        lines:
          - {{label: Repas, amount: prix}}
"""


def written(text: str) -> str:
    """Return a draft as a file has it."""
    return textwrap.dedent(text).lstrip()


def by(text: str, *told: str, code: str = "Repas") -> dict[Any, Any]:
    """Return what a draft replaces of the tariff of a code."""
    return replaced(compile_text(written(text)).items, [code], told)


def nothing(_: object) -> None:
    """Tell no progress."""


def asked(file: Path | None = None, **other: object) -> argparse.Namespace:
    """Return what is asked on the command line."""
    given = {
        "month": "2025-06",
        "service": None,
        "draft": None,
        "item": [],
        "json": False,
        "language": "fr",
    }
    return argparse.Namespace(file=file, **{**given, **other})


def verified(town: Town, month: Month = JUNE) -> Verified:
    """Rate the month again by what was in force."""
    return what_if.in_force(town.connection, month, keepers(town.connection, month, ZONE), nothing)


def compared(town: Town, draft: Any, told: Any = nothing) -> Compared:
    """Rate June again by a draft."""
    reads = {name for item in draft.values() for name in item.reads}
    services = keepers(town.connection, JUNE, ZONE, reads)
    return what_if.compare(town.connection, JUNE, draft, services, told)


def codes(town: Town, month: Month = JUNE) -> list[str]:
    """Return the codes by which something was priced."""
    return uses.codes(town.connection, month, keepers(town.connection, month, ZONE))


def eat(town: Town, number: int, *, quotient: int | None = None, second: bool = False) -> None:
    """Let the child of a family eat, and a younger one if it has two."""
    name, card = f"Famille {number}", f"012-1{number:04}"
    home = town.family(name, topped_up="50,00")
    if quotient is not None:
        Quotient.objects.create(
            household=home,
            value=quotient,
            source=QuotientSource.CAF,
            valid_from=date(2025, 1, 1),
        )
    for one, first_name in [(card, "Léo"), (f"{card}-2", "Mia")][: 1 + second]:
        town.child(name, first_name, card=one)
        town.enrol(one, "Cantine")
        town.tap(one, where="Cantine", at="12:05")


def charge(town: Town) -> None:
    """Charge the days of childcare until today."""
    charge_days(town.connection, until=TODAY, at=town.at("22:00"), zone=ZONE)
