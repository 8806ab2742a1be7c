"""
What changes from one version of a tariff to the next, said as an agent would say it.

Where both compile, each section is told in its own words; where one does not, the texts are
compared key by key.  Nothing that differs goes unsaid.
"""

from collections.abc import Mapping
from difflib import SequenceMatcher

from cvq.rules.tariff.compared.items import item_changes
from cvq.rules.tariff.compared.leaps import leap
from cvq.rules.tariff.compared.tables import table_changes
from cvq.rules.tariff.compared.words import (
    counter_changes,
    described,
    heading_changes,
    input_changes,
    written,
)
from cvq.rules.tariff.deadlines_told import AFTER, NEVER
from cvq.rules.tariff.document import Tariff, check
from cvq.rules.tariff.read import Fields, Items, Node, Text, read

SECTIONS = {
    "inputs": "l'entrée",
    "values": "la valeur",
    "tables": "la table",
    "deadlines": "le délai",
    "counters": "le compteur",
    "items": "le prix",
}
REWRITTEN = "autrement, sans que rien d'autre change"


def differences(before: str, after: str) -> list[str]:
    """
    Return one sentence for each thing that changes, in the order of the new document.

    :raises TariffUnreadable: one of the two cannot be read.
    """
    old, new = read(before), read(after)
    was, found = check(before)
    will, wrong = check(after)
    if was is None or will is None or found or wrong:
        changes: list[str] = []
        _compare("", old, new, changes)
        return changes
    return list(dict.fromkeys(_Spoken(old, new, was, will).changes()))


class _Spoken:
    """Two documents that can be rated, section by section."""

    def __init__(self, old: Fields, new: Fields, was: Tariff, will: Tariff) -> None:
        self.old, self.new, self.was, self.will = old, new, was, will

    def changes(self) -> list[str]:
        """Return the sentences."""
        found = heading_changes(self.old, self.new)
        names = [*self.new.fields, *(one for one in self.old.fields if one not in self.new.fields)]
        for section in names:
            if section in SECTIONS:
                found += self._section(section)
            elif section == "examples":
                found += _examples(self.old.fields.get(section), self.new.fields.get(section))
        return found

    def _section(self, section: str) -> list[str]:
        before, after = (_entries(root.fields.get(section)) for root in (self.old, self.new))
        found: list[str] = []
        for name in [*after, *(one for one in before if one not in after)]:
            called = self._called(section, name)
            if name not in before:
                found.append(
                    _first_up(f"{called} est ajouté{_e(section)} : {self._told(section, name)}")
                )
            elif name not in after:
                found.append(_first_up(f"{called} est retiré{_e(section)}"))
            elif written(before[name]) != written(after[name]):
                told = self._changed(section, name, before[name], after[name])
                found += told or [_first_up(f"{called} est écrit{_e(section)} {REWRITTEN}")]
        return found

    def _called(self, section: str, name: str) -> str:
        titles: Mapping[str, Mapping[str, str]] = {
            "inputs": {n: one.title for t in (self.was, self.will) for n, one in t.inputs.items()},
            "tables": {n: one.title for t in (self.was, self.will) for n, one in t.tables.items()},
            "items": {n: one.title for t in (self.was, self.will) for n, one in t.items.items()},
            "counters": {
                n: one.title for t in (self.was, self.will) for n, one in t.counters.items()
            },
        }
        return f"{SECTIONS[section]} « {titles.get(section, {}).get(name, name)} »"

    def _told(self, section: str, name: str) -> str:
        node = _entries(self.new.fields.get(section))[name]
        return described(section, node)

    def _changed(self, section: str, name: str, old: Node, new: Node) -> list[str]:
        match section:
            case "tables":
                return table_changes(self.was.tables[name], self.will.tables[name], old, new)
            case "items":
                return item_changes(self.will.items[name].title, old, new)
            case "inputs":
                return input_changes(self.will.inputs[name].title, old, new)
            case "counters":
                return counter_changes(self.will.counters[name].title, old, new)
            case "deadlines":
                return self._deadline(name, old, new)
            case _:
                return _keys(self._called(section, name), old, new)

    def _deadline(self, name: str, old: Node, new: Node) -> list[str]:
        # What families read of it; where that stays, what the text says.
        before, after = (
            dict(zip(_entries(root.fields["deadlines"]), tariff.deadlines.items(), strict=True))
            for root, tariff in ((self.old, self.was), (self.new, self.will))
        )
        title, told = after[name]
        if _until(before[name][1]) != _until(told):
            return [f"Délai, {title} : « {before[name][1]} » devient « {told} »"]
        return _keys(self._called("deadlines", name), old, new)


