"""
The peer: the same tap written as a Django programmer writes it, one transaction per request.

Same proof, same message, same rules, same answer and same rows as the product; at most one
statement for each read or row, joined where the ORM joins them.  What the product keeps in memory
(boxes, places, prices) is in memory here too.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Max, Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from msgspec import Struct

from bench.ground import NOW, ZONE
from cvq.billing.charging import NewCharge, Revenue, charge_line
from cvq.billing.models import Charge
from cvq.billing.presented import Presented, Price, Stood
from cvq.cards.models import Holding, MediumState, SectorRef
from cvq.catalog import points as catalogue
from cvq.catalog.models import CommuneMembership, Device, Revision
from cvq.kernel.local import at_ms, instant, local
from cvq.ledger.books import NewEntry, Posting, booking_day, entry_line
from cvq.ledger.models import Account, Closing, Entry, Transfer
from cvq.people.models import (
    CustodyCalendar,
    CustodyException,
    Household,
    HouseholdMember,
    SectorIdentifier,
)
from cvq.plumbing import models as plumbing
from cvq.plumbing.batches import ENTRIES_PER_BATCH, NEXT_NUMBER, digest
from cvq.plumbing.connections import underneath
from cvq.pool.models import Stay, ZoneCount
from cvq.rights.models import Right
from cvq.rules import pool, vocabulary
from cvq.rules.pool import PoolSituation
from cvq.rules.tap import Granted, Tap
from cvq.rules.vocabulary import Direction, Means, MediumKind, Sector, Verdict
from cvq.taps import record
from cvq.taps.find import age_on, price_of
from cvq.taps.models import Parked, TapEvent
from cvq.wire import messages, words
from cvq.wire.events import Event, happening
from cvq.wire.signing import ASK, DEVICE_HEADER, MAC_HEADER, is_authentic

COUNT_HEADER = "bench-count"
_keys: dict[int, bytes] = {}


class Found(Struct):
    """Whose medium it is, and who pays."""

    state: vocabulary.MediumState
    kind: MediumKind
    holder: UUID
    household: Household
    born_on: date
    resident: bool


class Counter:
    """Counts the statements of a request."""

    def __init__(self) -> None:
        """Begin at none."""
        self.statements = 0

    def __call__(self, execute: Any, *statement: Any) -> Any:
        """Run a statement, and count it."""
        self.statements += 1
        return execute(*statement)


def health(request: HttpRequest) -> HttpResponse:
    """Tell that we are here."""
    return HttpResponse(b"{}")


def ask(request: HttpRequest) -> HttpResponse:
    """Answer a door."""
    if not _keys:
        _keys.update((box.pk, bytes(box.hmac_key)) for box in Device.objects.all())
    body = request.body
    key = _keys[int(request.headers[DEVICE_HEADER])]
    if not is_authentic(key, ASK, body, request.headers[MAC_HEADER]):
        return HttpResponse(status=401)
    event = messages.read_ask(body)
    counter = Counter()
    if COUNT_HEADER in request.headers:
        with connection.execute_wrapper(counter):
            answer = settle(event)
    else:
        answer = settle(event)
    told = messages.write(answer)
    response = HttpResponse(told, content_type="application/json")
    response["content-length"] = str(len(told))
    if counter.statements:
        response[COUNT_HEADER] = str(counter.statements)
    return response


@transaction.atomic
def settle(event: Event) -> messages.Answer:
    """Settle one entry at the pool."""
    points = catalogue.current(underneath())
    if Revision.objects.get(pk=1).number != points.revision:
        points = catalogue.refresh(underneath())
    closed_on = Closing.objects.aggregate(last=Max("closed_on"))["last"]
    tap = Presented(
        event=event,
        point=points.points[event.pt],
        local=local(event.at, ZONE),
        asks=True,
        digest=happening(event),
        is_open=points.calendar.is_open(points.points[event.pt].service, event.at),
    )
    found = find(event, tap.day)
    tap.holder = found.holder
    tap.price = price_of(
        tap.point, tap.day, age=age_on(found.born_on, tap.day), resident=found.resident
    )
    _rights(tap)
    wallet, _receivable = lock(found.household)
    assert not TapEvent.objects.filter(device=event.dev, seq=event.seq).exists()
    assert not Parked.objects.filter(device=event.dev, seq=event.seq).exists()
    paid, accrues = shared(tap)
    said = pool.decide(
        Tap(at=event.at, purpose=tap.point.purpose, direction=event.dir),
        situation(tap, found, wallet),
    )
    assert isinstance(said, Granted)
    assert said.means is Means.WALLET
    assert tap.price is not None
    tap.wallet = wallet.pk
    write(tap, tap.price, Revenue(paid, accrues), booking_day(tap.day, closed_on))
    shown = words.shown(Verdict.GRANTED, event.dir)
    return messages.Answer(
        seq=event.seq,
        said=Verdict.GRANTED,
        why=None,
        means=said.means,
        word=shown.word,
        sound=shown.sound,
        now=NOW,
    )


def in_force(day: date) -> Q:
    """Return what selects the periods that a day is in."""
    return Q(valid_from__lte=day) & (Q(valid_until__isnull=True) | Q(valid_until__gt=day))


def find(event: Event, day: date) -> Found:
    """Find the holder, the household that pays, and what its price depends on."""
    at = instant(event.at)
    ref = SectorRef.objects.select_related("medium").get(
        sector=Sector.POOL, ref=bytes.fromhex(event.ref)
    )
    state = MediumState.objects.filter(medium=ref.medium, at__lte=at).latest("at", "id")
    held = Holding.objects.select_related("person").get(
        Q(held_until__isnull=True) | Q(held_until__gt=at), medium=ref.medium, held_from__lte=at
    )
    assert held.person is not None
    name = SectorIdentifier.objects.get(person=held.person, sector=Sector.POOL)
    member = HouseholdMember.objects.select_related("household").get(
        in_force(day), person=held.person, is_main=True
    )
    resident = CommuneMembership.objects.filter(
        in_force(day),
        commune__in=member.household.residences.filter(in_force(day)).values("commune"),
    ).exists()
    custody = CustodyCalendar.objects.filter(in_force(day), child=held.person).first()
    if custody is not None:
        CustodyException.objects.filter(calendar=custody, day=day).first()
    return Found(
        state=vocabulary.MediumState(state.state),
        kind=MediumKind(ref.medium.kind),
        holder=name.holder,
        household=member.household,
        born_on=held.person.born_on,
        resident=resident,
    )


def _rights(tap: Presented) -> None:
    rights = Right.objects.select_related("product").filter(in_force(tap.day), holder=tap.holder)
    for right in rights.order_by("valid_until", "id"):
        tap.has_pass = tap.has_pass or right.product.kind == "PASS"


def lock(household: Household) -> tuple[Account, Account]:
    """Hold the purse of a household still."""
    ids = (household.wallet_id, household.receivable_id)
    rows = Account.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    accounts = {account.pk: account for account in rows}
    return accounts[ids[0]], accounts[ids[1]]


def shared(tap: Presented) -> tuple[int, int]:
    """Return the accounts that income goes to."""
    codes = (tap.point.revenue(tap.day), tap.point.accrued())
    ids = dict(Account.objects.filter(code__in=codes).values_list("code", "pk"))
    return ids[codes[0]], ids[codes[1]]


def situation(tap: Presented, found: Found, wallet: Account) -> PoolSituation:
    """Return what the turnstile knows at this tap."""
    zone = tap.point.zone
    stays = list(Stay.objects.filter(holder=tap.holder, day=tap.day, zone=zone, passed=True))
    stays.sort(key=lambda stay: (stay.at, stay.device, stay.seq))
    count = ZoneCount.objects.select_for_update(no_key=True).filter(zone=zone, day=tap.day).first()
    inside = count.inside if count else 0
    entries = [at_ms(stay.at) for stay in stays if stay.direction == Direction.IN]
    assert wallet.balance is not None
    assert wallet.floor is not None
    return PoolSituation(
        medium=found.state,
        kind=found.kind,
        open=tap.is_open,
        last_at=max(entries, default=None),
        full=tap.point.max_attendance is not None and inside >= tap.point.max_attendance,
        inside=bool(stays) and stays[-1].direction == Direction.IN,
        has_pass=tap.has_pass,
        price=tap.price.cents if tap.price else None,
        spendable=wallet.balance - wallet.held - wallet.floor,
    )


def write(tap: Presented, price: Price, revenue: Revenue, booked_on: date) -> None:
    """Write the rows of the tap, and the batch that seals them."""
    event, received_at = tap.event, instant(NOW)
    with connection.cursor() as cursor:
        cursor.execute(NEXT_NUMBER)
        (number,) = cursor.fetchone()
    entry_id = number * ENTRIES_PER_BATCH
    assert tap.wallet is not None
    entry = NewEntry(
        key=f"tap:{event.dev}:{event.seq}",
        at=event.at,
        booked_on=booked_on,
        digest=tap.digest,
        postings=(Posting(tap.wallet, revenue.paid, price.cents),),
    )
    told = _tap_row(tap)
    TapEvent(**dict(zip(TAP_COLUMNS, told, strict=True)), batch=number).save(force_insert=True)
    Entry(
        id=entry_id,
        key=entry.key,
        occurred_at=instant(entry.at),
        booked_on=entry.booked_on,
        recorded_at=received_at,
        digest=entry.digest,
    ).save(force_insert=True)
    Transfer(
        entry_id=entry_id,
        line=0,
        debit_id=tap.wallet,
        credit_id=revenue.paid,
        amount=price.cents,
    ).save(force_insert=True)
    Account.objects.filter(pk=tap.wallet).update(balance=F("balance") - price.cents)
    charge = _charge(tap, price, revenue, entry_id)
    _stay(tap, entry_id)
    _batch(number, received_at, told, entry_line(entry_id, entry), charge_line(entry_id, charge))


TAP_COLUMNS = (
    "device", "seq", "at", "what", "point", "direction", "ref", "holder", "said", "why", "by",
    "means", "objection", "of", "until_at", "policy", "digest",
)  # fmt: skip


def _tap_row(tap: Presented) -> tuple[Any, ...]:
    return record._row(Stood(tap=tap, said=Verdict.GRANTED, means=Means.WALLET))


def _charge(tap: Presented, price: Price, revenue: Revenue, entry_id: int) -> NewCharge:
    assert tap.wallet is not None
    assert tap.holder is not None
    charge = NewCharge(
        payer=tap.wallet,
        holder=tap.holder,
        service=tap.point.service,
        tariff=price.tariff,
        day=tap.day,
        inputs=dict(price.inputs),
        lines=price.lines,
        sentence=price.sentence,
        cents=price.cents,
        owed=0,
        revenue=revenue,
    )
    Charge(
        entry_id=entry_id,
        payer_id=charge.payer,
        holder=charge.holder,
        service_id=charge.service,
        tariff_id=charge.tariff,
        occurred_on=charge.day,
        inputs=charge.inputs,
        lines=charge.lines,
        sentence=charge.sentence,
        cents=charge.cents,
        owed_cents=0,
        revenue_id=revenue.paid,
        accrued_id=revenue.owed,
    ).save(force_insert=True)
    return charge


def _stay(tap: Presented, entry_id: int) -> None:
    event, zone = tap.event, tap.point.zone
    Stay(
        device=event.dev,
        seq=event.seq,
        holder=tap.holder,
        at=instant(event.at),
        day=tap.day,
        means=Means.WALLET,
        account=tap.wallet,
        counted=True,
        passed=True,
        entry=entry_id,
        zone=zone,
        direction=event.dir,
    ).save(force_insert=True)
    if not ZoneCount.objects.filter(zone=zone, day=tap.day).update(inside=F("inside") + 1):
        ZoneCount(zone=zone, day=tap.day, inside=1).save(force_insert=True)


def _batch(
    number: int, received_at: datetime, told: Sequence[Any], entry: bytes, charge: bytes
) -> None:
    taps_digest, taps_marks = digest({"taps_tapevent": [record.tap_line(told)]})
    books_digest, books_marks = digest({"ledger_entry": [entry], "billing_charge": [charge]})
    plumbing.Batch(
        id=number,
        recorded_at=received_at,
        taps=1,
        entries=1,
        taps_digest=taps_digest,
        taps_marks=taps_marks,
        books_digest=books_digest,
        books_marks=books_marks,
    ).save(force_insert=True)
    plumbing.Unsealed(batch=number).save(force_insert=True)


urlpatterns = [path(messages.ASK_PATH[1:], ask), path("health", health)]
