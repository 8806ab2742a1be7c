"""
Families found by the words that somebody gives: names, a commune, a telephone number.

Each is looked up in an index, and only what tells one family from another is read.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from msgspec import Struct

from cvq.people.models import Role

ENOUGH = 21
MEMBERS_MAX = 200  # more than twenty families have, when all of each bear a name
AFTER_LETTERS = "{"  # what follows z, so that a beginning is a range
PHONE = re.compile(r"^(?:\+|00)?[0-9][0-9 .()-]*$")
DIGITS_MIN = 6  # fewer would be anybody's
ABROAD = re.compile(r"^(?:00)?33")

# Who bears the name first, then who is called so; the index of the words of names finds both.
NAMED = """
SELECT m.household_id FROM people_person AS p
JOIN people_householdmember AS m ON m.person_id = p.id AND m.valid_from <= %(day)s
    AND (m.valid_until IS NULL OR m.valid_until > %(day)s)
LEFT JOIN people_residence AS l ON l.household_id = m.household_id AND l.valid_from <= %(day)s
    AND (l.valid_until IS NULL OR l.valid_until > %(day)s)
WHERE to_tsvector('simple', p.sans_accent) @@ to_tsquery('simple', %(bears)s){each}
ORDER BY NOT (p.sans_accent >= %(first)s AND p.sans_accent < %(after)s), p.sans_accent, m.id
LIMIT %(most)s
"""
BEARS_OR_LIVES = """
    AND (to_tsvector('simple', p.sans_accent) @@ to_tsquery('simple', %({word})s)
        OR l.commune_id = ANY(%({word}_in)s::bigint[]))"""
# A family whose people bear these words between them: a parent may bear another name.
TOGETHER = """
SELECT h.id FROM people_household AS h WHERE h.id IN ({all}){each} ORDER BY h.name, h.id
LIMIT %(most)s
"""
SOMEBODY_BEARS = """
SELECT m.household_id FROM people_person AS p
JOIN people_householdmember AS m ON m.person_id = p.id AND m.valid_from <= %(day)s
    AND (m.valid_until IS NULL OR m.valid_until > %(day)s)
WHERE to_tsvector('simple', p.sans_accent) @@ to_tsquery('simple', %({word})s)"""
SOMEBODY_BEARS_OR_THEY_LIVE = """
    AND (EXISTS ({bears} AND m.household_id = h.id)
        OR EXISTS (SELECT FROM people_residence AS l WHERE l.household_id = h.id
            AND l.valid_from <= %(day)s AND (l.valid_until IS NULL OR l.valid_until > %(day)s)
            AND l.commune_id = ANY(%({word}_in)s::bigint[])))"""
REACHED = """
SELECT m.household_id FROM people_person AS p
JOIN people_householdmember AS m ON m.person_id = p.id AND m.valid_from <= %(day)s
    AND (m.valid_until IS NULL OR m.valid_until > %(day)s)
WHERE p.mobile <> '' AND (
    regexp_replace(p.mobile, '[^0-9]', '', 'g') COLLATE "C" LIKE %(here)s
    OR regexp_replace(p.mobile, '[^0-9]', '', 'g') COLLATE "C" LIKE %(abroad)s)
ORDER BY p.sans_accent, m.id LIMIT %(most)s
"""
MEMBERS = """
SELECT m.household_id, h.uid, h.name, c.name,
    coalesce(w.balance, 0) + coalesce(r.balance, 0), p.id, p.first_name, m.role, m.is_main
FROM people_householdmember AS m
JOIN people_person AS p ON p.id = m.person_id
JOIN people_household AS h ON h.id = m.household_id
JOIN ledger_account AS w ON w.id = h.wallet_id
JOIN ledger_account AS r ON r.id = h.receivable_id
LEFT JOIN people_residence AS l ON l.household_id = h.id AND l.valid_from <= %(day)s
    AND (l.valid_until IS NULL OR l.valid_until > %(day)s)
