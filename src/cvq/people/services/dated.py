"""Let what holds from a day end what held before: lock first, then look, then write."""

from datetime import date

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from cvq.kernel.unable import Unable
from cvq.people.models import CrecheResources, CustodyCalendar, PublicCare, Quotient, Residence
from cvq.people.periods import during

Dated = (
    QuerySet[Residence]
    | QuerySet[Quotient]
    | QuerySet[CustodyCalendar]
    | QuerySet[CrecheResources]
    | QuerySet[PublicCare]
)


class PeriodStartsTooEarly(Unable):
    """A change dated before the period that it should end, or on its first day."""


def take(model: type[Model], pk: int) -> None:
    """Lock the row that everybody who changes the same thing locks first."""
    model._default_manager.select_for_update().get(pk=pk)


def end_current(rows: Dated, on: date) -> None:
    """
    End what holds on a day, for what begins that day.

    :raises PeriodStartsTooEarly: something begins that day already, or later.
    """
    if rows.filter(valid_from__gte=on).exists():
        raise PeriodStartsTooEarly(
            _("Une période commence déjà le %(day)s ou après : datez ce changement plus tard.")
            % {"day": f"{on:%d/%m/%Y}"}
        )
    rows.filter(during(on)).update(valid_until=on)
