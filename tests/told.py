"""What a page says to whoever reads it."""

import html
import re
from typing import Any


def text(response: Any) -> str:
    """Return the words of a page, its tags and line breaks aside."""
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    told = " ".join(html.unescape(words).replace("\u00a0", " ").split())
    return told.replace("€ .", "€.")
