"""Who watches the machines: what holds somebody up now, and one machine that tells its story."""

import os
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cvq.access.models import Role
from cvq.board.day import QUARTERS, day
from cvq.board.ground import Commune, ground
from cvq.board.live.charted import curve
from cvq.board.machines import State, machines
from cvq.board.reasons import REASONS
from cvq.board.told import STEP
from cvq.bocage.pages import Moment
from cvq.catalog import france
from cvq.catalog.kinds import DeviceProfile
from cvq.catalog.models import Device
from cvq.kernel.local import at_ms
from cvq.plumbing.connections import underneath
from cvq.rules.tap import Granted
from cvq.rules.vocabulary import Reason, Sector
from cvq.taps.contact import hear
from cvq.wire.words import SENTENCES
from pages import Pages
from seen import is_as_wide_as_the_screen, objections
from told import text
from town import ZONE, Town

QUERIES_MAX = 12
PAGES = {"direct": "/supervision/", "appareil": "/supervision/appareil/1/"}


@pytest.fixture
def watcher(site: Pages) -> Any:
    """Return who watches, on a morning when every box but those of the doors was heard of."""
    heard = at_ms(site.town.at("08:39"))
    hear(underneath(), {number: heard for number in numbers(site.town).values()})
    return site.agent("supervision@exemple.fr", Role.SUPERVISION)


def numbers(town: Town) -> dict[str, int]:
    """Return the box of each place."""
    return {where: point.guards.get().device_id for where, point in town.points.items()}


def silent(town: Town, where: str, since: str) -> int:
    """Let a box be silent since an hour; return its number."""
    number = numbers(town)[where]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE taps_contact SET at = %s WHERE device = %s", [town.at(since), number]
        )
    return number


def board(site: Pages, user: Any) -> str:
    return text(site.client(user).get("/supervision/"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390, 320])
def test_nothing_on_the_board_shuts_anybody_out(
    site: Pages, page_of: Any, watcher: Any, theme: str, width: int
) -> None:
    silent(site.town, "Déchèterie", "08:01")
    Device.objects.filter(pk=numbers(site.town)["Squash"]).update(state="QUARANTINED")
    page = page_of(watcher, width=width, color_scheme=theme)
    errors: list[str] = []
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    for name, path in PAGES.items():
        page.goto(site.address + path)
        if folder := os.environ.get("CVQ_SHOTS"):
            page.screenshot(path=f"{folder}/{name}-{width}-{theme}.png", full_page=True)

        assert objections(page) == [], path
        assert is_as_wide_as_the_screen(page), path
    assert errors == []


def test_the_board_says_what_is_cut_off_and_what_to_do_first(site: Pages, watcher: Any) -> None:
    Device.objects.filter(pk=numbers(site.town)["Squash"]).update(state="QUARANTINED")
    silent(site.town, "Cantine", "2025-06-02 18:20")
    silent(site.town, "Déchèterie", "08:01")

    said = board(site, watcher)

    assert "Direct mardi 3 juin, 8 h 40 2 badges depuis 5 h 0 à la dernière minute" in said
    assert "3 sur 10 appareils hors ligne" in said
    assert "Remplacer : Boîtier 9 en quarantaine" in said
    assert "Rétablir : Site 2 appareils muets depuis 8 h 01" in said
    assert "Boîtier 4 Tourniquet hors ligne muet depuis lundi 2 juin, 18 h 20" in said
    assert said.index("Remplacer :") < said.index("Rétablir :")


def test_a_board_on_which_all_is_well_says_so(site: Pages, watcher: Any) -> None:
    said = board(site, watcher)

    assert "0 sur 10 appareils hors ligne 0 à traiter" in said
    assert "Rien : chaque appareil parle et est cru." in said


def test_when_nobody_speaks_it_is_the_gateway_that_is_looked_at(site: Pages, watcher: Any) -> None:
    for where in site.town.points:
        silent(site.town, where, "08:01")

    said = board(site, watcher)

    # The garderie still told its taps at 7:46, before.
    assert "Vérifier : la passerelle aucun appareil ne parle depuis 8 h 01" in said
    assert "10 sur 10 appareils hors ligne 1 à traiter" in said


def test_the_last_taps_say_when_where_and_the_word_and_nothing_else(
    site: Pages, watcher: Any
) -> None:
    site.town.tap("012-00009", where="GâtinéO", at="08:39:58")
    site.town.tap("nobody", where="Mairie", at="08:39:59")

    said = board(site, watcher)

    last = "Badges 8:39:59 Mairie Pas d'accès 8:39:58 GâtinéO Entrez 7:46:00 Garderie Entrez"
    assert last in said
    assert "4 badges depuis 5 h 2 à la dernière minute 25,0 % refusés, habituel 0,0 %" in said


