"""What the library that keeps accounts is told of ours: who may log in, and how they prove it."""

from base64 import urlsafe_b64encode
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cvq.config import clock
from cvq.config.web import page_of

PROOF_SECONDS = 300


class Accounts(DefaultAccountAdapter):  # type: ignore[misc] # its library has no types
    """Logs in those whom the counter wrote down, and nobody else."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Send each to the page of what they are there to do."""
        return page_of(request) or super().get_login_redirect_url(request)

    def is_reauthentication_required(self, *, app: str, **asked: Any) -> bool:
        """Ask again who it is, unless they have just said so."""
        records = get_authentication_records(self.request, self.request.user)
        proved_at = records[-1]["at"] if records else 0
        is_recent = clock.real_ms() / 1000 - proved_at < PROOF_SECONDS
        return not is_recent and bool(super().is_reauthentication_required(app=app, **asked))

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Leave the writing down of people to the counter, who sees who they are."""
        return False


class SecondFactor(DefaultMFAAdapter):  # type: ignore[misc] # its library has no types
    """Keeps what a telephone shares with us under a key that is never in the database."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("Ce code n'est pas le bon. Attendez le suivant, et recopiez-le."),
    }

    def build_totp_svg(self, url: str) -> str:
        """Return the picture of a shared secret, to stand inside a page."""
        picture = str(super().build_totp_svg(url))
        return picture[picture.index("<svg") :]

    def encrypt(self, text: str) -> str:
        """Return what the database keeps of a secret."""
        return _sealed_box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret that the database keeps."""
        return _sealed_box().decrypt(encrypted_text.encode()).decode()


def _sealed_box() -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"cvq second factor")
    return Fernet(urlsafe_b64encode(derived.derive(settings.SECRET_KEY.encode())))
