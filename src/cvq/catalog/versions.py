"""What a service charges, version by version: in force, before, and what a text still lacks."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from hashlib import sha256

import msgspec
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import ngettext

from cvq.catalog.grid_in_words import NotInWords, in_words, item_name
from cvq.catalog.models import Service, Tariff, TariffDocument, TariffVersion
from cvq.catalog.sold import (
    NEEDS_A_SITE,
    code_of,
    counts_for,
    instead_of_counting,
    known_by,
    sold_by,
)
from cvq.rules.tariff.document import Tariff as Written
from cvq.rules.tariff.document import check
from cvq.rules.tariff.findings import Finding
from cvq.rules.tariff.items import lines_of
from cvq.rules.tariff.kinds import UNKNOWN
from cvq.rules.tariff.outcome import Nature
from cvq.rules.tariff.read import Fields, read

# What one charge can cover today: a use, or all of a child's day.
CHARGED = ("meal", "session", "child_day", "visit", "purchase", "membership", "hire", "delivery")
# What a first version prices where nothing says what is sold: its author names it otherwise.
ITEM = "PRICE"
TO_FILL_IN = "Ce texte est le modèle d'où l'on part : aucun prix n'y est encore écrit."
NAMED_MAX = 3


def services_of(document: TariffDocument) -> list[Service]:
    """Return the services that a document is for, the one where it was begun first."""
    return [version.service for version in versions_of(document)]


def versions_of(document: TariffDocument) -> list[TariffVersion]:
    """Return the version of each service that a document is for, in the same order."""
    # The service where it was begun comes first: the names of its text are its own.
    rows = document.versions.select_related("service__authority", "document").order_by("pk")
    return list(rows)


def in_force(services: Iterable[Service], day: date) -> QuerySet[Tariff]:
    """Return what services charge that day: of each item, the newest tariff."""
    # What nothing charges sells what its last version names: an item that is gone has no price.
    later = Tariff.objects.filter(
        service=OuterRef("service"),
        valid_from__gt=OuterRef("valid_from"),
        valid_from__lte=day,
        withdrawal=None,
    )
    rows = _current(services, day).exclude(Q(service__purpose=None) & Exists(later))
    return rows.distinct("service_id", "code")


def in_force_without(versions: Sequence[TariffVersion], day: date) -> list[list[Tariff]]:
    """Return what the service of each version would charge that day, had it not been written."""
    rows: dict[int, list[Tariff]] = defaultdict(list)
    for row in _current([one.service for one in versions], day):
        rows[row.service_id].append(row)
    return [_newest(rows[one.service_id], one) for one in versions]


def _newest(rows: Iterable[Tariff], version: TariffVersion) -> list[Tariff]:
    others = [row for row in rows if row.document.get("version") != version.number]
    last = max((row.valid_from for row in others), default=None)
    found: dict[str, Tariff] = {}
    for row in others:
        if version.service.purpose is not None or row.valid_from == last:
            found.setdefault(row.code, row)
    return list(found.values())


def _current(services: Iterable[Service], day: date) -> QuerySet[Tariff]:
    current = Q(valid_from__lte=day) & (Q(valid_until=None) | Q(valid_until__gt=day))
    rows = Tariff.objects.filter(current, service__in=services, withdrawal=None)
    return rows.order_by("service_id", "code", "-valid_from", "-id")


def text_before(service: Service, day: date) -> str:
    """Return where the next version begins: the last one published, or the grids in force."""
    last = service.versions.filter(is_prepared=False, withdrawals=None).order_by("-number")
    text = last.values_list("document__text", flat=True).first()
    return text if text is not None else _grids_in_words(service, in_force([service], day), service)


def texts_before(versions: Sequence[TariffVersion], day: date) -> list[str]:
    """
    Return the text that each version of one document follows: what its day ended, once published.

    Grids are put in words under the name of the first service, so that they compare.
    """
    mine, since = [one.pk for one in versions], versions[0].document.valid_from
    followed = TariffVersion.objects.filter(
        is_prepared=False, withdrawals=None, service__versions__in=mine
    )
    if since is None:
        newest = followed.filter(number__lt=F("service__versions__number"))
        newest = newest.order_by("service_id", "-number")
    else:
        newest = followed.filter(document__valid_from__lt=since)
        newest = newest.order_by("service_id", "-document__valid_from", "-number")
    texts = dict(newest.distinct("service_id").values_list("service_id", "document__text"))
    first = [one.service for one in versions if one.service_id not in texts]
    rows: dict[int, list[Tariff]] = defaultdict(list)
    for row in in_force(first, day_before(versions[0].document, day)) if first else ():
        rows[row.service_id].append(row)
    for service in first:
        texts[service.pk] = _grids_in_words(service, rows[service.pk], versions[0].service)
    return [texts[one.service_id] for one in versions]


def day_before(document: TariffDocument, day: date) -> date:
    """Return the day whose prices a document changes: its eve once published, else that day."""
    return document.valid_from - timedelta(days=1) if document.valid_from else day


def checked(service: Service, text: str) -> tuple[Written | None, list[Finding]]:
    """Return the tariff that a text states, and all that keeps this service from using it."""
    return checked_for([service], text)


def checked_for(services: Sequence[Service], text: str) -> tuple[Written | None, list[Finding]]:
    """
    Return the tariff that a text states, and all that keeps one of these services from using it.

    What holds for some of them alone names them.
    """
    tariff, findings = check(text)
    if tariff is not None and not findings:
        lines = _lines_of_items(text)
        said: dict[Finding, list[Service]] = {}
        for service in services:
            for one in _of_service(service, tariff, lines):
                said.setdefault(one, []).append(service)
        if any(text == _to_fill_in(service) for service in services):
            blank = Finding(line=1, sentence=TO_FILL_IN, choices=("écrivez vos prix",))
            said[blank] = list(services)
        findings = [
            one if len(whose) == len(services) else _named(one, whose)
            for one, whose in said.items()
        ]
    return tariff, sorted(findings, key=lambda one: one.line)


def _of_service(service: Service, tariff: Written, lines: dict[str, int]) -> list[Finding]:
    if service.purpose is None:
        return []  # an agent asks all that it needs, and nothing keeps what it comes to
    return [
        *_unsold(service.purpose, tariff, lines),
        *_unkept(tariff),
        *_unknown(service, tariff),
        *_uncounted(service.purpose, tariff),
    ]


def _named(finding: Finding, services: Sequence[Service]) -> Finding:
    return msgspec.structs.replace(finding, sentence=f"{names_of(services)} : {finding.sentence}")


def names_of(services: Sequence[Service]) -> str:
    """Return « Cantine de Reffannes, Cantine de Vasles et 4 autres »."""
    names = ", ".join(one.name for one in services[:NAMED_MAX])
    others = len(services) - NAMED_MAX
    if others <= 0:
        return names
    return ngettext("%(names)s et une autre", "%(names)s et %(n)s autres", others) % {
        "names": names,
        "n": others,
    }


def digest(document: TariffDocument) -> str:
    """
    Return the name of what somebody reads, a text and its services.

    Who changes or approves a document says which one they read.
    """
    return digest_of(document.text, document.versions.values_list("service_id", flat=True))


def digest_of(text: str, services: Iterable[int]) -> str:
    """Return the name of a text for services, by their ids."""
    told = f"{','.join(map(str, sorted(services)))}\n{text}"
    return sha256(told.encode(errors="replace")).hexdigest()[:32]


def _grids_in_words(service: Service, rows: Iterable[Tariff], like: Service) -> str:
    sold = sold_by(service.purpose)
    grids = {}
    for row in rows:
        if "text" in row.document:
            return str(row.document["text"])
        code = row.code if row.code in sold or len(sold) != 1 else sold[0]
        if code in sold and "grid" in row.document:
            grids[code] = row.document
    name = like.code.lower()
    if grids:
        try:
            return in_words(grids, name=name, title=like.name)
        except NotInWords:
            pass  # the author begins with nothing, and sees the grid beside
    return _to_fill_in(like)


def _to_fill_in(service: Service) -> str:
    """Return the text from which a service without a price begins: it costs nothing as it is."""
    empty = {
        "grid": 1,
        "item": service.name,
        "inputs": [],
        "rows": [{"when": {}, "cents": 0, "label": service.name}],
    }
    items = dict.fromkeys(sold_by(service.purpose) or (ITEM,), empty)
    return in_words(items, name=service.code.lower(), title=service.name)


def _unsold(purpose: str, tariff: Written, lines: dict[str, int]) -> list[Finding]:
    sold = sold_by(purpose)
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
    known = known_by(service.purpose) - (frozenset() if service.site_id else NEEDS_A_SITE)
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
    return found


def _uncounted(purpose: str, tariff: Written) -> list[Finding]:
    """Return the counters that nobody keeps where such a service is charged."""
    counted_for, instead = counts_for(purpose), instead_of_counting(purpose)
    found = []
    for counter in tariff.counters.values():
        if not counted_for:
            sentence = (
                f"« {counter.title} » : ce service ne compte pas d'un usage à l'autre, "
                "il n'y aurait pas de prix."
            )
            choices = ("retirez ce compteur", *instead)
        elif counter.of not in counted_for:
            sentence = f"« {counter.title} » : ce service ne compte pas par {counter.of}."
            choices = (f"of : {', '.join(counted_for)}",)
        else:
            continue
        found.append(Finding(line=counter.line, sentence=sentence, choices=choices))
    reads = {f"{name}.before" for name in tariff.counters}
    for item in tariff.items.values():
        for refusal in item.refusals if counted_for else ():
            # What was charged would have to be unsaid when a fact told late moves the count.
            if not reads.isdisjoint(refusal.when.needs):
                sentence = "Qui est venu a un prix : un refus ne dépend pas d'un compteur."
                choices = ("donnez un prix à cet usage", "retirez ce refus")
                found.append(Finding(line=refusal.line, sentence=sentence, choices=choices))
    return found


def _lines_of_items(text: str) -> dict[str, int]:
    items = read(text).fields.get("items")
    return dict(items.lines) if isinstance(items, Fields) else {}
