"""
Statements that leave together and come back together: one round trip for a whole step.

It speaks on a psycopg connection, below its cursors.  A statement is prepared the first time a
connection sends it, and says by its casts what each parameter is (``%s::bigint[]``): values go
and come in binary, whole columns at a time.  Nothing is sent before the first answer is read.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import count
from types import TracebackType
from typing import Any, LiteralString, Protocol, Self
from weakref import WeakKeyDictionary

from psycopg import Connection, errors, pq
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.generators import fetch_many, send

from cvq.plumbing.binary import Encode, encoder

_PARAMETER = re.compile(r"%(?:\((?P<name>\w+)\))?s(?P<cast>::\w+(?:\[\])?)?|%")

Parameters = Sequence[Any] | Mapping[str, Any]

# What a connection that speaks through pipelines asks of the server.  Each statement is planned
# once, and looks rows up: a plan made when a table was empty would go on reading it whole.
OPTIONS = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off"


class Answered(Protocol):
    """What came back of a statement: a cursor of psycopg, or an answer of a pipeline."""

    def fetchall(self) -> list[Any]:
        """Return the rows."""

    def fetchone(self) -> Any:
        """Return the first row, or nothing."""


class Speaks(Protocol):
    """Whoever sends statements: a cursor of psycopg, or a pipeline."""

    def execute(self, query: LiteralString, params: Any = None, /) -> Answered:
        """Send a statement, now or with those to come."""


class Statement:
    """A statement as it is prepared: its text, and how each of its parameters is sent."""

    __slots__ = ("encoders", "names", "oids", "text")

    def __init__(self, query: str) -> None:
        """Read the casts of the parameters; the same name is sent once."""
        self.names: list[str] = []
        self.oids: list[int] = []
        self.encoders: list[Encode] = []
        self.text = _PARAMETER.sub(self._numbered, query).encode()

    def _numbered(self, found: "re.Match[str]") -> str:
        cast = found["cast"]
        assert cast, f"say what each parameter is, as %s::bigint: {found.string}"
        name = found["name"] or ""
        if not name or name not in self.names:
            oid, encode = encoder(cast.removeprefix("::"))
            self.names.append(name)
            self.oids.append(oid)
            self.encoders.append(encode)
            return f"${len(self.names)}{cast}"
        return f"${self.names.index(name) + 1}{cast}"

    def encoded(self, params: Parameters) -> list[bytes | None]:
        """Return the parameters as they are sent."""
        values = [params[name] for name in self.names] if isinstance(params, Mapping) else params
        return [
            None if value is None else encode(value)
            for value, encode in zip(values, self.encoders, strict=True)
        ]


statement = cache(Statement)
_prepared: "WeakKeyDictionary[Connection[Any], dict[Statement, bytes]]" = WeakKeyDictionary()
_numbers = count(1)


class Reply:
    """What comes back of a statement; reading it sends what waits."""

    __slots__ = ("_pipeline", "rows")

    def __init__(self, pipeline: "Pipeline") -> None:
        """Wait for the rows."""
        self._pipeline = pipeline
        self.rows: list[tuple[Any, ...]] | None = None

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows."""
        if self.rows is None:
            self._pipeline.go()
        assert self.rows is not None
        return self.rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the first row, or nothing."""
        rows = self.fetchall()
        return rows[0] if rows else None


Waiting = tuple[Statement, Parameters, Reply]


def _prepared_on(connection: Connection[Any]) -> dict[Statement, bytes]:
    """Return the names of the statements that a connection has prepared."""
    known = _prepared.get(connection)
    if known is None:
        # On a rollback psycopg deallocates all that a connection has, if it prepared anything
        # itself: from here on it does not.
        connection.prepare_threshold = None
        known = _prepared[connection] = {}
    return known


def forget(connection: Connection[Any]) -> None:
    """Prepare every statement of a connection anew, as after a rollback that deallocated them."""
    _prepared.pop(connection, None)


class Pipeline:
    """
    Statements of one step, on a connection that is in a transaction.

    As a context manager it sends on leaving what still waits; after an error, nothing.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        """Take the connection; nothing is sent."""
        self._connection = connection
        self._waiting: list[Waiting] = []

    def __enter__(self) -> Self:
        """Let statements be added."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Send what waits, unless the step failed."""
        if kind is None:
            self.go()

    def execute(self, query: LiteralString, params: Parameters | None = None, /) -> Reply:
        """Add a statement; its answer is read later."""
        answer = Reply(self)
        self._waiting.append((statement(query), () if params is None else params, answer))
        return answer

    def go(self) -> None:
        """
        Send what waits and read every answer.

        :raises psycopg.Error: the first statement that failed; those after it were not run.
        """
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        encoded = [sent.encoded(params) for sent, params, _ in waiting]
        known = _prepared_on(self._connection)
        pgconn = self._connection.pgconn
        with self._connection.lock:
            try:
                pgconn.enter_pipeline_mode()
                fresh = [
                    _send(pgconn, sent, params, known)
                    for (sent, _, _), params in zip(waiting, encoded, strict=True)
                ]
                pgconn.pipeline_sync()
                expected = len(waiting) + sum(fresh) + 1
                results = self._connection.wait(_answers(pgconn, expected))
                pgconn.exit_pipeline_mode()
            except BaseException:
                # What it was about to say would be taken for the answer to something else.
                self._connection.close()
                raise
        self._take(waiting, fresh, results, known)

    def _take(
        self,
        waiting: Sequence[Waiting],
        fresh: Sequence[bool],
        results: Sequence[pq.abc.PGresult],
        known: dict[Statement, bytes],
    ) -> None:
        for result in results:
            if result.status == pq.ExecStatus.FATAL_ERROR:
                for (sent, _, _), is_fresh in zip(waiting, fresh, strict=True):
                    if is_fresh:  # it may not have been prepared; its name is not used again
                        known.pop(sent, None)
                error = errors.error_from_result(result)
                if isinstance(error, errors.InvalidSqlStatementName):
                    known.clear()  # psycopg had prepared something before our first statement
                raise error
        answers = iter(results)
        reader = Transformer(self._connection)
        for (_, _, answer), is_fresh in zip(waiting, fresh, strict=True):
            if is_fresh:
                next(answers)
            answer.rows = _rows(reader, next(answers))


def _send(
    pgconn: pq.abc.PGconn,
    sent: Statement,
    params: Sequence[bytes | None],
    known: dict[Statement, bytes],
) -> bool:
    """Put a statement in the buffer; tell whether it had to be prepared first."""
    name = known.get(sent)
    if is_fresh := name is None:
        name = known[sent] = b"cvq_%d" % next(_numbers)
        pgconn.send_prepare(name, sent.text, sent.oids)
    pgconn.send_query_prepared(name, params, [pq.Format.BINARY] * len(params), pq.Format.BINARY)
    return is_fresh


def _answers(pgconn: pq.abc.PGconn, expected: int) -> PQGen[list[pq.abc.PGresult]]:
    yield from send(pgconn)
    results: list[pq.abc.PGresult] = []
    for _ in range(expected):
        results += yield from fetch_many(pgconn)
    return results


def _rows(reader: Any, result: pq.abc.PGresult) -> list[tuple[Any, ...]]:
    if result.status != pq.ExecStatus.TUPLES_OK or not result.ntuples:
        return []
    reader.set_pgresult(result, format=pq.Format.BINARY)
    rows: list[tuple[Any, ...]] = reader.load_rows(0, result.ntuples, tuple)
    return rows
