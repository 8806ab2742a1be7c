"""A parent reads when a child was where: on the ruler of the day, and behind each charge."""

import re
from datetime import timedelta

from cvq.bocage.pages import Moment
from cvq.catalog.models import Service
from cvq.childcare.services import charge_days
from cvq.people.family import family_on
from cvq.portal.home.ruler import ruler
from pages import Pages
from told import text
from town import ZONE


def test_what_is_full_on_the_ruler_was_seen_and_the_rest_of_the_morning_is_in_outline(
    site: Pages,
) -> None:
    ours = family_on(site.town.households["Petit"], site.town.today)
    site.town.tap("012-00003", where="École", at="08:25")

    def lou_at(time: str) -> list[tuple[int, int, str, bool]]:
        told = ruler(ours, Moment.of(site.town.at(time), ZONE))
        assert told is not None
        (row,) = (row for row in told.rows if row.person.first_name == "Lou")
        return [(one.start, one.end, one.text, one.is_seen) for one in row.blocks]

    garderie, school = (4, 6, "Garderie 7\u00a0h\u00a046", True), "École 8\u00a0h\u00a025"
    assert lou_at("08:34") == [
        garderie,
        (6, 7, school, True),
        (7, 19, "École, prévu", False),
    ]
    assert lou_at("10:00")[1:] == [
        (6, 13, school, True),
        (13, 19, "École, prévu", False),
    ]
    assert lou_at("18:00")[1:] == [(6, 19, school, True)]
    site.town.tap("012-00003", where="Cantine", at="12:05")
    assert [one[3] for one in lou_at("12:10")] == [True, True, True, False]


def test_a_morning_and_an_evening_of_a_garderie_are_told_apart_and_say_when_the_child_was_there(
    site: Pages,
) -> None:
    town = site.town
    Service.objects.filter(name="Garderie").update(name="Garderie, École Bartholdi")
    day = town.today - timedelta(days=1)
    for where, time in (
        ("Garderie", "07:45"),
        ("Garderie départ", "08:20"),
        ("Garderie", "16:40"),
        ("Garderie départ", "18:05"),
    ):
        town.tap("012-00003", where=where, at=f"{day} {time}")
    charge_days(town.connection, until=day, at=town.at("07:10"), zone=ZONE)
    client = site.client(site.parent())

    answer = client.get("/releve/", {"periode": "7"})

    page, drawn = text(answer), answer.content.decode()
    morning, evening = "Garderie du matin, École Bartholdi", "Garderie du soir, École Bartholdi"
    assert (page.count(morning), page.count(evening)) == (1, 1)
    assert (drawn.count("#i-sun-horizon"), drawn.count("#i-moon")) == (1, 1)
    told = {
        title: text(client.get(f"/operation/{entry}/"))
        for entry, title in re.findall(r'/operation/([0-9]+)/">(Garderie[^<]*)<', drawn)
    }
    assert "Arrivée à 7 h 45, départ à 8 h 20." in told[morning]
    assert "Arrivée à 16 h 40, départ à 18 h 05." in told[evening]
