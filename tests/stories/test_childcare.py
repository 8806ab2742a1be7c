"""School, canteen and garderie: a tap never costs, the day does, and no child is turned away."""

from datetime import date, datetime

import pytest

from cvq.billing.models import Charge
from cvq.catalog.models import Service
from cvq.catalog.points import refresh
from cvq.childcare import audit as childcare_audit
from cvq.childcare import services
from cvq.childcare.models import Attendance
from cvq.childcare.services import charge_days
from cvq.childcare.shares import Attended, Charged
from cvq.people import services as people
from cvq.people.models import Quotient, QuotientSource
from cvq.rules.vocabulary import Reason, Sector, Verdict
from town import TODAY, ZONE, Town
from town_plan import MEAL


@pytest.fixture
def petit(town: Town) -> Town:
    """Return the town with the Petits, whose Léo eats at the canteen and stays at the garderie."""
    town.family("Petit", topped_up="20,00")
    town.child("Petit", "Léo", card="012-00060")
    for where in ("Cantine", "Garderie", "École"):
        town.enrol("012-00060", where)
    return town


def charge(town: Town, until: date = TODAY) -> int:
    """Charge the days that are over."""
    return charge_days(town.connection, until=until, at=town.at("22:00"), zone=ZONE)


def test_a_meal_costs_nothing_at_the_tap_and_its_price_once_the_day_is_charged(
    petit: Town,
) -> None:
    answer = petit.tap("012-00060", where="Cantine", at="12:05")
    assert (answer.said, petit.wallet("Petit")) == (Verdict.GRANTED, "20,00 €")

    assert charge(petit) == 1
    assert charge(petit) == 0

    assert petit.wallet("Petit") == "16,50 €"
    assert petit.charges("Petit") == [("Repas, plein tarif : 3,50 €", "3,50 €")]
    assert petit.balance("THIRD_PARTY:217902022:CANTINE") == "3,50 €"


def test_a_family_with_a_low_quotient_pays_its_own_price(petit: Town) -> None:
    Quotient.objects.create(
        household=petit.households["Petit"],
        value=480,
        source=QuotientSource.CAF,
        valid_from=date(2025, 1, 1),
    )
    petit.tap("012-00060", where="Cantine", at="12:05")

    charge(petit)

    assert petit.wallet("Petit") == "18,00 €"


def test_a_child_who_is_not_enrolled_eats_and_staff_are_told(petit: Town) -> None:
    petit.child("Petit", "Zoé", card="012-00061")

    answer = petit.tap("012-00061", where="Cantine", at="12:05")

    assert (answer.said, answer.why) == (Verdict.NOTED, Reason.NOT_ENROLLED)
    assert Attendance.objects.count() == 1


def test_a_second_meal_is_noted_and_charged_once(petit: Town) -> None:
    petit.tap("012-00060", where="Cantine", at="12:05")

    again = petit.tap("012-00060", where="Cantine", at="12:20")
    charge(petit)

    assert (again.said, again.why) == (Verdict.NOTED, Reason.ALREADY_SERVED)
    assert petit.wallet("Petit") == "16,50 €"


def test_a_meal_that_the_wallet_cannot_pay_is_eaten_and_owed(petit: Town) -> None:
    town = petit
    town.family("Grand")
    town.child("Grand", "Ana", card="012-00062")
    town.enrol("012-00062", "Cantine")

    answer = town.tap("012-00062", where="Cantine", at="12:05")
    charge(town)

    assert answer.said is Verdict.GRANTED
    assert (town.wallet("Grand"), town.owed("Grand")) == ("0,00 €", "3,50 €")
    assert town.balance("ACCRUED:217902022:CANTINE") == "3,50 €"


def test_money_that_runs_out_pays_the_children_in_the_order_they_came(town: Town) -> None:
    town.family("Nombreux", topped_up="7,00")
    came = {f"012-0010{n}": f"12:{n:02}" for n in (4, 1, 5, 2, 3, 0)}
    for card in came:
        town.child("Nombreux", f"Enfant {card}", card=card)
        town.enrol(card, "Cantine")
    for card, at in came.items():
        town.tap(card, where="Cantine", at=at)

    charge(town)

    first_two = {town.holder(card, Sector.SCHOOL) for card in ("012-00100", "012-00101")}
    paid = Charge.objects.filter(owed_cents=0).values_list("holder", flat=True)
    assert set(paid) == first_two
    assert (town.wallet("Nombreux"), town.owed("Nombreux")) == ("0,00 €", "14,00 €")


def test_the_evening_at_the_garderie_counts_started_half_hours(petit: Town) -> None:
    petit.tap("012-00060", where="Garderie", at="16:30")
    petit.tap("012-00060", where="Garderie départ", at="17:35")

    charge(petit)

    assert petit.wallet("Petit") == "17,30 €"  # three half-hours begun, at 0,90 €


def test_a_departure_that_comes_days_late_changes_the_price_by_the_difference(
    petit: Town,
) -> None:
    petit.tap("012-00060", where="Garderie", at="16:30")
    petit.tap("012-00060", where="Garderie départ", at="17:00", seq=1)
    charge(petit)
    assert petit.wallet("Petit") == "19,10 €"

    petit.tap("012-00060", where="Garderie départ", at="18:20", seq=2)
    charge(petit)

    assert petit.wallet("Petit") == "16,40 €"  # four half-hours begun
    amounts = [amount for _, amount in petit.charges("Petit")]
    assert amounts == ["0,90 €", "-0,90 €", "3,60 €"]


