"""What a page knows of its request beyond what Django gives: the moment, told once."""

from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from msgspec import Struct


class Moment(Struct, frozen=True):
    """The instant of a request, and what the clocks of the territory show then."""

    at: datetime
    local: datetime

    @classmethod
    def of(cls, at: datetime, zone: ZoneInfo) -> "Moment":
        """Return the moment of an instant in a zone."""
        return cls(at, at.astimezone(zone))

    @property
    def day(self) -> date:
        """Return the local day."""
        return self.local.date()


class Dated(HttpRequest):
    """A request that has come through our middleware: it has its moment."""

    moment: Moment


def give_moment(request: HttpRequest, found: Moment) -> None:
    """Write on a request when it came."""
    cast(Dated, request).moment = found


def moment(request: HttpRequest) -> Moment:
    """Return the moment of a request."""
    return cast(Dated, request).moment
