"""One concept, one word: the glossary is a table that holds, and each reason has its sentence."""

import re
from collections import Counter
from pathlib import Path

import pytest

from cvq.rules.vocabulary import Reason
from cvq.wire.words import MAX_SENTENCE, SENTENCES

GLOSSARY = Path(__file__).resolve().parent.parent / "docs/glossary.md"


written = pytest.mark.skipif(not GLOSSARY.exists(), reason="docs/glossary.md is not written yet")


def rows() -> list[dict[str, str]]:
    """Return the lines of every table of the glossary, each under the heads of its columns."""
    found, heads = [], []
    for line in GLOSSARY.read_text().splitlines():
        if not line.startswith("|"):
            heads = []
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if not heads:
            heads = [head.lower() for head in cells]
        elif set("".join(cells)) - set(":- "):
            assert len(cells) == len(heads), line
            found.append(dict(zip(heads, cells, strict=True)))
    return found


@written
def test_the_glossary_names_each_thing_and_says_what_it_is():
    assert rows() != []
    blank = [row for row in rows() if not all(row[head] for head in ("identifier", "meaning"))]

    assert blank == []


@written
def test_no_identifier_has_two_meanings():
    counted = Counter(row["identifier"] for row in rows())

    assert [name for name, times in counted.items() if times > 1] == []


def test_each_reason_has_its_french_sentence():
    assert set(Reason) == set(SENTENCES)
    assert [r for r, sentence in SENTENCES.items() if not 0 < len(sentence) <= MAX_SENTENCE] == []
