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
    return found


def test_every_string_of_the_sources_has_its_english() -> None:
    catalogue = english()

    missing = {text for text in source_strings() if catalogue._catalog.get(text) is None}

    assert len(source_strings()) > 50
    assert missing == set()


def test_every_word_of_a_reader_has_its_english() -> None:
    said = (words.WELCOME, words.GOODBYE, words.SEE_THE_TEAM, words.NO_ACCESS, words.ONCE_MORE)
    catalogue = english()

    for text in (*(shown.word for shown in said), words.TO_A_CHILD, *words.SENTENCES.values()):
        assert catalogue.gettext(text) != text


def test_the_compiled_catalogue_is_that_of_the_text() -> None:
    written = re.findall(r'^msgid "(.+)"$', (CATALOGUE / "django.po").read_text(), re.MULTILINE)

    assert {text.replace('\\"', '"') for text in written} == set(english()._catalog) - {""}


def test_django_speaks_both() -> None:
    with translation.override("en"):
        assert translation.gettext("Cette carte est bloquée. Allez à l'accueil.") == (
            "This card is blocked. Go to the desk."
        )
    with translation.override("fr"):
        assert translation.gettext("Piscine") == "Piscine"
