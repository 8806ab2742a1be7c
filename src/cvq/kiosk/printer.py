"""
The printer of a kiosk, and what it prints: lines of forty-two characters, as rolls of 80 mm have.

The printer below is that of a demonstration: its paper is shown on the screen.
"""

from typing import Protocol

WIDTH = 42


class Printer(Protocol):
    """A machine that prints lines of text."""

    def print(self, lines: list[str]) -> None:
        """Print and cut."""


class PaperOnScreen:
    """Keeps what was printed last, for the page that shows it."""

    def __init__(self) -> None:
        """Begin with no paper."""
        self.paper = ""

    def print(self, lines: list[str]) -> None:
        """Keep these lines."""
        self.paper = "\n".join(lines)


def line(left: str, right: str = "") -> str:
    """Return a line with a text on each side; the left one is cut where they would touch."""
    room = WIDTH - len(right) - 1 if right else WIDTH
    return f"{left[:room].ljust(WIDTH - len(right))}{right}".rstrip()


RULE = "-" * WIDTH
