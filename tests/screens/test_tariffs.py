"""A2: what services cost; a tariff is written, read by another, approved and published."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cvq.access.models import Assignment, Kind, Role, Trace, User
from cvq.billing.models import Charge
from cvq.catalog.models import Authority, Service, Tariff, TariffDocument
from cvq.rules.tariff.document import check
from pages import Pages
from seen import is_as_wide_as_the_screen, objections
from tariff_pages import (
    DECISION,
    DRAFT,
    NOON,
    POOL,
    agent,
    approved,
    changed,
    drafted,
    lake,
    publication,
    seen,
)
from told import text


def test_the_list_says_what_services_cost_since_when_and_who_decided_it(site: Pages) -> None:
    client = site.client(agent(site))

    page = text(client.get("/guichet/tarifs/"))

    assert "Combien cela coûte, et depuis quand ?" in page
    assert "valent depuis le 1er janvier 2024 : 2023-12." in page
    assert "Cantine" not in page.replace("Cantines", "")  # it is the commune's
    assert "École" not in page
    assert "Depuis le 1er janvier 2024. 2023-12." in text(client.get(POOL))


def test_an_agent_changes_an_amount_in_a_table_and_the_document_follows(site: Pages) -> None:
    client = drafted(site)
    assert 'value="4,50"' in client.get(DRAFT).content.decode()

    page = text(changed(client, **{"2.2": "5,00", "1.0": "[5, 18["}))

    document = TariffDocument.objects.get()
    assert '["*", yes, 5.00, "plein tarif"]' in document.text
    assert '["[5, 18[", yes, 3.30, "moins de 16 ans"]' in document.text
    assert "Brouillon enregistré." in page
    assert "Entrée piscine, plein tarif, habite le territoire : 4,50 € devient 5,00 €" in page
    assert "âge le jour du service : de 5 à 15 devient de 5 à 17" in page
    assert "Entrée piscine, avant gratuit" not in page


def test_a_row_is_added_under_another_and_taken_away(site: Pages) -> None:
    client = drafted(site)
    place = {"lu": seen(client), "doubler": "pool_entry_price.0.1"}

    client.post(DRAFT + "tables/", place)
    assert TariffDocument.objects.get().text.count("moins de 16 ans") == 2
    client.post(DRAFT + "tables/", {"lu": seen(client), "retirer": "pool_entry_price.0.2"})

    assert TariffDocument.objects.get().text.count("moins de 16 ans") == 1
    wrong = client.post(DRAFT + "tables/", {"lu": seen(client), "retirer": "nothing"})
    assert (wrong.status_code, "se change dans le texte" in text(wrong)) == (422, True)


def test_what_the_checker_finds_stands_beside_the_line_and_nobody_approves_it(site: Pages) -> None:
    drafted(site)
    paul = site.client(agent(site, "paul@exemple.fr"))

    page = changed(paul, **{"3.1": "yes"})

    told = text(page)
    line = (
        TariffDocument.objects.get()
        .text.splitlines()
        .index('      - ["*", "yes", 5.40, "hors territoire"]')
    )
    assert f"Ligne {line + 1}" in told
    assert page.content.decode().count('class="constat"') >= 1
    nadia = Client()
    nadia.force_login(User.objects.get(email="nadia@exemple.fr"))
    assert "ce tarif ne peut pas encore être approuvé" in text(nadia.get(DRAFT))
    refused = nadia.post(DRAFT + "approuver/", {"lu": seen(nadia)})
    assert (refused.status_code, TariffDocument.objects.get().state) == (422, "DRAFT")


def test_three_families_see_what_they_pay_before_and_after(site: Pages) -> None:
    client = drafted(site)
    changed(client, **{"2.2": "5,00"})

    page = text(client.get(DRAFT))
    older = text(client.get(DRAFT, {"f0.age": "30"}))

    assert "Entrée piscine, avant 3,30 € 4,50 € 5,40 €" in page
    assert page.count("(+0,50 €)") == 1
    assert "Entrée piscine, après 5,00 € (+0,50 €)" in older
    asked = text(client.get(DRAFT, {"f0.age": "trente"}))
    assert "« trente » n'est pas un nombre" in asked


def test_where_none_of_the_three_sees_what_changes_the_last_one_is_moved_there(site: Pages) -> None:
    client = drafted(site)
    changed(client, **{"0.2": "1,00"})

    page = client.get(DRAFT)
    typed = client.get(DRAFT, {"f2.age": "40"})

    assert 'name="f2.age" value="0"' in page.content.decode()
    assert "Entrée piscine, avant 3,30 € 4,50 € 0,00 €" in text(page)
    assert text(page).count("(+1,00 €)") == 1
    assert 'name="f2.age" value="40"' in typed.content.decode()
    assert "(+1,00 €)" not in text(typed)


def test_an_agent_cannot_approve_what_they_wrote_and_another_can(site: Pages) -> None:
    nadia = drafted(site)
    changed(nadia, **{"2.2": "5,00"})
    assert "Approuver ce tarif" not in text(nadia.get(DRAFT))

    refused = nadia.post(DRAFT + "approuver/", {"lu": seen(nadia)})
    assert refused.status_code == 422
    assert "une autre personne l'approuve" in text(refused)
    paul = site.client(agent(site, "paul@exemple.fr"))
    page = text(paul.post(DRAFT + "approuver/", {"lu": seen(paul)}, follow=True))

    assert "Approuvé. Il reste à le publier." in page
    assert "Relire, puis publier" in page


def test_what_changed_while_it_was_read_is_neither_approved_nor_lost(site: Pages) -> None:
    nadia = drafted(site)
    paul = site.client(agent(site, "paul@exemple.fr"))
    read = seen(paul)
    changed(nadia, **{"2.2": "9,00"})

    refused = paul.post(DRAFT + "approuver/", {"lu": read})
    typed = {"lu": read, "case:pool_entry_price.0.2.2": "7,77"}
    lost = paul.post(DRAFT + "tables/", typed)
    written = paul.post(DRAFT + "texte/", {"lu": read, "texte": "tariff: à moi"})

    assert [one.status_code for one in (refused, lost, written)] == [422] * 3
    assert "a changé depuis que vous l'avez lu" in text(refused)
    assert 'value="7,77"' in lost.content.decode()
    assert "tariff: à moi</textarea>" in written.content.decode()
    assert "nadia@exemple.fr l'a enregistré le" in text(written)
    assert "Remplacer le sien par le mien" in text(written)
    assert f'name="lu" value="{read}"' in lost.content.decode()
    again = paul.post(DRAFT + "tables/", typed)
    assert again.status_code == 422  # what nobody read again is not written over
    assert "9.00" in TariffDocument.objects.get().text


def test_a_tariff_is_published_with_its_day_and_its_decision_and_never_changes(
    site: Pages,
) -> None:
    paul = approved(site)
    told = {"depuis": "2025-06-10", "decision": DECISION, "retroactive": ""}

    page = text(publication(paul, told))

    assert "Publié : ce tarif ne change plus." in page
    assert f"Vaut à partir du 10 juin 2025. {DECISION}." in page
    voted = Tariff.objects.get(code="POOL-ENTRY")
    assert (voted.valid_from, voted.council_decision) == (date(2025, 6, 10), DECISION)
    assert "change le 10 juin" in text(paul.get("/guichet/tarifs/"))
    again = paul.post(DRAFT + "publier/", told)
    assert (again.status_code, "Ce tarif est publié" in text(again)) == (422, True)
    assert paul.post(DRAFT + "rouvrir/").status_code == 422
    assert paul.post(POOL)["Location"].endswith("/2/")


def test_a_family_reads_why_the_new_price_is_the_new_price(site: Pages) -> None:
    paul = approved(site)
    publication(paul, {"depuis": "2025-06-03", "decision": DECISION})

    site.town.tap("012-00001", where="GâtinéO", at="09:10")
    charge = Charge.objects.filter(service__name="GâtinéO").latest("entry_id")
    page = text(site.client(site.parent()).get(f"/operation/{charge.pk}/"))

    assert charge.cents == 500
    assert charge.sentence.startswith("Entrée piscine, plein tarif")
    assert charge.sentence in page


@pytest.mark.parametrize(
    ("told", "field", "why"),
    [
        ({"depuis": ""}, "depuis", "Dites à partir de quel jour"),
        ({"decision": ""}, "decision", "Dites quelle délibération"),
        ({"depuis": "2025-06-02"}, "retroactive", "un tarif ne vaut pas en arrière"),
        (
            {"depuis": "2025-06-02", "retroactive": "oui"},
            "retroactive",
            "« oui » ne suffit pas : dites qui a décidé et quel jour",
        ),
        (
            {"depuis": "2025-06-02", "retroactive": "Conseil municipal du 4 juin 2025"},
            "retroactive",
            "Cette délibération est du 04/06/2025 : ce jour n'est pas venu",
        ),
    ],
)
def test_a_tariff_that_cannot_be_published_says_why_at_its_field(
    site: Pages, told: dict[str, str], field: str, why: str
) -> None:
    paul = approved(site)
    good = {"depuis": "2025-06-10", "decision": DECISION, "retroactive": ""}

    refused = paul.post(DRAFT + "publier/", good | told)

    assert refused.status_code == 422
    assert f'id="{field}_erreur"' in refused.content.decode()
    assert why in text(refused)
    assert not Tariff.objects.filter(code="POOL-ENTRY").exists()


def test_an_expert_writes_the_text_and_what_is_no_tariff_stays_a_draft(site: Pages) -> None:
    client = drafted(site)
    wrong = "tariff: [\n"

    page = client.post(DRAFT + "texte/", {"lu": seen(client), "texte": wrong}, follow=True)

    assert check(wrong)[1][0].sentence in text(page)
    assert TariffDocument.objects.get().text == wrong
    nothing = client.post(DRAFT + "tables/", {"lu": seen(client), "case:x": "1"})
    assert nothing.status_code == 422


def test_a_deadline_of_a_document_is_read_as_a_sentence(site: Pages) -> None:
    user = site.agent("nadia@exemple.fr", Role.TARIFFS, Authority.objects.get(name="Parthenay"))
    client = site.client(user)
    path = client.post("/guichet/tarifs/Cantine/")["Location"]
    late = "{label: En retard, nature: supplement, when: booking = late, amount: 1.00}"
    words = (
        "tariff: cantine\ninputs: {booked_at: unknown, day: required}\n"
        'deadlines:\n  booking: {of: booked_at, kind: days_before, days: 1, at: "10:00"}\n'
        "items:\n  meal: {title: Repas, grain: meal, lines: [{label: Repas, amount: 3.00}, "
        f"{late}]}}\n"
    )

    told = {"lu": seen(client, path), "texte": words}
    page = text(client.post(path + "texte/", told, follow=True))

    assert "réservation jusqu'à la veille à 10 h" in page
    assert "Repas : En retard" in page  # its amount is a cell


def test_a_document_of_a_thousand_cells_is_changed_as_a_text(site: Pages) -> None:
    client = drafted(site)
    row = '      - ["[5, 16[", yes, 3.30, "moins de 16 ans"]\n'
    text_now = TariffDocument.objects.get().text
    told = {"lu": seen(client), "texte": text_now.replace(row, row * 300)}

    page = client.post(DRAFT + "texte/", told, follow=True)

    assert "trop grandes pour être changées ici" in text(page)
    assert "case:" not in page.content.decode()
    assert 'name="texte"' in page.content.decode()


def test_the_pages_are_read_in_english_and_the_tariff_stays_french(site: Pages) -> None:
    client = drafted(site)
    client.post("/langue/", {"language": "en", "next": "/"})

    page = changed(client, **{"2.2": "5.20"})

    assert "What changes" in text(page)
    assert "Entrée piscine, after" in text(page)
    assert 'value="5.20"' in page.content.decode()
    assert "5.20" in TariffDocument.objects.get().text
    refused = client.post(DRAFT + "approuver/", {"lu": seen(client)})
    assert "You wrote this tariff: another person approves it." in text(refused)
    assert "What does it cost, and since when?" in text(client.get("/guichet/tarifs/"))


def test_a_tariff_begins_as_that_of_another_service_of_its_kind(site: Pages) -> None:
    client = drafted(site)
    changed(client, **{"2.2": "5,00"})
    path = f"/guichet/tarifs/{lake(site).code}/"
    assert "GâtinéO, version 1 (brouillon)" in text(client.get(path))
    assert "GâtinéO, version 1 (" not in text(client.get("/guichet/tarifs/Squash/"))

    begun = client.post(path, {"comme": TariffDocument.objects.get().pk}, follow=True)

    assert "Plan d'eau, version 1" in text(begun)
    mine, theirs = (one.text for one in TariffDocument.objects.order_by("pk"))
    assert mine == theirs
    assert client.post("/guichet/tarifs/Squash/", {"comme": "1"}, follow=True).status_code == 200
    assert "pool_entry" not in TariffDocument.objects.get(services__code="Squash").text


def test_a_script_in_a_tariff_is_words(site: Pages) -> None:
    client = drafted(site)

    page = changed(client, **{"2.3": "<script>alert(1)</script>"})

    assert "<script>alert" not in page.content.decode()
    assert "<script>alert(1)</script>" in TariffDocument.objects.get().text


def test_tariffs_do_not_exist_for_who_does_not_prepare_them(site: Pages) -> None:
    nadia = drafted(site)
    counter = site.agent("guichet@exemple.fr")
    paths = ("/guichet/tarifs/", POOL, DRAFT)

    for user in (counter, site.parent()):
        client = site.client(user)
        assert [client.get(path).status_code for path in paths] == [404] * 3
        assert client.post(DRAFT + "approuver/", {"lu": "x"}).status_code == 404
    assert Trace.objects.filter(user=counter, kind=Kind.PAGE, granted=False).count() == 4
    assert "Tarifs" not in text(site.client(counter).get("/guichet/"))
    for path in (POOL + "2/", POOL + "99999999999/", "/guichet/tarifs/Cantine/", "/guichet/"):
        assert nadia.get(path).status_code == 404, path
    assert Client().get("/guichet/tarifs/").status_code == 302


def test_an_agent_of_one_service_prepares_that_one(site: Pages) -> None:
    user = agent(site)
    Assignment.objects.filter(user=user).update(service=Service.objects.get(code="Squash"))
    client = site.client(user)

    assert "GâtinéO" not in text(client.get("/guichet/tarifs/"))
    assert client.get(POOL).status_code == 404
    assert client.get("/guichet/tarifs/Squash/").status_code == 200


def test_a_form_from_elsewhere_publishes_nothing(site: Pages) -> None:
    approved(site)
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(email="paul@exemple.fr"))

    told = {"depuis": "2025-06-10", "decision": DECISION}
    assert client.post(DRAFT + "publier/", told).status_code == 403
    assert TariffDocument.objects.get().state == "APPROVED"


@pytest.mark.parametrize("path", ["/guichet/tarifs/", POOL, DRAFT])
def test_a_page_of_tariffs_asks_at_most_twelve_questions(site: Pages, path: str) -> None:
    client = drafted(site)
    client.get(path)

    with CaptureQueriesContext(connection) as asked:
        client.get(path)

    assert len(asked) <= 12, [one["sql"][:90] for one in asked.captured_queries]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 320])
def test_no_page_of_tariffs_shuts_anybody_out(
    site: Pages, page_of: Any, theme: str, width: int
) -> None:
    client = drafted(site)
    client.post(DRAFT + "services/", {"lu": seen(client), "service": lake(site).pk})
    changed(client, **{"3.1": "yes"})
    page = page_of(User.objects.get(), width=width, color_scheme=theme)
    errors: list[str] = []
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    held_to_it(page, site, "/guichet/tarifs/", POOL, DRAFT)

    changed(client, **{"3.1": "*"})
    held_to_it(page, site, DRAFT)
    TariffDocument.objects.update(state="APPROVED", approved_by="paul@exemple.fr", approved_at=NOON)
    held_to_it(page, site, DRAFT)
    page.get_by_role("button", name="Relire, puis publier").click()
    assert objections(page) == []
    assert errors == [] or all("422" in one for one in errors)


def held_to_it(page: Any, site: Pages, *paths: str) -> None:
    for path in paths:
        page.goto(site.address + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

        assert objections(page) == [], path
        assert is_as_wide_as_the_screen(page), path


def test_the_keyboard_alone_changes_a_price_and_enter_saves_it(site: Pages, page_of: Any) -> None:
    drafted(site)
    page = page_of(User.objects.get(), java_script_enabled=False)
    page.goto(site.address + DRAFT)

    page.get_by_label("€ (€), ligne 3").or_(page.get_by_label("€, ligne 3")).fill("5,00")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Brouillon enregistré.")

    written = TariffDocument.objects.get().text
    assert written.count("5.00") == 1
    assert written.count("moins de 16 ans") == 1
