"""One concept, one word: the glossary is a table that holds, and each reason has its sentence."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from cvq.rules.vocabulary import Reason
from cvq.wire.words import MAX_SENTENCE, SENTENCES

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = ROOT / "docs/glossary.md"
TO_COME = "to come"  # what the meaning of a word says that no code has yet
ACCOUNT_KIND = re.compile(r"([A-Z]+(?:_[A-Z]+)*)(?::|$)")  # `WALLET` is written "WALLET:{id}"


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


@written
def test_each_identifier_of_the_glossary_is_in_the_code_or_said_to_come():
    known = identifiers()
    claimed = {row["identifier"].strip("`"): TO_COME in row["meaning"] for row in rows()}

    assert (
        sorted(name for name, is_to_come in claimed.items() if is_to_come == (name in known)) == []
    )


def identifiers() -> set[str]:
    """Return what the code defines: names, `Class.MEMBER`, `package.Class`, kinds of accounts."""
    found: set[str] = set()
    for path in sorted((ROOT / "src/cvq").rglob("*.py")):
        if "migrations" not in path.parts:
            package = path.relative_to(ROOT / "src/cvq").parts[0]
            for node in ast.walk(ast.parse(path.read_text())):
                found |= set(_defined(node, package))
    return found


def _defined(node: ast.AST, package: str) -> Iterator[str]:
    match node:
        case ast.ClassDef(name=name, body=body):
            yield from (name, f"{package}.{name}")
            yield from (f"{name}.{member}" for one in body for member in _assigned(one))
        case ast.FunctionDef(name=name) | ast.arg(arg=name):
            yield name
        case ast.Assign() | ast.AnnAssign():
            yield from _assigned(node)
        case ast.Constant(value=str(text)) if kind := ACCOUNT_KIND.match(text):
            yield kind[1]


def _assigned(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Assign(targets=targets):
            yield from (one.id for one in targets if isinstance(one, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


def test_each_reason_has_its_french_sentence():
    assert set(Reason) == set(SENTENCES)
    assert [r for r, sentence in SENTENCES.items() if not 0 < len(sentence) <= MAX_SENTENCE] == []
