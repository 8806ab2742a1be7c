"""Why a family has no quotient: said to the agent beside what it made dear, and never sealed."""

from datetime import UTC, date, datetime

from counters import agent_of_all, file_of, opened
from cvq.billing.models import Charge
from cvq.childcare.services import charge_days
from cvq.people import services as people
from cvq.people.models import QuotientSource
from pages import Pages
from told import text
from town import TODAY, ZONE

THIS_MORNING = datetime(2025, 6, 3, 6, tzinfo=UTC)
NBSP = "\u00a0"


def a_meal_today(site: Pages) -> None:
    site.town.tap("012-00002", where="Cantine", at="12:05")
    charge_days(site.town.connection, until=TODAY, at=site.town.at("14:00"), zone=ZONE)


def shown(site: Pages, agent: str = "nadia@exemple.fr") -> str:
    return text(opened(site, agent_of_all(site, agent)).get(file_of(site))).replace(NBSP, " ")


def test_an_agent_reads_that_a_quotient_was_never_given(site: Pages) -> None:
    page = shown(site)

    assert "Quotient familial quotient jamais fourni" in page
    assert "plein tarif : 3,50 € Quotient jamais fourni" in page
    assert not Charge.objects.filter(sentence__contains="fourni").exists()


def test_an_agent_reads_since_when_it_is_refused_and_what_was_known_before(site: Pages) -> None:
    people.refuse_quotient(
        household=site.town.households["Petit"],
        on=date(2025, 5, 20),
        evidence="courrier",
        at=THIS_MORNING,
    )
    a_meal_today(site)

    page = shown(site)

    assert "Quotient familial quotient refusé depuis le 20 mai 2025" in page
    assert page.count("Quotient refusé depuis le 20 mai 2025") == 3  # today's meal and garderies
    assert "Quotient jamais fourni" in page  # those of before, whatever was told since


def test_an_agent_reads_when_it_ended_and_a_quotient_ends_the_question(site: Pages) -> None:
    petit = site.town.households["Petit"]
    people.record_quotient(
        household=petit,
        value=480,
        source=QuotientSource.CAF,
        on=date(2025, 1, 1),
        until=date(2025, 6, 1),
        at=THIS_MORNING,
    )
    a_meal_today(site)
    ended = shown(site)
    people.record_quotient(
        household=petit, value=640, source=QuotientSource.CAF, on=TODAY, at=THIS_MORNING
    )

    assert "Quotient familial quotient terminé le 1er juin 2025" in ended
    assert ended.count("Quotient terminé le 1er juin 2025") == 3
    assert "Quotient familial 640" in shown(site, "paul@exemple.fr")
