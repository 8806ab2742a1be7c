"""The words in which two texts of a tariff are compared: what a key is called, what it says."""

from collections.abc import Callable, Iterator, Mapping

from cvq.rules.tariff.decision import read_decision
from cvq.rules.tariff.grammar import plain_number
from cvq.rules.tariff.kinds import MONEY, Base, Kind, Misread, read_value, shown
from cvq.rules.tariff.read import Fields, Items, Node, Text
from cvq.rules.tariff.vocabulary import SAID

MISSING = {
    "required": "pas de prix",
    "unknown": "elle est dite inconnue",
    "none": "la liste est vide",
    "yes": "oui",
    "no": "non",
}
MANNERS = {
    "half_up": "au plus proche",
    "down": "au-dessous",
    "up": "au-dessus",
    "half_even": "au plus proche, au pair",
}
INPUT_KEYS = {
    "type": "sa sorte",
    "unit": "son unité",
    "step": "son pas",
    "min": "son minimum",
    "max": "son maximum",
    "title": "son nom",
    "words": "ses mots",
    "list": "ses champs",
}
COUNTER_KEYS = {
    "title": "son nom",
    "unit": "son unité",
    "of": "pour qui il compte",
    "per": "sa période",
    "adds": "ce qui s'ajoute",
    "when": "ce qui compte",
    "by": "ce qu'il sépare",
    "starts": "ses débuts de période",
}
COUNTER_WORDS = {
    "child": "l'enfant",
    "person": "la personne",
    "household": "le foyer",
    "organisation": "l'organisme",
    "day": "le jour",
    "week": "la semaine",
    "month": "le mois",
    "term": "le trimestre",
    "school_year": "l'année scolaire",
    "year": "l'année",
    "season": "la saison",
    "ever": "toujours",
}
HEADINGS = {
    "tariff": "L'identifiant",
    "title": "Le titre",
    "source": "La source",
    "notes": "Les notes",
    "readings": "Les lectures choisies",
}
LEVELS = {"unit": "du prix d'une unité", "line": "de chaque ligne", "total": "du total"}


def written(node: Node | None) -> str:
    """Return a node on one line, as it was written."""
    match node:
        case None:
            return "rien"
        case Text(value=value):
            return value or "rien"
        case Items(items=items):
            return f"[{', '.join(written(one) for one in items)}]"
        case Fields(fields=fields):
            return f"{{{', '.join(f'{name}: {written(one)}' for name, one in fields.items())}}}"


def euros(node: Node | None) -> str:
    """Return an amount as people read it, a formula as it was written."""
    if not isinstance(node, Text):
        return written(node)
    try:
        number = plain_number(node.value)
    except Misread:
        number = None
    return written(node) if number is None else shown(MONEY, number * 100)


def rounding(node: Node | None) -> str:
    """Return a rounding as people say it."""
    if not isinstance(node, Fields):
        return written(node)
    manner = node.fields.get("how")
    how = MANNERS.get(manner.value, manner.value) if isinstance(manner, Text) else ""
    return f"à {written(node.fields.get('to')).replace('.', ',')} {how}"


def day(node: Node | None) -> str:
    """Return a day as people write it."""
    if not isinstance(node, Text):
        return written(node)
    date = Kind(base=Base.DATE)
    try:
        return shown(date, read_value(date, node.value))
    except Misread:
        return written(node)


def became(what: str, old: Node | None, new: Node | None, told: Callable[..., str]) -> str:
    """Return the sentence of a key that changes, comes or goes."""
    if old is None:
        return f"{what} : {told(new)}, où rien n'était dit"
    if new is None:
        return f"{what} : plus rien n'est dit, c'était {told(old)}"
    return f"{what} : {told(old)} devient {told(new)}"


def keys_that_change(old: Node, new: Node) -> Iterator[tuple[str, Node | None, Node | None]]:
    """Yield each key of two mappings under which something else is written."""
    before, after = (_fields(one) for one in (old, new))
    for key in [*after, *(one for one in before if one not in after)]:
        if written(before.get(key)) != written(after.get(key)) or (key in before) != (key in after):
            yield key, before.get(key), after.get(key)


def heading_changes(old: Fields, new: Fields) -> list[str]:
    """Return what changes of the document itself: its day, its decision, how it rounds."""
    found = []
    if written(old.fields.get("from")) != written(new.fields.get("from")):
        before = f" (avant : {day(old.fields['from'])})" if "from" in old.fields else ""
        if "from" in new.fields:
            found.append(f"Vaut à partir du {day(new.fields['from'])}{before}")
        else:
            found.append(f"Ne dit plus à partir de quand il vaut{before}")
    if written(old.fields.get("decision")) != written(new.fields.get("decision")):
        told = [read_decision(one).told() or "aucune" for one in (old, new)]
        found.append(f"Décision : {told[0]} devient {told[1]}")
    for key, called in HEADINGS.items():
        was, will = old.fields.get(key), new.fields.get(key)
        if written(was) != written(will):
            found.append(became(called, was, will, written))
    found += rounding_changes("", old.fields.get("rounding"), new.fields.get("rounding"))
    return found


def rounding_changes(whose: str, old: Node | None, new: Node | None) -> list[str]:
    """Return what changes of the roundings by level."""
    empty = Fields(fields={}, lines={}, line=0)
    return [
        _first_up(became(f"{whose}l'arrondi {LEVELS.get(key, key)}", before, after, rounding))
        for key, before, after in keys_that_change(old or empty, new or empty)
    ]


def _first_up(words: str) -> str:
    return words[:1].upper() + words[1:]


def input_changes(title: str, old: Node, new: Node) -> list[str]:
    """Return what changes of an entry: what its absence means first of all."""
    found = []
    absent = _missing(old), _missing(new)
    if absent[0] != absent[1]:
        found.append(f"Sans « {title} » : {absent[0]} devient {absent[1]}")
    for key, one, other in keys_that_change(_rest(old), _rest(new)):
        found.append(
            f"L'entrée « {title} », {became(INPUT_KEYS.get(key, key), one, other, written)}"
        )
    return found


def _missing(node: Node) -> str:
    found = node.fields.get("missing") if isinstance(node, Fields) else node
    text = written(found)
    return MISSING.get(text) or SAID.get(text, text)


def _rest(node: Node) -> Node:
    # An entry may be written short, by its absence only.
    fields = {key: one for key, one in _fields(node).items() if key != "missing"}
    return Fields(fields=fields, lines={}, line=node.line)


def counter_changes(title: str, old: Node, new: Node) -> list[str]:
    """Return what changes of a counter."""

    def told(node: Node | None) -> str:
        text = written(node)
        return COUNTER_WORDS.get(text, text)

    return [
        f"Le compteur « {title} », {became(COUNTER_KEYS.get(key, key), before, after, told)}"
        for key, before, after in keys_that_change(old, new)
    ]


def described(section: str, node: Node) -> str:
    """Return what something new is, in a few words."""
    if section == "inputs":
        return f"sans elle, {_missing(node)}"
    if section == "items" and isinstance(node, Fields):
        lines = node.fields.get("lines")
        labels = [written(_label(one)) for one in _items(lines)]
        return ", ".join(f"« {one} »" for one in labels if one != "rien") or written(node)
    return written(node)


def _label(node: Node) -> Node | None:
    fields = _fields(node)
    return fields.get("label") or fields.get("package")


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Items) else ()


def _fields(node: Node | None) -> Mapping[str, Node]:
    return node.fields if isinstance(node, Fields) else {}
