"""What an agent is there to do, and days and amounts as tariffs tell them."""

from datetime import date

from django import template
from django.http import HttpRequest
from django.template import RequestContext

from cvq.access.models import Role
from cvq.access.services import roles_of
from cvq.bocage.pages import moment
from cvq.bocage.templatetags.bocage import NBSP, day_short, written
from cvq.desk.opened import user_of

register = template.Library()


@register.simple_tag(takes_context=True)
def at_work(context: RequestContext) -> frozenset[Role]:
    """
    Return the roles that the agent has that day.

    Whoever has the file of a family before them is at a counter: that page asks no more questions.
    """
    if "household" in context or "family" in context:
        return frozenset({Role.COUNTER})
    request: HttpRequest = context["request"]
    return roles_of(user_of(request), moment(request).day)


@register.filter
def day_full(day: date) -> str:
    """Write a day with its year: « 1er septembre 2024 »."""
    return f"{day_short(day)}{NBSP}{day.year}"


@register.filter
def euros_moved(cents: int) -> str:
    """Write by how much a price moves: « +0,50 € »; neither way is good news by itself."""
    return written(cents, signed=True)