def test_the_parent_who_has_the_child_that_week_pays(petit: Town) -> None:
    town = petit
    other = town.family("Moreau", topped_up="20,00")
    child = town.child("Petit", "Mia", card="012-00063")
    town.enrol("012-00063", "Cantine")
    people.share_custody(
        child=child,
        household_a=town.households["Petit"],
        household_b=other,
        anchor_on=date(2025, 5, 26),
        on=date(2025, 5, 26),
    )

    town.tap("012-00063", where="Cantine", at="12:05")
    charge(town)

    assert town.wallet("Moreau") == "16,50 €"
    assert town.wallet("Petit") == "20,00 €"


def test_without_an_agreement_the_money_waits_unallocated_and_the_child_eats(petit: Town) -> None:
    petit.agreement.valid_until = date(2025, 1, 1)
    petit.agreement.save()
    petit.tap("012-00060", where="Cantine", at="12:05")

    charge(petit)

    assert petit.wallet("Petit") == "16,50 €"
    assert petit.balance("UNALLOCATED:217902022:CANTINE") == "3,50 €"


def test_the_school_gate_records_and_never_charges(petit: Town) -> None:
    petit.tap("012-00060", where="École", at="08:25")

    assert charge(petit) == 0
    assert Attendance.objects.get().holder == petit.holder("012-00060", Sector.SCHOOL)


def test_an_exception_to_custody_agreed_afterwards_moves_the_charge_when_the_day_is_done_again(
    petit: Town,
) -> None:
    town = petit
    other = town.family("Moreau", topped_up="20,00")
    child = town.child("Petit", "Mia", card="012-00063")
    town.enrol("012-00063", "Garderie")
    calendar = people.share_custody(
        child=child,
        household_a=town.households["Petit"],
        household_b=other,
        anchor_on=date(2025, 5, 26),
        on=date(2025, 5, 26),
    )
    town.tap("012-00063", where="Garderie", at="16:30")
    town.tap("012-00063", where="Garderie départ", at="17:00", seq=1)
    charge(town)
    assert town.wallet("Moreau") == "19,10 €"

    people.agree_exception(calendar=calendar, day=TODAY, household=town.households["Petit"])
    town.tap("012-00063", where="Garderie départ", at="17:20", seq=2)
    charge(town)

    assert (town.wallet("Moreau"), town.wallet("Petit")) == ("20,00 €", "18,20 €")


class Colleague:
    """Charges a part of the families once whoever shares with them is done."""

    def __init__(self, town: Town) -> None:
        """Begin with nobody."""
        self.town = town
        self.given: list[tuple[Attended, datetime]] = []

    def charge(self, attended: Attended, *, at: datetime) -> None:
        """Keep these children for later."""
        self.given.append((attended, at))

    def charged(self) -> Charged:
        """Charge them."""
        ((attended, at),) = self.given
        points = refresh(self.town.connection)
        return services.charge(self.town.connection, attended, points, at=at, zone=ZONE)


def test_two_who_share_the_families_of_a_day_book_what_one_would(town: Town) -> None:
    names = ("Aubry", "Blin", "Caron", "Denis")
    cards = {name: [f"012-002{n}{child}" for child in (0, 1)] for n, name in enumerate(names)}
    for name in names:
        town.family(name, topped_up="5,00")
        for card in cards[name]:
            town.child(name, f"Enfant {card}", card=card)
            town.enrol(card, "Cantine")
            town.tap(card, where="Cantine", at="12:05")
    colleague = Colleague(town)

    entries = charge_days(
        town.connection, until=TODAY, at=town.at("22:00"), zone=ZONE, beside=colleague
    )

    theirs = colleague.given[0][0].taken.keys()
    halves = [{town.holder(c, Sector.SCHOOL) in theirs for c in cards[name]} for name in names]
    assert sorted(map(len, halves)) == [1, 1, 1, 1]
    assert {True} in halves
    assert {False} in halves
    assert (entries, charge(town)) == (8, 0)
    for name in names:
        assert (town.wallet(name), town.owed(name)) == ("0,00 €", "2,00 €")


def test_a_worker_that_stood_still_for_a_season_charges_what_it_missed(petit: Town) -> None:
    petit.tap("012-00060", where="Cantine", at="12:05")

    assert (
        charge_days(
            petit.connection, until=date(2025, 9, 30), at=petit.at("2025-09-30 22:00"), zone=ZONE
        )
        == 1
    )

    assert petit.wallet("Petit") == "16,50 €"


def test_a_meal_without_a_tariff_is_told_and_charged_once_there_is_one(petit: Town) -> None:
    canteen = petit.points["Cantine"].service
    study = Service.objects.create(
        code="ÉTUDE",
        name="Étude",
        purpose=canteen.purpose,
        authority=canteen.authority,
        regie=canteen.regie,
        site=canteen.site,
        revenue_type="CANTINE",
        is_always_open=True,
    )
    petit.points["Étude"] = study.points.create(
        code="Étude", name="Étude", zone="Étude", direction="IN"
    )
    petit.device(90, study.site, petit.points["Étude"])
    petit.tap("012-00060", where="Étude", at="17:05")
    assert charge(petit) == 0
    assert list(childcare_audit.remarks(petit.connection)) == [
        "Le 03/06/2025, 1 séance(s) sans tarif ou sans payeur : à compléter."
    ]

    petit.tariff(study, MEAL)
    charge_days(petit.connection, until=TODAY, at=petit.at("2025-06-05 02:00"), zone=ZONE)

    assert petit.wallet("Petit") == "16,50 €"
    assert list(childcare_audit.remarks(petit.connection)) == []
