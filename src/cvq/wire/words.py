"""
What a reader says: one short word and a sound; and the sentence that explains an objection.

Everybody around reads it too, so no sentence tells an amount, a debt or a name.  A child is only
ever told to see the team.  Vous to adults, tu to children, 70 characters at most.
"""

from enum import StrEnum
from typing import NamedTuple

from cvq.rules.vocabulary import Direction, Reason, Verdict

MAX_SENTENCE = 70  # characters: what the second line of a reader holds


class Sound(StrEnum):
    """The four sounds of a reader; each tells the same as the word beside it."""

    YES = "yes"
    NOTE = "note"
    NO = "no"
    AGAIN = "again"


class Shown(NamedTuple):
    """What a reader shows and plays."""

    word: str
    sound: Sound


WELCOME = Shown("Entrez", Sound.YES)
GOODBYE = Shown("Au revoir", Sound.YES)
SEE_THE_TEAM = Shown("Va voir l'équipe", Sound.NOTE)
NO_ACCESS = Shown("Pas d'accès", Sound.NO)
ONCE_MORE = Shown("Encore une fois", Sound.AGAIN)

TO_A_CHILD = "L'équipe sait quoi faire, tout va bien."

SENTENCES: dict[Reason, str] = {
    Reason.UNKNOWN_MEDIUM: "Carte inconnue ici. Allez à l'accueil.",
    Reason.RANDOM_UID: "Ce téléphone ou cette carte change de numéro. Allez à l'accueil.",
    Reason.MEDIUM_LOST: "Cette carte est déclarée perdue. Allez à l'accueil.",
    Reason.MEDIUM_STOLEN: "Cette carte ne sert plus. Allez à l'accueil.",
    Reason.MEDIUM_BLOCKED: "Cette carte est bloquée. Allez à l'accueil.",
    Reason.MEDIUM_DEAD: "Cette carte est remplacée. Prenez la nouvelle.",
    Reason.MEDIUM_NOT_ACTIVE: "Cette carte n'est pas encore active. Allez à l'accueil.",
    Reason.MEDIUM_TOO_WEAK: "Cette carte n'ouvre pas les portes. Allez à l'accueil.",
    Reason.NO_HOLDER: "Cette carte n'est à personne. Allez à l'accueil.",
    Reason.PLACE_CLOSED: "C'est fermé. Les horaires sont à l'entrée.",
    Reason.PLACE_FULL: "C'est complet pour le moment. Attendez une sortie.",
    Reason.NOT_ENROLLED: "Pas d'inscription ici. Allez à l'accueil.",
    Reason.NO_RIGHT: "Pas d'abonnement ni de droit ici. Allez à l'accueil.",
    Reason.NO_SLOT: "Pas de créneau en ce moment. Voyez vos réservations.",
    Reason.OUTSIDE_SCHEDULE: "Ce n'est pas votre horaire. Voyez vos créneaux.",
    Reason.NOT_SERVED_HERE: "Ce lieu ne sert pas votre adresse. Appelez l'agent.",
    Reason.NO_ACCOUNT: "Aucun compte ne paie ici. Allez à l'accueil.",
    Reason.NO_PRICE: "Pas de tarif pour cette carte. Allez à l'accueil.",
    Reason.ALREADY_IN: "Cette carte est déjà entrée. Allez à l'accueil.",
    Reason.TIME_LOCK: "Cette carte vient de servir. Attendez un peu.",
    Reason.ALREADY_SERVED: "C'est déjà noté.",
    Reason.QUOTA_REACHED: "Tous les passages de l'année sont utilisés. Appelez l'agent.",
    Reason.NOT_ENOUGH: "Allez à l'accueil.",
    Reason.STALE_SNAPSHOT: "Le lecteur est hors ligne. Allez à l'accueil.",
    Reason.CLOCK_SUSPECT: "Le lecteur n'est pas à l'heure. Allez à l'accueil.",
    Reason.RISK_LIMIT: "Le lecteur est hors ligne. Allez à l'accueil.",
}


def shown(said: Verdict, direction: Direction = Direction.IN) -> Shown:
    """Return the word and the sound of an answer."""
    match said:
        case Verdict.GRANTED:
            return WELCOME if direction is Direction.IN else GOODBYE
        case Verdict.NOTED:
            return SEE_THE_TEAM
        case Verdict.REFUSED:
            return NO_ACCESS


def sentence(said: Verdict, why: Reason | None) -> str:
    """Return the second line of a reader, empty when all is said; a child reads no reason."""
    if why is None:
        return ""
    return TO_A_CHILD if said is Verdict.NOTED else SENTENCES[why]
