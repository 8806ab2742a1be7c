"""Each fact that a tariff of childcare may lean on is given, and read for who asks it alone."""

from datetime import date, timedelta
from typing import Any

import pytest

from creches import AT, SINCE, charge, notice, service, stays, vote
from cvq.billing.models import Charge
from cvq.billing.payers import Payer, payers
from cvq.catalog import points as catalogue
from cvq.catalog.models import Service
from cvq.catalog.sold import NOT_MEASURED, SOLD, known_by
from cvq.childcare.facts import Day, facts_known
from cvq.childcare.families import (
    Stay,
    asked_of_families,
    facts_of_families,
    facts_of_stays,
    known_of_families,
)
from cvq.childcare.shares import Attended
from cvq.people import services as people
from cvq.people.models import Quotient, QuotientSource
from cvq.rules.sessions import Session
from cvq.rules.vocabulary import CHILDCARE, Purpose, Sector
from town import TODAY, Town

CARD, BROTHER = "012-00080", "012-00081"
PRICED = sorted(CHILDCARE & SOLD.keys())


@pytest.fixture
def petit(town: Town) -> Town:
    """Return the town with the Petits, of whom all is known; Zoé goes to school here."""
    home = town.family("Petit", topped_up="50,00")
    town.child("Petit", "Zoé", card=CARD)
    town.enrol(CARD, "École")
    people.record_quotient(household=home, value=640, source=QuotientSource.MSA, on=SINCE)
    notice(home, 24_000)
    return town


def asks(made: Service, *names: str) -> None:
    """Let a service charge a cent for each of these facts that it is told."""
    lines = "\n".join(
        f"      - {{label: {name}, when: known({name}), amount: 0.01}}" for name in names
    )
    item = SOLD[Purpose(made.purpose)][0].lower().replace("-", "_")
    text = (
        f"tariff: faits\ninputs: {{{', '.join(f'{name}: unknown' for name in names)}}}\n"
        f"items:\n  {item}:\n    title: Faits\n    grain: session\n"
        f"    otherwise: nothing\n    lines:\n{lines}\n"
    )
    vote(made, text, item)


def inputs_of(town: Town, card: str) -> dict[str, Any]:
    holder = town.holder(card, Sector.SCHOOL)
    inputs: dict[str, Any] = Charge.objects.filter(holder=holder).latest("entry_id").inputs
    return inputs


@pytest.mark.parametrize("purpose", PRICED)
def test_each_fact_that_a_service_may_ask_is_given(petit: Town, purpose: Purpose) -> None:
    made = service(petit, "Accueil", purpose)
    petit.enrol(CARD, "Accueil")
    asks(made, *sorted(known_by(purpose)))

    stays(petit, CARD, "Accueil", "8:00", "16:30")

    told = inputs_of(petit, CARD)
    assert {name for name, value in told.items() if value is None} == set()
    assert petit.charges("Petit")[-1][1] == f"0,{len(known_by(purpose))} €"


@pytest.mark.parametrize("purpose", PRICED)
def test_each_fact_that_is_given_may_be_asked(petit: Town, purpose: Purpose) -> None:
    made = service(petit, "Accueil", purpose)
    zoe = petit.holder(CARD, Sector.SCHOOL)
    payer = payers(petit.connection, Sector.SCHOOL, [(zoe, TODAY)])[zoe, TODAY]
    points = catalogue.refresh(petit.connection)
    point = next(one for one in points.points.values() if one.service == made.pk)
    asked = known_of_families(purpose)

    family = facts_of_stays(petit.connection, [Stay(zoe, made.pk, payer)], TODAY, {made.pk: asked})[
        zoe, made.pk
    ]
    given = facts_known(
        tuple(known_by(purpose)),
        payer=payer,
        point=point,
        session=Session(code="x"),
        day=Day(TODAY, points.calendar, (), None, family),
    )

    assert set(given) - NOT_MEASURED[purpose] == known_by(purpose)


