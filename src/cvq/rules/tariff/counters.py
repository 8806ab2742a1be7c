"""Counters: what is counted, of whom, over which period; the caller counts, the tariff reads."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import msgspec

from cvq.rules.tariff.declared import Input, text_of
from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import Env, Formula, missing
from cvq.rules.tariff.grammar import Binary, Name, Number
from cvq.rules.tariff.kinds import UNKNOWN, Base, Kind, Misread, read_value
from cvq.rules.tariff.meaning import Broken, Scope, compiled
from cvq.rules.tariff.read import Fields, Items, Node, Text

THOUSANDTH = Fraction(1, 1000)
COUNTER_KEYS = {"title", "unit", "of", "per", "starts", "by", "adds", "when"}
# The periods whose first days no tariff can know but by saying them.
STARTED = ("term", "season")
PERIODS = ("day", "week", "month", "term", "school_year", "year", "season", "ever")
SCOPES = ("child", "person", "household", "organisation")
CLOSED_SETS = {Base.WORD, Base.TRUTH}
LEAP_YEAR, LEAP_DAY = 2024, (2, 29)


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is counted, of whom, over which period; the caller counts, the tariff reads.

    `by` are the inputs whose values are counted apart; `starts` the days of the year, month and
    day, on which a period of its own begins.
    """

    name: str
    title: str
    unit: str
    of: str
    per: str
    adds: str
    when: str
    line: int
    step: Fraction = Fraction(1)
    by: tuple[Input, ...] = ()
    starts: tuple[tuple[int, int], ...] = ()

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
        needs = read.needs.union(one.name for one in self.by)
        given = read.run

        def apart(env: Env) -> Any:
            self.apart(env)
            return given(env)

        before = apart if self.by else given
        if side == "before":
            return msgspec.structs.replace(read, run=before, raw=before, needs=needs)
        kind = msgspec.structs.replace(read.kind, low=Fraction(1))

        def nth(env: Env) -> Any:
            return before(env) + 1

        tree = Binary("+", Name(self.before().name), Number(1))
        return msgspec.structs.replace(read, kind=kind, run=nth, raw=nth, needs=needs, tree=tree)

    def apart(self, env: Env) -> str:
        """Return what a use is counted under: the words of `by`, unknown being one of them."""
        words = []
        for one in self.by:
            value = env.get(one.name, UNKNOWN)
            if value is UNKNOWN and not one.kind.unknown:
                raise missing(one.title)
            words.append(_word(value))
        return ":".join(words)

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


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """A counter that a price moves: by how much, and when (None = always)."""

    counter: Counter
    adds: Formula
    when: Formula | None


def movings(
    named: Node | None, every: Mapping[str, Counter], read: Collection[str], scope: Scope, line: int
) -> tuple[Moving, ...]:
    """
    Return the counters that a price moves: those that it names; naming none, those that it reads.

    What is read through another price is that one's to move.

    :raises Wrong: one of them is no counter, or cannot be moved.
    """
    if named is None:
        names = [name for name in every if name in read]
    else:
        names = _listed(named)
    found = []
    for name in dict.fromkeys(names):
        if name not in every:
            raise Wrong(line, f"« {name} » n'est pas un compteur.", ", ".join(every))
        adds, when = every[name].moving(scope)
        found.append(Moving(counter=every[name], adds=adds, when=when))
    return tuple(found)


def read_counter(
    name: str, node: Node, line: int, inputs: Mapping[str, Input], broken: Collection[str] = ()
) -> Counter:
    """
    Return a counter as it is declared.

    :raises Wrong: it does not say of whom, over which period, or by what that can be counted apart.
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
        by=_by(name, node, inputs, broken),
        starts=_starts(name, node, per),
    )


def _by(
    name: str, node: Fields, inputs: Mapping[str, Input], broken: Collection[str]
) -> tuple[Input, ...]:
    if "by" not in node.fields:
        return ()
    line, names = node.lines["by"], _listed(node.fields["by"])
    apart = [one.name for one in inputs.values() if one.kind.base in CLOSED_SETS]
    choices = (f"une entrée à mots ou oui/non : {', '.join(apart) or 'aucune'}", "retirez « by »")
    if not names or len(set(names)) < len(names):
        raise Wrong(line, f"« {name} » nomme les entrées qu'il compte à part (by).", *choices)
    for one in names:
        if one in broken:
            raise Broken
        if one not in inputs:
            sentence = f"« {name} » compte à part par « {one} », qui n'est pas une entrée."
            raise Wrong(line, sentence, *choices)
        kind = inputs[one].kind
        if kind.base not in CLOSED_SETS:
            sentence = f"« {name} » compte à part par « {one} », qui est {kind.french()}."
            raise Wrong(line, sentence, *choices)
    return tuple(inputs[one] for one in names)


def _starts(name: str, node: Fields, per: str) -> tuple[tuple[int, int], ...]:
    line = node.lines.get("starts", node.line)
    if per not in STARTED:
        if "starts" in node.fields:
            sentence = f"« {name} » compte par {per} : ses débuts sont connus (starts)."
            raise Wrong(line, sentence, "retirez « starts »", f"per : {', '.join(STARTED)}")
        return ()
    days = []
    for text in _listed(node.fields.get("starts")):
        try:
            number = read_value(Kind(base=Base.MONTHDAY), text)
        except Misread as error:
            raise Wrong(line, f"« {name} », débuts (starts) : {error}.") from error
        assert isinstance(number, int)
        day = date(LEAP_YEAR, 1, 1) + timedelta(days=number - 1)
        days.append((day.month, day.day))
    if not days or len(set(days)) < len(days) or LEAP_DAY in days:
        raise Wrong(
            line,
            f"« {name} » ne dit pas quels jours de l'année il repart de zéro (starts).",
            "« starts: [09-01, 01-01, 04-01] »",
            "« per: school_year » ou « per: year », s'il repart une fois par an",
        )
    return tuple(sorted(days))


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "?" if value is UNKNOWN else str(value)


def _listed(node: Node | None) -> list[str]:
    if isinstance(node, Items):
        return [one.value for one in node.items if isinstance(one, Text)]
    return [node.value] if isinstance(node, Text) and node.value else []
