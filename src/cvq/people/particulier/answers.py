"""
What the API answers, read: a figure, or the one reason why there is none.

An answer that we do not understand is never a figure, and never « no quotient ».
"""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from cvq.people.messages import NotTold, ToldQuotient, ToldResources
from cvq.people.models import CallOutcome, QuotientSource
from cvq.people.particulier.wire import Reply

NO_FILE = {"10003", "23003", "35003", "37003"}
# The funds say of their own fault what they say of a family that they do not have, but its title.
FAULT_OF_THEIRS = ("35003", "Erreur inattendue")
THEIR_LIMIT = "37008"
SOURCES = {"CNAF": QuotientSource.CAF, "MSA": QuotientSource.MSA}
WAIT_SECONDS_MAX = 3600

Natural = Annotated[int, Meta(ge=0)]
Month = Annotated[int, Meta(ge=1, le=12)]
Year = Annotated[int, Meta(ge=1990, le=2200)]


class _Quotient(Struct):
    fournisseur: Literal["CNAF", "MSA"]
    valeur: Natural
    annee: Year
    mois: Month


class _Family(Struct):
    quotient_familial: _Quotient


class _FamilyAnswer(Struct):
    data: _Family


class _Resources(Struct):
    valeur: Natural
    annee_calcul: Year


class _Parameters(Struct):
    nombre_enfants_a_charge: Natural
    nombre_enfants_beneficiaire_aeeh: Natural
    base_ressources_annuelles: _Resources


class _Participation(Struct):
    parametres_calcul_participation_familiale: _Parameters


class _ParticipationAnswer(Struct):
    data: _Participation


class _Source(Struct):
    parameter: str = ""


class _Meta(Struct):
    retry_in: Natural = 0


class _Error(Struct):
    code: str
    title: str = ""
    source: _Source | None = None
    meta: _Meta | None = None


class _Errors(Struct):
    errors: Annotated[list[_Error], Meta(min_length=1)]


UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def quotient(reply: Reply) -> ToldQuotient | NotTold:
    """Return the quotient that an answer tells, or why it tells none."""
    if reply.status != 200:
        return failure(reply)
    try:
        told = msgspec.json.decode(reply.body, type=_FamilyAnswer).data.quotient_familial
    except UNREADABLE:
        return NotTold(outcome=CallOutcome.UNREADABLE)
    return ToldQuotient(
        value=told.valeur,
        source=SOURCES[told.fournisseur],
        of_month=date(told.annee, told.mois, 1),
    )


def resources(reply: Reply) -> ToldResources | NotTold:
    """Return what the price of a crèche is worked out of, or why an answer tells none."""
    if reply.status != 200:
        return failure(reply)
    try:
        answer = msgspec.json.decode(reply.body, type=_ParticipationAnswer)
    except UNREADABLE:
        return NotTold(outcome=CallOutcome.UNREADABLE)
    told = answer.data.parametres_calcul_participation_familiale
    return ToldResources(
        children=told.nombre_enfants_a_charge,
        disabled_children=told.nombre_enfants_beneficiaire_aeeh,
        yearly_resources=told.base_ressources_annuelles.valeur,
        of_year=told.base_ressources_annuelles.annee_calcul,
    )


def failure(reply: Reply) -> NotTold:
    """Return why an answer tells nothing, as the API documents it."""
    try:
        error = msgspec.json.decode(reply.body, type=_Errors).errors[0]
    except UNREADABLE:
        error = _Error(code="")
    asked = error.meta.retry_in if error.meta is not None else 0
    told = reply.headers.get("retry-after", "")
    waits = int(told) if told.isascii() and told.isdigit() and len(told) < 9 else asked
    return NotTold(
        outcome=_outcome(reply.status, error),
        code=error.code,
        wait_seconds=min(waits, WAIT_SECONDS_MAX),
    )


def _outcome(status: int, error: _Error) -> CallOutcome:
    if (error.code, error.title) == FAULT_OF_THEIRS:
        return CallOutcome.DOWN
    match status:
        case 401 | 403:
            return CallOutcome.NOT_ALLOWED
        case 404 if error.code in NO_FILE:
            return CallOutcome.NOT_FOUND
        case 409:
            return CallOutcome.BUSY
        case 422:
            is_ours = error.source is not None and error.source.parameter == "recipient"
            return CallOutcome.NOT_ALLOWED if is_ours else CallOutcome.NOT_RECOGNISED
        case 429:
            return CallOutcome.TOO_MANY
        case _ if error.code == THEIR_LIMIT:
            return CallOutcome.TOO_MANY
        case _ if status >= 500:
            return CallOutcome.DOWN
        case _:
            return CallOutcome.UNREADABLE
