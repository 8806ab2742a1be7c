"""
A migration operation that makes a table append-only: what happened is never changed.

Two guards, because one is not enough: a trigger that refuses whoever comes, the owner included,
and the right itself, taken from the role that the processes use.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# One function for all tables.  It is left in place when the last table is unlocked.
REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION cvq_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % holds facts: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation',
              HINT = 'A mistake is corrected by another fact.';
END $$
"""
APP_MAY_NOT_CHANGE = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cvq_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM cvq_app;
    END IF;
END $$
"""
APP_MAY_CHANGE = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cvq_app') THEN
        GRANT UPDATE, DELETE ON {table} TO cvq_app;
    END IF;
END $$
"""


class AppendOnly(Operation):
    """Refuse UPDATE, DELETE and TRUNCATE on a table, for every role."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str) -> None:
        """Name the table as the database does, ``ledger_entry``."""
        self.table = table

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return what a squashed migration needs to write this again."""
        return (type(self).__name__, [self.table], {})

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave the models as they are: only the database knows."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Lock the table.  A statement that touches no row is refused too."""
        table = schema_editor.quote_name(self.table)
        schema_editor.execute(REFUSE_CHANGE, params=None)
        schema_editor.execute(
            f"CREATE TRIGGER cvq_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION cvq_refuse_change()",
            params=None,
        )
        schema_editor.execute(APP_MAY_NOT_CHANGE.format(table=table), params=None)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Unlock the table."""
        table = schema_editor.quote_name(self.table)
        schema_editor.execute(f"DROP TRIGGER IF EXISTS cvq_append_only ON {table}", params=None)
        schema_editor.execute(APP_MAY_CHANGE.format(table=table), params=None)

    def describe(self) -> str:
        """Return what ``migrate`` prints."""
        return f"Make {self.table} append-only"