def test_nothing_more_is_read_where_no_tariff_asks(petit: Town) -> None:
    points = catalogue.refresh(petit.connection)
    zoe = petit.holder(CARD, Sector.SCHOOL)
    payer = Payer(wallet=1, owes=2, born_on=TODAY, resident=True, quotient=None, household=1)
    canteen = petit.points["Cantine"].service_id

    assert asked_of_families(points, TODAY) == {}
    no_connection: Any = None  # whoever reads falls
    attended = Attended(TODAY, {zoe: {canteen: []}}, {zoe: payer})
    assert facts_of_families(no_connection, attended, points) == {}


def test_brothers_count_by_where_they_are_enrolled_and_not_by_who_came(petit: Town) -> None:
    canteen = service(petit, "Cantine 2", Purpose.CANTEEN)
    asks(canteen, "children_registered", "rank_registered")
    petit.child("Petit", "Léo", card=BROTHER, born_on=date(2015, 1, 1))
    petit.child("Petit", "Ana", card="012-00082", born_on=date(2014, 1, 1))
    for card in (CARD, BROTHER):
        petit.enrol(card, "Cantine 2")

    petit.tap(CARD, where="Cantine 2", at="12:05")
    petit.tap("012-00082", where="Cantine 2", at="12:06")
    charge(petit)

    assert inputs_of(petit, CARD) == {"children_registered": 2, "rank_registered": 2}
    # Who eats without being enrolled has no rank among those who are.
    assert inputs_of(petit, "012-00082") == {"children_registered": 2, "rank_registered": None}


def test_a_child_of_two_homes_counts_with_the_one_that_pays_that_day(petit: Town) -> None:
    canteen = service(petit, "Cantine 2", Purpose.CANTEEN)
    asks(canteen, "children_registered", "rank_registered", "household_size")
    leo = petit.child("Petit", "Léo", card=BROTHER, born_on=date(2015, 1, 1))
    for card in (CARD, BROTHER):
        petit.enrol(card, "Cantine 2")
    monday = TODAY - timedelta(days=TODAY.weekday())
    people.share_custody(
        child=leo,
        household_a=petit.family("Moreau", topped_up="10,00"),
        household_b=petit.households["Petit"],
        anchor_on=monday,
        on=monday,
    )
    told = []
    for week in range(2):
        petit.today = TODAY + timedelta(weeks=week)
        petit.tap(CARD, where="Cantine 2", at="12:05")
        charge(petit)
        told.append(inputs_of(petit, CARD))

    assert [one["children_registered"] for one in told] == [1, 2]
    assert [one["rank_registered"] for one in told] == [1, 2]
    assert [one["household_size"] for one in told] == [3, 3]  # it is at home there all the same


@pytest.mark.parametrize(
    ("source", "fund"),
    [(QuotientSource.CAF, "caf"), (QuotientSource.MSA, "msa"), (QuotientSource.OWN, None)],
)
def test_the_fund_is_that_of_the_quotient_and_a_calculation_of_ours_tells_none(
    town: Town, source: QuotientSource, fund: str | None
) -> None:
    home = town.family("Petit", topped_up="50,00")
    town.child("Petit", "Zoé", card=CARD)
    people.record_quotient(household=home, value=640, source=source, on=SINCE)
    made = service(town, "Cantine 2", Purpose.CANTEEN)
    asks(made, "fund", "household_size")

    town.tap(CARD, where="Cantine 2", at="12:05")
    charge(town)

    assert inputs_of(town, CARD) == {"fund": fund, "household_size": 2}


def test_a_family_that_tells_nothing_has_no_fund_and_a_child_of_no_school_of_ours_none(
    town: Town,
) -> None:
    home = town.family("Petit", topped_up="50,00")
    town.child("Petit", "Zoé", card=CARD)
    people.refuse_quotient(household=home, on=SINCE, evidence="courrier", at=AT)
    asks(service(town, "Cantine 2", Purpose.CANTEEN), "fund", "schooled_in_community", "day")

    town.tap(CARD, where="Cantine 2", at="12:05")
    charge(town)

    assert inputs_of(town, CARD) == {
        "fund": None,
        "schooled_in_community": None,
        "day": "2025-06-03",
    }
    assert Quotient.objects.get().value is None
