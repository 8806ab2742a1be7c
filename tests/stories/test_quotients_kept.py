"""Quotients that stay: paper, withdrawal, refusal, and what the database and the audit hold."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from cvq.people import audit
from cvq.people import services as people
from cvq.people.jobs import ask_for_citizen
from cvq.people.models import (
    Person,
    Quotient,
    QuotientCall,
    QuotientConsent,
    QuotientSource,
    Sex,
)
from cvq.plumbing.connections import underneath
from cvq.rules.quotient import Stand, Standing
from funds import Funds, funds_here
from quotients import (
    AUGUST,
    RENEWALS,
    SEPTEMBER,
    adult_of,
    consents,
    file_of,
    held,
    on_paper,
    priced_by,
    refresh,
)


@pytest.fixture
def funds() -> Iterator[Funds]:
    with funds_here() as opened:
        yield opened


def test_a_paper_brought_by_a_family_that_consents_does_not_end_by_itself(town):
    petit = town.family("Petit")
    consents(petit)

    row = on_paper(petit, 480)

    assert (row.valid_until, row.renew_on) == (None, date(2026, 9, 1))


def test_who_withdraws_is_asked_for_no_more_and_has_until_the_renewal(town, funds):
    petit = town.family("Petit")
    on_paper(petit, 480)
    given = consents(petit)

    people.withdraw_quotient_consent(
        household=petit, renewals=RENEWALS, at=AUGUST, today=AUGUST.date()
    )

    assert refresh(funds).run(AUGUST, at_most=50).asked == 0
    assert held(petit, date(2026, 8, 31)) == Stand(Standing.KNOWN, 480)
    assert held(petit, date(2026, 9, 1)) == Stand(Standing.EXPIRED)
    given.refresh_from_db()
    assert (given.first_names, given.birth_country, given.withdrawn_at) == ("", "", AUGUST)
    with pytest.raises(people.NoConsent):
        people.withdraw_quotient_consent(
            household=petit, renewals=RENEWALS, at=AUGUST, today=AUGUST.date()
        )


def test_who_withdraws_while_the_fund_is_late_has_until_the_next_renewal(town):
    petit = town.family("Petit")
    on_paper(petit, 480)
    consents(petit)

    people.withdraw_quotient_consent(
        household=petit, renewals=RENEWALS, at=SEPTEMBER, today=SEPTEMBER.date()
    )

    assert held(petit, date(2026, 12, 31)) == Stand(Standing.KNOWN, 480)
    assert held(petit, date(2027, 1, 1)) == Stand(Standing.EXPIRED)


def test_a_refusal_is_written_down_and_is_not_a_missing_paper(town, funds):
    petit = town.family("Petit")
    on_paper(petit, 480)
    consents(petit)

    people.refuse_quotient(
        household=petit, on=date(2026, 9, 1), evidence="courrier du 2 août", at=AUGUST
    )

    assert held(petit, date(2026, 8, 31)) == Stand(Standing.KNOWN, 480)
    assert held(petit, date(2026, 9, 1)) == Stand(Standing.REFUSED)
    assert priced_by(petit, date(2026, 9, 1)) is None
    assert refresh(funds).run(SEPTEMBER, at_most=50).asked == 0


def test_a_citizen_who_logs_in_brings_the_quotient_without_any_paper(town, funds):
    petit = town.family("Petit")
    funds.simulator.files.append(file_of("PETIT", 640))
    funds.simulator.citizens["jeton-d-anne"] = funds.simulator.files[-1].status

    told = ask_for_citizen(
        funds.client,
        household=petit,
        france_connect="jeton-d-anne",
        renewals=RENEWALS,
        now=AUGUST,
        today=AUGUST.date(),
    )

    assert isinstance(told, Quotient)
    assert (told.value, told.valid_from) == (640, date(2026, 8, 21))
    assert told.valid_until == date(2026, 9, 1)  # nothing lets us renew it
    assert QuotientCall.objects.get().consent is None


def test_a_consent_is_an_adults_and_has_a_whole_civil_status(town):
    petit = town.family("Petit")
    leo = town.child("Petit", "Léo")
    whole = {
        "first_names": "Anne",
        "sex": Sex.FEMALE,
        "birth_country": "99100",
        "birth_commune": "79202",
    }

    def consent(person: Person, **other: str) -> None:
        people.consent_to_quotient(
            household=petit,
            person=person,
            status=people.GivenStatus(**{**whole, **other}),
            evidence="formulaire",
            renewals=RENEWALS,
            at=AUGUST,
            today=AUGUST.date(),
        )

    with pytest.raises(people.NotAnAdultOfTheHousehold):
        consent(leo)
    for wrong in (
        {"first_names": " "},
        {"birth_country": "FR"},
        {"birth_commune": ""},
        {"birth_commune": "7920"},
        {"birth_country": "99404"},  # and a commune of France
    ):
        with pytest.raises(people.CivilStatusUnreadable):
            consent(adult_of(petit), **wrong)
    consent(adult_of(petit), birth_country="99404", birth_commune="")

    assert QuotientConsent.objects.get().birth_country == "99404"


def test_a_household_has_one_quotient_at_a_time_and_the_database_says_so(town):
    petit = town.family("Petit")
    on_paper(petit, 480)

    with (
        pytest.raises(IntegrityError, match="household_has_one_quotient_at_a_time"),
        transaction.atomic(),
    ):
        Quotient.objects.create(
            household=petit, value=1, source=QuotientSource.CAF, valid_from=date(2026, 8, 31)
        )
    with pytest.raises(people.PeriodStartsTooEarly):
        on_paper(petit, 500)


def test_the_audit_names_a_quotient_that_its_fund_did_not_tell(town, funds):
    petit = town.family("Petit")
    consents(petit)
    funds.simulator.files.append(file_of("PETIT", 640))
    refresh(funds).run(AUGUST, at_most=50)

    Quotient.objects.update(value=100)

    assert list(audit.culprits(underneath())) == [
        f"Le quotient du foyer {petit.pk} au 21/08/2026 n'est pas celui que sa caisse a donné."
    ]


def test_the_audit_names_quotients_that_overlap(town):
    petit = town.family("Petit")
    on_paper(petit, 480)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE people_quotient DROP CONSTRAINT household_has_one_quotient_at_a_time"
        )
    Quotient.objects.create(
        household=petit, value=500, source=QuotientSource.CAF, valid_from=date(2026, 8, 1)
    )

    assert list(audit.culprits(underneath())) == [
        f"Le foyer {petit.pk} a deux quotients le 01/08/2026."
    ]
