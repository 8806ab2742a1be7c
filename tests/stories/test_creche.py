"""The crèche charged by the national scale: what a family tells, and who is not asked."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from creches import AT, SCALE, asked_by, notice, publish, service, stays
from cvq.billing.models import Charge
from cvq.catalog.sold import known_by
from cvq.catalog.versions import checked
from cvq.childcare.charged import SessionsAgain
from cvq.people import audit
from cvq.people import services as people
from cvq.people.messages import ToldResources
from cvq.people.models import CrecheResources, ResourcesCall
from cvq.people.particulier import problems
from cvq.people.particulier.families import FamilyFile
from cvq.rules.creche_scale import FamilyResources, hourly_rate
from cvq.rules.vocabulary import CHILDCARE, Purpose
from funds import Funds, funds_here, status
from quotients import consents, refresh
from town import TODAY, ZONE, Town

CARD = "012-00070"
HALF_HOURS = 17  # begun, from eight until half past four


@pytest.fixture
def funds() -> Iterator[Funds]:
    with funds_here() as opened:
        yield opened


@pytest.fixture
def creche(town: Town) -> Town:
    """Return the town with a crèche at the national scale, and the Petits, whose Zoé goes there."""
    publish(service(town, "Crèche", Purpose.CRECHE), SCALE.read_text())
    town.family("Petit", topped_up="500,00")
    town.child("Petit", "Zoé", card=CARD, born_on=date(2023, 9, 1))
    town.enrol(CARD, "Crèche")
    return town


def a_day(town: Town) -> tuple[str, str]:
    """Return the last charge of the Petits, once Zoé has spent a day at the crèche."""
    stays(town, CARD, "Crèche", "8:00", "16:30")
    return town.charges("Petit")[-1]


def hours_of(cents: int) -> str:
    charged = (cents * HALF_HOURS + 1) // 2
    return f"{charged // 100},{charged % 100:02} €"


def test_a_day_costs_its_hours_at_the_rate_of_the_family(creche: Town) -> None:
    notice(creche.households["Petit"], 24_000)

    sentence, amount = a_day(creche)

    assert (sentence, amount) == (
        "Heure de crèche, 8,5 heures × 1,24 € (ressources mensuelles retenues 2 000,00 € × "
        "0,0619 %, arrondi), 1 enfant (1 enfant à charge) : 10,54 €",
        "10,54 €",  # 1,238 € is 1,24 €, and eight hours and a half of it
    )
    assert creche.wallet("Petit") == "489,46 €"
    assert creche.balance("THIRD_PARTY:217902022:ACCUEIL") == "10,54 €"


@pytest.mark.parametrize(
    ("yearly", "children", "disabled", "cents"),
    [
        (27_600, 2, 0, 119),  # the example of the circular: 2 300 € at 0.0516 %
        (3_600, 1, 0, 50),  # the floor, 801 €
        (150_000, 1, 0, 433),  # the ceiling until September 2025, 7 000 €
        (30_000, 2, 0, 129),
        (30_000, 2, 1, 103),  # an AEEH: the rate of three children
        (30_000, 0, 0, 155),  # counted with the other parent: the child itself is one
    ],
)
def test_an_hour_is_what_the_rule_says(
    creche: Town, yearly: int, children: int, disabled: int, cents: int
) -> None:
    notice(creche.households["Petit"], yearly, children, disabled=disabled)
    ours = FamilyResources(annual_cents=yearly * 100, children=max(children, 1), disabled=disabled)

    _, amount = a_day(creche)

    assert hourly_rate(ours, TODAY).cents == cents
    assert amount == hours_of(cents)


def test_a_family_that_tells_nothing_pays_at_the_ceiling_for_the_children_that_we_know(
    creche: Town,
) -> None:
    creche.child("Petit", "Léo", born_on=date(2020, 2, 1))

    _, amount = a_day(creche)

    assert amount == hours_of(361)  # 7 000 € at the rate of two children
    assert Charge.objects.get().inputs["yearly_income"] is None


def test_a_family_that_refuses_pays_at_the_ceiling_from_that_day(creche: Town) -> None:
    petit = creche.households["Petit"]
    notice(petit, 24_000)
    people.refuse_resources(**asked_by(petit, on=TODAY))

    _, amount = a_day(creche)

    assert amount == hours_of(433)
    assert CrecheResources.objects.get(source=None).evidence == "courrier"


def test_a_child_whom_the_departement_entrusts_pays_at_the_floor(creche: Town) -> None:
    petit = creche.households["Petit"]
    notice(petit, 60_000)
    zoe, adult = (one.person for one in petit.members.order_by("-id"))
    entrust = asked_by(petit, on=TODAY, until=TODAY + timedelta(days=1))

    with pytest.raises(people.NotAChildOfTheHousehold):
        people.entrust_child(child=adult, **entrust)
    people.entrust_child(child=zoe, **entrust)

    assert a_day(creche)[1] == hours_of(50)
    creche.today += timedelta(days=1)
    assert a_day(creche)[1] == hours_of(310)


def test_a_year_without_published_figures_is_told_and_charged_once_there_are_some(
    creche: Town,
) -> None:
    notice(creche.households["Petit"], 24_000)
    creche.today = date(2026, 6, 2)

    stays(creche, CARD, "Crèche", "8:00", "16:30")

    assert creche.charges("Petit") == []
    assert creche.wallet("Petit") == "500,00 €"


def test_resources_noted_since_change_nothing_that_was_charged(creche: Town) -> None:
    petit = creche.households["Petit"]
    notice(petit, 24_000)
    first = a_day(creche)
    notice(petit, 48_000, on=TODAY - timedelta(days=30))

    creche.child("Petit", "Léo", card="012-00071")
    stays(creche, "012-00071", "Crèche", "9:00", "10:00")  # the day is charged again

    told = creche.charges("Petit")
    assert [amount for _, amount in told] == [first[1], "2,48 €"]


def test_what_the_fund_tells_is_kept_and_priced_from_the_next_day(
    creche: Town, funds: Funds
) -> None:
    petit = creche.households["Petit"]
    consent = consents(petit, at=AT, of_resources=True)
    funds.simulator.files.append(
        FamilyFile(
            status=status("PETIT", "ANNE", "MARIE"),
            resources=ToldResources(
                children=1, disabled_children=1, yearly_resources=40_923, of_year=2023
            ),
        )
    )

    refresh(funds).run(AT, at_most=50)

    (kept,) = CrecheResources.objects.all()
    assert (kept.yearly_cents, kept.of_year, kept.source) == (4_092_300, 2023, "FUND")
    assert (kept.valid_from, kept.valid_until) == (date(2025, 3, 4), None)
    assert kept.renew_on == date(2026, 1, 1)
    assert (kept.call.consent, kept.call.outcome) == (consent, "TOLD")
    assert list(audit.culprits(creche.connection)) == []
    _, amount = a_day(creche)
    assert amount == hours_of(176)  # an only child with an AEEH: the rate of two


def test_the_audit_names_resources_that_the_fund_did_not_tell(creche: Town, funds: Funds) -> None:
    petit = creche.households["Petit"]
    consents(petit, at=AT, of_resources=True)
    funds.simulator.knows_anybody = True
    refresh(funds).run(AT, at_most=50)

    CrecheResources.objects.update(children=9)

    assert list(audit.culprits(creche.connection)) == [
        f"Les ressources du foyer {petit.pk} au 04/03/2025 ne sont pas celles que sa caisse a "
        "données."
    ]


def test_a_household_has_its_resources_once_at_a_time_and_the_database_says_so(
    creche: Town,
) -> None:
    petit = creche.households["Petit"]
    notice(petit, 24_000)

    with pytest.raises(people.PeriodStartsTooEarly):
        notice(petit, 30_000)
    with (
        pytest.raises(IntegrityError, match="household_has_its_resources_once_at_a_time"),
        transaction.atomic(),
    ):
        CrecheResources.objects.create(household=petit, valid_from=TODAY, learned_at=AT)
    with (
        pytest.raises(IntegrityError, match="resources_are_told_at_once"),
        transaction.atomic(),
    ):
        CrecheResources.objects.update(children=None)


def test_funds_that_are_down_raise_nobodys_creche(creche: Town, funds: Funds) -> None:
    petit = creche.households["Petit"]
    people.record_resources(
        **asked_by(petit, on=date(2025, 1, 1), until=date(2025, 4, 1)),
        given=people.GivenResources(yearly_cents=2_400_000, of_year=2022, children=1),
    )
    consents(petit, at=AT, of_resources=True)
    funds.simulator.broken = problems.NOT_AVAILABLE
    batch = refresh(funds)

    for day in range(20, 60):
        batch.run(AT + timedelta(days=day), at_most=50)

    assert a_day(creche)[1] == hours_of(124)
    assert set(ResourcesCall.objects.values_list("outcome", flat=True)) == {"DOWN"}


def test_resources_are_asked_of_no_fund_without_a_consent_that_says_so(
    creche: Town, funds: Funds
) -> None:
    petit = creche.households["Petit"]
    consents(petit, at=AT)

    refresh(funds).run(AT, at_most=50)

    assert ResourcesCall.objects.count() == 0
    assert funds.simulator.calls == 1  # the quotient


def test_who_withdraws_or_refuses_is_asked_no_more(creche: Town, funds: Funds) -> None:
    petit = creche.households["Petit"]
    notice(petit, 24_000)
    consents(petit, at=AT, of_resources=True)
    (kept,) = CrecheResources.objects.all()
    assert (kept.valid_until, kept.renew_on) == (None, date(2026, 1, 1))
    people.withdraw_quotient_consent(household=petit, renewals=((9, 1),), at=AT, today=AT.date())
    kept.refresh_from_db()
    assert (kept.valid_until, kept.renew_on) == (date(2026, 1, 1), None)
    consents(petit, at=AT, of_resources=True)
    people.refuse_resources(**asked_by(petit, on=date(2025, 3, 10), at=AT + timedelta(hours=1)))
    batch = refresh(funds)

    batch.run(AT + timedelta(hours=2), at_most=50)
    assert ResourcesCall.objects.count() == 0
    consents(petit, at=AT + timedelta(hours=3), of_resources=True)
    batch.run(AT + timedelta(hours=4), at_most=50)

    assert ResourcesCall.objects.count() == 1


def test_who_refuses_the_quotient_keeps_the_resources_until_their_renewal(creche: Town) -> None:
    petit = creche.households["Petit"]
    notice(petit, 24_000)
    consents(petit, at=AT, of_resources=True)

    people.refuse_quotient(**asked_by(petit, on=date(2025, 3, 3)))

    (kept,) = CrecheResources.objects.all()
    assert (kept.valid_until, kept.renew_on) == (date(2026, 1, 1), None)


@pytest.mark.parametrize("purpose", sorted(CHILDCARE - {Purpose.CRECHE}))
def test_no_other_service_may_price_by_the_resources_of_a_family(
    town: Town, purpose: Purpose
) -> None:
    means = {"yearly_income", "monthly_income", "dependent_children", "disabled_children"}

    assert means | {"public_care"} <= known_by(Purpose.CRECHE)
    assert not (means | {"public_care"}) & known_by(purpose)


def test_a_tariff_of_the_canteen_that_asks_for_resources_is_not_published(town: Town) -> None:
    text = """
