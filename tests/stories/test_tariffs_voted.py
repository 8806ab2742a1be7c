"""A price that nobody can read closes no door, and none is written down any more."""

from datetime import date

import pytest

from cvq.catalog.models import Tariff
from cvq.catalog.services import vote_tariff
from cvq.config import audit
from cvq.rules.tariff import TariffUnreadable
from cvq.rules.vocabulary import Verdict
from town import Town

UNREADABLE = {"grid": 1, "item": "x", "inputs": [], "rows": []}


def test_a_tariff_that_nobody_can_read_closes_no_other_door(town: Town) -> None:
    town.family("Petit", card="p", topped_up="20,00")
    town.open_door("p", "Mairie")
    bad = town.tariff(town.points["Déchèterie"].service, UNREADABLE, since=date(2025, 6, 1))

    opened = town.tap("p", where="Mairie", at="10:00")
    swum = town.tap("p", where="GâtinéO", at="11:00")
    remarks = list(audit.remarks(town.connection))

    assert (opened.said, swum.said) == (Verdict.GRANTED, Verdict.GRANTED)
    assert town.wallet("Petit") == "15,50 €"
    assert [one for one in remarks if f"Le tarif {bad.pk} (x) est illisible" in one]


def test_a_tariff_is_read_before_it_is_written(town: Town) -> None:
    service = town.points["GâtinéO"].service
    voted = Tariff.objects.filter(service=service).earliest("valid_from")
    before = Tariff.objects.count()

    with pytest.raises(TariffUnreadable):
        vote_tariff(
            service=service,
            code=voted.code,
            document=UNREADABLE,
            council_decision="1",
            since=date(2025, 6, 1),
        )
    new = vote_tariff(
        service=service,
        code=voted.code,
        document=voted.document,
        council_decision="2",
        since=date(2025, 6, 1),
    )

    assert (new.code, Tariff.objects.count()) == (voted.code, before + 1)
