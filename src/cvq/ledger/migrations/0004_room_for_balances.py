from django.db import migrations


class Migration(migrations.Migration):
    """A balance that moves stays on its page, so that no index of the account is written."""

    dependencies = [
        ('ledger', '0003_written_by_every_tap'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE ledger_account SET (fillfactor = 70)',
            'ALTER TABLE ledger_account RESET (fillfactor)',
        ),
    ]
