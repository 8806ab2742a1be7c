"""When there is class and when places are open, and what the database refuses to write of it."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from cvq.catalog import gatine, selectors
from cvq.catalog.kinds import SchoolDay
from cvq.catalog.models import (
    Authority,
    Closing,
    Commune,
    CommuneMembership,
    Device,
    OpeningHours,
    Service,
    Site,
)
from cvq.kernel.local import ms_at
from cvq.kernel.periods import days

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
