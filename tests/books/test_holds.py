"""Money set aside and let go: it pays first what its household came to owe meanwhile."""

from datetime import date
from typing import Any

import pytest
from psycopg import Cursor

from books.at_once import count, is_sound
from books.crowd import RECEIVED, Crowd, Flow, at
from cvq.billing import holds
from cvq.kernel.local import instant
from cvq.ledger import books
from cvq.ledger import services as ledger

AT = instant(RECEIVED)


@pytest.fixture
def flow(crowd: Crowd) -> Flow:
    """Give a family D that has set six of its nine euros aside, and swam for 4,50 € since."""
    flow = Flow.on(crowd)
    flow.top_up({"D": 450})
    wallet = wallet_of_d(flow)
    ledger.hold(
        flow.town.connection, key="lesson", account=wallet, amount=600, at=AT, expires_at=AT
    )
    flow.tap("dora", "GâtinéO", at(0), "GRANTED WALLET")
    flow.cut()
    assert (flow.town.wallet("D"), flow.town.owed("D")) == ("6,00 €", "1,50 €")
    return flow


def wallet_of_d(flow: Flow) -> int:
    """Return the account of the wallet of the family."""
    code = f"WALLET:{flow.town.households['D'].pk}"
    return count(flow.town.connection, f"SELECT id FROM ledger_account WHERE code = '{code}'")


@pytest.mark.parametrize("how", ["release", "expire"])
def test_what_is_freed_pays_what_was_owed_meanwhile(flow: Flow, how: str) -> None:
    if how == "release":
        holds.release(flow.town.connection, key="lesson", at=AT)
    else:
        assert holds.expire_holds(flow.town.connection, at=AT) == 1

    assert (flow.town.wallet("D"), flow.town.owed("D")) == ("4,50 €", "0,00 €")
    assert is_sound(flow.town.connection)


@pytest.mark.parametrize(
    ("captured", "wallet", "owed"), [(600, "0,00 €", "1,50 €"), (550, "0,00 €", "1,00 €")]
)
def test_what_a_capture_leaves_pays_what_was_owed_meanwhile(
    flow: Flow, captured: int, wallet: str, owed: str
) -> None:
    town = flow.town
    paid_to = ledger.open_accounts(
        town.connection, [ledger.NewAccount("SALES", "SALES", "EUR", shared=True)]
    )["SALES"]

    holds.capture(
        town.connection,
        key="lesson",
        credit=paid_to,
        amount=captured,
        at=AT,
        day=date(2025, 6, 3),
    )

    assert (town.wallet("D"), town.owed("D")) == (wallet, owed)
    assert is_sound(town.connection)


def test_a_capture_locks_its_accounts_in_the_order_of_their_numbers(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked: list[Any] = []
    real = books.lock

    def noted(connection: Any, ids: Any) -> Any:
        locked.append(sorted(ids))
        return real(connection, ids)

    monkeypatch.setattr(books, "lock", noted)
    (credit,) = ledger.open_accounts(
        flow.town.connection, [ledger.NewAccount("POT:D", "POT", "EUR")]
    ).values()
    wallet = wallet_of_d(flow)

    ledger.capture(
        flow.town.connection,
        key="lesson",
        credit=credit,
        amount=600,
        at=AT,
        day=date(2025, 6, 3),
    )

    assert locked == [sorted([wallet, credit])]
    held = "SELECT held FROM ledger_account WHERE id = %s"
    assert Cursor(flow.town.connection).execute(held, (wallet,)).fetchone() == (0,)
