"""What must hold of media: each is known in every sector, has a state, and never comes back."""

from collections.abc import Iterator
from typing import Any

from psycopg import Connection, Cursor

from cvq.cards.models import FOR_EVER
from cvq.rules.vocabulary import Sector

CHECKS = {
    """
    SELECT medium.number FROM cards_medium AS medium
     WHERE (SELECT count(*) FROM cards_sectorref WHERE medium_id = medium.id) <> %(sectors)s
     ORDER BY 1
    """: "Le support {} n'a pas une référence par secteur.",
    """
    SELECT medium.number FROM cards_medium AS medium
     WHERE NOT EXISTS (SELECT FROM cards_mediumstate WHERE medium_id = medium.id)
        OR NOT EXISTS (SELECT FROM cards_holding WHERE medium_id = medium.id)
     ORDER BY 1
    """: "Le support {} n'a ni état ni titulaire.",
    """
    SELECT DISTINCT medium.number
      FROM cards_mediumstate AS dead
      JOIN cards_mediumstate AS later ON later.medium_id = dead.medium_id
       AND (later.at, later.id) > (dead.at, dead.id)
      JOIN cards_medium AS medium ON medium.id = dead.medium_id
     WHERE dead.state = ANY(%(for_ever)s::text[]) ORDER BY 1
    """: "Le support {} a resservi après avoir été perdu, volé ou détruit.",
}


def culprits(connection: Connection[Any]) -> Iterator[str]:
    """Yield what is wrong, one sentence each; nothing when all is well."""
    told = {"sectors": len(Sector), "for_ever": [state.value for state in FOR_EVER]}
    for check, sentence in CHECKS.items():
        for (number,) in Cursor(connection).execute(check, told):
            yield sentence.format(number)
