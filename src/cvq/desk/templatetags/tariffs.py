"""How the pages of tariffs lay out what they are given."""

from collections.abc import Iterable

from django import template

from cvq.desk.tariffs import moved as moves
from cvq.desk.tariffs.tables import Table

register = template.Library()


@register.filter
def moved(sentences: Iterable[str]) -> moves.Moved:
    """Return what changes as a table of amounts, and sentences for the rest."""
    return moves.moved(sentences)


@register.filter
def stacks(table: Table) -> bool:
    """Tell whether each cell can stand under its row: none of the heads is a cell itself."""
    return not any(column.box for column in table.columns)


@register.filter
def head(table: Table, place: int) -> str:
    """Return the head of the column of a cell."""
    return table.columns[place].title if place < len(table.columns) else ""
