"""Quotients: dated, sourced, asked of the fund with consent, and never raised by a failure."""

from collections.abc import Iterator
from datetime import date, timedelta

import psycopg
import pytest

from cvq.childcare.services import charge_days
from cvq.people import audit
from cvq.people import services as people
from cvq.people.jobs import ALONE, NO_LONGER_ALONE
from cvq.people.models import (
    CallOutcome,
    Quotient,
    QuotientSource,
)
from cvq.people.particulier import problems
from cvq.plumbing.connections import underneath
from cvq.rules.quotient import Stand, Standing
from funds import Funds, funds_here
from quotients import (
    AUGUST,
    DAY,
    SEPTEMBER,
    calls,
    consents,
    file_of,
    held,
    on_paper,
    priced_by,
    refresh,
)
from town import ZONE, Town


@pytest.fixture
def funds() -> Iterator[Funds]:
    with funds_here() as opened:
        yield opened


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
