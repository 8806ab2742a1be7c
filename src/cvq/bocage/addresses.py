"""
The parts of an address that name something, bounded as the database bounds them.

What nothing could ever be called is no address: 404, and no question to the database.
"""

from django.urls import register_converter

INTEGER_MAX = 2**31 - 1
BIG_MAX = 2**63 - 1


class Integer:
    """A number as the database keeps a small one: a device."""

    regex = "[0-9]{1,10}"
    most = INTEGER_MAX

    def to_python(self, text: str) -> int:
        """Return the number; ValueError, which is a 404, if it is too large to be kept."""
        if int(text) > self.most:
            raise ValueError(text)
        return int(text)

    def to_url(self, number: int) -> str:
        """Write the number."""
        return str(number)


class Big(Integer):
    """A number as the database keeps a large one: an entry of the books."""

    regex = "[0-9]{1,19}"
    most = BIG_MAX


class CardNumber:
    """A number as it is printed on a card."""

    regex = "[0-9A-Za-z-]{1,40}"

    def to_python(self, text: str) -> str:
        """Return it as it is."""
        return text

    def to_url(self, text: str) -> str:
        """Return it as it is."""
        return text


def register() -> None:
    """Let the addresses of every face say `integer`, `big` and `card`."""
    register_converter(Integer, "integer")
    register_converter(Big, "big")
    register_converter(CardNumber, "card")
