"""Passwords kept as in production, without the third of a second that makes guessing slow."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class Quick(PBKDF2PasswordHasher):
    """The hasher of production, once over: any process can read what it wrote."""

    iterations = 1
