"""
Tell the oracle what became of the town since it was read, change by change.

It reads nothing: that the oracle was told the same as the database is for a test to say.
"""

from datetime import date
from typing import assert_never

from cvq.rights.models import ProductKind, Right
from cvq.rules.vocabulary import MediumState
from cvq.twin.ground import Dated, Ground, Held, Medium, Owner
from cvq.twin.heard import (
    CardChanged,
    CardReplaced,
    CarnetSold,
    Hears,
    HomeMoved,
    News,
    QuotientTold,
    RightEnded,
)
from cvq.twin.oracle import Oracle
from cvq.twin.places import Town
from cvq.twin.residents import Card, Home, Resident


class OracleNews:
    """What happens at the desk, as the oracle hears it."""

    def __init__(self, hears: Hears) -> None:
        """Take whom to tell."""
        self._hears = hears

    def changed(self, card: Card, state: MediumState, at: int) -> None:
        """Tell that a medium is in another state."""
        sector, ref = next(iter(card.refs.items()))
        self._hears(CardChanged(sector, ref, state, at))

    def replaced(self, old: Card, new: Card, who: Resident, at: int) -> None:
        """Tell that somebody holds another medium."""
        sector, ref = next(iter(old.refs.items()))
        self._hears(CardReplaced(sector, ref, new.kind, new.refs, who.person, at))

    def moved(self, home: Home, town: Town, on: date) -> None:
        """Tell that a household lives elsewhere."""
        self._hears(HomeMoved(home.household, town.id, on))

    def told_quotient(self, home: Home, value: int, on: date) -> None:
        """Tell a new quotient."""
        self._hears(QuotientTold(home.household, value, on))

    def ended(self, right: Right) -> None:
        """Tell that a right ends."""
        assert right.holder is not None
        assert right.account is not None
        self._hears(RightEnded(right.holder, right.account.code, right.valid_until))

    def sold_carnet(self, right: Right, code: str) -> None:
        """Tell a new carnet."""
        product = right.product
        assert right.holder is not None
        self._hears(
            CarnetSold(
                holder=right.holder,
                service=product.service_id,
                zone=product.zone,
                account=code,
                amount=product.amount or 0,
                since=right.valid_from,
                until=right.valid_until,
            )
        )


def learn(oracle: Oracle, news: News) -> None:
    """Let the oracle know what became of the town."""
    ground = oracle.ground
    match news:
        case CardChanged():
            ground.media[news.sector, news.ref].states.append((news.at, news.state))
        case CardReplaced():
            _replace(ground, news)
        case HomeMoved():
            _succeed(ground.communes.setdefault(news.household, []), news.commune, news.on)
        case QuotientTold():
            _succeed(ground.quotients.setdefault(news.household, []), news.value, news.on)
        case RightEnded():
            rights = ground.rights[news.holder]
            for place, one in enumerate(rights):
                if one.what.account == news.account:
                    rights[place] = one._replace(valid_until=news.until)
        case CarnetSold():
            _sell(oracle, news)
        case _ as never:
            assert_never(never)


def _replace(ground: Ground, news: CardReplaced) -> None:
    held = ground.media[news.sector, news.ref].holdings
    since, _, owner = held[-1]
    held[-1] = (since, news.at, owner)
    person: Owner = ("PERSON", news.person)
    medium = Medium(news.kind, [(news.at, MediumState.ACTIVE)], [(news.at, None, person)])
    for sector, ref in news.refs.items():
        ground.media[sector, ref] = medium


def _sell(oracle: Oracle, news: CarnetSold) -> None:
    """Keep a new carnet, which is used after what ends sooner."""
    held = Held(
        kind=ProductKind.CARNET,
        service=news.service,
        zone=news.zone,
        lock_minutes=0,
        account=news.account,
        amount=news.amount,
    )
    rights = oracle.ground.rights.setdefault(news.holder, [])
    rights.append(Dated(held, news.since, news.until))
    rights.sort(key=lambda one: one.valid_until or date.max)
    oracle.fill(held)


def _succeed(dated: list[Dated], what: int, on: date) -> None:
    """Let something hold from a day in place of what held until then."""
    for place, one in enumerate(dated):
        if one.valid_until is None:
            dated[place] = one._replace(valid_until=on)
    dated.append(Dated(what, on, None))
