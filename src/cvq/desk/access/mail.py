"""The message that offers an account: a link, until when, and no name in case it goes astray."""

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from cvq.access.models import Invitation


def send(invited: Invitation, address: str) -> None:
    """Send the link to who is invited, in the language of the territory."""
    with translation.override("fr"):
        told = render_to_string("desk/access/mail.txt", {"invited": invited, "address": address})
        send_mail(_("Votre accès au portail"), told, None, [invited.email])
