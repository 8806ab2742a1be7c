"""Choose when to be told, and send what is waiting."""

from datetime import date, datetime
from typing import Protocol

from django.db import transaction
from django.utils.translation import gettext as _

from cvq.kernel.unable import Unable
from cvq.notices import texts
from cvq.notices.models import LowBalanceThreshold, Notice, NoticeChannel, NoticeKind
from cvq.people.models import Household
from cvq.people.periods import during

SENT_AT_ONCE = 500
HYSTERESIS_CENTS = 200


class ThresholdStartsTooEarly(Unable):
    """A threshold dated before the one that it should end, or on its first day."""


class Sender(Protocol):
    """Whatever makes a notice reach somebody; it may be asked twice for the same one."""

    def send(self, notice: Notice) -> None:
        """Send a notice."""


@transaction.atomic
def set_threshold(
    *,
    household: Household | None,
    cents: int,
    on: date,
    hysteresis_cents: int = HYSTERESIS_CENTS,
) -> LowBalanceThreshold:
    """
    Tell a household, or all those that chose nothing, when less than that is left; 0 is never.

    :raises ThresholdStartsTooEarly: another threshold begins that day or later.
    """
    if household is not None:
        Household.objects.select_for_update().get(pk=household.pk)
    rows = LowBalanceThreshold.objects.filter(household=household)
    if rows.filter(valid_from__gte=on).exists():
        raise ThresholdStartsTooEarly(
            _("Un seuil commence déjà le %(day)s ou après.") % {"day": f"{on:%d/%m/%Y}"}
        )
    rows.filter(during(on)).update(valid_until=on)
    return LowBalanceThreshold.objects.create(
        household=household, cents=cents, hysteresis_cents=hysteresis_cents, valid_from=on
    )


def tell_of_top_up(
    *, household: Household, entry_id: int, mobile: str, body: str, at: datetime
) -> Notice:
    """Write the SMS of a top-up to a mobile of a household; asked twice, it is written once."""
    notice, _made = Notice.objects.get_or_create(
        household=household,
        kind=NoticeKind.TOP_UP,
        entry_id=entry_id,
        channel=NoticeChannel.SMS,
        recipient=mobile,
        defaults={"body": body, "at": at},
    )
    return notice


def tell_of_access(*, household: Household, mobile: str, email: str, at: datetime) -> Notice:
    """Write to the mobile of somebody that an access in their name was sent to an address."""
    return Notice.objects.create(
        household=household,
        kind=NoticeKind.ACCESS,
        channel=NoticeChannel.SMS,
        recipient=mobile,
        body=texts.access(email),
        at=at,
    )


def send_pending(*, at: datetime, sender: Sender) -> int:
    """
    Send what is waiting, oldest first, at most five hundred; return how many left.

    What could not leave holds up nothing: it waits for the next time, and is raised at the end.
    """
    waiting = Notice.objects.filter(sent_at__isnull=True).order_by("id")
    sent, failure = 0, None
    for pk in list(waiting.values_list("pk", flat=True)):
        try:
            sent += _send(pk, at, sender)
        except Exception as error:  # noqa: BLE001 - the others are due all the same
            failure = error
        if sent == SENT_AT_ONCE:
            break
    if failure is not None:
        raise failure
    return sent


@transaction.atomic
def _send(pk: int, at: datetime, sender: Sender) -> int:
    # Another worker may be at it: then it is theirs.
    waiting = Notice.objects.select_for_update(skip_locked=True)
    notice = waiting.filter(pk=pk, sent_at__isnull=True).first()
    if notice is None:
        return 0
    sender.send(notice)
    notice.sent_at = at
    notice.save(update_fields=["sent_at"])
    return 1
