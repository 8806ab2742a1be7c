"""
The answers of a reader as a screen shows them: word, shape, ground and sound tell the same.

Everybody around sees them, so there is never an amount nor a name; and a child never sees red.
"""

from django.utils.translation import gettext as _
from msgspec import Struct

from cvq.rules.vocabulary import CHILDCARE, Direction, Purpose, Reason, Verdict
from cvq.wire import words
from cvq.wire.words import Sound

# As the styles name a ground and the shape that stands on it.
GROUNDS = {Sound.YES: "oui", Sound.NOTE: "note", Sound.NO: "non", Sound.AGAIN: "relire"}


class Answer(Struct, frozen=True):
    """What a screen shows, and plays."""

    word: str
    sentence: str
    sound: Sound

    @property
    def ground(self) -> str:
        """Return the name of the ground, and of the shape on it."""
        return GROUNDS[self.sound]


def at_point(
    purpose: Purpose, said: Verdict, why: Reason | None, direction: Direction = Direction.IN
) -> Answer:
    """
    Return what the screen at a point shows of what its box did.

    Where children are received nobody sees a refusal, even from a box that told one.
    """
    if said is Verdict.REFUSED and purpose in CHILDCARE:
        said = Verdict.NOTED
    shown, sentence = words.shown(said, direction), words.sentence(said, why)
    return Answer(_(shown.word), _(sentence) if sentence else "", shown.sound)


def again(sentence: str = "") -> Answer:
    """Return what is shown when a card could not be read."""
    said = sentence or _("Posez la carte à plat, une seconde.")
    return Answer(_(words.ONCE_MORE.word), said, Sound.AGAIN)
