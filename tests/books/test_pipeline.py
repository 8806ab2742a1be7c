"""Statements that leave together: what goes comes back, and what fails fails alone."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvq.plumbing.binary import encoder
from cvq.plumbing.connections import underneath
from cvq.plumbing.pipeline import Pipeline, statement

pytestmark = pytest.mark.django_db
COLUMNS = {
    "boolean": [True, None, False],
    "smallint": [1, -1, None],
    "int": [1, None, -(2**31)],
    "bigint": [2**40, None, -(2**63)],
    "text": ["", "é « à »", None],
    "bytea": [b"", b"\0\xff", None],
    "uuid": [UUID(int=1), None, UUID(int=2**128 - 1)],
    "date": [date(1985, 6, 1), None, date(2000, 1, 1)],
    "timestamptz": [datetime(1999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), None],
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_column_comes_back_as_it_went(kind):
    pipeline = Pipeline(underneath())
    column: list[Any] = COLUMNS[kind]  # type: ignore[assignment]

    whole = pipeline.execute(f"SELECT v FROM unnest(%s::{kind}[]) AS c(v)", (column,))
    full = pipeline.execute(f"SELECT v FROM unnest(%s::{kind}[]) AS c(v)", (column[:1],))
    empty = pipeline.execute(f"SELECT v FROM unnest(%s::{kind}[]) AS c(v)", ([],))
    alone = pipeline.execute(f"SELECT %s::{kind}, %s::{kind}", (column[0], None))

    assert [row[0] for row in whole.fetchall()] == column
    assert [row[0] for row in full.fetchall()] == column[:1]
    assert empty.fetchall() == []
    assert alone.fetchone() == (column[0], None)


@given(st.lists(st.none() | st.integers(-(2**31), 2**31 - 1)), st.lists(st.none() | st.text()))
def test_a_column_is_written_as_psycopg_writes_it(numbers, texts):
    from psycopg.adapt import PyFormat, Transformer

    def theirs(column):
        return bytes(Transformer().get_dumper(column, PyFormat.BINARY).dump(column) or b"")

    numbers = [n for n in numbers if n is None or abs(n) > 2**15]  # psycopg picks the smallest type
    texts = [t.replace("\0", "") if t is not None else None for t in texts]

    if any(n is not None for n in numbers):
        assert encoder("int[]")[1](numbers) == theirs(numbers)
    if any(t is not None for t in texts):
        assert encoder("text[]")[1](texts) == theirs(texts)


def test_a_document_comes_back_read():
    asked = Pipeline(underneath()).execute("SELECT %s::jsonb", ('{"âge": 39}',))

    assert asked.fetchone() == ({"âge": 39},)


def test_a_name_is_sent_once_and_text_is_left_alone():
    pipeline = Pipeline(underneath())

    asked = pipeline.execute("SELECT %(n)s::int + %(n)s::int, %(t)s::text", {"n": 20, "t": "%s"})

    assert asked.fetchone() == (40, "%s")
    assert statement("SELECT %(n)s::int + %(n)s::int").text == b"SELECT $1::int + $1::int"


def test_a_parameter_that_does_not_say_what_it_is_is_a_bug_of_ours():
    with pytest.raises(AssertionError, match="say what each parameter is"):
        Pipeline(underneath()).execute("SELECT %s", (1,))


def test_a_failure_is_told_by_name_and_the_connection_goes_on():
    connection = underneath()
    pipeline = Pipeline(connection)

    def divide() -> None:
        with connection.transaction():
            pipeline.execute("SELECT 1")
            pipeline.execute("SELECT 1 / %s::int", (0,))
            pipeline.execute("SELECT 2").fetchall()

    with pytest.raises(psycopg.errors.DivisionByZero):
        divide()

    assert pipeline.execute("SELECT 1 / %s::int", (1,)).fetchone() == (1,)
    assert pipeline.execute("SELECT 2").fetchone() == (2,)


def test_a_step_that_fails_sends_nothing():
    connection = underneath()

    def fail() -> None:
        with Pipeline(connection) as pipeline:
            pipeline.execute("SELECT 1 / %s::int", (0,))
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert connection.execute("SELECT 3").fetchone() == (3,)


def test_what_is_larger_than_any_buffer_comes_back_whole():
    many = list(range(50_000))
    pipeline = Pipeline(underneath())
    wide = "SELECT n, repeat('x', 100) FROM unnest(%s::int[]) AS c(n)"

    asked = [pipeline.execute(wide, (many,)) for _ in range(3)]

    assert [len(each.fetchall()) for each in asked] == [50_000] * 3


def test_a_rollback_leaves_what_is_prepared(database):
    with database.connect(autocommit=True) as connection:
        connection.prepare_threshold = 0
        for _ in range(2):
            assert Pipeline(connection).execute("SELECT 2::bigint").fetchone() == (2,)
            connection.execute("SELECT 1")
            with pytest.raises(ZeroDivisionError), connection.transaction():
                raise ZeroDivisionError


def test_what_psycopg_prepared_before_us_costs_one_failure_at_the_most(database):
    with database.connect(autocommit=True) as connection:
        connection.prepare_threshold = 0
        connection.execute("SELECT 1")
        Pipeline(connection).execute("SELECT 2::bigint").fetchone()
        with pytest.raises(ZeroDivisionError), connection.transaction():
            raise ZeroDivisionError

        with pytest.raises(psycopg.errors.InvalidSqlStatementName):
            Pipeline(connection).execute("SELECT 2::bigint").fetchone()

        assert Pipeline(connection).execute("SELECT 2::bigint").fetchone() == (2,)
