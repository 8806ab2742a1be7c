"""French first, English second: every source string has its English, on screens and readers."""

import gettext
import re
from pathlib import Path
from typing import Any

from django.utils import translation

from cvq.wire import words

SOURCE = Path(__file__).parents[1] / "src" / "cvq"
CATALOGUE = SOURCE / "locale" / "en" / "LC_MESSAGES"
CALL = re.compile(r"""\b_\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)""")
IN_A_TAG = re.compile(r'\{%\s*trans\s+"((?:[^"\\]|\\.)*)"')
IN_A_BLOCK = re.compile(r"\{%\s*blocktrans[^%]*%\}(.*?)\{%\s*endblocktrans\s*%\}", re.DOTALL)
NAMED = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def english() -> Any:  # the class hides the strings that it holds
    """Return the English catalogue as programs read it."""
    with (CATALOGUE / "django.mo").open("rb") as compiled:
        return gettext.GNUTranslations(compiled)


def source_strings() -> set[str]:
    """Return every string that the sources ask gettext for."""
    found = set()
    for file in SOURCE.rglob("*.py"):
        text = file.read_text()
        if "gettext" in text:
            for parts in CALL.findall(text):
                found.add("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', parts)))
    for file in SOURCE.rglob("*.html"):
        found |= strings_of_a_template(file.read_text())
    return found


def strings_of_a_template(text: str) -> set[str]:
    """Return what a template asks gettext for; of a plural, the singular."""
    blocks = (block.split("{% plural %}")[0] for block in IN_A_BLOCK.findall(text))
    return {*IN_A_TAG.findall(text), *(NAMED.sub(r"%(\1)s", block) for block in blocks)}


def test_every_string_of_the_sources_has_its_english() -> None:
    catalogue = english()

    known = {key if isinstance(key, str) else key[0] for key in catalogue._catalog}
    missing = source_strings() - known

    assert len(source_strings()) > 50
    assert missing == set()


def test_every_word_of_a_reader_has_its_english() -> None:
    said = (words.WELCOME, words.GOODBYE, words.SEE_THE_TEAM, words.NO_ACCESS, words.ONCE_MORE)
    catalogue = english()

    for text in (*(shown.word for shown in said), words.TO_A_CHILD, *words.SENTENCES.values()):
        assert catalogue.gettext(text) != text


def test_the_compiled_catalogue_is_that_of_the_text() -> None:
    written = re.findall(r'^msgid "(.+)"$', (CATALOGUE / "django.po").read_text(), re.MULTILINE)

    compiled = {key if isinstance(key, str) else key[0] for key in english()._catalog}
    assert {text.replace('\\"', '"') for text in written} == compiled - {""}


def test_django_speaks_both() -> None:
    with translation.override("en"):
        assert translation.gettext("Cette carte est bloquée. Allez à l'accueil.") == (
            "This card is blocked. Go to the desk."
        )
    with translation.override("fr"):
        assert translation.gettext("Piscine") == "Piscine"
