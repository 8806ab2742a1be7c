"""Quotients: dated, sourced, asked of the fund with consent, and never raised by a failure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from cvq.childcare.services import charge_days
from cvq.people import audit, selectors
from cvq.people import services as people
from cvq.people.jobs import ALONE, NO_LONGER_ALONE, Refresh, ask_for_citizen
from cvq.people.messages import ToldQuotient
from cvq.people.models import (
    CallOutcome,
    Household,
    Person,
    Quotient,
    QuotientCall,
    QuotientConsent,
    QuotientSource,
    Sex,
)
from cvq.people.particulier import problems
from cvq.people.particulier.families import FamilyFile
from cvq.plumbing.connections import underneath
from cvq.rules.quotient import Stand, Standing
from funds import Funds, funds_here, status
from town import ZONE, Town

RENEWALS = ((1, 1), (9, 1))
AUGUST = datetime(2026, 8, 20, 8, tzinfo=UTC)
SEPTEMBER = datetime(2026, 9, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def funds() -> Iterator[Funds]:
    with funds_here() as opened:
        yield opened


def refresh(funds: Funds) -> Refresh:
    return Refresh(funds.client, zone=ZONE, renewals=RENEWALS)


def adult_of(household: Household) -> Person:
    return Person.objects.get(memberships__household=household, memberships__role="ADULT")


def consents(household: Household, at: datetime = AUGUST) -> QuotientConsent:
    return people.consent_to_quotient(
        household=household,
        person=adult_of(household),
        status=people.GivenStatus(
            first_names="Anne Marie", sex=Sex.FEMALE, birth_country="99100", birth_commune="79202"
        ),
        evidence="formulaire du 1er juin 2026",
        renewals=RENEWALS,
        at=at,
        today=at.date(),
    )


def on_paper(household: Household, value: int, until: date | None = date(2026, 9, 1)) -> Quotient:
    return people.record_quotient(
        household=household,
        value=value,
        source=QuotientSource.CAF,
        on=date(2025, 9, 1),
        until=until,
        evidence="attestation CAF du 20 août 2025",
        at=AUGUST,
    )


def file_of(name: str, value: int) -> FamilyFile:
    """Return what the fund knows of a family of the town."""
    return FamilyFile(
        status=status(name, "ANNE", "MARIE"),
        quotient=ToldQuotient(value=value, source=QuotientSource.MSA, of_month=date(2026, 8, 1)),
    )


def held(household: Household, day: date) -> Stand:
    return selectors.quotient_stands([household.pk], day, underneath())[household.pk]


def priced_by(household: Household, day: date) -> int | None:
    """Return the quotient that a tariff reads on a day."""
    return selectors.circumstances([(household.pk, day)], underneath())[household.pk, day].quotient


def calls(household: Household) -> list[str]:
    rows = QuotientCall.objects.filter(household=household).order_by("id")
    return [row.outcome for row in rows]


def test_an_api_down_in_september_raises_nobodys_price(town: Town, funds: Funds) -> None:
    petit = town.family("Petit", topped_up="20,00")
    town.child("Petit", "Léo", card="012-00060")
    town.enrol("012-00060", "Cantine")
    on_paper(petit, 480)
    consents(petit)
    funds.simulator.broken = problems.NOT_AVAILABLE
    batch = refresh(funds)
    for day in range(40):
        batch.run(AUGUST + day * DAY, at_most=50)
    town.today = date(2026, 9, 15)

    town.tap("012-00060", where="Cantine", at="12:05")
    charge_days(town.connection, until=town.today, at=town.at("22:00"), zone=ZONE)

    assert town.wallet("Petit") == "18,00 €"  # as in August; the full price is 3,50 €
    assert set(calls(petit)) == {"DOWN"}
    assert held(petit, date(2026, 9, 15)) == Stand(Standing.KEPT, 480)


@pytest.mark.parametrize(
    "problem",
    [
        problems.NO_FILE,
        problems.UNEXPECTED,
        problems.NOT_A_CIVIL_STATUS,
        problems.EXPIRED_TOKEN,
        problems.TOO_MANY,
        problems.CONFLICT,
        problems.UNKNOWN_ANSWER,
    ],
    ids=lambda problem: problem.title,
)
def test_whatever_the_fund_says_but_a_figure_changes_nothing(town, funds, problem):
    petit = town.family("Petit")
    on_paper(petit, 480)
    consents(petit)
    funds.simulator.broken = problem

    refresh(funds).run(AUGUST, at_most=50)

    assert [priced_by(petit, day) for day in (date(2026, 8, 31), date(2026, 9, 1))] == [480, 480]
    assert priced_by(petit, date(2030, 1, 1)) == 480
    assert Quotient.objects.filter(household=petit).count() == 1
    assert len(calls(petit)) == 1


def test_what_the_fund_tells_begins_at_the_renewal_and_never_before(town, funds):
    petit = town.family("Petit")
    on_paper(petit, 480)
    consents(petit)
    funds.simulator.files.append(file_of("PETIT", 1200))

    progress = refresh(funds).run(AUGUST, at_most=50)

    assert progress.ended == {CallOutcome.TOLD: 1}
    assert priced_by(petit, date(2026, 8, 31)) == 480
    assert priced_by(petit, date(2026, 9, 1)) == 1200
    told = Quotient.objects.get(source=QuotientSource.MSA)
    assert (told.valid_from, told.valid_until) == (date(2026, 9, 1), None)
    assert told.renew_on == date(2027, 1, 1)
    assert (told.learned_at, told.call.of_month) == (AUGUST, date(2026, 8, 1))
    assert list(audit.culprits(underneath())) == []


def test_a_fund_that_answers_late_changes_no_day_that_is_over(town, funds):
    petit = town.family("Petit")
    on_paper(petit, 480)
    consents(petit)
    batch = refresh(funds)
    funds.simulator.broken = problems.NOT_AVAILABLE
    batch.run(SEPTEMBER, at_most=50)
    funds.simulator.broken = None
    funds.simulator.files.append(file_of("PETIT", 300))

    batch.run(SEPTEMBER + 3 * DAY, at_most=50)

    assert priced_by(petit, date(2026, 9, 4)) == 480
    assert priced_by(petit, date(2026, 9, 5)) == 300


def test_a_household_that_never_told_its_quotient_has_it_the_day_after_the_fund_tells(town, funds):
    petit = town.family("Petit")
    consents(petit)
    funds.simulator.files.append(file_of("PETIT", 640))

    assert held(petit, AUGUST.date()) == Stand(Standing.NOT_GIVEN)
    refresh(funds).run(AUGUST, at_most=50)

    assert priced_by(petit, date(2026, 8, 20)) is None
    assert priced_by(petit, date(2026, 8, 21)) == 640


def test_nobody_is_asked_for_without_a_consent_or_before_it_is_time(town, funds):
    alone, settled = town.family("Seul"), town.family("Réglé")
    on_paper(alone, 500)
    on_paper(settled, 600, until=date(2027, 1, 1))
    consents(settled)

    progress = refresh(funds).run(AUGUST, at_most=50)

    assert progress.asked == funds.simulator.calls == 0
    assert held(alone, date(2026, 8, 31)) == Stand(Standing.KNOWN, 500)
    assert held(alone, date(2026, 9, 1)) == Stand(Standing.EXPIRED)


def test_a_batch_that_stops_goes_on_from_there_and_asks_nobody_twice(town, funds):
    homes = [town.family(f"Foyer{letter}") for letter in "ABCDE"]
    for home in homes:
        on_paper(home, 480)
        consents(home)
        funds.simulator.files.append(file_of(home.name, 700))

    first = refresh(funds).run(AUGUST, at_most=2)
    rest = refresh(funds).run(AUGUST + timedelta(minutes=1), at_most=50)
    nothing = refresh(funds).run(AUGUST + timedelta(minutes=2), at_most=50)

    assert (first.asked, rest.asked, nothing.asked) == (2, 3, 0)
    assert funds.simulator.calls == 5
    assert [priced_by(home, date(2026, 9, 1)) for home in homes] == [700] * 5


def test_the_batch_lets_the_funds_rest_when_they_are_down(town, funds):
    for letter in "ABCDE":
        home = town.family(f"Foyer{letter}")
        on_paper(home, 480)
        consents(home)
    funds.simulator.broken = problems.NOT_AVAILABLE
    batch = refresh(funds)

    down = batch.run(AUGUST, at_most=50)
    resting = batch.run(AUGUST + timedelta(minutes=9), at_most=50)
    funds.simulator.broken = None
    funds.simulator.files += [file_of(f"Foyer{letter}", 700) for letter in "ABCDE"]
    back = batch.run(AUGUST + timedelta(minutes=11), at_most=50)
    tomorrow = batch.run(AUGUST + DAY, at_most=50)

    assert (down.asked, down.stopped) == (3, CallOutcome.DOWN)
    assert resting.asked == 0
    assert (back.asked, tomorrow.asked) == (2, 3)
    assert Quotient.objects.filter(value=700).count() == 5


def test_one_process_asks_at_a_time_because_the_limits_are_of_the_token(town, funds):
    petit = town.family("Petit")
    on_paper(petit, 480)
    consents(petit)
    with psycopg.connect(underneath().info.dsn) as other:
        other.execute(ALONE)

        meanwhile = refresh(funds).run(AUGUST, at_most=50)
        other.execute(NO_LONGER_ALONE)

    assert (meanwhile.asked, meanwhile.is_elsewhere) == (0, True)
    assert refresh(funds).run(AUGUST, at_most=50).asked == 1


def test_a_refused_token_stops_the_batch_at_the_first_call(town, funds):
    for letter in "ABC":
        home = town.family(f"Foyer{letter}")
        on_paper(home, 480)
        consents(home)
    funds.simulator.broken = problems.EXPIRED_TOKEN

    progress = refresh(funds).run(AUGUST, at_most=50)

    assert (progress.asked, progress.stopped) == (1, CallOutcome.NOT_ALLOWED)
    assert funds.simulator.calls == 1


def test_a_family_that_is_not_found_is_asked_for_again_a_week_later(town, funds):
    petit = town.family("Petit")
    on_paper(petit, 480)
    consents(petit)
    batch = refresh(funds)

    asked = [batch.run(AUGUST + day * DAY, at_most=50).asked for day in range(9)]

    assert asked == [1, 0, 0, 0, 0, 0, 0, 1, 0]


def test_a_civil_status_that_is_put_right_is_asked_for_at_once(town, funds):
    petit = town.family("Petit")
    on_paper(petit, 480)
    first = consents(petit)
    funds.simulator.broken = problems.NOT_A_CIVIL_STATUS
    batch = refresh(funds)
    batch.run(AUGUST, at_most=50)
    funds.simulator.broken = None
    funds.simulator.files.append(file_of("PETIT", 700))

    consents(petit, at=AUGUST + timedelta(hours=1))
    progress = batch.run(AUGUST + timedelta(hours=1), at_most=50)

    assert progress.ended == {CallOutcome.TOLD: 1}
    first.refresh_from_db()
    assert (first.first_names, first.sex, first.birth_commune) == ("", "", "")


def test_what_a_person_dated_later_stands(town, funds):
    petit = town.family("Petit")
    on_paper(petit, 480)
    consents(petit)
    people.record_quotient(
        household=petit, value=350, source=QuotientSource.OWN, on=date(2026, 9, 1)
    )
    funds.simulator.files.append(file_of("PETIT", 1200))

    refresh(funds).run(SEPTEMBER, at_most=50)

    assert priced_by(petit, date(2026, 9, 2)) == 350


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
