"""A kiosk in the town of the pages."""

from cvq.catalog.models import Device
from cvq.kiosk.addresses import kiosk_address

KIOSK = 900
ANNE, LEO, BLANC = "012-00001", "012-00002", "012-00009"


def kiosk_in_town() -> str:
    """Put a kiosk where the first box is, and return its address."""
    beside = Device.objects.get(pk=1)
    Device.objects.create(
        pk=KIOSK,
        code="KIOSK",
        name="Borne, mairie de Parthenay",
        site=beside.site,
        profile="KIOSK",
        hmac_key=bytes(32),
        public_key=bytes(32),
        enrolled_at=beside.enrolled_at,
    )
    return kiosk_address(KIOSK)