def test_today_is_beside_the_mean_of_the_same_day_of_four_weeks(site: Pages, watcher: Any) -> None:
    now = Moment.of(site.town.at("12:20"), ZONE)
    for number in ("012-00002", "012-00003", "012-00001"):
        site.town.tap(number, where="Cantine", at="12:10")

    today = day(now)

    # Two ate on each of the three Tuesdays that the town has lived.
    noon = (12 - 5) * 4
    assert today.weeks == 3
    assert today.quarters[noon] == 3
    assert len(today.quarters) == noon + 2
    assert today.usual[noon] == 2.0
    assert (today.taps, today.usual_so_far, today.percent_more) == (5, 2.0, 150)
    assert dict((hour, rest) for hour, *rest in today.hours)[12] == [3, 2]


def test_an_hour_that_is_to_come_is_not_told_as_empty(site: Pages) -> None:
    hours = day(Moment.of(site.town.at("08:40"), ZONE)).hours

    assert [hour for hour, today, _ in hours if today is None] == list(range(9, 22))


def test_a_box_that_refuses_more_than_chance_would_is_looked_at(site: Pages, watcher: Any) -> None:
    for second in range(10, 22):
        site.town.tap(f"nobody-{second}", where="Mairie", at=f"08:30:{second}")

    said = board(site, watcher)

    assert "Vérifier : Boîtier 10 100 % de refus depuis une heure, habituel 0 %" in said
    assert "1 à traiter" in said


def test_what_is_not_believed_and_what_waits_are_two_things_to_do(
    site: Pages, watcher: Any
) -> None:
    town = site.town
    ahead = town.event("012-00009", where="GâtinéO", at="09:30", door_said=Granted(cents=0))
    lost = town.event("012-00009", where="Mairie", at="08:20", door_said=Granted(cents=0))
    town.tell([ahead, msgspec.structs.replace(lost, pt=99_999)], received="08:39")

    said = board(site, watcher)

    assert "Mettre à l'heure : Boîtier 1 1 passage n'est pas cru" in said
    assert "Trancher : Boîtier 10 1 passage mis de côté attend" in said
    page = text(site.client(watcher).get("/supervision/appareil/1/"))
    assert "Être mis à l'heure" in page
    assert "Mis de côté n° 4 daté de plus de deux minutes dans le futur · reçu 8 h 39" in page


def test_a_box_that_nobody_ever_heard_is_neither_well_nor_off(site: Pages) -> None:
    states = {one.number: one.state for one in machines(site.town.at("08:40"))}

    town = numbers(site.town)
    assert states[town["Déchèterie"]] is State.NEVER
    assert states[town["Cantine"]] is State.SILENT  # it told taps, and no word since yesterday


def test_one_machine_tells_its_story(site: Pages, watcher: Any) -> None:
    town = site.town
    town.tap("012-00009", where="GâtinéO", at="08:20")
    alone = town.event("nobody", where="GâtinéO", at="08:21", door_said=Granted(cents=0))
    town.tell([alone, town.not_passed("GâtinéO", of=4, at="08:22")], received="08:40")

    said = text(site.client(watcher).get("/supervision/appareil/1/"))

    assert "Boîtier 1 Rien : il parle et il est cru. 2 badges en vingt-quatre heures" in said
    assert "8 h 20 n° 4 entrée GâtinéO la mairie" in said
    assert "8 h 21 n° 5 entrée GâtinéO la porte carte inconnue" in said
    assert "n'est pas passé" in said
    assert "Numéro 1 · BOX-1 Dernier contact 8 h 40" in said


def test_a_machine_tells_whoever_watches_it_why_and_not_what_a_child_reads(
    site: Pages, watcher: Any
) -> None:
    site.town.tap("nobody", where="Cantine", at="08:20")
    number = numbers(site.town)["Cantine"]

    said = text(site.client(watcher).get(f"/supervision/appareil/{number}/"))

    assert "signalé à l'équipe carte inconnue Cantine la mairie" in said
    assert "Va voir" not in said
    assert "Allez" not in said
    assert set(REASONS) == set(Reason)
    assert not {str(told) for told in REASONS.values()} & set(SENTENCES.values())


def test_what_a_machine_never_said_is_no_number(site: Pages, watcher: Any) -> None:
    door = numbers(site.town)["Mairie"]
    kiosk = numbers(site.town)["Cantine"]
    Device.objects.filter(pk=kiosk).update(profile=DeviceProfile.KIOSK)
    client = site.client(watcher)

    said = [text(client.get(f"/supervision/appareil/{one}/")) for one in (door, kiosk)]

    unsaid = "Version pas dit File d'attente pas dit Batterie pas dit"
    assert [unsaid in one for one in said] == [True, True]
    assert ["Papier pas dit" in one for one in said] == [False, True]


