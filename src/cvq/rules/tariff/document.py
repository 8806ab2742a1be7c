"""
A tariff as a whole: its sections read in one pass, every name resolved, every finding gathered.

A definition that is wrong is told once, where it stands; what leans on it is passed over in silence
until it is mended.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import msgspec

from cvq.rules.tariff.declared import Input, read_input, text_of
from cvq.rules.tariff.findings import Finding, TariffUnreadable, Wrong
from cvq.rules.tariff.formula import HITS, Env, Formula, missing
from cvq.rules.tariff.functions import fields_of
from cvq.rules.tariff.items import Counter, Item, read_counter, read_item
from cvq.rules.tariff.kinds import UNKNOWN, Base, Kind, Misread, Value, read_value
from cvq.rules.tariff.meaning import Broken, compiled
from cvq.rules.tariff.read import Fields, Items, Node, Text, read
from cvq.rules.tariff.rounding import rounded
from cvq.rules.tariff.roundings import read_rounding, read_roundings
from cvq.rules.tariff.tables import Table
from cvq.rules.tariff.vocabulary import WEEKDAYS
from cvq.rules.tariff.written_tables import Titles, read_table

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
    "items",
    "examples",
    "source",
    "notes",
    "readings",
}
CLOSED = frozenset({"and", "or", "not", "subtotal", "total", "unknown", "position", "round"})
MISSING = object()
T = TypeVar("T")


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The council decision that a tariff comes from."""

    by: str = ""
    number: str = ""
    on: str = ""

    def told(self) -> str:
        """Return the decision as people cite it."""
        number = f", délibération {self.number}" if self.number else ""
        return f"{self.by}{number}{f', {self.on}' if self.on else ''}"


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
        return document.tariff(), document.findings
    except TariffUnreadable as error:
        return None, list(error.findings)
    except RecursionError:
        return None, [Finding(line=1, sentence="Trop de définitions qui se suivent.")]


class _Document:
    """The names of a document, worked out when somebody asks for them."""

    def __init__(self, root: Fields) -> None:
        self.root = root
        self.findings: list[Finding] = []
        self._unknown_keys()
        self.inputs: dict[str, Input] = {}
        for name, node, line in self._section("inputs"):
            self._try(partial(self._input, name, node, line))
        self.value_nodes = {name: (node, line) for name, node, line in self._section("values")}
        self.table_nodes = {name: (node, line) for name, node, line in self._section("tables")}
        self._cells()
        self.values: dict[str, Formula] = {}
        self.tables: dict[str, Table] = {}
        self.counters: dict[str, Counter] = {}
        self.broken: set[str] = set()
        self.working: set[str] = set()
        self.used: set[str] = set()
        self.words = self._words()
        self._clashes()

    # What a scope must offer.

    def find(self, name: str) -> Formula | None:
        """Return the formula that bears a name."""
        if name in self.broken:
            raise Broken
        if name in self.inputs:
            return self.inputs[name].formula()
        if name in self.value_nodes:
            self._worked_out(name, self._value)
            return self.values[name]
        counter, _, side = name.partition(".")
        if side in {"before", "nth"} and counter in self.counters:
            return self.counters[counter].formula(side)
        for one in self.inputs.values():
            if one.kind.base is Base.LIST and name in one.kind.fields:
                return fields_of(one.kind)[name]
        return None

    def table(self, name: str) -> Table | None:
        """Return the table that bears a name."""
        if name in self.broken:
            raise Broken
        if name not in self.table_nodes:
            return None
        self.used.add(name)
        self._worked_out(name, self._table)
        return self.tables[name]

    def names(self) -> str:
        """Return the names that exist."""
        found = [*self.inputs, *self.value_nodes, *self.table_nodes, *self.counters]
        return ", ".join(found) or "aucun"

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
            make(name)
        except (Wrong, Broken):
            self.broken.add(name)
            raise
        finally:
            self.working.discard(name)

    # The whole.

    def tariff(self) -> Tariff:
        """Return the tariff; what is wrong is in `findings`."""
        for name, node, line in self._section("counters"):
            self._try(partial(self._counter, name, node, line))
        for name in [*self.value_nodes, *self.table_nodes]:
            make = self._value if name in self.value_nodes else self._table
            self._try(partial(self._worked_out, name, make))
        roundings = self._try(lambda: read_roundings(self.root)) or {}
        items: dict[str, Item] = {}
        titles = self._titles()
        for name, node, _ in self._section("items"):
            item = self._try(partial(read_item, name, node, self, titles.names, roundings))
            if item is not None:
                items[name] = item
                self.findings += item.findings
        if not items and not self.findings:
            self._say(1, "Ce tarif ne fixe aucun prix.", "décrivez au moins un « items »")
        if not self.findings:
            self._unused(items)
        return Tariff(
            name=text_of(self.root, "tariff") or "",
            title=text_of(self.root, "title") or text_of(self.root, "tariff") or "",
            decision=self._decision(),
            since=self._since(),
            items=items,
            inputs=self.inputs,
            counters=self.counters,
            tables=self.tables,
            examples=self.root.fields.get("examples"),
        )

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
            cells += _scalars(node)
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
        words = set(WEEKDAYS)
        for one in self.inputs.values():
            words |= set(one.kind.words)
            for field in one.kind.fields.values():
                words |= set(field.words)
        for node, _ in self.table_nodes.values():
            words |= _result_words(node)
        return frozenset(words)

    def _clashes(self) -> None:
        for section in ("inputs", "values", "tables", "counters"):
            for name, _, line in self._section(section):
                others = [s for s in ("inputs", "values", "tables", "counters") if s != section]
                if any(name == other for s in others for other, _, _ in self._section(s)):
                    self._say(line, f"« {name} » est le nom de deux choses.", "renommez l'une")
                if name in self.words or name in CLOSED:
                    self._say(line, f"« {name} » est aussi un mot.", "renommez-le")
        for one in self.inputs.values():
            for field in one.kind.fields:
                if field in self.inputs or field in self.value_nodes:
                    self._say(
                        one.line,
                        f"« {field} », dans la liste « {one.name} », est aussi un nom au-dehors.",
                        "renommez l'un des deux",
                    )

    def _titles(self) -> Titles:
        names = {one.name: one.title for one in self.inputs.values()}
        for name, (node, _) in self.value_nodes.items():
            title = text_of(node, "title") if isinstance(node, Fields) else None
            names[name] = title or name.replace("_", " ")
        meanings = {one.name: one.meanings for one in self.inputs.values()}
        return Titles(names, meanings)

    def _value(self, name: str) -> None:
        node, line = self.value_nodes[name]
        if isinstance(node, Text):
            text, step = node.value, None
        elif isinstance(node, Fields) and set(node.fields) <= {"is", "title", "round"}:
            text = text_of(node, "is") or ""
            step = node.fields.get("round")
        else:
            raise Wrong(line, f"« {name} » s'écrit « {name}: formule » ou avec is, title, round.")
        formula = compiled(text, self, line)
        raw = formula.raw
        if step is not None:
            formula, raw = _stepped(formula, step)
        cached = _kept(name, raw) if formula.tables else _kept_plain(name, raw)
        needs, inputs = formula.needs, self.inputs

        def run(env: Env) -> Any:
            value = cached(env)
            if value is UNKNOWN:
                absent = [n for n in sorted(needs) if env.get(n, UNKNOWN) is UNKNOWN]
                raise missing(" ou ".join(inputs[n].title for n in absent if n in inputs) or name)
            return value

        self.values[name] = msgspec.structs.replace(formula, run=run, raw=cached)

    def _table(self, name: str) -> None:
        node, _ = self.table_nodes[name]
        table, found = read_table(name, node, self, self._titles())
        self.tables[name] = table
        self.findings += found

    def _counter(self, name: str, node: Node, line: int) -> None:
        self.counters[name] = read_counter(name, node, line)

    def _unused(self, items: Mapping[str, Item]) -> None:
        needs: set[str] = set()
        for item in items.values():
            needs |= item.needs
        needs |= {name for counter in self.counters.values() for name in counter.needs(self)}
        for one in self.inputs.values():
            if one.name not in needs:
                self._say(one.line, f"L'entrée « {one.name} » ne sert à rien.", "retirez-la")
        for name, (_, line) in self.table_nodes.items():
            if name not in self.used:
                self._say(line, f"La table « {name} » ne sert à rien.", "retirez-la")

    def _decision(self) -> Decision:
        node = self.root.fields.get("decision")
        if not isinstance(node, Fields):
            return Decision(by=node.value if isinstance(node, Text) else "")
        return Decision(
            by=text_of(node, "by") or "",
            number=text_of(node, "number") or "",
            on=text_of(node, "on") or "",
        )

    def _since(self) -> str:
        written = text_of(self.root, "from") or ""
        if written:
            try:
                read_value(Kind(base=Base.DATE), written)
            except Misread as error:
                self._say(self.root.lines["from"], f"« from » : {error}.")
        return written


