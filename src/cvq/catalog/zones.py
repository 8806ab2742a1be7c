"""The clock and the school calendar of a département."""

METROPOLE = "Europe/Paris"
TIME_ZONES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
}

# Arrêté du 7 décembre 2022, school years 2023-2024 to 2025-2026: académies by zone.
ZONES = {
    "A": (
        "25 39 70 90"  # Besançon
        " 24 33 40 47 64"  # Bordeaux
        " 03 15 43 63"  # Clermont-Ferrand
        " 21 58 71 89"  # Dijon
        " 07 26 38 73 74"  # Grenoble
        " 19 23 87"  # Limoges
        " 01 42 69"  # Lyon
        " 16 17 79 86"  # Poitiers
    ),
    "B": (
        "04 05 13 84"  # Aix-Marseille
        " 02 60 80"  # Amiens
        " 59 62"  # Lille
        " 54 55 57 88"  # Nancy-Metz
        " 44 49 53 72 85"  # Nantes
        " 06 83"  # Nice
        " 14 27 50 61 76"  # Normandie
        " 18 28 36 37 41 45"  # Orléans-Tours
        " 08 10 51 52"  # Reims
        " 22 29 35 56"  # Rennes
        " 67 68"  # Strasbourg
    ),
    "C": (
        "77 93 94"  # Créteil
        " 11 30 34 48 66"  # Montpellier
        " 75"  # Paris
        " 09 12 31 32 46 65 81 82"  # Toulouse
        " 78 91 92 95"  # Versailles
    ),
}
SCHOOL_ZONES = {
    department: zone for zone, departments in ZONES.items() for department in departments.split()
}
CORSICA = frozenset({"2A", "2B"})


def time_zone(department: str) -> str:
    """Return the name of the clock of a département."""
    return TIME_ZONES.get(department, METROPOLE)


def school_zone(department: str) -> str | None:
    """Return A, B or C; Corsica and the overseas have a calendar of their own, to be imported."""
    return SCHOOL_ZONES.get(department)


def calendar_zone(department: str) -> str:
    """Return the name under which the school holidays of a département are kept."""
    if department in CORSICA:
        return "CORSE"
    return SCHOOL_ZONES.get(department, department)
