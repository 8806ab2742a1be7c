"""The names of a document: its words, and what two things must not both be called."""

from collections import Counter as Counts
from collections.abc import Collection, Iterator, Mapping

import msgspec

from cvq.rules.tariff.deadlines import NOTICE
from cvq.rules.tariff.declared import Input
from cvq.rules.tariff.findings import Finding
from cvq.rules.tariff.kinds import Kind
from cvq.rules.tariff.read import Fields, Items, Node, Text
from cvq.rules.tariff.vocabulary import WEEKDAYS

CLOSED = frozenset({"and", "or", "not", "subtotal", "total", "unknown", "position", "round"})
Section = Collection[tuple[str, Node, int]]


def words_of(inputs: Mapping[str, Input], tables: Mapping[str, tuple[Node, int]]) -> frozenset[str]:
    """Return every word that a formula may compare with."""
    words = {*WEEKDAYS, *NOTICE.words}
    for one in inputs.values():
        words |= set(one.kind.words)
        for field in one.kind.fields.values():
            words |= set(field.words)
    for node, _ in tables.values():
        words |= _result_words(node)
    return frozenset(words)


def clashes(
    sections: Mapping[str, Section], inputs: Mapping[str, Input], words: Collection[str]
) -> Iterator[Finding]:
    """Yield each name that two things bear, or that is a word too."""
    owners = Counts(name for section in sections.values() for name, _, _ in section)
    for section in sections.values():
        for name, _, line in section:
            if owners[name] > 1:
                sentence = f"« {name} » est le nom de deux choses."
                yield Finding(line=line, sentence=sentence, choices=("renommez l'une",))
            if name in words or name in CLOSED:
                sentence = f"« {name} » est aussi un mot."
                yield Finding(line=line, sentence=sentence, choices=("renommez-le",))
    # A field of two lists bears one type: the one of the last.
    fields: dict[str, Kind] = {}
    for one in inputs.values():
        fields |= one.kind.fields
    for one in inputs.values():
        for field, kind in one.kind.fields.items():
            alike = msgspec.structs.replace(fields[field], absent=kind.absent)
            if owners[field] or alike != kind:
                sentence = f"« {field} », dans la liste « {one.name} », est aussi un nom au-dehors."
                choices = ("renommez l'un des deux",)
                yield Finding(line=one.line, sentence=sentence, choices=choices)


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
