"""What people had better read again in a text before it is approved: it keeps nothing back."""

from collections.abc import Iterable, Mapping

from cvq.catalog.models import Service
from cvq.catalog.sold import CONSTANT, known_by
from cvq.rules.tariff.checker.labels import contradicted
from cvq.rules.tariff.document import Tariff
from cvq.rules.tariff.findings import Finding

ALIKE: Mapping[str, str] = {
    "booked": "Personne ne réserve encore : chacun compte comme ayant réservé",
    "present": "Seul qui est venu est facturé : chacun compte comme présent",
    "regularity": "Personne ne réserve encore : chacun compte comme régulier",
}


def remarks(services: Iterable[Service], tariff: Tariff | None) -> list[Finding]:
    """
    Return the labels that contradict their rows, and what prices depend on and nobody differs by.

    The second is for where one of these services is charged by the program.
    """
    if tariff is None:
        return []
    # An agent answers for whoever stands at the counter; elsewhere the program does, for all.
    known = {name for one in services if one.purpose for name in known_by(one.purpose)}
    read = {name for item in tariff.items.values() for name in item.reads}
    found = [
        Finding(
            line=tariff.inputs[name].line,
            sentence=f"« {tariff.inputs[name].title} » : {ALIKE[name]}. "
            "Une ligne pour les autres ne servira pas.",
        )
        for name in CONSTANT
        if name in known & read & tariff.inputs.keys()
    ]
    return sorted([*found, *contradicted(tariff.tables.values())], key=lambda one: one.line)
