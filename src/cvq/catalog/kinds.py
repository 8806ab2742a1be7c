"""The codes of the catalogue and what people read.  Codes are never renamed."""

from enum import IntEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AuthorityKind(TextChoices):
    """Who may manage a service."""

    COMMUNITY = "COMMUNITY", _("Communauté")
    COMMUNE = "COMMUNE", _("Commune")
    ASSOCIATION = "ASSOCIATION", _("Association")
    SYNDICATE = "SYNDICATE", _("Syndicat mixte")


class RegieKind(TextChoices):
    """What a régie may do; paying money back or on needs AVANCES."""

    RECETTES = "RECETTES", _("Régie de recettes")
    AVANCES = "AVANCES", _("Régie d'avances")
    RECETTES_AVANCES = "RECETTES_AVANCES", _("Régie de recettes et d'avances")


class SiteKind(TextChoices):
    """What a place is."""

    SCHOOL = "SCHOOL", _("École")
    LEISURE_CENTRE = "LEISURE_CENTRE", _("Accueil de loisirs")
    DAY_NURSERY = "DAY_NURSERY", _("Crèche")
    POOL = "POOL", _("Piscine")
    LIBRARY = "LIBRARY", _("Médiathèque ou ludothèque")
    SPORTS_HALL = "SPORTS_HALL", _("Équipement sportif")
    WASTE_CENTRE = "WASTE_CENTRE", _("Déchèterie")
    TOWN_HALL = "TOWN_HALL", _("Mairie")
    OFFICE = "OFFICE", _("Bâtiment de la communauté")


class SchoolWeekKind(TextChoices):
    """The mornings and afternoons of class in a week."""

    FOUR_DAYS = "FOUR_DAYS", _("Semaine de 4 jours")
    FOUR_AND_A_HALF = "FOUR_AND_A_HALF", _("Semaine de 4 jours et demi")


class SchoolDay(IntEnum):
    """How much class a day has: nothing is false."""

    NONE = 0
    MORNING = 1
    FULL = 2


class WeekParity(TextChoices):
    """The weeks in which hours hold, by the number on the calendar."""

    ODD = "ODD", _("Semaines impaires")
    EVEN = "EVEN", _("Semaines paires")


class DeviceProfile(TextChoices):
    """What a box is, which decides what it shows and what it may open."""

    TURNSTILE = "TURNSTILE", _("Tourniquet")
    DOOR = "DOOR", _("Porte")
    TABLET = "TABLET", _("Tablette")
    BARRIER = "BARRIER", _("Barrière")
    KIOSK = "KIOSK", _("Borne")
    TILL = "TILL", _("Caisse")
    GATE = "GATE", _("Portail")
    READER = "READER", _("Lecteur")


class DeviceState(TextChoices):
    """Whether we listen to a box.  QUARANTINED: it told two stories under one number."""

    ENROLLED = "ENROLLED", _("En service")
    QUARANTINED = "QUARANTINED", _("En quarantaine")
    RETIRED = "RETIRED", _("Retiré")


class DocumentState(TextChoices):
    """How far a tariff has come: another person approves it, and from its day on it counts."""

    DRAFT = "DRAFT", _("brouillon")
    APPROVED = "APPROVED", _("approuvé")
    PUBLISHED = "PUBLISHED", _("publié")
