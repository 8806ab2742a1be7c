"""The tables follow the models, and each migration can be undone."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor


@pytest.mark.django_db
def test_the_models_say_nothing_that_the_tables_do_not_hold():
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


@pytest.mark.django_db
def test_the_tables_are_up_to_date():
    executor = MigrationExecutor(connection)

    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


def test_each_migration_can_be_undone_and_done_again(as_owner):
    tables = set(connection.introspection.table_names())
    connection.close()

    for app in apps.get_app_configs():
        if app.name.startswith("cvq.") and app.models_module is not None:
            call_command("migrate", app.label, "zero", verbosity=0)
    left = {name for name in connection.introspection.table_names() if ours(name)}
    call_command("migrate", verbosity=0)

    assert left == set()
    assert set(connection.introspection.table_names()) == tables


def ours(table: str) -> bool:
    labels = [app.label for app in apps.get_app_configs() if app.name.startswith("cvq.")]
    return table.startswith(tuple(f"{label}_" for label in labels))


@pytest.fixture
def as_owner(database):
    """Make Django the owner of the tables in a database of the test's own."""
    connection.close()
    connection.settings_dict["USER"] = "cvq_owner"
    return database


# A territory of before: a document published, another on its way.
BEFORE = """
INSERT INTO catalog_authority (id, siren, name, kind) VALUES (1, '200041333', 'CC', 'COMMUNITY');
INSERT INTO catalog_service
    (id, code, name, purpose, authority_id, revenue_type, is_always_open)
VALUES (1, 'POOL', 'Piscine', 'POOL', 1, '', true),
    (2, 'OTHER', 'Plan d''eau', 'POOL', 1, '', true);
INSERT INTO catalog_tariffdocument (id, service_id, version, text, state, written_by, written_at,
    writers, approved_by, published_by, council_decision, retroactive_decision)
VALUES (1, 1, 1, 'a', 'DRAFT', 'nadia', now(), '[]', '', '', '', '');
UPDATE catalog_tariffdocument SET state = 'APPROVED', approved_by = 'paul', approved_at = now();
UPDATE catalog_tariffdocument SET state = 'PUBLISHED', published_by = 'paul',
    published_on = '2025-06-03', valid_from = '2025-06-10', council_decision = '2025-41';
INSERT INTO catalog_tariffdocument (id, service_id, version, text, state, written_by, written_at,
    writers, approved_by, published_by, council_decision, retroactive_decision)
VALUES (2, 1, 2, 'b', 'DRAFT', 'nadia', now(), '[]', '', '', '', '');
"""
VERSIONS = (
    "SELECT document_id, service_id, number, is_prepared FROM catalog_tariffversion ORDER BY 1"
)
DOCUMENTS = "SELECT id, service_id, version, state FROM catalog_tariffdocument ORDER BY 1"


def test_the_documents_of_before_are_the_versions_of_their_service_and_can_go_back(as_owner):
    connection.close()
    call_command("migrate", "catalog", "0003", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(BEFORE)

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(VERSIONS)
        assert cursor.fetchall() == [(1, 1, 1, False), (2, 1, 2, True)]
    call_command("migrate", "catalog", "0003", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(DOCUMENTS)
        assert cursor.fetchall() == [(1, 1, 1, "PUBLISHED"), (2, 1, 2, "DRAFT")]

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_tariffversion (document_id, service_id, number, is_prepared) "
            "VALUES (2, 2, 1, true)"
        )
    with pytest.raises(DatabaseError, match="no way back"):
        call_command("migrate", "catalog", "0003", verbosity=0)
