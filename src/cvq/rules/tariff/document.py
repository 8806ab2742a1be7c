"""
A tariff as a whole: its sections read in one pass, every name resolved, every finding gathered.

A definition that is wrong is told once, where it stands; what leans on it is passed over in silence
until it is mended.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property, partial
from typing import TypeVar

import msgspec

from cvq.rules.tariff import deadlines_told
from cvq.rules.tariff.calls import fields_of
from cvq.rules.tariff.checker.effort import Effort
from cvq.rules.tariff.checker.sound import faults
from cvq.rules.tariff.checker.unused import ITEM, Uses, of_item, unused
from cvq.rules.tariff.counters import Counter, read_counter
from cvq.rules.tariff.deadlines import Stated, read_deadline
from cvq.rules.tariff.decision import Decision, read_decision
from cvq.rules.tariff.declared import Input, read_input, text_of
from cvq.rules.tariff.findings import Finding, TariffUnreadable, Wrong
from cvq.rules.tariff.formula import Formula
from cvq.rules.tariff.items import Item, price_of
from cvq.rules.tariff.kinds import Base, Kind, Misread, listed, read_value
from cvq.rules.tariff.meaning import Broken
from cvq.rules.tariff.names import clashes, words_of
from cvq.rules.tariff.read import Fields, Node, Text, read
from cvq.rules.tariff.roundings import read_roundings
from cvq.rules.tariff.tables import Table
from cvq.rules.tariff.values import read_named
from cvq.rules.tariff.written.items import read_item
from cvq.rules.tariff.written.size import limited
from cvq.rules.tariff.written.tables import faults_of, read_table

# fmt: off
KEYS = {
    "tariff", "title", "decision", "from", "rounding", "inputs", "values", "tables", "counters",
    "deadlines", "items", "examples", "source", "notes", "readings",
}
# fmt: on
CUT = "coupez le cercle"
SECTIONS = ("inputs", "values", "tables", "deadlines", "counters")
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


def read_published(text: str) -> Tariff:
    """
    Return the tariff that a published text states: it was right by the checker of its day.

    It is not proved again: a case without a price is refused when it comes.  A price that can no
    longer be read is missing from its items.

    :raises TariffUnreadable: nothing can be read of it.
    """
    tariff, findings = _read(text, None)
    if tariff is None:
        raise TariffUnreadable(findings)
    return tariff


def check(text: str) -> tuple[Tariff | None, list[Finding]]:
    """Return the tariff, if it can be read at all, and everything that is wrong with it."""
    return _read(text, Effort())


def _read(text: str, effort: Effort | None) -> tuple[Tariff | None, list[Finding]]:
    try:
        document = _Document(read(text), effort)
        return document.tariff(), list(dict.fromkeys(document.findings))
    except TariffUnreadable as error:
        return None, list(error.findings)
    except RecursionError:
        return None, [Finding(line=1, sentence="Trop de définitions qui se suivent.")]


class _Document:
    """The names of a document, worked out when somebody asks; without effort nothing is proved."""

    def __init__(self, root: Fields, effort: Effort | None) -> None:
        self.root, self.effort = root, effort
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
        limited(self.table_nodes)
        self.values: dict[str, Formula] = {}
        self.tables: dict[str, Table] = {}
        self.counters: dict[str, Counter] = {}
        self.item_nodes = {name: (node, line) for name, node, line in self._section("items")}
        self.items: dict[str, Item] = {}
        self.working: list[str] = []  # in the order in which each reads the next
        self.uses = Uses()
        self.fields = {
            name: one
            for list_input in self.inputs.values()
            for name, one in fields_of(list_input.kind).items()
            if list_input.kind.base is Base.LIST
        }
        self.words = words_of(self.inputs, self.table_nodes)
        named = {section: self._section(section) for section in SECTIONS}
        self.findings += clashes(named, self.inputs, self.words)

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

    def item(self, name: str) -> Formula | None:
        """Return the price of the item that bears a name, for another that reads it."""
        if name not in self.item_nodes:
            return None
        self.note(of_item(name))
        item = self._item(name)
        if item.findings:
            raise Broken  # it is told where it stands, once
        return price_of(item)

    def own(self, name: str) -> set[str]:
        """Return what an item reads by itself, not through another one."""
        return self.uses.own(of_item(name))

    def note(self, name: str) -> None:
        """Remember that what is being read reads a name."""
        self.uses.note(name)

    def names(self) -> str:
        """Return the names that exist."""
        found = [*self.inputs, *self.value_nodes, *self.table_nodes]
        found += [*self.deadlines, *self.counters, *self.item_nodes]
        return listed(found) or "aucun"

    def _worked_out(self, name: str, make: Callable[[str], None]) -> None:
        if name in self.values or name in self.tables:
            return
        if name in self.broken:
            raise Broken
        if name in self.working:
            self.broken.add(name)
            line = (self.value_nodes.get(name) or self.table_nodes[name])[1]
            raise Wrong(line, f"« {name} » se définit par lui-même{self._circle(name)}.", CUT)
        self.working.append(name)
        try:
            with self.uses.of(name):
                make(name)
        except (Wrong, Broken):
            self.broken.add(name)
            raise
        finally:
            self.working.pop()

    def _circle(self, name: str) -> str:
        chain = [*self.working[self.working.index(name) :], name]
        if not any(one.startswith(ITEM) for one in chain):
            return ""
        return " : " + " → ".join(one.removeprefix(ITEM) for one in chain)

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
        self._try(lambda: self.roundings)
        items: dict[str, Item] = {}
        for name in self.item_nodes:
            item = self._try(partial(self._item, name))
            if item is not None:
                items[name] = item
                self.findings += item.findings
        if not items and not self.findings:
            self._say(1, "Ce tarif ne fixe aucun prix.", "décrivez au moins un « items »")
        moving = set[str]()
        for counter in self.counters.values():
            self._try(partial(self._moving, counter, moving))
        if self.effort is not None and not self.findings:
            self._unused(items, moving)
        if self.effort is not None and not self.findings:
            self.findings += faults(items.values(), self, self.titles, self.effort)
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

    def _input(self, name: str, node: Node, line: int) -> None:
        self.inputs[name] = read_input(name, node, line)

    @cached_property
    def titles(self) -> dict[str, str]:
        """Return what people call the inputs and the values."""
        names = {one.name: one.title for one in self.inputs.values()}
        # A price may bear the name of a word or a table, and is then read by nobody.
        for name, (node, _) in [*self.value_nodes.items(), *self.item_nodes.items()]:
            title = node.fields.get("title") if isinstance(node, Fields) else None
            said = title.value if isinstance(title, Text) else ""
            names.setdefault(name, said or name.replace("_", " "))
        return names

    def _value(self, name: str) -> None:
        node, line = self.value_nodes[name]
        self.values[name] = read_named(name, node, line, self, self.inputs)

    @cached_property
    def roundings(self) -> dict[str, tuple[Fraction, str]]:
        """Return the roundings that the document says for all its prices."""
        return read_roundings(self.root)

    def _item(self, name: str) -> Item:
        if name in self.items:
            return self.items[name]
        if of_item(name) in self.broken:
            raise Broken
        node, line = self.item_nodes[name]
        if of_item(name) in self.working:
            self.broken.add(of_item(name))
            circle = self._circle(of_item(name))
            raise Wrong(line, f"Le prix « {name} » se lit lui-même{circle}.", CUT)
        self.working.append(of_item(name))
        try:
            with self.uses.of(of_item(name)):
                self.items[name] = read_item(name, node, self, self.titles, self.roundings)
        except (Wrong, Broken):
            self.broken.add(of_item(name))
            raise
        finally:
            self.working.pop()
        return self.items[name]

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
        table = read_table(name, node, self, self.titles)
        if self.effort is not None:
            self.findings += faults_of(table, node, self, self.titles, self.effort)
        self.tables[name] = table

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
