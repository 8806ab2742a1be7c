"""What changes from one version of a tariff to the next, said as an agent would say it."""

from difflib import SequenceMatcher

from cvq.rules.tariff.read import Fields, Items, Node, Text, read


def differences(before: str, after: str) -> list[str]:
    """
    Return one sentence for each thing that changes, in the order of the new document.

    :raises TariffUnreadable: one of the two cannot be read.
    """
    changes: list[str] = []
    _compare("", read(before), read(after), changes)
    return changes


def _compare(where: str, old: Node, new: Node, changes: list[str]) -> None:
    match old, new:
        case Fields(), Fields():
            for name in [*new.fields, *(name for name in old.fields if name not in new.fields)]:
                path = f"{where} > {name}" if where else name
                if name not in old.fields:
                    changes.append(f"{path} : ajouté, {_told(new.fields[name])}")
                elif name not in new.fields:
                    changes.append(f"{path} : retiré, était {_told(old.fields[name])}")
                else:
                    _compare(path, old.fields[name], new.fields[name], changes)
        case Items(), Items() if len(old.items) == len(new.items):
            if _told(old) == _told(new):
                return
            if all(isinstance(one, Text) for one in [*old.items, *new.items]):
                changes.extend(_cells(where, old, new))
                return
            for place, (one, other) in enumerate(zip(old.items, new.items, strict=True), start=1):
                _compare(f"{where} > {_named(other) or place}", one, other, changes)
        case Items(), Items():
            _lists(where, old, new, changes)
        case _:
            if _told(old) != _told(new):
                changes.append(f"{where} : {_told(old)} devient {_told(new)}")


def _lists(where: str, old: Items, new: Items, changes: list[str]) -> None:
    # Rows come and go: each is told alone, and those that stay are not.
    before, after = [_told(one) for one in old.items], [_told(one) for one in new.items]
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
        return [f"{where} : {_told(old)} devient {_told(new)}"]
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


def _told(node: Node) -> str:
    match node:
        case Text(value=value):
            return value or "rien"
        case Items(items=items):
            return f"[{', '.join(_told(one) for one in items)}]"
        case Fields(fields=fields):
            return f"{{{', '.join(f'{name}: {_told(one)}' for name, one in fields.items())}}}"
