"""
Take a card; the reader of a demonstration is told the number that is printed on it.

A number is no proof of holding the card, so only demonstrations have this page.
"""

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cvq.access.services import CardStopped, Hidden
from cvq.kiosk.reader.answers import Answer, again
from cvq.kiosk.tries import TooManyTries, present
from cvq.kiosk.visit import Visit, at_a_kiosk
from cvq.wire.words import Sound

CHARACTERS_MAX = 40


@require_http_methods(["GET", "POST"])
@at_a_kiosk
def reading(visit: Visit) -> HttpResponse:
    """
    Ask for a card, and go to the account that it opens.

    :raises Hidden: numbers are not typed here.
    """
    if not settings.SIMULATED_READERS:
        raise Hidden(_("Cette page n'existe pas ou plus."))
    if visit.request.method != "POST":
        return visit.show("kiosk/reading/reading.html")
    number = visit.request.POST.get("numero", "").strip()[:CHARACTERS_MAX]
    try:
        present(visit.device, number, visit.now)
    except TooManyTries:
        return _told(visit, again(_("Trop de cartes à la suite. Attendez quelques minutes.")), 429)
    except CardStopped as stopped:
        return _told(visit, _of_a_stopped_card(stopped), 422)
    except Hidden:
        said = _("Posez la carte à plat, une seconde. Sinon, allez au guichet.")
        return _told(visit, again(said), 422)
    visit.begin(number)
    return visit.go("account")


def _of_a_stopped_card(stopped: CardStopped) -> Answer:
    # A child sees no red here either.
    sound = Sound.NOTE if stopped.of_a_child else Sound.NO
    return Answer(_("Carte bloquée"), str(stopped), sound)


def _told(visit: Visit, answer: Answer, status: int) -> HttpResponse:
    return visit.show("kiosk/reading/not_read.html", {"answer": answer}, status)
