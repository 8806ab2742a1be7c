"""The audit: clean after a busy day, and it names whoever lays a hand on a sealed row."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cvq.childcare.services import charge_days
from cvq.config import audit, heads, keys
from cvq.plumbing import followers, sealer
from cvq.plumbing.models import Seal
from cvq.plumbing.sealer import seal_all
from cvq.rights.models import ProductKind
from cvq.rules.tap import Granted
from cvq.rules.vocabulary import Means
from town import TODAY, ZONE, Town

NOW = datetime(2025, 6, 4, 3, 0, tzinfo=UTC)


@pytest.fixture
def busy(town: Town) -> Town:
    """Return the town after a day with a bit of everything, sealed."""
    town.product("DECHETTERIE", ProductKind.QUOTA, unit="VISIT", amount=3)
    carnet = town.product("CARNET-2", ProductKind.CARNET, "GâtinéO", unit="ENTRY", amount=2)
    town.family("Petit", card="012-00043", topped_up="20,00")
    town.family("Grand", card="012-00044")
    town.give("012-00043", carnet)
    town.child("Petit", "Léo", card="012-00060")
    town.enrol("012-00060", "Cantine")
    town.tap("012-00060", where="Cantine", at="12:05")
    swim = town.tap("012-00043", where="GâtinéO", at="14:00")
    town.tell([town.not_passed("GâtinéO", of=swim.seq, at="14:00:08")])
    town.tap("012-00044", where="GâtinéO", at="15:01", door_said=Granted(Means.WALLET))
    town.tap("012-00044", where="Déchèterie", at="16:00")
    charge_days(town.connection, until=TODAY, at=town.at("22:00"), zone=ZONE)
    town.top_up("Grand", "2,00", at="22:30")
    seal_all(town.connection, at=NOW)
    return town


def found(town: Town) -> list[str]:
    """Return what the audit finds."""
    return list(audit.culprits(town.connection))


def tamper(town: Town, statement: str) -> None:
    """Do as the owner of the tables, who can take their triggers away."""
    words = statement.split()
    table = words[2] if words[0] in ("DELETE", "INSERT") else words[1]
    town.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    town.connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for constraint in ("entry_belongs_to_a_batch", "tap_belongs_to_a_batch"):
        town.connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint}")
    assert town.connection.execute(statement).rowcount > 0
    town.connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_a_busy_day_balances_to_the_cent(busy: Town) -> None:
    assert busy.owed("Grand") == "2,50 €"
    assert found(busy) == []


TAMPERINGS = {
    "a tap altered": (
        "UPDATE taps_tapevent SET said = 0 WHERE said = 1 AND point ="
        " (SELECT id FROM catalog_accesspoint WHERE code = 'Déchèterie')",
        "a été modifié après le scellement",
    ),
    "a tap deleted": (
        "DELETE FROM taps_tapevent WHERE point ="
        " (SELECT id FROM catalog_accesspoint WHERE code = 'Déchèterie')",
        "manquent",
    ),
    "an amount altered": (
        "UPDATE ledger_transfer SET amount = amount + 1 WHERE entry_id ="
        " (SELECT id FROM ledger_entry WHERE key LIKE 'topup:%' ORDER BY id LIMIT 1)",
        "affiche",
    ),
    "a transfer deleted": (
        "DELETE FROM ledger_transfer WHERE entry_id ="
        " (SELECT id FROM ledger_entry WHERE key LIKE 'charge:%')",
        "affiche",
    ),
    "a charge reworded": (
        "UPDATE billing_charge SET sentence = 'gratuit' WHERE sentence LIKE 'Repas%'",
        "« gratuit »",
    ),
    "a price explained otherwise": (
        "UPDATE billing_charge SET inputs = '{}' WHERE sentence LIKE 'Repas%'",
        "a été modifié après le scellement",
    ),
    "an entry inserted without the key": (
        "INSERT INTO ledger_entry (id, key, occurred_at, booked_on, recorded_at, digest)"
        "  SELECT 4096::bigint * 900000, 'tap:9:9', occurred_at, booked_on, recorded_at, digest"
        " FROM ledger_entry ORDER BY id LIMIT 1",
        "tap:9:9",
    ),
    "an entry inserted into a sealed batch": (
        "INSERT INTO ledger_entry (id, key, occurred_at, booked_on, recorded_at, digest)"
        " SELECT id + 9, 'tap:9:9', occurred_at, booked_on, recorded_at, digest"
        " FROM ledger_entry ORDER BY id LIMIT 1",
        "tap:9:9",
    ),
    "an entry before the first batch": (
        "INSERT INTO ledger_entry (id, key, occurred_at, booked_on, recorded_at, digest)"
        " SELECT -4096, 'tap:9:9', occurred_at, booked_on, recorded_at, digest"
        " FROM ledger_entry ORDER BY id LIMIT 1",
        "tap:9:9",
    ),
    "an entry said to be recorded otherwise": (
        "UPDATE ledger_entry SET recorded_at = recorded_at - interval '1 day'"
        " WHERE key LIKE 'charge:%'",
        "ne dit plus quand",
    ),
    "a tap outside every batch": (
        "UPDATE taps_tapevent SET batch = -7 WHERE point ="
        " (SELECT id FROM catalog_accesspoint WHERE code = 'Déchèterie')",
        "n'est d'aucun lot",
    ),
    "a seal dated otherwise": (
        "UPDATE plumbing_seal SET sealed_at = sealed_at - interval '1 day' WHERE position = 2",
        "sceau n° 2",
    ),
    "a seal removed": ("DELETE FROM plumbing_seal WHERE position = 2", "sceau n° 2"),
    "a batch rewritten": (
        "UPDATE plumbing_batch SET entries = entries + 1 WHERE id ="
        " (SELECT max(id) FROM plumbing_batch)",
        "ne ferme pas la chaîne",
    ),
    "a top-up said to be of another channel": (
        "UPDATE payments_topup SET channel = 'KIOSK'",
        "n'est plus ce qui a été payé",
    ),
    "an attendance deleted": (
        "DELETE FROM childcare_attendance WHERE true",
        "(présence ou passage) manque ou diffère",
    ),
    "an attendance moved to another child": (
        "UPDATE childcare_attendance SET holder = gen_random_uuid()",
        "(présence ou passage) manque ou diffère",
    ),
    "a swim that was paid, deleted": (
        "DELETE FROM pool_stay WHERE means = 'WALLET'",
        "(présence ou passage) manque ou diffère",
    ),
    "a counter turned back": (
        "UPDATE waste_visit SET counted = false WHERE counted",
        "a perdu 1 unités pour 0 passages",
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_who_lays_a_hand_on_a_sealed_row_is_found_and_the_row_named(busy: Town, name: str) -> None:
    statement, sentence = TAMPERINGS[name]
    tamper(busy, statement)

    culprits = found(busy)

    assert any(sentence in culprit for culprit in culprits), culprits


def test_who_cuts_the_end_of_the_chain_is_found_by_the_heads_that_were_given_away(
    busy: Town, tmp_path: Path
) -> None:
    key = keys.signing_key(tmp_path, keys.HEAD)
    sealer.sign_head(busy.connection, day=TODAY, key=key, at=NOW)
    assert heads.export(busy.connection, tmp_path) == 1
    assert list(heads.culprits(busy.connection, tmp_path)) == []

    tamper(busy, "DELETE FROM plumbing_head WHERE true")
    tamper(
        busy, "DELETE FROM plumbing_seal WHERE position = (SELECT max(position) FROM plumbing_seal)"
    )

    (culprit,) = heads.culprits(busy.connection, tmp_path)
    assert "La chaîne n'est plus celle du 2025-06-03" in culprit


def test_who_cuts_the_end_of_the_chain_is_found_by_who_read_it(busy: Town) -> None:
    followers.catch_up(busy.connection, name="reader", follow=lambda *_: None, at=NOW)
    last = Seal.objects.count()

    tamper(busy, f"DELETE FROM plumbing_seal WHERE position = {last}")

    assert f"La chaîne s'arrête au sceau n° {last - 1} ; « reader » a lu le n° {last}." in found(
        busy
    )


def test_a_head_that_somebody_else_signed_is_found(busy: Town, tmp_path: Path) -> None:
    sealer.sign_head(busy.connection, day=TODAY, key=Ed25519PrivateKey.generate(), at=NOW)

    assert list(heads.culprits(busy.connection, tmp_path)) == [
        "La tête du 2025-06-03 n'est pas signée de notre clé."
    ]


def test_money_that_waits_for_an_agreement_is_listed(busy: Town) -> None:
    busy.agreement.valid_until = TODAY
    busy.agreement.save()
    busy.tap("012-00060", where="Cantine", at="2025-06-04 12:05")
    day = TODAY.replace(day=4)

    charge_days(busy.connection, until=day, at=busy.at("2025-06-04 22:00"), zone=ZONE)

    assert list(audit.remarks(busy.connection)) == [
        "UNALLOCATED:217902022:CANTINE : 350 c sans convention en vigueur, à ventiler."
    ]
    assert found(busy) == []
