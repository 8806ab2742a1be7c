"""
The facts that a tariff may name without declaring what they are.

One word means one thing in every tariff, so that a tap, a booking, a bill and a what-if can fill it
without code of their own.  `docs/tariffs/vocabulary.md` is this table, printed.
"""

from fractions import Fraction

import msgspec

from cvq.rules.tariff.kinds import Base, Kind

ZERO, ONE, CENT = Fraction(0), Fraction(1), Fraction(1, 100)
# What people call the words of the vocabulary, wherever they stand.
SAID = {
    "monday": "lundi",
    "tuesday": "mardi",
    "wednesday": "mercredi",
    "thursday": "jeudi",
    "friday": "vendredi",
    "saturday": "samedi",
    "sunday": "dimanche",
    "commune": "habite la commune",
    "community": "habite la communauté",
    "outside": "habite ailleurs",
    "nursery": "maternelle",
    "primary": "élémentaire",
    "secondary": "collège ou lycée",
    "caf": "CAF",
    "msa": "MSA",
    "other": "autre caisse",
    "in_time": "dans les temps",
    "late": "trop tard",
    "excused": "absence justifiée",
    "unexcused": "absence non justifiée",
    "regular": "régulier",
    "occasional": "occasionnel",
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact: its name, its type, what people call it, who supplies it."""

    name: str
    kind: Kind
    title: str
    supplier: str

    @property
    def meanings(self) -> dict[str, str]:
        """Return what people call its words."""
        return {word: SAID[word] for word in self.kind.words if word in SAID}


def _count(unit: str, low: int = 0, step: Fraction = ONE) -> Kind:
    return Kind(base=Base.NUMBER, unit=unit, step=step, low=Fraction(low))


def _words(*words: str) -> Kind:
    return Kind(base=Base.WORD, words=words)


def _fact(name: str, kind: Kind, title: str, supplier: str) -> Fact:
    return Fact(name=name, kind=kind, title=title, supplier=supplier)


TRUTH, DAY = Kind(base=Base.TRUTH), Kind(base=Base.DATE)
MOMENT, CLOCK = Kind(base=Base.MOMENT), Kind(base=Base.CLOCK)
PEOPLE, BOOKED, SEEN = "la fiche de la famille", "la réservation", "le pointage"
CALENDAR, ASKED, COUNTED = "le calendrier", "le formulaire", "les faits déjà comptés"

FACTS: dict[str, Fact] = {
    fact.name: fact
    for fact in (
        _fact("quotient", _count("point"), "quotient familial", PEOPLE),
        _fact("monthly_income", Kind(base=Base.MONEY, low=ZERO), "ressources mensuelles", PEOPLE),
        _fact("yearly_income", Kind(base=Base.MONEY, low=ZERO), "revenu annuel", PEOPLE),
        _fact("monthly_benefits", Kind(base=Base.MONEY, low=ZERO), "prestations du mois", PEOPLE),
        _fact(
            "tax_shares",
            Kind(base=Base.NUMBER, step=Fraction(1, 4), low=Fraction(1, 4)),
            "nombre de parts",
            PEOPLE,
        ),
        _fact("born_on", DAY, "date de naissance", PEOPLE),
        _fact(
            "age",
            Kind(base=Base.NUMBER, unit="an", low=ZERO, high=Fraction(130)),
            "âge le jour du service",
            PEOPLE,
        ),
        _fact("residence", _words("commune", "community", "outside"), "lieu d'habitation", PEOPLE),
        _fact("works_in_community", TRUTH, "un parent travaille sur le territoire", PEOPLE),
        _fact("schooled_in_community", TRUTH, "l'enfant y est scolarisé", PEOPLE),
        _fact("school_level", _words("nursery", "primary", "secondary"), "niveau scolaire", PEOPLE),
        _fact("fund", _words("caf", "msa", "other"), "caisse d'allocations", PEOPLE),
        _fact("medical_protocol", TRUTH, "repas apporté, protocole médical (PAI)", PEOPLE),
        _fact("disabled", TRUTH, "situation de handicap reconnue", PEOPLE),
        _fact("disabled_children", _count("enfant"), "enfants percevant l'AEEH", PEOPLE),
        _fact("public_care", TRUTH, "enfant confié à l'aide sociale à l'enfance", PEOPLE),
        _fact("household_size", _count("personne", 1), "personnes au foyer", PEOPLE),
        _fact("dependent_children", _count("enfant"), "enfants à charge", PEOPLE),
        _fact(
            "children_registered",
            _count("enfant", 1),
            "enfants du foyer inscrits au service",
            PEOPLE,
        ),
        _fact("children_present", _count("enfant", 1), "enfants du foyer présents ce jour", SEEN),
        _fact(
            "rank_registered", _count("rang", 1), "rang par âge parmi les enfants inscrits", PEOPLE
        ),
        _fact("rank_present", _count("rang", 1), "rang par âge parmi les enfants présents", SEEN),
        _fact("custody_share", _count("%", step=Fraction(1, 10000)), "part de garde", PEOPLE),
        _fact("regularity", _words("regular", "occasional"), "fréquentation", BOOKED),
        _fact("day", DAY, "jour du service", SEEN),
        _fact("weekday", _words(*WEEKDAYS), "jour de la semaine", CALENDAR),
        _fact("school_holiday", TRUTH, "vacances scolaires", CALENDAR),
        _fact("public_holiday", TRUTH, "jour férié", CALENDAR),
        _fact("booked", TRUTH, "réservé", BOOKED),
        _fact("booked_at", MOMENT, "moment de la réservation", BOOKED),
        _fact("cancelled_at", MOMENT, "moment de l'annulation", BOOKED),
        _fact("absence_told_at", MOMENT, "moment où l'absence est signalée", BOOKED),
        _fact("present", TRUTH, "présent", SEEN),
        _fact("notice", _words("in_time", "late", "none"), "moment de la réservation", BOOKED),
        _fact("absence", _words("none", "excused", "unexcused"), "absence", SEEN),
        _fact("absence_day_rank", _count("jour"), "rang du jour d'absence", SEEN),
        _fact("occurrence", _count("fois", 1), "nième fois que ce cas se présente", COUNTED),
        _fact("excused", TRUTH, "absence justifiée", BOOKED),
        _fact("arrived_at", CLOCK, "heure d'arrivée", SEEN),
        _fact("left_at", CLOCK, "heure de départ", SEEN),
        _fact("morning", TRUTH, "venu le matin", SEEN),
        _fact("evening", TRUTH, "venu le soir", SEEN),
        _fact("starts_at", CLOCK, "heure de début", BOOKED),
        _fact("ends_at", CLOCK, "heure de fin", BOOKED),
        _fact("duration", _count("min"), "durée en minutes", SEEN),
        _fact("hours", _count("heure"), "heures commencées", SEEN),
        _fact("months", _count("mois"), "nombre de mois", ASKED),
        _fact("quantity", _count("unité"), "quantité", ASKED),
        _fact("mass", _count("kg", step=CENT), "masse en kilogrammes", SEEN),
        _fact("volume", _count("m3", step=CENT), "volume en mètres cubes", SEEN),
        _fact("tonnage", _count("tonne", step=Fraction(1, 1000)), "masse en tonnes", SEEN),
        _fact("base_price", Kind(base=Base.MONEY, low=ZERO), "prix fixé ailleurs", "un autre acte"),
        # What the first grids asked for, under the names that they gave it.
        _fact("resident", TRUTH, "habite le territoire", PEOPLE),
        _fact("subscriber", TRUTH, "abonné", PEOPLE),
        _fact("reduced", TRUTH, "a droit au tarif réduit", PEOPLE),
        _fact("half_hours", _count("demi-heure"), "demi-heures commencées", SEEN),
    )
}
# What a published tariff, which never changes, may still name; `starts_at` has taken its place.
FORMER: dict[str, Fact] = {
    "minute": _fact("minute", _count("min"), "minute du jour", SEEN),
}
