"""Short French words for what a year is told in: places, and why somebody was objected to."""

from cvq.rules.vocabulary import Purpose, Reason

PLACES = {
    Purpose.SCHOOL_GATE: "Portails",
    Purpose.CANTEEN: "Cantines",
    Purpose.GARDERIE: "Garderies",
    Purpose.CRECHE: "Crèches",
    Purpose.LEISURE: "Loisirs",
    Purpose.POOL: "Piscines",
    Purpose.LIBRARY: "Médiathèques",
    Purpose.COURT: "Courts",
    Purpose.DOOR: "Portes",
    Purpose.WASTE: "Déchèteries",
}
REASONS = {
    Reason.UNKNOWN_MEDIUM: "carte inconnue",
    Reason.RANDOM_UID: "numéro qui change",
    Reason.MEDIUM_LOST: "carte perdue",
    Reason.MEDIUM_STOLEN: "carte volée",
    Reason.MEDIUM_BLOCKED: "carte bloquée",
    Reason.MEDIUM_DEAD: "carte remplacée",
    Reason.MEDIUM_NOT_ACTIVE: "carte pas encore active",
    Reason.MEDIUM_TOO_WEAK: "carte trop faible pour une porte",
    Reason.NO_HOLDER: "carte à personne",
    Reason.PLACE_CLOSED: "fermé",
    Reason.PLACE_FULL: "complet",
    Reason.NOT_ENROLLED: "pas d'inscription",
    Reason.NO_RIGHT: "pas d'abonnement",
    Reason.NO_SLOT: "pas de créneau",
    Reason.OUTSIDE_SCHEDULE: "hors horaire",
    Reason.NOT_SERVED_HERE: "adresse non desservie",
    Reason.NO_ACCOUNT: "aucun compte",
    Reason.NO_PRICE: "pas de tarif",
    Reason.ALREADY_IN: "déjà à l'intérieur",
    Reason.TIME_LOCK: "carte qui vient de servir",
    Reason.ALREADY_SERVED: "déjà noté",
    Reason.QUOTA_REACHED: "quota atteint",
    Reason.NOT_ENOUGH: "solde insuffisant",
    Reason.STALE_SNAPSHOT: "liste trop ancienne",
    Reason.CLOCK_SUSPECT: "horloge douteuse",
    Reason.RISK_LIMIT: "limite hors ligne",
}