def _until(told: str) -> str:
    return told.partition(AFTER)[0].partition(NEVER)[0]


def _keys(where: str, old: Node, new: Node) -> list[str]:
    changes: list[str] = []
    _compare(_first_up(where), old, new, changes, ", ")
    return changes


def _e(section: str) -> str:
    return "e" if section in {"inputs", "values", "tables"} else ""


def _first_up(words: str) -> str:
    return words[:1].upper() + words[1:]


def _entries(node: Node | None) -> Mapping[str, Node]:
    return node.fields if isinstance(node, Fields) else {}


def _examples(old: Node | None, new: Node | None) -> list[str]:
    before, after = _by_id(old), _by_id(new)
    found = []
    for name in [*after, *(one for one in before if one not in after)]:
        if name not in before:
            found.append(f"Exemple « {name} » ajouté")
        elif name not in after:
            found.append(f"Exemple « {name} » retiré")
        elif written(before[name]) != written(after[name]):
            found += _keys(f"Exemple « {name} »", before[name], after[name])
    return found


def _by_id(node: Node | None) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for place, one in enumerate(node.items if isinstance(node, Items) else (), start=1):
        name = _named(one) or str(place)
        found[name if name not in found else f"{name} ({place})"] = one
    return found


def _compare(where: str, old: Node, new: Node, changes: list[str], then: str = " > ") -> None:
    match old, new:
        case Fields(), Fields():
            for name in [*new.fields, *(name for name in old.fields if name not in new.fields)]:
                path = f"{where}{then}{name}" if where else name
                if name not in old.fields:
                    changes.append(f"{path} : ajouté, {written(new.fields[name])}")
                elif name not in new.fields:
                    changes.append(f"{path} : retiré, était {written(old.fields[name])}")
                else:
                    _compare(path, old.fields[name], new.fields[name], changes, then)
        case Items(), Items() if len(old.items) == len(new.items):
            if written(old) == written(new):
                return
            if all(isinstance(one, Text) for one in [*old.items, *new.items]):
                changes.extend(_cells(where, old, new))
                return
            for place, (one, other) in enumerate(zip(old.items, new.items, strict=True), start=1):
                _compare(f"{where}{then}{_named(other) or place}", one, other, changes, then)
        case Items(), Items():
            _lists(where, old, new, changes)
        case _:
            was, will = written(old), written(new)
            if was != will:
                changes.append(f"{where} : {was} devient {will}{leap(was, will)}")


def _lists(where: str, old: Items, new: Items, changes: list[str]) -> None:
    # Rows come and go: each is told alone, and those that stay are not.
    before, after = [written(one) for one in old.items], [written(one) for one in new.items]
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    for what, start, end, first, last in matcher.get_opcodes():
        if what != "equal":
            changes += [f"{where} : retiré, était {one}" for one in before[start:end]]
            changes += [f"{where} : ajouté, {one}" for one in after[first:last]]


def _cells(where: str, old: Items, new: Items) -> list[str]:
    # A row of a table: only the cells that change, named by what stands before them.
    pairs = [
        (one.value, other.value)
        for one, other in zip(old.items, new.items, strict=True)
        if isinstance(one, Text) and isinstance(other, Text)
    ]
    if len(pairs) < 2 or pairs[0][0] != pairs[0][1]:
        return [f"{where} : {written(old)} devient {written(new)}"]
    row = f"{where}, {pairs[0][0]}"
    return [
        f"{row}, case {place} : {one} devient {other}"
        for place, (one, other) in enumerate(pairs, start=1)
        if one != other
    ]


def _named(node: Node) -> str:
    for key in ("label", "package", "id", "from"):
        if isinstance(node, Fields) and isinstance(found := node.fields.get(key), Text):
            return found.value
    return ""
