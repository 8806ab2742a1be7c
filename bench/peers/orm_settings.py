"""Django at its cheapest: no middleware, connections that stay, statements prepared at once."""

from cvq.config.settings import *  # noqa: F403
from cvq.config.settings import DATABASES
from cvq.plumbing.pipeline import OPTIONS

MIDDLEWARE: list[str] = []
ROOT_URLCONF = "bench.peers.orm"
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["OPTIONS"] |= {
    "server_side_binding": True,
    "prepare_threshold": 1,
    "options": OPTIONS,
}
