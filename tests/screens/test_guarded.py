"""What every face refuses: forms from elsewhere, frames, scripts, sessions and names of others."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from counters import agent_of_all, file_of, opened
from cvq.access.models import Kind, Role, Trace, User
from cvq.bocage.tables import csv_cell
from cvq.catalog import points as catalogue
from cvq.catalog.models import Device
from cvq.kernel.local import at_ms
from cvq.kiosk.addresses import reader_address
from cvq.kiosk.reader.answers import at_point
from cvq.people.models import Household, Person, SectorIdentifier
from cvq.rules.tap import Granted
from cvq.rules.vocabulary import Direction, Purpose, Reason, Sector, Verdict
from cvq.taps import pack
from cvq.wire.rows import CardRow
from kiosks import ANNE, LEO, kiosk_in_town
from pages import PASSWORD, Pages
from told import text
from town import ZONE

# What nobody reads over a shoulder, in either language.
OF_DEBT = re.compile(
    r"dette|impay|découvert|retard|relance|\bdoit\b|\bdoivent\b|\bdû|insuffisan|debt|overd|\bowe",
    re.IGNORECASE,
)

POOL = "/guichet/tarifs/GâtinéO/"


class Somebody:
    """One of each who looks at pages, and the addresses that they may look at."""

    def __init__(self, site: Pages) -> None:
        """Open what each may open."""
        self.site = site
        self.agent = agent_of_all(site)
        self.watcher = site.agent("veille@exemple.fr", Role.SUPERVISION)
        self.author = site.agent("tarifs@exemple.fr", Role.TARIFFS)
        self.site.client(self.author).post(POOL)
        self.kiosk = kiosk_in_town()
        self.reader = reader_address(Device.objects.get(points=site.town.points["Cantine"]).pk)

    def pages(self) -> list[tuple[str, Any]]:
        """Return an answer of every kind of page, with its address."""
        file = file_of(self.site)
        portal, desk = self.site.client(self.site.parent()), opened(self.site, self.agent)
        guest = Client()
        guest.post(f"{self.kiosk}lecture/", {"numero": ANNE})
        bank = portal.post("/recharger/", {"montant": "20,00"})["Location"]
        receipt = portal.post(bank, {"payer": ""})["Location"]
        looked_at = (
            (Client(), ("/", "/connexion/", "/compte/password/reset/", "/invitation/x/", "/rien/")),
            (
                portal,
                (
                    *("/accueil/", "/releve/?periode=92", "/cartes/", "/vous/", "/recharger/"),
                    *("/operation/1/", "/compte/2fa/", "/cartes/perdue/", receipt),
                ),
            ),
            (
                desk,
                (
                    *("/guichet/?q=petit", file + "?jours=92", file + "carte/nouvelle/"),
                    *(file + "carte/012-00002/", file + "acces/"),
                ),
            ),
            (self.site.client(self.watcher), ("/supervision/", "/supervision/appareil/1/")),
            (self.site.client(self.author), ("/guichet/tarifs/", POOL, POOL + "1/")),
            (
                guest,
                tuple(self.kiosk + page for page in ("compte/", "operations/", "a-venir/")),
            ),
            (Client(), (self.kiosk, self.reader)),
        )
        return [(path, who.get(path)) for who, paths in looked_at for path in paths]


@pytest.fixture
def somebody(site: Pages) -> Somebody:
    """Return who looks at the pages of the town."""
    return Somebody(site)


def test_no_page_may_be_framed_nor_run_what_we_did_not_write(somebody: Somebody) -> None:
    for path, answer in somebody.pages():
        policy = answer["Content-Security-Policy"]
        assert "unsafe" not in policy, path
        for rule in (
            "default-src 'self'",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
        ):
            assert rule in policy, path
        assert answer["X-Frame-Options"] == "DENY", path
        assert answer["X-Content-Type-Options"] == "nosniff", path
        page = answer.content.decode()
        assert not re.search(r"<[^>]+\s(?:style|on[a-z]+)=", page), path
        assert "<style" not in page, path
        for tag in re.findall(r"<script[^>]*>", page):
            assert "src=" in tag or "application/json" in tag, path


def test_every_form_asks_for_the_token_that_its_page_gave(somebody: Somebody) -> None:
    site, file = somebody.site, file_of(somebody.site)
    forms = {
        None: ("/connexion/", "/compte/password/reset/", "/invitation/x/", "/langue/"),
        site.parent(): (
            *("/recharger/", f"/recharger/banque/{uuid4()}/", "/cartes/012-00002/bloquer/"),
            *("/cartes/012-00002/debloquer/", "/compte/logout/", "/compte/password/change/"),
            "/compte/2fa/totp/activate/",
        ),
        somebody.agent: (
            *(file + "ouvrir/", file + "carte/nouvelle/", file + "acces/"),
            *(file + f"carte/012-00002/{act}/" for act in ("bloquer", "debloquer", "remplacer")),
        ),
    }
    forms[somebody.author] = (
        POOL,
        *(
            POOL + f"1/{act}/"
            for act in ("tables", "texte", "reprendre", "approuver", "publier", "renoncer")
        ),
    )
    for user, addresses in forms.items():
        client = Client(enforce_csrf_checks=True)
        if user is not None:
            client.force_login(user)
        for address in addresses:
            assert client.post(address, {"raison": "guichet"}).status_code == 403, address
    for page in ("lecture/", "recharger/", "solde/", "fin/", "reglages/", "encore/"):
        answer = Client(enforce_csrf_checks=True).post(somebody.kiosk + page, {"numero": ANNE})
        assert answer.status_code == 403, page
    assert Trace.objects.count() == 0
    assert mail.outbox == []


def test_a_session_that_somebody_else_chose_is_never_that_of_a_log_in(site: Pages) -> None:
    parent = site.parent()
    chosen = Client()
    chosen.post("/langue/", {"language": "en"})
    chosen.get("/accueil/")
    planted = chosen.session
    planted["planted"] = True
    planted.save()
    victim = Client()
    victim.cookies["sessionid"] = str(planted.session_key)

    victim.post("/connexion/", {"login": parent.email, "password": PASSWORD})

    known = victim.cookies["sessionid"].value
    assert known != planted.session_key
    assert not Session.objects.filter(pk=planted.session_key).exists()
    assert chosen.get("/accueil/").status_code == 302
    assert victim.get("/accueil/").status_code == 200
    assert victim.cookies["sessionid"]["httponly"]
    assert victim.cookies["sessionid"]["samesite"] == "Lax"
    victim.post("/compte/logout/")
    assert not Session.objects.filter(pk=known).exists()


def test_the_receipt_of_another_family_is_traced_like_all_that_is_guessed(site: Pages) -> None:
    client, stranger = site.client(site.parent()), site.parent("Blanc")
    bank = client.post("/recharger/", {"montant": "20,00"})["Location"]
    receipt = client.post(bank, {"payer": ""})["Location"]
    guesses = (receipt, f"/recharger/recu/{uuid4()}/")

    answers = [site.client(stranger).get(path) for path in guesses]

    assert [one.status_code for one in answers] == [404, 404]
    assert text(answers[0]) == text(answers[1])
    traced = Trace.objects.filter(user=stranger).order_by("id")
    petit = site.town.households["Petit"].pk
    assert [(one.kind, one.household_id, one.granted) for one in traced] == [
        (Kind.OPERATION, petit, False),
        (Kind.OPERATION, None, False),
    ]
    assert client.get(receipt).status_code == 200


def test_who_tries_the_pages_of_agents_or_a_payment_of_nobody_is_traced(site: Pages) -> None:
    parent = site.parent()
    client = site.client(parent)
    guessed = uuid4()
    pages = ("/guichet/", "/supervision/", "/supervision/etat/", "/supervision/appareil/1/")

    answers = [client.get(path) for path in (*pages, f"/recharger/banque/{guessed}/")]

    assert [one.status_code for one in answers] == [404] * 5
    traced = Trace.objects.filter(user=parent, granted=False, household=None).order_by("id")
    assert [(one.kind, one.asked) for one in traced] == [
        *((Kind.PAGE, path) for path in pages),
        (Kind.OPERATION, str(guessed)),
    ]


def test_a_payment_already_made_leads_to_its_receipt_and_to_nobody_else(site: Pages) -> None:
    client, stranger = site.client(site.parent()), site.parent("Blanc")
    bank = client.post("/recharger/", {"montant": "20,00"})["Location"]
    receipt = client.post(bank, {"payer": ""})["Location"]

    again = site.client(site.parent()).get(bank)  # another session, which chose nothing
    theirs = site.client(stranger).get(bank)

    assert (again["Location"], theirs.status_code) == (receipt, 404)
    trace = Trace.objects.get(user=stranger)
    assert (trace.kind, trace.household) == (Kind.OPERATION, site.town.households["Petit"])


def test_a_person_of_another_family_is_nobody_on_a_statement(site: Pages) -> None:
    leo = Person.objects.get(first_name="Léo")
    client = site.client(site.parent("Blanc"))

    for path in ("/releve/", "/releve.csv"):
        page = client.get(path, {"personne": str(leo.pk), "periode": "92"}).content.decode()
        assert "Léo" not in page
        assert "Repas" not in page


def test_no_page_holds_the_name_that_a_sector_knows_somebody_by(somebody: Somebody) -> None:
    holders = set(SectorIdentifier.objects.values_list("holder", flat=True))
    assert len(holders) >= 4 * len(Sector)

    for path, answer in somebody.pages():
        page = answer.content.decode().lower()
        assert not [one for one in holders if str(one) in page or one.hex in page], path


@pytest.mark.parametrize(
    ("where", "sector"),
    [("GâtinéO", Sector.POOL), ("Cantine", Sector.SCHOOL)],
)
def test_a_box_is_given_the_names_of_its_own_sector_only(
    site: Pages, where: str, sector: Sector
) -> None:
    device = Device.objects.get(points=site.town.points[where])
    rows = pack.rows(
        site.town.connection,
        device=device.pk,
        sector=sector,
        points=catalogue.load(site.town.connection),
        now=at_ms(site.town.at("08:40")),
        zone=ZONE,
        secret=bytes(32),
    )

    told = {UUID(row.holder) for row in rows if isinstance(row, CardRow) and row.holder}
    theirs = SectorIdentifier.objects.filter(sector=sector).values_list("holder", flat=True)
    others = SectorIdentifier.objects.exclude(sector=sector).values_list("holder", flat=True)
    assert told
    assert told <= set(theirs)
    written = repr(rows)
    assert not [one for one in others if one.hex in written or str(one) in written]


def test_whatever_a_reader_says_a_neighbour_may_read(site: Pages) -> None:
    names = {*_names(), "Léo", "Lou", "Anne"}
    for purpose in Purpose:
        for said in Verdict:
            for why in (None, *Reason):
                for direction in Direction:
                    answer = at_point(purpose, said, why, direction)
                    words = f"{answer.word} {answer.sentence}"
                    assert not OF_DEBT.search(words), words
                    assert "€" not in words
                    assert not names & set(words.split()), words


@pytest.mark.parametrize("language", ["fr", "en"])
def test_whatever_a_kiosk_shows_a_neighbour_may_read(somebody: Somebody, language: str) -> None:
    site, kiosk = somebody.site, somebody.kiosk
    wallet = site.town.wallet("Petit")
    assert wallet == "15,50 €"
    _spend_more_than_there_is(site)
    guest = Client()
    guest.post("/langue/", {"language": language})
    guest.post(f"{kiosk}lecture/", {"numero": LEO})
    told = [text(guest.get(kiosk + page)) for page in ("compte/", "operations/", "a-venir/")]
    told += [text(guest.get(kiosk + "recharger/")), text(Client().get(somebody.reader))]

    for page in told:
        assert not OF_DEBT.search(page), OF_DEBT.search(page)
        assert not _names() & set(re.findall(r"\w+", page))
        assert "@" not in page


def _names() -> set[str]:
    return set(Household.objects.values_list("name", flat=True))


def _spend_more_than_there_is(site: Pages) -> None:
    """Let the household swim until it owes something, as a door that was cut off lets it."""
    for minute in range(10, 60, 10):
        site.town.tap(ANNE, where="GâtinéO", at=f"06:{minute}", door_said=Granted(cents=450))
    assert site.town.owed("Petit") != "0,00 €"


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_like_a_formula_is_a_text(begins: str) -> None:
    assert csv_cell(f"{begins}1+cmd|' /C calc'!A0").startswith(f"'{begins}")
    assert csv_cell("-4,50") == "-4,50"
    assert csv_cell("Léo") == "Léo"


def test_an_account_that_is_closed_opens_nothing_more(site: Pages) -> None:
    gone = site.parent()
    client = site.client(gone)
    User.objects.filter(pk=gone.pk).update(is_active=False)

    assert client.get("/accueil/").status_code == 302
