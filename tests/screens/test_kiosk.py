"""Somebody before a kiosk: what they see, what they pay once, and what is forgotten behind them."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cvq.access.services import CardStopped, Hidden, family_at_kiosk
from cvq.cards import services as cards
from cvq.cards.models import Medium
from cvq.catalog.models import Device
from cvq.kiosk.addresses import reader_address
from cvq.kiosk.models import HiddenBalance, Tries
from cvq.notices.models import Notice
from cvq.payments.models import Channel, PaymentMeans, TopUp
from cvq.people.models import Person
from kiosks import ANNE, BLANC, KIOSK, LEO, kiosk_in_town
from pages import Pages
from told import text


@pytest.fixture
def kiosk(site: Pages) -> str:
    """Put a kiosk in the town and return its address."""
    return kiosk_in_town()


def with_card(kiosk: str, number: str = ANNE) -> Client:
    """Return the browser of a kiosk at which a card was presented."""
    client = Client()
    assert client.post(f"{kiosk}lecture/", {"numero": number})["Location"] == f"{kiosk}compte/"
    return client


def promise(client: Client, kiosk: str, euros: int = 30) -> str:
    """Choose an amount and return where it is paid."""
    return str(client.post(f"{kiosk}recharger/", {"euros": euros})["Location"])


def test_a_card_opens_the_account_of_its_family_and_tells_no_surname(kiosk: str) -> None:
    page = text(with_card(kiosk).get(f"{kiosk}compte/"))

    assert "Bonjour Anne, il reste 15,50 € jusqu'au jeudi 5 juin" in page
    assert "Petit" not in page


def test_a_kiosk_without_our_signature_does_not_exist(site: Pages, kiosk: str) -> None:
    client = Client()
    other = reader_address(KIOSK).split("/")[2]
    door = Signer(salt="cvq.kiosk", sep=".").sign("1")

    for token in ("900", "900.abc", other, door):
        assert client.get(f"/borne/{token}/").status_code == 404
        assert client.post(f"/borne/{token}/lecture/", {"numero": ANNE}).status_code == 404
    Device.objects.filter(pk=KIOSK).update(state="RETIRED")
    assert client.get(kiosk).status_code == 404


def test_a_card_that_opens_nothing_says_what_to_do_and_no_child_sees_red(
    site: Pages, kiosk: str
) -> None:
    client, at = Client(), site.town.at("08:00")
    for number in (ANNE, LEO):
        cards.block(medium=Medium.objects.get(number=number), at=at)

    unknown = client.post(f"{kiosk}lecture/", {"numero": "999-99999"})
    adult = client.post(f"{kiosk}lecture/", {"numero": ANNE})
    child = client.post(f"{kiosk}lecture/", {"numero": LEO})

    assert 'class="tap relire"' in unknown.content.decode()
    assert "Encore une fois" in text(unknown)
    assert 'class="tap non"' in adult.content.decode()
    assert "Carte bloquée Allez au guichet ou appelez." in text(adult)
    assert 'class="tap note"' in child.content.decode()
    assert client.get(f"{kiosk}compte/")["Location"] == kiosk


def test_only_an_active_card_of_a_family_finds_it(site: Pages) -> None:
    town, day = site.town, site.town.today
    at = town.at("08:00")
    town.firm("Garage", card="012-00050")

    assert family_at_kiosk(LEO, at, day).household == town.households["Petit"]
    for number in ("", "999-99999", "012-00050"):
        with pytest.raises(Hidden):
            family_at_kiosk(number, at, day)
    cards.declare_lost(medium=Medium.objects.get(number=LEO), at=at)
    with pytest.raises(CardStopped):
        family_at_kiosk(LEO, at + timedelta(minutes=1), day)


def test_after_five_cards_that_open_nothing_a_kiosk_waits_a_minute(kiosk: str) -> None:
    client = Client()
    for place in range(5):
        answer = client.post(f"{kiosk}lecture/", {"numero": f"999-0000{place}"})
        assert answer.status_code == 422

    stopped = Client().post(f"{kiosk}lecture/", {"numero": ANNE})

    assert stopped.status_code == 429
    assert "Attendez quelques minutes" in text(stopped)
    tries = Tries.objects.get(device=KIOSK)
    assert tries.last_at is not None
    Tries.objects.update(last_at=tries.last_at - timedelta(seconds=61))
    assert with_card(kiosk)


def test_numbers_that_follow_one_another_do_not_open_one_family_after_another(
    site: Pages, kiosk: str
) -> None:
    numbers = [f"012-{1000 + place:05}" for place in range(20)]
    for place, number in enumerate(numbers):
        site.town.family(f"Suite {place}", card=number)
        assert family_at_kiosk(number, site.town.at("08:00"), site.town.today), place

    given = [Client().post(f"{kiosk}lecture/", {"numero": one}).status_code for one in numbers]

    assert given == [302] * 10 + [429] * 10
    assert with_card(kiosk, numbers[0])  # a card that was read may come back
    told = Tries.objects.get(device=KIOSK).cards
    assert len(told) == 10
    assert not any(number in str(told) for number in numbers)
    ago = {card: (datetime.fromisoformat(at) - timedelta(minutes=5)) for card, at in told.items()}
    Tries.objects.update(cards={card: at.isoformat() for card, at in ago.items()})
    assert with_card(kiosk, numbers[19])


def test_a_number_is_typed_at_the_kiosks_of_a_demonstration_alone(
    site: Pages, kiosk: str, settings: Any
) -> None:
    assert "Lecteur de démonstration" in text(Client().get(kiosk))

    settings.SIMULATED_READERS = False

    assert "Lecteur de démonstration" not in text(Client().get(kiosk))
    assert Client().get(f"{kiosk}lecture/").status_code == 404
    assert Client().post(f"{kiosk}lecture/", {"numero": ANNE}).status_code == 404


def test_a_top_up_at_a_kiosk_counts_once_however_often_it_is_sent(site: Pages, kiosk: str) -> None:
    client = with_card(kiosk)
    pay = promise(client, kiosk)

    first = client.post(pay, {"terminal": "ACCEPTED"})
    again = client.post(pay, {"terminal": "REFUSED"})

    assert first["Location"] == again["Location"]
    done = text(client.get(first["Location"]))
    assert "C'est fait : 30 € sont sur le compte." in done
    assert "Bonjour Anne, il reste 45,50 €" in done
    assert site.town.wallet("Petit") == "45,50 €"
    top_up = TopUp.objects.get(channel=Channel.KIOSK)
    assert (top_up.cents, top_up.means) == (3_000, PaymentMeans.CARD_POS)


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        ("REFUSED", "Votre banque l'a refusé. Rien n'est débité."),
        ("TIMED_OUT", "La demande est annulée. Rien n'est débité."),
        ("", "La demande est annulée. Rien n'est débité."),
    ],
)
def test_a_payment_that_does_not_pass_moves_nothing_and_may_be_tried_again(
    site: Pages, kiosk: str, ended: str, said: str
) -> None:
    client = with_card(kiosk)
    pay = promise(client, kiosk)

    assert said in text(client.post(pay, {"terminal": ended}))
    assert site.town.wallet("Petit") == "15,50 €"

    client.post(pay, {"terminal": "ACCEPTED"})
    assert site.town.wallet("Petit") == "45,50 €"


@pytest.mark.parametrize("told", ["", "4", "501", "-20", "30,5", "1e2", "٣٠", "0030000"])
def test_an_amount_that_a_kiosk_does_not_take_is_not_promised(kiosk: str, told: str) -> None:
    client = with_card(kiosk)

    asked = client.post(f"{kiosk}recharger/", {"euros": told})

    assert asked["Location"] == f"{kiosk}recharger/"


def test_another_amount_is_typed_a_digit_at_a_time(site: Pages, kiosk: str) -> None:
    client = with_card(kiosk)
    typed, there = "", f"{kiosk}recharger/autre/"
    for key in ("4", "9", "efface", "5"):
        page = client.get(there, {"tape": typed, "touche": key}).content.decode()
        typed = re.findall(r'name="tape" value="(\d*)"', page)[0]

    chosen = client.get(there, {"tape": typed, "touche": "ok"})["Location"]

    assert chosen == f"{kiosk}recharger/?euros=45"
    page = text(client.get(chosen))
    assert "Votre nouveau solde 60,50 €" in page
    assert "Payer 45 €" in page
    refused = client.get(there, {"tape": "4", "touche": "ok"})
    assert refused.status_code == 422
    assert "Choisissez entre 5 € et 500 €" in text(refused)


def test_a_receipt_goes_to_a_phone_once_in_letters_that_any_phone_has(kiosk: str) -> None:
    Person.objects.filter(first_name="Anne", birth_name="Petit").update(mobile="0612345678")
    client = with_card(kiosk, LEO)
    receipt = client.post(promise(client, kiosk), {"terminal": "ACCEPTED"})["Location"]
    assert "Par SMS, au numéro qui finit par 78" in text(client.get(receipt))

    for _ in range(2):
        sent = text(client.post(receipt, {"comment": "sms"}))
        assert "Le reçu part vers le numéro qui finit par 78." in sent

    notice = Notice.objects.get(kind="TOP_UP")
    assert notice.recipient == "0612345678"
    assert notice.body == (
        "CVQ : 30,00 € ajoutés. Nouveau solde : 45,50 €. De quoi tenir jusqu'au 11/06/2025."
    )


def test_paper_is_printed_and_a_family_without_a_phone_is_offered_no_message(kiosk: str) -> None:
    client = with_card(kiosk)
    receipt = client.post(promise(client, kiosk), {"terminal": "ACCEPTED"})["Location"]
    assert "Par SMS" not in text(client.get(receipt))

    paper = text(client.post(receipt, {"comment": "papier"}))
    assert "Borne, mairie de Parthenay" in paper
    assert re.search(r"Reçu n° 2025-0000\d\d", paper)
    assert "Petit" not in paper

    told = text(client.post(f"{kiosk}releve/", follow=True))
    assert "Entré +150,00 € Dépensé −104,50 € Solde maintenant 45,50 €" in told
    assert max(len(row) for row in _paper(client, kiosk)) <= 42


def _paper(client: Client, kiosk: str) -> list[str]:
    page = client.get(f"{kiosk}releve/").content.decode()
    return list(re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)[0].splitlines())


def test_a_balance_that_is_hidden_stays_hidden_the_next_time(kiosk: str) -> None:
    with_card(kiosk).post(f"{kiosk}solde/", {"masquer": ""})

    client = with_card(kiosk, LEO)
    shown = text(client.get(f"{kiosk}compte/")) + text(client.get(f"{kiosk}recharger/"))
    receipt = client.post(promise(client, kiosk), {"terminal": "ACCEPTED"})["Location"]
    shown += text(client.get(receipt)) + text(client.post(receipt, {"comment": "papier"}))

    assert "Solde masqué" in shown
    assert "15,50" not in shown
    assert "45,50" not in shown
    client.post(f"{kiosk}solde/", {"montrer": ""})
    assert not HiddenBalance.objects.exists()
    assert "il reste 45,50 €" in text(client.get(f"{kiosk}compte/"))


def test_everything_is_forgotten_at_the_end(kiosk: str) -> None:
    client = with_card(kiosk)
    key = client.session.session_key
    pay = promise(client, kiosk)

    assert client.post(f"{kiosk}fin/")["Location"] == kiosk

    assert not Session.objects.filter(session_key=key).exists()
    for path in (f"{kiosk}compte/", f"{kiosk}operations/", f"{kiosk}releve/", pay):
        assert client.get(path)["Location"] == kiosk
    assert client.post(pay, {"terminal": "ACCEPTED"})["Location"] == kiosk
    assert not TopUp.objects.filter(channel=Channel.KIOSK).exists()


def test_a_kiosk_that_is_left_forgets_after_a_minute_without_its_browser(kiosk: str) -> None:
    client = with_card(kiosk)
    client.get(f"{kiosk}compte/")
    kept = Session.objects.get(session_key=client.session.session_key)
    assert client.session.get_expiry_age() <= 60

    kept.expire_date -= timedelta(seconds=61)
    kept.save()

    assert client.get(f"{kiosk}compte/")["Location"] == kiosk
    assert client.post(f"{kiosk}encore/").status_code == 410


def test_a_card_that_is_blocked_meanwhile_shows_nothing_more(site: Pages, kiosk: str) -> None:
    client = with_card(kiosk)
    cards.block(medium=Medium.objects.get(number=ANNE), at=site.town.at("08:00"))

    assert client.get(f"{kiosk}compte/")["Location"] == kiosk


def test_the_next_card_gets_another_session_and_sees_nothing_of_the_first(kiosk: str) -> None:
    client = with_card(kiosk)
    pay = promise(client, kiosk)
    receipt = client.post(pay, {"terminal": "ACCEPTED"})["Location"]
    before = client.session.session_key

    client.post(f"{kiosk}lecture/", {"numero": BLANC})

    assert client.session.session_key != before
    assert client.get(receipt).status_code == 404
    assert client.get(pay).status_code == 404


def test_nothing_is_kept_by_the_browser_and_forms_from_elsewhere_are_refused(kiosk: str) -> None:
    client = with_card(kiosk)
    for path in ("", "lecture/", "compte/", "operations/", "a-venir/", "recharger/", "releve/"):
        answer = client.get(kiosk + path)
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        assert "unsafe" not in answer["Content-Security-Policy"]

    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"{kiosk}lecture/", {"numero": ANNE}).status_code == 403


def test_a_screen_is_set_until_its_guest_leaves(kiosk: str) -> None:
    client = Client()
    for gesture in ("bas", "contraste", "langue"):
        back = client.post(f"{kiosk}reglages/", {"geste": gesture, "retour": f"{kiosk}aide/"})
        assert back["Location"] == f"{kiosk}aide/"
    client.post(f"{kiosk}lecture/", {"numero": ANNE})

    page = client.get(f"{kiosk}compte/").content.decode()
    assert '<html lang="en" data-density="borne" data-theme="sombre">' in page
    assert 'class="borne  bas"' in page

    client.post(f"{kiosk}fin/")
    assert '<html lang="fr" data-density="borne" data-theme="clair">' in (
        client.get(kiosk).content.decode()
    )
    away = client.post(f"{kiosk}reglages/", {"geste": "bas", "retour": "https://exemple.fr/"})
    assert away["Location"] == kiosk


@pytest.mark.parametrize("path", ["compte/", "operations/", "a-venir/", "recharger/"])
def test_a_page_of_a_kiosk_asks_at_most_twelve_questions(kiosk: str, path: str) -> None:
    client = with_card(kiosk)
    client.get(kiosk + path)

    with CaptureQueriesContext(connection) as asked:
        client.get(kiosk + path)

    assert len(asked) <= 12, [one["sql"][:90] for one in asked.captured_queries]
