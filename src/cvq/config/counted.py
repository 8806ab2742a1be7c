"""
What all processes of the web count together: tries at the log-in, and codes that were used.

A cache of Django over one table, so that a second process is not a second set of tries.  No page
reads it; only who logs in, or tries to, does.  It holds JSON: what is read back never runs.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

from cvq.access.models import Counted
from cvq.config import clock
from cvq.kernel.local import instant

LONGEST = timedelta(days=1)
SWEPT_MAX = 1_000

# Two processes that sweep at once take different rows instead of waiting for each other.
SWEEP = """
    DELETE FROM access_counted WHERE name IN (
        SELECT name FROM access_counted WHERE until <= %s LIMIT %s FOR UPDATE SKIP LOCKED
    )
"""
# Of two that add one name at once, one is told that it is known: it serves as a lock.
ADD = """
    INSERT INTO access_counted AS known (name, value, until) VALUES (%s, %s::jsonb, %s)
    ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value, until = EXCLUDED.until
    WHERE known.until <= %s RETURNING name
"""


class CountedInTheDatabase(BaseCache):
    """A cache whose names are kept as digests, for a day at most, and swept once they are over."""

    def __init__(self, location: str, params: Mapping[str, Any]) -> None:
        """Take what the settings say of every cache; there is one table and no address."""
        super().__init__(dict(params))

    def add(
        self,
        key: str,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        """Keep a value under a name unless it has one, and tell whether it had none."""
        now = _now()
        with connection.cursor() as cursor:
            cursor.execute(SWEEP, [now, SWEPT_MAX])
            row = (self._name(key, version), json.dumps(value), self._until(now, timeout), now)
            cursor.execute(ADD, row)
            return cursor.fetchone() is not None

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return the value of a name, unless its time is over."""
        known = Counted.objects.filter(name=self._name(key, version), until__gt=_now()).first()
        return default if known is None else known.value

    def set(
        self,
        key: str,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> None:
        """Keep a value under a name, whatever it had."""
        Counted.objects.update_or_create(
            name=self._name(key, version),
            defaults={"value": value, "until": self._until(_now(), timeout)},
        )

    def touch(
        self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Keep a name for longer, and tell whether it was there."""
        now = _now()
        known = Counted.objects.filter(name=self._name(key, version), until__gt=now)
        return known.update(until=self._until(now, timeout)) > 0

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forget a name, and tell whether it was there."""
        return Counted.objects.filter(name=self._name(key, version)).delete()[0] > 0

    def clear(self) -> None:
        """Forget everything."""
        Counted.objects.all().delete()

    def _name(self, key: str, version: int | None) -> str:
        return hashlib.sha256(self.make_key(key, version).encode()).hexdigest()

    def _until(self, now: datetime, timeout: float | None) -> datetime:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return now + (LONGEST if seconds is None else min(timedelta(seconds=seconds), LONGEST))


def _now() -> datetime:
    """Return the real time: who guesses is not slowed down by a demonstration that runs fast."""
    return instant(clock.real_ms())
