"""What a process says of itself names nobody: no row, no key, no variable, no password."""

import json
import os
import subprocess
import sys

import psycopg
import pytest
import structlog

from cvq.config import cli, logs, runtime
from cvq.config.commands import doctor

SECRET = "WALLET:7"
EVENT_BROKEN = """
import structlog
from cvq.config import cli
from cvq.config.commands import replay

def run(args):
    wallet = "WALLET" ":7"
    try:
        raise LookupError(wallet)
    except LookupError as error:
        structlog.get_logger().error("event_broken", exc_info=error)
    return 0

replay.run = run
raise SystemExit(cli.main(["replay"]))
"""


@pytest.fixture(autouse=True)
def _said():
    yield
    structlog.reset_defaults()


def said(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert SECRET not in out + err
    (line,) = err.splitlines()
    return str(json.loads(line)["exception"])


def refused(database, statement):
    with database.connect("cvq_owner") as connection:
        connection.execute(
            "CREATE TABLE kept (code text PRIMARY KEY, CONSTRAINT short CHECK (length(code) < 3))"
        )
        connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        (f"INSERT INTO kept VALUES ('{SECRET}')", "23514"),
        (f"SELECT '{SECRET}'::int", "22P02"),
    ],
)
def test_a_row_that_the_database_refuses_is_not_in_the_log(database, capsys, statement, state):
    logs.configure("worker")
    try:
        refused(database, statement)
    except psycopg.Error as error:
        structlog.get_logger().error("job_failed", exc_info=error)

    told = said(capsys)
    assert state in told
    assert "test_logs.py" in told


def test_the_name_of_what_was_refused_is_in_the_log(database, capsys):
    logs.configure("worker")
    try:
        refused(database, f"INSERT INTO kept VALUES ('{SECRET}')")
    except psycopg.Error as error:
        structlog.get_logger().error("job_failed", exc_info=error)

    assert "kept short" in said(capsys)


def test_what_led_to_a_failure_is_told_without_what_it_said(capsys):
    logs.configure("worker")
    try:
        try:
            os.environ[SECRET]
        except KeyError as error:
            raise ValueError(SECRET) from error
    except ValueError as error:
        structlog.get_logger().error("job_failed", exc_info=error)

    told = said(capsys)
    assert told.index("builtins.KeyError") < told.index("builtins.ValueError")


def test_a_command_that_fails_shows_neither_the_message_nor_the_variables(monkeypatch, capsys):
    def run(args):
        wallet = SECRET
        raise LookupError(wallet)

    monkeypatch.setattr(doctor, "run", run)

    assert cli.main(["doctor"]) == 1
    assert "builtins.LookupError" in said(capsys)


def test_every_command_logs_without_variables(alone):
    process = subprocess.run(
        [sys.executable, "-c", EVENT_BROKEN],
        env=alone | os.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert process.returncode == 0
    assert SECRET not in process.stdout + process.stderr
    assert json.loads(process.stderr)["process"] == "replay"


def test_how_to_connect_is_shown_without_its_password():
    shown = runtime.without_password("postgresql://cvq_app:secret@db.example/cvq?sslmode=require")

    assert "secret" not in shown
    assert "host=db.example" in shown
    assert "sslmode=require" in shown
