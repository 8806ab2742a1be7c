"""A day offline, told late, in pieces, twice and in any order: the same accounts in the end."""

import random
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import msgspec
import pytest

from cvq.billing.models import Charge
from cvq.cards.keys import sector_ref
from cvq.pool.models import Stay, ZoneCount
from cvq.rights.models import ProductKind
from cvq.rules.vocabulary import Direction, Happening, Means, Sector, Unit, Verdict
from cvq.taps.models import TapEvent
from cvq.waste.models import Visit
from cvq.wire.events import Event, genesis, head_after
from databases import Database, as_default, clone, drop
from edge.crowd import crowd, more_boxes
from edge.gatehouse import Gatehouse, SigningBox, gatehouse_here

FAMILIES = 6
CHILDREN = 2
HOUR = 3_600_000
Journals = dict[int, list[Event]]


def a_day(
    house: Gatehouse, cards: Sequence[str], seed: int
) -> tuple[dict[int, SigningBox], Journals]:
    """Return what the boxes of the town saw of a day while the line was down."""
    draw = random.Random(seed)
    doors = {
        "GâtinéO": more_boxes(house, "GâtinéO", (101, 102)),
        "GâtinéO sortie": [house.box("GâtinéO sortie")],
        "Déchèterie": more_boxes(house, "Déchèterie", (103,)),
    }
    refs = {(card, where): _event(house, card, where) for card in cards for where in doors}
    start = house.town.at("09:00").timestamp()
    seen: dict[int, list[tuple[int, str, str]]] = {}
    for _ in range(150):
        where = draw.choices(list(doors), weights=(5, 3, 2))[0]
        box = draw.choice(doors[where])
        at = int(start * 1000) + draw.randrange(12 * HOUR // 60_000) * 60_000 + draw.randrange(3)
        seen.setdefault(box.number, []).append((at, draw.choice(cards), where))
    boxes = {box.number: box for some in doors.values() for box in some}
    return boxes, {
        number: list(_journal(number, sorted(taps), refs, draw)) for number, taps in seen.items()
    }


def _event(house: Gatehouse, card: str, where: str) -> Event:
    point = house.town.points[where]
    template = Event(dev=1, seq=1, at=1, pt=point.pk, dir=Direction(point.direction))
    sector = Sector.WASTE if where == "Déchèterie" else Sector.POOL
    ref = sector_ref(sector, house.town.credentials[card]).hex()
    return msgspec.structs.replace(template, ref=ref, said=Verdict.GRANTED, means=Means.WALLET)


def _journal(
    number: int,
    taps: Sequence[tuple[int, str, str]],
    refs: dict[tuple[str, str], Event],
    draw: random.Random,
) -> Iterator[Event]:
    seqs = count(1)
    for at, card, where in taps:
        event = msgspec.structs.replace(refs[card, where], dev=number, seq=next(seqs), at=at)
        yield event
        if where == "GâtinéO" and draw.random() < 0.1:
            yield msgspec.structs.replace(
                event,
                seq=next(seqs),
                at=at + 8_000,
                what=Happening.NOT_PASSED,
                ref="",
                of=event.seq,
                said=Verdict.REFUSED,
                means=Means.FREE,
            )


def stretches(journal: Sequence[Event], draw: random.Random) -> list[tuple[int, int]]:
    """Cut a journal in pieces that overlap, some of them told twice."""
    found, first = [], 0
    while first < len(journal):
        last = min(len(journal), first + draw.randint(1, 25))
        found += [(max(0, first - draw.randint(0, 5)), last)] * draw.choice((1, 1, 2))
        first = last
    return found


def tell(boxes: dict[int, SigningBox], journals: Journals, draw: random.Random | None) -> None:
    """Upload everything: box after box in whole journals, or in pieces of all boxes, mingled."""
    if draw is None:
        for number, journal in sorted(journals.items()):
            assert boxes[number].upload(boxes[number].batch(*journal)).status == 200
        return
    waiting = {number: stretches(journal, draw) for number, journal in journals.items()}
    while any(waiting.values()):
        number = draw.choice([number for number, some in waiting.items() if some])
        first, last = waiting[number].pop(0)
        prev = head_after(genesis(number), journals[number][:first])
        batch = boxes[number].batch(*journals[number][first:last], prev=prev)
        assert boxes[number].upload(batch).status == 200


def position(house: Gatehouse) -> dict[str, Any]:
    """Return all that must not depend on the order."""
    town = house.town
    return {
        "wallets": {name: (town.wallet(name), town.owed(name)) for name in town.households},
        "charges": sorted(
            _net(Charge.objects.values_list("payer_id", "holder", "service_id", "cents")).items()
        ),
        "passages": sorted(Stay.objects.filter(counted=True).values_list("device", "seq", "means")),
        "visits": sorted(Visit.objects.filter(counted=True).values_list("device", "seq")),
        "inside": sorted(ZoneCount.objects.values_list("zone", "inside")),
        "taps": TapEvent.objects.count(),
    }


def _net(charges: Any) -> dict[tuple[Any, ...], int]:
    found: dict[tuple[Any, ...], int] = {}
    for payer, holder, service, cents in charges:
        key = (payer, str(holder), service)
        found[key] = found.get(key, 0) + cents
    return {key: cents for key, cents in found.items() if cents}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_day_told_in_any_order_and_doubled_ends_in_the_same_accounts(
    template: str, django_db_blocker: Any, seed: int
) -> None:
    ends = []
    for number, draw in enumerate([None, random.Random(seed), random.Random(seed + 100)]):
        own = Database(name=f"{template}_order_{seed}_{number}")
        clone(template, own.name)
        try:
            with (
                django_db_blocker.unblock(),
                as_default(own.name, "cvq_app"),
                gatehouse_here(own, at="22:00") as house,
            ):
                cards = crowd(house.town, families=FAMILIES, children=CHILDREN, topped_up="9,00")
                house.town.product("DECHETS", ProductKind.QUOTA, unit=Unit.VISIT, amount=3)
                boxes, journals = a_day(house, cards, seed)
                tell(boxes, journals, draw)
                house.audit()
                ends.append(_without_names(position(house)))
        finally:
            drop(own.name)

    assert ends[0] == ends[1]
    assert ends[0] == ends[2]
    assert any(owed != "0,00 €" for _, owed in ends[0]["wallets"].values())


def _without_names(end: dict[str, Any]) -> dict[str, Any]:
    # Opaque names are drawn anew in each town: holders are told apart by what they cost.
    charges = sorted((payer, service, cents) for (payer, _, service), cents in end["charges"])
    return {**end, "charges": charges}
