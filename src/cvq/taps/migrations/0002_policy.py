from django.db import migrations, models

import cvq.taps.models
from cvq.rules.vocabulary import Sector


class Migration(migrations.Migration):
    dependencies = [("taps", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Policy",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "device",
                        "sector",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("device", models.IntegerField()),
                (
                    "sector",
                    models.TextField(choices=[(sector.value, sector.value) for sector in Sector]),
                ),
                ("seq", models.BigIntegerField()),
                ("base", models.BigIntegerField()),
                ("basis", models.TextField()),
                ("heard", models.BigIntegerField()),
                ("made_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField()),
                ("state", models.TextField()),
                ("rows", models.BinaryField()),
                ("delta", models.BinaryField(null=True)),
            ],
        ),
        migrations.AlterField(
            model_name="parked",
            name="reason",
            field=models.TextField(choices=cvq.taps.models.ParkedFor.choices),
        ),
    ]
