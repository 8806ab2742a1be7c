"""
A tariff on its way: written by one person, approved by another; `publication` does the rest.

Each function is one transaction and locks the document first, then the services that it is for.
Nothing here changes what was published: another version follows.
"""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from cvq.catalog.kinds import DocumentState
from cvq.catalog.models import Service, TariffDocument, TariffVersion
from cvq.catalog.versions import checked_for, digest, services_of, text_before
from cvq.kernel.unable import Unable
from cvq.rules.tariff.document import Tariff as Written
from cvq.rules.tariff.read import MAX_BYTES

BYTE_ORDER_MARK = "\ufeff"  # some editors begin a text by it


class OutOfState(Unable):
    """The document is not where this may be done to it."""


class Moved(Unable):
    """Somebody changed the text since it was read."""


class TooLong(Unable):
    """The text is longer than a tariff may be."""


class StillWrong(Unable):
    """The checker still has something to say."""


class SamePerson(Unable):
    """Whoever wrote a tariff does not approve it."""


class NotYours(Unable):
    """Whoever wrote none of a text has nothing to take under their name: they may approve it."""


class PreparedElsewhere(Unable):
    """A service prepares one version at a time."""


class OtherKind(Unable):
    """One decision fixes the prices of one kind of service, of one authority."""


@transaction.atomic
def draft(
    *, service: Service, by: str, at: datetime, day: date, like: TariffDocument | None = None
) -> TariffVersion:
    """
    Return the version that a service prepares; without one, begin where the last ended.

    `like` is a document of another service, whose text is taken as it is.
    """
    Service.objects.select_for_update().get(pk=service.pk)
    known = service.versions.filter(is_prepared=True).select_related("document").first()
    if known is not None:
        return known
    document = TariffDocument.objects.create(
        text=like.text if like is not None else text_before(service, day),
        written_by=by,
        written_at=at,
    )
    return _next_version(document, service)


@transaction.atomic
def cover(
    *, document: TariffDocument, services: Iterable[Service], seen: str, by: str, at: datetime
) -> None:
    """
    Say which services a draft is for, all of them: one text, one approval, one decision.

    Whoever says so has written a part of it.

    :raises OutOfState: it is a draft no more.
    :raises Moved: somebody else changed it in between.
    :raises OtherKind: they are of several authorities or purposes, or there is none.
    :raises PreparedElsewhere: one of them prepares another version.
    """
    held = hold(document, DocumentState.DRAFT, seen)
    wanted = {one.pk for one in services}
    held_services = Service.objects.select_for_update(of=("self",)).select_related("authority")
    rows = list(held_services.filter(pk__in=wanted).order_by("pk"))
    if len({(one.authority_id, one.purpose) for one in rows}) != 1:
        raise OtherKind(
            _("Un tarif vaut pour des services de même sorte, d'une seule collectivité.")
        )
    covered = set(held.versions.values_list("service_id", flat=True))
    if covered == wanted:
        return
    elsewhere = TariffVersion.objects.filter(service__in=wanted - covered, is_prepared=True)
    other = elsewhere.select_related("service").order_by("service__name", "pk").first()
    if other is not None:
        raise PreparedElsewhere(
            _(
                "%(service)s prépare déjà un autre tarif, sa version %(number)s. Publiez-le ou "
                "jetez-le d'abord."
            )
            % {"service": other.service, "number": other.number}
        )
    held.versions.exclude(service__in=wanted).delete()
    for service in rows:
        if service.pk not in covered:
            _next_version(held, service)
    _written(held, by, at)


def _next_version(document: TariffDocument, service: Service) -> TariffVersion:
    last = service.versions.aggregate(last=Max("number"))["last"]
    return TariffVersion.objects.create(document=document, service=service, number=(last or 0) + 1)


