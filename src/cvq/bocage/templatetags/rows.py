"""
Rows of operations, drawn whole: a statement has hundreds, and a template works out each word apart.
"""

from functools import lru_cache
from typing import Any

from django import template
from django.urls import get_script_prefix, reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from cvq.bocage.templatetags.bocage import (
    day_short,
    euros,
    euros_signed,
    hour,
    icon,
    kept,
    unbroken,
)

register = template.Library()

PEOPLE = 512
ANY = 0  # stands for an operation in an address that is worked out once for all of them


@register.simple_tag
def operation_row(line: Any) -> SafeString:
    """Draw an operation of the statement: what, where, when, how much; it leads to its page."""
    one = line.operation
    start, end = _operation(get_script_prefix())
    who = "" if line.person is None else _named(line.person, tagged=True)
    when = f"{hour(one.at)} · " if one.has_hour else ""
    detail: str = unbroken(line.detail)
    if one.top_up:
        receipt = reverse("portal:receipt", args=[one.top_up])
        detail = format_html('<a href="{}">{}</a>', receipt, detail)
    else:
        detail = kept(detail)
    return format_html(
        '<li class="ligne">{} <span class="quoi"><a href="{}{}{}">{}</a>{}</span>'
        ' <span class="ou">{}{}</span> <span class="droite">{}</span></li>',
        icon(line.icon),
        start,
        one.entry,
        end,
        line.title,
        who,
        when,
        detail,
        euros_signed(one.cents),
    )


@register.simple_tag
def operation_cells(line: Any) -> SafeString:
    """Draw an operation in the table of the desk, with what was left after it where it is told."""
    one = line.operation
    when = f"{day_short(one.at)} {hour(one.at)}" if one.has_hour else day_short(one.at)
    detail = unbroken(line.detail)
    detail = detail if one.top_up else kept(detail)
    if line.why:
        detail = format_html("{}<small>{}</small>", detail, line.why)
    left = ""
    if line.balance is not None:
        left = format_html('<td class="n z">{}</td>', euros(line.balance))
    return format_html(
        '<tr><td class="z">{}</td><td>{}</td><td class="qui">{}</td><td class="z">{}</td>'
        '<td class="n">{}</td>{}</tr>',
        when,
        line.title,
        "" if line.person is None else _named(line.person, tagged=False),
        detail,
        euros_signed(one.cents),
        left,
    )


def _named(person: Any, *, tagged: bool) -> SafeString:
    return _disc(person.hue, person.initial, person.first_name, tagged=tagged)


@lru_cache(maxsize=PEOPLE)
def _disc(hue: int, initial: str, first_name: str, *, tagged: bool) -> SafeString:
    disc = format_html('<span class="pers p{}" aria-hidden="true">{}</span>', hue, initial)
    if not tagged:
        return disc + conditional_escape(first_name)
    return format_html(' <span class="tag plain">{}{}</span>', disc, first_name)


@lru_cache(maxsize=2)
def _operation(_prefix: str) -> tuple[str, str]:
    start, _, end = reverse("portal:operation", args=[ANY]).rpartition(str(ANY))
    return start, end
