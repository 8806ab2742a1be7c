"""
A tariff as a whole: its sections read in one pass, every name resolved, every finding gathered.

A definition that is wrong is told once, where it stands; what leans on it is passed over in silence
until it is mended.
"""

from collections import Counter as Counts
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any, TypeVar

import msgspec

from cvq.rules.tariff import deadlines_told
from cvq.rules.tariff.calls import fields_of
from cvq.rules.tariff.counters import Counter, read_counter
from cvq.rules.tariff.deadlines import NOTICE, Stated, read_deadline
from cvq.rules.tariff.decision import Decision, read_decision
from cvq.rules.tariff.declared import Input, read_input, text_of
from cvq.rules.tariff.findings import Finding, TariffUnreadable, Wrong
from cvq.rules.tariff.formula import Env, Formula, missing
from cvq.rules.tariff.items import Item
from cvq.rules.tariff.kinds import UNKNOWN, Base, Kind, Misread, listed, read_value
from cvq.rules.tariff.meaning import Broken, compiled
from cvq.rules.tariff.read import Fields, Node, Text, read
from cvq.rules.tariff.roundings import read_roundings
from cvq.rules.tariff.tables import Table
from cvq.rules.tariff.unused import Uses, unused
from cvq.rules.tariff.values import kept, kept_plain, result_words, scalars, stepped
from cvq.rules.tariff.vocabulary import WEEKDAYS
from cvq.rules.tariff.written_items import read_item
from cvq.rules.tariff.written_tables import read_table

MAX_CELLS = 5000
KEYS = {
    "tariff",
    "title",
    "decision",
    "from",
    "rounding",
    "inputs",
    "values",
    "tables",
    "counters",
    "deadlines",
    "items",
    "examples",
    "source",
    "notes",
    "readings",
}
SECTIONS = ("inputs", "values", "tables", "deadlines", "counters")
CLOSED = frozenset({"and", "or", "not", "subtotal", "total", "unknown", "position", "round"})
MISSING = object()
T = TypeVar("T")


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """A tariff ready to rate: its items by name, and what they need to know."""

    name: str
    title: str
    decision: Decision
    since: str
    items: dict[str, Item]
    inputs: dict[str, Input]
    counters: dict[str, Counter]
    tables: dict[str, Table]
    deadlines: dict[str, str]
    examples: Node | None


def compile_text(text: str) -> Tariff:
    """
    Return the tariff that a text states.

    :raises TariffUnreadable: with every finding of the checker.
    """
    tariff, findings = check(text)
    if findings or tariff is None:
        raise TariffUnreadable(findings or "Le tarif est vide.")
    return tariff


def check(text: str) -> tuple[Tariff | None, list[Finding]]:
    """Return the tariff, if it can be read at all, and everything that is wrong with it."""
    try:
        document = _Document(read(text))
        return document.tariff(), list(dict.fromkeys(document.findings))
    except TariffUnreadable as error:
        return None, list(error.findings)
    except RecursionError:
        return None, [Finding(line=1, sentence="Trop de définitions qui se suivent.")]


