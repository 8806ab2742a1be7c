"""What is asked of this package: media to be issued."""

from dataclasses import dataclass

from cvq.rules.vocabulary import MediumKind, MediumState


@dataclass(frozen=True, kw_only=True)
class NewMedium:
    """
    A medium for a person or for an organisation, one of the two.

    It is ACTIVE when it is handed over, ISSUED while it travels by post; `reason` says what was
    seen of who takes it.
    """

    kind: MediumKind
    number: str
    credential: bytes
    person_id: int | None = None
    organisation_id: int | None = None
    state: MediumState = MediumState.ACTIVE
    reason: str = ""
