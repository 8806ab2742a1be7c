"""What a draft changes of a month, in sentences: the same in a terminal and on a page."""

from collections.abc import Callable, Mapping, Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cvq.billing.what_if import Compared, Group
from cvq.billing.what_if_told import SMALLEST_TOLD, WAYS, Side, Step, is_masked, may_be_told
from cvq.kernel.money import euros

# What no tariff prices, in the order that it is told.
OUTSIDE = ("PASS", "CARNET", "QUOTA", "FREE", "UNPRICED")
Money = Callable[[int], str]


def bands(found: Compared) -> dict[str, Group]:
    """Return the bands by what they are called, in the order of the draft."""
    told: dict[str, Group] = {}
    for (_line, label), group in sorted(found.bands.items(), key=lambda one: one[0]):
        told.setdefault(label, Group()).merge(group)
    return told


def communes(found: Compared) -> dict[str, Group]:
    """Return the communes where payers live, the one that pays most first."""
    by_size = sorted(found.communes.items(), key=lambda one: (-one[1].billed, one[0]))
    return {name or _("sans adresse, organisations"): group for name, group in by_size}


def where(places: Mapping[str, Sequence[str]]) -> list[str]:
    """Return which services were priced again, a line for each authority that decides there."""
    told = []
    for authority, names in places.items():
        by = {"n": len(names), "authority": authority, "names": " · ".join(names)}
        told.append(
            ngettext(
                "%(authority)s, %(n)s service : %(names)s.",
                "%(authority)s, %(n)s services : %(names)s.",
                len(names),
            )
            % by
        )
    return told


def several_decide(places: Mapping[str, Sequence[str]]) -> str:
    """Return the warning that one draft took the place of what several authorities voted."""
    if len(places) < 2:
        return ""
    return _(
        "Attention : %(n)s collectivités votent ces prix, chacune les siens. L'écart mêle ce que "
        "le brouillon change et ce qui les sépare."
    ) % {"n": len(places)}


def grouped(number: int) -> str:
    """Return « 1 234 »."""
    return f"{number:,}".replace(",", " ")


def counted(number: int) -> str:
    """Return « 1 234 usages »."""
    return ngettext("%(n)s usage", "%(n)s usages", number) % {"n": grouped(number)}


def part(change: int, billed: int) -> str:
    """Return « +12,3 % » of what was billed, to the tenth; nothing of nothing."""
    if not billed:
        return ""
    tenths = (2000 * abs(change) + billed) // (2 * billed)
    sign = "+" if change > 0 else "-" if change < 0 else ""
    by = {"whole": f"{sign}{grouped(tenths // 10)}", "tenths": tenths % 10}
    return _("%(whole)s,%(tenths)s %%") % by


def signed(cents: int, money: Money = euros) -> str:
    """Return « +1,20 € »."""
    return f"+{money(cents)}" if cents > 0 else money(cents)


def summed(found: Compared, money: Money = euros) -> str:
    """Return what a month would have cost in one sentence."""
    total = found.total
    if len(total.payers) < SMALLEST_TOLD:
        return _("Moins de %(n)s payeurs : les montants sont masqués.") % {"n": SMALLEST_TOLD}
    change = total.drafted - total.billed
    by = {
        "drafted": money(total.drafted),
        "billed": money(total.billed),
        "change": signed(change, money),
        "part": part(change, total.billed),
    }
    if not total.billed:
        return _("%(drafted)s au lieu de %(billed)s : %(change)s.") % by
    return _("%(drafted)s au lieu de %(billed)s : %(change)s, %(part)s.") % by


def whose(side: Side) -> str:
    """Return « paient plus », or that who pays more is not told."""
    if len(side.ways) == len(WAYS):
        return _("paient plus, autant ou moins")
    named = {"more": _("plus"), "same": _("autant"), "less": _("moins")}
    return _("paient %(ways)s") % {"ways": _(" ou ").join(named[way] for way in side.ways)}


def how_many(side: Side) -> str:
    """Return how many they are, « moins de 11 » where they are few."""
    few = _("moins de %(n)s") % {"n": SMALLEST_TOLD}
    return few if side.is_small else grouped(len(side.sizes))


def by_how_much(side: Side, money: Money = euros) -> str:
    """Return how much it changes for half of them, or why several sides are told as one."""
    if len(side.ways) > 1 and not side.is_small:
        by = {"n": SMALLEST_TOLD}
        if len(side.ways) < len(WAYS):
            return _("ensemble, car l'un des deux groupes compte moins de %(n)s payeurs") % by
        return _("ensemble, car l'un de ces groupes compte moins de %(n)s payeurs") % by
    if side.is_of_a_size and not side.is_small:
        by_part = {"half": money(side.half), "tenth": money(side.tenth)}
        return _("la moitié d'au moins %(half)s, un sur dix d'au moins %(tenth)s") % by_part
    return ""


