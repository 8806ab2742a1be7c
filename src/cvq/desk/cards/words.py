"""How the states of a card are told at the desk, and what was seen of who takes one."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from msgspec import Struct

from cvq.rules.vocabulary import MediumState

BY_ITS_HOLDER = "porteur"  # as the portal writes it

# What is seen, never copied: the French words are what is kept.
SEEN = {
    "CNI": gettext_lazy("carte d'identité"),
    "PASSEPORT": gettext_lazy("passeport"),
    "SEJOUR": gettext_lazy("titre de séjour"),
    "PERMIS": gettext_lazy("permis de conduire"),
    "CONNU": gettext_lazy("un adulte du foyer répond de la personne"),
}


class Stop(Struct, frozen=True):
    """A way to stop a card: `comes_back` tells whether it may be undone."""

    code: str
    what: str
    follows: str
    comes_back: bool


def stops() -> list[Stop]:
    """Return the ways to stop a card, the one that may be undone first."""
    return [
        Stop(
            "INTROUVABLE",
            _("Introuvable pour l'instant"),
            _("Bloquée tout de suite. Retrouvée dans les sept jours, elle se débloque."),
            True,
        ),
        Stop("LOST", _("Perdue"), _("Elle ne servira plus jamais, même retrouvée."), False),
        Stop("STOLEN", _("Volée"), _("Elle ne servira plus jamais, même retrouvée."), False),
        Stop("DEAD", _("Abîmée ou rendue"), _("Elle ne servira plus jamais."), False),
    ]


def told(state: MediumState) -> str:
    """Return the state of a card in words."""
    return {
        MediumState.ISSUED: _("envoyée"),
        MediumState.ACTIVE: _("en service"),
        MediumState.BLOCKED: _("bloquée"),
        MediumState.LOST: _("perdue"),
        MediumState.STOLEN: _("volée"),
        MediumState.DEAD: _("hors d'usage"),
    }[state]


def by_whom(by: str) -> str:
    """Return who changed a card, in words."""
    return _("depuis le portail") if by == BY_ITS_HOLDER else by
