"""Counters: what is counted, of whom, over which period; the caller counts, the tariff reads."""

from fractions import Fraction
from typing import Any

import msgspec

from cvq.rules.tariff.declared import text_of
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import Env, Formula, missing
from cvq.rules.tariff.kinds import UNKNOWN, Base, Kind
from cvq.rules.tariff.meaning import Scope, compiled
from cvq.rules.tariff.read import Fields, Node

COUNTER_KEYS = {"title", "unit", "of", "per", "adds", "when"}
PERIODS = ("day", "week", "month", "term", "school_year", "year", "season", "ever")
SCOPES = ("child", "person", "household", "organisation")


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted, of whom, over which period; the caller counts, the tariff reads."""

    name: str
    title: str
    unit: str
    of: str
    per: str
    adds: str
    when: str
    line: int

    def formula(self, side: str) -> Formula:
        """Return `before`, what was counted until now, or `nth`, one more."""
        key, title = f"{self.name}.before", self.title

        def before(env: Env) -> Any:
            value = env.get(key, UNKNOWN)
            if value is UNKNOWN:
                raise missing(f"{title} (déjà comptés)")
            return value

        low = Fraction(side == "nth")
        kind = Kind(base=Base.NUMBER, unit=self.unit, low=low, step=self._step())
        run = before if side == "before" else lambda env: before(env) + 1
        return Formula(kind=kind, run=run, raw=run, needs=frozenset({key}))

    def _step(self) -> Fraction:
        return Fraction(1) if self.adds == "1" else Fraction(1, 1000)

    def needs(self, scope: Scope) -> frozenset[str]:
        """Return the inputs that moving it reads."""
        found = frozenset[str]()
        for text in (self.adds, self.when):
            if text:
                found |= compiled(text, scope, self.line).needs
        return found


def read_counter(name: str, node: Node, line: int) -> Counter:
    """
    Return a counter as it is declared.

    :raises Wrong: it does not say of whom, or over which period.
    """
    if not isinstance(node, Fields) or set(node.fields) - COUNTER_KEYS:
        raise Wrong(line, f"« {name} » est un compteur : {', '.join(sorted(COUNTER_KEYS))}.")
    of, per = text_of(node, "of") or "", text_of(node, "per") or ""
    if of not in SCOPES or per not in PERIODS:
        raise Wrong(
            line,
            f"« {name} » compte pour qui et sur quelle période ?",
            f"of : {', '.join(SCOPES)}",
            f"per : {', '.join(PERIODS)}",
        )
    return Counter(
        name=name,
        title=text_of(node, "title") or name.replace("_", " "),
        unit=text_of(node, "unit") or "",
        of=of,
        per=per,
        adds=text_of(node, "adds") or "1",
        when=text_of(node, "when") or "",
        line=line,
    )
