"""
Reading the text of a tariff: YAML as a tree whose every scalar is still the text that was written.

Nothing is guessed: `18:30`, `010`, `no` and `3.10` stay as they stand until the type that the
tariff declares reads them.  Every node knows its line, so that each finding can name it.
Anchors, tags and several documents are refused: a tariff says each thing where it stands.
"""

import re
from collections.abc import Iterator, Mapping

import msgspec
import yaml

from cvq.rules.tariff.findings import Finding, TariffUnreadable

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
QUOTED = (
    "Entre accolades, une virgule sépare deux clés : une formule qui en contient une "
    "s'écrit entre guillemets."
)
DIGITS = re.compile(r"-?\d+", re.ASCII)
CENTS = re.compile(r"(\d+) ?€?", re.ASCII)
# Controls, halves of characters, marks of the byte order, or that turn what follows around: people
# would not see what is kept.
HIDDEN = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufeff]"
)
RETYPE = "Retapez ce passage."
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A scalar as it was written, and where; an empty one is nothing."""

    value: str
    line: int
    start: int = 0
    end: int = 0


class Items(msgspec.Struct, frozen=True, kw_only=True):
    """A sequence."""

    items: "tuple[Node, ...]"
    line: int


class Fields(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping, in the order in which it was written."""

    fields: "dict[str, Node]"
    lines: dict[str, int]
    line: int


Node = Text | Items | Fields


def read(text: str) -> Fields:
    """
    Return the tree of a document.

    :raises TariffUnreadable: too large, too deep, not YAML, a key twice, a character that nobody
        sees, or not a mapping.
    """
    if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
        raise _unreadable(1, f"Le document dépasse {MAX_BYTES // 1024} ko.", "Séparez-le en deux.")
    text = text.replace("\r\n", " \n")
    if (hidden := HIDDEN.search(text)) is not None:
        raise _unreadable(text.count("\n", 0, hidden.start()) + 1, _unseen(hidden[0]), RETYPE)
    try:
        # Text that was pasted brings spaces that do not break; YAML would see letters.
        events = yaml.parse(text.replace("\u00a0", " ").replace("\u202f", " "), Loader=Loader)
        node = _document(events)
    except yaml.YAMLError as error:
        mark = getattr(error, "context_mark", None) or getattr(error, "problem_mark", None)
        line = 1 if mark is None else mark.line + 1
        raise _unreadable(line, *_misplaced(text, getattr(error, "problem_mark", None))) from error
    if not isinstance(node, Fields):
        raise _unreadable(1, "Un tarif commence par « tariff: … ».", "Écrivez des clés et valeurs.")
    return node


def _unseen(character: str) -> str:
    return f"Un caractère que l'on ne voit pas se cache ici (U+{ord(character):04X})."


def _misplaced(text: str, mark: yaml.Mark | None) -> tuple[str, str]:
    # What YAML says is English and of YAML; people need to know what to look for.
    lines = text.splitlines()
    near = lines[max(0, mark.line - 1) : mark.line + 1] if mark is not None else []
    if any("\t" in line for line in near):
        return "Une tabulation : YAML n'en veut pas.", "Mettez des espaces à sa place."
    if any(line.count('"') % 2 for line in near):
        return "Un guillemet s'ouvre et ne se ferme pas.", "Fermez-le sur la même ligne."
    if any(line.count(one) != line.count(other) for line in near for one, other in ("[]", "{}")):
        return "Un crochet ou une accolade ne se ferme pas.", "Fermez-le sur la même ligne."
    return (
        "Ce texte n'est pas du YAML : sa forme se perd ici.",
        "Vérifiez les retraits, les deux-points et les guillemets, ici et une ligne plus haut.",
    )


def _unreadable(line: int, sentence: str, choice: str) -> TariffUnreadable:
    choices = (choice.rstrip("."),)  # who shows them ends the sentence
    return TariffUnreadable([Finding(line=line, sentence=sentence, choices=choices)])


def _document(events: Iterator[yaml.Event]) -> Node:
    roots = 0
    node: Node = Text(value="", line=1)
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            roots += 1
            if roots > 1:
                raise _at(event, "Un fichier porte un seul tarif.", "Séparez les documents.")
            node = _node(next(events), events, depth=1)
    return node


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return 1 if mark is None else mark.line + 1


def _places(event: yaml.Event) -> tuple[int, int]:
    marks = event.start_mark, event.end_mark
    start, end = (0 if mark is None else mark.index for mark in marks)
    return start, end


def _at(event: yaml.Event, sentence: str, choice: str) -> TariffUnreadable:
    return _unreadable(_line(event), sentence, choice)


def _node(event: yaml.Event, events: Iterator[yaml.Event], *, depth: int) -> Node:
    line = _line(event)
    if depth > MAX_DEPTH:
        raise _at(event, f"Plus de {MAX_DEPTH} niveaux imbriqués.", "Donnez un nom aux parties.")
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        raise _at(event, "Ni « & » ni « * » dans un tarif.", "Écrivez la valeur en entier.")
    if getattr(event, "tag", None) not in {None, "!"}:
        raise _at(event, "Pas d'étiquette « ! » dans un tarif.", "Retirez-la.")
    match event:
        case yaml.ScalarEvent():
            if (hidden := HIDDEN.search(event.value)) is not None:
                raise _at(event, _unseen(hidden[0]), RETYPE)
            start, end = _places(event)
            return Text(value=event.value.strip(), line=line, start=start, end=end)
        case yaml.SequenceStartEvent():
            items = []
            for inner in events:
                if isinstance(inner, yaml.SequenceEndEvent):
                    break
                items.append(_node(inner, events, depth=depth + 1))
            return Items(items=tuple(items), line=line)
        case _:
            return _fields(event, events, depth)


def _fields(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Fields:
    line, is_braced = _line(event), bool(getattr(event, "flow_style", False))
    fields: dict[str, Node] = {}
    lines: dict[str, int] = {}
    for inner in events:
        if isinstance(inner, yaml.MappingEndEvent):
            break
        key = _node(inner, events, depth=depth + 1)
        if not isinstance(key, Text):
            raise _at(inner, "Une clé est un mot.", "Écrivez « mot: valeur ».")
        if key.value in fields:
            raise _at(inner, f"« {key.value} » est écrit deux fois.", "Gardez-en un seul.")
        value = _node(next(events), events, depth=depth + 1)
        if is_braced and isinstance(value, Text) and value.start == value.end:
            raise _at(inner, *_cut(key.value, fields))
        lines[key.value], fields[key.value] = key.line, value
    return Fields(fields=fields, lines=lines, line=line)


def _cut(key: str, before: Mapping[str, Node]) -> tuple[str, str]:
    # « amount: 2,00 » is read as « amount: 2 » and a key « 00 ».
    last = next(reversed(list(before.items())), None)
    if last is not None and isinstance(last[1], Text) and DIGITS.fullmatch(last[1].value):
        amount = CENTS.fullmatch(key)
        if amount:
            whole = last[1].value
            return (
                f"« {last[0]}: {whole},{key} » : un point, pas une virgule.",
                f"écrivez « {last[0]}: {whole}.{amount[1]} »",
            )
    return f"« {key} » n'a pas de valeur.", QUOTED


def plain(node: Node) -> object:
    """Return a tree as Python has it, every scalar still its text."""
    match node:
        case Text(value=value):
            return value
        case Items(items=items):
            return [plain(one) for one in items]
        case Fields(fields=fields):
            return {name: plain(one) for name, one in fields.items()}
