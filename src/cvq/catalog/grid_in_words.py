"""
A grid of the first kind, said in the language of tariffs: where the next version begins.

The words cost what the grid costs, for whoever it may be.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cvq.kernel.unable import Unable
from cvq.rules.tariff.grid import renamed
from cvq.rules.tariff.kinds import Base
from cvq.rules.tariff.vocabulary import FACTS, TRUTH

Written = Mapping[str, Any]
PLAIN = re.compile(r"[\w(][\w ()'/+-]*")
NOTHING = "*"


class NotInWords(Unable):
    """The language has no word for what a grid asks."""


def in_words(grids: Mapping[str, Written], *, name: str, title: str) -> str:
    """
    Return a document that prices what some grids price, each under the code that it has.

    :raises NotInWords: one of them asks for something that is no fact.
    """
    grids = {code: renamed(grid) for code, grid in grids.items()}
    inputs: dict[str, str] = {}
    for grid in grids.values():
        for one, absent in _inputs(grid).items():
            inputs[one] = "unknown" if inputs.get(one, absent) != absent else absent
    lines = [f"tariff: {name}", f"title: {_text(title)}"]
    if inputs:
        lines += ["inputs:", *(f"  {one}: {absent}" for one, absent in inputs.items())]
    tables = [line for code, grid in grids.items() for line in _table(code, grid)]
    if tables:
        lines += ["tables:", *tables]
    lines += ["items:"]
    for code, grid in grids.items():
        lines += _item(code, grid, inputs)
    return "\n".join(lines) + "\n"


def item_name(code: str) -> str:
    """Return how a document names what the catalogue calls POOL-ENTRY: pool_entry."""
    return code.lower().replace("-", "_")


def _asked(rows: Sequence[Written]) -> list[str]:
    return list(dict.fromkeys(one for row in rows for one in row["when"]))


def _inputs(grid: Written) -> dict[str, str]:
    # What a row asks may be unknown; what only a supplement asks is then what owes none.
    found = dict.fromkeys(_asked(grid["rows"]), "unknown")
    for adder in grid.get("adders", ()):
        for one, value in adder["when"].items():
            if not isinstance(value, bool):
                raise NotInWords(f"« {one} » : un supplément se décide par oui ou non.")
            found.setdefault(one, "no" if value else "yes")
    if grid.get("per"):
        found[grid["per"]] = "required"
    for one in found:
        if one not in FACTS:
            raise NotInWords(f"« {one} » n'est pas un fait du vocabulaire.")
    return found


def _table(code: str, grid: Written) -> Iterator[str]:
    asked = _asked(grid["rows"])
    if not asked:
        return
    yield f"  {item_name(code)}_price:"
    yield f"    title: {_text(grid['item'])}"
    yield f"    when: [{', '.join(asked)}]"
    yield "    then: €"
    yield "    hit: first"
    yield "    rows:"
    for row in grid["rows"]:
        cells = [_condition(one, row["when"].get(one)) for one in asked]
        cells += [_euros(row["cents"]), json.dumps(row["label"], ensure_ascii=False)]
        yield f"      - [{', '.join(cells)}]"


def _condition(name: str, value: object) -> str:
    match value:
        case None:
            return json.dumps(NOTHING)
        case bool():
            return "yes" if value else "no"
        case [None, int() as high]:
            return json.dumps(f"< {_bound(name, high)}")
        case [int() as low, None]:
            return json.dumps(f">= {_bound(name, low)}")
        case [int() as low, int() as high]:
            return json.dumps(f"[{_bound(name, low)}, {_bound(name, high)}[")
        case _:
            return str(value)


def _bound(name: str, value: int) -> str:
    # A grid counts the minutes of the day; the language writes the hour.
    if FACTS[name].kind.base is Base.CLOCK:
        return f"{value // 60}:{value % 60:02}"
    return str(value)


def _item(code: str, grid: Written, inputs: Mapping[str, str]) -> Iterator[str]:
    name = item_name(code)
    asked = _asked(grid["rows"])
    amount = f"{name}_price" if asked else _euros(grid["rows"][0]["cents"])
    times = f", times: {grid['per']}" if grid.get("per") else ""
    label = grid["item"] if asked else grid["rows"][0]["label"]
    yield f"  {name}:"
    yield f"    title: {_text(grid['item'])}"
    yield "    grain: session"
    yield "    lines:"
    yield f"      - {{label: {_quoted(label)}, amount: {amount}{times}}}"
    for adder in grid.get("adders", ()):
        when = " and ".join(_met(one, value, inputs) for one, value in adder["when"].items())
        told = f"label: {_quoted(adder['label'])}, nature: supplement"
        yield f'      - {{{told}, when: "{when}", amount: {_euros(adder["cents"])}}}'


def _met(name: str, value: object, inputs: Mapping[str, str]) -> str:
    told = name if value else f"not {name}"
    assert FACTS[name].kind == TRUTH
    return f"known({name}) and {told}" if inputs[name] == "unknown" else told


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _text(words: str) -> str:
    return words if PLAIN.fullmatch(words) else _quoted(words)


def _quoted(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)
