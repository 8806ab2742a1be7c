"""The amounts that a kiosk takes: whole euros, as fingers type them."""

from cvq.billing.suggested import CENTS_MAX, CENTS_MIN

EUROS_MIN = CENTS_MIN // 100
EUROS_MAX = CENTS_MAX // 100
DIGITS_MAX = len(str(EUROS_MAX))


def taken(text: str) -> int | None:
    """Return the whole euros that somebody asked for, if they are an amount that is taken."""
    if not text.isascii() or not text.isdigit() or len(text) > DIGITS_MAX:
        return None
    euros = int(text)
    return euros if EUROS_MIN <= euros <= EUROS_MAX else None
