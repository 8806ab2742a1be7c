"""A charged day says by which tariffs it was: by all that were known when it was last charged."""

from django.db import migrations, models

KNOWN = "UPDATE childcare_chargedday SET tariffs = (SELECT coalesce(max(id), 0) FROM catalog_tariff)"


class Migration(migrations.Migration):

    dependencies = [
        ("childcare", "0003_counts_of_sessions"),
        ("catalog", "0004_versions_of_services"),
    ]

    operations = [
        migrations.AddField("chargedday", "tariffs", models.BigIntegerField(null=True)),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
        migrations.AlterField("chargedday", "tariffs", models.BigIntegerField()),
    ]
