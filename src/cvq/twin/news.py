"""
Tell the oracle what became of the town since it was read, change by change.

It reads nothing: that the oracle was told the same as the database is for a test to say.
"""

from datetime import date

from cvq.rights.models import Right
from cvq.rules.vocabulary import MediumState
from cvq.twin.ground import Dated, Ground, Held, Medium, Owner
from cvq.twin.oracle import Oracle
from cvq.twin.places import Town
from cvq.twin.residents import Card, Home, Resident


class OracleNews:
    """What happens at the desk, as the oracle hears it."""

    def __init__(self, oracle: Oracle) -> None:
        """Take the oracle that must know."""
        self.oracle = oracle

    @property
    def ground(self) -> Ground:
        """Return the ground that the oracle stands on."""
        return self.oracle.ground

    def changed(self, card: Card, state: MediumState, at: int) -> None:
        """Tell that a medium is in another state."""
        self._medium(card).states.append((at, state))

    def replaced(self, old: Card, new: Card, who: Resident, at: int) -> None:
        """Tell that somebody holds another medium."""
        held = self._medium(old).holdings
        since, _, owner = held[-1]
        held[-1] = (since, at, owner)
        person: Owner = ("PERSON", who.person)
        medium = Medium(new.kind, [(at, MediumState.ACTIVE)], [(at, None, person)])
        for sector, ref in new.refs.items():
            self.ground.media[sector, ref] = medium

    def moved(self, home: Home, town: Town, on: date) -> None:
        """Tell that a household lives elsewhere."""
        _succeed(self.ground.communes.setdefault(home.household, []), town.id, on)

    def told_quotient(self, home: Home, value: int, on: date) -> None:
        """Tell a new quotient."""
        _succeed(self.ground.quotients.setdefault(home.household, []), value, on)

    def ended(self, right: Right) -> None:
        """Tell that a right ends."""
        assert right.holder is not None
        assert right.account is not None
        rights = self.ground.rights[right.holder]
        for place, one in enumerate(rights):
            if one.what.account == right.account.code:
                rights[place] = one._replace(valid_until=right.valid_until)

    def sold_carnet(self, right: Right, code: str) -> None:
        """Tell a new carnet, which is used after what ends sooner."""
        product = right.product
        held = Held(
            kind=product.kind,
            service=product.service_id,
            zone=product.zone,
            lock_minutes=product.time_lock_minutes,
            account=code,
            amount=product.amount or 0,
        )
        assert right.holder is not None
        rights = self.ground.rights.setdefault(right.holder, [])
        rights.append(Dated(held, right.valid_from, right.valid_until))
        rights.sort(key=lambda one: one.valid_until or date.max)
        self.oracle.learn(self.ground)

    def _medium(self, card: Card) -> Medium:
        sector, ref = next(iter(card.refs.items()))
        return self.ground.media[sector, ref]


def _succeed(dated: list[Dated], what: int, on: date) -> None:
    """Let something hold from a day in place of what held until then."""
    for place, one in enumerate(dated):
        if one.valid_until is None:
            dated[place] = one._replace(valid_until=on)
    dated.append(Dated(what, on, None))
