"""What a rating returns: a price that explains itself, or why there is none."""

import re
from collections.abc import Callable
from enum import StrEnum

import msgspec

from cvq.kernel.money import euros

FREE = "gratuit"
UNITS = {
    "ENTRY": "entrées",
    "VISIT": "passages",
    "MINUTE": "minutes",
    "CREDIT": "crédits",
    "DAY": "jours",
}
NONE = re.compile(r", 0(?: [^,×]+)? × ")


class Nature(StrEnum):
    """What a line is."""

    PRICE = "price"
    SUPPLEMENT = "supplement"
    DISCOUNT = "discount"
    CREDIT = "credit"
    PENALTY = "penalty"
    DEPOSIT = "deposit"
    ROUNDING = "rounding"


# A deposit comes back, and a penalty pays for nothing that was received.
NEVER_DEDUCTIBLE = frozenset({Nature.DEPOSIT, Nature.PENALTY})


class RefusalKind(StrEnum):
    """Why there is no price."""

    NOT_ALLOWED = "NOT_ALLOWED"
    NO_PRICE = "NO_PRICE"
    MISSING_INPUT = "MISSING_INPUT"
    WRONG_INPUT = "WRONG_INPUT"


class Hit(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The row of a table that spoke: where it stands, and the values that led to it."""

    table: str
    label: str
    line: int
    version: str
    values: tuple[str, ...]
    named: bool
    note: str = ""

    def told(self) -> str:
        """Return « tranche 3 (quotient familial 871) », or the values alone if it bears no name."""
        note = [self.note] if self.note else []
        if not self.named:
            return ", ".join([*self.values, *note])
        kept = [value for value in self.values if value.casefold() != self.label.casefold()]
        values = ", ".join([*kept, *note])
        return f"{self.label} ({values})" if values else self.label


class Line(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """
    One part of a price: its nature, what it costs, what of it is tax-deductible, and why.

    The sentence and the rows behind it are worked out when somebody asks: most prices are never
    read, all of them are charged.
    """

    label: str
    cents: int
    nature: Nature = Nature.PRICE
    deductible_cents: int = 0
    line: int = 0
    tell: Callable[[], str] | None = None
    look: Callable[[], tuple[Hit, ...]] | None = None

    @property
    def sentence(self) -> str:
        """Return why, in plain French, with the amount."""
        told = self.tell() if self.tell else self.label
        return f"{told} : {euros(self.cents) if self.cents else FREE}"

    @property
    def is_of_none(self) -> bool:
        """Return whether it costs nothing because there was none: « 0 matin × 1,20 € »."""
        return not self.cents and self.tell is not None and bool(NONE.search(self.tell()))

    @property
    def hits(self) -> tuple[Hit, ...]:
        """Return the rows of tables that spoke, for the agent."""
        return self.look() if self.look else ()


class Amount(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A named amount that is not owed with the price: of another date, or in another unit."""

    name: str
    label: str
    value: int
    unit: str = "EUR"

    def told(self) -> str:
        """Return the amount as people read it."""
        return euros(self.value) if self.unit == "EUR" else f"{self.value} {UNITS[self.unit]}"


class Priced(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """
    What is owed for good, line by line; deposits and amounts of another date stand beside it.

    The lines that are not deposits add up to `cents`.
    """

    cents: int
    lines: tuple[Line, ...]
    title: str = ""
    amounts: tuple[Amount, ...] = ()
    notes: tuple[str, ...] = ()
    said: str = ""

    @property
    def deductible_cents(self) -> int:
        """Return what of the price is tax-deductible: never more than it, its penalties apart."""
        lines = [line for line in self.lines if line.nature not in NEVER_DEDUCTIBLE]
        penalties = sum(line.cents for line in self.lines if line.nature is Nature.PENALTY)
        every = sum(line.deductible_cents for line in lines)
        return max(0, min(every, self.cents - penalties))

    @property
    def sentence(self) -> str:
        """Return the sentence that the family will read: no name in it."""
        if self.said:
            return self.said
        owed = [line for line in self.lines if line.nature is not Nature.DEPOSIT]
        deposit = sum(line.cents for line in self.lines) - sum(line.cents for line in owed)
        # What was counted and came to none is told only where there is nothing else to tell.
        owed = [line for line in owed if not line.is_of_none] or owed
        told = [*(line.sentence for line in owed), *self.notes]
        total = euros(self.cents) if self.cents else FREE
        if not told:
            return f"{self.title} : rien n'est dû"
        label = owed[0].label if owed else ""
        if label and re.match(rf"{re.escape(label)}\b", self.title, re.IGNORECASE):
            told[0] = self.title + told[0][len(label) :]
        start = "" if told[0].startswith(self.title) else f"{self.title}, "
        end = f" ; total : {total}" if len(told) > 1 else ""
        kept = f". Caution de {euros(deposit)} en plus, rendue" if deposit else ""
        return f"{start}{' ; '.join(told)}{end}{kept}"


class Refused(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Why there is no price, for the one who asked; a refusal moves no counter."""

    kind: RefusalKind
    reason: str
    line: int = 0
