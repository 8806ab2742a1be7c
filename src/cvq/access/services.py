"""
The only way to anything about a family: each function returns it, or says that there is nothing.

What somebody may not see does not exist for them: the page answers 404, and who asked is traced.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple, NoReturn
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from cvq.access import second_factor
from cvq.access.models import Assignment, Kind, Role, Trace, User
from cvq.cards.models import Holding, Medium
from cvq.cards.selectors import state_at
from cvq.catalog.models import Authority, Service
from cvq.kernel.unable import Unable
from cvq.ledger.models import Entry, Transfer
from cvq.payments.models import TopUp
from cvq.people.models import Household, HouseholdMember, Person
from cvq.people.periods import during
from cvq.rules.vocabulary import MediumState

REASON_LETTERS_MIN = 3
OPEN_MINUTES = 30
OPENED_MAX = 50
# One question for all that a page of a file must know first: plain, since each page asks it.
THEIRS = """
ARRAY(SELECT s.id FROM catalog_service AS s WHERE EXISTS (
    SELECT FROM access_assignment AS a
    WHERE a.user_id = %s AND a.role = %s
        AND a.valid_from <= %s AND (a.valid_until IS NULL OR a.valid_until > %s)
        AND (a.service_id = s.id OR a.service_id IS NULL AND a.authority_id = s.authority_id)))
"""
OPENED = """
EXISTS (SELECT FROM access_trace AS t WHERE t.household_id = people_household.id
    AND t.user_id = %s AND t.kind = %s AND t.granted AND t.at >= %s)
