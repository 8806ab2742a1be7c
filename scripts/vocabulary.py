"""Print the vocabulary of facts as `docs/tariffs/vocabulary.md` shows it."""

from cvq.catalog.sold import CONSTANT, SOLD, known_by
from cvq.rules.tariff.kinds import Base, shown
from cvq.rules.tariff.vocabulary import BOOKED, FACTS, Fact
from cvq.rules.vocabulary import CHILDCARE, Purpose

HEAD = """# Le vocabulaire des tarifs

Ces noms veulent dire la même chose dans tous les tarifs. Un tarif les déclare en disant seulement
ce que leur absence veut dire (`quotient: unknown`). Tout autre nom se déclare avec son type, et se
demande sur le formulaire.

L'avant-dernière colonne dit qui fournit un fait, la dernière quels services le savent aujourd'hui
quand ils débitent ou facturent : le catalogue refuse un tarif qui demande à un service ce qu'il ne
sait pas. « L'enfance » : cantine, garderie, crèche et accueil de loisirs. « Le même pour tous » :
personne ne réserve encore et seul qui est venu est facturé, donc une ligne pour les autres ne
servirait pas ; la page du brouillon le dit. `residence` et `school_holiday` ne sont sus que d'un
service qui a un lieu. Là où un agent calcule le prix (salles, locations, adhésions), c'est lui qui
répond : tout s'y demande. `cvq tariff rate` et les exemples d'un document prennent tous ces noms.

Qui revient dans la journée a plusieurs séjours : `duration` en est la somme, `hours` et
`half_hours` comptent les unités commencées de chacun, sans dépasser celles du premier au dernier
passage.

| nom | ce que c'est | type | qui le fournit | connu aujourd'hui de |
| --- | --- | --- | --- | --- |
"""
SERVICES = {
    Purpose.CANTEEN: "cantine",
    Purpose.GARDERIE: "garderie",
    Purpose.CRECHE: "crèche",
    Purpose.LEISURE: "accueil de loisirs",
    Purpose.POOL: "piscine",
    Purpose.LIBRARY: "médiathèque",
    Purpose.COURT: "court",
    Purpose.WASTE: "déchèterie",
}
# Seen, but only where somebody was expected.
OF_AN_ABSENCE = {"absence", "absence_day_rank"}


def page() -> str:
    """Return the page."""
    return HEAD + "".join(_row(fact) for fact in FACTS.values())


def _row(fact: Fact) -> str:
    cells = (f"`{fact.name}`", fact.title, _typed(fact), fact.supplier, _known(fact))
    return f"| {' | '.join(cells)} |\n"


def _known(fact: Fact) -> str:
    purposes = {one for one in SOLD if fact.name in known_by(one)}
    if not purposes:
        is_booked = fact.supplier == BOOKED or fact.name in OF_AN_ABSENCE
        return "à venir, avec les réservations" if is_booked else "aucun encore"
    if purposes == SOLD.keys():
        return "tous"
    children = purposes & CHILDCARE
    named = ["l'enfance"] if children == SOLD.keys() & CHILDCARE else []
    left = purposes - children if named else purposes
    named += [SERVICES[one] for one in SOLD if one in left]
    return ", ".join(named) + (" (le même pour tous)" if fact.name in CONSTANT else "")


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