@transaction.atomic
def change(*, document: TariffDocument, text: str, seen: str, by: str, at: datetime) -> None:
    """
    Write a draft again; `seen` names the text that the author had before them.

    :raises OutOfState: it is a draft no more.
    :raises Moved: somebody else changed it in between.
    :raises TooLong: no tariff is that long.
    """
    held = hold(document, DocumentState.DRAFT, seen)
    text = text.replace("\r\n", "\n").removeprefix(BYTE_ORDER_MARK)
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise TooLong(_("Un tarif a au plus %(size)s ko.") % {"size": MAX_BYTES // 1024})
    if text != held.text:
        held.text = text
        _written(held, by, at)


def _written(held: TariffDocument, by: str, at: datetime) -> None:
    held.written_by, held.written_at = by, at
    mine = by.casefold()
    held.writers = sorted({*held.writers, mine})
    held.taken_from = [one for one in held.taken_from if one != mine]
    held.save(update_fields=["text", "written_by", "written_at", "writers", "taken_from"])


@transaction.atomic
def take_over(*, document: TariffDocument, seen: str, by: str, at: datetime) -> None:
    """
    Take the whole text under one name: they read all of it again, and the others may approve it.

    Whoever wrote a part of it before is remembered, apart from who answers for it now.

    :raises OutOfState: it is a draft no more.
    :raises Moved: somebody else changed it in between.
    :raises NotYours: they wrote none of it.
    """
    held = hold(document, DocumentState.DRAFT, seen)
    mine, authors = by.casefold(), authors_of(held)
    if mine not in authors:
        raise NotYours(_("Vous n'avez rien écrit de ce tarif : approuvez-le, ou changez-le."))
    held.written_by, held.written_at, held.writers = by, at, [mine]
    held.taken_from = sorted({*held.taken_from, *authors} - {mine})
    held.save(update_fields=["written_by", "written_at", "writers", "taken_from"])


def authors_of(document: TariffDocument) -> list[str]:
    """Return who wrote a text, as they log in: none of them approves it."""
    return sorted({document.written_by.casefold(), *document.writers})


@transaction.atomic
def discard(*, document: TariffDocument, seen: str) -> None:
    """
    Throw a draft away: its services may prepare another.

    :raises OutOfState: it is a draft no more.
    :raises Moved: somebody changed it in between.
    """
    held = hold(document, DocumentState.DRAFT, seen)
    held.versions.all().delete()
    held.delete()


@transaction.atomic
def approve(*, document: TariffDocument, seen: str, by: str, at: datetime) -> None:
    """
    Approve the text that was read, as somebody who did not write it.

    :raises OutOfState: it is a draft no more.
    :raises Moved: the text changed since it was read.
    :raises SamePerson: they wrote it.
    :raises StillWrong: the checker still has something to say.
    """
    held = hold(document, DocumentState.DRAFT, seen)
    if by.casefold() in authors_of(held):
        raise SamePerson(_("Vous avez écrit ce tarif : une autre personne l'approuve."))
    right(held)
    held.state, held.approved_by, held.approved_at = DocumentState.APPROVED, by, at
    held.save(update_fields=["state", "approved_by", "approved_at"])


@transaction.atomic
def reopen(*, document: TariffDocument) -> None:
    """
    Take an approval back, so that the text can be changed.

    :raises OutOfState: it was not approved, or it is published.
    """
    held = hold(document, DocumentState.APPROVED)
    held.state, held.approved_by, held.approved_at = DocumentState.DRAFT, "", None
    held.save(update_fields=["state", "approved_by", "approved_at"])


def hold(document: TariffDocument, state: DocumentState, seen: str | None = None) -> TariffDocument:
    """
    Lock a document that is in a state, and whose text was the one on the screen.

    :raises OutOfState: it is in another.
    :raises Moved: the text changed since it was read.
    """
    held = TariffDocument.objects.select_for_update().get(pk=document.pk)
    if held.state != state:
        raise OutOfState(
            _("Ce tarif est %(state)s : cela ne se fait plus, ou pas encore.")
            % {"state": DocumentState(held.state).label}
        )
    if seen is not None and digest(held) != seen:
        raise Moved(_("Ce tarif a changé depuis que vous l'avez lu. Relisez-le, puis recommencez."))
    return held


def right(document: TariffDocument) -> Written:
    """
    Return what a document states.

    :raises StillWrong: the checker still has something to say.
    """
    tariff, findings = checked_for(services_of(document), document.text)
    if tariff is None or findings:
        raise StillWrong(_("Il reste des points à corriger dans ce tarif."))
    return tariff
