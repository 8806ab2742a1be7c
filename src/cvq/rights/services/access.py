"""Put people in groups, and give groups the hours at which they open doors."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import transaction

from cvq.people.periods import during
from cvq.rights.messages import NewSchedule
from cvq.rights.models import AccessGroup, GroupMember, Schedule

ROWS_AT_ONCE = 2000


def create_group(*, code: str, name: str) -> AccessGroup:
    """Return the group of that code, making it if there is none."""
    group, _made = AccessGroup.objects.get_or_create(code=code, defaults={"name": name})
    return group


def join_group_many(
    *, group: AccessGroup, holders: Sequence[UUID], on: date, until: date | None = None
) -> list[GroupMember]:
    """Put holders in a group from a day."""
    return GroupMember.objects.bulk_create(
        (
            GroupMember(group=group, holder=holder, valid_from=on, valid_until=until)
            for holder in holders
        ),
        batch_size=ROWS_AT_ONCE,
    )


def join_group(
    *, group: AccessGroup, holder: UUID, on: date, until: date | None = None
) -> GroupMember:
    """Put one holder in a group from a day."""
    return join_group_many(group=group, holders=[holder], on=on, until=until)[0]


@transaction.atomic
def leave_group(*, group: AccessGroup, holder: UUID, on: date) -> int:
    """Take a holder out of a group: `on` is the first day outside.  Say how many rows ended."""
    # Written anew under a new number: by the numbers do boxes see that something changed.
    ending = list(
        GroupMember.objects.select_for_update()
        .filter(during(on), group=group, holder=holder, valid_from__lt=on)
        .order_by("pk")
    )
    GroupMember.objects.filter(pk__in=[member.pk for member in ending]).delete()
    GroupMember.objects.bulk_create(
        GroupMember(group=group, holder=holder, valid_from=member.valid_from, valid_until=on)
        for member in ending
    )
    return len(ending)


@transaction.atomic
def set_schedules(*, group: AccessGroup, schedules: Sequence[NewSchedule]) -> list[Schedule]:
    """Give a group these hours in place of those it had."""
    AccessGroup.objects.select_for_update().get(pk=group.pk)
    group.schedules.all().delete()
    return Schedule.objects.bulk_create(
        Schedule(
            group=group,
            point_id=new.point_id,
            weekdays=new.weekdays,
            from_minute=new.from_minute,
            until_minute=new.until_minute,
            on_public_holidays=new.on_public_holidays,
        )
        for new in schedules
    )