class _Document:
    """The names of a document, worked out when somebody asks for them."""

    def __init__(self, root: Fields) -> None:
        self.root = root
        self.findings: list[Finding] = []
        self.sections: dict[str, list[tuple[str, Node, int]]] = {}
        self._unknown_keys()
        self.broken: set[str] = set()
        self.inputs: dict[str, Input] = {}
        for name, node, line in self._section("inputs"):
            self._told_once(name, partial(self._input, name, node, line))
        self.deadlines: dict[str, Formula] = {}
        self.stated: dict[str, Stated] = {}
        self.value_nodes = {name: (node, line) for name, node, line in self._section("values")}
        self.table_nodes = {name: (node, line) for name, node, line in self._section("tables")}
        self._cells()
        self.values: dict[str, Formula] = {}
        self.tables: dict[str, Table] = {}
        self.counters: dict[str, Counter] = {}
        self.working: set[str] = set()
        self.uses = Uses()
        self.fields = {
            name: one
            for list_input in self.inputs.values()
            for name, one in fields_of(list_input.kind).items()
            if list_input.kind.base is Base.LIST
        }
        self.words = self._words()
        self._clashes()

    # What a scope must offer.

    def find(self, name: str) -> Formula | None:
        """Return the formula that bears a name."""
        if name in self.broken:
            raise Broken
        if name in self.inputs:
            return self.inputs[name].formula()
        self.note(name)
        if name in self.value_nodes:
            self._worked_out(name, self._value)
            return self.values[name]
        if name in self.deadlines:
            return self.deadlines[name]
        counter, _, side = name.partition(".")
        if counter in self.broken:
            raise Broken
        if side in {"before", "nth"} and counter in self.counters:
            self.note(counter)
            return self.counters[counter].formula(side)
        return self.fields.get(name)

    def table(self, name: str) -> Table | None:
        """Return the table that bears a name."""
        if name in self.broken:
            raise Broken
        if name not in self.table_nodes:
            return None
        self.note(name)
        self._worked_out(name, self._table)
        return self.tables[name]

    def note(self, name: str) -> None:
        """Remember that what is being read reads a name."""
        self.uses.note(name)

    def names(self) -> str:
        """Return the names that exist."""
        found = [*self.inputs, *self.value_nodes, *self.table_nodes]
        found += [*self.deadlines, *self.counters]
        return listed(found) or "aucun"

    def _worked_out(self, name: str, make: Callable[[str], None]) -> None:
        if name in self.values or name in self.tables:
            return
        if name in self.broken:
            raise Broken
        if name in self.working:
            self.broken.add(name)
            line = (self.value_nodes.get(name) or self.table_nodes[name])[1]
            raise Wrong(line, f"« {name} » se définit par lui-même.", "coupez le cercle")
        self.working.add(name)
        try:
            with self.uses.of(name):
                make(name)
        except (Wrong, Broken):
            self.broken.add(name)
            raise
        finally:
            self.working.discard(name)

    # The whole.

    def tariff(self) -> Tariff:
        """Return the tariff; what is wrong is in `findings`."""
        for name, node, line in self._section("deadlines"):
            self._told_once(name, partial(self._deadline, name, node, line))
        for name, node, line in self._section("counters"):
            self._told_once(name, partial(self._counter, name, node, line))
        for name in [*self.value_nodes, *self.table_nodes]:
            make = self._value if name in self.value_nodes else self._table
            self._try(partial(self._worked_out, name, make))
        roundings = self._try(lambda: read_roundings(self.root)) or {}
        items: dict[str, Item] = {}
        for name, node, _ in self._section("items"):
            item = self._try(partial(read_item, name, node, self, self.titles, roundings))
            if item is not None:
                items[name] = item
                self.findings += item.findings
        if not items and not self.findings:
            self._say(1, "Ce tarif ne fixe aucun prix.", "décrivez au moins un « items »")
        moving = set[str]()
        for counter in self.counters.values():
            self._try(partial(self._moving, counter, moving))
        if not self.findings:
            self._unused(items, moving)
        name = self._try(lambda: text_of(self.root, "tariff") or "") or ""
        return Tariff(
            name=name,
            title=self._try(lambda: text_of(self.root, "title") or name) or name,
            decision=self._try(lambda: read_decision(self.root)) or Decision(),
            since=self._try(self._since) or "",
            items=items,
            inputs=self.inputs,
            counters=self.counters,
            tables=self.tables,
            deadlines=self._told_deadlines(items),
            examples=self.root.fields.get("examples"),
        )

    def _told_once(self, name: str, work: Callable[[], None]) -> None:
        # What leans on a name that is wrong is passed over: it is told once, where it stands.
        told = len(self.findings)
        self._try(work)
        if len(self.findings) > told:
            self.broken.add(name)

    def _try(self, work: Callable[[], T]) -> T | None:
        try:
            return work()
        except Wrong as wrong:
            self.findings.append(wrong.finding)
        except Broken:
            pass
        return None

    def _say(self, line: int, sentence: str, *choices: str) -> None:
        self.findings.append(Finding(line=line, sentence=sentence, choices=choices))

    def _section(self, key: str) -> list[tuple[str, Node, int]]:
        if key not in self.sections:
            self.sections[key] = self._entries(key)
        return self.sections[key]

    def _entries(self, key: str) -> list[tuple[str, Node, int]]:
        node = self.root.fields.get(key)
        if node is None or (isinstance(node, Text) and not node.value):
            return []
        if not isinstance(node, Fields):
            self._say(self.root.lines[key], f"« {key} » donne un nom à chacun : « nom: … ».")
            return []
        return [(name, one, node.lines[name]) for name, one in node.fields.items()]

    def _unknown_keys(self) -> None:
        for key in self.root.fields:
            if key not in KEYS:
                known = ", ".join(sorted(KEYS))
                self._say(self.root.lines[key], f"« {key} » ne dit rien d'un tarif.", known)
        if "tariff" not in self.root.fields:
            self._say(1, "Il manque l'identifiant : « tariff: cantine-2025 ».")

    def _cells(self) -> None:
        cells = 0
        for name, (node, line) in self.table_nodes.items():
            cells += scalars(node)
            if cells > MAX_CELLS:
                raise TariffUnreadable(
                    [
                        Finding(
                            line=line,
                            sentence=f"Plus de {MAX_CELLS} cases, à partir de « {name} ».",
                            choices=("séparez le tarif en plusieurs documents",),
                        )
                    ]
                )

    def _input(self, name: str, node: Node, line: int) -> None:
        self.inputs[name] = read_input(name, node, line)

    def _words(self) -> frozenset[str]:
        words = {*WEEKDAYS, *NOTICE.words}
        for one in self.inputs.values():
            words |= set(one.kind.words)
            for field in one.kind.fields.values():
                words |= set(field.words)
        for node, _ in self.table_nodes.values():
            words |= result_words(node)
        return frozenset(words)

    def _clashes(self) -> None:
        owners = Counts(name for section in SECTIONS for name, _, _ in self._section(section))
        for section in SECTIONS:
            for name, _, line in self._section(section):
                if owners[name] > 1:
                    self._say(line, f"« {name} » est le nom de deux choses.", "renommez l'une")
                if name in self.words or name in CLOSED:
                    self._say(line, f"« {name} » est aussi un mot.", "renommez-le")
        for one in self.inputs.values():
            for field, kind in one.kind.fields.items():
                alike = self.fields[field].kind
                if owners[field] or msgspec.structs.replace(alike, absent=kind.absent) != kind:
                    self._say(
                        one.line,
                        f"« {field} », dans la liste « {one.name} », est aussi un nom au-dehors.",
                        "renommez l'un des deux",
                    )

    @cached_property
    def titles(self) -> dict[str, str]:
        """Return what people call the inputs and the values."""
        names = {one.name: one.title for one in self.inputs.values()}
        for name, (node, _) in self.value_nodes.items():
            title = node.fields.get("title") if isinstance(node, Fields) else None
            said = title.value if isinstance(title, Text) else ""
            names[name] = said or name.replace("_", " ")
        return names

    def _value(self, name: str) -> None:
        node, line = self.value_nodes[name]
        if isinstance(node, Text):
            text, step = node.value, None
        elif isinstance(node, Fields) and set(node.fields) <= {"is", "title", "round"}:
            text = text_of(node, "is") or ""
            text_of(node, "title")
            step = node.fields.get("round")
        else:
            raise Wrong(line, f"« {name} » s'écrit « {name}: formule » ou avec is, title, round.")
        formula = compiled(text, self, line)
        raw = formula.raw
        if step is not None:
            formula, raw = stepped(formula, step)
        # What hangs on a record is worked out for each: kept, it would be taken for the next.
        cached = kept(name, raw) if formula.tables else kept_plain(name, raw)
        if formula.fields:
            cached = raw
        needs, inputs = formula.needs, self.inputs

        def run(env: Env) -> Any:
            value = cached(env)
            if value is UNKNOWN:
                absent = [n for n in sorted(needs) if env.get(n, UNKNOWN) is UNKNOWN]
                raise missing(" ou ".join(inputs[n].title for n in absent if n in inputs) or name)
            return value

        self.values[name] = msgspec.structs.replace(
            formula, run=run, raw=cached, depth=formula.depth + 3
        )

    def _deadline(self, name: str, node: Node, line: int) -> None:
        with self.uses.of(name):
            self.deadlines[name], self.stated[name] = read_deadline(name, node, line, self)

    def _told_deadlines(self, items: Mapping[str, Item]) -> dict[str, str]:
        tables = self.tables
        if self.findings:
            items, tables = {}, {}
        return deadlines_told.told(self.stated, items, tables, self, self.titles)

    def _table(self, name: str) -> None:
        node, _ = self.table_nodes[name]
        table, found = read_table(name, node, self, self.titles)
        self.tables[name] = table
        self.findings += found

    def _counter(self, name: str, node: Node, line: int) -> None:
        self.counters[name] = read_counter(name, node, line, self.inputs, self.broken)

    def _moving(self, counter: Counter, needs: set[str]) -> None:
        with self.uses.of(counter.name):
            moving = counter.moving(self)
        for formula in moving:
            needs |= formula.needs if formula else frozenset()

    def _unused(self, items: Mapping[str, Item], moving: set[str]) -> None:
        for counted in (one.name for item in items.values() for one in item.counts):
            self.note(counted)
        self.findings += unused(
            inputs=self.inputs.values(),
            needed=moving.union(*(item.needs for item in items.values())),
            used=self.uses.of_prices(),
            sections={section: self._section(section) for section in SECTIONS},
            tables=self.tables,
        )

    def _since(self) -> str:
        written = text_of(self.root, "from") or ""
        if written:
            try:
                read_value(Kind(base=Base.DATE), written)
            except Misread as error:
                self._say(self.root.lines["from"], f"« from » : {error}.")
        return written
