from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kiosk', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='tries',
            name='cards',
            field=models.JSONField(default=dict),
        ),
    ]
