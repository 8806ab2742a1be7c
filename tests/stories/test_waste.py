"""At the waste centre: fifteen visits a household and year; a professional pays each."""

import pytest

from cvq.ledger.models import Account
from cvq.rights.models import ProductKind
from cvq.rules.tap import Granted
from cvq.rules.vocabulary import Means, Reason, Verdict
from cvq.waste.models import Visit
from town import Town


@pytest.fixture
def town(town: Town) -> Town:
    """Return the town where a household has three visits a year."""
    town.product("DECHETTERIE", ProductKind.QUOTA, unit="VISIT", amount=3)
    town.family("Petit", card="012-00070")
    return town


def quota(town: Town, year: int = 2025) -> int:
    """Return what is left of the Petits' visits of a year."""
    code = f"QUOTA:DECHETTERIE:{town.households['Petit'].pk}:{year}-01-01"
    return town.left(Account.objects.get(code=code).pk)


def test_a_visit_takes_one_of_the_year(town: Town) -> None:
    answer = town.tap("012-00070", where="Déchèterie", at="10:00")

    assert (answer.said, answer.means) == (Verdict.GRANTED, Means.QUOTA)
    assert quota(town) == 2


def test_coming_back_with_the_trailer_is_the_same_visit(town: Town) -> None:
    town.tap("012-00070", where="Déchèterie", at="10:00")

    again = town.tap("012-00070", where="Déchèterie", at="10:19")
    later = town.tap("012-00070", where="Déchèterie", at="10:20")

    assert (again.said, later.said) == (Verdict.GRANTED, Verdict.GRANTED)
    assert quota(town) == 1


def test_all_cards_of_a_household_share_its_visits(town: Town) -> None:
    town.child("Petit", "Léo", card="012-00071")
    town.tap("012-00070", where="Déchèterie", at="10:00")

    town.tap("012-00071", where="Déchèterie", at="11:00")

    assert quota(town) == 1


def test_the_visit_after_the_last_is_refused(town: Town) -> None:
    for hour in (9, 10, 11):
        town.tap("012-00070", where="Déchèterie", at=f"{hour}:00")

    answer = town.tap("012-00070", where="Déchèterie", at="12:00")

    assert (answer.said, answer.why) == (Verdict.REFUSED, Reason.QUOTA_REACHED)
    assert quota(town) == 0


def test_a_visit_let_in_beyond_the_quota_is_an_overrun_not_a_debt(town: Town) -> None:
    for hour in (9, 10, 11, 12):
        town.tap("012-00070", where="Déchèterie", at=f"{hour}:00", door_said=Granted(Means.QUOTA))

    assert quota(town) == -1
    assert town.owed("Petit") == "0,00 €"
    assert town.last_tap().objection == Reason.QUOTA_REACHED


def test_the_visit_of_31_december_told_on_2_january_is_of_the_old_year(town: Town) -> None:
    visit = town.event(
        "012-00070", where="Déchèterie", at="2025-12-31 16:00", door_said=Granted(Means.QUOTA)
    )

    town.tell([visit], received="2026-01-02 09:00")

    assert quota(town, 2025) == 2
    assert not Account.objects.filter(code__contains="2026-01-01").exists()


def test_late_visits_count_the_same_in_whatever_order(town: Town) -> None:
    events = [
        town.event("012-00070", where="Déchèterie", at=at, door_said=Granted(Means.QUOTA))
        for at in ("10:00", "10:15", "10:25")
    ]

    for event in reversed(events):
        town.tell([event])

    assert quota(town) == 1  # 10:15 is the visit of 10:00; 10:25 is another
    assert list(
        Visit.objects.filter(counted=True).order_by("at").values_list("seq", flat=True)
    ) == [
        events[0].seq,
        events[2].seq,
    ]


def test_a_professional_pays_each_visit(town: Town) -> None:
    town.firm("Durand SARL", card="900-00001", topped_up="20,00")

    paid = town.tap("900-00001", where="Déchèterie", at="10:00")
    short = town.tap("900-00001", where="Déchèterie", at="14:00")

    assert (paid.said, paid.means) == (Verdict.GRANTED, Means.WALLET)
    assert (short.said, short.why) == (Verdict.REFUSED, Reason.NOT_ENOUGH)
    assert town.wallet("Durand SARL") == "5,00 €"


def test_who_lives_elsewhere_is_not_served(town: Town) -> None:
    town.family("Loin", card="012-00072", lives_in=town.elsewhere)

    answer = town.tap("012-00072", where="Déchèterie", at="10:00")

    assert (answer.said, answer.why) == (Verdict.REFUSED, Reason.NOT_SERVED_HERE)


def test_a_family_that_moved_away_and_was_let_in_never_pays_the_price_of_a_firm(
    town: Town,
) -> None:
    town.family("Loin", card="012-00072", topped_up="50,00", lives_in=town.elsewhere)

    town.tap("012-00072", where="Déchèterie", at="10:00", door_said=Granted(Means.QUOTA))

    assert town.wallet("Loin") == "50,00 €"
    assert town.last_tap().objection == Reason.NOT_SERVED_HERE
