"""Parthenay-Gâtine as the demonstration lives it: its places, its boxes, its prices."""

import json
import re
import stat
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import IntegrityError, ProgrammingError, transaction

from cvq.catalog import gatine, selectors
from cvq.catalog.keys import DeviceFileUnreadable, drawn
from cvq.catalog.kinds import DeviceProfile, SiteKind
from cvq.catalog.models import (
    AccessPoint,
    Authority,
    Catchment,
    Closing,
    Device,
    OpeningHours,
    Regie,
    Service,
    SharingAgreement,
    Site,
    SousRegie,
    Tariff,
)
from cvq.catalog.sold import SOLD
from cvq.catalog.versions import TO_FILL_IN, checked, text_before
from cvq.rules.tariff import Priced, rate
from cvq.rules.tariff.document import check
from cvq.rules.tariff.examples import examples, play
from cvq.rules.vocabulary import CHILDCARE, Purpose

ENROLLED = datetime(2024, 9, 1, tzinfo=UTC)


@pytest.fixture
def parthenay(db: None, tmp_path: Path) -> Path:
    gatine.found(at=ENROLLED, devices=tmp_path / "devices")
    return tmp_path / "devices"


def service(code):
    return Service.objects.get(code=code)


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
    assert sorted(place.capacity or 0 for place in nurseries) == [12, 20, 20]
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


def test_a_counter_reads_out_a_model_and_the_grid_of_a_neighbour(parthenay):
    rows = Tariff.objects.filter(service__purpose=None)

    assert {row.code: row.council_decision for row in rows} == {
        "HIRE": "Modèle de démonstration, voté par personne",
        **dict.fromkeys(
            ("PROFESSIONAL-DELIVERY", "EXTRA-CARD", "RESIDENT-VISIT"),
            "Tarif d'ailleurs, pour l'exemple : Conseil communautaire du Pays Loudunais, 2023",
        ),
    }
    assert all(row.is_model for row in rows)
    for text in {row.document["text"] for row in rows}:
        written, findings = check(text)
        assert written is not None
        assert findings == []
        assert all(play(written, one).holds for one in examples(written))


def test_what_every_service_charges_today_can_be_the_beginning_of_its_next_tariff(parthenay):
    priced, free = set(), set()
    for service in Service.objects.filter(purpose__in=sorted(SOLD)):
        _, findings = checked(service, text_before(service, date(2025, 6, 3)))
        told = priced if service.tariffs.exists() else free
        told |= {one.sentence for one in findings}

    assert priced == set()
    assert free == {TO_FILL_IN}  # a library, a household's waste: nobody votes a model unread


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
    without = Service.objects.filter(points__isnull=True, purpose__isnull=False)
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


def test_every_tariff_of_the_territory_can_be_rated_for_everybody(parthenay):
    seen = set()
    for row in Tariff.objects.filter(service__purpose__isnull=False):
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
            {"school_level": "nursery", "booked": True},
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
            {"starts_at": time(17)},
            "Court, 45 minutes, heures de pointe (17 h à 21 h) : 10,00 €",
        ),
        (
            "COURT-SQUASH",
            "COURT-SLOT",
            {"starts_at": time(21)},
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
