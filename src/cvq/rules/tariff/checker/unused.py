"""What of a document serves nothing: it is told, since its author meant it to serve."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from cvq.rules.tariff.declared import Input
from cvq.rules.tariff.findings import Finding
from cvq.rules.tariff.read import Fields, Node
from cvq.rules.tariff.tables import Table

PRICES = ""  # what stands in no definition: the prices themselves
ITEM = "items."  # a price may bear the name of something else
USED = (
    ("values", "La valeur"),
    ("tables", "La table"),
    ("deadlines", "Le délai"),
    ("counters", "Le compteur"),
)


class Uses:
    """Which definition reads which names."""

    def __init__(self) -> None:
        self._read: dict[str, set[str]] = {}
        self._inside = [PRICES]

    def note(self, name: str) -> None:
        """Remember that what is being read reads a name."""
        self._read.setdefault(self._inside[-1], set()).add(name)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Remember what the definition of a name reads."""
        self._inside.append(name)
        try:
            yield
        finally:
            self._inside.pop()

    def of_prices(self) -> set[str]:
        """Return what the prices read, and what that reads in its turn."""
        return self._behind(
            [PRICES, *(name for name in sorted(self._read) if name.startswith(ITEM))]
        )

    def own(self, name: str) -> set[str]:
        """Return what a definition reads, and what that reads, but for what other prices read."""
        return self._behind([name], through_prices=False)

    def _behind(self, left: list[str], *, through_prices: bool = True) -> set[str]:
        found: set[str] = set()
        while left:
            more = self._read.get(left.pop(), set()) - found
            found |= more
            left += [one for one in more if through_prices or not one.startswith(ITEM)]
        return found


def of_item(name: str) -> str:
    """Return the name under which a price is remembered."""
    return f"{ITEM}{name}"


def unused(
    *,
    inputs: Collection[Input],
    needed: Collection[str],
    used: Collection[str],
    sections: Mapping[str, Collection[tuple[str, Node, int]]],
    tables: Mapping[str, Table],
) -> Iterator[Finding]:
    """Yield each entry, definition and column of results that no price reads."""
    for one in inputs:
        if one.name not in needed:
            yield _finding(one.line, f"L'entrée « {one.name} » ne sert à rien.", "retirez-la")
    for section, what in USED:
        for name, _, line in sections[section]:
            if name not in used:
                sentence = f"{what} « {name} » ne sert à rien."
                yield _finding(line, sentence, "retirez cette définition")
    for name, node, _ in sections["tables"]:
        if name in used and name in tables:
            yield from _columns(tables[name], node)


def _columns(table: Table, node: Node) -> Iterator[Finding]:
    then = node.fields.get("then") if isinstance(node, Fields) else None
    for column in table.columns:
        if column not in table.asked and isinstance(then, Fields):
            yield _finding(
                then.lines[column],
                f"Le résultat « {column} » de la table « {table.name} » ne sert à rien.",
                "retirez cette colonne et ses cases",
                f"lisez-la dans un prix : « {table.name}.{column} »",
            )


def _finding(line: int, sentence: str, *choices: str) -> Finding:
    return Finding(line=line, sentence=sentence, choices=choices)
