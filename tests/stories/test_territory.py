"""Any intercommunality of France stands up from real data, by one command."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays as peer
import pytest

from cvq.catalog import france, school_holidays, services, zones
from cvq.catalog.models import Authority, Commune, CommuneMembership, SchoolHoliday
from cvq.config.commands import init
from cvq.kernel.periods import days
from cvq.rights.models import Product


def test_the_national_file_has_the_1255_intercommunalities_of_france():
    found = list(france.communities())

    assert len(found) == 1255
    assert sum(len(community.members) for community in found) == 34_871
    assert len({member.insee for one in found for member in one.members}) == 34_871
    assert all(community.members for community in found)


def test_the_national_file_is_under_a_megabyte_with_its_source_and_licence():
    data = Path(france.__file__).parent / "data"

    assert (data / "communities.csv.gz").stat().st_size < 1_000_000
    source = (data / "communities.txt").read_text(encoding="utf-8")
    assert "@etalab/decoupage-administratif 6.0.0" in source
    assert "Licence Ouverte" in source
    assert "scripts/distil_communes.py" in source


def test_parthenay_gatine_has_38_communes_and_its_legal_populations():
    community = france.community("200041333")

    assert community.name == "CC de Parthenay-Gâtine"
    assert len(community.members) == 38
    assert sum(member.population_municipal for member in community.members) == 36_926
    assert sum(member.population_total for member in community.members) == 38_041


@pytest.mark.parametrize(
    ("siren", "said"),
    [
        ("999999999", "Aucune intercommunalité"),
        ("20004133", "neuf chiffres"),
        ("2000413 3", "neuf chiffres"),
        ("217902022", "commune de Parthenay, membre de CC de Parthenay-Gâtine.*200041333"),
    ],
)
def test_a_number_that_is_no_intercommunality_is_refused_with_what_to_do(siren, said):
    with pytest.raises(france.UnknownCommunity, match=said):
        france.community(siren)


def test_every_departement_of_an_intercommunality_has_a_clock_and_zones_stop_at_the_mainland():
    departments = {name for one in france.communities() for name in one.departments}

    assert {name for name in departments if zones.school_zone(name) is None} == {
        "2A", "2B", "971", "972", "973", "974", "976",
    }  # fmt: skip
    assert len(zones.SCHOOL_ZONES) == 94
    for name in departments:
        assert ZoneInfo(zones.time_zone(name))
    assert zones.time_zone("974") == "Indian/Reunion"
    assert zones.school_zone("79") == "A"


@pytest.mark.django_db
def test_a_territory_is_founded_once_however_often_it_is_asked():
    for _ in range(2):
        founded = services.found_territory(siren="200041333")

    assert founded.name == "CC de Parthenay-Gâtine"
    assert Authority.objects.count() == 39
    assert Commune.objects.count() == 38
    assert CommuneMembership.objects.count() == 38
    assert set(SchoolHoliday.objects.values_list("zone", flat=True)) == {"A"}


@pytest.mark.django_db
@pytest.mark.parametrize("siren", ["200041630", "200058519", "200054781", "249740119"])
def test_a_territory_of_any_size_or_ocean_is_founded(siren):
    services.found_territory(siren=siren)

    members = france.community(siren).members
    assert CommuneMembership.objects.count() == len(members)
    assert Commune.objects.count() == len(members)


@pytest.mark.django_db
def test_in_la_reunion_the_school_calendar_is_empty_until_it_is_imported():
    services.found_territory(siren="249740119")
    text = "zone;label;starts_on;ends_on\n974;Été austral;2025-12-20;2026-01-26\n"

    assert SchoolHoliday.objects.count() == 0
    assert services.add_school_holidays(holidays=school_holidays.read(text)) == 1
    assert services.add_school_holidays(holidays=school_holidays.read(text)) == 0
    assert SchoolHoliday.objects.get().label == "Été austral"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "première ligne"),
        ("zone,label,starts_on,ends_on\n", "première ligne"),
        ("zone;label;starts_on;ends_on\n974;Été;20/12/2025;2026-01-26\n", "Ligne 2.*2025-07-05"),
        ("zone;label;starts_on;ends_on\n974;Été;2026-01-26;2025-12-20\n", "Ligne 2.*reprise"),
        ("zone;label;starts_on;ends_on\n974;Été;2026-01-26\n", "Ligne 2.*4 colonnes"),
    ],
)
def test_a_calendar_that_cannot_be_read_names_the_line_at_fault(text, said):
    with pytest.raises(school_holidays.CalendarUnreadable, match=said):
        school_holidays.read(text)


@pytest.mark.parametrize("zone", ["A", "B", "C"])
def test_school_holidays_are_those_of_an_independent_calendar(zone):
    theirs = peer.country_holidays(
        "FR", subdiv=f"Zone {zone}", years=range(2024, 2028), categories=("school",)
    )
    ours = {
        day
        for holiday in school_holidays.published()
        if holiday.zone == zone
        for day in days(holiday.starts_on, holiday.ends_on)
        if 2024 <= day.year <= 2027
    }

    # Ours ends the bridge of 2027 on the Saturday and has the first class on 1 September 2027.
    assert set(theirs) - ours == {date(2027, 5, 9), date(2027, 9, 1)}
    assert ours <= set(theirs)


@pytest.mark.django_db
def test_a_database_is_of_one_territory_only():
    services.found_territory(siren="200041333")

    with pytest.raises(services.OtherTerritory, match="est celle de CC de Parthenay-Gâtine"):
        services.found_territory(siren="249740119")
    assert Commune.objects.count() == 38


def run(home, *argv):
    """Run a command as a person would: in a process of its own, on a folder of its own."""
    left_out = {"DATABASE_URL", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD"}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    done = subprocess.run(
        [sys.executable, "-m", "cvq.config.cli", *argv],
        env={**environment, "CVQ_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def home():
    # Short, and open to the server's user when we are root: a socket has a short path.
    folder = Path(tempfile.mkdtemp(prefix="cvq-init-"))
    folder.chmod(0o711)
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


def test_a_territory_is_made_by_one_command_and_may_be_asked_for_twice(home):
    for _ in range(2):
        status, said, wrong = run(home, "init", "--epci", "200041333")
        assert (status, wrong) == (0, "")
        assert "38 communes, 38 041 habitants" in said

    assert json.loads((home / "territory.json").read_text()) == {
        "siren": "200041333",
        "name": "CC de Parthenay-Gâtine",
        "time_zone": "Europe/Paris",
        "school_zone": "A",
    }
    assert (home / "devices" / "1.json").exists()
    status, _, wrong = run(home, "init", "--epci", "249740119")
    assert status == 2
    assert "est le dossier de CC de Parthenay-Gâtine" in wrong
    assert "200041333" in (home / "territory.json").read_text()


def test_a_number_that_is_nobody_s_makes_no_folder(home):
    status, said, wrong = run(home, "init", "--epci", "123456789")

    assert (status, said) == (2, "")
    assert "Aucune intercommunalité de France n'a le SIREN 123456789" in wrong
    assert not home.exists()


def test_la_reunion_has_its_own_clock_and_imports_its_school_year(home, tmp_path):
    status, said, wrong = run(home, "init", "--epci", "249740119")
    assert (status, wrong) == (0, "")
    assert "heure Indian/Reunion" in said
    assert "le calendrier scolaire est vide" in said
    file = tmp_path / "974.csv"

    file.write_text("zone;label;starts_on;ends_on\n974;Été austral;2025-12-20;2026-01-26\n")
    assert run(home, "import", "school-holidays", str(file))[:2] == (
        0,
        "1 périodes de vacances ajoutées.\n",
    )
    file.write_text("zone;label;starts_on;ends_on\n974;Été austral;hier;demain\n")
    status, said, wrong = run(home, "import", "school-holidays", str(file))
    assert (status, said) == (2, "")
    assert "Ligne 2" in wrong
    assert run(home, "import", "school-holidays", str(tmp_path / "none.csv"))[0] == 2


@pytest.mark.django_db
def test_a_founded_territory_counts_the_visits_of_its_waste_centres(tmp_path):
    init.found("200041333", folder=tmp_path, at=datetime(2025, 1, 1, tzinfo=UTC))

    found = Product.objects.values_list("code", "kind", "unit", "amount")
    assert list(found) == [("DECHETTERIE", "QUOTA", "VISIT", 15)]
