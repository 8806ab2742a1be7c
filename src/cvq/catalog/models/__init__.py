"""
The rows of the territory.

Everything that may change is dated; a tariff is never changed, a newer one takes its place.
"""

from cvq.catalog.models.calendar import Closing, OpeningHours, SchoolHoliday, SchoolWeek
from cvq.catalog.models.devices import AccessPoint, Device, DevicePoint, Revision
from cvq.catalog.models.prices import (
    Tariff,
    TariffDocument,
    TariffVersion,
    TariffWithdrawal,
)
from cvq.catalog.models.territory import (
    Authority,
    Catchment,
    Commune,
    CommuneMembership,
    Regie,
    Service,
    SharingAgreement,
    Site,
    SousRegie,
    Space,
)

__all__ = [
    "AccessPoint",
    "Authority",
    "Catchment",
    "Closing",
    "Commune",
    "CommuneMembership",
    "Device",
    "DevicePoint",
    "OpeningHours",
    "Regie",
    "Revision",
    "SchoolHoliday",
    "SchoolWeek",
    "Service",
    "SharingAgreement",
    "Site",
    "SousRegie",
    "Space",
    "Tariff",
    "TariffDocument",
    "TariffVersion",
    "TariffWithdrawal",
]
