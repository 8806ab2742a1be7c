from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0003_invitation'),
    ]

    operations = [
        migrations.AlterField(
            model_name='trace',
            name='kind',
            field=models.TextField(choices=[('FAMILY', 'dossier de famille'), ('CARD', 'carte'), ('OPERATION', 'opération'), ('ACCESS', 'accès au portail'), ('PAGE', 'page réservée à des agents')]),
        ),
    ]
