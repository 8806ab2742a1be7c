"""What changes of a price: its lines, its refusals, its bounds, what stands beside it."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from cvq.rules.tariff.compared.leaps import leap
from cvq.rules.tariff.compared.words import (
    became,
    euros,
    keys_that_change,
    rounding,
    rounding_changes,
    written,
)
from cvq.rules.tariff.read import Fields, Items, Node, Text

NATURES = {
    "price": "un prix",
    "supplement": "un supplément",
    "discount": "une réduction",
    "credit": "un avoir",
    "penalty": "une pénalité",
    "deposit": "une caution",
}
# What people call the keys of a line; an amount has no name of its own.
KEYS = {
    "when": "sa condition",
    "times": "combien de fois",
    "nature": "sa nature",
    "each": "la liste suivie",
    "at_least": "son minimum",
    "at_most": "son maximum",
    "round": "son arrondi",
    "deductible": "sa part déductible de l'impôt",
    "unit": "son unité",
    "id": "son nom dans les formules",
    "asked": "s'il est demandé",
    "cheapest": "seulement s'il coûte moins",
    "otherwise": "sinon",
    "highest_first": "du plus cher au moins cher, selon",
    "lowest_first": "du moins cher au plus cher, selon",
    "grain": "ce qu'un calcul couvre",
    "title": "son nom",
    "counts": "les compteurs qu'il fait bouger",
    "reason": "son motif",
    "kind": "sa sorte",
}
AMOUNTS = {"amount", "at_least", "at_most"}
LISTS = {"lines": "ligne", "refuse": "refus", "choose": "choix", "instead_of": "ligne remplacée"}
Told = Callable[[Node | None], str]


def item_changes(title: str, old: Node, new: Node) -> list[str]:
    """Return the sentences of an item."""
    found: list[str] = []
    for key, before, after in keys_that_change(old, new):
        if key in LISTS:
            found += _lists(title, LISTS[key], before, after)
        elif key == "amounts":
            found += _beside(title, before, after)
        elif key == "rounding":
            found += rounding_changes(f"{title}, ", before, after)
        else:
            found.append(_key(title, key, before, after))
    return found


def _key(where: str, key: str, old: Node | None, new: Node | None) -> str:
    if key == "amount" and old is not None and new is not None:
        was, will = euros(old), euros(new)
        return f"{where} : {was} devient {will}{leap(was, will)}"
    told: Told = written
    if key in AMOUNTS:
        told = euros
    elif key == "round":
        told = rounding
    elif key == "nature":
        told = _nature
    if key == "nature" and (old is None or new is None):
        return f"{where}, sa nature : {_nature(old)} devient {_nature(new)}"
    far = leap(euros(old), euros(new)) if key in AMOUNTS and old and new else ""
    return became(f"{where}, {KEYS.get(key, key)}", old, new, told) + far


def _nature(node: Node | None) -> str:
    text = written(node) if node is not None else "price"
    return NATURES.get(text, text)


def _beside(title: str, old: Node | None, new: Node | None) -> Iterator[str]:
    empty = Fields(fields={}, lines={}, line=0)
    for name, before, after in keys_that_change(old or empty, new or empty):
        label = _called(after or before or empty) or name.replace("_", " ")
        where = f"{title}, montant « {label} »"
        if before is None:
            yield f"{where} ajouté : {_amount(after)}"
        elif after is None:
            yield f"{where} retiré, c'était {_amount(before)}"
        else:
            yield from _keys(where, before, after)


def _keys(where: str, old: Node, new: Node) -> Iterator[str]:
    for key, before, after in keys_that_change(old, new):
        if key in LISTS:
            yield from _lists(where, LISTS[key], before, after)
        elif key in {"label", "package"}:
            yield f"{where} s'appelle désormais « {written(after)} »"
        else:
            yield _key(where, key, before, after)


def _lists(where: str, what: str, old: Node | None, new: Node | None) -> Iterator[str]:
    before, after = _items(old), _items(new)
    pairs = _paired(before, after)
    for place, one in enumerate(after):
        match = next((old_place for old_place, new_place in pairs if new_place == place), None)
        if match is None:
            yield f"{where}, {what} ajoutée : {_line(one)}".replace("refus ajoutée", "refus ajouté")
        elif written(before[match]) != written(one):
            called = _called(before[match])
            inside = f"{where}, « {called} »" if called else f"{where}, {what} {place + 1}"
            yield from _keys(inside, before[match], one)
    kept = {old_place for old_place, _ in pairs}
    for place, one in enumerate(before):
        if place not in kept:
            told = f"{where}, {what} retirée : {_line(one)}"
            yield told.replace("refus retirée", "refus retiré")
    if [old_place for old_place, _ in pairs] != sorted(kept):
        yield f"{where} : l'ordre change, {' puis '.join(_line(one) for one in after)}"


def _paired(before: Sequence[Node], after: Sequence[Node]) -> list[tuple[int, int]]:
    """Return which of the one is which of the other: by name, else alone in the same gap."""
    left = list(range(len(before)))
    found: dict[int, int] = {}
    for alike in (written, _called):
        for place, one in enumerate(after):
            if place in found or not alike(one):
                continue
            same = [old for old in left if alike(before[old]) == alike(one)]
            if same:
                found[place] = min(same, key=lambda old: abs(old - place))
                left.remove(found[place])
    spare = [place for place in range(len(after)) if place not in found]
    for place in list(spare):
        if place in left and len(before) == len(after):
            found[place] = place  # it bears another name, where the old one stood
            left.remove(place)
    return [(found[place], place) for place in sorted(found)]


def _called(node: Node) -> str:
    fields = _fields(node)
    for key in ("label", "package", "reason"):
        if isinstance(found := fields.get(key), Text):
            return found.value
    return (
        f"choix {_called(one)}" if (one := next(iter(_items(fields.get("choose"))), None)) else ""
    )


def _line(node: Node) -> str:
    fields = _fields(node)
    if "choose" in fields:
        return " ou ".join(_line(one) for one in _items(fields["choose"]))
    told = f"« {_called(node)} »"
    if "amount" in fields:
        told += f", {_amount(node)}"
    if "when" in fields:
        told += f", quand {written(fields['when'])}"
    return told


def _amount(node: Node | None) -> str:
    return euros(_fields(node).get("amount"))


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Items) else ()


def _fields(node: Node | None) -> Mapping[str, Node]:
    return node.fields if isinstance(node, Fields) else {}
