"""One author may take a whole text under their name: nobody who wrote in it is forgotten."""

from django.db import migrations, models

# Names come in freely.  They leave all at once, for one person who answers for the text as it is.
KEEP = """
CREATE FUNCTION catalog_keep_writers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (OLD.state = 'DRAFT' AND NEW.state = 'DRAFT') THEN
        RAISE EXCEPTION 'a draft alone changes its writers' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT (NEW.writers || NEW.taken_from) @> (OLD.writers || OLD.taken_from) THEN
        RAISE EXCEPTION 'who wrote a tariff is not forgotten' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT (NEW.writers @> OLD.writers) AND (
        NEW.text <> OLD.text OR NEW.writers <> jsonb_build_array(lower(NEW.written_by))
    ) THEN
        RAISE EXCEPTION 'one person takes a text under their name'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_keep_writers BEFORE UPDATE ON catalog_tariffdocument
    FOR EACH ROW WHEN (
        (NEW.writers, NEW.taken_from, NEW.written_by)
            IS DISTINCT FROM (OLD.writers, OLD.taken_from, OLD.written_by)
    ) EXECUTE FUNCTION catalog_keep_writers();
"""
KEEP_NO_MORE = "DROP FUNCTION IF EXISTS catalog_keep_writers() CASCADE;"


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0004_versions_of_services'),
    ]

    operations = [
        migrations.AddField(
            model_name='tariffdocument',
            name='taken_from',
            field=models.JSONField(default=list),
        ),
        migrations.RunSQL(KEEP, KEEP_NO_MORE),
    ]