LEFT JOIN catalog_commune AS c ON c.id = l.commune_id
WHERE m.valid_from <= %(day)s AND (m.valid_until IS NULL OR m.valid_until > %(day)s)
    AND m.household_id = ANY(ARRAY(
        SELECT unnest(%(households)s::bigint[])
        UNION SELECT household_id FROM people_householdmember
        WHERE person_id = ANY(%(persons)s::bigint[]) AND is_main))
ORDER BY p.sans_accent, m.id
"""


class Member(Struct, frozen=True):
    """Somebody of a household, what it is called, where it lives, and the cents that it has."""

    household: int
    uid: UUID
    name: str
    commune: str | None
    cents: int
    person: int
    first_name: str
    role: Role
    is_main: bool


def families_named(
    words: Sequence[str], communes: Mapping[str, Collection[int]], day: date
) -> list[int]:
    """
    Return the households of who bears these plain words, the first two hundred people of them.

    Each word begins a part of the name, or is of the commune that they live in (`communes`, by
    word); at least one is of the name.  Those whose people bear them between them come after.
    """
    if not words:
        return []
    alone = _borne_by_one(words, communes, day)
    # Nobody reads past the first twenty: what ranks after them is looked for where they are fewer.
    is_short = len(words) > 1 and len(alone) < ENOUGH
    together = _borne_together(words, communes, day) if is_short else []
    return list(dict.fromkeys((*alone, *together)))


def _borne_by_one(
    words: Sequence[str], communes: Mapping[str, Collection[int]], day: date
) -> list[int]:
    begins = {word: f"{word}:*" for word in words}
    of_names = [begins[word] for word in words if not communes.get(word)]
    asked: dict[str, Any] = {
        "day": day,
        "bears": " & ".join(of_names) or " | ".join(begins.values()),
        "first": words[0],
        "after": words[0] + AFTER_LETTERS,
        "most": MEMBERS_MAX,
    }
    each = ""
    for place, word in enumerate(words):
        if there := communes.get(word):
            each += BEARS_OR_LIVES.format(word=f"word{place}")
            asked |= {f"word{place}": begins[word], f"word{place}_in": list(there)}
    return _households(NAMED.format(each=each), asked)


def _borne_together(
    words: Sequence[str], communes: Mapping[str, Collection[int]], day: date
) -> list[int]:
    asked: dict[str, Any] = {"day": day, "most": MEMBERS_MAX}
    of_names, each = [], ""
    for place, word in enumerate(words):
        bears = SOMEBODY_BEARS.format(word=f"word{place}")
        asked[f"word{place}"] = f"{word}:*"
        if there := communes.get(word):
            each += SOMEBODY_BEARS_OR_THEY_LIVE.format(bears=bears, word=f"word{place}")
            asked[f"word{place}_in"] = list(there)
        else:
            of_names.append(bears)
    if not of_names:
        return []
    return _households(TOGETHER.format(all=" INTERSECT ".join(of_names), each=each), asked)


def families_reached(text: str, day: date) -> list[int]:
    """Return the households of whose mobile a number begins, written as here or from abroad."""
    digits = re.sub("[^0-9]", "", text)
    if PHONE.match(text) is None or len(digits) < DIGITS_MIN:
        return []
    rest = ABROAD.sub("", digits).removeprefix("0")
    asked: dict[str, Any] = {"day": day, "here": f"0{rest}%", "abroad": f"33{rest}%"}
    return _households(REACHED, asked | {"most": MEMBERS_MAX})


def members_of(households: Collection[int], persons: Collection[int], day: date) -> list[Member]:
    """Return who belongs that day to these households, and to the main ones of these persons."""
    if not (households or persons):
        return []
    asked: dict[str, Any] = {"day": day, "households": list(households), "persons": list(persons)}
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS, asked)
        return [Member(*row) for row in cursor.fetchall()]


def _households(statement: str, asked: Mapping[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return list(dict.fromkeys(household for (household,) in cursor.fetchall()))