"""


class Hidden(Unable):
    """There is nothing here that this user may see."""


class NotAtWork(Hidden):
    """A page of a role that this user has not; who serves pages writes down that they tried."""


class NoSecondFactor(Hidden):
    """An agent with a password alone: there is nothing for them until they have more."""


class NotProved(Hidden):
    """An agent who has a second factor, and did not give it in this session."""


class NoFamily(Unable):
    """Who logged in belongs to no household today."""


class NoReason(Unable):
    """A file is not opened without saying why."""


class CardStopped(Hidden):
    """A card that opens nothing: blocked, lost, replaced, or not in use yet."""

    def __init__(self, message: str, *, of_a_child: bool) -> None:
        """Keep whether a child holds it: who says so then never says it in red."""
        super().__init__(message)
        self.of_a_child = of_a_child


class Guest(NamedTuple):
    """Who presents a card at a kiosk, and their family."""

    person: Person
    household: Household


class File(NamedTuple):
    """
    The file of a family as an agent may see it: its operations at those services only.

    It is open for half an hour after its agent said why.
    """

    household: Household
    services: frozenset[int]
    is_open: bool


class NotOpened(Unable):
    """A file that the agent may open, by saying why, and has not opened this last half-hour."""

    def __init__(self, household: Household) -> None:
        """Say whose file it is."""
        super().__init__(_("Dites pourquoi vous ouvrez ce dossier : la famille pourra le lire."))
        self.household = household


def family_of(user: User, day: date) -> Household:
    """
    Return the household that the user is an adult of that day.

    :raises NoFamily: they are of none.
    """
    found = (
        HouseholdMember.objects.filter(
            during(day), person_id=user.person_id, is_main=True, role="ADULT"
        )
        .select_related("person", "household__wallet", "household__receivable")
        .first()
        if user.person_id is not None
        else None
    )
    if found is None:
        raise NoFamily(_("Votre compte n'est rattaché à aucun foyer. Le guichet peut le faire."))
    user.person = found.person  # every page says who is logged in
    return found.household


def medium_of(user: User, number: str, at: datetime, day: date) -> Medium:
    """
    Return a card that somebody of the user's family holds.

    :raises Hidden: there is none, or it is another family's.
    """
    family = family_of(user, day)
    held = _holding(number, at)
    whose = _household_of(held.person_id, day) if held is not None else None
    if held is None or whose is None or whose != family.pk:
        _refuse(user, Kind.CARD, number, whose, at)
    return held.medium


def family_at_kiosk(number: str, at: datetime, day: date) -> Guest:
    """
    Return the family of whoever holds an active card: who presents it needs nothing else.

    :raises CardStopped: the card is a family's, and not active.
    :raises Hidden: no family has such a card.
    """
    held = _holding(number, at)
    found = (
        HouseholdMember.objects.filter(during(day), person_id=held.person_id, is_main=True)
        .select_related("person", "household__wallet", "household__receivable")
        .first()
        if held is not None and held.person_id is not None
        else None
    )
    if held is None or found is None:
        raise Hidden(_("Cette carte n'est pas reconnue ici."))
    if state_at(held.medium, at) is not MediumState.ACTIVE:
        of_a_child = found.role == "CHILD"
        raise CardStopped(_("Allez au guichet ou appelez."), of_a_child=of_a_child)
    return Guest(found.person, found.household)


def operation_of(user: User, entry_id: int, at: datetime, day: date) -> tuple[Household, Entry]:
    """
    Return an operation of the user's family.

    :raises Hidden: there is none, or it is another family's.
    """
    family = family_of(user, day)
    entry = Entry.objects.filter(pk=entry_id).first()
    ours = (family.wallet_id, family.receivable_id)
    moved = Transfer.objects.filter(Q(debit_id__in=ours) | Q(credit_id__in=ours), entry_id=entry_id)
    if entry is None or not moved.exists():
        _refuse(user, Kind.OPERATION, str(entry_id), _family_in(entry_id), at)
    return family, entry


def receipt_of(user: User, family: Household, uid: UUID, *, at: datetime) -> TopUp:
    """
    Return a top-up of the user's family, as `family_of` gives it.

    :raises Hidden: there is none, or it is another family's.
    """
    found = TopUp.objects.filter(uid=uid).select_related("regie").first()
    if found is None or found.household_id != family.pk:
        whose = found.household_id if found is not None else None
        _refuse(user, Kind.OPERATION, str(uid), whose, at)
    return found


def open_file(user: User, uid: UUID, *, reason: str, at: datetime, day: date) -> File:
    """
    Open the file of a family at the desk, and write down who did, when and why.

    :raises Hidden: the user is no agent of a counter that day, or there is no such family.
    :raises NoReason: the reason says nothing.
    """
    file = _file(user, uid, at, day)._replace(is_open=True)
    if len(reason.strip()) < REASON_LETTERS_MIN:
        raise NoReason(_("Dites pourquoi vous ouvrez ce dossier : la famille pourra le lire."))
    Trace.objects.create(
        user=user,
        at=at,
        kind=Kind.FAMILY,
        asked=str(uid),
        household=file.household,
        reason=reason.strip(),
        granted=True,
    )
    return file


def opened_file(user: User, uid: UUID, *, at: datetime, day: date) -> File:
    """
    Return a file that the user opened at the desk this last half-hour.

    :raises Hidden: the user is no agent of a counter that day, or there is no such family.
    :raises NotOpened: they may open it, and must say why.
    """
    file = _file(user, uid, at, day)
    if not file.is_open:
        raise NotOpened(file.household)
    return file


def card_in(file: File, user: User, number: str, *, at: datetime, day: date) -> Medium:
    """
    Return a card that somebody of the family of an opened file holds.

    :raises Hidden: there is none, or it is another family's.
    """
    held = _holding(number, at)
    theirs = HouseholdMember.objects.filter(
        during(day), household=file.household, person__holdings=held
    )
    if held is None or not theirs.exists():
        whose = _household_of(held.person_id, day) if held is not None else None
        _refuse(user, Kind.CARD, number, whose, at)
    return held.medium


@transaction.atomic
def take_on(*, email: str, role: str, authority: Authority, on: date, password: str) -> bool:
    """
    Give an agent a role for an authority from a day, and tell whether they are new.

    Who is known keeps their password; a role that they already have stays as it is.
    """
    user = User.objects.filter(email__iexact=email).first()
    is_new = user is None
    if user is None:
        user = User.objects.create_user(email, password)
    known = Assignment.objects.filter(
        during(on), user=user, role=role, authority=authority, service=None
    )
    if not known.exists():
        Assignment.objects.create(user=user, role=role, authority=authority, valid_from=on)
    return is_new


def services_of(user: User, day: date) -> frozenset[int]:
    """Return the services whose counter the user works at that day; nothing for a resident."""
    return frozenset(_services(user, day).values_list("id", flat=True))


def roles_of(user: User, day: date) -> frozenset[Role]:
    """Return what the user is there to do that day."""
    rows = Assignment.objects.filter(during(day), user=user).values_list("role", flat=True)
    return frozenset(Role(role) for role in rows)


def require(user: User, role: Role, day: date) -> None:
    """
    Make sure that the user has a role that day.

    :raises NotAtWork: they have not; the page does not exist for them.
    :raises NoSecondFactor: they have, and only a password.
    :raises NotProved: they have, and gave only a password.
    """
    if not _is_at_work(user, role, day):
        raise NotAtWork(_("Cette page n'existe pas ou plus."))


def who_looked(household: Household) -> QuerySet[Trace]:
    """Return who opened the file of a family, the last first."""
    rows = Trace.objects.filter(household=household, granted=True)
    return rows.select_related("user__person").order_by("-at", "-id")


def opened_since(user: User, at: datetime) -> list[Trace]:
    """Return the files that the user opened since an instant, the last first, each once."""
    rows = (
        Trace.objects.filter(user=user, kind=Kind.FAMILY, granted=True, at__gte=at)
        .select_related("household")
        .order_by("-at", "-id")[:OPENED_MAX]
    )
    each: dict[int | None, Trace] = {}
    for row in rows:
        each.setdefault(row.household_id, row)
    return list(each.values())


def trace_refusal(user: User, kind: Kind, asked: str, family: int | None, at: datetime) -> None:
    """Write down that somebody asked for what they may not see, as all that is guessed is."""
    Trace.objects.create(
        user=user, at=at, kind=kind, asked=asked, household_id=family, granted=False
    )


def _assignments(user: User, role: Role, day: date) -> QuerySet[Assignment]:
    return Assignment.objects.filter(during(day), user=user, role=role)


def _is_at_work(user: User, role: Role, day: date) -> bool:
    """
    Tell whether the user has a role that day, before anything is looked for.

    :raises NoSecondFactor: they have, and only a password.
    :raises NotProved: they have, and gave only a password.
    """
    has_one = second_factor.has_one(_assignments(user, role, day))
    if has_one is None:
        return False
    _proved(user, has_one=has_one)
    return True


def _proved(user: User, *, has_one: bool) -> None:
    if not second_factor.is_needed():
        return
    if not has_one:
        raise NoSecondFactor(
            _("Avant d'ouvrir un dossier, protégez votre compte : un mot de passe ne suffit pas.")
        )
    if not user.has_proved:
        raise NotProved(_("Donnez aussi votre code : un mot de passe ne suffit pas."))


def _holding(number: str, at: datetime) -> Holding | None:
    """Return who holds a card at an instant."""
    rows = Holding.objects.filter(
        Q(held_until__isnull=True) | Q(held_until__gt=at), medium__number=number, held_from__lte=at
    )
    return rows.select_related("medium").first()


def _services(user: User, day: date) -> QuerySet[Service]:
    at_work = _assignments(user, Role.COUNTER, day).filter(
        Q(service=OuterRef("pk")) | Q(service=None, authority=OuterRef("authority"))
    )
    return Service.objects.filter(Exists(at_work))


def _file(user: User, uid: UUID, at: datetime, day: date) -> File:
    since = at - timedelta(minutes=OPEN_MINUTES)
    factors = [str(one) for one in second_factor.FACTORS]
    found = (
        Household.objects.filter(uid=uid)
        .select_related("wallet", "receivable")
        .annotate(
            theirs=RawSQL(THEIRS, [user.pk, Role.COUNTER.value, day, day]),
            opened=RawSQL(OPENED, [user.pk, Kind.FAMILY.value, since], BooleanField()),
            protected=RawSQL(second_factor.HAS_ONE, [user.pk, factors], BooleanField()),
        )
        .first()
    )
    if found is not None and found.theirs:
        _proved(user, has_one=found.protected)
    if found is None or not found.theirs:
        _is_at_work(user, Role.COUNTER, day)  # without a second factor nobody hears what exists
        _refuse(user, Kind.FAMILY, str(uid), found.pk if found else None, at)
    return File(found, frozenset(found.theirs), found.opened)


def _household_of(person_id: int | None, day: date) -> int | None:
    if person_id is None:
        return None
    return (
        HouseholdMember.objects.filter(during(day), person_id=person_id, is_main=True)
        .values_list("household_id", flat=True)
        .first()
    )


def _family_in(entry_id: int) -> int | None:
    """Return the household whose account an entry moves."""
    moved = Transfer.objects.filter(entry_id=entry_id).values_list("debit_id", "credit_id")
    accounts = {account for pair in moved for account in pair}
    return (
        Household.objects.filter(Q(wallet_id__in=accounts) | Q(receivable_id__in=accounts))
        .values_list("id", flat=True)
        .first()
    )


def _refuse(user: User, kind: Kind, asked: str, household: int | None, at: datetime) -> NoReturn:
    trace_refusal(user, kind, asked, household, at)
    raise Hidden(_("Cette page n'existe pas ou plus."))
