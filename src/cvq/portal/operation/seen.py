"""When a child was seen, the day that a charge of childcare is for."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from cvq.billing.models import Charge
from cvq.billing.statement import Operation
from cvq.bocage.templatetags.bocage import hour
from cvq.childcare.models import Attendance
from cvq.rules.sessions import EVENING, MORNING
from cvq.rules.vocabulary import Direction

NOON = 12
HALVES = {MORNING, EVENING}


def seen(charge: Charge, one: Operation) -> str:
    """Return the first arrival and the last departure of a session, as far as they are known."""
    rows = Attendance.objects.filter(
        holder=charge.holder, service=charge.service_id, day=charge.occurred_on
    ).order_by("at", "id")
    known = [
        (at, way)
        for at, way in rows.values_list("at", "direction")
        if one.session not in HALVES or _is_evening(at) == one.is_evening
    ]
    came = [at for at, way in known if way == Direction.IN][:1]
    left = [at for at, way in known if way == Direction.OUT][-1:]
    told = [_("arrivée à %(hour)s") % {"hour": hour(at)} for at in came]
    told += [_("départ à %(hour)s") % {"hour": hour(at)} for at in left]
    return ", ".join(told)


def _is_evening(at: datetime) -> bool:
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).hour >= NOON
