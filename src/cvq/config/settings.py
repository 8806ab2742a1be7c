"""Settings of one territory, from its folder and its environment; nothing here is a secret."""

import os
import secrets
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from cvq.config import home

HOME = home.path()
TERRITORY = home.read_territory(HOME)


def database_from_environment() -> dict[str, Any]:
    """Return Django's view of DATABASE_URL, else of libpq's own variables."""
    dsn = conninfo_to_dict(os.environ.get("DATABASE_URL", ""))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": dsn.pop("dbname", os.environ.get("PGDATABASE", "cvq")),
        "USER": dsn.pop("user", os.environ.get("PGUSER", "cvq_app")),
        "PASSWORD": dsn.pop("password", os.environ.get("PGPASSWORD", "")),
        "HOST": dsn.pop("host", os.environ.get("PGHOST", "")),
        "PORT": dsn.pop("port", os.environ.get("PGPORT", "5432")),
        # Text and numbers go beside the statement, so that the same plan serves every tap.
        "OPTIONS": {"server_side_binding": True, **dsn},
    }


DATABASES = {"default": database_from_environment()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.postgres",
    "cvq.plumbing",
    "cvq.ledger",
    "cvq.catalog",
    "cvq.people",
    "cvq.cards",
    "cvq.rights",
    "cvq.payments",
    "cvq.notices",
    "cvq.billing",
    "cvq.childcare",
    "cvq.pool",
    "cvq.waste",
    "cvq.halls",
    "cvq.taps",
]

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).parents[1] / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = TERRITORY.time_zone

# Drawn by the command line on first use.  Without it (tests, tools) a key that dies with us.
SECRET_KEY = (home.known_secret(HOME, "django") or secrets.token_bytes(48)).hex()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("CVQ_HOSTS", "localhost 127.0.0.1 [::1]").split()
# What keys the digests of sealed rows; drawn by the command line on first use, like the one above.
SEAL_KEY = home.known_secret(HOME, "seal") or secrets.token_bytes(48)
