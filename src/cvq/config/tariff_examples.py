"""Playing the examples of tariffs, and holding them against the published ones."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import yaml

from cvq.config.commands.tariff import NoTariff, read, text_of
from cvq.kernel.money import euros
from cvq.rules.tariff.document import Tariff
from cvq.rules.tariff.examples import Played, examples, play
from cvq.rules.tariff.findings import Wrong

FAILED = 1


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A published example: what it came to, and the other readings of an ambiguous one."""

    cents: int
    outcome: str
    readings: tuple[int, ...] = ()
    ambiguous: bool = False

    def holds(self, played: Played) -> bool:
        """Return whether our outcome and amount are the published ones, or one of its readings."""
        if played.outcome != self.outcome:
            return False
        return self.outcome == "refused" or played.cents in {self.cents, *self.readings}


def run(given: Sequence[Path], *, against: Path | None, as_json: bool) -> int:
    """
    Play every example and return 1 if one does not hold or a published one is missing.

    A published example is carried by one tariff: a stale copy must not stand for the true one.
    """
    paths = {path.resolve(): path for several in given for path in _files(several)}.values()
    published = _published(against) if against else {}
    wrong, seen = 0, 0
    carried: dict[str, Path] = {}
    for one in paths:
        for played in _played(one):
            seen += 1
            first = carried.setdefault(played.example.name, one)
            fault = _fault(played, published, is_held=against is not None)
            if fault is None and first is not one and played.example.name in published:
                fault = f" ; publié une fois, et « {first} » le porte déjà"
            wrong += fault is not None
            if as_json:
                print(json.dumps(_row(played, holds=fault is None), ensure_ascii=False))
            elif fault is not None or played.example.expected is None:
                print(f"{one.name}, ligne {played.example.line} : {_told(played)}{fault or ''}")
    absent = sorted(set(published) - set(carried))
    for name in absent:
        print(f"{name} : publié, et aucun tarif ne le porte.")
    if not as_json:
        count = f"{_counted(len(paths), 'tarif')}, {_counted(seen, 'exemple')}"
        faults = f", {wrong} faux" if wrong else ""
        missing = f", {_counted(len(absent), 'manquant')}" if against else ""
        print(f"{count}, {_counted(seen - wrong, 'juste')}{faults}{missing}.")
    return FAILED if wrong or absent else 0


def unmet(tariff: Tariff, path: Path) -> list[str]:
    """Return the examples of a tariff that do not come to what they expect, as sentences."""
    try:
        played = [play(tariff, example) for example in examples(tariff)]
    except Wrong as wrong:
        return [wrong.finding.told(str(path))]
    return [
        f"{path}, ligne {one.example.line} : {_told(one)}{fault}"
        for one in played
        if (fault := _fault(one, {}, is_held=False))
    ]


def _files(path: Path) -> list[Path]:
    found = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    if not found:
        raise NoTariff(f"« {path} » ne contient aucun tarif (*.yaml).")
    return found


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'s' if count > 1 else ''}"


def _played(path: Path) -> Iterator[Played]:
    tariff = read(path)
    try:
        for example in examples(tariff):
            yield play(tariff, example)
    except Wrong as wrong:
        raise NoTariff(wrong.finding.told(str(path))) from wrong


def _fault(played: Played, published: Mapping[str, Published], *, is_held: bool) -> str | None:
    if not played.holds:
        return f" ; l'exemple attendait {_awaited(played)}"
    one = published.get(played.example.name)
    if not is_held or one is None:
        return None
    if not one.holds(played):
        return f" ; publié : {one.outcome} {euros(one.cents)}"
    if one.ambiguous and not played.example.reading:
        return " ; l'exemple publié se lit de deux façons : dites la lecture choisie (reading)"
    return None


def _awaited(played: Played) -> str:
    expected = played.example.expected
    if not isinstance(expected, dict):
        return "un refus"
    told = [
        euros(cents) if name == "price" else f"{name} {euros(cents)}"
        for name, cents in expected.items()
    ]
    return " et ".join(told)


def _told(played: Played) -> str:
    name = played.example.name
    if played.outcome == "refused":
        return f"{name} refusé ({played.reason})"
    return f"{name} {euros(played.cents)}"


def _row(played: Played, *, holds: bool) -> dict[str, object]:
    return {
        "id": played.example.name,
        "outcome": played.outcome,
        "cents": played.cents,
        "amounts": played.amounts,
        "holds": holds,
    }


def _published(path: Path) -> dict[str, Published]:
    cases = yaml.safe_load(text_of(path))
    found: dict[str, Published] = {}
    for case in cases:
        for one in case["examples"]:
            found[one["id"]] = Published(
                cents=one["expected_cents"],
                outcome=one["outcome"],
                readings=tuple(one.get("alternative_cents", ())),
                ambiguous=one.get("ambiguous", False),
            )
    return found
