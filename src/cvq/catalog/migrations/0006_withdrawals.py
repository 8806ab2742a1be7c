"""A published price may be given up before its day: another fact says so, and nothing is lost."""

import django.db.models.deletion
from django.db import migrations, models

from cvq.plumbing.append_only import AppendOnly

# Nothing was priced by what has not begun; whoever counts prices again must hear of it.
WITHDRAW = """
CREATE FUNCTION catalog_withdraw() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM catalog_tariff AS t JOIN catalog_tariffversion AS v ON v.id = NEW.version_id
        WHERE t.id = NEW.tariff_id AND t.service_id = v.service_id
            AND (t.document ->> 'version')::int = v.number AND NEW.withdrawn_on < t.valid_from
            AND (NEW.replaced_by_id IS NULL OR EXISTS (SELECT FROM catalog_tariffversion AS r
                WHERE r.id = NEW.replaced_by_id AND r.service_id = v.service_id AND r.id <> v.id))
    ) THEN
        RAISE EXCEPTION 'a price is given up before the day from which it counts'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_withdraw BEFORE INSERT ON catalog_tariffwithdrawal
    FOR EACH ROW EXECUTE FUNCTION catalog_withdraw();
CREATE TRIGGER catalog_changes AFTER INSERT ON catalog_tariffwithdrawal
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_changes();
CREATE FUNCTION catalog_number_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.edition := 1 + (
        SELECT count(*) FROM catalog_tariff AS t
        JOIN catalog_tariffwithdrawal AS w ON w.tariff_id = t.id
        WHERE (t.service_id, t.code, t.valid_from) = (NEW.service_id, NEW.code, NEW.valid_from)
    );
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_number_edition BEFORE INSERT ON catalog_tariff
    FOR EACH ROW EXECUTE FUNCTION catalog_number_edition();
"""
WITHDRAW_NO_MORE = """
DROP FUNCTION IF EXISTS catalog_withdraw() CASCADE;
DROP FUNCTION IF EXISTS catalog_number_edition() CASCADE;
DROP TRIGGER IF EXISTS catalog_changes ON catalog_tariffwithdrawal;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0005_texts_taken_over'),
    ]

    operations = [
        migrations.CreateModel(
            name='TariffWithdrawal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('withdrawn_on', models.DateField()),
                ('withdrawn_by', models.TextField()),
                ('because', models.TextField()),
                ('replaced_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.tariffversion')),
                ('tariff', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawal', to='catalog.tariff')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawals', to='catalog.tariffversion')),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('because', ''), _negated=True), models.Q(('withdrawn_by', ''), _negated=True)), name='withdrawal_says_who_and_why'),
                ],
            },
        ),
        migrations.RemoveConstraint(model_name='tariff', name='tariff_of_an_item_begins_once_a_day'),
        migrations.AddField(
            model_name='tariff', name='edition', field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddConstraint(
            model_name='tariff',
            constraint=models.UniqueConstraint(fields=('service', 'code', 'valid_from', 'edition'), name='tariff_of_an_item_begins_once_a_day'),
        ),
        migrations.RunSQL(WITHDRAW, WITHDRAW_NO_MORE),
        AppendOnly("catalog_tariffwithdrawal"),
    ]
