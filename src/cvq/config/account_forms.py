"""The forms of the library that keeps accounts, in our words where its own are not French."""

from typing import Any

from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django.utils.translation import gettext_lazy as _


class ActivateCodes(ActivateTOTPForm):  # type: ignore[misc] # its library has no types
    """The first code of an application."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say how long a code is, and leave the box empty."""
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code à six chiffres")
        self.fields["code"].widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric"}


class AddKey(AddWebAuthnForm):  # type: ignore[misc] # its library has no types
    """A passkey to add."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Name the fields."""
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Nom de la clé")
        alone = self.fields["passwordless"]
        alone.label = _("Entrer sans mot de passe")
        alone.help_text = _("La clé suffit alors, avec votre empreinte, votre visage ou son code.")


class EditKey(EditWebAuthnForm):  # type: ignore[misc] # its library has no types
    """A passkey to rename."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Name the field."""
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Nom de la clé")
