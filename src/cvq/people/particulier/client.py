"""
Ask the funds about a family: four questions, each answered by a figure or by one reason.

Tries are bounded, waits too; whoever must not wait says so by a short patience.
"""

import time
from collections.abc import Callable
from math import ceil
from typing import TypeVar
from urllib.parse import urlencode

from cvq.people.messages import CivilStatus, NotTold, ToldQuotient, ToldResources
from cvq.people.models import CallOutcome
from cvq.people.particulier import answers
from cvq.people.particulier.access import Access
from cvq.people.particulier.pace import Pace
from cvq.people.particulier.wire import Line, NoReply, Reply

TRIES_MAX = 3
TIMEOUT_SECONDS = 10.0
PATIENCE_SECONDS = 90.0
BACKOFF_SECONDS = 0.5
FIRST_NAMES_MAX = 3
WORTH_ANOTHER_TRY = {CallOutcome.BUSY, CallOutcome.DOWN, CallOutcome.TOO_MANY}

QUOTIENT = "/v3/dss/quotient_familial"
PARTICIPATION = "/v3/dss/participation_familiale_eaje"

Told = TypeVar("Told")


class Particulier:
    """The API, as one thread asks it."""

    def __init__(
        self,
        access: Access,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        tries_max: int = TRIES_MAX,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the access; nothing is opened yet."""
        self._access = access
        self._line = Line(access.url, timeout_seconds=timeout_seconds)
        self._patience = patience_seconds
        self._tries_max = tries_max
        self._sleep = sleep
        self._pace = Pace(clock)

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def quotient(self, status: CivilStatus) -> ToldQuotient | NotTold:
        """Return the quotient of this month of the family of an adult."""
        path = f"{QUOTIENT}/identite?{self._named(status)}"
        return self._ask(path, self._access.token, answers.quotient)

    def quotient_of_citizen(self, france_connect: str) -> ToldQuotient | NotTold:
        """Return the quotient of whoever logged in with FranceConnect, by their own token."""
        return self._ask(
            f"{QUOTIENT}/france_connect?{self._us()}", france_connect, answers.quotient
        )

    def resources(self, status: CivilStatus) -> ToldResources | NotTold:
        """Return what the price of a crèche is worked out of, for the family of an adult."""
        path = f"{PARTICIPATION}/identite?{self._named(status)}"
        return self._ask(path, self._access.token, answers.resources)

    def resources_of_citizen(self, france_connect: str) -> ToldResources | NotTold:
        """Return the same of whoever logged in with FranceConnect."""
        path = f"{PARTICIPATION}/france_connect?{self._us()}"
        return self._ask(path, france_connect, answers.resources)

    def _ask(
        self, path: str, bearer: str, read: Callable[[Reply], Told | NotTold]
    ) -> Told | NotTold:
        answer: Told | NotTold = NotTold(outcome=CallOutcome.TOO_MANY)
        for turn in range(self._tries_max):
            waits = self._pace.wait_seconds()
            if waits > self._patience:
                if turn:
                    return answer  # it says itself how long to wait
                too_early = CallOutcome.TOO_MANY
                return NotTold(outcome=too_early, wait_seconds=ceil(waits), was_made=False)
            if waits:
                self._sleep(waits)
            answer = self._call(path, bearer, read)
            if not isinstance(answer, NotTold) or answer.outcome not in WORTH_ANOTHER_TRY:
                return answer
            self._pace.rest(max(answer.wait_seconds, BACKOFF_SECONDS * 2**turn))
        return answer

    def _call(
        self, path: str, bearer: str, read: Callable[[Reply], Told | NotTold]
    ) -> Told | NotTold:
        self._pace.called()
        try:
            reply = self._line.get(path, bearer=bearer)
        except NoReply:
            return NotTold(outcome=CallOutcome.DOWN)
        self._pace.told(reply.headers)
        return read(reply)

    def _us(self) -> str:
        return urlencode({"recipient": self._access.siret})

    def _named(self, status: CivilStatus) -> str:
        asked = {
            "recipient": self._access.siret,
            "nomNaissance": status.birth_name,
            "nomUsage": status.used_name,
            "prenoms[]": status.first_names[:FIRST_NAMES_MAX],
            "anneeDateNaissance": status.born_on.year,
            "moisDateNaissance": status.born_on.month,
            "jourDateNaissance": status.born_on.day,
            "sexeEtatCivil": status.sex.value,
            "codeCogInseePaysNaissance": status.birth_country,
            "codeCogInseeCommuneNaissance": status.birth_commune,
        }
        return urlencode({name: told for name, told in asked.items() if told}, doseq=True)
