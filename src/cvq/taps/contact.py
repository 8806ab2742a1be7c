"""When we last heard of each device: written beside the spine, read by who watches the machines."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import Connection, Cursor

from cvq.kernel.local import instant
from cvq.taps.models import Contact

# In the order of the numbers: two gateways may write the same rows.
HEAR = """
INSERT INTO taps_contact (device, at)
SELECT device, at FROM unnest(%s::int[], %s::timestamptz[]) AS heard(device, at) ORDER BY device
ON CONFLICT (device) DO UPDATE SET at = greatest(taps_contact.at, excluded.at)
"""


def hear(connection: Connection[Any], heard: Mapping[int, int]) -> None:
    """Write when devices were heard (milliseconds); an older instant changes nothing."""
    if heard:
        Cursor(connection).execute(HEAR, (list(heard), [instant(at) for at in heard.values()]))


def last_heard() -> dict[int, datetime]:
    """Return when each device was last heard; one that never spoke is not there."""
    return dict(Contact.objects.values_list("device", "at"))
