"""
A tariff published for a day: what it counts from, what it replaces, and how it is given up.

Each function is one transaction.  What has begun never changes: another version follows.  What has
not begun priced nothing yet: another version may take its day, or it is given up with a reason.
"""

import re
from collections.abc import Collection, Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from cvq.catalog.documents import hold, right
from cvq.catalog.kinds import DocumentState
from cvq.catalog.models import Tariff, TariffDocument, TariffVersion, TariffWithdrawal
from cvq.catalog.services import vote_tariff
from cvq.catalog.sold import code_of
from cvq.kernel.unable import Unable

DECISION_LETTERS_MIN = 5
REASON_LETTERS_MIN = 5
DATED = re.compile(
    r"(?P<iso>\d{4}-\d\d-\d\d)|(?P<day>\d{1,2})"
    r"(?:/(?P<month>\d{1,2})/|(?:er)? (?P<named>[^\W\d]+) )(?P<year>\d{4})"
)
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
    "octobre", "novembre", "décembre",
)  # fmt: skip


class NoDecision(Unable):
    """Nothing says which decision it comes from."""


class DecidedAfter(NoDecision):
    """A decision that is not taken yet fixes no price."""


class Retroactive(Unable):
    """A price of the past is changed by a dated decision alone."""


class OtherDay(Unable):
    """The document says another day than the one it is published for."""


class BegunAlready(Unable):
    """A tariff of that service begins that day already."""


class TooLate(Unable):
    """Its day has come: it may have priced something."""


class NoReason(Unable):
    """Nothing says why it is given up."""


@transaction.atomic
def publish(
    *,
    document: TariffDocument,
    since: date,
    council_decision: str,
    retroactive_decision: str = "",
    replacing: Collection[int] = (),
    by: str,
    day: date,
) -> list[Tariff]:
    """
    Let an approved tariff count from a day on, and return one price for each item and service.

    The tariffs before it are not closed: the newest in force counts.  Those that were to begin the
    same day are given up for it if the day is to come and their ids are given.

    :raises OutOfState: nobody approved it, or it is published.
    :raises NoDecision: no council decision is named, or none that is taken.
    :raises Retroactive: it begins in the past, and no dated decision says so.
    :raises OtherDay: the document says that it begins another day.
    :raises BegunAlready: a tariff of one of its services begins that day, and is not replaced.
    :raises StillWrong: the checker says more than it did when it was approved.
    """
    before = foresee(
        document=document,
        since=since,
        council_decision=council_decision,
        retroactive_decision=retroactive_decision,
        day=day,
    )
    held = hold(document, DocumentState.APPROVED)
    tariff = right(held)
    versions = list(held.versions.select_related("service").order_by("service_id"))
    _replace(before, versions, replacing, by, day)
    held.state, held.valid_from = DocumentState.PUBLISHED, since
    held.published_by, held.published_on = by, day
    held.council_decision = council_decision.strip()
    held.retroactive_decision = retroactive_decision.strip()
    held.save()
    return [
        vote_tariff(
            service=version.service,
            code=code_of(name),
            document={"text": held.text, "item": name, "version": version.number},
            council_decision=held.council_decision,
            since=since,
        )
        for version in versions
        for name in tariff.items
    ]


def _replace(
    before: Iterable[TariffVersion],
    versions: Iterable[TariffVersion],
    agreed: Collection[int],
    by: str,
    day: date,
) -> None:
    mine = {one.service_id: one for one in versions}
    for other in before:
        if other.pk not in agreed:
            raise _begun(other.service)
        instead = mine[other.service_id]
        because = _("Remplacé par la version %(number)s, pour le même jour.")
        _withdraw(other, because % {"number": instead.number}, by, day, instead)


@transaction.atomic
def foresee(
    *,
    document: TariffDocument,
    since: date,
    council_decision: str,
    retroactive_decision: str = "",
    day: date,
) -> list[TariffVersion]:
    """
    Return the versions that a publication would replace, before anything is written.

    :raises Unable: as `publish` does.
    """
    held = hold(document, DocumentState.APPROVED)
    decision, retroactive = council_decision.strip(), retroactive_decision.strip()
    tariff = right(held)
    if len(decision) < DECISION_LETTERS_MIN:
        raise NoDecision(_("Dites quelle délibération fixe ce tarif : son numéro et sa date."))
    first = min(dates_in(decision), default=day)  # « du 12 mai, à compter du 1er janvier »
    if first > day:
        raise DecidedAfter(
            _("Cette délibération est du %(day)s : ce jour n'est pas venu, elle n'est pas prise.")
            % {"day": f"{first:%d/%m/%Y}"}
        )
    if tariff.since and tariff.since != since.isoformat():
        raise OtherDay(
            _("Le document dit « from: %(day)s ». Publiez-le ce jour-là, ou rouvrez-le.")
            % {"day": tariff.since}
        )
    if since < day and not any(one <= day for one in dates_in(retroactive)):
        raise _not_dated(retroactive)
    return replaced_by(held, since, day)


