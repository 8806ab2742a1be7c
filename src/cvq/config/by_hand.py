"""
In a demonstration, somebody taps by hand: one turnstile that the twin leaves alone, and its cards.

Its box is a real one, in a process and a folder of its own, at the time of the demonstration.
"""

from collections.abc import Iterator, Sequence

from cvq.kernel.unable import Unable
from cvq.rules.vocabulary import SECTOR_OF, Purpose
from cvq.twin.places import Places, Spot
from cvq.twin.residents import Population, Resident, Ticket

ADULT_YEARS = 18
TICKETS = {Ticket.PASS: "abonnement", Ticket.WALLET: "compte famille"}


class NoTurnstileLeft(Unable):
    """The territory has no pool with a turnstile to spare."""


def leave(places: Places) -> Spot:
    """
    Take a turnstile away from the twin, which would tell its journal too, and return it.

    :raises NoTurnstileLeft: no pool has two ways in.
    """
    for pool in places.pools:
        if len(pool.ins) > 1:
            spot = pool.ins.pop()
            del places.spots[spot.point]
            return spot
    raise NoTurnstileLeft("Aucune piscine n'a deux entrées : rien ne reste pour badger soi-même.")


def swimmers(people: Population, spot: Spot) -> Iterator[tuple[Resident, Ticket]]:
    """Yield an adult of each kind who may go in there: on a pass, on a wallet that has money."""
    for ticket in TICKETS:
        for one in people.residents:
            swims = one.swims
            if swims is None or swims.ticket is not ticket or swims.pool.zone != spot.zone:
                continue
            pays = ticket is not Ticket.WALLET or (one.home.uses_wallet and not one.home.is_late)
            if pays and one.cards and one.age(people.first_day) >= ADULT_YEARS:
                yield one, ticket
                break


def told(
    spot: Spot, found: Sequence[tuple[Resident, Ticket]], host: str, port: int
) -> Iterator[str]:
    """Yield what somebody needs to tap: where, whose cards, and a line to type."""
    yield f"  Pour badger         {spot.name} : boîtier {spot.device}, point {spot.point}"
    sector = SECTOR_OF[Purpose.POOL]
    lines = []
    for who, ticket in found:
        card = who.cards[-1]
        yield f"    carte {card.number}   {who.first_name} {who.birth_name}, {TICKETS[ticket]}"
        lines.append(f'{{"ref": "{card.refs[sector]}", "point": {spot.point}}}')
        yield f"      {lines[-1]}"
    if lines:
        yield "    tapez par exemple, dans un autre terminal (bash) :"
        yield f"      exec 3<>/dev/tcp/{host}/{port}; echo '{lines[0]}' >&3; head -n 1 <&3"
