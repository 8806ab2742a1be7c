"""The statement as a PDF/A that is also PDF/UA: archived, and read aloud."""

import json
from collections.abc import Sequence
from pathlib import Path

import typst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cvq.billing.statement import Statement
from cvq.bocage.templatetags.bocage import day_name, written

TEMPLATE = Path(__file__).with_name("statement.typ")


def document(family: str, found: Statement, rows: Sequence[Sequence[str]]) -> bytes:
    """Return the document; names go in as data, never as markup."""
    data = {
        "lang": (get_language() or "fr")[:2],
        "title": _("Relevé du compte famille"),
        "family": family,
        "period": _("Du %(first)s au %(last)s")
        % {"first": day_name(found.first), "last": day_name(found.last)},
        "equation": [
            [_("Solde au début"), written(found.opening)],
            [_("Entré"), written(found.came_in, signed=True)],
            [_("Dépensé"), written(-found.spent)],
            [_("Solde à la fin"), written(found.closing)],
        ],
        "columns": [_("Date"), _("Heure"), _("Opération"), _("Personne"), _("Explication"), "€"],
        "rows": [list(row) for row in rows],
    }
    made: bytes = typst.compile(
        str(TEMPLATE), sys_inputs={"data": json.dumps(data)}, pdf_standards=["a-2a", "ua-1"]
    )
    return made
