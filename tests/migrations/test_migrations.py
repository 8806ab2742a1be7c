"""The tables follow the models, and each migration can be undone."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
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
