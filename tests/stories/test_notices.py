"""Families are told when little is left, once for each fall."""

import email
from datetime import UTC, date, datetime, timedelta
from email.policy import default

import pytest
from django.db import transaction

import folk
from cvq.ledger import books
from cvq.ledger.books import NewEntry, Posting
from cvq.ledger.services import digest_of, post
from cvq.notices import low_balance
from cvq.notices import services as notices
from cvq.notices.mailbox import Mailbox
from cvq.notices.models import LowBalance, Notice, NoticeChannel
from cvq.people import services as people
from cvq.people.models import Role
from cvq.plumbing import followers, sealer
from cvq.plumbing.connections import underneath

pytestmark = pytest.mark.django_db

AT = datetime(2025, 3, 3, 12, 0, tzinfo=UTC)


@pytest.fixture
def anne():
    """Return the household of somebody with a phone and an address."""
    return folk.family("Petit", "Anne", mobile="0612345678", email="anne@exemple.fr")


def move(household, cents, key):
    """Put so much in the wallet of a household, or take it from there; seal the books."""
    connection = underneath()
    wallet, receivable = household.wallet_id, household.receivable_id
    other = books.shared(connection, ["CARD_IN_TRANSIT"], "EUR")["CARD_IN_TRANSIT"]
    with transaction.atomic():
        accounts = books.lock(connection, [wallet, receivable])
        postings = [Posting(other, wallet, cents)]
        if cents < 0:
            paid = min(-cents, accounts[wallet].spendable)
            taken = [Posting(wallet, other, paid), Posting(receivable, other, -cents - paid)]
            postings = [posting for posting in taken if posting.amount]
        entry = NewEntry(
            key=key,
            at=0,
            booked_on=date(2025, 3, 3),
            digest=digest_of(key),
            postings=tuple(postings),
        )
        post(connection, entries=[entry], recorded_at=AT, accounts=accounts)
    sealer.seal(connection, at=AT)


def read_on(at=AT):
    return followers.catch_up(underneath(), name=low_balance.NAME, follow=low_balance.follow, at=at)


def told():
    rows = Notice.objects.filter(channel=NoticeChannel.SMS).order_by("id")
    return [notice.body.split(" sur ")[0] for notice in rows]


def test_a_family_is_told_by_sms_and_mail_when_less_than_ten_euros_are_left(anne):
    move(anne, 2000, "topup")
    move(anne, -1160, "swim")

    assert read_on() == 2

    sms = Notice.objects.get(channel=NoticeChannel.SMS)
    assert sms.body == (
        "Il reste 8,40 € sur votre compte famille. "
        "Rechargez-le sur le portail, à une borne ou au guichet."
    )
    assert len(sms.body) <= 160
    mail = Notice.objects.get(channel=NoticeChannel.MAIL)
    assert (sms.recipient, mail.recipient) == ("0612345678", "anne@exemple.fr")
    assert mail.subject == "Votre compte famille : il reste 8,40 €"
    assert "Petit" not in mail.body + sms.body


def test_ten_euros_are_enough(anne):
    move(anne, 2000, "topup")
    move(anne, -1000, "swim")

    read_on()

    assert told() == []


def test_one_fall_is_told_once_until_the_wallet_is_well_over_the_threshold_again(anne):
    move(anne, 2000, "topup 1")
    for number, cents in enumerate((-1500, -100, 650, -100, -50)):
        move(anne, cents, f"move {number}")  # 5 €, 4 €, 10,50 €, 9,50 €, 9 €
        read_on()
    assert told() == ["Il reste 5,00 €"]

    move(anne, 300, "topup 2")  # 12 €
    read_on()
    assert LowBalance.objects.count() == 0
    move(anne, -500, "swim")
    read_on()

    assert told() == ["Il reste 5,00 €", "Il reste 7,00 €"]


def test_what_was_read_before_is_not_told_again(anne):
    move(anne, 2000, "topup")
    move(anne, -1500, "swim")
    read_on()
    batches = list(range(1, 10**4))

    LowBalance.objects.all().delete()
    low_balance.follow(underneath(), batches, AT + timedelta(hours=1))

    assert Notice.objects.count() == 2


def test_a_fall_that_is_already_mended_is_not_told(anne):
    move(anne, 2000, "topup 1")
    move(anne, -1500, "swim")
    move(anne, 2000, "topup 2")

    read_on()

    assert told() == []


def test_who_tops_up_five_euros_is_not_told_that_little_is_left(anne):
    move(anne, 500, "topup")

    read_on()

    assert told() == []


