"""How fast cards may be tried at a kiosk: the numbers printed on them follow one another."""

from datetime import datetime, timedelta

from django.db import transaction

from cvq.access.services import Guest, Hidden, family_at_kiosk
from cvq.bocage.pages import Moment
from cvq.catalog.models import Device
from cvq.kernel.unable import Unable
from cvq.kiosk.models import Tries

MISSES_MAX = 5
WAIT_SECONDS = 60


class TooManyTries(Unable):
    """Too many cards in a row opened nothing here: this kiosk reads none for a minute."""


def present(device: Device, number: str, now: Moment) -> Guest:
    """
    Return the family of a card that is presented at a kiosk.

    The tries of a kiosk are locked, so that a hundred cards at once are tried one by one.  A card
    that opens something mends nothing: who has one could try four numbers between two of its own.

    :raises TooManyTries: five in a row opened nothing, less than a minute ago.
    :raises Hidden: it opens nothing; so do cards that are blocked, whose error says more.
    """
    with transaction.atomic():
        Tries.objects.get_or_create(device=device)
        tries = Tries.objects.select_for_update().get(device=device)
        is_recent = _is_recent(tries, now.at)
        if is_recent and tries.misses >= MISSES_MAX:
            raise TooManyTries
        try:
            return family_at_kiosk(number, now.at, now.day)
        except Hidden as missed:
            tries.misses = tries.misses + 1 if is_recent else 1
            tries.last_at = now.at
            tries.save()
            found_nothing = missed
    raise found_nothing


def _is_recent(tries: Tries, at: datetime) -> bool:
    return tries.last_at is not None and at < tries.last_at + timedelta(seconds=WAIT_SECONDS)
