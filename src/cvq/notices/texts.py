"""The words of notices: figures, never a name, for a phone is read over shoulders."""

from typing import NamedTuple

from django.utils.translation import gettext as _

from cvq.kernel.money import euros


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
