"""The words of notices: figures, never a name, for a phone is read over shoulders."""

from datetime import date
from typing import NamedTuple

from django.utils.encoding import punycode
from django.utils.translation import gettext as _

from cvq.kernel.money import euros

HOST_LETTERS_MAX = 64  # the end of a name says whose it is, and the SMS stays in one segment


class Text(NamedTuple):
    """One notice, for each way it may travel."""

    subject: str
    mail: str
    sms: str


def low_balance(*, cents: int, owed_cents: int) -> Text:
    """Return what a household is told when little is left in its wallet."""
    left = {"left": euros(cents), "owed": euros(owed_cents)}
    if owed_cents > 0:
        said = _("Il reste %(left)s sur votre compte famille et %(owed)s à payer.") % left
    else:
        said = _("Il reste %(left)s sur votre compte famille.") % left
    todo = _("Rechargez-le sur le portail, à une borne ou au guichet.")
    nobody_is_refused = _("Un enfant n'est jamais privé de repas pour cette raison.")
    return Text(
        subject=_("Votre compte famille : il reste %(left)s") % left,
        mail=_("Bonjour,") + f"\n\n{said}\n{todo}\n\n{nobody_is_refused}\n",
        sms=f"{said} {todo}",
    )


def top_up(*, cents: int, left_cents: int, until: date | None) -> str:
    """
    Return the SMS that stands for a receipt, in letters that any phone has (GSM 03.38).

    The day is in figures: no phone writes « août » in one segment.
    """
    told = {"added": euros(cents), "left": euros(left_cents)}
    said = _("CVQ : %(added)s ajoutés. Nouveau solde : %(left)s.") % told
    if until is None:
        return said
    return said + " " + _("De quoi tenir jusqu'au %(day)s.") % {"day": f"{until:%d/%m/%Y}"}


def access(email: str) -> str:
    """
    Return the SMS that tells somebody where an access to their family was sent.

    Of the address it shows what its owner recognises, in letters that any phone has (GSM 03.38).
    """
    name, _sign, host = email.rpartition("@")
    first = name[0] if name[0].isalnum() else ""
    host = punycode(host)[-HOST_LETTERS_MAX:].lstrip(".")
    shown = f"{first}***@{host}"
    said = _("Un accès au portail de la carte a été envoyé à %(email)s.") % {"email": shown}
    return said + " " + _("Ce n'est pas vous ? Dites-le à l'accueil.")
