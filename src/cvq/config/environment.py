"""What the environment says in a word or a figure, read so that a slip is told and not guessed."""

import os

from cvq.kernel.unable import Unable


class NotSaid(Unable):
    """The environment says something that means nothing here."""


def one_of(name: str, *choices: str) -> str:
    """
    Return what a variable says, one of some words; the first when it is not there.

    :raises NotSaid: it says another word.
    """
    said = os.environ.get(name) or choices[0]
    if said not in choices:
        raise NotSaid(f"{name} vaut « {said} » : donnez {' ou '.join(choices)}.")
    return said


def count(name: str, otherwise: int) -> int:
    """
    Return what a variable says, a number of things.

    :raises NotSaid: it says no such number.
    """
    said = os.environ.get(name) or str(otherwise)
    if not (said.isascii() and said.isdigit()):
        raise NotSaid(f"{name} vaut « {said} » : donnez un nombre.")
    return int(said)
