"""
France's intercommunalities, from the national file beside this module (see communities.txt).

Read only when a territory is founded or a commune around it is needed.
"""

import gzip
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from cvq.kernel.unable import Unable

FILE = "data/communities.csv.gz"


class UnknownCommunity(Unable):
    """No intercommunality of France has that SIREN."""


class UnknownCommune(Unable):
    """No commune of an intercommunality has that INSEE code."""


class Member(NamedTuple):
    """A commune as the national file has it."""

    insee: str
    name: str
    siren: str
    population_municipal: int
    population_total: int
    postcode: str
    department: str


class Community(NamedTuple):
    """An intercommunality and the communes that it groups."""

    siren: str
    kind: str
    name: str
    members: tuple[Member, ...]

    @property
    def departments(self) -> tuple[str, ...]:
        """Return its départements, the one where most people live first."""
        people: dict[str, int] = {}
        for member in self.members:
            people[member.department] = (
                people.get(member.department, 0) + member.population_municipal
            )
        return tuple(sorted(people, key=lambda department: (-people[department], department)))


def communities() -> Iterator[Community]:
    """Yield each intercommunality of France, by SIREN."""
    for block in _text().split("\nE;"):
        head, *lines = block.removeprefix("E;").splitlines()
        siren, kind, name = head.split(";")
        yield Community(siren, kind, name, tuple(map(_member, lines)))


def community(siren: str) -> Community:
    """
    Return one intercommunality.

    :raises UnknownCommunity: the number is of none, and the sentence says what it could be.
    """
    for found in communities():
        if found.siren == siren:
            return found
    raise UnknownCommunity(_what_to_do(siren))


def commune(insee: str) -> Member:
    """
    Return one commune, of whichever intercommunality.

    :raises UnknownCommune: no intercommunality has it.
    """
    at = _text().find(f"\nC;{insee};")
    if at < 0:
        raise UnknownCommune(f"Aucune commune de France n'a le code INSEE « {insee} » en 2026.")
    return _member(_text()[at + 1 :].split("\n", 1)[0])


def _what_to_do(siren: str) -> str:
    if len(siren) != 9 or not siren.isdecimal():
        return f"« {siren} » n'est pas un SIREN : il en faut les neuf chiffres, sans espace."
    for found in communities():
        for member in found.members:
            if member.siren == siren:
                return (
                    f"{siren} est la commune de {member.name}, membre de {found.name} : "
                    f"utilisez --epci {found.siren}."
                )
    return (
        f"Aucune intercommunalité de France n'a le SIREN {siren} en 2026. Vérifiez le numéro sur "
        "https://www.banatic.interieur.gouv.fr ; celui de Parthenay-Gâtine est 200041333."
    )


def _member(line: str) -> Member:
    _, insee, name, siren, municipal, total, postcode, department = line.split(";")
    return Member(insee, name, siren, int(municipal), int(total), postcode, department)


@lru_cache(maxsize=1)
def _text() -> str:
    packed = files("cvq.catalog").joinpath(FILE).read_bytes()
    return gzip.decompress(packed).decode("utf-8").rstrip("\n")
