"""Why an amount is ticked, in a sentence: until when it covers, or what would still be owed."""

from datetime import date

from django.utils.translation import gettext as _

from cvq.billing.forecast import Forecast
from cvq.billing.suggested import DAYS_WANTED, SUGGESTED, Suggestion, costs
from cvq.bocage.templatetags.bocage import day_name, written


def advice(ahead: Forecast, ticked: Suggestion, today: date) -> str:
    """Return what to know before an amount is chosen."""
    amount = {"amount": written(ticked.cents, short=True)}
    if ticked.afterwards < 0:
        owed = {"owed": written(-ticked.afterwards)}
        return _("Avec %(amount)s, il resterait %(owed)s à régler.") % (amount | owed)
    if ahead.is_empty:
        return _("Rien n'est prévu : %(amount)s suffisent pour commencer.") % amount
    told = _until(ticked, amount, today)
    had = ticked.afterwards - ticked.cents
    if had + SUGGESTED[-1] < costs(ahead, DAYS_WANTED):
        return _("Aucun de ces montants ne couvre deux semaines.") + " " + told
    return told


def _until(ticked: Suggestion, amount: dict[str, str], today: date) -> str:
    if ticked.until is None:
        return _("Avec %(amount)s, vous avez de quoi tenir deux mois.") % amount
    if ticked.until < today:
        return _("%(amount)s ne suffisent pas pour aujourd'hui.") % amount
    day = {"day": day_name(ticked.until)}
    return _("Avec %(amount)s, vous avez de quoi tenir jusqu'au %(day)s.") % (amount | day)
