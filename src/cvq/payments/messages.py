"""What is asked of this package: top-ups to be recorded."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from cvq.payments.models import Channel, PaymentMeans


@dataclass(frozen=True, kw_only=True)
class AskedTopUp:
    """
    Money for a household or for an organisation, one of the two.

    `uid` is drawn into the form: the same one is the same top-up, however often it is sent.
    """

    uid: UUID
    cents: int
    channel: Channel
    means: PaymentMeans
    regie_id: int
    at: datetime
    household_id: int | None = None
    organisation_id: int | None = None
    sous_regie_id: int | None = None


class Receipt(NamedTuple):
    """The numbered proof of a top-up."""

    uid: UUID
    entry_id: int
    year: int
    number: int
