"""
Distil France's intercommunalities into the one file that ``cvq init`` reads.

    npm pack @etalab/decoupage-administratif@6.0.0
    tar xzf etalab-decoupage-administratif-6.0.0.tgz
    python scripts/distil_communes.py package src/cvq/catalog/data/communities.csv.gz

The file holds, for each body, one line ``E`` then one line ``C`` for each member, in this order:

    E;siren;type;name
    C;insee;name;siren;municipal population;total population;postcode;département
"""

import csv
import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

CODES_OF_COMMUNES = {"commune-actuelle"}


def lines(package: Path) -> list[list[str]]:
    """Return the lines of the file, bodies by SIREN and their members by INSEE code."""
    read = {name: _read(package, name) for name in ("epci", "communes")}
    known = {c["code"]: c for c in read["communes"] if c["type"] in CODES_OF_COMMUNES}
    found = []
    for body in sorted(read["epci"], key=lambda body: str(body["code"])):
        found.append(["E", body["code"], body["type"], body["nom"]])
        members = sorted(body["membres"], key=lambda member: str(member["code"]))
        found += [_member(member, known[member["code"]]) for member in members]
    return found


def _member(member: dict[str, Any], commune: dict[str, Any]) -> list[str]:
    return [
        "C",
        member["code"],
        member["nom"],
        member["siren"],
        str(member["populationMunicipale"]),
        str(member["populationTotale"]),
        commune["codesPostaux"][0],
        commune["departement"],
    ]


def _read(package: Path, name: str) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads((package / "data" / f"{name}.json").read_bytes())
    return content


def write(found: list[list[str]], target: Path) -> None:
    """Write the lines so that the same data give the same bytes."""
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerows(found)
    packed = gzip.compress(text.getvalue().encode("utf-8"), compresslevel=9, mtime=0)
    target.write_bytes(packed)


if __name__ == "__main__":
    write(lines(Path(sys.argv[1])), Path(sys.argv[2]))
