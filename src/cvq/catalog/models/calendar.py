"""When there is school and when a service is open."""

from django.db import models
from django.db.models import F, Q

from cvq.catalog.kinds import SchoolWeekKind, WeekParity
from cvq.catalog.models.dated import ends_after_it_begins, never_twice_at_once
from cvq.catalog.models.territory import Service, Site
from cvq.kernel.local import DAY_MINUTES

SEASON_DAY = r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"


class SchoolHoliday(models.Model):
    """A holiday of a school zone: A, B, C, or what an import names (CORSE, 974)."""

    zone = models.TextField()
    label = models.TextField()
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="school_holiday_begins_once_a_day", fields=["zone", "starts_on"]
            ),
            models.CheckConstraint(
                name="school_holiday_ends_after_it_begins", condition=Q(ends_on__gt=F("starts_on"))
            ),
        ]


class SchoolWeek(models.Model):
    """The week of a school, four days or four and a half, and since when."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="school_weeks")
    kind = models.TextField(choices=SchoolWeekKind.choices)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            ends_after_it_begins("school_week_ends_after_it_begins"),
            never_twice_at_once("school_has_one_week_at_a_time", "site"),
        ]


class OpeningHours(models.Model):
    """
    Hours of a weekday (Monday is 0), in minutes of the local day.

    NULL means whatever: every week, all the year, in school time and in holidays.  A public
    holiday is closed unless `on_public_holidays`.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="hours")
    weekday = models.SmallIntegerField()
    opens_minute = models.SmallIntegerField()
    closes_minute = models.SmallIntegerField()
    week_parity = models.TextField(null=True, choices=WeekParity.choices)
    season_from = models.TextField(null=True)
    season_until = models.TextField(null=True)
    in_school_holidays = models.BooleanField(null=True)
    on_public_holidays = models.BooleanField(default=False)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            ends_after_it_begins("hours_end_after_they_begin"),
            models.CheckConstraint(
                name="hours_are_of_a_day_of_the_week",
                condition=Q(weekday__gte=0, weekday__lte=6),
            ),
            models.CheckConstraint(
                name="hours_close_after_they_open_the_same_day",
                condition=Q(
                    opens_minute__gte=0,
                    closes_minute__gt=F("opens_minute"),
                    closes_minute__lte=DAY_MINUTES,
                ),
            ),
            models.CheckConstraint(
                name="hours_have_both_ends_of_their_season_or_none",
                condition=Q(season_from__isnull=True, season_until__isnull=True)
                | Q(
                    # A regular expression on NULL is unknown, and a check lets the unknown pass.
                    season_from__isnull=False,
                    season_until__isnull=False,
                    season_from__regex=SEASON_DAY,
                    season_until__regex=SEASON_DAY,
                ),
            ),
        ]


class Closing(models.Model):
    """
    Days on which a service, or all of a site, does not keep its hours.

    Closed altogether; or, when hours are given, open in those hours alone on the days that would
    have been open (a heat wave moves a waste centre to 7:00-13:00).
    """

    service = models.ForeignKey(
        Service, null=True, on_delete=models.PROTECT, related_name="closings"
    )
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="closings")
    starts_on = models.DateField()
    ends_on = models.DateField()
    opens_minute = models.SmallIntegerField(null=True)
    closes_minute = models.SmallIntegerField(null=True)
    reason = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="closing_is_of_a_service_or_of_a_site",
                condition=Q(service__isnull=False, site__isnull=True)
                | Q(service__isnull=True, site__isnull=False),
            ),
            models.CheckConstraint(
                name="closing_ends_after_it_begins", condition=Q(ends_on__gt=F("starts_on"))
            ),
            models.CheckConstraint(
                name="closing_leaves_hours_of_one_day_or_none",
                condition=Q(opens_minute__isnull=True, closes_minute__isnull=True)
                | Q(
                    opens_minute__isnull=False,
                    closes_minute__isnull=False,
                    opens_minute__gte=0,
                    closes_minute__gt=F("opens_minute"),
                    closes_minute__lte=DAY_MINUTES,
                ),
            ),
        ]
