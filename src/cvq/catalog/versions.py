"""What a service charges, version by version: in force, before, and what a text still lacks."""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256

from django.db.models import Q, QuerySet

from cvq.catalog.grid_in_words import NotInWords, in_words, item_name
from cvq.catalog.kinds import DocumentState
from cvq.catalog.models import Service, Tariff, TariffDocument
from cvq.catalog.sold import code_of, known_by, sold_by
from cvq.rules.tariff.document import Tariff as Written
from cvq.rules.tariff.document import check
from cvq.rules.tariff.findings import Finding
from cvq.rules.tariff.items import lines_of
from cvq.rules.tariff.kinds import UNKNOWN
from cvq.rules.tariff.outcome import Nature
from cvq.rules.tariff.read import Fields, read

# What one charge can cover today: a use, or all of a child's day.
CHARGED = ("meal", "session", "child_day", "visit", "purchase", "membership", "hire", "delivery")


def in_force(services: Iterable[Service], day: date) -> QuerySet[Tariff]:
    """Return what services charge that day: of each item, the newest tariff."""
    return _current(services, day).distinct("service_id", "code")


def in_force_without(document: TariffDocument, day: date) -> list[Tariff]:
    """Return what its service would charge that day, had a document never been written."""
    rows: dict[str, Tariff] = {}
    for row in _current([document.service], day):
        if row.document.get("version") != document.version:
            rows.setdefault(row.code, row)
    return list(rows.values())


def _current(services: Iterable[Service], day: date) -> QuerySet[Tariff]:
    current = Q(valid_from__lte=day) & (Q(valid_until=None) | Q(valid_until__gt=day))
    rows = Tariff.objects.filter(current, service__in=services)
    return rows.order_by("service_id", "code", "-valid_from", "-id")


def text_before(service: Service, day: date, document: TariffDocument | None = None) -> str:
    """Return the text that a version follows: the last one published, or the grids in force."""
    published = TariffDocument.objects.filter(service=service, state=DocumentState.PUBLISHED)
    if document is not None:
        published = published.filter(version__lt=document.version)
    last = published.order_by("-version").first()
    return last.text if last is not None else _grids_in_words(service, day)


def checked(service: Service, text: str) -> tuple[Written | None, list[Finding]]:
    """Return the tariff that a text states, and all that keeps this service from using it."""
    tariff, findings = check(text)
    if tariff is not None and not findings:
        lines = _lines_of_items(text)
        findings = [
            *_unsold(service, tariff, lines),
            *_unkept(tariff),
            *_unknown(service, tariff),
        ]
    return tariff, sorted(findings, key=lambda one: one.line)


def digest(text: str) -> str:
    """Return the name of a text: who changes or approves it says which one they read."""
    return sha256(text.encode(errors="replace")).hexdigest()[:32]


def _grids_in_words(service: Service, day: date) -> str:
    sold = sold_by(service.purpose)
    grids = {}
    for row in in_force([service], day):
        if "text" in row.document:
            return str(row.document["text"])
        code = row.code if row.code in sold or len(sold) != 1 else sold[0]
        if code in sold and "grid" in row.document:
            grids[code] = row.document
    name = service.code.lower()
    if grids:
        try:
            return in_words(grids, name=name, title=service.name)
        except NotInWords:
            pass  # the author begins with nothing, and sees the grid beside
    empty = {
        "grid": 1,
        "item": service.name,
        "inputs": [],
        "rows": [{"when": {}, "cents": 0, "label": service.name}],
    }
    return in_words(dict.fromkeys(sold, empty), name=name, title=service.name)


def _unsold(service: Service, tariff: Written, lines: dict[str, int]) -> list[Finding]:
    sold = sold_by(service.purpose)
    names = tuple(f"« {item_name(code)} »" for code in sold)
    found = []
    for name in tariff.items:
        if code_of(name) not in sold:
            sentence = f"Ce service ne vend pas « {name} » : personne ne demandera ce prix."
            found.append(Finding(line=lines.get(name, 1), sentence=sentence, choices=names))
    priced = {code_of(name) for name in tariff.items}
    for code in sold:
        if code not in priced:
            sentence = f"« {item_name(code)} » manque : son ancien prix resterait en vigueur."
            found.append(Finding(line=1, sentence=sentence, choices=("donnez-lui un prix",)))
    return found


def _unkept(tariff: Written) -> list[Finding]:
    # What nobody would ask at that grain, and what a charge cannot keep.
    found = []
    for item in tariff.items.values():
        if item.grain not in CHARGED:
            sentence = f"« {item.title} » : rien n'est encore facturé par {item.grain}."
            found.append(Finding(line=item.line, sentence=sentence, choices=CHARGED))
        for rule in lines_of(item.rules):
            if rule.nature is Nature.DEPOSIT:
                sentence = f"« {rule.label} » : ce service ne garde pas encore de caution."
                choices = ("retirez cette ligne",)
                found.append(Finding(line=rule.line, sentence=sentence, choices=choices))
    return found


def _unknown(service: Service, tariff: Written) -> list[Finding]:
    known = known_by(service.purpose)
    found = []
    for one in tariff.inputs.values():
        if one.name in known:
            continue
        is_required = one.absent is UNKNOWN and not one.kind.unknown
        sentence = f"« {one.title} » : ce service ne le sait pas encore, " + (
            "personne n'aurait de prix."
            if is_required
            else "tout le monde aurait le prix de son absence."
        )
        found.append(Finding(line=one.line, sentence=sentence, choices=("retirez cette entrée",)))
    for counter in tariff.counters.values():
        sentence = (
            f"« {counter.title} » : ce service ne compte encore rien, il n'y aurait pas de prix."
        )
        found.append(
            Finding(line=counter.line, sentence=sentence, choices=("retirez ce compteur",))
        )
    return found


def _lines_of_items(text: str) -> dict[str, int]:
    items = read(text).fields.get("items")
    return dict(items.lines) if isinstance(items, Fields) else {}
