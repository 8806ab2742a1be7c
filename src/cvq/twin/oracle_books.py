"""
The books of the oracle: a dictionary of balances, one move at a time.

A balance is credits minus debits.  A wallet never goes under zero: what it lacks is owed, charge by
charge, and whatever comes free pays the oldest of them first.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cvq.twin.ground import Purse

# Wallet, holder, service, local day, cents: what a charge is, whatever became of it.
Told = tuple[str, UUID, int, date, int]


@dataclass(slots=True)
class Charged:
    """A charge that was booked: `owed` is what is left to pay, `number` its turn in the books."""

    purse: Purse
    holder: UUID
    service: int
    day: date
    cents: int
    revenue: str
    accrued: str
    number: int = 0
    owed: int = 0
    stands: bool = True


class Books:
    """Every account of the town."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.balances: dict[str, int] = defaultdict(int)
        self.charges: list[Charged] = []
        self.debts: dict[str, list[Charged]] = defaultdict(list)

    def move(self, debit: str, credit: str, amount: int) -> None:
        """Move an amount from one account to another."""
        assert amount >= 0
        self.balances[debit] -= amount
        self.balances[credit] += amount

    def charge(self, charged: Charged) -> None:
        """Take a price from the wallet as far as it goes; the rest is owed."""
        purse = charged.purse
        paid = min(charged.cents, self.balances[purse.wallet])
        self.move(purse.wallet, charged.revenue, paid)
        charged.owed = charged.cents - paid
        self.move(purse.owes, charged.accrued, charged.owed)
        charged.number = len(self.charges)
        self.charges.append(charged)
        if charged.owed:
            self.debts[purse.wallet].append(charged)

    def give_back(self, charged: Charged) -> None:
        """Undo a charge: what is still owed of it is no longer, what was paid is free again."""
        self.move(charged.accrued, charged.purse.owes, charged.owed)
        self.move(charged.revenue, charged.purse.wallet, charged.cents - charged.owed)
        charged.owed = 0
        charged.stands = False

    def repay(self, purse: Purse) -> None:
        """Let the free money of a wallet pay what is owed, oldest charge first."""
        debts = sorted(self.debts[purse.wallet], key=lambda one: (one.day, one.number))
        for one in debts:
            paid = min(one.owed, self.balances[purse.wallet])
            self.move(purse.wallet, purse.owes, paid)
            self.move(one.accrued, one.revenue, paid)
            one.owed -= paid
        self.debts[purse.wallet] = [one for one in debts if one.owed]

    def grant(self, account: str, unit: str, amount: int) -> None:
        """Fill what runs out."""
        self.move(f"GRANTED:{unit}", account, amount)

    def use(self, account: str, used: str) -> None:
        """Take one of what runs out, or overrun it."""
        self.move(account if self.balances[account] > 0 else f"OVERRUN:{account}", used, 1)

    def unuse(self, account: str, used: str) -> None:
        """Give one back, what was overrun first."""
        overrun = f"OVERRUN:{account}"
        self.move(used, overrun if self.balances[overrun] < 0 else account, 1)

    def left(self, account: str) -> int:
        """Return what is left of what runs out, less what it overran."""
        return self.balances[account] + self.balances[f"OVERRUN:{account}"]

    def standing(self) -> Counter[Told]:
        """Return the charges that stand, each as many times as it was made."""
        return Counter(
            (one.purse.wallet, one.holder, one.service, one.day, one.cents)
            for one in self.charges
            if one.stands
        )
