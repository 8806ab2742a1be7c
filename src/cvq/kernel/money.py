"""
Amounts as people read and write them.  Inside the program money is an integer number of cents.

The space before the sign is an ordinary one: these texts also go out by SMS, whose alphabet has
no other, and screens forbid the line break themselves.
"""

import re

from cvq.kernel.unable import Unable

SPACE = "[ \u00a0\u202f]"
WRITTEN = re.compile(
    rf"(?P<sign>-?)(?P<euros>\d+|\d{{1,3}}(?:{SPACE}\d{{3}})+)"
    rf"(?:[,.](?P<cents>\d{{1,2}}))?{SPACE}?€?",
    re.ASCII,
)


class AmountUnreadable(Unable):
    """A text that is not an amount of euros."""


def euros(cents: int) -> str:
    """Return an amount as people read it, `1 234,50 €`."""
    whole, rest = divmod(abs(cents), 100)
    grouped = f"{whole:,}".replace(",", " ")
    return f"{'-' if cents < 0 else ''}{grouped},{rest:02} €"


def cents_of(text: str) -> int:
    """
    Return the cents that a person wrote as `3,40`, `3.4` or `1 234,50 €`.

    :raises AmountUnreadable: anything else, a third decimal included.
    """
    match = WRITTEN.fullmatch(text.strip())
    if match is None:
        raise AmountUnreadable(f"« {text} » n'est pas un montant. Écrivez par exemple 3,40.")
    whole = int(re.sub(r"\D", "", match["euros"]))
    cents = whole * 100 + int((match["cents"] or "0").ljust(2, "0"))
    return -cents if match["sign"] else cents
