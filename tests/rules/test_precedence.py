"""The order in which each door objects: medium, place, holder, repetition, then what runs out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.rules import attendance, door, library, pool, slot, waste
from cvq.rules.attendance import ChildSituation
from cvq.rules.door import DoorSituation, Window
from cvq.rules.library import PatronSituation
from cvq.rules.pool import PoolSituation
from cvq.rules.slot import Booked, CourtSituation
from cvq.rules.tap import (
    RETAP_GRACE_MS,
    Decision,
    Granted,
    Noted,
    Refused,
    Situation,
    Tap,
    objections,
)
from cvq.rules.vocabulary import (
    CHILDCARE,
    Direction,
    Means,
    MediumKind,
    MediumState,
    Purpose,
    Reason,
)
from cvq.rules.waste import SAME_VISIT_MS, WasteSituation

NOON = 1_748_944_800_000
MINUTE = 60_000
CLOSED = {"open": False}
GONE = {
    MediumState.ISSUED: Reason.MEDIUM_NOT_ACTIVE,
    MediumState.BLOCKED: Reason.MEDIUM_BLOCKED,
    MediumState.LOST: Reason.MEDIUM_LOST,
    MediumState.STOLEN: Reason.MEDIUM_STOLEN,
    MediumState.DEAD: Reason.MEDIUM_DEAD,
    None: Reason.UNKNOWN_MEDIUM,
}
EVERY_DAY = Window(0b1111111, 0, 1440, True)
NIGHT = Window(0b1111111, 0, 1, True)

# Each door with what is wrong in the order in which it must be told; the last one wins last.
WRONG: dict[Purpose, list[tuple[Reason, dict[str, Any]]]] = {
    Purpose.POOL: [
        (Reason.UNKNOWN_MEDIUM, {"medium": None}),
        (Reason.NO_HOLDER, {"held": False}),
        (Reason.PLACE_CLOSED, CLOSED),
        (Reason.PLACE_FULL, {"full": True}),
        (Reason.ALREADY_IN, {"inside": True}),
        (Reason.TIME_LOCK, {"has_pass": True, "lock_minutes": 60, "last_at": NOON - 59 * MINUTE}),
        (Reason.NO_PRICE, {"has_pass": False, "price": None}),
        (Reason.NO_ACCOUNT, {"price": 450, "spendable": None}),
        (Reason.NOT_ENOUGH, {"spendable": 449}),
    ],
    Purpose.WASTE: [
        (Reason.UNKNOWN_MEDIUM, {"medium": None}),
        (Reason.NO_HOLDER, {"held": False}),
        (Reason.PLACE_CLOSED, CLOSED),
        (Reason.NOT_SERVED_HERE, {"served": False}),
        (Reason.QUOTA_REACHED, {"visits": 0}),
    ],
    Purpose.LIBRARY: [
        (Reason.UNKNOWN_MEDIUM, {"medium": None}),
        (Reason.NO_HOLDER, {"held": False}),
        (Reason.PLACE_CLOSED, CLOSED),
        (Reason.NO_RIGHT, {"subscribed": False}),
    ],
    Purpose.COURT: [
        (Reason.UNKNOWN_MEDIUM, {"medium": None}),
        (Reason.MEDIUM_TOO_WEAK, {"kind": MediumKind.LEGACY_UID}),
        (Reason.NO_HOLDER, {"held": False}),
        (Reason.NO_SLOT, {"slots": ()}),
    ],
    Purpose.DOOR: [
        (Reason.UNKNOWN_MEDIUM, {"medium": None}),
        (Reason.MEDIUM_TOO_WEAK, {"kind": MediumKind.PLATE}),
        (Reason.NO_HOLDER, {"held": False}),
        (Reason.OUTSIDE_SCHEDULE, {"windows": (NIGHT,)}),
    ],
    Purpose.CANTEEN: [
        (Reason.UNKNOWN_MEDIUM, {"medium": None}),
        (Reason.NO_HOLDER, {"held": False}),
        (Reason.PLACE_CLOSED, CLOSED),
        (Reason.NOT_ENROLLED, {"enrolled": False}),
        (Reason.ALREADY_SERVED, {"last_at": NOON - MINUTE}),
    ],
}
WELL: dict[Purpose, Any] = {
    Purpose.POOL: PoolSituation(medium=MediumState.ACTIVE, price=450, spendable=450),
    Purpose.WASTE: WasteSituation(medium=MediumState.ACTIVE, visits=15),
    Purpose.LIBRARY: PatronSituation(medium=MediumState.ACTIVE, subscribed=True),
    Purpose.COURT: CourtSituation(
        medium=MediumState.ACTIVE,
        kind=MediumKind.DESFIRE,
        slots=(Booked(NOON, NOON + 60 * MINUTE),),
    ),
    Purpose.DOOR: DoorSituation(
        medium=MediumState.ACTIVE, kind=MediumKind.DESFIRE, windows=(EVERY_DAY,), minute=720
    ),
    Purpose.CANTEEN: ChildSituation(medium=MediumState.ACTIVE, enrolled=True),
}
RULES: dict[Purpose, Any] = {
    Purpose.POOL: pool,
    Purpose.WASTE: waste,
    Purpose.LIBRARY: library,
    Purpose.COURT: slot,
    Purpose.DOOR: door,
    Purpose.CANTEEN: attendance,
}
doors = pytest.mark.parametrize("purpose", list(RULES), ids=str)


def situation(purpose: Purpose, *changes: dict[str, Any]) -> Any:
    """Return a situation in which all is well, but for what is changed."""
    well = WELL[purpose]
    given_ = {name: getattr(well, name) for name in well.__struct_fields__}
    for change in changes:
        given_ |= change
    return type(well)(**given_)


def decide(purpose: Purpose, *changes: dict[str, Any], **how: Any) -> Decision:
    """Return what a door answers when something is wrong."""
    tap = Tap(at=NOON, purpose=purpose, **how)
    answer: Decision = RULES[purpose].decide(tap, situation(purpose, *changes))
    return answer


def reason(decision: Decision) -> Reason | None:
    """Return the objection of an answer, if it is one."""
    return None if isinstance(decision, Granted) else decision.reason


@doors
def test_when_all_is_well_the_door_opens(purpose: Purpose) -> None:
    assert isinstance(decide(purpose), Granted)


@doors
def test_of_two_things_that_are_wrong_the_first_in_the_order_is_told(purpose: Purpose) -> None:
    wrong = WRONG[purpose]

    for first, (why, change) in enumerate(wrong):
        assert reason(decide(purpose, change)) is why
        for _, later in wrong[first + 1 :]:
            assert reason(decide(purpose, later, change)) is why
        # All that follows at once changes nothing either.
        others = [later for _, later in wrong[first + 1 :]]
        assert reason(decide(purpose, *others, change)) is why


@doors
@pytest.mark.parametrize("state", [state for state in GONE if state is not None], ids=str)
def test_a_medium_that_is_not_in_use_opens_nothing(purpose: Purpose, state: MediumState) -> None:
    assert reason(decide(purpose, {"medium": state})) is GONE[state]


@doors
def test_an_agent_is_shown_every_objection_in_the_same_order(purpose: Purpose) -> None:
    changes = [change for _, change in WRONG[purpose]]
    shown = objections(
        RULES[purpose].RULES,
        Tap(at=NOON, purpose=purpose),
        situation(purpose, *changes),
    )

    assert shown[0] is WRONG[purpose][0][0]
    assert [list(Reason).index(one) for one in shown] == sorted(
        list(Reason).index(one) for one in shown
    )


def test_who_is_inside_already_is_told_so_before_what_cannot_be_paid() -> None:
    inside = situation(Purpose.POOL, {"inside": True, "spendable": None})

    shown = objections(pool.RULES, Tap(at=NOON, purpose=Purpose.POOL), inside)

    assert shown == (Reason.ALREADY_IN, Reason.NO_ACCOUNT)
    assert sorted(shown, key=list(Reason).index) == list(shown)


@pytest.mark.parametrize("purpose", [Purpose.POOL, Purpose.WASTE], ids=str)
def test_going_out_is_never_refused(purpose: Purpose) -> None:
    changes = [change for _, change in WRONG[purpose]]

    assert decide(purpose, *changes, direction=Direction.OUT) == Granted()


# -- what pays ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"has_pass": True, "entries": 3}, Granted(Means.PASS)),
        ({"has_pass": True, "price": None, "spendable": None}, Granted(Means.PASS)),
        ({"entries": 3}, Granted(Means.CARNET)),
        ({"entries": 1, "spendable": 0}, Granted(Means.CARNET)),
        ({}, Granted(Means.WALLET, 450)),
        ({"price": 0, "spendable": None}, Granted(Means.FREE)),
        ({"price": None}, Refused(Reason.NO_PRICE)),
        ({"spendable": None}, Refused(Reason.NO_ACCOUNT)),
        ({"spendable": 449}, Refused(Reason.NOT_ENOUGH)),
    ],
)
def test_a_swim_runs_on_the_pass_then_the_carnet_then_the_wallet(
    change: dict[str, Any], answer: Decision
) -> None:
    assert decide(Purpose.POOL, change) == answer


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({}, Granted(Means.QUOTA)),
        ({"visits": 1}, Granted(Means.QUOTA)),
        ({"visits": 0}, Refused(Reason.QUOTA_REACHED)),
        ({"visits": 0, "last_at": NOON - SAME_VISIT_MS + 1}, Granted(repeats=True)),
        ({"visits": 0, "last_at": NOON - SAME_VISIT_MS}, Refused(Reason.QUOTA_REACHED)),
        ({"visits": None, "price": 1500, "spendable": 1500}, Granted(Means.WALLET, 1500)),
        ({"visits": None, "price": 1500, "spendable": 1499}, Refused(Reason.NOT_ENOUGH)),
        ({"visits": None, "price": 1500}, Refused(Reason.NO_ACCOUNT)),
        ({"visits": None}, Refused(Reason.NO_PRICE)),
        ({"visits": None, "price": 0}, Granted(Means.FREE)),
        ({"visits": None, "last_at": NOON - MINUTE}, Granted(repeats=True)),
    ],
)
def test_a_visit_runs_on_the_quota_and_a_professional_pays(
    change: dict[str, Any], answer: Decision
) -> None:
    assert decide(Purpose.WASTE, change) == answer


@pytest.mark.parametrize(
    ("minutes", "answer"),
    [(59, Refused(Reason.TIME_LOCK)), (60, Granted(Means.PASS)), (-59, Refused(Reason.TIME_LOCK))],
)
def test_a_pass_is_locked_for_an_hour_on_either_side(minutes: int, answer: Decision) -> None:
    used = {"has_pass": True, "lock_minutes": 60, "last_at": NOON - minutes * MINUTE}

    assert decide(Purpose.POOL, used) == answer


# -- courts and doors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "ends", "until"),
    [
        (0, 60, 65),
        (10, 70, 75),  # ten minutes early
        (11, 70, None),
        (-60, -9, -4),  # nine minutes late
        (-60, -10, None),
    ],
)
def test_a_court_opens_around_its_slot_and_its_light_ends_by_itself(
    starts: int, ends: int, until: int | None
) -> None:
    booked = (Booked(NOON + starts * MINUTE, NOON + ends * MINUTE),)

    answer = decide(Purpose.COURT, {"slots": booked})

    expected = Refused(Reason.NO_SLOT) if until is None else Granted(until=NOON + until * MINUTE)
    assert answer == expected


def test_where_two_slots_touch_the_later_one_lends_the_light() -> None:
    slots = (Booked(NOON - 60 * MINUTE, NOON), Booked(NOON, NOON + 60 * MINUTE))

    assert decide(Purpose.COURT, {"slots": slots}) == Granted(until=NOON + 65 * MINUTE)


@pytest.mark.parametrize(
    ("window", "minute", "weekday", "holiday", "why"),
    [
        (Window(0b0000001, 480, 1080), 480, 0, False, None),
        (Window(0b0000001, 480, 1080), 1079, 0, False, None),
        (Window(0b0000001, 480, 1080), 1080, 0, False, Reason.OUTSIDE_SCHEDULE),
        (Window(0b0000001, 480, 1080), 479, 0, False, Reason.OUTSIDE_SCHEDULE),
        (Window(0b0000001, 480, 1080), 600, 1, False, Reason.OUTSIDE_SCHEDULE),
        (Window(0b1000000, 480, 1080), 600, 6, False, None),
        (Window(0b0000001, 480, 1080), 600, 0, True, Reason.OUTSIDE_SCHEDULE),
        (Window(0b0000001, 480, 1080, True), 600, 0, True, None),
    ],
)
def test_a_door_opens_at_the_hours_of_its_group(
    window: Window, minute: int, weekday: int, holiday: bool, why: Reason | None
) -> None:
    hours = {
        "windows": (window,),
        "minute": minute,
        "weekday": weekday,
        "public_holiday": holiday,
    }

    assert reason(decide(Purpose.DOOR, hours)) is why


def test_who_is_in_no_group_has_no_right_at_any_hour() -> None:
    assert decide(Purpose.DOOR, {"windows": ()}) == Refused(Reason.NO_RIGHT)


# -- children ----------------------------------------------------------------------------------

children = st.builds(
    ChildSituation,
    medium=st.none() | st.sampled_from(MediumState),
    kind=st.none() | st.sampled_from(MediumKind),
    held=st.booleans(),
    open=st.booleans(),
    last_at=st.none() | st.integers(NOON - 4 * RETAP_GRACE_MS, NOON + 4 * RETAP_GRACE_MS),
    enrolled=st.booleans(),
    present=st.booleans(),
)
child_taps = st.builds(
    Tap,
    at=st.just(NOON),
    purpose=st.sampled_from(sorted(CHILDCARE)),
    direction=st.sampled_from(Direction),
)


@given(tap=child_taps, situation=children)
def test_a_child_is_never_refused_and_never_charged(tap: Tap, situation: ChildSituation) -> None:
    answer = attendance.decide(tap, situation)

    assert not isinstance(answer, Refused)
    if isinstance(answer, Granted):
        assert (answer.means, answer.cents) == (Means.FREE, 0)
        assert situation.medium is MediumState.ACTIVE
        assert situation.enrolled


@pytest.mark.parametrize(
    ("purpose", "direction", "seen", "answer"),
    [
        (Purpose.GARDERIE, Direction.IN, {}, Granted()),
        (Purpose.GARDERIE, Direction.IN, {"last_at": NOON - 30_000}, Noted(Reason.ALREADY_SERVED)),
        (
            Purpose.GARDERIE,
            Direction.IN,
            {"last_at": NOON - 5 * MINUTE, "present": True},
            Noted(Reason.ALREADY_IN),
        ),
        (Purpose.GARDERIE, Direction.IN, {"last_at": NOON - 300 * MINUTE}, Granted()),
        (
            Purpose.GARDERIE,
            Direction.OUT,
            {"last_at": NOON - 300 * MINUTE, "present": True},
            Granted(),
        ),
        (
            Purpose.CANTEEN,
            Direction.IN,
            {"last_at": NOON - 90 * MINUTE},
            Noted(Reason.ALREADY_SERVED),
        ),
    ],
)
def test_a_child_is_served_once_and_comes_in_once(
    purpose: Purpose, direction: Direction, seen: dict[str, Any], answer: Decision
) -> None:
    child = ChildSituation(medium=MediumState.ACTIVE, enrolled=True, **seen)

    assert attendance.decide(Tap(at=NOON, purpose=purpose, direction=direction), child) == answer


@given(
    purpose=st.sampled_from(sorted(set(RULES) - CHILDCARE)),
    medium=st.none() | st.sampled_from(sorted(set(MediumState) - {MediumState.ACTIVE})),
)
def test_nobody_else_is_let_in_on_a_medium_that_is_not_in_use(
    purpose: Purpose, medium: MediumState | None
) -> None:
    assert decide(purpose, {"medium": medium}) == Refused(GONE[medium])


def test_every_situation_knows_the_medium_and_the_place() -> None:
    assert all(isinstance(one, Situation) for one in WELL.values())
