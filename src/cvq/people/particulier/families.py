"""The made-up families of the simulator, and how the funds find one by a civil status."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cvq.people.messages import CivilStatus, ToldQuotient, ToldResources
from cvq.people.models import QuotientSource, Sex
from cvq.people.names import sans_accent

PROVIDERS = {QuotientSource.CAF: "CNAF", QuotientSource.MSA: "MSA"}
FRANCE = "99100"
COMMUNE = re.compile(r"(0[1-9]|[13-9]\d|2[AB1-9])\d{3}", re.ASCII)
COUNTRY = re.compile(r"\d{5}", re.ASCII)
SIRET = re.compile(r"\d{14}", re.ASCII)


class Asked:
    """What a request says of somebody."""

    def __init__(self, query: Mapping[str, Sequence[str]]) -> None:
        """Take the parameters as they came."""
        self._query = query

    @classmethod
    def of(cls, status: CivilStatus) -> "Asked":
        """Return what FranceConnect would say of somebody who logged in."""
        return cls(
            {
                "nomNaissance": [status.birth_name],
                "prenoms[]": status.first_names,
                "sexeEtatCivil": [status.sex.value],
                "anneeDateNaissance": [str(status.born_on.year)],
                "codeCogInseePaysNaissance": [status.birth_country],
                "codeCogInseeCommuneNaissance": [status.birth_commune],
            }
        )

    def one(self, name: str) -> str:
        """Return a parameter, or nothing."""
        return next(iter(self._query.get(name, ())), "")

    def names(self) -> list[str]:
        """Return the first names, as they are compared."""
        return [sans_accent(name) for name in self._query.get("prenoms[]", ())]

    def is_siret(self, name: str) -> bool:
        """Tell whether a parameter has the fourteen figures of an establishment."""
        return SIRET.fullmatch(self.one(name)) is not None

    def is_born_somewhere(self) -> bool:
        """Tell whether the place of birth is one that the funds take."""
        country, commune = (
            self.one("codeCogInseePaysNaissance"),
            self.one("codeCogInseeCommuneNaissance"),
        )
        if COUNTRY.fullmatch(country) is None:
            return False
        return country != FRANCE or COMMUNE.fullmatch(commune) is not None


@dataclass(frozen=True, kw_only=True)
class FamilyFile:
    """A family as its fund knows it; some have no quotient, most no child at a crèche."""

    status: CivilStatus
    quotient: ToldQuotient | None = None
    resources: ToldResources | None = None
    children: tuple[CivilStatus, ...] = ()

    def quotient_answer(self, asked: Asked) -> dict[str, Any]:
        """Return the answer that tells the quotient, of the month that was asked for if any."""
        told = self.quotient
        assert told is not None
        year = int(asked.one("annee") or told.of_month.year)
        month = int(asked.one("mois") or told.of_month.month)
        figure = {
            "fournisseur": PROVIDERS[told.source],
            "valeur": told.value,
            "annee": year,
            "mois": month,
            "annee_calcul": told.of_month.year,
            "mois_calcul": told.of_month.month,
        }
        return self._answer({"quotient_familial": figure})

    def resources_answer(self) -> dict[str, Any]:
        """Return the answer that tells what the price of a crèche is worked out of."""
        told = self.resources
        assert told is not None
        figures = {
            "nombre_enfants_a_charge": told.children,
            "nombre_enfants_beneficiaire_aeeh": told.disabled_children,
            "base_ressources_annuelles": {
                "valeur": told.yearly_resources,
                "annee_calcul": told.of_year,
            },
        }
        return self._answer({"parametres_calcul_participation_familiale": figures})

    def _answer(self, figures: Mapping[str, Any]) -> dict[str, Any]:
        data = {
            "allocataires": [_identity(self.status)],
            "enfants": [_identity(child) for child in self.children],
            "adresse": {
                "destinataire": f"{self.status.birth_name} {' '.join(self.status.first_names)}",
                "complement_information": None,
                "complement_information_geographique": None,
                "numero_libelle_voie": "1 RUE DE LA GARE",
                "lieu_dit": None,
                "code_postal_ville": "79200 PARTHENAY",
                "pays": "FRANCE",
            },
            **figures,
        }
        return {"data": data, "links": {}, "meta": {}}


def _identity(somebody: CivilStatus) -> dict[str, Any]:
    return {
        "nom_naissance": somebody.birth_name,
        "nom_usage": somebody.used_name or None,
        "prenoms": " ".join(somebody.first_names),
        "date_naissance": somebody.born_on.isoformat(),
        "sexe": somebody.sex.value,
    }


def is_of(family: FamilyFile, asked: Asked) -> bool:
    """Tell whether a request finds a family: what it leaves out does not count against it."""
    known = family.status
    is_named = sans_accent(known.birth_name) == sans_accent(asked.one("nomNaissance"))
    given = {sans_accent(name) for name in known.first_names}
    told = {
        "sexeEtatCivil": known.sex.value,
        "codeCogInseePaysNaissance": known.birth_country,
        "codeCogInseeCommuneNaissance": known.birth_commune,
    }
    born = {
        "anneeDateNaissance": known.born_on.year,
        "moisDateNaissance": known.born_on.month,
        "jourDateNaissance": known.born_on.day,
    }
    return (
        is_named
        and bool(given.intersection(asked.names()))
        and all(asked.one(name) in ("", value) for name, value in told.items())
        and all(asked.one(name) in ("", str(value)) for name, value in born.items())
    )


def anybody(asked: Asked, month: date) -> FamilyFile:
    """Return a family that is always the same for the same name: for a demonstration."""
    name, first = asked.one("nomNaissance"), asked.one("prenoms[]")
    drawn = hashlib.blake2b(f"{name}/{first}".encode(), digest_size=4).digest()
    number = int.from_bytes(drawn)
    year = int(asked.one("anneeDateNaissance") or 1985)
    return FamilyFile(
        status=CivilStatus(
            birth_name=name,
            used_name=asked.one("nomUsage"),
            first_names=(first,),
            born_on=date(year, 1, 1),
            sex=Sex(asked.one("sexeEtatCivil") or Sex.FEMALE),
            birth_country=asked.one("codeCogInseePaysNaissance"),
            birth_commune=asked.one("codeCogInseeCommuneNaissance"),
        ),
        quotient=ToldQuotient(
            value=200 + number % 1800,
            source=QuotientSource.MSA if number % 7 == 0 else QuotientSource.CAF,
            of_month=month,
        ),
        resources=ToldResources(
            children=1 + number % 3,
            disabled_children=0,
            yearly_resources=12_000 + number % 48_000,
            of_year=month.year - 2,
        ),
    )
