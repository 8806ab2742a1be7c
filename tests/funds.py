"""The funds, simulated on a socket, and a clock that both sides share, so that no test waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from cvq.people.messages import CivilStatus, ToldQuotient, ToldResources
from cvq.people.models import QuotientSource, Sex
from cvq.people.particulier.access import Access
from cvq.people.particulier.client import Particulier
from cvq.people.particulier.families import FamilyFile
from cvq.people.particulier.simulator import TOKEN, Simulator, simulate

SIRET = "20004133300013"


@dataclass
class Watch:
    """A clock that goes forward only when somebody sleeps."""

    now: float = datetime(2026, 8, 20, 8, tzinfo=UTC).timestamp()
    slept: list[float] = field(default_factory=list)

    def read(self) -> float:
        """Return the time, in seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Go forward."""
        self.slept.append(seconds)
        self.now += seconds


@dataclass(frozen=True)
class Funds:
    """The simulator, a client of it, and the clock that both live by."""

    simulator: Simulator
    client: Particulier
    watch: Watch
    others: list[Particulier] = field(default_factory=list)

    def another(self, **how: Any) -> Particulier:
        """Return another client, of another token, patience or address."""
        self.others.append(client_of(self.simulator.url, self.watch, **how))
        return self.others[-1]


def client_of(url: str, watch: Watch, **how: Any) -> Particulier:
    """Return a client that waits on a watch."""
    told = {"url": url, "siret": SIRET, "token": TOKEN}
    access = Access(**{name: str(how.pop(name, value)) for name, value in told.items()})
    return Particulier(access, sleep=watch.sleep, clock=watch.read, **how)


@contextmanager
def funds_here(*, a_minute: int = 1000) -> Iterator[Funds]:
    """Open the simulated funds, with the families of the public test data."""
    watch = Watch()
    with simulate(now=watch.read, a_minute=a_minute) as simulator:
        simulator.files += [ROUX, DUPONT, LEFEBVRE]
        client = client_of(simulator.url, watch)
        funds = Funds(simulator, client, watch)
        yield funds
        for one in (client, *funds.others):
            one.close()


def status(
    name: str,
    *first_names: str,
    born_on: date = date(1985, 6, 1),
    sex: Sex = Sex.FEMALE,
    commune: str = "79202",
    country: str = "99100",
) -> CivilStatus:
    """Return a civil status."""
    return CivilStatus(
        birth_name=name,
        used_name="",
        first_names=first_names,
        born_on=born_on,
        sex=sex,
        birth_country=country,
        birth_commune=commune,
    )


# Réf. docs/references.md, T2: families of the public test data of API Particulier.
ROUX = FamilyFile(
    status=status("ROUX", "JEANNE", "STEPHANIE", born_on=date(1987, 6, 27), commune="08480"),
    quotient=ToldQuotient(value=150, source=QuotientSource.MSA, of_month=date(2023, 5, 1)),
)
DUPONT = FamilyFile(
    status=status("DUPONT", "SOPHIE", born_on=date(1982, 9, 3), commune="13001"),
    quotient=ToldQuotient(value=900, source=QuotientSource.CAF, of_month=date(2023, 6, 1)),
    children=tuple(
        status("DUPONT", name, born_on=born)
        for name, born in (
            ("LOUISE", date(2007, 6, 22)),
            ("LAURA", date(2013, 11, 15)),
            ("INES", date(2016, 12, 3)),
            ("MAXIME", date(2015, 9, 1)),
        )
    ),
)
LEFEBVRE = FamilyFile(
    status=status(
        "LEFEBVRE", "ALEXIS", "GÉRÔME", "JEAN-PHILIPPE", born_on=date(1982, 12, 27), commune="08480"
    ),
    resources=ToldResources(children=1, disabled_children=1, yearly_resources=40_923, of_year=2023),
)
