"""The territory stands up from real data, and Parthenay-Gâtine as the demonstration lives it."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays as peer
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import IntegrityError, ProgrammingError, transaction

from cvq.catalog import france, gatine, school_holidays, selectors, services, zones
from cvq.catalog.keys import DeviceFileUnreadable, drawn
from cvq.catalog.kinds import DeviceProfile, SchoolDay, SiteKind
from cvq.catalog.models import (
    AccessPoint,
    Authority,
    Catchment,
    Closing,
    Commune,
    CommuneMembership,
    Device,
    OpeningHours,
    Regie,
    SchoolHoliday,
    Service,
    SharingAgreement,
    Site,
    SousRegie,
    Tariff,
)
from cvq.kernel.local import ms_at
from cvq.kernel.periods import days
from cvq.rules.tariff import Priced, rate
from cvq.rules.vocabulary import CHILDCARE, Purpose

PARIS = ZoneInfo("Europe/Paris")
ENROLLED = datetime(2024, 9, 1, tzinfo=UTC)


@pytest.fixture
def parthenay(db: None, tmp_path: Path) -> Path:
    gatine.found(at=ENROLLED, devices=tmp_path / "devices")
    return tmp_path / "devices"


def service(code):
    return Service.objects.get(code=code)


def hours(code, day):
    """Return the hours of a day as a poster on the door would."""
    intervals = selectors.open_intervals(service(code).id, date.fromisoformat(day))
    return " ".join(
        "-".join(f"{minute // 60}:{minute % 60:02}" for minute in interval)
        for interval in intervals
    )


# --- any intercommunality of France


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


# --- Parthenay-Gâtine


def test_parthenay_gatine_has_the_figures_of_the_territory(parthenay):
    def count(purpose):
        return Service.objects.filter(purpose=purpose, regie__isnull=False).count()

    schools = Site.objects.filter(kind=SiteKind.SCHOOL)
    assert schools.count() == 30
    assert schools.values("commune").distinct().count() == 22
    assert count(Purpose.CANTEEN) == 25
    assert count(Purpose.GARDERIE) == 24
    assert count(Purpose.LEISURE) == 6
    nurseries = Site.objects.filter(kind=SiteKind.DAY_NURSERY)
    assert sorted(nurseries.values_list("capacity", flat=True)) == [12, 20, 20]
    assert Site.objects.filter(kind=SiteKind.POOL).count() == 2
    assert Site.objects.filter(kind=SiteKind.OFFICE).count() == 17
    assert AccessPoint.objects.filter(service__purpose=Purpose.DOOR).count() == 47
    assert Device.objects.filter(profile=DeviceProfile.KIOSK).count() == 39
    assert 3_100 <= sum(schools.values_list("capacity", flat=True)) <= 3_500
    assert list(SousRegie.objects.order_by("id").values_list("code", flat=True)) == [
        "SR-PARTHENAY-CANTINE",
        "SR-PARTHENAY-SCOLAIRE",
        "SR-POMPAIRE",
        "SR-LE-TALLUD",
    ]
    assert Device.objects.filter(sous_regie__isnull=False).count() == 4
    assert Regie.objects.get().founded_on == date(2005, 6, 30)


def test_every_commune_has_a_school_and_reffannes_serves_four(parthenay):
    public = Catchment.objects.filter(site__authority__kind="COMMUNE")

    assert public.values("commune").distinct().count() == 39  # one of them outside the community
    reffannes = Catchment.objects.filter(site__code="SCHOOL-VONNE")
    assert sorted(reffannes.values_list("commune__name", flat=True)) == [
        "Reffannes",
        "Saint-Martin-du-Fouilloux",
        "Vausseroux",
        "Vautebis",
    ]


def test_the_private_school_has_no_box_and_no_service(parthenay):
    site = Site.objects.get(code="SCHOOL-MARIE-ANTOINE")

    assert site.authority.kind == "ASSOCIATION"
    assert not site.services.exists()
    assert not site.devices.exists()


def test_whatever_the_regie_collects_for_another_has_an_agreement_and_nothing_else_has(parthenay):
    partners = set(
        Service.objects.filter(regie__isnull=False)
        .exclude(authority__kind="COMMUNITY")
        .values_list("authority", flat=True)
    )

    agreed = list(SharingAgreement.objects.values_list("authority", flat=True))
    assert sorted(agreed) == sorted(partners)
    assert Authority.objects.filter(id__in=partners, kind="ASSOCIATION").count() == 1
    assert not Service.objects.filter(regie__isnull=False, revenue_type="").exists()


def test_each_point_has_its_box_except_at_the_neighbours_waste_centres(parthenay):
    assert not AccessPoint.objects.filter(devices__isnull=True).exists()
    without = Service.objects.filter(points__isnull=True)
    assert sorted(without.values_list("code", flat=True)) == [
        "WASTE-SMC-MENIGOUTE",
        "WASTE-SMC-OTHER",
    ]


def test_the_turnstiles_of_a_pool_share_their_count_and_ask_first(parthenay):
    points = AccessPoint.objects.filter(zone="GATINEO-BASSINS").order_by("id")

    assert list(points.values_list("code", "direction", "max_attendance", "online")) == [
        ("GATINEO-IN-1", "IN", 450, True),
        ("GATINEO-IN-2", "IN", 450, True),
        ("GATINEO-OUT-1", "OUT", 450, True),
        ("GATINEO-OUT-2", "OUT", 450, True),
    ]
    childcare = AccessPoint.objects.filter(service__purpose__in=CHILDCARE)
    assert not childcare.filter(online=True).exists()


def test_boxes_keep_their_numbers_and_their_private_keys_never_reach_the_database(parthenay):
    numbers = dict(Device.objects.values_list("code", "id"))

    assert numbers["GATINEO-IN-1"] == 1
    assert numbers["GATE-THOUET"] == 101
    assert numbers["CANTEEN-THOUET"] == 201
    assert numbers["DOOR-CITADELLE-1"] == 401
    assert numbers["KIOSK-79002"] == 501
    for device in Device.objects.all():
        file = parthenay / f"{device.id}.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        written = json.loads(file.read_text())
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(written["private_key"]))
        assert bytes(device.public_key) == private.public_key().public_bytes_raw()
        assert bytes(device.hmac_key) == bytes.fromhex(written["hmac_key"])
        assert bytes(device.head_hash) == bytes(32)
    assert len(list(parthenay.iterdir())) == Device.objects.count()


def test_founding_again_changes_nothing(parthenay):
    before = Device.objects.count(), Tariff.objects.count(), selectors.revision()

    assert gatine.found(at=ENROLLED, devices=parthenay) is False
    assert (Device.objects.count(), Tariff.objects.count(), selectors.revision()) == before


@pytest.mark.django_db
def test_only_keys_differ_between_two_foundings(tmp_path):
    def everything():
        left_out = {"id", "hmac_key", "public_key"}
        return [
            [
                {
                    field.attname: getattr(row, field.attname)
                    for field in model._meta.concrete_fields
                    if field.name not in left_out and not field.is_relation
                }
                for row in model.objects.order_by("id")
            ]
            for model in (Site, Service, OpeningHours, Tariff, AccessPoint, Device, Closing)
        ]

    def built(name):
        before = transaction.savepoint()
        gatine.found(at=ENROLLED, devices=tmp_path / name)
        rows = everything()
        transaction.savepoint_rollback(before)
        return rows

    assert built("one") == built("other")


def test_a_box_whose_file_is_there_keeps_its_keys(tmp_path):
    first = drawn(tmp_path, 7)

    assert drawn(tmp_path, 7) == first
    assert drawn(tmp_path, 8) != first


@pytest.mark.parametrize("content", ["", "{}", '{"device": 7}', '{"device": 8}', "[]"])
def test_a_damaged_file_of_a_box_is_told_and_left_as_it_is(tmp_path, content):
    (tmp_path / "7.json").write_text(content)

    with pytest.raises(DeviceFileUnreadable, match=re.escape(str(tmp_path / "7.json"))):
        drawn(tmp_path, 7)
    assert (tmp_path / "7.json").read_text() == content


# --- prices


def test_every_tariff_of_the_territory_can_be_rated_for_everybody(parthenay):
    seen = set()
    for row in Tariff.objects.select_related("service"):
        tariff = selectors.tariff_in_force(row.service_id, date(2025, 6, 2), row.code).tariff
        for quotient in (None, 0, 400, 401, 1000, 1001):
            for resident in (True, False, None):
                facts = {"quotient": quotient, "resident": resident, "half_hours": 2, "hours": 2}
                assert isinstance(rate(tariff, facts), Priced)
        seen.add(row.code)
    assert seen == {
        "COURT-SLOT", "GARDERIE-HALF-HOUR", "LEISURE-DAY", "LEISURE-HALF-DAY", "LIBRARY-YEAR",
        "MEAL", "NURSERY-HOUR", "POOL-ENTRY", "WASTE-PASSAGE",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "item", "facts", "sentence"),
    [
        (
            "POOL-GATINEO",
            "POOL-ENTRY",
            {"age": 12, "resident": True},
            "Entrée piscine, tarif réduit (moins de 16 ans), habitant : 3,30 €",
        ),
        (
            "POOL-GATINEO",
            "POOL-ENTRY",
            {"age": 40, "resident": False},
            "Entrée piscine, plein tarif, hors territoire : 5,40 €",
        ),
        (
            "CANTEEN-THOUET",
            "MEAL",
            {"quotient": 601, "resident": True, "booked": True},
            "Repas, quotient de 601 à 800, habitant : 2,60 €",
        ),
        (
            "CANTEEN-THOUET",
            "MEAL",
            {"quotient": None, "resident": False, "booked": False},
            "Repas, quotient de plus de 1000 ou non fourni, hors territoire, "
            "sans réservation (+ 2,00 €) : 6,38 €",
        ),
        (
            "CANTEEN-POMMIER",
            "MEAL",
            {"level": "NURSERY", "booked": True},
            "Repas, maternelle : 3,80 €",
        ),
        ("CANTEEN-POMMIER", "MEAL", {"booked": False}, "Repas, repas occasionnel : 5,00 €"),
        ("CANTEEN-PETIT-PRINCE", "MEAL", {"booked": True}, "Repas, repas régulier : 3,40 €"),
        (
            "GARDERIE-THOUET",
            "GARDERIE-HALF-HOUR",
            {"quotient": 700, "resident": True, "half_hours": 3},
            "Garderie, quotient de 601 à 800, habitant, 3 × 0,70 € par demi-heure : 2,10 €",
        ),
        (
            "COURT-SQUASH",
            "COURT-SLOT",
            {"minute": 1020},
            "Court, 45 minutes, heures de pointe (17 h à 21 h) : 10,00 €",
        ),
        (
            "COURT-SQUASH",
            "COURT-SLOT",
            {"minute": 1260},
            "Court, 45 minutes, heures creuses : 8,00 €",
        ),
    ],
)
def test_a_price_is_the_one_of_the_grid(parthenay, code, item, facts, sentence):
    tariff = selectors.tariff_in_force(service(code).id, date(2025, 6, 2), item).tariff

    assert rate(tariff, facts).sentence == sentence


def test_the_two_real_grids_are_not_models_and_all_others_are(parthenay):
    real = Tariff.objects.filter(is_model=False)

    assert sorted(real.values_list("service__code", flat=True)) == [
        "CANTEEN-PETIT-PRINCE",
        "CANTEEN-POMMIER",
    ]


def test_a_newer_tariff_takes_the_place_of_the_old_one_on_its_day(parthenay):
    canteen = service("CANTEEN-PETIT-PRINCE")
    row = Tariff.objects.get(service=canteen)
    document = {**row.document, "rows": [{"when": {}, "cents": 360, "label": "repas"}]}
    Tariff.objects.create(
        code="MEAL", service=canteen, document=document, council_decision="2025-07",
        is_model=False, valid_from=date(2025, 9, 1),
    )  # fmt: skip

    def cents(day):
        return rate(selectors.tariff_in_force(canteen.id, day).tariff, {}).cents

    assert cents(date(2025, 8, 31)) == 340
    assert cents(date(2025, 9, 1)) == 360
    with pytest.raises(selectors.NoTariffInForce, match="aucun en vigueur"):
        selectors.tariff_in_force(canteen.id, date(2024, 8, 31))


def test_what_a_reader_sells_has_one_tariff_only(parthenay):
    for place in Service.objects.filter(purpose__in=[Purpose.POOL, Purpose.COURT, Purpose.WASTE]):
        assert place.tariffs.count() == (1 if place.regie_id else 0)


def test_a_service_that_sells_several_things_must_be_asked_which(parthenay):
    with pytest.raises(selectors.NoTariffInForce, match="LEISURE-DAY, LEISURE-HALF-DAY"):
        selectors.tariff_in_force(service("ALSH-PARTHENAY").id, date(2025, 6, 2))


def test_a_tariff_is_never_changed(parthenay):
    with (
        pytest.raises((IntegrityError, ProgrammingError), match="holds facts"),
        transaction.atomic(),
    ):
        Tariff.objects.update(is_model=False)


# --- calendars


@pytest.mark.parametrize(
    ("day", "full", "with_wednesday"),
    [
        ("2025-09-01", SchoolDay.FULL, SchoolDay.FULL),
        ("2025-09-03", SchoolDay.NONE, SchoolDay.MORNING),
        ("2025-09-06", SchoolDay.NONE, SchoolDay.NONE),
        ("2025-10-17", SchoolDay.FULL, SchoolDay.FULL),
        ("2025-10-20", SchoolDay.NONE, SchoolDay.NONE),
        ("2025-11-03", SchoolDay.FULL, SchoolDay.FULL),
        ("2025-11-11", SchoolDay.NONE, SchoolDay.NONE),
        ("2025-05-30", SchoolDay.NONE, SchoolDay.NONE),
        ("2025-07-04", SchoolDay.FULL, SchoolDay.FULL),
        ("2025-07-07", SchoolDay.NONE, SchoolDay.NONE),
    ],
)
def test_schools_keep_weeks_of_four_days_or_four_and_a_half(parthenay, day, full, with_wednesday):
    four = Site.objects.get(code="SCHOOL-THOUET").id
    more = Site.objects.get(code="SCHOOL-PEUPLIERS").id

    assert selectors.school_day(four, date.fromisoformat(day)) is full
    assert selectors.school_day(more, date.fromisoformat(day)) is with_wednesday


def test_a_school_year_has_about_140_days_of_class(parthenay):
    school = Site.objects.get(code="SCHOOL-THOUET").id
    year = days(date(2025, 9, 1), date(2026, 9, 1))

    assert sum(1 for day in year if selectors.school_day(school, day)) == 138


@pytest.mark.parametrize(
    ("code", "day", "posted"),
    [
        ("WASTE-MAIN", "2025-06-02", "14:00-18:15"),
        ("WASTE-MAIN", "2025-06-03", "9:00-11:50 14:00-18:15"),
        ("WASTE-MAIN", "2025-06-08", ""),
        ("WASTE-MAIN", "2025-06-09", ""),  # Whit Monday
        ("WASTE-MAIN", "2025-07-01", "7:00-13:00"),  # heat wave
        ("WASTE-SECOND", "2025-06-07", "14:00-17:25"),
        ("WASTE-THIRD", "2025-06-04", "9:00-11:50"),
        ("WASTE-SMC-MENIGOUTE", "2025-05-28", ""),  # week 22, even
        ("WASTE-SMC-MENIGOUTE", "2025-06-04", "9:00-12:00 14:00-18:00"),  # week 23, odd
        ("WASTE-SMC-MENIGOUTE", "2025-06-18", "7:00-13:00"),  # week 25, the summer begins
        ("WASTE-SMC-OTHER", "2025-05-27", "9:00-12:00 14:00-18:00"),
        ("WASTE-SMC-OTHER", "2025-06-03", ""),
        ("CANTEEN-THOUET", "2025-09-02", "11:30-14:00"),
        ("CANTEEN-THOUET", "2025-10-21", ""),
        ("CANTEEN-THOUET", "2025-09-03", ""),
        ("CANTEEN-PEUPLIERS", "2025-09-03", "11:30-13:00"),
        ("GARDERIE-THOUET", "2025-09-02", "7:15-8:45 16:15-18:45"),
        ("ALSH-PARTHENAY", "2025-09-03", "7:30-18:30"),
        ("ALSH-PARTHENAY", "2025-09-02", ""),
        ("ALSH-PARTHENAY", "2025-10-21", "7:30-18:30"),
        ("CRECHE-PARTHENAY", "2025-08-04", ""),
        ("CRECHE-PARTHENAY", "2025-08-25", "7:30-18:30"),
        ("COURT-SQUASH", "2025-12-25", "8:00-22:00"),
        ("DOOR-CITADELLE", "2025-12-25", "0:00-24:00"),
        ("POOL-GATINEO", "2025-09-02", "12:00-14:00 16:30-20:00"),
    ],
)
def test_hours_are_those_on_the_door(parthenay, code, day, posted):
    assert hours(code, day) == posted


@pytest.mark.parametrize(
    ("clock", "is_open"), [((8, 59), False), ((9, 0), True), ((11, 49), True), ((11, 50), False)]
)
def test_a_place_opens_on_the_minute_and_is_closed_at_the_minute_it_closes(
    parthenay, clock, is_open
):
    at = ms_at(date(2025, 6, 3), clock[0] * 60 + clock[1], PARIS)

    assert selectors.is_open(service("WASTE-MAIN").id, at) is is_open
    assert selectors.is_open(service("WASTE-MAIN").id, at + 59_999) is is_open


def test_a_closing_counts_from_the_next_question_on_and_is_forgotten_when_undone(parthenay):
    tuesday = "2025-09-02"
    before = transaction.savepoint()
    Closing.objects.create(
        service=service("POOL-GATINEO"),
        starts_on=date(2025, 9, 2),
        ends_on=date(2025, 9, 3),
        reason="Panne",
    )
    assert hours("POOL-GATINEO", tuesday) == ""
    transaction.savepoint_rollback(before)

    assert hours("POOL-GATINEO", tuesday) == "12:00-14:00 16:30-20:00"
    assert hours("POOL-GATINEO", "2025-09-04") == "12:00-14:00 16:30-20:00"


def test_a_box_that_uploads_is_no_change_of_the_catalogue(parthenay):
    before = selectors.revision()

    Device.objects.filter(id=1).update(head_seq=12, head_hash=bytes(32))
    assert selectors.revision() == before
    Device.objects.filter(id=1).update(state="QUARANTINED")
    assert selectors.revision() > before


# --- what the database refuses


def test_a_commune_belongs_to_one_community_at_a_time(parthenay):
    commune = Commune.objects.get(insee="79202")
    other = Authority.objects.get(siren="999000037")
    with pytest.raises(IntegrityError, match="one_community_at_a_time"), transaction.atomic():
        CommuneMembership.objects.create(
            commune=commune, authority=other, valid_from=date(2025, 1, 1)
        )


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"season_until": "09-01"}, "hours_have_both_ends_of_their_season_or_none"),
        ({"weekday": 7}, "hours_are_of_a_day_of_the_week"),
        ({"opens_minute": 600}, "hours_close_after_they_open_the_same_day"),
        ({"closes_minute": 1441}, "hours_close_after_they_open_the_same_day"),
        ({"season_from": "06-18"}, "hours_have_both_ends_of_their_season_or_none"),
        ({"season_from": "6-18", "season_until": "09-01"}, "hours_have_both_ends"),
        ({"valid_until": date(2024, 9, 1)}, "hours_end_after_they_begin"),
    ],
)
def test_hours_that_mean_nothing_are_refused(parthenay, change, name):
    line = {
        "service": service("POOL-GATINEO"),
        "weekday": 1,
        "opens_minute": 540,
        "closes_minute": 600,
        "valid_from": date(2024, 9, 1),
    }
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        OpeningHours.objects.create(**{**line, **change})


def test_a_closing_that_leaves_half_an_interval_is_refused(parthenay):
    with pytest.raises(IntegrityError, match="closing_leaves_hours"), transaction.atomic():
        Closing.objects.create(
            service=service("POOL-GATINEO"),
            starts_on=date(2025, 9, 2),
            ends_on=date(2025, 9, 3),
            opens_minute=420,
            reason="Panne",
        )


# --- the commands


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
