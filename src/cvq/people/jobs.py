"""
Ask the funds for the quotients and resources that are due, a few at a time, as they allow.

What is done is in the database, so that whoever stops goes on from there.  Nothing is asked without
a consent, and a call that tells nothing leaves every price as it was.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from psycopg import Cursor

from cvq.kernel.local import at_ms, local
from cvq.people.messages import CivilStatus, NotTold, ToldQuotient, ToldResources
from cvq.people.models import CallOutcome, Household, Quotient, QuotientConsent, Sex
from cvq.people.particulier.client import Particulier
from cvq.people.selectors import QUOTIENTS_TO_ASK, RESOURCES_TO_ASK, consents_to_ask
from cvq.people.services import learn_quotient, learn_resources
from cvq.people.services.renewed import Renewals
from cvq.plumbing.connections import underneath

Answer = ToldQuotient | ToldResources | NotTold

DOWN_IN_A_ROW_MAX = 3
IDLE = timedelta(minutes=1)  # before looking again, once nothing is left
REST = {
    CallOutcome.DOWN: timedelta(minutes=10),
    CallOutcome.NOT_ALLOWED: timedelta(hours=1),
}
ALONE = "SELECT pg_try_advisory_lock(hashtext('cvq.quotients'))"
NO_LONGER_ALONE = "SELECT pg_advisory_unlock(hashtext('cvq.quotients'))"


@dataclass
class Progress:
    """What a turn did: how each call ended, and why it stopped before the last one."""

    ended: Counter[CallOutcome] = field(default_factory=Counter)
    stopped: CallOutcome | None = None
    wait: timedelta = timedelta(0)
    is_elsewhere: bool = False  # another process is asking

    @property
    def asked(self) -> int:
        """Return how many calls were made."""
        return self.ended.total()


class Refresh:
    """The batch: it remembers only that the funds do not answer just now."""

    def __init__(self, funds: Particulier, *, zone: ZoneInfo, renewals: Renewals) -> None:
        """Take whom to ask, and the days of the year on which quotients begin."""
        self._funds = funds
        self._zone = zone
        self._renewals = renewals
        # Quotients first: more families are priced by them.
        self._questions = (
            (QUOTIENTS_TO_ASK, self._ask_quotient),
            (RESOURCES_TO_ASK, self._ask_resources),
        )
        self._rests_until: datetime | None = None
        self._down_in_a_row = 0

    def run(self, now: datetime, *, at_most: int) -> Progress:
        """
        Ask for what is most urgent and return how that went; nothing while the funds rest.

        Only one process asks at a time: the limits are those of the token.
        """
        progress = Progress()
        if self._rests_until is not None and now < self._rests_until:
            return progress
        cursor = Cursor(underneath())
        if cursor.execute(ALONE).fetchone() != (True,):
            progress.is_elsewhere = True
            self._rests_until = now + IDLE
            return progress
        try:
            self._ask_in_turn(now, at_most, progress)
        finally:
            cursor.execute(NO_LONGER_ALONE)
        return progress

    def _ask_in_turn(self, now: datetime, at_most: int, progress: Progress) -> None:
        today = local(at_ms(now), self._zone).day
        wanted = [
            (ask, number)
            for question, ask in self._questions
            for number in consents_to_ask(now, today, at_most, underneath(), question)
        ]
        if not wanted:
            self._rests_until = now + IDLE
        for ask, number in wanted[:at_most]:
            consent = (
                QuotientConsent.objects.select_related("household", "person")
                .filter(pk=number, withdrawn_at=None)
                .first()
            )
            if consent is None:
                continue  # withdrawn since we looked
            answer = ask(consent, now, today)
            told = answer.outcome if isinstance(answer, NotTold) else CallOutcome.TOLD
            if not isinstance(answer, NotTold) or answer.was_made:
                progress.ended[told] += 1
            if self._must_rest(told, answer, now, progress):
                return

    def _ask_quotient(self, consent: QuotientConsent, now: datetime, today: date) -> Answer:
        answer = self._funds.quotient(civil_status(consent))
        if not isinstance(answer, NotTold) or answer.was_made:
            learn_quotient(
                household=consent.household,
                consent=consent,
                answer=answer,
                renewals=self._renewals,
                at=now,
                today=today,
            )
        return answer

    def _ask_resources(self, consent: QuotientConsent, now: datetime, today: date) -> Answer:
        answer = self._funds.resources(civil_status(consent))
        if not isinstance(answer, NotTold) or answer.was_made:
            learn_resources(consent=consent, answer=answer, at=now, today=today)
        return answer

    def _must_rest(
        self, told: CallOutcome, answer: object, now: datetime, progress: Progress
    ) -> bool:
        """Tell whether to ask no more for now: the next one would hear the same."""
        self._down_in_a_row = self._down_in_a_row + 1 if told is CallOutcome.DOWN else 0
        wait = REST.get(told, timedelta(0))
        if told is CallOutcome.DOWN and self._down_in_a_row < DOWN_IN_A_ROW_MAX:
            return False
        if told is CallOutcome.TOO_MANY and isinstance(answer, NotTold):
            wait = timedelta(seconds=max(answer.wait_seconds, 1))
        if not wait:
            return False
        progress.stopped, progress.wait = told, wait
        self._rests_until = now + wait
        return True


def ask_for_citizen(
    funds: Particulier,
    *,
    household: Household,
    france_connect: str,
    renewals: Renewals,
    now: datetime,
    today: date,
) -> Quotient | NotTold | None:
    """Ask the fund of whoever logged in with FranceConnect; they ask it themselves."""
    answer = funds.quotient_of_citizen(france_connect)
    if isinstance(answer, NotTold) and not answer.was_made:
        return answer
    learnt = learn_quotient(
        household=household, consent=None, answer=answer, renewals=renewals, at=now, today=today
    )
    return answer if isinstance(answer, NotTold) else learnt


def civil_status(consent: QuotientConsent) -> CivilStatus:
    """Return what the funds find the adult of a consent by."""
    person = consent.person
    return CivilStatus(
        birth_name=person.birth_name,
        used_name=person.used_name,
        first_names=tuple(consent.first_names.split()),
        born_on=person.born_on,
        sex=Sex(consent.sex),
        birth_country=consent.birth_country,
        birth_commune=consent.birth_commune,
    )
