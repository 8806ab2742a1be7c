"""
What the reader of the counter tells of the card that lies on it.

A reader fills the two lines; without one, a card of demonstration is laid by a click.
"""

import secrets

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from cvq.desk.cards.words import SEEN
from cvq.people.family import Family

CHIP_BYTES_MIN, CHIP_BYTES_MAX = 4, 32
UID_FIRST = b"\x04"  # as the makers of DESFire chips number them (ISO/IEC 14443-3)


class Laid(forms.Form):
    """A card on the reader: the number printed on it, and what its chip says."""

    number = forms.RegexField(
        regex=r"^[0-9A-Z][0-9A-Z-]{3,19}$",
        label=_("Numéro lu sur la carte"),
        error_messages={
            "required": _("Posez la carte sur le lecteur, ou tapez son numéro."),
            "invalid": _("Un numéro de carte a des chiffres, des capitales et des tirets."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "saisie num"}),
    )
    chip = forms.RegexField(
        regex=rf"^([0-9a-fA-F]{{2}}){{{CHIP_BYTES_MIN},{CHIP_BYTES_MAX}}}$",
        label=_("Puce"),
        error_messages={
            "required": _("La puce n'a pas été lue : reposez la carte à plat."),
            "invalid": _("La puce se lit en chiffres et en lettres de A à F, deux par deux."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "saisie num"}),
    )
    seen = forms.ChoiceField(
        choices=list(SEEN.items()),
        label=_("Pièce vue"),
        error_messages={"required": _("Dites ce que vous avez vu, sans rien copier.")},
    )

    @property
    def credential(self) -> bytes:
        """Return what the chip says."""
        return bytes.fromhex(self.cleaned_data["chip"])

    @property
    def reason(self) -> str:
        """Return what was seen, as it is kept: in the language of the territory."""
        with translation.override("fr"):
            return str(SEEN[self.cleaned_data["seen"]])


class Given(Laid):
    """A card on the reader, and who takes it."""

    who = forms.TypedChoiceField(
        coerce=int,
        label=_("Pour qui ?"),
        error_messages={"required": _("Choisissez une personne du foyer.")},
    )

    field_order = ("who", "number", "chip", "seen")

    def choose_among(self, ours: Family) -> None:
        """Let the card go to somebody of this family, and to nobody else."""
        who = self.fields["who"]
        assert isinstance(who, forms.ChoiceField)
        who.choices = [(one.id, one.full_name) for one in ours.people]


def of_demonstration() -> dict[str, str]:
    """Return what a reader would tell of a blank card: no chip in the world says this."""
    number = f"9{secrets.randbelow(100):02}-{secrets.randbelow(100_000):05}"
    return {"number": number, "chip": (UID_FIRST + secrets.token_bytes(6)).hex()}
