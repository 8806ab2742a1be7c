"""
The passages of the oracle: which of them count, and what that moves in the books.

It keeps every passage that a tap opened.  When one comes, or turns out not to have been made, the
day of its holder or household is counted again from all its facts.  What comes counts in the books
at once; what others no longer count for, or count for after all, is booked when the batch ends.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import assert_never
from uuid import UUID

from cvq.rules import repetition
from cvq.rules.pool import PoolSituation
from cvq.rules.tap import RETAP_GRACE_MS
from cvq.rules.vocabulary import Direction, Means, Purpose
from cvq.rules.waste import SAME_VISIT_MS, WasteSituation
from cvq.twin.oracle_books import Books, Charged
from cvq.twin.oracle_sight import Sight

ENTRY_USED, VISIT_USED = "USED:ENTRY", "USED:VISIT"
Name = tuple[int, int]  # device, seq
Fact = tuple[int, int, int]  # at, device, seq


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose day it is that counts: a holder in a zone, or an account at the waste centres."""

    who: UUID | str
    where: str
    day: date


@dataclass(slots=True)
class Passage:
    """Somebody who went through; what it ran on, and what was booked for it if it counts."""

    fact: Fact
    sight: Sight
    scope: Scope
    means: Means
    passed: bool
    counter: str | None = None
    counts: bool = False
    is_booked: bool = False
    charged: Charged | None = None

    @property
    def leaves(self) -> bool:
        """Tell whether this was the way out, which costs nothing."""
        return self.sight.event.dir is Direction.OUT


def pool_scope(sight: Sight) -> Scope:
    """Return where a swimmer's entries are counted."""
    assert sight.holder is not None
    return Scope(sight.holder, sight.place.zone, sight.day)


def waste_scope(sight: Sight) -> Scope | None:
    """Return where visits are counted: on the quota of the household, else on the wallet."""
    account = sight.quota or (sight.purse.wallet if sight.purse else None)
    return None if account is None else Scope(account, "WASTE", sight.day)


