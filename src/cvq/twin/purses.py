"""When families and professionals put money on their wallets, how much, and by which way."""

from collections.abc import Mapping
from random import Random

from cvq.kernel.ids import uuid7
from cvq.kernel.local import instant
from cvq.payments.messages import AskedTopUp
from cvq.payments.models import Channel, PaymentMeans
from cvq.twin.places import Places
from cvq.twin.residents import Firm, Home, Payer, Population

# Share of each way in a hundred top-ups (territory, 2017).
CHANNELS = {
    Channel.INTERNET: 61,
    Channel.COUNTER: 29,
    Channel.KIOSK: 9,
    Channel.UNSPECIFIED: 1,
}
AT_ONCE = {Channel.INTERNET: 87, Channel.KIOSK: 13}  # somebody who stands before the door
MEANS: dict[Channel, dict[PaymentMeans, int]] = {
    Channel.INTERNET: {PaymentMeans.PAYFIP_CARD: 85, PaymentMeans.PAYFIP_SDD: 15},
    Channel.COUNTER: {
        PaymentMeans.CASH: 30,
        PaymentMeans.CHEQUE: 35,
        PaymentMeans.CARD_POS: 33,
        PaymentMeans.TRANSFER: 2,
    },
    Channel.KIOSK: {PaymentMeans.CARD_POS: 1},
    Channel.UNSPECIFIED: {PaymentMeans.TRANSFER: 1},
}
LOW_CENTS = 1_500
NOTICES_SHARE = 0.5
LATE_SHARE = 1 / 50
FAMILY_EUROS, FIRM_EUROS = (20, 30, 40, 50, 80, 100), (60, 90, 150)


class Purses:
    """The habits of payment of everybody."""

    def __init__(self, people: Population, places: Places) -> None:
        """Take those who have a wallet in use."""
        self.payers = list(people.payers())
        self.codes = [payer.code for payer in self.payers]
        self.places = places

    def first(self, rng: Random, at: int) -> list[AskedTopUp]:
        """Return the first top-ups of everybody who is not late already."""
        return [self.ask(rng, payer, at) for payer in self.payers if not payer.is_late]

    def evening(self, rng: Random, left: Mapping[str, int], at: int) -> list[AskedTopUp]:
        """
        Return what is topped up on an evening, from what is left in each wallet.

        Who uses the card only now and then looks less often; a few always come late.
        """
        asked = []
        for payer in self.payers:
            if left.get(payer.code, 0) >= LOW_CENTS:
                continue
            if rng.random() < (LATE_SHARE if payer.is_late else NOTICES_SHARE):
                asked.append(self.ask(rng, payer, at))
        return asked

    def ask(self, rng: Random, payer: Payer, at: int, *, now: bool = False) -> AskedTopUp:
        """Return one top-up; `now` is by those means that somebody at the door has."""
        ways = AT_ONCE if now else CHANNELS
        channel = rng.choices(list(ways), list(ways.values()))[0]
        means = rng.choices(list(MEANS[channel]), list(MEANS[channel].values()))[0]
        euros = rng.choice(FIRM_EUROS if isinstance(payer, Firm) else FAMILY_EUROS)
        till = rng.choice(self.places.tills)[0] if channel is Channel.COUNTER else None
        return AskedTopUp(
            uid=uuid7(at, rng.randbytes),
            cents=euros * 100,
            channel=channel,
            means=means,
            regie_id=self.places.regie,
            sous_regie_id=till,
            at=instant(at),
            household_id=payer.household if isinstance(payer, Home) else None,
            organisation_id=payer.organisation if isinstance(payer, Firm) else None,
        )
