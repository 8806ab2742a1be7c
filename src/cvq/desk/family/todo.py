"""What an agent should see to with a family: each line says what follows."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from msgspec import Struct

from cvq.access.services import File
from cvq.bocage.templatetags.bocage import day_name, day_short, hour, written
from cvq.cards.selectors import Card
from cvq.desk.family.account import Account
from cvq.desk.family.home import Home
from cvq.desk.family.week import Week
from cvq.people.family import Family
from cvq.rules.vocabulary import MediumState

SOON = timedelta(days=7)
RENEW = timedelta(days=30)


class Task(Struct, frozen=True):
    """Something to see to: what it is, what follows, and where it is done if it is done here."""

    what: str
    follows: str
    verb: str = ""
    address: str = ""


def todo(
    file: File, ours: Family, money: Account, cards: Sequence[Card], seen: Week, home: Home
) -> list[Task]:
    """Return what is to be seen to, the money first."""
    return [
        *_of_money(money, ours),
        *_of_days(seen),
        *_of_cards(file, ours, cards),
        *_of_papers(home, ours),
    ]


def _of_money(money: Account, ours: Family) -> Iterator[Task]:
    if money.position < 0:
        yield Task(
            _("Il reste %(amount)s à payer") % {"amount": written(-money.position)},
            _("Les repas et les cartes continuent. Le prochain rechargement paie d'abord cela."),
        )
    elif money.until is not None and money.until - ours.day < SOON:
        yield Task(
            _("L'avance s'arrête %(day)s") % {"day": day_name(money.until)},
            _("Après, les dépenses deviennent une dette. Les repas continuent."),
        )


def _of_days(seen: Week) -> Iterator[Task]:
    for line in seen.lines:
        for cell in line.cells:
            if cell.state == "verifier":
                yield Task(
                    _("%(name)s, %(service)s : départ non badgé %(day)s")
                    % {
                        "name": line.person.first_name,
                        "service": line.name,
                        "day": day_name(cell.day),
                    },
                    _("Le temps est compté jusqu'à la fermeture."),
                )


def _of_cards(file: File, ours: Family, cards: Sequence[Card]) -> Iterator[Task]:
    for card in cards:
        person = ours.person(card.person)
        if person is not None and card.state is MediumState.BLOCKED:
            yield Task(
                _("La carte de %(name)s est bloquée") % {"name": person.first_name},
                _("Depuis %(day)s à %(hour)s : la débloquer, ou en remettre une autre.")
                % {"day": day_name(card.since), "hour": hour(card.since)},
                _("Décider"),
                reverse("desk:card", args=[file.household.uid, card.number]),
            )


def _of_papers(home: Home, ours: Family) -> Iterator[Task]:
    if home.quotient_until is not None and home.quotient_until - ours.day <= RENEW:
        yield Task(
            _("Le quotient familial est à renouveler"),
            _("À partir du %(day)s, le plein tarif s'applique.")
            % {"day": day_short(home.quotient_until)},
        )
