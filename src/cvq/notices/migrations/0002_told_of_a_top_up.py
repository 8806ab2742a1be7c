from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notices', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.TextField(choices=[('LOW_BALANCE', 'solde bas'), ('TOP_UP', 'rechargement')]),
        ),
    ]
