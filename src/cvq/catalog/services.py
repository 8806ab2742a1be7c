"""What founds and changes the territory.  Each function is one transaction and may be run again."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from cvq.catalog import france, school_holidays
from cvq.catalog.kinds import AuthorityKind
from cvq.catalog.models import (
    Authority,
    Commune,
    CommuneMembership,
    Revision,
    SchoolHoliday,
    Service,
    Tariff,
)
from cvq.catalog.zones import calendar_zone
from cvq.kernel.unable import Unable
from cvq.rules.tariff import compile_tariff

# The national file says who is a member, not since when: as early as any record of ours.
MEMBERS_SINCE = date(2014, 1, 1)


NAME_LETTERS_MIN, NAME_LETTERS_MAX = 3, 120
CODE_LETTERS_MAX = 60


class OtherTerritory(Unable):
    """The database is that of another intercommunality."""


class NoName(Unable):
    """A service is known by its name."""


class NameTaken(Unable):
    """An authority has one service of a name."""


@transaction.atomic
def found_territory(*, siren: str) -> Authority:
    """
    Know an intercommunality, its communes and the school holidays of its zones.

    What is already known stays as it is.

    :raises UnknownCommunity: no intercommunality of France has that SIREN.
    :raises OtherTerritory: the database already is that of another.
    """
    community = france.community(siren)
    other = Authority.objects.filter(memberships__isnull=False).exclude(siren=siren).first()
    if other is not None:
        raise OtherTerritory(
            f"Cette base est celle de {other.name} (SIREN {other.siren}). Donnez une autre base "
            f"à {community.name} : un territoire, une base."
        )
    members = community.members
    Authority.objects.bulk_create(
        [
            Authority(siren=siren, name=community.name, kind=AuthorityKind.COMMUNITY),
            *(Authority(siren=m.siren, name=m.name, kind=AuthorityKind.COMMUNE) for m in members),
        ],
        ignore_conflicts=True,
    )
    know_communes(members=members)
    founded = Authority.objects.get(siren=siren)
    communes = Commune.objects.filter(insee__in=[m.insee for m in members])
    CommuneMembership.objects.bulk_create(
        [
            CommuneMembership(commune=commune, authority=founded, valid_from=MEMBERS_SINCE)
            for commune in communes.order_by("insee")
        ],
        ignore_conflicts=True,
    )
    zones = {calendar_zone(department) for department in community.departments}
    add_school_holidays(
        holidays=[holiday for holiday in school_holidays.published() if holiday.zone in zones]
    )
    return founded


@transaction.atomic
def know_communes(*, members: Sequence[france.Member]) -> None:
    """Know communes of the national file, those around the territory where a holder may live."""
    Commune.objects.bulk_create(
        [Commune(**member._asdict()) for member in members], ignore_conflicts=True
    )


@transaction.atomic
def found_counter_service(*, name: str, authority: Authority) -> Service:
    """
    Found a service whose prices an agent works out at a counter: nothing there is charged.

    :raises NoName: the name says nothing, or is a whole sentence.
    :raises NameTaken: the authority has one of that name.
    """
    Revision.objects.select_for_update().get(pk=1)  # a code is free until somebody takes it
    name = " ".join(name.split())
    if not NAME_LETTERS_MIN <= len(name) <= NAME_LETTERS_MAX:
        raise NoName(
            _("Donnez son nom, de %(min)s à %(max)s lettres.")
            % {"min": NAME_LETTERS_MIN, "max": NAME_LETTERS_MAX}
        )
    if Service.objects.filter(authority=authority, name__iexact=name).exists():
        raise NameTaken(_("%(authority)s a déjà un service de ce nom.") % {"authority": authority})
    code = slugify(name).upper()[:CODE_LETTERS_MAX].strip("-") or "SERVICE"
    taken = set(Service.objects.filter(code__startswith=code).values_list("code", flat=True))
    numbered = (f"{code}-{number}" for number in range(2, len(taken) + 3))
    free = next(one for one in (code, *numbered) if one not in taken)
    return Service.objects.create(code=free, name=name, purpose=None, authority=authority)


def vote_tariff(
    *,
    service: Service,
    code: str,
    document: dict[str, Any],
    council_decision: str,
    since: date,
    until: date | None = None,
    is_model: bool = False,
) -> Tariff:
    """
    Write down a price as a council voted it: it is never changed after.

    :raises TariffUnreadable: the document says no price.
    """
    compile_tariff(document)
    return Tariff.objects.create(
        code=code,
        service=service,
        document=document,
        council_decision=council_decision,
        is_model=is_model,
        valid_from=since,
        valid_until=until,
    )


@transaction.atomic
def add_school_holidays(*, holidays: Sequence[school_holidays.Holiday]) -> int:
    """Add school holidays, keep those already known, and return how many are new."""
    before = SchoolHoliday.objects.count()
    SchoolHoliday.objects.bulk_create(
        [SchoolHoliday(**holiday._asdict()) for holiday in holidays], ignore_conflicts=True
    )
    return SchoolHoliday.objects.count() - before
