"""What each kind of service sells, and what is known when it is priced: a tariff must fit both."""

from collections.abc import Mapping

from cvq.rules.vocabulary import CHILDCARE, Purpose

# The items that taps, childcare and products ask prices for, under their codes.
SOLD: Mapping[Purpose, tuple[str, ...]] = {
    Purpose.CANTEEN: ("MEAL",),
    Purpose.GARDERIE: ("GARDERIE-HALF-HOUR",),
    Purpose.CRECHE: ("NURSERY-HOUR",),
    Purpose.LEISURE: ("LEISURE-DAY", "LEISURE-HALF-DAY"),
    Purpose.POOL: ("POOL-ENTRY",),
    Purpose.LIBRARY: ("LIBRARY-YEAR",),
    Purpose.COURT: ("COURT-SLOT",),
    Purpose.WASTE: ("WASTE-PASSAGE",),
}
OF_A_FAMILY = frozenset({"age", "resident"})
OF_A_CHILD = OF_A_FAMILY | {
    *("arrived_at", "booked", "born_on", "children_present", "day", "duration", "evening"),
    *("half_hours", "hours", "left_at", "morning", "present", "public_holiday"),
    *("quotient", "rank_present", "regularity", "residence", "school_holiday", "school_level"),
    "weekday",
}
# A service that stands nowhere has neither neighbours nor school holidays.
NEEDS_A_SITE = frozenset({"residence", "school_holiday"})
ON_REQUEST = OF_A_FAMILY | {"quotient", "subscriber", "reduced", "minute"}


def sold_by(purpose: str | None) -> tuple[str, ...]:
    """
    Return the codes of what a service of that purpose sells; a gate sells nothing.

    Without a purpose, it sells what its tariff names: nobody asks a price but an agent.
    """
    return SOLD.get(Purpose(purpose), ()) if purpose is not None else ()


def known_by(purpose: str | None) -> frozenset[str]:
    """Return the facts that are given when a service of that purpose is priced."""
    if purpose is None:
        return frozenset()
    kind = Purpose(purpose)
    if kind in CHILDCARE:
        return OF_A_CHILD
    return OF_A_FAMILY if kind in {Purpose.POOL, Purpose.WASTE} else ON_REQUEST


def code_of(item: str) -> str:
    """Return the code of what a document calls `pool_entry`."""
    return item.upper().replace("_", "-")