def test_the_curve_of_today_ends_with_the_last_quarter_of_an_hour_that_is_over(
    site: Pages,
) -> None:
    for number in ("012-00002", "012-00003"):
        site.town.tap(number, where="Cantine", at="12:05")
    site.town.tap("012-00001", where="Cantine", at="12:16")
    now = Moment.of(site.town.at("12:20"), ZONE)

    today = day(now)
    drawn = curve(today, now)

    noon = (12 - 5) * 4
    assert (today.done, today.quarters[noon:], today.drawn[noon:]) == (noon + 1, (2, 1), (2,))
    assert drawn.today.endswith(f"L{noon * STEP + STEP // 2} 0.0")
    assert day(Moment.of(site.town.at("23:00"), ZONE)).done == QUARTERS
    assert day(Moment.of(site.town.at("04:00"), ZONE)).drawn == ()


def test_the_top_of_a_curve_is_not_cut(site: Pages, page_of: Any, watcher: Any) -> None:
    page = page_of(watcher)
    for path in PAGES.values():
        page.goto(site.address + path)
        inner = page.locator("svg.gr > svg")

        assert inner.evaluate("one => getComputedStyle(one).overflow") == "visible"
        assert inner.evaluate("one => one.getBoundingClientRect().width") > 100


def test_the_board_and_its_machines_are_for_those_who_watch_them(site: Pages) -> None:
    agent = site.agent("guichet@exemple.fr", Role.COUNTER)
    for path in (*PAGES.values(), "/supervision/etat/"):
        for user in (site.parent(), agent):
            assert site.client(user).get(path).status_code == 404, path
        assert site.client().get(path).status_code == 302, path


def test_a_machine_that_does_not_exist_is_not_found(site: Pages, watcher: Any) -> None:
    assert site.client(watcher).get("/supervision/appareil/999/").status_code == 404


def test_no_page_tells_who_nor_with_what_nor_how_much(site: Pages, watcher: Any) -> None:
    town = site.town
    town.tap("012-00009", where="GâtinéO", at="08:39")
    client = site.client(watcher)
    pages = [client.get(path).content.decode() for path in (*PAGES.values(), "/supervision/etat/")]
    secrets = [
        *("Petit", "Blanc", "012-00009", "€"),
        str(town.holder("012-00009", Sector.POOL)),
        town.event("012-00009", where="GâtinéO", at="08:40").ref,
    ]

    assert [secret for secret in secrets for page in pages if secret in page] == []


def test_a_page_of_the_board_asks_the_database_few_things(site: Pages, watcher: Any) -> None:
    for path in (*PAGES.values(), "/supervision/etat/"):
        client = site.client(watcher)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200

        assert len(asked) <= QUERIES_MAX, path


def test_an_open_board_reads_itself_again(site: Pages, page_of: Any, watcher: Any) -> None:
    page = page_of(watcher)
    page.clock.install()
    page.goto(site.address + "/supervision/")
    site.town.tap("012-00009", where="GâtinéO", at="08:39")

    page.clock.run_for(11_000)

    page.wait_for_selector("#flux li >> text=GâtinéO")
    assert page.inner_text("#n-badges") == "3"


def test_who_pauses_a_board_is_told_so_and_nothing_moves(
    site: Pages, page_of: Any, watcher: Any
) -> None:
    page = page_of(watcher)
    page.clock.install()
    page.goto(site.address + "/supervision/")
    page.click("text=Pause")
    site.town.tap("012-00009", where="GâtinéO", at="08:39")

    page.clock.run_for(21_000)

    assert page.inner_text("#ajour") == "En pause"
    assert page.inner_text("#n-badges") == "2"


def test_without_scripts_a_link_reads_the_board_again(
    site: Pages, page_of: Any, watcher: Any
) -> None:
    page = page_of(watcher, java_script_enabled=False)
    page.goto(site.address + "/supervision/")
    site.town.tap("012-00009", where="GâtinéO", at="08:39")

    page.click("text=Actualiser")

    assert page.inner_text("#n-badges") == "3"
    assert not page.is_visible("text=Plein écran")


def test_every_commune_of_a_territory_has_its_place_on_the_map() -> None:
    community = france.community("200041333")
    drawn = ground(
        community.siren, tuple(Commune(one.insee, one.name, 1) for one in community.members)
    )

    spots = {(round(one.x), round(one.y)) for one in drawn.communes}
    assert len(spots) == len(community.members) == 38
    assert all(0 < x < drawn.width and 0 < y < drawn.height for x, y in spots)


def test_a_territory_that_nobody_drew_has_a_map_too() -> None:
    communes = tuple(Commune(str(number), f"Commune {number}", number) for number in range(60))

    drawn = ground("999999999", communes)

    assert drawn.communes[-1].x == drawn.width / 2  # the largest in the middle
    assert all(0 < one.x < drawn.width and 0 < one.y < drawn.height for one in drawn.communes)
    assert drawn.cells.count("M") == 60
