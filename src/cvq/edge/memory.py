"""
All that a box decides on: the policies of its sectors, its journal and what it saw today.

The controller asks it for facts and gives it what happened; it alone knows where each is kept.
"""

from collections.abc import Mapping
from pathlib import Path

from cvq.edge.journal import Journal, Trace
from cvq.edge.limits import Risk
from cvq.edge.situations import Facts
from cvq.edge.snapshot import Place, Policy, Snapshot
from cvq.edge.tally import Tally
from cvq.kernel.local import local
from cvq.rules.vocabulary import SECTOR_OF, Direction, Purpose, Sector
from cvq.wire.rows import PointRow

DAY_MS = 86_400_000


def snapshot_path(folder: Path, sector: Sector) -> Path:
    """Return the file of one sector's policy."""
    return folder / f"policy-{sector.lower()}.sqlite3"


class Memory:
    """What a box knows, for the thread that decides."""

    def __init__(self, journal: Journal, snapshots: Mapping[Sector, Snapshot]) -> None:
        """Read what was known when the box stopped."""
        self.journal = journal
        self.snapshots = dict(snapshots)
        self.tallies = {sector: Tally() for sector in self.snapshots}
        self.policies: dict[Sector, Policy] = {}
        self.places: dict[Sector, Place | None] = {}
        self.points: dict[int, PointRow] = {}
        self._versions: dict[Sector, int] = {}
        self.acked = 0
        self.refresh()

    def refresh(self) -> None:
        """Read again the policies that changed, and raise the floor of time to their date."""
        for sector, snapshot in self.snapshots.items():
            version = snapshot.version()
            if self._versions.get(sector) == version:
                continue
            self._versions[sector] = version
            policy = snapshot.policy()
            self.policies[sector] = policy
            self.places[sector] = snapshot.place()
            known = {point.point: point for point in snapshot.points()}
            gone = [n for n, row in self.points.items() if SECTOR_OF[row.purpose] is sector]
            for number in gone:
                del self.points[number]
            self.points.update(known)
            self.tallies[sector].hear(policy.heard)
            if policy.iat > self.journal.floor:
                self.journal.set_floor(policy.iat)

    def reread(self) -> None:
        """Read every policy again, even those that this very connection took."""
        self._versions.clear()
        self.refresh()

    def begin(self, now: int) -> None:
        """Begin the day of an instant, with what the journal says was seen since its morning."""
        for sector, tally in self.tallies.items():
            day = self.day(now, sector)
            if tally.day == day:
                continue
            fresh = Tally()
            fresh.begin(day)
            fresh.hear(self.policies[sector].heard)
            traces = self.journal.traces(since_day=day, after=min(fresh.heard, self.acked))
            fresh.load(trace for trace in traces if self.sector_of(trace) is sector)
            fresh.forget_alone(acked=self.acked)
            self.tallies[sector] = fresh

    def tidy(self, acked: int) -> None:
        """Forget what the town hall knows and no answer depends on any more."""
        self.acked = acked
        for tally in self.tallies.values():
            tally.forget_alone(acked=acked)
        day = min((tally.day for tally in self.tallies.values()), default=0)
        heard = min((policy.heard for policy in self.policies.values()), default=0)
        self.journal.forget_traces(before_day=day, until=min(acked, heard))

    def day(self, now: int, sector: Sector) -> int:
        """Return the number of the local day, or of the UTC one before any policy."""
        place = self.places.get(sector)
        return local(now, place.zone).day.toordinal() if place else now // DAY_MS

    def sector_of(self, trace: Trace) -> Sector | None:
        """Return the sector of a passage, or nothing if its sector is no longer ours."""
        name = trace.sector
        return Sector(name) if name in self.snapshots else None

    def point(self, number: int) -> PointRow | None:
        """
        Return an access point.

        A school box that has no policy yet still knows that it serves children, and so that
        nobody is turned away.
        """
        found = self.points.get(number)
        if found is None and set(self.snapshots) == {Sector.SCHOOL}:
            return PointRow(point=number, purpose=Purpose.SCHOOL_GATE, service=0, zone="")
        return found

    def facts(self, point: PointRow, ref: str, at: int, direction: Direction) -> Facts:
        """Return all that is known of a medium presented at a point."""
        sector = SECTOR_OF[point.purpose]
        snapshot, tally = self.snapshots[sector], self.tallies[sector]

        def funds(account: str) -> int | None:
            allowance = snapshot.allowance(account)
            return None if allowance is None else max(0, allowance - tally.spent(account))

        return Facts(
            card=snapshot.card(ref),
            point=point,
            place=self.places[sector],
            at=at,
            direction=direction,
            tally=tally,
            listed_until=self.policies[sector].exp,
            funds=funds,
        )

    def risk(self, facts: Facts, ref: str, *, acked: int, clock_suspect: bool) -> Risk:
        """Return what is wrong with the box, and what this card spent out of sight."""
        cents, uses = facts.tally.alone(ref, acked=acked)
        return Risk(
            stale=facts.at >= facts.listed_until,
            clock_suspect=clock_suspect,
            full=self.journal.ballast.is_thrown,
            offline_cents=cents,
            money_uses=uses,
        )

    def remember(self, trace: Trace) -> None:
        """Take in what went through, once it is written."""
        if sector := self.sector_of(trace):
            self.tallies[sector].add(trace)

    def take_back(self, trace: Trace) -> None:
        """Take out a passage that did not happen, once that is written."""
        if sector := self.sector_of(trace):
            self.tallies[sector].take_back(trace)
