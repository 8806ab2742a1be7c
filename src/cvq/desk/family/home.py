"""Where a family lives, and its quotient where the agent's services price by it, or why none."""

from datetime import date, datetime
from typing import Any

import msgspec
from django.db import connection
from django.utils.translation import gettext as _
from msgspec import Struct

from cvq.access.services import File
from cvq.bocage.templatetags.bocage import day_short
from cvq.people.family import Family
from cvq.people.models import QuotientSource
from cvq.rules.quotient import Held, Standing, missing
from cvq.rules.vocabulary import CHILDCARE, Purpose

HOME = """
SELECT coalesce(r.address, ''), coalesce(c.name, ''), q.value, q.source, q.valid_until,
    ARRAY(SELECT DISTINCT purpose FROM catalog_service
        WHERE id = ANY(%(services)s::bigint[]) AND purpose IS NOT NULL),
    (SELECT json_agg(json_build_object('value', h.value, 'valid_from', h.valid_from,
            'valid_until', h.valid_until, 'learned_at', h.learned_at))
        FROM people_quotient AS h WHERE h.household_id = %(household)s)::text
FROM people_household AS h
LEFT JOIN people_residence AS r ON r.household_id = h.id AND r.valid_from <= %(day)s
    AND (r.valid_until IS NULL OR r.valid_until > %(day)s)
LEFT JOIN catalog_commune AS c ON c.id = r.commune_id
LEFT JOIN people_quotient AS q ON q.household_id = h.id AND q.valid_from <= %(day)s
    AND (q.valid_until IS NULL OR q.valid_until > %(day)s)
WHERE h.id = %(household)s
"""


class Told(Struct, frozen=True, gc=False):
    """A quotient that somebody told, or refused, and when we learned of it."""

    value: int | None
    valid_from: date
    valid_until: date | None
    learned_at: datetime | None


class Home(Struct, frozen=True, kw_only=True):
    """An address, what the agent's services are for, and a quotient for who prices by it."""

    address: str
    commune: str
    handled: frozenset[Purpose]
    quotient: int | None
    source: str
    quotient_until: date | None
    told: tuple[Told, ...] = ()

    @property
    def prices(self) -> bool:
        """Tell whether the agent's services price by the quotient."""
        return not self.handled.isdisjoint(CHILDCARE)

    def why_missing(self, day: date, known_at: datetime | None = None) -> str:
        """Return why there was no quotient on a day, from what was known at an instant, or now."""
        held = [
            Held(value=one.value, valid_from=one.valid_from, valid_until=one.valid_until)
            for one in self.told
            if known_at is None or one.learned_at is None or one.learned_at <= known_at
        ]
        found = missing(held, day)
        since = "" if found.since is None else f"{day_short(found.since)} {found.since.year}"
        match found.standing:
            case Standing.NOT_GIVEN:
                return _("quotient jamais fourni")
            case Standing.REFUSED:
                return _("quotient refusé depuis le %(day)s") % {"day": since}
            case Standing.EXPIRED if since:
                return _("quotient terminé le %(day)s") % {"day": since}
            case _:
                return _("quotient inconnu ce jour-là")


def home_of(file: File, ours: Family) -> Home:
    """Return where a family lives, in one question."""
    asked: dict[str, Any] = {
        "services": list(file.services),
        "day": ours.day,
        "household": file.household.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(HOME, asked)
        address, commune, value, source, until, purposes, told = cursor.fetchone()
    handled = frozenset(map(Purpose, purposes))
    prices = not handled.isdisjoint(CHILDCARE)
    return Home(
        address=address,
        commune=commune,
        handled=handled,
        quotient=value if prices else None,
        source=str(QuotientSource(source).label) if prices and source else "",
        quotient_until=until if prices else None,
        told=msgspec.json.decode(told or "[]", type=tuple[Told, ...]) if prices else (),
    )