def step_said(step: Step, money: Money = euros) -> str:
    """Return « 5,00 € à 9,99 € »."""
    if step.below is None:
        return _("%(low)s et plus") % {"low": money(step.at_least)}
    if step.at_least == 1:
        return _("moins de %(high)s") % {"high": money(step.below)}
    by = {"low": money(step.at_least), "high": money(step.below - 1)}
    return _("%(low)s à %(high)s") % by


def masked_why(found: Compared, groups: Sequence[Group]) -> list[str]:
    """Return why some figures are not told, and what to price again to read them."""
    if not is_masked(found) and all(len(one.payers) >= SMALLEST_TOLD for one in groups):
        return []
    return [
        _(
            "Masqué : le chiffre de moins de %(n)s payeurs dirait ce que paie une famille. Pour le "
            "lire, rejouez ensemble plus de services, ou un mois où l'on est venu davantage."
        )
        % {"n": SMALLEST_TOLD}
    ]


def beside(found: Compared, outside: Mapping[str, int], money: Money = euros) -> list[str]:
    """Return what is in no total, and what the totals take for granted, a sentence each."""
    told = [*_free(found, money)]
    for why, count in found.unpriced.most_common():
        told.append(_("%(uses)s sans prix. %(why)s") % {"uses": counted(count), "why": why})
    untouched = found.untouched
    if untouched.uses:
        is_told = len(untouched.payers) >= SMALLEST_TOLD
        amount = money(untouched.billed) if is_told else _("masqué")
        by = {"uses": counted(untouched.uses), "amount": amount}
        told.append(_("%(uses)s d'autres tarifs, hors du calcul : %(amount)s.") % by)
    parts = [_outside(means, n) for means in OUTSIDE if (n := outside.get(means, 0))]
    if parts:
        by = {"parts": ", ".join(parts)}
        told.append(_("Hors du calcul, car aucun tarif n'en fixe le prix : %(parts)s.") % by)
    return [*told, *_assumed(found)]


def _free(found: Compared, money: Money) -> list[str]:
    told = []
    if found.free.uses:
        is_told = len(found.free.payers) >= SMALLEST_TOLD
        by = {"uses": counted(found.free.uses) if is_told else _("Quelques usages")}
        told.append(_("%(uses)s de ce total étaient gratuits.") % by)
    for group, said in (
        (found.no_longer_free, _("Deviennent payants")),
        (found.newly_free, _("Deviennent gratuits")),
    ):
        if group.uses and may_be_told(group, found):
            change = signed(group.drafted - group.billed, money)
            by = {"uses": counted(group.uses), "payers": grouped(len(group.payers)), "by": change}
            by |= {"said": said}
            told.append(_("%(said)s : %(uses)s, %(payers)s payeurs, %(by)s.") % by)
        elif group.uses:
            told.append(_("%(said)s : masqué, trop peu de payeurs.") % {"said": said})
    return told


def _outside(means: str, n: int) -> str:
    match means:
        case "PASS":
            said = ngettext("%(n)s passage sur abonnement", "%(n)s passages sur abonnement", n)
        case "CARNET":
            said = ngettext("%(n)s passage sur carnet", "%(n)s passages sur carnet", n)
        case "QUOTA":
            said = ngettext("%(n)s passage sur quota", "%(n)s passages sur quota", n)
        case "FREE":
            said = ngettext(
                "%(n)s passage gratuit sans tarif ni payeur",
                "%(n)s passages gratuits sans tarif ni payeur",
                n,
            )
        case _:
            said = ngettext(
                "%(n)s séance sans tarif ni payeur", "%(n)s séances sans tarif ni payeur", n
            )
    return said % {"n": grouped(n)}


def _assumed(found: Compared) -> list[str]:
    told = []
    if found.unheard and len(found.total.payers) >= SMALLEST_TOLD:
        said = _(
            "Rien de ce mois ne dit : %(names)s. Le brouillon y prend ce que vaut leur absence, et "
            "n'a pas de prix s'il ne le dit pas."
        )
        told.append(said % {"names": ", ".join(found.unheard)})
    if found.alike and len(found.total.payers) >= SMALLEST_TOLD:
        said = _(
            "Personne ne réserve encore, et seul qui est venu est facturé : tous ont ici la même "
            "réponse à %(names)s, et une ligne pour les autres ne sert pas."
        )
        told.append(said % {"names": ", ".join(found.alike)})
    for one in found.uncounted:
        by = {"title": one.title, "since": date_format(one.since, "j F Y")}
        told.append(
            _(
                "« %(title)s » n'est compté que depuis le %(since)s : rien n'est connu d'avant, et "
                "le brouillon peut y trouver moins d'usages qu'il n'y en eut."
            )
            % by
        )
    return told
