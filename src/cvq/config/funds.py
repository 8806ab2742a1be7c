"""Who answers for quotients (API Particulier), as the environment and the folder tell it."""

import ipaddress
import os
from pathlib import Path
from urllib.parse import urlsplit

from cvq.config import home
from cvq.kernel.unable import Unable
from cvq.people.particulier.access import Access

URL = "CVQ_PARTICULIER_URL"
SIRET = "CVQ_PARTICULIER_SIRET"
TOKEN = "CVQ_PARTICULIER_TOKEN"
RENEWALS = "CVQ_QUOTIENT_RENEWALS"
SECRET = "particulier"
PRODUCTION = "https://particulier.api.gouv.fr"
SIRET_FIGURES = 14
LAST_DAY = 28  # a day that every month has


class FundsUnreachable(Unable):
    """The environment does not say how to ask the funds, or says half of it."""


class NotDays(Unable):
    """What should be days of the year is something else."""


def access(folder: Path) -> Access | None:
    """
    Return how to ask the funds; nothing where no token is given, or in a demonstration.

    A demonstration asks a simulator on its own machine, or nobody.

    :raises FundsUnreachable: a part of it is missing or cannot be right.
    """
    token = os.environ.get(TOKEN) or (home.known_secret(folder, SECRET) or b"").decode().strip()
    url = os.environ.get(URL) or PRODUCTION
    is_simulated = os.environ.get("CVQ_SIMULATED") == "1"
    if not token or (is_simulated and not _is_of_this_machine(url)):
        return None
    siret = os.environ.get(SIRET, "").replace(" ", "")
    if not (siret.isascii() and siret.isdigit() and len(siret) == SIRET_FIGURES):
        raise FundsUnreachable(f"{SIRET} : donnez les 14 chiffres du SIRET de la collectivité.")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise FundsUnreachable(f"{TOKEN} : ce n'est pas un jeton, recopiez-le en entier.")
    parts = urlsplit(url)
    # The token and civil statuses would be read on the way.
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_of_this_machine(url)):
        raise FundsUnreachable(f"{URL} : donnez une adresse qui commence par https://.")
    return Access(url=url, siret=siret, token=token)


def renewals() -> tuple[tuple[int, int], ...]:
    """
    Return the months and days on which quotients begin: by default in September and January.

    :raises NotDays: the environment names something else.
    """
    said = os.environ.get(RENEWALS) or "01-01 09-01"
    days = tuple(_day(one, said) for one in said.split())
    if not days:
        raise NotDays(f"{RENEWALS} vaut « {said} » : donnez des jours, comme 09-01.")
    return days


def _day(text: str, said: str) -> tuple[int, int]:
    month, _, day = text.partition("-")
    if not (month.isascii() and month.isdigit() and day.isascii() and day.isdigit()):
        raise NotDays(f"{RENEWALS} vaut « {said} » : donnez des jours, comme 09-01.")
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= LAST_DAY):
        raise NotDays(f"{RENEWALS} : {text} n'est pas un jour de tous les ans (mois-jour).")
    return int(month), int(day)


def _is_of_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