def _not_dated(retroactive: str) -> Retroactive:
    if not retroactive:
        return Retroactive(
            _(
                "Ce jour est passé : un tarif ne vaut pas en arrière. Si une décision le dit, "
                "donnez-la avec sa date."
            )
        )
    told = dates_in(retroactive)
    if told:
        return Retroactive(
            _("Cette délibération est du %(day)s : ce jour n'est pas venu, elle n'est pas prise.")
            % {"day": f"{min(told):%d/%m/%Y}"}
        )
    return Retroactive(
        _(
            "« %(told)s » ne suffit pas : dites qui a décidé et quel jour, "
            "comme « Conseil municipal du 28 mai 2025 »."
        )
        % {"told": retroactive}
    )


def replaced_by(document: TariffDocument, since: date, day: date) -> list[TariffVersion]:
    """
    Return the versions to come that a document published from that day on would replace.

    :raises BegunAlready: what begins that day has begun, or is no version of a document.
    """
    services = list(document.versions.values_list("service_id", flat=True))
    begun = Tariff.objects.filter(service__in=services, valid_from=since, withdrawal=None)
    rows = list(begun.select_related("service").order_by("service__name", "pk"))
    others = TariffVersion.objects.filter(
        service__in=services, document__valid_from=since, withdrawals=None
    )
    versions = {
        (one.service_id, one.number): one
        for one in others.select_related("service", "document").order_by("service__name", "pk")
    }
    found: dict[int, TariffVersion] = {}
    for row in rows:
        version = versions.get((row.service_id, row.document.get("version", 0)))
        if since <= day or version is None:
            raise _begun(row.service)
        found.setdefault(version.pk, version)
    return list(found.values())


@transaction.atomic
def withdraw(*, document: TariffDocument, because: str, by: str, day: date) -> None:
    """
    Give up a published tariff before it begins, for all its services: what was before stays.

    :raises OutOfState: it is not published, or was given up already.
    :raises TooLate: its day has come.
    :raises NoReason: nothing says why.
    """
    held = hold(document, DocumentState.PUBLISHED)
    reason = because.strip()
    if len(reason) < REASON_LETTERS_MIN:
        raise NoReason(_("Dites pourquoi ce tarif ne commencera pas."))
    if held.valid_from is None or held.valid_from <= day:
        raise TooLate(_("Ce tarif a commencé : il ne change plus. Une autre version lui succède."))
    standing = held.versions.filter(withdrawals=None).order_by("pk")
    if not standing:
        raise TooLate(_("Ce tarif ne commencera pas : c'est déjà dit."))
    for version in standing:
        _withdraw(version, reason, by, day, None)


def _withdraw(
    version: TariffVersion, because: str, by: str, day: date, instead: TariffVersion | None
) -> None:
    # Two people who give the same one up wait for each other here.
    TariffDocument.objects.select_for_update().get(pk=version.document_id)
    rows = Tariff.objects.filter(
        service=version.service_id, document__version=version.number, withdrawal=None
    )
    TariffWithdrawal.objects.bulk_create(
        [
            TariffWithdrawal(
                tariff=row,
                version=version,
                withdrawn_on=day,
                withdrawn_by=by,
                because=because,
                replaced_by=instead,
            )
            for row in rows
        ]
    )


def _begun(service: object) -> BegunAlready:
    return BegunAlready(
        _(
            "Un tarif de ce service commence déjà ce jour-là, et il ne change plus : "
            "%(service)s. Choisissez un autre jour."
        )
        % {"service": service}
    )


def dates_in(decision: str) -> list[date]:
    """Return the dates that a decision bears, those that exist."""
    told = []
    for found in DATED.finditer(decision):
        try:
            if found["iso"]:
                told.append(date.fromisoformat(found["iso"]))
            else:
                named = (found["named"] or "").lower()
                month = MONTHS.index(named) + 1 if named else int(found["month"])
                told.append(date(int(found["year"]), month, int(found["day"])))
        except ValueError:
            continue
    return told
