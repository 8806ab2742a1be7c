"""What a replay prints: a year in French words, and on which sides two accounts of it agree."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from cvq.kernel.money import euros
from cvq.payments.models import Channel
from cvq.rules.vocabulary import Purpose, Reason
from cvq.taps.models import ParkedFor
from cvq.twin.account import Account
from cvq.twin.compared import Compared
from cvq.twin.disturbed import Fault
from cvq.twin.labels import PLACES, REASONS
from cvq.twin.replay import Difference, Month
from cvq.twin.residents import Population

DIFFERING_SHOWN_MAX = 10


def count(number: float, decimals: int = 0) -> str:
    """Write a number as it is written in French."""
    return f"{number:,.{decimals}f}".replace(",", " ").replace(".", ",")


def many(number: int, one: str, several: str) -> str:
    """Write so many of something."""
    return f"{count(number)} {one if number < 2 else several}"


def seconds(spent: float) -> str:
    """Write how long something took."""
    return f"{count(spent, 1)} s"


def population(people: Population, boxes: int) -> str:
    """Return who there is, in one line."""
    cards = sum(1 for _ in people.cards())
    return ", ".join(
        (
            many(len(people.homes), "foyer", "foyers"),
            many(len(people.residents), "habitant", "habitants"),
            many(len(people.firms), "professionnel", "professionnels"),
            many(cards, "carte", "cartes"),
            many(boxes, "boîtier", "boîtiers"),
        )
    )


def month(lived: Month, spent: float) -> str:
    """Return how far the year has come."""
    taps = many(lived.events, "passage", "passages")
    top_ups = many(lived.top_ups, "rechargement", "rechargements")
    return f"{lived.month:%m/%Y} : {taps}, {top_ups}, {seconds(spent)}"


def account(told: Account) -> Iterator[str]:
    """Return a whole stretch of time in figures."""
    yield "\nService        passages   accordés     notés   refusés"
    for one in told.services:
        figures = (one.taps, one.granted, one.noted, one.refused)
        place = PLACES[Purpose(one.purpose)]
        yield f"{place:<13}" + "".join(f"{count(figure):>10}" for figure in figures)
    yield _listed("Refusés", _reasons(told.refused))
    yield _listed("Notés", _reasons(told.noted))
    yield _listed("Objections à ce que des portes ont fait seules", _reasons(told.objections))
    yield _listed("Mis de côté", ((ParkedFor(why).label, n) for why, n in told.parked))
    yield f"Personne n'est passé : {count(told.not_passed)}."
    for channel, times, cents in told.top_ups:
        label = Channel(channel).label.capitalize()
        yield f"{label} : {many(times, 'rechargement', 'rechargements')}, {euros(cents)}."
    yield (
        f"{many(told.charges, 'charge', 'charges')}, {euros(told.charged_cents)}, dont "
        f"{euros(told.owed_at_first_cents)} dus d'abord ; {many(told.notices, 'avis', 'avis')}."
    )


def compared(found: Sequence[Compared], first_day: date, until: date) -> Iterator[str]:
    """Return what was lived beside what is published."""
    yield f"\n{f'Du {first_day:%d/%m/%Y} au {until:%d/%m/%Y} exclu':<56}publié      vécu     écart"
    for one in found:
        published, lived = count(one.published, one.decimals), count(one.lived, one.decimals)
        gap = f"{one.gap:+.1f} %".replace(".", ",")
        yield f"{one.what:<54}{published:>8}{lived:>10}{gap:>10}"


def difference(found: Difference) -> Iterator[str]:
    """Return the books beside the oracle."""
    mark = "✗" if found.total else "✓"
    yield (
        f"{mark} Comptes : {count(found.accounts)}, livres {found.books_cents}, "
        f"oracle {found.oracle_cents}, différence {found.cents}."
    )
    kept = found.taps + found.parked + found.counted
    yield (
        f"{mark} Événements : {count(found.acknowledged)} acquittés, {count(kept)} gardés "
        f"({many(found.taps, 'passage', 'passages')}, {count(found.parked)} mis de côté, "
        f"{count(found.counted)} seulement comptés), différence {found.events}."
    )
    for code, books, oracle in found.differing[:DIFFERING_SHOWN_MAX]:
        yield f"  {code} : livres {books}, oracle {oracle}"
    if found.answers:
        yield f"✗ Réponses qui ne sont pas celles de l'oracle : {count(found.answers)}."
    yield f"Empreinte : {found.fingerprint}"
    yield f"Différence : {found.total}"


def fired(faults: Mapping[Fault, int]) -> Iterator[str]:
    """Return how many times each disturbance happened; one that never did proves nothing."""
    yield "\nPerturbations :"
    for fault in Fault:
        mark = "✓" if faults.get(fault) else "✗"
        yield f"{mark} {fault.value} : {count(faults.get(fault, 0))} fois"


def same(found: Sequence[str], what: str) -> Iterator[str]:
    """Return whether two lives ended the same, and the first differences if they did not."""
    mark = "✗" if found else "✓"
    yield f"{mark} {what} : différences {count(len(found))}."
    yield from (f"  {one}" for one in found[:DIFFERING_SHOWN_MAX])


def _reasons(told: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    return ((REASONS[Reason(why)], n) for why, n in told)


def _listed(title: str, told: Iterable[tuple[str, int]]) -> str:
    return f"{title} : " + (", ".join(f"{what} {count(n)}" for what, n in told) or "aucun") + "."
