"""How to ask the API, as the environment tells it; nothing here needs Django."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where the API is, who we are there, and the token that must never be shown."""

    url: str
    siret: str
    token: str = field(repr=False)
