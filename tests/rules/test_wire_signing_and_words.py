"""What proves a message, and what a reader says to whom."""

import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cvq.rules.vocabulary import Direction, Reason, Sector, Verdict
from cvq.wire import signing, words
from cvq.wire.enrolment import enrol, read_enrolment, write_enrolment
from cvq.wire.words import MAX_SENTENCE, SENTENCES, Sound, sentence, shown

KEY = bytes(32)


def test_a_proof_holds_for_these_bytes_this_use_and_this_key_only():
    proof = signing.mac(KEY, signing.ASK, b"told")

    assert signing.is_authentic(KEY, signing.ASK, b"told", proof)
    assert not signing.is_authentic(KEY, signing.ASK, b"tola", proof)
    assert not signing.is_authentic(KEY, signing.GET, b"told", proof)
    assert not signing.is_authentic(bytes([1]) * 32, signing.ASK, b"told", proof)
    assert not signing.is_authentic(KEY, signing.ASK, b"told", "é" + proof[1:])


def test_a_signature_holds_for_these_bytes_this_use_and_this_owner_only():
    owner, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    public = owner.public_key().public_bytes_raw()
    signature = signing.sign(owner, signing.BATCH, b"told")

    assert signing.is_signed(public, signing.BATCH, b"told", signature)
    assert not signing.is_signed(public, signing.BATCH, b"tola", signature)
    assert not signing.is_signed(public, signing.POLICY, b"told", signature)
    assert not signing.is_signed(
        other.public_key().public_bytes_raw(), signing.BATCH, b"told", signature
    )
    assert not signing.is_signed(public, signing.BATCH, b"told", "not hexadecimal")
    assert not signing.is_signed(b"short", signing.BATCH, b"told", signature)


def test_a_card_has_another_reference_in_each_sector():
    references = {signing.reference(bytes([n]) * 32, b"card") for n in range(6)}

    assert len(references) == 6
    assert all(re.fullmatch("[0-9a-f]{32}", reference) for reference in references)


def test_a_box_reads_back_the_keys_it_was_given():
    enrolled = enrol(device=17, code="GATE", sectors=(Sector.POOL,), policy_keys={"k1": KEY})

    assert read_enrolment(write_enrolment(enrolled)) == enrolled
    assert enrolled.public_key == enrolled.signer.public_key().public_bytes_raw()


@pytest.mark.parametrize("reason", Reason)
def test_each_objection_has_a_short_sentence_without_any_amount(reason):
    said = SENTENCES[reason]

    assert 0 < len(said) <= MAX_SENTENCE
    assert said.endswith(".")
    of_money = r"\d|€|dette|doit|devez|impayé|solde|négatif|refus|recharg|!"
    assert not re.search(of_money, said, re.IGNORECASE)


def test_a_sentence_tells_its_objection_from_every_other_but_those_of_a_reader_offline():
    told = [SENTENCES[reason] for reason in Reason if reason is not Reason.RISK_LIMIT]

    assert len(set(told)) == len(told)


@pytest.mark.parametrize("reason", Reason)
def test_a_child_reads_no_reason_and_no_word_of_refusal(reason):
    assert sentence(Verdict.NOTED, reason) == words.TO_A_CHILD
    assert sentence(Verdict.REFUSED, reason) == SENTENCES[reason]


def test_each_answer_has_one_word_and_one_sound():
    assert shown(Verdict.GRANTED) == ("Entrez", Sound.YES)
    assert shown(Verdict.GRANTED, Direction.OUT) == ("Au revoir", Sound.YES)
    assert shown(Verdict.NOTED) == ("Va voir l'équipe", Sound.NOTE)
    assert shown(Verdict.REFUSED) == ("Pas d'accès", Sound.NO)
    assert sentence(Verdict.GRANTED, None) == ""
