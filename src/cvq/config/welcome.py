"""What a demonstration prints when it opens: where to look, who to be, and what to try."""

from collections.abc import Iterator
from pathlib import Path

from cvq.catalog.kinds import DeviceProfile
from cvq.catalog.models import Device
from cvq.config.by_log_in import LogIn
from cvq.config.runtime import Database, without_password
from cvq.kiosk.addresses import kiosk_address, reader_address
from cvq.twin.places import Spot
from cvq.wire.messages import OPENAPI_PATH

# Each kind of box that has a screen, in the order in which one meets them in a day.
READERS = (
    DeviceProfile.GATE,
    DeviceProfile.TABLET,
    DeviceProfile.TURNSTILE,
    DeviceProfile.READER,
    DeviceProfile.BARRIER,
    DeviceProfile.DOOR,
)


def pages(given: list[LogIn], password: str, address: str) -> Iterator[str]:
    """Yield where the pages are, and who may open them."""
    yield f"\n  Pages               {address}   mot de passe : {password}"
    for one in given:
        yield f"    {address}{one.path:<14} {one.email:<22}  {one.who}"


def screens(address: str, card: str, doors: list[Spot]) -> Iterator[str]:
    """Yield the screens that nobody logs in at; of each kind, that of a box of its own first."""
    first = dict(Device.objects.order_by("-id").values_list("profile", "id"))
    apart = Device.objects.filter(pk__in=[door.device for door in doors])
    first |= dict(apart.values_list("profile", "id"))
    yield f"  Une borne           tapez-y la carte {card}"
    yield f"    {address}{kiosk_address(first[DeviceProfile.KIOSK])}"
    yield "  Des lecteurs        ce que chacun répond, à mesure"
    for profile in READERS:
        yield f"    {profile.label:<11} {address}{reader_address(first[profile])}"


def machines(url: str, folder: Path, database: Database, doors: list[Spot]) -> Iterator[str]:
    """Yield where devices speak, and where everything is kept."""
    yield f"  Passerelle          {url}   ce qu'elle comprend : {url}{OPENAPI_PATH}"
    yield f"  SMS et courriels    {folder / 'mailbox'}"
    yield f"  Journaux            {folder / 'logs'}"
    yield f"  Base                {without_password(database.app_dsn)}"
    yield f"  Boîtiers à part     {' · '.join(door.name for door in doors)}"
