"""What the printer of a kiosk prints of an account: no name of anybody, figures that add up."""

from django.conf import settings
from django.utils.translation import gettext as _

from cvq.billing.statement import Operation, Statement
from cvq.bocage.templatetags.bocage import day_name, hour, written
from cvq.kiosk.printer import RULE, line
from cvq.kiosk.visit import Visit

LINES_MAX = 60


def heading(visit: Visit) -> list[str]:
    """Return what stands at the top of every paper: who, where and when."""
    now = visit.now
    return [
        line(_("Carte de vie quotidienne")),
        line(settings.TERRITORY.name),
        line(visit.device.name),
        line(f"{day_name(now.day)} {now.day.year}", hour(now.at)),
        RULE,
    ]


def statement_lines(visit: Visit, told: Statement) -> list[str]:
    """Return a statement: the last operations, and the equation of the period."""
    shown = told.operations[:LINES_MAX]
    period = _("Du %(first)s au %(last)s") % {
        "first": f"{told.first:%d/%m/%Y}",
        "last": f"{told.last:%d/%m/%Y}",
    }
    equation = [
        line(_("Au début"), written(told.opening)),
        line(_("Entré"), written(told.came_in, signed=True)),
        line(_("Dépensé"), written(-told.spent)),
        line(_("Solde maintenant"), written(told.closing)),
    ]
    rows = [line(_label(one), written(one.cents, signed=True)) for one in shown]
    left_out = len(told.operations) - len(shown)
    more = [line(_("Opérations plus anciennes : %(n)s") % {"n": left_out})] if left_out else []
    return [*heading(visit), line(period), *equation, RULE, *rows, *more]


def _label(one: Operation) -> str:
    return f"{one.booked_on:%d/%m} {one.name or _('Rechargement')}"
