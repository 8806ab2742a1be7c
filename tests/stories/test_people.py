"""Who lives with whom, who pays for whom, and the names that sectors know people by."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

import folk
from cvq.ledger.models import Account
from cvq.people import audit, selectors
from cvq.people import services as people
from cvq.people.messages import NewHousehold, NewMember, NewOrganisation, NewPerson
from cvq.people.models import (
    CustodyCalendar,
    Household,
    HouseholdMember,
    OrganisationKind,
    Person,
    QuotientSource,
    Residence,
    Role,
    SectorIdentifier,
)
from cvq.plumbing.connections import underneath
from cvq.rules.vocabulary import Sector

pytestmark = pytest.mark.django_db


def payer(person, day):
    return selectors.payers([(person.pk, day)], underneath()).get((person.pk, day))


def test_a_household_is_born_with_a_wallet_and_what_it_owes():
    petit = people.found_household(
        name="Petit", commune=folk.commune(), address="3 rue Jean-Jaurès", on=date(2025, 1, 1)
    )

    assert petit.wallet.code == f"WALLET:{petit.pk}"
    assert (petit.wallet.balance, petit.wallet.floor) == (0, 0)
    assert petit.wallet.spill == petit.receivable
    assert petit.receivable.code == f"RECEIVABLE:{petit.pk}"
    assert (petit.receivable.balance, petit.receivable.floor) == (0, None)
    assert petit.residences.get().address == "3 rue Jean-Jaurès"


def test_a_company_pays_for_itself():
    mason = people.found_organisation(
        NewOrganisation(name="Maçonnerie Gault", kind=OrganisationKind.COMPANY, siren="451678973")
    )

    assert mason.wallet.code == f"WALLET:O{mason.pk}"
    assert mason.wallet.spill.code == f"RECEIVABLE:O{mason.pk}"


def test_a_siren_has_nine_digits():
    new = NewOrganisation(name="?", kind=OrganisationKind.COMPANY, siren="45167897")

    with pytest.raises(IntegrityError, match="organisation_siren_has_nine_digits"):
        people.found_organisation(new)


def test_the_main_household_pays_from_the_day_it_begins_to_the_eve_of_its_end():
    petit = folk.family("Petit", "Anne", "Léa", on=date(2025, 3, 1))
    lea = folk.member(petit, "Léa")
    roux = folk.family("Roux", "Marc")

    people.end_membership(household=petit, person=lea, on=date(2025, 9, 1))
    people.add_member(household=roux, person=lea, role=Role.CHILD, on=date(2025, 9, 1))

    assert payer(lea, date(2025, 2, 28)) is None
    assert payer(lea, date(2025, 3, 1)) == petit.pk
    assert payer(lea, date(2025, 8, 31)) == petit.pk
    assert payer(lea, date(2025, 9, 1)) == roux.pk


def test_nobody_has_two_main_households_at_once():
    petit, roux = folk.family("Petit", "Anne", "Léa"), folk.family("Roux", "Marc")
    lea = folk.member(petit, "Léa")

    with pytest.raises(people.HasAMainHousehold):
        people.add_member(household=roux, person=lea, role=Role.CHILD, on=date(2025, 9, 1))
    with (
        pytest.raises(IntegrityError, match="person_has_one_main_household_at_a_time"),
        transaction.atomic(),
    ):
        HouseholdMember.objects.create(
            household=roux, person=lea, role=Role.CHILD, is_main=True, valid_from=date(2025, 9, 1)
        )
    people.add_member(
        household=roux, person=lea, role=Role.CHILD, on=date(2025, 9, 1), is_main=False
    )

    assert payer(lea, date(2025, 9, 1)) == petit.pk
    assert selectors.members(roux.pk, date(2025, 9, 1)).count() == 2


def test_separated_parents_pay_week_by_week_save_on_the_days_they_agreed_apart():
    mother, father = folk.family("Petit", "Anne", "Léa"), folk.family("Roux", "Marc")
    lea = folk.member(mother, "Léa")
    calendar = people.share_custody(
        child=lea,
        household_a=father,
        household_b=mother,
        anchor_on=date(2025, 9, 1),
        on=date(2025, 8, 25),
    )
    people.agree_exception(calendar=calendar, day=date(2025, 9, 3), household=mother)
    days = [date(2025, 8, 24), *(date(2025, 9, day) for day in (1, 3, 4, 8, 15))]

    found = selectors.payers([(lea.pk, day) for day in days], underneath())

    assert [found[lea.pk, day] for day in days] == [
        mother.pk,  # the eve of the agreement: her main household
        father.pk,
        mother.pk,  # agreed apart
        father.pk,
        mother.pk,
        father.pk,
    ]


def test_parents_may_change_their_mind_about_a_day_and_about_the_calendar():
    mother, father = folk.family("Petit", "Anne", "Léa"), folk.family("Roux", "Marc")
    lea = folk.member(mother, "Léa")
    parents = {"child": lea, "household_a": father, "household_b": mother}
    first = people.share_custody(**parents, anchor_on=date(2025, 9, 1), on=date(2025, 9, 1))
    people.agree_exception(calendar=first, day=date(2025, 9, 3), household=mother)
    people.agree_exception(calendar=first, day=date(2025, 9, 3), household=father)

    people.share_custody(**parents, anchor_on=date(2026, 1, 5), on=date(2026, 1, 5))

    assert payer(lea, date(2025, 9, 3)) == father.pk
    assert payer(lea, date(2026, 1, 4)) == mother.pk  # the 18th week of the first calendar
    assert payer(lea, date(2026, 1, 5)) == father.pk
    assert CustodyCalendar.objects.filter(valid_until=date(2026, 1, 5)).count() == 1
    with pytest.raises(people.PeriodStartsTooEarly):
        people.share_custody(**parents, anchor_on=date(2025, 9, 1), on=date(2025, 9, 1))


def test_weeks_of_custody_begin_on_a_monday():
    mother, father = folk.family("Petit", "Anne", "Léa"), folk.family("Roux", "Marc")

    with pytest.raises(people.AnchorIsNotAMonday, match="02/09/2025"):
        people.share_custody(
            child=folk.member(mother, "Léa"),
            household_a=father,
            household_b=mother,
            anchor_on=date(2025, 9, 2),
            on=date(2025, 9, 1),
        )

    assert CustodyCalendar.objects.count() == 0


def test_who_moves_house_pays_the_prices_of_the_new_commune_from_that_day():
    petit = folk.family("Petit", "Anne")
    folk.joins_the_community(folk.commune())
    niort = folk.commune("Niort", "79191")

    people.move_house(
        household=petit, commune=niort, address="2 place du Champ", on=date(2025, 6, 1)
    )
    people.record_quotient(
        household=petit, value=640, source=QuotientSource.CAF, on=date(2025, 1, 1)
    )
    people.record_quotient(
        household=petit, value=710, source=QuotientSource.CAF, on=date(2025, 7, 1)
    )
    days = [date(2024, 12, 31), date(2025, 5, 31), date(2025, 6, 1), date(2025, 7, 1)]
    found = selectors.circumstances([(petit.pk, day) for day in days], underneath())

    here = found[petit.pk, days[1]].commune
    assert [found[petit.pk, day] for day in days] == [
        (False, None, None),
        (True, 640, here),
        (False, 640, niort.pk),
        (False, 710, niort.pk),
    ]
    assert here != niort.pk


def test_a_move_dated_before_the_last_one_is_not_written():
    petit = folk.family("Petit", "Anne")

    with pytest.raises(people.PeriodStartsTooEarly):
        people.move_house(
            household=petit, commune=folk.commune(), address="ailleurs", on=folk.FOUNDED_ON
        )

    assert Residence.objects.get().valid_until is None


def test_who_leaves_a_household_must_be_in_it():
    petit, marc = folk.family("Petit", "Anne"), folk.person("Marc", "Roux")

    with pytest.raises(people.NotAMember):
        people.end_membership(household=petit, person=marc, on=date(2025, 9, 1))

    assert HouseholdMember.objects.filter(valid_until__isnull=False).count() == 0


def test_a_name_in_one_sector_is_always_the_same_and_says_nothing_of_the_others():
    lea = folk.person("Léa", "Petit", born_on=date(2016, 4, 2))

    names = people.holders_of([lea.pk], list(Sector))

    assert len(set(names.values())) == len(Sector)
    assert people.holder_of(person=lea, sector=Sector.POOL) == names[lea.pk, Sector.POOL]
    assert selectors.holders([lea.pk, -1], Sector.POOL, underneath()) == {
        lea.pk: names[lea.pk, Sector.POOL]
    }
    assert SectorIdentifier.objects.count() == len(Sector)


def test_people_are_found_without_accents_and_sorted_alike_everywhere():
    for first, name in (("Zoé", "Œuvrard"), ("Éloi", "Élan"), ("Anne", "D'Aubigné")):
        folk.person(first, name)
    folk.person("Anaïs", "Martin", used_name="Élan")

    assert [str(found) for found in selectors.people_named("elan")] == ["Anaïs Élan", "Éloi Élan"]
    assert [str(found) for found in selectors.people_named("OEUV")] == ["Zoé Œuvrard"]
    assert [str(found) for found in selectors.people_named("d aub")] == ["Anne D'Aubigné"]
    assert not selectors.people_named("  ")


def test_the_audit_names_a_wallet_that_is_nobodys_or_spills_elsewhere():
    petit, roux = folk.family("Petit", "Anne"), folk.family("Roux", "Marc")
    assert list(audit.culprits(underneath())) == []

    Account.objects.filter(pk=petit.wallet_id).update(spill=roux.receivable)
    Account.objects.create(code="WALLET:0", kind="WALLET", unit="EUR", balance=0, floor=0)

    named = [sentence.split()[2] for sentence in audit.culprits(underneath())]
    assert named == sorted(["WALLET:0", petit.wallet.code])


def test_a_whole_territory_is_written_down_by_lists():
    at = folk.commune().pk
    persons = people.register_people(
        [
            NewPerson(first_name=f"Camille{n}", birth_name="Petit", born_on=date(1990, 1, 1))
            for n in range(3000)
        ]
    )
    new = [
        NewHousehold(
            name="Petit",
            commune_id=at,
            address=f"{n} rue de la Citadelle",
            members=(NewMember(person_id=person.pk, role=Role.ADULT),),
        )
        for n, person in enumerate(persons)
    ]

    with connection.execute_wrapper(counted := Counted()):
        households = people.found_households(new, on=date(2025, 1, 1))
        names = people.holders_of([person.pk for person in persons], list(Sector))

    assert [row.address for row in Residence.objects.order_by("household_id")] == [
        each.address for each in new
    ]
    assert Household.objects.count() == len(households) == 3000
    assert Account.objects.filter(kind="WALLET", spill__kind="RECEIVABLE").count() == 3000
    assert Person.objects.filter(memberships__household__in=households[-1:]).get() == persons[-1]
    assert len(names) == 6 * 3000
    assert counted.statements < 20


class Counted:
    """Counts the statements that Django sends."""

    def __init__(self):
        self.statements = 0

    def __call__(self, execute, sql, params, many, context):
        self.statements += 1
        return execute(sql, params, many, context)