def test_a_debt_is_told_with_what_is_left(anne):
    move(anne, 100, "topup")
    move(anne, -340, "swim")

    read_on()

    sms = Notice.objects.get(channel=NoticeChannel.SMS)
    assert sms.body.startswith("Il reste 0,00 € sur votre compte famille et 2,40 € à payer.")


def test_each_household_chooses_its_threshold(anne):
    thrifty = folk.family("Roux", "Marc", mobile="0698765432")
    silent = folk.family("Gault", "Jean", mobile="0611111111")
    notices.set_threshold(household=thrifty, cents=3000, on=date(2025, 1, 1))
    notices.set_threshold(household=silent, cents=0, on=date(2025, 1, 1))
    for each in (anne, thrifty, silent):
        move(each, 4000, f"topup {each.pk}")
        move(each, -1500, f"swim {each.pk}")

    read_on()
    assert list(Notice.objects.values_list("recipient", flat=True)) == ["0698765432"]
    move(silent, -2500, "swim again")
    read_on()

    assert Notice.objects.count() == 1


def test_the_community_changes_the_threshold_of_all_from_a_day(anne):
    notices.set_threshold(household=None, cents=500, on=date(2025, 4, 1))
    move(anne, 2000, "topup")
    move(anne, -1200, "swim")

    read_on(datetime(2025, 4, 1, 8, 0, tzinfo=UTC))

    assert told() == []
    with pytest.raises(notices.ThresholdStartsTooEarly):
        notices.set_threshold(household=None, cents=800, on=date(2025, 4, 1))


def test_only_adults_who_still_live_there_are_told(anne):
    mother = folk.member(anne, "Anne")
    father = folk.person("Marc", "Petit", mobile="0698765432")
    child = folk.person("Léa", "Petit", date(2012, 1, 1), mobile="0600000000")
    people.add_member(household=anne, person=father, role=Role.ADULT, on=date(2025, 1, 1))
    people.add_member(household=anne, person=child, role=Role.CHILD, on=date(2025, 1, 1))
    people.end_membership(household=anne, person=mother, on=date(2025, 2, 1))
    move(anne, 2000, "topup")
    move(anne, -1500, "swim")

    read_on()

    assert list(Notice.objects.values_list("recipient", flat=True)) == ["0698765432"]


def test_what_is_sent_lies_in_the_mailbox_once(anne, tmp_path):
    move(anne, 2000, "topup")
    move(anne, -1500, "swim")
    read_on()
    box = Mailbox(tmp_path / "mailbox")

    assert notices.send_pending(at=AT, sender=box) == 2
    assert notices.send_pending(at=AT, sender=box) == 0

    files = sorted(file.name for file in box.folder.iterdir())
    sms, mail = Notice.objects.order_by("channel").reverse()
    assert files == sorted([f"{mail.pk:08}.eml", f"{sms.pk:08}.sms.txt"])
    read = email.message_from_bytes((box.folder / f"{mail.pk:08}.eml").read_bytes(), policy=default)
    assert (read["To"], read["Subject"]) == ("anne@exemple.fr", mail.subject)
    assert read.get_content() == mail.body
    assert sms.body in (box.folder / f"{sms.pk:08}.sms.txt").read_text()
    assert (sms.sent_at, mail.sent_at) == (AT, AT)


def test_a_notice_that_could_not_leave_waits_for_the_next_time(anne, tmp_path):
    move(anne, 2000, "topup")
    move(anne, -1500, "swim")
    read_on()
    blocked = tmp_path / "mailbox"
    blocked.write_text("not a folder")

    with pytest.raises(FileExistsError):
        notices.send_pending(at=AT, sender=Mailbox(blocked))
    assert Notice.objects.filter(sent_at__isnull=True).count() == 2

    assert notices.send_pending(at=AT, sender=Mailbox(tmp_path / "other")) == 2


def test_a_notice_that_fails_holds_up_no_other(anne, tmp_path):
    move(anne, 2000, "topup")
    move(anne, -1500, "swim")
    read_on()
    first = Notice.objects.earliest("id")
    box = Mailbox(tmp_path / "mailbox")

    class Picky:
        def send(self, notice):
            if notice.pk == first.pk:
                raise ConnectionError("no such address")
            box.send(notice)

    with pytest.raises(ConnectionError):
        notices.send_pending(at=AT, sender=Picky())

    waiting = Notice.objects.filter(sent_at__isnull=True)
    assert list(waiting) == [first]
    assert notices.send_pending(at=AT, sender=box) == 1
