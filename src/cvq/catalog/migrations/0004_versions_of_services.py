"""One document may fix what several services charge: each has its own version of it."""

import django.db.models.deletion
from django.db import migrations, models

# What was approved is a text and the services that it is for: both are changed in a draft alone.
KEEP = """
CREATE FUNCTION catalog_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held text;
BEGIN
    SELECT state INTO held FROM catalog_tariffdocument
        WHERE id = CASE TG_OP WHEN 'DELETE' THEN OLD.document_id ELSE NEW.document_id END
        FOR SHARE;
    IF TG_OP = 'UPDATE' THEN
        IF held = 'PUBLISHED' AND OLD.is_prepared AND NOT NEW.is_prepared
            AND (NEW.id, NEW.document_id, NEW.service_id, NEW.number)
                = (OLD.id, OLD.document_id, OLD.service_id, OLD.number) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a version never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF held <> 'DRAFT' THEN
        RAISE EXCEPTION 'a draft alone changes its services' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NOT NEW.is_prepared THEN
        RAISE EXCEPTION 'a version begins in preparation' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (
        SELECT FROM catalog_service AS mine, catalog_tariffversion AS version
        JOIN catalog_service AS other ON other.id = version.service_id
        WHERE mine.id = NEW.service_id AND version.document_id = NEW.document_id
            AND (other.authority_id, other.purpose) IS DISTINCT FROM
                (mine.authority_id, mine.purpose)
    ) THEN
        RAISE EXCEPTION 'a document is for services of one authority and one purpose'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_keep_version BEFORE INSERT OR UPDATE OR DELETE ON catalog_tariffversion
    FOR EACH ROW EXECUTE FUNCTION catalog_keep_version();
CREATE TRIGGER catalog_never_truncated BEFORE TRUNCATE ON catalog_tariffversion
    FOR EACH STATEMENT EXECUTE FUNCTION cvq_refuse_change();
CREATE FUNCTION catalog_end_preparation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalog_tariffversion SET is_prepared = false WHERE document_id = NEW.id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a published tariff is that of a service'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER catalog_end_preparation AFTER UPDATE OF state ON catalog_tariffdocument
    FOR EACH ROW WHEN (NEW.state = 'PUBLISHED' AND OLD.state <> 'PUBLISHED')
    EXECUTE FUNCTION catalog_end_preparation();
"""
KEEP_NO_MORE = """
DROP FUNCTION IF EXISTS catalog_keep_version() CASCADE;
DROP FUNCTION IF EXISTS catalog_end_preparation() CASCADE;
DROP TRIGGER IF EXISTS catalog_never_truncated ON catalog_tariffversion;
"""
EACH_IS_A_VERSION = """
INSERT INTO catalog_tariffversion (document_id, service_id, number, is_prepared)
SELECT id, service_id, version, state <> 'PUBLISHED' FROM catalog_tariffdocument ORDER BY id;
SET CONSTRAINTS ALL IMMEDIATE;
"""
# A document of one service alone can be as it was before.
ONE_SERVICE_AGAIN = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM catalog_tariffversion GROUP BY document_id HAVING count(*) > 1) THEN
        RAISE EXCEPTION 'a document is for several services: there is no way back';
    END IF;
END $$;
ALTER TABLE catalog_tariffdocument DISABLE TRIGGER catalog_keep_document;
UPDATE catalog_tariffdocument AS d SET service_id = v.service_id, version = v.number
    FROM catalog_tariffversion AS v WHERE v.document_id = d.id;
ALTER TABLE catalog_tariffdocument ENABLE TRIGGER catalog_keep_document;
SET CONSTRAINTS ALL IMMEDIATE;
"""
# A tap follows the purpose of its service: a point where there is none would answer nobody.
POINTS_HAVE_A_PURPOSE = """
CREATE FUNCTION catalog_point_has_a_purpose() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'catalog_accesspoint' THEN
        IF EXISTS (SELECT FROM catalog_service WHERE id = NEW.service_id AND purpose IS NULL) THEN
            RAISE EXCEPTION 'an access point is for the purpose of its service'
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF EXISTS (SELECT FROM catalog_accesspoint WHERE service_id = NEW.id) THEN
        RAISE EXCEPTION 'an access point is for the purpose of its service'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_point_has_a_purpose BEFORE INSERT OR UPDATE OF service_id
    ON catalog_accesspoint FOR EACH ROW EXECUTE FUNCTION catalog_point_has_a_purpose();
CREATE TRIGGER catalog_point_has_a_purpose BEFORE UPDATE OF purpose ON catalog_service
    FOR EACH ROW WHEN (NEW.purpose IS NULL) EXECUTE FUNCTION catalog_point_has_a_purpose();
"""
POINTS_ASK_NO_MORE = "DROP FUNCTION IF EXISTS catalog_point_has_a_purpose() CASCADE;"


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_writers_of_documents'),
    ]

    operations = [
        migrations.CreateModel(
            name='TariffVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('is_prepared', models.BooleanField(default=True)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='catalog.tariffdocument')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='catalog.service')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('service', 'number'), name='version_of_a_service_is_numbered_once'),
                    models.UniqueConstraint(fields=('document', 'service'), name='document_is_one_version_of_a_service'),
                    models.UniqueConstraint(condition=models.Q(('is_prepared', True)), fields=('service',), name='service_prepares_one_version_at_a_time'),
                ],
            },
        ),
        migrations.RemoveConstraint(model_name='tariffdocument', name='document_of_a_service_is_numbered_once'),
        migrations.RemoveConstraint(model_name='tariffdocument', name='service_prepares_one_document_at_a_time'),
        migrations.AlterField(
            model_name='tariffdocument', name='service',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='catalog.service'),
        ),
        migrations.AlterField(
            model_name='tariffdocument', name='version',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.RunSQL(EACH_IS_A_VERSION, ONE_SERVICE_AGAIN),
        migrations.RemoveField(model_name='tariffdocument', name='service'),
        migrations.RemoveField(model_name='tariffdocument', name='version'),
        migrations.AddField(
            model_name='tariffdocument', name='services',
            field=models.ManyToManyField(related_name='documents', through='catalog.TariffVersion', to='catalog.service'),
        ),
        migrations.AlterField(
            model_name='service', name='purpose',
            field=models.TextField(null=True, choices=[(one, one) for one in (
                'SCHOOL_GATE', 'CANTEEN', 'GARDERIE', 'CRECHE', 'LEISURE', 'POOL', 'LIBRARY',
                'COURT', 'DOOR', 'WASTE',
            )]),
        ),
        migrations.RunSQL(KEEP, KEEP_NO_MORE),
        migrations.RunSQL(POINTS_HAVE_A_PURPOSE, POINTS_ASK_NO_MORE),
    ]
