"""The words that rules, wire and books share.  Codes are never renamed; people read a label."""

from enum import IntEnum, StrEnum


class Sector(StrEnum):
    """A field of public service: its identifiers stay inside it (arrêté of 4 July 2013)."""

    SCHOOL = "SCHOOL"
    POOL = "POOL"
    LIBRARY = "LIBRARY"
    SPORT = "SPORT"
    WASTE = "WASTE"
    DOORS = "DOORS"


class Purpose(StrEnum):
    """What an access point is for; it alone says which rules a tap there follows."""

    SCHOOL_GATE = "SCHOOL_GATE"
    CANTEEN = "CANTEEN"
    GARDERIE = "GARDERIE"
    CRECHE = "CRECHE"
    LEISURE = "LEISURE"
    POOL = "POOL"
    LIBRARY = "LIBRARY"
    COURT = "COURT"
    DOOR = "DOOR"
    WASTE = "WASTE"


CHILDCARE = frozenset(
    {
        Purpose.SCHOOL_GATE,
        Purpose.CANTEEN,
        Purpose.GARDERIE,
        Purpose.CRECHE,
        Purpose.LEISURE,
    }
)

SECTOR_OF: dict[Purpose, Sector] = {
    **dict.fromkeys(CHILDCARE, Sector.SCHOOL),
    Purpose.POOL: Sector.POOL,
    Purpose.LIBRARY: Sector.LIBRARY,
    Purpose.COURT: Sector.SPORT,
    Purpose.DOOR: Sector.DOORS,
    Purpose.WASTE: Sector.WASTE,
}


class Direction(StrEnum):
    """Which way the holder goes; a point that is not a way through only ever sees IN."""

    IN = "IN"
    OUT = "OUT"


class Unit(StrEnum):
    """What an account counts: euro cents, entries of a carnet, visits of a quota, minutes."""

    EUR = "EUR"
    ENTRY = "ENTRY"
    VISIT = "VISIT"
    MINUTE = "MINUTE"


class Means(StrEnum):
    """What a granted use runs on."""

    FREE = "FREE"
    PASS = "PASS"
    CARNET = "CARNET"
    QUOTA = "QUOTA"
    WALLET = "WALLET"


class By(StrEnum):
    """Who decided: the town hall while the door waited, or the door alone."""

    TOWN = "TOWN"
    DOOR = "DOOR"


class Happening(StrEnum):
    """What a device tells: somebody presented a medium, or nobody went through after a grant."""

    TAP = "TAP"
    NOT_PASSED = "NOT_PASSED"


class MediumState(StrEnum):
    """The life of a medium.  LOST, STOLEN and DEAD are for ever (R11)."""

    ISSUED = "ISSUED"
    ACTIVE = "ACTIVE"
    BLOCKED = "BLOCKED"
    LOST = "LOST"
    STOLEN = "STOLEN"
    DEAD = "DEAD"


class MediumKind(StrEnum):
    """What is presented; what it may open depends on how well it proves itself."""

    DESFIRE = "DESFIRE"
    NTAG424 = "NTAG424"
    PAPER_QR = "PAPER_QR"
    PHONE_QR = "PHONE_QR"
    PLATE = "PLATE"
    LEGACY_UID = "LEGACY_UID"


class Verdict(IntEnum):
    """The three answers, as a device tells them."""

    REFUSED = 0
    GRANTED = 1
    NOTED = 2


class Reason(StrEnum):
    """Why a tap is objected to, in order of precedence."""

    # medium
    UNKNOWN_MEDIUM = "UNKNOWN_MEDIUM"
    RANDOM_UID = "RANDOM_UID"
    MEDIUM_LOST = "MEDIUM_LOST"
    MEDIUM_STOLEN = "MEDIUM_STOLEN"
    MEDIUM_BLOCKED = "MEDIUM_BLOCKED"
    MEDIUM_DEAD = "MEDIUM_DEAD"
    MEDIUM_NOT_ACTIVE = "MEDIUM_NOT_ACTIVE"
    MEDIUM_TOO_WEAK = "MEDIUM_TOO_WEAK"
    NO_HOLDER = "NO_HOLDER"
    # place
    PLACE_CLOSED = "PLACE_CLOSED"
    PLACE_FULL = "PLACE_FULL"
    # holder
    NOT_ENROLLED = "NOT_ENROLLED"
    NO_RIGHT = "NO_RIGHT"
    NO_SLOT = "NO_SLOT"
    OUTSIDE_SCHEDULE = "OUTSIDE_SCHEDULE"
    NOT_SERVED_HERE = "NOT_SERVED_HERE"
    # repetition
    ALREADY_IN = "ALREADY_IN"
    TIME_LOCK = "TIME_LOCK"
    ALREADY_SERVED = "ALREADY_SERVED"
    # what runs out
    QUOTA_REACHED = "QUOTA_REACHED"
    NO_PRICE = "NO_PRICE"
    NO_ACCOUNT = "NO_ACCOUNT"
    NOT_ENOUGH = "NOT_ENOUGH"
    # the box alone
    STALE_SNAPSHOT = "STALE_SNAPSHOT"
    CLOCK_SUSPECT = "CLOCK_SUSPECT"
    RISK_LIMIT = "RISK_LIMIT"
