"""The statement as a PDF/A that is also PDF/UA: archived, and read aloud."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import typst
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from msgspec import Struct

from cvq.billing.statement import Statement
from cvq.bocage.templatetags.bocage import day_name, written
from cvq.catalog.models import Regie

TEMPLATE = Path(__file__).with_name("statement.typ")


class Paper(Struct, frozen=True, kw_only=True):
    """What the document says: who issued it, and what the list is limited to, if anything."""

    family: str
    regie: Regie
    day: date
    statement: Statement
    part: str
    part_cents: int
    rows: Sequence[Sequence[str]]


def document(paper: Paper) -> bytes:
    """Return the document; names go in as data, never as markup."""
    found = paper.statement
    data = {
        "lang": (get_language() or "fr")[:2],
        "title": _("Relevé du compte famille"),
        "issuer": f"{paper.regie.name}, {paper.regie.authority.name}",
        "issued": _("Établi par %(regie)s, %(authority)s, le %(day)s.")
        % {
            "regie": paper.regie.name,
            "authority": paper.regie.authority.name,
            "day": day_name(paper.day),
        },
        "family": paper.family,
        "period": _("Du %(first)s au %(last)s")
        % {"first": day_name(found.first), "last": day_name(found.last)},
        "equation": [
            [_("Solde au début"), written(found.opening)],
            [_("Entré"), written(found.came_in, signed=True)],
            [_("Dépensé"), written(-found.spent)],
            [_("Solde à la fin"), written(found.closing)],
        ],
        "part": _part(paper),
        "columns": [_("Date"), _("Heure"), _("Opération"), _("Personne"), _("Explication"), "€"],
        "rows": [list(row) for row in paper.rows],
    }
    made: bytes = typst.compile(
        str(TEMPLATE), sys_inputs={"data": json.dumps(data)}, pdf_standards=["a-2a", "ua-1"]
    )
    return made


def _part(paper: Paper) -> str:
    if not paper.part:
        return ""
    return _(
        "Ces montants sont ceux de tout le compte. La liste montre seulement : %(part)s,"
        " soit %(amount)s."
    ) % {"part": paper.part, "amount": written(paper.part_cents, signed=True)}
