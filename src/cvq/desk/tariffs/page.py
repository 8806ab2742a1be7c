"""What the page of a document shows: its tables, what is wrong, what changes, and for whom."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.utils.functional import Promise, cached_property
from django.utils.translation import ngettext

from cvq.catalog.documents import authors_of
from cvq.catalog.kinds import DocumentState
from cvq.catalog.models import Service, TariffVersion, TariffWithdrawal
from cvq.catalog.remarks import remarks
from cvq.catalog.versions import (
    checked_for,
    day_before,
    digest_of,
    in_force_without,
    names_of,
    texts_before,
    versions_of,
)
from cvq.desk.tariffs.choosing import seeing
from cvq.desk.tariffs.tables import Table, legend_of, tables_of
from cvq.desk.tariffs.trying import (
    Asked,
    Lines,
    Tried,
    asked_of,
    lists_of,
    priced_before,
    tried,
)
from cvq.rules.tariff import Tariff as Priceable
from cvq.rules.tariff.compared import differences
from cvq.rules.tariff.document import check
from cvq.rules.tariff.findings import Finding

CHANGES_MAX = 200
CELLS_MAX = 900  # a form has a thousand fields at most


class Numbered(NamedTuple):
    """A line of the text, with what the checker says of it."""

    number: int
    text: str
    findings: tuple[Finding, ...]


class Changes(NamedTuple):
    """What a document changes; `whose` names the services, where it is not the same for all."""

    whose: str
    sentences: tuple[str, ...]


class Compared(NamedTuple):
    """What three families pay, before and after; `whose` as above."""

    whose: str
    tried: tuple[Tried, ...]


class Page:
    """A document as somebody reads it that day; `typed` is what they sent and was not done."""

    def __init__(
        self,
        version: TariffVersion,
        *,
        day: date,
        given: Mapping[str, str],
        typed: Mapping[str, str] | None = None,
    ) -> None:
        """Check the text once; the rest is worked out when the page asks for it."""
        self.version = version
        self.document = document = version.document
        self.versions = versions_of(document)
        self.services = [one.service for one in self.versions]
        self.seen = digest_of(document.text, [one.pk for one in self.services])
        self.tariff, self.findings = checked_for(self.services, document.text)
        self.tables: Sequence[Table] = tables_of(document.text, self.findings, typed)
        self._day = day
        self._given = given

    @property
    def authors(self) -> list[str]:
        """Return who wrote it: none of them approves it."""
        return authors_of(self.document)

    @property
    def is_draft(self) -> bool:
        """Tell whether it may still be changed."""
        return self.document.state == DocumentState.DRAFT

    @cached_property
    def is_editable(self) -> bool:
        """Tell whether its cells are fields of a form; a larger document is changed as a text."""
        cells = sum(len(line.boxes) for table in self.tables for line in table.lines)
        return self.is_draft and cells <= CELLS_MAX

    @property
    def legend(self) -> list[str | Promise]:
        """Return the signs of its tables that are not said for every document."""
        return legend_of(self.tables)

    @property
    def is_approved(self) -> bool:
        """Tell whether it waits for its day."""
        return self.document.state == DocumentState.APPROVED

    @cached_property
    def withdrawal(self) -> TariffWithdrawal | None:
        """Return why this version never begins, if it was given up: only what is published is."""
        if self.document.state != DocumentState.PUBLISHED:
            return None
        return self.version.withdrawals.select_related("replaced_by").order_by("pk").first()

    @property
    def may_be_withdrawn(self) -> bool:
        """Tell whether it is published for a day to come."""
        begins = self.document.valid_from
        return begins is not None and begins > self._day and self.withdrawal is None

    @cached_property
    def lines(self) -> list[Numbered]:
        """Return the text, line by line."""
        said: dict[int, list[Finding]] = {}
        for one in self.findings:
            said.setdefault(one.line, []).append(one)
        rows = enumerate(self.document.text.splitlines(), start=1)
        return [Numbered(number, row, tuple(said.get(number, ()))) for number, row in rows]

    @property
    def remarks(self) -> list[Finding]:
        """Return what is to be read again while it may still be changed; it keeps nothing back."""
        return remarks(self.services, self.tariff) if self.is_draft else []

    @cached_property
    def changes(self) -> list[Changes]:
        """
        Return what changes from the version before of each service, in sentences.

        Where one of the two has an error there are no words for it: nothing is compared.
        """
        if not self.is_right:
            return []
        found: dict[tuple[str, ...], list[Service]] = {}
        told: dict[str, tuple[str, ...]] = {}
        texts = texts_before(self.versions, self._day)
        for one, before in zip(self.versions, texts, strict=True):
            if before not in told:
                if check(before)[1]:
                    return []
                told[before] = _at_most(differences(before, self.document.text))
            found.setdefault(told[before], []).append(one.service)
        return [Changes(self._whose(services), told) for told, services in found.items()]

    @cached_property
    def is_right(self) -> bool:
        """Tell whether the text prices everything, whatever its services still lack."""
        return not (self.findings and check(self.document.text)[1])

    @cached_property
    def _tried(self) -> tuple[list[Asked], list[Compared]]:
        if self.tariff is None or not self.is_right:
            return [], []
        charged: dict[str, tuple[Mapping[str, Priceable], list[Service]]] = {}
        before = day_before(self.document, self._day)
        each = in_force_without(self.versions, before)
        for one, rows in zip(self.versions, each, strict=True):
            known = str([(row.code, _price(row.document)) for row in rows])
            charged.setdefault(known, (priced_before(rows), []))[1].append(one.service)
        every = {
            f"{known}:{code}": tariff
            for known, (before, _services) in charged.items()
            for code, tariff in before.items()
        }
        asked = asked_of(self.tariff, every, self._given, self._day)
        typed = (field.name for one in asked for field in one.fields)
        if self.changes and self._given.keys().isdisjoint(typed):
            asked = seeing(self.tariff, [before for before, _of in charged.values()], asked)
        return asked, [
            Compared(self._whose(services), tuple(tried(self.tariff, before, asked)))
            for before, services in charged.values()
        ]

    @property
    def asked(self) -> list[Asked]:
        """Return what the three families are like."""
        return self._tried[0]

    @cached_property
    def lists(self) -> list[Lines]:
        """Return the lists of which the form has several lines."""
        return lists_of(self.tariff, self._given) if self.tariff else []

    @property
    def compared(self) -> list[Compared]:
        """Return what the three families pay, for the services that charge the same today."""
        return self._tried[1]

    @cached_property
    def others(self) -> list[Service]:
        """Return the other services that it is for, by name."""
        return sorted(
            (one for one in self.services if one != self.version.service), key=lambda one: one.name
        )

    def _whose(self, services: Sequence[Service]) -> str:
        return "" if len(services) == len(self.services) else names_of(services)

    @property
    def deadlines(self) -> list[tuple[str, str]]:
        """Return the deadlines that the text sets, each in a sentence."""
        found = self.tariff.deadlines if self.tariff else {}
        return list(found.items())

    @property
    def decision(self) -> str:
        """Return the decision that the text names."""
        return self.tariff.decision.told() if self.tariff and self.tariff.decision.by else ""

    @property
    def since(self) -> str:
        """Return the day that the text names."""
        return self.tariff.since if self.tariff else ""


def _at_most(changes: Sequence[str]) -> tuple[str, ...]:
    left = len(changes) - CHANGES_MAX
    if left <= 0:
        return tuple(changes)
    more = ngettext("… et %(n)s autre changement", "… et %(n)s autres changements", left)
    return (*changes[:CHANGES_MAX], more % {"n": left})


def _price(document: Mapping[str, object]) -> str:
    # The same price under two numbers of version is the same price.
    return str({name: value for name, value in document.items() if name != "version"})


def context_of(page: Page, *, user_email: str, may_change: bool, **more: Any) -> dict[str, Any]:
    """Return what the template is given."""
    document = page.document
    return {
        "may_change": may_change,
        "is_editable": may_change and page.is_editable,
        "page": page,
        "document": document,
        "version": page.version,
        "service": page.version.service,
        "is_writer": user_email.casefold() in page.authors,
    } | more
