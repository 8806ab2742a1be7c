"""Whoever wrote any of a tariff does not approve it: the database holds all of them."""

from django.db import migrations, models

NOBODY_APPROVES_THEIR_OWN = """
ALTER TABLE catalog_tariffdocument ADD CONSTRAINT document_is_approved_by_no_writer
    CHECK (NOT writers ? lower(approved_by));
"""
NO_MORE = """
ALTER TABLE catalog_tariffdocument DROP CONSTRAINT IF EXISTS document_is_approved_by_no_writer;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_tariff_documents'),
    ]

    operations = [
        migrations.AddField(
            model_name='tariffdocument',
            name='writers',
            field=models.JSONField(default=list),
        ),
        migrations.RunSQL(NOBODY_APPROVES_THEIR_OWN, NO_MORE),
    ]
