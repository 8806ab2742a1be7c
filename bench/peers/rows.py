"""
The peer: a price as family-services software written with an ORM works it out.

A tariff is a few rows: a method, and lines with bounds of quotient and an amount for each rank of
child.  Each price reads its lines from the database and goes through a chain of ``if`` over the
methods, in Decimal.  The database is SQLite in memory, which spares it the way to a server.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import django
from django.conf import settings
from msgspec import Struct

HIGHEST = 10**6


class Voted(Struct, frozen=True):
    """A line as the council voted it: up to which quotient, and the amount for each rank."""

    amounts: tuple[str, ...]
    quotient_max: int = HIGHEST


def opened(tariffs: Mapping[tuple[str, str], tuple[str, Iterable[Voted]]]) -> type[Any]:
    """Return the model of lines, in a database that holds tariffs: method and lines by name."""
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    )
    django.setup()
    from django.db import connection, models

    class Tariff(models.Model):
        activity = models.CharField(max_length=60)
        category = models.CharField(max_length=60)
        method = models.CharField(max_length=30)

        class Meta:
            app_label = "bench"
            indexes = [models.Index(fields=["activity", "category"], name="by_name")]

    class Line(models.Model):
        tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT)
        number = models.PositiveIntegerField()
        quotient_min = models.IntegerField()
        quotient_max = models.IntegerField()
        child_1 = models.DecimalField(max_digits=10, decimal_places=2)
        child_2 = models.DecimalField(max_digits=10, decimal_places=2, null=True)
        child_3 = models.DecimalField(max_digits=10, decimal_places=2, null=True)

        class Meta:
            app_label = "bench"

    with connection.schema_editor() as editor:
        editor.create_model(Tariff)
        editor.create_model(Line)
    for (activity, category), (method, lines) in tariffs.items():
        tariff = Tariff.objects.create(activity=activity, category=category, method=method)
        lowest = 0
        for number, line in enumerate(lines):
            amounts = [Decimal(amount) for amount in line.amounts] + [None] * 2
            Line.objects.create(
                tariff=tariff,
                number=number,
                quotient_min=lowest,
                quotient_max=line.quotient_max,
                child_1=amounts[0],
                child_2=amounts[1],
                child_3=amounts[2],
            )
            lowest = line.quotient_max + 1
    return Line


def lines_of(model: type[Any], activity: str, category: str) -> list[Any]:
    """Return the lines of a tariff, with their tariff: one statement."""
    asked = model.objects.filter(tariff__activity=activity, tariff__category=category)
    return list(asked.select_related("tariff").order_by("number"))


def priced(lines: list[Any], inputs: Mapping[str, Any]) -> Decimal:
    """Return a price, by the method of the tariff."""
    method = lines[0].tariff.method
    amount = Decimal(0)
    if method == "single":
        amount = lines[0].child_1
    if method in ("quotient", "quotient_rank"):
        quotient = inputs.get("quotient")
        for line in lines:
            amount = line.child_1
            if quotient is not None and line.quotient_min <= quotient <= line.quotient_max:
                break
    if method == "quotient_rank":
        rank = inputs.get("rank_present") or 1
        if rank == 2 and line.child_2 is not None:
            amount = line.child_2
        if rank >= 3 and line.child_3 is not None:
            amount = line.child_3
    return amount