def _scalars(node: Node) -> int:
    match node:
        case Text():
            return 1
        case Items(items=items):
            return sum(_scalars(one) for one in items)
        case Fields(fields=fields):
            return sum(_scalars(one) for one in fields.values())


def _result_words(node: Node) -> set[str]:
    # The words that a table gives: the cells of its columns of words.
    if not isinstance(node, Fields):
        return set()
    when, then = node.fields.get("when"), node.fields.get("then")
    if not isinstance(when, Items):
        return set()
    kinds = list(then.fields.values()) if isinstance(then, Fields) else [then]
    places = [
        len(when.items) + i
        for i, kind in enumerate(kinds)
        if isinstance(kind, Text) and kind.value == "words"
    ]
    grids: list[Node] = [node]
    versions = node.fields.get("versions")
    if isinstance(versions, Items):
        grids += versions.items
    words: set[str] = set()
    for grid in grids:
        rows = grid.fields.get("rows") if isinstance(grid, Fields) else None
        for row in rows.items if isinstance(rows, Items) else ():
            if isinstance(row, Items):
                cells = [row.items[place] for place in places if place < len(row.items)]
                words |= {cell.value for cell in cells if isinstance(cell, Text)}
    return words


def _kept_plain(name: str, raw: Callable[[Env], Any]) -> Callable[[Env], Any]:
    def cached(env: Env) -> Any:
        value = env.get(name, MISSING)
        if value is MISSING:
            value = env[name] = raw(env)
        return value

    return cached


def _kept(name: str, raw: Callable[[Env], Any]) -> Callable[[Env], Any]:
    # The rows that spoke are kept with the value: whoever reads it stands on them too.
    rows = f"{name}{HITS}"

    def cached(env: Env) -> Any:
        hits = env.get(HITS)
        value = env.get(name, MISSING)
        if value is MISSING:
            env[HITS] = env[rows] = []
            value = env[name] = raw(env)
            env[HITS] = hits
        if hits is not None:
            hits.extend(env[rows])
        return value

    return cached


def _stepped(formula: Formula, node: Node) -> tuple[Formula, Callable[[Env], Value]]:
    step, how = read_rounding(node, formula.kind)
    raw = formula.raw

    def run(env: Env) -> Any:
        value = raw(env)
        return value if value is UNKNOWN else rounded(value, step, how)

    kind = msgspec.structs.replace(formula.kind, step=step)
    return msgspec.structs.replace(formula, kind=kind, tree=None), run
