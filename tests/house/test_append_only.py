"""A table of facts refuses every change, whoever comes."""

import pytest
from django.db import connection, migrations
from django.db.migrations.state import ProjectState
from psycopg import errors

from cvq.plumbing.append_only import AppendOnly

CHANGES = (
    "UPDATE fact SET what = 'other'",
    "UPDATE fact SET what = 'other' WHERE false",
    "DELETE FROM fact",
    "TRUNCATE fact",
    "INSERT INTO fact VALUES (1, 'other') ON CONFLICT (id) DO UPDATE SET what = excluded.what",
)


@pytest.fixture
def fact(database):
    """Give a table of facts with one row, made by the operation as a migration would."""
    with database.connect("cvq_owner", autocommit=True) as owner:
        owner.execute("CREATE TABLE fact (id bigint PRIMARY KEY, what text NOT NULL)")
    connection.close()
    connection.settings_dict["USER"] = "cvq_owner"
    with connection.schema_editor() as editor:
        AppendOnly("fact").database_forwards("plumbing", editor, ProjectState(), ProjectState())
    connection.close()
    connection.settings_dict["USER"] = "cvq_app"
    with database.connect() as app:
        app.execute("INSERT INTO fact VALUES (1, 'what happened')")
    return database


@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_of_the_table_may_not_change_a_fact(fact, change):
    refused = pytest.raises(errors.RestrictViolation, match="table fact holds facts")
    with fact.connect("cvq_owner") as owner, refused:
        owner.execute(change)

    with fact.connect() as app:
        assert app.execute("SELECT * FROM fact").fetchall() == [(1, "what happened")]


@pytest.mark.parametrize("change", CHANGES)
def test_the_processes_do_not_even_have_the_right(fact, change):
    with fact.connect() as app, pytest.raises(errors.InsufficientPrivilege):
        app.execute(change)


def test_a_table_made_by_the_owner_is_usable_by_the_processes(database):
    with database.connect("cvq_owner", autocommit=True) as owner:
        owner.execute("CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY, what text)")

    with database.connect() as app:
        app.execute("INSERT INTO note (what) VALUES ('a')")
        app.execute("UPDATE note SET what = 'b'")
        assert app.execute("DELETE FROM note RETURNING what").fetchall() == [("b",)]


def test_the_operation_can_be_undone(fact):
    connection.close()
    connection.settings_dict["USER"] = "cvq_owner"
    with connection.schema_editor() as editor:
        AppendOnly("fact").database_backwards("plumbing", editor, ProjectState(), ProjectState())

    with fact.connect() as app:
        app.execute("UPDATE fact SET what = 'changed'")


def test_a_migration_writer_can_write_the_operation_again():
    name, args, kwargs = AppendOnly("fact").deconstruct()

    assert (name, args, kwargs) == ("AppendOnly", ["fact"], {})
    assert isinstance(AppendOnly("fact"), migrations.operations.base.Operation)
