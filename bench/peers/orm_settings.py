"""Django at its cheapest: no middleware, connections that stay, statements prepared at once."""

from cvq.config.settings import *  # noqa: F403
from cvq.config.settings import DATABASES, INSTALLED_APPS
from cvq.plumbing.pipeline import OPTIONS

MIDDLEWARE: list[str] = []
# Who logs in has no part in a tap, and allauth does not start without its middleware.
INSTALLED_APPS = [app for app in INSTALLED_APPS if not app.startswith("allauth")]
ROOT_URLCONF = "bench.peers.orm"
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["OPTIONS"] |= {
    "server_side_binding": True,
    "prepare_threshold": 1,
    "options": OPTIONS,
}
