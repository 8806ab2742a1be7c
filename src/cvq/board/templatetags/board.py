"""Instants and figures as the board tells them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.formats import number_format

from cvq.board import told
from cvq.bocage.pages import Moment
from cvq.bocage.templatetags.bocage import NBSP

register = template.Library()


@register.filter
def since(at: datetime, now: Moment) -> str:
    """Write an instant of today by its hour, one of another day by its day too."""
    return told.since(at, now)


@register.filter
def to_the_second(at: datetime) -> str:
    """Write the hour of an instant with its seconds: « 8:40:52 »."""
    there = timezone.localtime(at, ZoneInfo(settings.TIME_ZONE))
    return f"{there.hour}:{there:%M:%S}"


@register.filter
def figure(count: int) -> str:
    """Write a number, its thousands apart."""
    return f"{count:,}".replace(",", NBSP)


@register.filter
def percent(share: float) -> str:
    """Write a share of a hundred with one decimal: « 1,6 % »."""
    return f"{number_format(share, 1)}{NBSP}%"
