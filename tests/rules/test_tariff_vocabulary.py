"""The page of the vocabulary is the vocabulary, and every fact is named in one way."""

from pathlib import Path
from runpy import run_path

from cvq.rules.tariff.vocabulary import FACTS, SAID

ROOT = Path(__file__).parents[2]


def test_the_page_of_the_vocabulary_is_what_the_program_knows():
    page = run_path(str(ROOT / "scripts" / "vocabulary.py"))["page"]()

    assert (ROOT / "docs/tariffs/vocabulary.md").read_text() == page


def test_every_word_of_a_fact_is_said_in_french():
    words = {word for fact in FACTS.values() for word in fact.kind.words}

    assert words - set(SAID) <= {"none"}