tariff: cantine
inputs: {monthly_income: unknown}
items:
  meal:
    title: Repas
    grain: meal
    lines:
      - choose:
          - {label: Repas, when: known(monthly_income), amount: 2.00}
          - {label: Repas, amount: 3.00}
"""

    _, findings = checked(town.points["Cantine"].service, text)

    assert [one.sentence for one in findings] == [
        "« ressources mensuelles » : ce service ne le sait pas encore, tout le monde aurait le "
        "prix de son absence."
    ]


def test_a_day_of_two_stays_costs_the_hours_of_each(creche: Town) -> None:
    notice(creche.households["Petit"], 24_000)
    for where, at in (("Crèche", "8:00"), ("Crèche départ", "12:00")):
        creche.tap(CARD, where=where, at=at)

    stays(creche, CARD, "Crèche", "14:00", "18:00")

    sentence, amount = creche.charges("Petit")[-1]
    assert sentence.startswith("Heure de crèche, 8 heures × ")
    assert amount == "9,92 €"  # 1,24 € an hour; nothing for the two hours at home


def test_a_month_rated_again_finds_the_two_stays_of_a_day(creche: Town) -> None:
    notice(creche.households["Petit"], 24_000)
    for where, at in (("Crèche", "8:00"), ("Crèche départ", "12:00")):
        creche.tap(CARD, where=where, at=at)
    stays(creche, CARD, "Crèche", "14:00", "18:00")

    charge = Charge.objects.get()
    told = SessionsAgain(creche.connection, ZONE).of_day(TODAY)

    assert told.facts[charge.entry_id]["duration"] == charge.inputs["duration"] == 480
