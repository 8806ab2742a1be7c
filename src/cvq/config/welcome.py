"""What a demonstration prints when it opens: where to look, who to be, and what to try."""

from collections.abc import Iterator
from typing import NamedTuple

from cvq.catalog import points as catalogue
from cvq.catalog.kinds import DeviceProfile
from cvq.catalog.models import Device
from cvq.config import by_hand
from cvq.config.by_log_in import LogIn
from cvq.config.runtime import without_password
from cvq.config.shows import Show
from cvq.kiosk.addresses import kiosk_address, reader_address
from cvq.plumbing.connections import underneath
from cvq.twin.places import Spot
from cvq.twin.residents import Population, Resident, Ticket
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


class Guests(NamedTuple):
    """Who looks on: who they may be, of which people, and the doors where there is a real box."""

    given: list[LogIn]
    password: str
    parent: Resident
    people: Population
    hand: Spot
    doors: list[Spot]


def told(guests: Guests, show: Show) -> Iterator[str]:
    """Yield everything, what one looks at first coming first."""
    yield from _pages(guests, show.web_url)
    yield from _screens(guests, show.web_url)
    cards = [(guests.parent, Ticket.WALLET), *by_hand.swimmers(guests.people, guests.hand)]
    yield from by_hand.told(guests.hand, cards, *show.doors[0].box.address)
    yield from _at_school(guests, show)
    yield f"  Boîtiers à part     {' · '.join(door.name for door in guests.doors)}"
    yield f"  Passerelle          {show.url}   ce qu'elle comprend : {show.url}{OPENAPI_PATH}"
    yield f"  CAF et MSA          {show.funds_url}   imitées : ./cvq quotient --demo show"
    yield f"  SMS et courriels    {show.folder / 'mailbox'}"
    yield f"  Journaux            {show.folder / 'logs'}"
    yield f"  Base                {without_password(show.database.app_dsn)}"


def _at_school(guests: Guests, show: Show) -> Iterator[str]:
    """Yield what somebody needs to be a child at the gate, and say when no child comes."""
    gate, box = guests.doors[0], show.doors[1].box
    child = next(
        one
        for one in guests.people.residents
        if one.cards and one.school is not None and one.school.school.gate is gate
    )
    card = child.cards[-1]
    line = f'{{"ref": "{card.refs[gate.sector]}", "point": {gate.point}}}'
    host, port = box.address
    yield f"  Un enfant au portail  {gate.name} : carte {card.number}, {child.first_name}"
    yield f"      exec 3<>/dev/tcp/{host}/{port}; echo '{line}' >&3; head -n 1 <&3"
    today = show.clock.now().astimezone(show.zone).date()
    if not catalogue.current(underneath()).calendar.open_intervals(gate.service, today):
        yield "    Les écoles sont fermées aujourd'hui ; un jour de classe :"
        yield "      ./cvq demo --at 2025-06-03T08:10"


def _pages(guests: Guests, address: str) -> Iterator[str]:
    yield f"\n  Pages               {address}   mot de passe : {guests.password}"
    for one in guests.given:
        yield f"    {address}{one.path:<16} {one.email:<22}  {one.who}"


def _screens(guests: Guests, address: str) -> Iterator[str]:
    """Yield the screens that nobody logs in at; of each kind, that of a real box first."""
    first = dict(Device.objects.order_by("-id").values_list("profile", "id"))
    real = Device.objects.filter(pk__in=[door.device for door in (guests.hand, *guests.doors)])
    first |= dict(real.values_list("profile", "id"))
    yield f"  Une borne           tapez-y la carte {guests.parent.cards[-1].number}"
    yield f"    {address}{kiosk_address(first[DeviceProfile.KIOSK])}"
    yield "  Des lecteurs        ce que chacun répond, à mesure"
    for profile in READERS:
        yield f"    {profile.label:<11} {address}{reader_address(first[profile])}"
