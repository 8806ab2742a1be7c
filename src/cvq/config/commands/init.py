"""Stand up the territory of any of France's intercommunalities, in an empty folder."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from cvq.catalog import france, zones
from cvq.config import home, runtime
from cvq.kernel.unable import Unable

HELP = "crée le territoire d'une intercommunalité de France"
DEVICES = "devices"


class OtherFolder(Unable):
    """The folder is that of another territory."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which intercommunality."""
    parser.add_argument(
        "--epci", metavar="SIREN", required=True, help="les neuf chiffres de l'intercommunalité"
    )


def run(args: argparse.Namespace) -> int:
    """Describe the territory, make its tables and found it; run again, it changes nothing."""
    folder = home.path()
    community = france.community(args.epci)
    known = home.read_territory(folder)
    if known.siren not in {home.NOWHERE.siren, community.siren}:
        raise OtherFolder(
            f"{folder} est le dossier de {known.name} (SIREN {known.siren}). Donnez un autre "
            f"dossier à {community.name} dans CVQ_HOME : un territoire, un dossier."
        )
    territory = describe(community)
    # Before Django reads its settings: the time zone is one of them.
    home.write_territory(folder, territory)
    try:
        with runtime.open_database(folder) as database:
            runtime.migrate(database)
            found(community.siren, folder=folder, at=datetime.now(UTC))
    except Unable:
        if known == home.NOWHERE:
            (folder / "territory.json").unlink(missing_ok=True)
        raise
    _tell(community, territory, folder)
    return 0


def describe(community: france.Community) -> home.Territory:
    """Return the clock and the school year of a community: those where most people live."""
    department = community.departments[0]
    return home.Territory(
        siren=community.siren,
        name=community.name,
        time_zone=zones.time_zone(department),
        school_zone=zones.school_zone(department),
    )


def found(siren: str, *, folder: Path, at: datetime) -> None:
    """Fill the open database; Parthenay-Gâtine also gets its places, its boxes and its prices."""
    from cvq.catalog import gatine, services
    from cvq.config import boxes
    from cvq.rights import services as rights

    services.found_territory(siren=siren)
    if siren == gatine.SIREN:
        gatine.found(at=at, devices=folder / DEVICES)
        boxes.complete(folder)
        rights.define_products([rights.waste_visits()])


def _tell(community: france.Community, territory: home.Territory, folder: Path) -> None:
    people = sum(member.population_total for member in community.members)
    inhabitants = f"{people:,}".replace(",", " ")
    print(f"{community.name} : {len(community.members)} communes, {inhabitants} habitants.")
    print(f"Dossier {folder}, heure {territory.time_zone}.")
    if territory.school_zone is not None:
        print(f"Vacances scolaires de la zone {territory.school_zone}.")
    else:
        print(
            "Hors des zones A, B et C, le calendrier scolaire est vide : "
            "importez-le avec « cvq import school-holidays FICHIER.csv »."
        )
