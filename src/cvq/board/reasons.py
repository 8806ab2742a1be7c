"""What a machine answered and why, in the words of those who watch it; readers have their own."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cvq.rules.vocabulary import Reason

ANSWERS: dict[str, Promise] = {
    "in": _("entrée"),
    "out": _("sortie"),
    "see": _("signalé à l'équipe"),
    "no": _("refus"),
}
REASONS: dict[Reason, Promise] = {
    Reason.UNKNOWN_MEDIUM: _("carte inconnue"),
    Reason.RANDOM_UID: _("numéro qui change à chaque lecture"),
    Reason.MEDIUM_LOST: _("carte déclarée perdue"),
    Reason.MEDIUM_STOLEN: _("carte déclarée volée"),
    Reason.MEDIUM_BLOCKED: _("carte bloquée"),
    Reason.MEDIUM_DEAD: _("carte remplacée ou hors d'usage"),
    Reason.MEDIUM_NOT_ACTIVE: _("carte pas encore en service"),
    Reason.MEDIUM_TOO_WEAK: _("carte trop peu sûre pour une porte"),
    Reason.NO_HOLDER: _("carte sans porteur"),
    Reason.PLACE_CLOSED: _("lieu fermé à cette heure"),
    Reason.PLACE_FULL: _("lieu complet"),
    Reason.NOT_ENROLLED: _("pas d'inscription ici"),
    Reason.NO_RIGHT: _("aucun droit ici"),
    Reason.NO_SLOT: _("aucun créneau réservé"),
    Reason.OUTSIDE_SCHEDULE: _("hors des horaires du droit"),
    Reason.NOT_SERVED_HERE: _("adresse que ce lieu ne sert pas"),
    Reason.ALREADY_IN: _("déjà à l'intérieur"),
    Reason.TIME_LOCK: _("badgé deux fois de suite"),
    Reason.ALREADY_SERVED: _("déjà servi"),
    Reason.QUOTA_REACHED: _("passages de l'année épuisés"),
    Reason.NO_PRICE: _("aucun tarif ne s'applique"),
    Reason.NO_ACCOUNT: _("aucun compte ne paie"),
    Reason.NOT_ENOUGH: _("avance trop basse"),
    Reason.STALE_SNAPSHOT: _("liste trop ancienne dans l'appareil"),
    Reason.CLOCK_SUSPECT: _("horloge de l'appareil douteuse"),
    Reason.RISK_LIMIT: _("limite hors ligne atteinte"),
}


def answered(kind: str) -> str:
    """Return what a machine did."""
    return str(ANSWERS[kind])


def because(reason: str | None) -> str:
    """Return in a few words why; nothing if there was no reason."""
    return str(REASONS[Reason(reason)]) if reason is not None else ""
