"""Counters: what is counted, of whom, over which period; the caller counts, the tariff reads."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import msgspec

from cvq.rules.tariff.declared import Input, text_of
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import Env, Formula
from cvq.rules.tariff.kinds import UNKNOWN, Base, Kind
from cvq.rules.tariff.meaning import Scope, compiled
from cvq.rules.tariff.read import Fields, Node

THOUSANDTH = Fraction(1, 1000)
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
    step: Fraction = Fraction(1)

    def before(self) -> Input:
        """Return what the caller gives: how much was counted until now."""
        return Input(
            name=f"{self.name}.before",
            title=f"{self.title} (déjà comptés)",
            kind=Kind(base=Base.NUMBER, unit=self.unit, low=Fraction(0), step=self.step),
            absent=UNKNOWN,
            line=self.line,
        )

    def formula(self, side: str) -> Formula:
        """Return `before`, what was counted until now, or `nth`, one more."""
        read = self.before().formula()
        before = read.run
        if side == "before":
            return msgspec.structs.replace(read, raw=before)
        kind = msgspec.structs.replace(read.kind, low=Fraction(1))

        def nth(env: Env) -> Any:
            return before(env) + 1

        return msgspec.structs.replace(read, kind=kind, run=nth, raw=nth)

    def moving(self, scope: Scope) -> tuple[Formula, Formula | None]:
        """
        Return by how much a use moves it, and whether it does (None = always).

        :raises Wrong: one of them is not what it should be.
        """
        adds = compiled(self.adds, scope, self.line)
        when = compiled(self.when, scope, self.line) if self.when else None
        if adds.kind.base is not Base.NUMBER or adds.fields:
            raise Wrong(self.line, f"« {self.name} » compte un nombre (adds).")
        if adds.kind.step is None or adds.kind.step % self.step:
            raise Wrong(
                self.line,
                f"« {self.name} » compte au millième : dites comment arrondir ce qui s'ajoute.",
                f"« adds: round({self.adds}, 0.001, half_up) »",
            )
        if when is not None and (when.kind.base is not Base.TRUTH or when.fields):
            raise Wrong(self.line, f"« {self.name} » compte quand une condition vaut (when).")
        return adds, when


def read_counter(name: str, node: Node, line: int, inputs: Mapping[str, Input]) -> Counter:
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
    adds = text_of(node, "adds") or "1"
    step = Fraction(1) if adds == "1" else THOUSANDTH
    if adds in inputs:
        step = inputs[adds].kind.step or THOUSANDTH
    return Counter(
        name=name,
        title=text_of(node, "title") or name.replace("_", " "),
        unit=text_of(node, "unit") or "",
        of=of,
        per=per,
        adds=adds,
        step=step,
        when=text_of(node, "when") or "",
        line=line,
    )
