from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("taps", "0004_reasons_in_their_order")]

    operations = [
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("device", models.IntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
