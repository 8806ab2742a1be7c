"""Amounts, days, hours and icons, told the same way on every page."""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

register = template.Library()

KEPT = 4096
NBSP = "\u00a0"
MINUS = "\u2212"


def written(cents: int, *, signed: bool = False, short: bool = False) -> str:
    """Return an amount as pages write it, `1 234,50 €`; `short` leaves `,00` out."""
    return _written(cents, signed=signed, short=short, is_french=_is_french())


@lru_cache(maxsize=KEPT)
def _written(cents: int, *, signed: bool, short: bool, is_french: bool) -> str:
    whole, rest = divmod(abs(cents), 100)
    grouped = f"{whole:,}".replace(",", NBSP if is_french else ",")
    tail = "" if short and rest == 0 else f"{',' if is_french else '.'}{rest:02}"
    sign = MINUS if cents < 0 else "+" if signed and cents > 0 else ""
    return f"{sign}{grouped}{tail}{NBSP}€" if is_french else f"{sign}€{grouped}{tail}"


@register.filter
def euros(cents: int) -> SafeString:
    """Write an amount in cents."""
    return _amount(cents, "eur", signed=False, short=False, is_french=_is_french())


@register.filter
def euros_short(cents: int) -> SafeString:
    """Write an amount in cents without `,00`."""
    return _amount(cents, "eur", signed=False, short=True, is_french=_is_french())


@register.filter
def euros_signed(cents: int) -> SafeString:
    """Write a movement: with its sign, and green where it comes in."""
    css = "eur plus" if cents > 0 else "eur"
    return _amount(cents, css, signed=True, short=False, is_french=_is_french())


# The same prices come back on every line of every page.
@lru_cache(maxsize=KEPT)
def _amount(cents: int, css: str, *, signed: bool, short: bool, is_french: bool) -> SafeString:
    text = _written(cents, signed=signed, short=short, is_french=is_french)
    return format_html('<data class="{}" value="{}">{}</data>', css, _value(cents), text)


@register.filter
def plain_amount(cents: int) -> str:
    """Write an amount as a form sends it back: « 10,00 »."""
    return _value(cents).replace(".", ",")


def _value(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"


@register.filter
def words(text: str) -> list[str]:
    """Return the words of a text, one by one."""
    return text.split()


@register.filter
def day_name(at: date) -> str:
    """Write a day as people say it: « mardi 2 juin »."""
    day = _local_day(at)
    number = "1er" if day.day == 1 and _is_french() else str(day.day)
    weekday, month = date_format(day, "l"), date_format(day, "F")
    return f"{weekday} {number}{NBSP}{month}" if _is_french() else f"{weekday} {number} {month}"


@register.filter
def day_short(at: date) -> str:
    """Write a day shortly: « 2 juin »."""
    day = _local_day(at)
    return f"{'1er' if day.day == 1 and _is_french() else day.day}{NBSP}{date_format(day, 'F')}"


@register.filter
def hour(at: datetime) -> str:
    """Write an hour as people say it in the territory: « 7 h 52 », « 18 h »."""
    there = timezone.localtime(at, ZoneInfo(settings.TIME_ZONE))
    if not _is_french():
        return f"{there.hour}:{there.minute:02}"
    minutes = f"{NBSP}{there.minute:02}" if there.minute else ""
    return f"{there.hour}{NBSP}h{minutes}"


def _local_day(at: date) -> date:
    """Return the day of the territory that an instant is in; a day is itself."""
    if isinstance(at, datetime):
        return timezone.localtime(at, ZoneInfo(settings.TIME_ZONE)).date()
    return at


def _is_french() -> bool:
    return not (translation.get_language() or "fr").startswith("en")


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """Draw an icon of the sprite; a word always stands beside it."""
    return _drawn(name, css, _sprite(settings.STATIC_URL))


@lru_cache(maxsize=2)
def _sprite(_where: str) -> str:
    return static("bocage/icons.svg")


@lru_cache(maxsize=KEPT)
def _drawn(name: str, css: str, sprite: str) -> SafeString:
    return format_html(
        '<svg class="ico {}" viewBox="0 0 256 256" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        css,
        sprite,
        name,
    )


@register.filter
def with_class(field: BoundField, css: str) -> SafeString:
    """Draw the control of a field with a class of ours."""
    return field.as_widget(attrs={"class": css})


@register.filter
def unbroken(text: str) -> str:
    """Keep together what no line may part: « 2,70 € », a colon and its word."""
    return text.replace(" €", f"{NBSP}€").replace(" :", f"{NBSP}:").replace(" ×", f"{NBSP}×")


@register.filter
def kept(text: str) -> str:
    """
    Write what is kept in French: in the language of who reads if the words are ours.

    The sentence of a price, or a reason that somebody typed, stays as it is; it is marked as
    French, so that a screen reader says it well.
    """
    if _is_french() or not text:
        return text
    ours = gettext(text)
    return ours if ours != text else format_html('<span lang="fr">{}</span>', text)


@register.filter
def telephone(number: str) -> str:
    """Write a number of ten digits by two, on one line; any other as it was given."""
    digits = "".join(number.split()).replace(".", "")
    if len(digits) != 10 or not digits.isdecimal():
        return number
    return NBSP.join(digits[place : place + 2] for place in range(0, 10, 2))


@register.filter
def capital(text: str) -> str:
    """Write a sentence with its capital."""
    return text[:1].upper() + text[1:]
