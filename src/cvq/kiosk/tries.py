"""How fast cards may be tried at a kiosk: the numbers printed on them follow one another."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac

from cvq.access.services import Guest, Hidden, family_at_kiosk
from cvq.bocage.pages import Moment
from cvq.catalog.models import Device
from cvq.kernel.unable import Unable
from cvq.kiosk.models import Tries

MISSES_MAX = 5
WAIT_SECONDS = 60
CARDS_MAX = 10
CARDS_COUNT = timedelta(minutes=5)


class TooManyTries(Unable):
    """Too many cards were tried here: this kiosk reads no other for a while."""


def present(device: Device, number: str, now: Moment) -> Guest:
    """
    Return the family of a card that is presented at a kiosk.

    The tries of a kiosk are locked, so that a hundred cards at once are tried one by one.  A card
    that opens something mends nothing: who has one could try four numbers between two of its own,
    and printed numbers follow one another, so different cards are counted whatever they open.

    :raises TooManyTries: five in a row opened nothing, less than a minute ago; or ten others were
        presented in the last five minutes.
    :raises Hidden: it opens nothing; so do cards that are blocked, whose error says more.
    """
    with transaction.atomic():
        Tries.objects.get_or_create(device=device)
        tries = Tries.objects.select_for_update().get(device=device)
        is_recent = _is_recent(tries, now.at)
        cards = _lately(tries, now.at)
        cards[salted_hmac(__name__, number).hexdigest()] = now.at.isoformat()
        if (is_recent and tries.misses >= MISSES_MAX) or len(cards) > CARDS_MAX:
            raise TooManyTries
        tries.cards = cards
        try:
            found = family_at_kiosk(number, now.at, now.day)
        except Hidden as missed:
            tries.misses = tries.misses + 1 if is_recent else 1
            tries.last_at = now.at
            tries.save()
            found_nothing = missed
        else:
            tries.save()
            return found
    raise found_nothing


def _is_recent(tries: Tries, at: datetime) -> bool:
    return tries.last_at is not None and at < tries.last_at + timedelta(seconds=WAIT_SECONDS)


def _lately(tries: Tries, at: datetime) -> dict[str, str]:
    since = at - CARDS_COUNT
    return {
        card: told for card, told in tries.cards.items() if datetime.fromisoformat(told) > since
    }
