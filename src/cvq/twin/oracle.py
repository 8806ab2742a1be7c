"""
The oracle: what the town owes to whom, worked out one event at a time.

Sequential, simple, without the database: it keeps every fact and counts again.  It shares the pure
rules with the spine and nothing else, so that what both say is right, or wrong twice for different
reasons.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, assert_never

from cvq.rules import attendance, door, library, pool, slot, waste
from cvq.rules.tap import Decision, Granted, Noted, Refused
from cvq.rules.vocabulary import By, Direction, Happening, Means, Purpose, Reason, Verdict
from cvq.taps.told import Told
from cvq.twin import oracle_sight
from cvq.twin.ground import Ground, Held
from cvq.twin.oracle_books import Books
from cvq.twin.oracle_books import Told as ToldCharge
from cvq.twin.oracle_childcare import Childcare
from cvq.twin.oracle_passages import Passages, waste_scope
from cvq.twin.oracle_sight import Sight
from cvq.wire.events import Event, happening

AHEAD_MS = 2 * 60_000
OLD_MS = 30 * 24 * 3_600_000
BACK_MS = 5 * 60_000
UNKNOWN_PER_MINUTE = 30
MINUTE_MS = 60_000

Name = tuple[int, int]  # device, seq


class Stands(NamedTuple):
    """What stands of an event; `kept` tells where it went, in the words of the answer."""

    said: Verdict
    why: Reason | None = None
    means: Means = Means.FREE
    until: int = 0
    kept: str = "TAP"
    objection: Reason | None = None


@dataclass(slots=True)
class _Known:
    """What we keep under a name; final once the door itself has said what it did."""

    digest: bytes
    stands: Stands
    final: bool


class Oracle:
    """A town that is told what happens in it, in the order in which it is told."""

    def __init__(self, ground: Ground) -> None:
        """Begin on a ground, with what its carnets were filled with."""
        self.books = Books()
        self.flood: Counter[Name] = Counter()
        self._passages = Passages(self.books)
        self._childcare = Childcare(self.books)
        self._known: dict[Name, _Known] = {}
        self._keys: set[str] = set()
        self.learn(ground)

    # -- what happens ------------------------------------------------------------------------
    def learn(self, ground: Ground) -> None:
        """Stand on a ground that was read anew."""
        self.ground = ground
        for dated in ground.rights.values():
            for held, *_ in dated:
                self.fill(held)

    def fill(self, held: Held) -> None:
        """Fill a carnet, once."""
        if held.account is not None:
            self._open(held.account, "ENTRY", held.amount)

    def tell(
        self, event: Event, *, asks: bool, received_at: int, previous_at: int | None = None
    ) -> tuple[Verdict, Reason | None]:
        """Tell one event, and return what stands of it."""
        told = Told(event=event, asks=asks, previous_at=previous_at)
        stands = self.tell_all([told], received_at=received_at)[0]
        return stands.said, stands.why

    def tell_all(self, told: Sequence[Told], *, received_at: int) -> list[Stands]:
        """
        Tell a whole batch, in the order of its facts, and return what stands of each.

        Who did not pass is taken back first, then who was kept out after all; the others follow
        by `(at, device, seq)`.  Of what happened under one name the first telling counts.
        """
        first: dict[Name, Told] = {}
        for one in told:
            first.setdefault((one.event.dev, one.event.seq), one)
        keys = {id(one): ((one.event.dev, one.event.seq), happening(one.event)) for one in told}
        stands: dict[tuple[Name, bytes], Stands] = {}
        for one in [*sorted(first.values(), key=self._turn), *told]:
            key = keys[id(one)]
            if key not in stands:
                stands[key] = self._stand(one, key[1], received_at)
        self._passages.end()
        return [stands[keys[id(one)]] for one in told]

    def top_up(self, wallet: str, cents: int, key: str, held_in: str) -> None:
        """Put money in a wallet, once for each key; it pays what is owed first."""
        if key in self._keys:
            return
        self._keys.add(key)
        self.books.move(held_in, wallet, cents)
        self.books.repay(self.ground.purse_of(wallet))

    def charge_days(self, until: date) -> None:
        """Charge the days of childcare that were not, or not with all that we know of them."""
        self._childcare.charge_days(self.ground, until)

    # -- what can be seen --------------------------------------------------------------------
    def balances(self) -> dict[str, int]:
        """Return credits less debits of every account that has any."""
        return {code: balance for code, balance in self.books.balances.items() if balance}

    def charges(self) -> Counter[ToldCharge]:
        """Return the charges that stand: wallet, holder, service, day and cents."""
        return self.books.standing()

    def positions(self) -> dict[str, int]:
        """Return the net position of each wallet: what is in it, less what its owner owes."""
        balances = self.books.balances
        purses = self.ground.purses.values()
        found = {purse.wallet: balances[purse.wallet] + balances[purse.owes] for purse in purses}
        return {wallet: net for wallet, net in found.items() if net}

    def counters(self) -> dict[str, int]:
        """Return what is left of each quota, and of the carnets of each holder together."""
        found: Counter[str] = Counter()
        for code in list(self.books.balances):
            if code.startswith("QUOTA:"):
                found[code] = self.books.left(code)
        for holder, dated in self.ground.rights.items():
            for held, *_ in dated:
                if held.account is not None:
                    found[f"CARNET:{holder}"] += self.books.left(held.account)
        return dict(found)

    def inside(self, zone: str, day: date) -> int:
        """Return how many are in a zone of a pool, as far as we were told that day."""
        return self._passages.inside(zone, day)

    def kept(self) -> Counter[str]:
        """Return how many events were kept as taps, parked, or only counted."""
        found = Counter(known.stands.kept for known in self._known.values())
        found["COUNTED"] = sum(max(0, n - UNKNOWN_PER_MINUTE) for n in self.flood.values())
        return found

    # -- one event ---------------------------------------------------------------------------
    def _stand(self, told: Told, digest: bytes, received_at: int) -> Stands:
        event = told.event
        name = (event.dev, event.seq)
        known = self._known.get(name)
        if known is not None:
            return self._again(event, digest, known, asks=told.asks)
        doubtful = self._doubt(event, received_at, told.previous_at)
        if doubtful and told.asks:
            return Stands(event.said, kept="PARKED")  # of which nothing is kept: it will tell
        if doubtful:
            stands = Stands(event.said, kept="PARKED")
        else:
            stands = self._settle(event, asks=told.asks)
        if stands.kept != "COUNTED":
            final = not told.asks and event.by is By.DOOR
            self._known[name] = _Known(digest, stands, final=final)
        return stands

    def _open(self, account: str, unit: str, amount: int) -> None:
        if account not in self._keys:
            self._keys.add(account)
            self.books.grant(account, unit, amount)

    def _turn(self, told: Told) -> tuple[int, int, int, int]:
        event = told.event
        known = self._known.get((event.dev, event.seq))
        rank = 2
        if event.what is Happening.NOT_PASSED:
            rank = 0
        elif known is not None and event.said is Verdict.REFUSED:
            rank = 1
        return (rank, event.at, event.dev, event.seq)

    def _doubt(self, event: Event, received_at: int, previous_at: int | None) -> bool:
        place = self.ground.places.get(event.pt)
        return (
            place is None
            or event.dev not in place.devices
            or bool(event.cq)
            or event.at > received_at + AHEAD_MS
            or event.at < received_at - OLD_MS
            or event.at < self.ground.enrolled.get(event.dev, 0)
            or (previous_at is not None and event.at < previous_at - BACK_MS)
        )

    def _again(self, event: Event, digest: bytes, known: _Known, *, asks: bool) -> Stands:
        if digest != known.digest:
            return Stands(Verdict.REFUSED, kept="FORK")
        went_in, told_in = (said is not Verdict.REFUSED for said in (known.stands.said, event.said))
        settled = known.stands.kept == "TAP" and event.what is Happening.TAP
        if asks or known.final or not settled or went_in == told_in:
            return known.stands
        known.final = True
        sight = oracle_sight.look(self.ground, event)
        if not told_in:
            self._passages.undo((event.dev, event.seq))
        decision = self._decide(sight)
        known.stands = self._fact(sight, decision)
        return known.stands

    def _settle(self, event: Event, *, asks: bool) -> Stands:
        if event.what is Happening.NOT_PASSED:
            self._passages.announce((event.dev, event.of))
            return Stands(event.said, event.why)
        sight = oracle_sight.look(self.ground, event)
        if sight.quota is not None and self.ground.quota is not None:
            self._open(sight.quota, self.ground.quota.unit, self.ground.quota.amount)
        decision = self._decide(sight)
        self._childcare.see(sight)
        stands = self._answer(sight, decision) if asks else self._fact(sight, decision)
        if sight.medium is None:
            minute = (event.dev, event.at // MINUTE_MS)
            self.flood[minute] += 1
            if self.flood[minute] > UNKNOWN_PER_MINUTE:
                return stands._replace(kept="COUNTED")
        return stands

    def _decide(self, sight: Sight) -> Decision:
        tap = sight.tap
        match sight.place.purpose:
            case Purpose.POOL:
                return pool.decide(tap, self._passages.pool_situation(sight))
            case Purpose.WASTE:
                return waste.decide(tap, self._passages.waste_situation(sight))
            case Purpose.DOOR:
                return door.decide(tap, oracle_sight.door_situation(self.ground, sight))
            case Purpose.COURT:
                return slot.decide(tap, oracle_sight.court_situation(self.ground, sight))
            case Purpose.LIBRARY:
                return library.decide(tap, oracle_sight.patron_situation(sight))
            case _:
                return attendance.decide(tap, self._childcare.situation(self.ground, sight))

    def _answer(self, sight: Sight, decision: Decision) -> Stands:
        """Return our word to a door that asked."""
        match decision:
            case Granted():
                means = self._enter(sight, decision.means)
                return Stands(Verdict.GRANTED, None, means, decision.until)
            case Noted():
                return Stands(Verdict.NOTED, decision.reason, self._enter(sight, Means.FREE))
            case Refused():
                return Stands(Verdict.REFUSED, decision.reason)
            case _ as never:
                assert_never(never)

    def _fact(self, sight: Sight, decision: Decision) -> Stands:
        """Return what a door did, which stands, and our objection beside it."""
        event = sight.event
        if event.said is Verdict.REFUSED:
            return Stands(event.said, event.why)
        means = self._enter(sight, self._means_of_fact(sight))
        if isinstance(decision, Granted):
            return Stands(event.said, event.why, means, decision.until)
        objection = None if decision.reason is event.why else decision.reason
        return Stands(event.said, event.why, means, objection=objection)

    def _means_of_fact(self, sight: Sight) -> Means:
        """A pass goes first; the door's word tells a carnet from the wallet."""
        if sight.place.purpose is not Purpose.POOL:
            return Means.FREE
        if sight.has_pass:
            return Means.PASS
        if sight.event.means is Means.CARNET and sight.carnets:
            return Means.CARNET
        return Means.WALLET if sight.price and sight.purse else Means.FREE

    def _enter(self, sight: Sight, means: Means) -> Means:
        """Keep the passage of somebody who was let in; return what it runs on."""
        goes_in = sight.event.dir is Direction.IN
        if sight.place.purpose is Purpose.POOL and sight.holder is not None:
            means = means if goes_in else Means.FREE
            self._passages.enter(sight, means)
        elif sight.place.purpose is Purpose.WASTE and sight.holder is not None:
            if not goes_in or waste_scope(sight) is None:
                return Means.FREE
            paid = Means.WALLET if sight.price else Means.FREE
            means = Means.QUOTA if sight.quota else paid
            self._passages.enter(sight, means)
        return means
