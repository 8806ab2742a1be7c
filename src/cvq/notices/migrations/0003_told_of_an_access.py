import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notices', '0002_told_of_a_top_up'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.TextField(choices=[('LOW_BALANCE', 'solde bas'), ('TOP_UP', 'rechargement'), ('ACCESS', 'accès au portail')]),
        ),
        migrations.AlterField(
            model_name='notice',
            name='entry',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('entry__isnull', False), ('kind', 'ACCESS'), _connector='OR'), name='notice_of_money_names_an_entry'),
        ),
    ]
