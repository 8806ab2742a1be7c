"""The inputs of a tariff: facts of the vocabulary by name, others declared in the document."""

import re
from collections.abc import Collection
from fractions import Fraction
from typing import Any

import msgspec

from cvq.rules.tariff.findings import Wrong
from cvq.rules.tariff.formula import Env, Formula, missing
from cvq.rules.tariff.kinds import (
    UNKNOWN,
    Base,
    Kind,
    Misread,
    Value,
    read_value,
    take_value,
)
from cvq.rules.tariff.read import Fields, Items, Node, Text
from cvq.rules.tariff.vocabulary import FACTS, FORMER

REQUIRED, MAYBE = "required", "unknown"
TYPES = {
    "number": Kind(base=Base.NUMBER),
    "count": Kind(base=Base.NUMBER, low=Fraction(0)),
    "duration": Kind(base=Base.NUMBER, unit="min", low=Fraction(0)),
    "money": Kind(base=Base.MONEY),
    "yes_no": Kind(base=Base.TRUTH),
    "date": Kind(base=Base.DATE),
    "clock": Kind(base=Base.CLOCK),
    "moment": Kind(base=Base.MOMENT),
}
WORD = re.compile(r"[^\W\d][\w-]*")
KEYS = {"type", "unit", "step", "min", "max", "words", "title", "missing", "list"}


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """An input: what it is called, its type, and what its absence means (UNKNOWN = nothing)."""

    name: str
    title: str
    kind: Kind
    absent: Value
    line: int
    is_fact: bool = False
    meanings: dict[str, str] = {}

    def take(self, given: object) -> Any:
        """
        Return the value to rate with.

        :raises Misread: what was given is of another type.
        """
        value = take_value(self.kind, given)
        return self.absent if value is UNKNOWN else value

    def formula(self) -> Formula:
        """Return the formula that reads it."""
        name, title = self.name, self.title

        def raw(env: Env) -> Any:
            return env.get(name, UNKNOWN)

        def run(env: Env) -> Any:
            value = env.get(name, UNKNOWN)
            if value is UNKNOWN:
                raise missing(title)
            return value

        return Formula(kind=self.kind, run=run, raw=raw, needs=frozenset({name}))


def read_input(name: str, node: Node, line: int) -> Input:
    """
    Return an input as it is declared: `quotient: unknown`, or a mapping that says more.

    :raises Wrong: the name is no fact and says no type, or its absence is not said.
    """
    fact = FACTS.get(name) or FORMER.get(name)
    if isinstance(node, Text):
        if fact is None:
            raise Wrong(
                line,
                f"« {name} » n'est pas un fait du vocabulaire.",
                f"déclarez son type : « {name}: {{type: count, missing: required}} »",
                "prenez le nom d'un fait de docs/tariffs/vocabulary.md",
            )
        return _made(name, fact.title, fact.kind, node.value, line, fact.meanings, is_fact=True)
    if not isinstance(node, Fields):
        raise Wrong(line, f"« {name} » s'écrit « {name}: required » ou « {name}: {{…}} ».")
    only(node, KEYS, "une entrée")
    kind, meanings = _kind(name, node, fact.kind if fact else None)
    if fact is not None:
        meanings = {**fact.meanings, **meanings}
    title = text_of(node, "title") or (fact.title if fact else name.replace("_", " "))
    absent = text_of(node, "missing")
    return _made(name, title, kind, absent, line, meanings, is_fact=fact is not None)


def _made(
    name: str,
    title: str,
    kind: Kind,
    absent: str | None,
    line: int,
    meanings: dict[str, str],
    *,
    is_fact: bool,
) -> Input:
    value: Value = UNKNOWN
    if absent is None or not absent:
        raise Wrong(
            line,
            f"« {name} » ne dit pas ce que son absence veut dire.",
            "« required » : sans elle, pas de prix",
            "« unknown » : une valeur que les tables connaissent",
            "une valeur par défaut",
        )
    if meanings:
        kind = msgspec.structs.replace(kind, meanings=meanings)
    if absent == MAYBE:
        kind = msgspec.structs.replace(kind, unknown=True)
    elif absent == "none" and kind.base is Base.LIST:
        value = ()
    elif absent != REQUIRED:
        try:
            value = read_value(kind, absent)
        except Misread as error:
            raise Wrong(line, f"La valeur par défaut de « {name} » : {error}.") from error
    return Input(
        name=name,
        title=title,
        kind=kind,
        absent=value,
        line=line,
        is_fact=is_fact,
        meanings=meanings,
    )


