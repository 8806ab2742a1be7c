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
    *("arrived_at", "booked", "born_on", "children_present", "children_registered", "day"),
    *("duration", "evening", "fund", "half_hours", "hours", "household_size", "left_at"),
    *("morning", "present", "public_holiday", "quotient", "rank_present", "rank_registered"),
    *("regularity", "residence", "school_holiday", "school_level", "schooled_in_community"),
    "weekday",
}
# A session that is charged whole, or by another unit, has none of these: they would be 0 or no.
NOT_MEASURED: Mapping[Purpose, frozenset[str]] = {
    Purpose.CANTEEN: frozenset({"duration", "evening", "half_hours", "hours", "morning"}),
    Purpose.GARDERIE: frozenset({"hours"}),
    Purpose.CRECHE: frozenset({"evening", "half_hours", "morning"}),
    Purpose.LEISURE: frozenset({"evening", "half_hours", "hours", "morning"}),
}
# Of a child, what is the same for all as long as nobody books and only who came is charged.
CONSTANT: Mapping[str, bool | str] = {"booked": True, "present": True, "regularity": "regular"}
# The means of a family are read for what goes by them, and for nothing else.
OF_A_YOUNG_CHILD = OF_A_CHILD | {
    *("dependent_children", "disabled_children", "monthly_income", "public_care"),
    "yearly_income",
}
# A service that stands nowhere has neither neighbours nor school holidays.
NEEDS_A_SITE = frozenset({"residence", "school_holiday"})
# Whom childcare counts for: whoever comes, and the household that pays.
COUNTED_FOR = ("child", "person", "household")
ON_REQUEST = OF_A_FAMILY | {"quotient", "subscriber", "reduced", "starts_at"}


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
        known = OF_A_YOUNG_CHILD if kind is Purpose.CRECHE else OF_A_CHILD
        return known - NOT_MEASURED.get(kind, frozenset())
    return OF_A_FAMILY if kind in {Purpose.POOL, Purpose.WASTE} else ON_REQUEST


def counts_for(purpose: str) -> tuple[str, ...]:
    """Return whom a service of that purpose counts for, from one use to the next; often nobody."""
    return COUNTED_FOR if Purpose(purpose) in CHILDCARE else ()


def instead_of_counting(purpose: str) -> tuple[str, ...]:
    """Return what limits the uses of a service that does not count them for its tariff."""
    if Purpose(purpose) in {Purpose.POOL, Purpose.WASTE}:
        return ("vendez un carnet ou ouvrez un quota : chaque passage les décompte",)
    return ()


def code_of(item: str) -> str:
    """Return the code of what a document calls `pool_entry`."""
    return item.upper().replace("_", "-")
