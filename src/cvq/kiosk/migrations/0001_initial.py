import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0001_initial'),
        ('people', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='HiddenBalance',
            fields=[
                ('household', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='people.household')),
                ('since', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Tries',
            fields=[
                ('device', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='catalog.device')),
                ('misses', models.IntegerField(default=0)),
                ('last_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('misses', 0), models.Q(('last_at__isnull', False), ('misses__gt', 0)), _connector='OR'), name='tries_count_from_zero_and_say_when')],
            },
        ),
    ]
