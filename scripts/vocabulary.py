"""Print the vocabulary of facts as `docs/tariffs/vocabulary.md` shows it."""

from cvq.rules.tariff.kinds import Base, shown
from cvq.rules.tariff.vocabulary import FACTS, Fact

HEAD = """# Le vocabulaire des tarifs

Ces noms veulent dire la même chose dans tous les tarifs : un badge, une réservation, une facture
et un `what-if` savent les remplir. Un tarif les déclare en disant seulement ce que leur absence
veut dire (`quotient: unknown`). Tout autre nom se déclare avec son type, et se demande sur le
formulaire.

| nom | ce que c'est | type | qui le fournit |
| --- | --- | --- | --- |
"""


def page() -> str:
    """Return the page."""
    return HEAD + "".join(_row(fact) for fact in FACTS.values())


def _row(fact: Fact) -> str:
    return f"| `{fact.name}` | {fact.title} | {_typed(fact)} | {fact.supplier} |\n"


def _typed(fact: Fact) -> str:
    kind = fact.kind
    match kind.base:
        case Base.WORD:
            return ", ".join(f"`{word}`" for word in kind.words)
        case Base.NUMBER:
            unit = f" ({kind.unit})" if kind.unit else ""
            step = "" if kind.step == 1 else f", par pas de {shown(kind, kind.step)}"
            return f"nombre{unit}{step}"
        case Base.MONEY:
            return "montant"
        case Base.TRUTH:
            return "oui ou non"
        case Base.DATE:
            return "date"
        case Base.CLOCK:
            return "heure"
        case _:
            return "date et heure"


if __name__ == "__main__":
    print(page(), end="")
