"""The statement of a family on the portal, as a page, a table and a document."""

from cvq.catalog.models import Regie
from cvq.payments.models import TopUp
from cvq.people.models import Person
from pages import Pages
from told import text


def test_the_statement_adds_up_and_each_day_ends_on_its_balance(site: Pages) -> None:
    page = text(site.client(site.parent()).get("/releve/"))

    assert "0,00 € Entré 120,00 € Dépensé 104,50 € Solde maintenant 15,50 €" in page
    assert "Samedi 31 mai solde en fin de journée 22,50 €" in page
    assert "GâtinéO A Anne 15 h 01 · Entrée piscine, plein tarif : 4,50 € −4,50 €" in page


def test_the_statement_of_a_child_shows_what_was_for_them_alone(site: Pages) -> None:
    leo = Person.objects.get(first_name="Léo")
    page = text(site.client(site.parent()).get("/releve/", {"personne": leo.pk, "periode": "7"}))

    assert "L Léo" in page
    assert "Lou 12" not in page
    assert "Dépensé 25,50 €" in page  # the equation stays that of the account


def test_a_statement_that_leaves_something_out_says_so_and_how_much_is_left(site: Pages) -> None:
    client, leo = site.client(site.parent()), Person.objects.get(first_name="Léo")
    whole = "Ces montants sont ceux de tout le compte. La liste montre seulement : "

    part = text(client.get("/releve/", {"personne": leo.pk, "periode": "7"}))
    nobody = text(client.get("/releve/", {"service": "999999"}))

    assert whole + "Léo, soit −10,50 €." in part
    assert whole + "un autre service, soit 0,00 €." in nobody
    assert whole not in text(client.get("/releve/"))


def test_a_top_up_on_the_statement_leads_to_its_receipt(site: Pages) -> None:
    client, paid = site.client(site.parent()), TopUp.objects.get(cents=12_000)
    receipt = f"/recharger/recu/{paid.uid}/"
    link = f'<a href="{receipt}">internet · reçu n° {paid}</a>'

    for path in ("/releve/", f"/operation/{paid.entry_id}/"):
        assert client.get(path).content.decode().count(link) == 1, path
    assert f"Reçu n° {paid}" in text(client.get(receipt))


def test_a_table_for_a_spreadsheet_works_nothing_out(site: Pages) -> None:
    Person.objects.filter(first_name="Léo").update(first_name='=HYPERLINK("http://x")')
    table = site.client(site.parent()).get("/releve.csv").content.decode("utf-8-sig")

    assert "'=HYPERLINK" in table
    assert table.splitlines()[0] == "Date;Heure;Opération;Personne;Explication;Montant"
    assert "-4,50" in table


def test_the_document_is_a_pdf(site: Pages) -> None:
    answer = site.client(site.parent()).get("/releve.pdf")

    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-1.7")
    assert b"pdfuaid" in answer.content


def test_the_document_names_the_regie_that_issues_it(site: Pages) -> None:
    regie = TopUp.objects.get(cents=12_000).regie
    Regie.objects.filter(pk=regie.pk).update(name="Regie du bocage")

    answer = site.client(site.parent()).get("/releve.pdf", {"service": "999999"})

    # The words of the page are drawn, those of its description are not.
    assert f"Regie du bocage, {regie.authority.name}".encode() in answer.content
