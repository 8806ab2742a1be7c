"""The communes as the map and the list beside it show them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from django.conf import settings
from msgspec import Struct

from cvq.board.ground import Commune, Ground, ground
from cvq.board.machines import Machine, State
from cvq.catalog.models import CommuneMembership
from cvq.people.names import sans_accent
from cvq.people.periods import during

FEW, MANY = 2, 6
RADIUS = 5, 7, 9
NAME_BESIDE, NAME_BELOW, NAME_ABOVE = 7, 15, 9
WORST_FIRST = (State.QUARANTINED, State.SILENT, State.WATCH, State.WELL, State.NEVER)


class Mark(Struct, frozen=True, kw_only=True):
    """A commune on the map: its machines, the worst state of any, and where its name stands."""

    insee: str
    name: str
    x: int
    y: int
    r: int
    state: State
    machines: tuple[Machine, ...]
    just_now: bool
    is_named: bool
    is_seat: bool
    name_x: int
    name_y: int
    anchor: str

    @property
    def off(self) -> int:
        """Return how many of its machines are off."""
        return sum(one.is_off for one in self.machines)

    @property
    def arc(self) -> str:
        """Return the path of the sun that rises over it when somebody taps."""
        return "".join(
            f"M{self.x - r} {self.y}a{r} {r} 0 0 1 {2 * r} 0" for r in (self.r + 6, self.r + 12)
        )


def mapped(found: Sequence[Machine], day: date) -> tuple[Ground, list[Mark]]:
    """Return the drawing of the territory and its communes with their machines."""
    rows = CommuneMembership.objects.filter(during(day)).values_list(
        "commune__insee", "commune__name", "commune__population_municipal"
    )
    communes = tuple(Commune(*row) for row in sorted(rows, key=lambda row: sans_accent(row[1])))
    there: dict[str, list[Machine]] = defaultdict(list)
    for one in found:
        there[one.insee].append(one)
    drawn = ground(settings.TERRITORY.siren, communes)
    most = max((one.people for one in communes), default=0)
    seats = {one.insee for one in communes if one.people == most}
    marks = []
    for place in drawn.communes:
        machines = there[place.insee]
        states = {one.state for one in machines} - {State.NEVER}
        state = min(states, key=WORST_FIRST.index, default=State.NEVER)
        r = RADIUS[(len(machines) > FEW) + (len(machines) > MANY)]
        x, y = round(place.x), round(place.y)
        name_x, name_y, anchor = _name_at(place.side, x, y, r)
        marks.append(
            Mark(
                insee=place.insee,
                name=place.name,
                x=x,
                y=y,
                r=r,
                state=state,
                machines=tuple(machines),
                just_now=any(one.busy.just_now for one in machines),
                is_named=bool(place.side) or state in WORST_FIRST[:2],
                is_seat=place.insee in seats,
                name_x=name_x,
                name_y=name_y,
                anchor=anchor,
            )
        )
    return drawn, marks


def _name_at(side: str, x: int, y: int, r: int) -> tuple[int, int, str]:
    match side:
        case "E":
            return x + r + NAME_BESIDE, y + 5, "start"
        case "O":
            return x - r - NAME_BESIDE, y + 5, "end"
        case "N":
            return x, y - r - NAME_ABOVE, "middle"
        case _:
            return x, y + r + NAME_BELOW, "middle"
