"""
The addresses of kiosks and of readers' screens: the number of a box, and our signature on it.

Nobody logs in at either.  Who was not given the address of a box has none.
"""

from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.translation import gettext as _

from cvq.access.services import Hidden
from cvq.catalog.kinds import DeviceProfile, DeviceState
from cvq.catalog.models import Device

KIOSK = "cvq.kiosk"
READER = "cvq.reader"
SEPARATOR = "."


def kiosk_address(device: int) -> str:
    """Return the first page of a kiosk."""
    return reverse("kiosk:waiting", args=[_signer(KIOSK).sign(str(device))])


def reader_address(device: int) -> str:
    """Return the screen of a reader."""
    return reverse("kiosk:reader", args=[_signer(READER).sign(str(device))])


def kiosk_of(token: str) -> Device:
    """
    Return the kiosk that an address is of.

    :raises Hidden: we gave no such address, or the kiosk is out of service.
    """
    device = _device(KIOSK, token)
    if device.profile != DeviceProfile.KIOSK:
        raise _no_such_box()
    return device


def reader_of(token: str) -> Device:
    """
    Return the box whose answers an address shows.

    :raises Hidden: we gave no such address, or the box is out of service.
    """
    return _device(READER, token)


def _device(salt: str, token: str) -> Device:
    try:
        number = int(_signer(salt).unsign(token))
    except (BadSignature, ValueError) as error:
        raise _no_such_box() from error
    rows = Device.objects.select_related("site", "sous_regie__regie")
    device = rows.filter(pk=number, state=DeviceState.ENROLLED).first()
    if device is None:
        raise _no_such_box()
    return device


def _signer(salt: str) -> Signer:
    return Signer(salt=salt, sep=SEPARATOR)


def _no_such_box() -> Hidden:
    return Hidden(_("Aucun équipement n'a cette adresse."))
