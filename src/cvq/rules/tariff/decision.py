"""The council decision that a tariff comes from."""

from datetime import date

import msgspec

from cvq.rules.tariff.declared import text_of
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.kinds import DAY, Base, Kind, Misread, read_value
from cvq.rules.tariff.read import Fields, Text


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The council decision that a tariff comes from."""

    by: str = ""
    number: str = ""
    on: str = ""

    def told(self) -> str:
        """Return the decision as people cite it."""
        number = f", délibération {self.number}" if self.number else ""
        on = f", {_day(self.on)}" if self.on else ""
        return f"{self.by}{number}{on}"


def _day(written: str) -> str:
    try:
        return f"{date.fromisoformat(written):%d/%m/%Y}"
    except ValueError:
        return written


def read_decision(root: Fields) -> Decision:
    """
    Return the decision that a document cites, or whoever took it.

    :raises Wrong: something else than a text stands there, or a day that no calendar has.
    """
    node = root.fields.get("decision")
    if not isinstance(node, Fields):
        return Decision(by=node.value if isinstance(node, Text) else "")
    on = text_of(node, "on") or ""
    if DAY.fullmatch(on):  # of an old one people know the year, or the month
        try:
            read_value(Kind(base=Base.DATE), on)
        except Misread as error:
            raise Wrong(node.lines["on"], f"La date de la décision, {error}.") from error
    return Decision(
        by=text_of(node, "by") or "",
        number=text_of(node, "number") or "",
        on=on,
    )
