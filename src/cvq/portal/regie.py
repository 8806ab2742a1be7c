"""The régie behind the portal: it takes cards on the internet, and holds what families have."""

from django.utils.translation import gettext as _

from cvq.access.services import Hidden
from cvq.catalog.models import Regie
from cvq.payments.models import PaymentMeans


def regie() -> Regie:
    """
    Return the régie that takes cards on the internet.

    :raises Hidden: none does.
    """
    found = Regie.objects.filter(payment_means__contains=PaymentMeans.PAYFIP_CARD)
    first = found.select_related("authority").order_by("id").first()
    if first is None:
        raise Hidden(_("Aucune régie n'encaisse par internet."))
    return first
