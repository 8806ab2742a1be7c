"""Settings of one territory, from its folder and its environment; nothing here is a secret."""

import os
import secrets
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from cvq.config import environment, home, relay

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
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "cvq.bocage",
    "cvq.portal",  # before allauth, whose pages it replaces
    "allauth",
    "allauth.account",
    "allauth.mfa",
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
    "cvq.access",
    "cvq.desk",
    "cvq.kiosk",
    "cvq.board",
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

# The web: pages, who logs in, and what a browser may do with them.
ROOT_URLCONF = "cvq.config.urls"
WSGI_APPLICATION = "cvq.config.wsgi.application"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cvq.config.web.TerritoryMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parents[1]],  # each screen keeps its templates beside its view
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cvq.config.web.territory",
            ],
            "builtins": ["django.templatetags.i18n", "cvq.bocage.templatetags.bocage"],
        },
    }
]
PUBLIC_URL = os.environ.get("CVQ_PUBLIC_URL", "")
HTTPS = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# The proxy that speaks TLS says so; links in messages then begin as they must.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_COOKIE_AGE = 12 * 3600
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Where boards that are open hear of taps (`cvq live`); without it they ask every ten seconds.
LIVE_URL = os.environ.get("CVQ_LIVE_URL", "")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "connect-src": ["'self'", LIVE_URL] if LIVE_URL else ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
# What `cvq web` serves was collected and compressed when it started; elsewhere files lie where
# they are written.
COLLECTED = os.environ.get("CVQ_STATIC") == "collected"
WHITENOISE_USE_FINDERS = not COLLECTED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# Links to log in leave by a server when one is given; else they lie in a folder.
RELAY = relay.from_environment()
EMAIL_FILE_PATH = HOME / "mailbox"
if RELAY is None:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    SENDER = "ne-pas-repondre@carte.invalid"
else:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT, SENDER = RELAY.host, RELAY.port, RELAY.sender
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = RELAY.user, RELAY.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = RELAY.way == "submission", RELAY.way == "smtps"
    EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = f"Carte de Vie Quotidienne <{SENDER}>"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/connexion/"
LOGIN_REDIRECT_URL = "/accueil/"
LOGOUT_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "cvq.config.accounts.Accounts"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody is written to because a stranger typed an address
# Every process counts the same tries: five a minute do not become ten with a second process.
CACHES = {"default": {"BACKEND": "cvq.config.counted.CountedInTheDatabase"}}
# Who tries is known by the address that the nearest proxy of ours saw; without one, by their own.
ALLAUTH_TRUSTED_PROXY_COUNT = environment.count("CVQ_PROXIES", 1 if HTTPS else 0)
# Whether agents need more than a password before a desk or the board shows them anything.
AGENTS_SECOND_FACTOR = environment.one_of("CVQ_AGENTS_SECOND_FACTOR", "required", "optional")
# Whether the number of a card may be typed at a kiosk, in the place of a reader.
SIMULATED_READERS = environment.one_of("CVQ_SIMULATED", "0", "1") == "1"
MFA_ADAPTER = "cvq.config.accounts.SecondFactor"
MFA_FORMS = {
    "activate_totp": "cvq.config.account_forms.ActivateCodes",
    "add_webauthn": "cvq.config.account_forms.AddKey",
    "edit_webauthn": "cvq.config.account_forms.EditKey",
}
MFA_TOTP_ISSUER = TERRITORY.name
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