def _kind(name: str, node: Fields, fact: Kind | None) -> tuple[Kind, dict[str, str]]:
    line = node.line
    if "list" in node.fields:
        return _list(name, node.fields["list"]), {}
    meanings: dict[str, str] = {}
    if "words" in node.fields:
        words = node.fields["words"]
        if isinstance(words, Items):
            listed = [one.value for one in words.items if isinstance(one, Text)]
        elif isinstance(words, Fields):
            meanings = {
                word: told.value
                for word, told in words.fields.items()
                if isinstance(told, Text) and told.value
            }
            listed = list(words.fields)
        else:
            listed = []
        for word in listed:
            is_taken = word in {"unknown", "inconnu", "or", "and", "not"}
            if is_taken or not WORD.fullmatch(word):
                why = "il a déjà un sens" if is_taken else "une lettre, puis lettres et chiffres"
                raise Wrong(
                    words.line,
                    f"« {word} » n'est pas un mot à déclarer : {why}.",
                    "écrivez ce que les gens lisent après deux-points : « small: petite salle »",
                )
        if len(set(listed)) < 2:
            raise Wrong(line, f"« {name} » a besoin d'au moins deux mots différents.")
        kind = Kind(base=Base.WORD, words=tuple(listed))
    elif (typed := text_of(node, "type")) is not None:
        if typed not in TYPES:
            raise Wrong(
                line,
                f"Le type « {typed} » n'existe pas.",
                f"un de : {', '.join(TYPES)}, words, list",
            )
        kind = TYPES[typed]
    elif fact is not None:
        kind = fact
    else:
        raise Wrong(line, f"« {name} » ne dit pas son type.", f"un de : {', '.join(TYPES)}")
    return _narrowed(kind, node), meanings


def _narrowed(kind: Kind, node: Fields) -> Kind:
    changes: dict[str, object] = {}
    if (unit := text_of(node, "unit")) is not None:
        changes["unit"] = unit
    free = msgspec.structs.replace(kind, step=None, low=None, high=None)
    for key, name in (("step", "step"), ("min", "low"), ("max", "high")):
        written = text_of(node, key)
        if written is None:
            continue
        try:
            value = read_value(free, written)
        except Misread as error:
            raise Wrong(node.lines[key], f"« {key} » : {error}.") from error
        if not isinstance(value, int | Fraction) or (key == "step" and value <= 0):
            raise Wrong(node.lines[key], f"« {key} » est un nombre positif.")
        changes[name] = Fraction(value)
    narrowed: Kind = msgspec.structs.replace(kind, **changes)
    if narrowed.low is not None and narrowed.high is not None and narrowed.low > narrowed.high:
        raise Wrong(node.line, "« min » dépasse « max » : aucune valeur ne convient.")
    return narrowed


def _list(name: str, node: Node) -> Kind:
    if not isinstance(node, Fields) or not node.fields:
        raise Wrong(node.line, f"« {name} » est une liste : dites les champs de ses éléments.")
    fields: dict[str, Kind] = {}
    for field, inner in node.fields.items():
        one = read_input(field, inner, node.lines[field])
        if one.kind.base is Base.LIST:
            raise Wrong(one.line, "Une liste ne contient pas de liste.")
        fields[field] = msgspec.structs.replace(one.kind, absent=one.absent, title=one.title)
    return Kind(base=Base.LIST, fields=fields)


def text_of(node: Fields, key: str) -> str | None:
    """
    Return the text under a key, None when it is not written.

    :raises Wrong: something else than a text stands there.
    """
    found = node.fields.get(key)
    if found is None:
        return None
    if not isinstance(found, Text):
        raise Wrong(node.lines[key], f"« {key} » attend un texte ou un nombre.")
    return found.value


def only(node: Fields, keys: Collection[str], what: str) -> None:
    """
    Check that a mapping says nothing but what is known of such a thing.

    :raises Wrong: a key is of another; a comma inside braces is the likely cause.
    """
    for key in node.fields:
        if key in keys:
            continue
        choices = [f"un de : {', '.join(sorted(keys))}"]
        if key.isdecimal():
            choices.insert(0, "un montant s'écrit avec un point : 1.50")
        elif re.search(r"[()€*/+ ]", key):
            choices.insert(
                0, "mettez la formule ou le texte entre guillemets : une virgule le coupe"
            )
        raise Wrong(node.lines[key], f"« {key} » ne dit rien d'{what}.", *choices)
