"""Names as they are searched and sorted, alike on every server whatever its locale."""

import re
import unicodedata

LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l"})


def sans_accent(*parts: str) -> str:
    """Return names in small plain letters, one space between words."""
    text = " ".join(parts).lower().translate(LIGATURES)
    letters = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", " ", plain).strip()