class Passages:
    """All the passages of the town."""

    def __init__(self, books: Books) -> None:
        """Begin with none, on these books."""
        self._books = books
        self._by_name: dict[Name, Passage] = {}
        self._by_scope: dict[Scope, list[Passage]] = defaultdict(list)
        # Those whose last passage of the day was in.
        self._inside: dict[tuple[str, date], set[Scope]] = defaultdict(set)
        self._not_made: set[Name] = set()
        self._recounted: dict[Scope, None] = {}

    def enter(self, sight: Sight, means: Means) -> None:
        """Keep a passage, and count its scope again."""
        event = sight.event
        name = (event.dev, event.seq)
        pool = sight.place.purpose is Purpose.POOL
        scope = pool_scope(sight) if pool else waste_scope(sight)
        assert scope is not None
        passage = Passage(
            fact=(event.at, *name),
            sight=sight,
            scope=scope,
            means=means,
            passed=name not in self._not_made,
            counter=sight.quota if means is Means.QUOTA else None,
        )
        if means is Means.CARNET:
            passage.counter = self.carnet(sight)
        self._by_name[name] = passage
        self._by_scope[scope].append(passage)
        self._count(scope)
        if passage.counts:
            self._book(passage)

    def undo(self, name: Name) -> None:
        """Take a passage back: nobody made it."""
        passage = self._by_name.get(name)
        if passage is not None and passage.passed:
            passage.passed = False
            self._count(passage.scope)

    def announce(self, name: Name) -> None:
        """Remember that nobody went through, should the grant itself come later."""
        self._not_made.add(name)
        self.undo(name)

    def carnet(self, sight: Sight) -> str | None:
        """Return the first carnet with something left, else the last one."""
        for account in sight.carnets:
            if self._books.balances[account] > 0:
                return account
        return sight.carnets[-1] if sight.carnets else None

    def inside(self, zone: str, day: date) -> int:
        """Return how many are in a zone: those whose last passage of the day was in."""
        return len(self._inside[zone, day])

    def pool_situation(self, sight: Sight) -> PoolSituation:
        """Return what the turnstile knows at this tap."""
        before = self._before(pool_scope(sight), sight) if sight.holder else []
        limit = sight.place.max_attendance
        carnet = self.carnet(sight)
        return PoolSituation(
            medium=sight.medium,
            kind=sight.kind,
            held=sight.holder is not None,
            open=sight.is_open,
            last_at=max((one.fact[0] for one in before if not one.leaves), default=None),
            full=limit is not None and self.inside(sight.place.zone, sight.day) >= limit,
            inside=self._is_inside(before),
            has_pass=sight.has_pass,
            lock_minutes=sight.lock_minutes,
            entries=self._books.balances[carnet] if carnet else 0,
            price=sight.price,
            spendable=self._books.balances[sight.purse.wallet] if sight.purse else None,
        )

    def waste_situation(self, sight: Sight) -> WasteSituation:
        """Return what the barrier knows at this tap."""
        scope = waste_scope(sight)
        before = self._before(scope, sight) if scope else []
        return WasteSituation(
            medium=sight.medium,
            kind=sight.kind,
            held=sight.holder is not None,
            open=sight.is_open,
            last_at=max((one.fact[0] for one in before if one.counts), default=None),
            served=sight.served,
            visits=self._books.balances[sight.quota] if sight.quota else None,
            price=sight.price,
            spendable=self._books.balances[sight.purse.wallet] if sight.purse else None,
        )

    def _before(self, scope: Scope, sight: Sight) -> list[Passage]:
        event = sight.event
        mine = (event.at, event.dev, event.seq)
        return [one for one in self._by_scope[scope] if one.passed and one.fact < mine]

    def _is_inside(self, passages: list[Passage]) -> bool:
        made = [one for one in passages if one.passed]
        return bool(made) and not max(made, key=lambda one: one.fact).leaves

    def end(self) -> None:
        """End a batch: give back what no longer counts, book what does, pay what is owed."""
        changed = [
            one
            for scope in self._recounted
            for one in self._by_scope[scope]
            if one.is_booked != one.counts
        ]
        self._recounted.clear()
        given_back = [one for one in changed if one.is_booked]
        for one in given_back:
            self._give_back(one)
        for one in changed:
            if one.counts:
                self._book(one)
        for one in given_back:
            if one.sight.purse is not None:
                self._books.repay(one.sight.purse)

    def _count(self, scope: Scope) -> None:
        """Count a scope again, from its facts alone."""
        entries = [one for one in self._by_scope[scope] if not one.leaves]
        grace = SAME_VISIT_MS if scope.where == "WASTE" else RETAP_GRACE_MS
        counted = repetition.counted([one.fact for one in entries if one.passed], grace)
        for one in entries:
            one.counts = one.passed and one.fact in counted
        self._recounted[scope] = None
        inside = self._inside[scope.where, scope.day]
        if self._is_inside(self._by_scope[scope]):
            inside.add(scope)
        else:
            inside.discard(scope)

    def _book(self, passage: Passage) -> None:
        passage.is_booked = True
        sight = passage.sight
        match passage.means:
            case Means.WALLET:
                assert sight.purse is not None
                assert sight.holder is not None
                assert sight.price is not None
                passage.charged = Charged(
                    purse=sight.purse,
                    holder=sight.holder,
                    service=sight.place.service,
                    day=sight.day,
                    cents=sight.price,
                    revenue=sight.place.revenue(sight.day),
                    accrued=sight.place.accrued(),
                )
                self._books.charge(passage.charged)
            case Means.CARNET | Means.QUOTA:
                assert passage.counter is not None
                self._books.use(passage.counter, _used(passage.means))
            case Means.FREE | Means.PASS:
                pass
            case _ as never:
                assert_never(never)

    def _give_back(self, passage: Passage) -> None:
        passage.is_booked = False
        if passage.charged is not None:
            self._books.give_back(passage.charged)
            passage.charged = None
        elif passage.counter is not None:
            self._books.unuse(passage.counter, _used(passage.means))


def _used(means: Means) -> str:
    return ENTRY_USED if means is Means.CARNET else VISIT_USED
