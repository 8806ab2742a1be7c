"""The command line opens a territory of its own and says in one line what it is unable to do."""

import errno
import os
import stat
import subprocess
import sys

import pytest

from cvq.config import cli, home


def cvq(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cvq.config.cli", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_new_folder_is_migrated_then_found_healthy(folder, alone):
    before = cvq(alone, "doctor")
    migrated = cvq(alone, "migrate")
    after = cvq(alone, "doctor")

    assert before.returncode == 1
    assert "migrations à appliquer" in before.stdout
    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert after.returncode == 0
    assert "✓ Tables à jour" in after.stdout


def test_a_given_database_that_the_processes_own_is_warned_of(database, alone):
    given = {name: value for name, value in os.environ.items() if name.startswith("PG")}
    owner = alone | given | {"PGUSER": "cvq_owner", "PGDATABASE": database.name}

    as_owner = cvq(owner, "doctor")
    as_app = cvq(owner | {"PGUSER": "cvq_app"}, "doctor")

    assert "! Les processus sont propriétaires" in as_owner.stdout
    assert "propriétaires" not in as_app.stdout
    assert as_app.returncode == 0


def test_secrets_are_read_by_their_owner_only_and_drawn_once(folder):
    first = home.secret(folder, "seal")

    assert home.secret(folder, "seal") == first
    assert home.secret(folder, "django") != first
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (folder / "secrets").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700


def test_a_damaged_territory_is_one_clear_line(folder, alone):
    (folder / "home").mkdir(mode=0o711)
    (folder / "home/territory.json").write_text('{"siren": 3}')

    said = cvq(alone, "doctor")

    assert said.returncode == 1
    assert "territory.json" in said.stdout
    assert "Traceback" not in said.stdout + said.stderr


def test_a_database_that_does_not_answer_is_one_clear_line(alone):
    said = cvq(alone | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/cvq"}, "doctor")

    assert said.returncode == 1
    assert "✗ La base ne répond pas" in said.stdout
    assert "Traceback" not in said.stdout + said.stderr


def test_what_a_command_is_unable_to_do_is_one_line_and_status_two(alone):
    said = cvq(alone | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/cvq"}, "migrate")

    assert said.returncode == 2
    assert said.stdout == ""
    assert said.stderr.startswith("cvq migrate : La base ne répond pas")


def test_the_territory_that_was_written_is_the_one_that_is_read(folder):
    gatine = home.Territory(siren="200041333", name="Parthenay-Gâtine", school_zone="A")

    home.write_territory(folder, gatine)

    assert home.read_territory(folder) == gatine


def test_a_replay_lives_by_its_own_clock_and_keys_whoever_the_host_is(folder, alone):
    host = folder / "home"
    host.mkdir(mode=0o711)
    island = home.Territory(siren="249740119", name="CINOR", time_zone="Indian/Reunion")
    home.write_territory(host, island)

    said = cvq(alone, "replay", "--scale", "0.02", "--until", "2025-01-03")

    assert said.returncode == 0, said.stdout + said.stderr
    assert home.read_territory(host) == island
    assert home.read_territory(host / "replay").time_zone == "Europe/Paris"
    assert any((host / "replay/devices").iterdir())
    assert not (host / "devices").exists()


@pytest.mark.parametrize("command", ["audit", "serve"])
def test_where_nothing_was_founded_no_command_pretends(command, tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}

    ended = subprocess.run(
        [sys.executable, "-m", "cvq.config.cli", command],
        env=environment | {"CVQ_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 2
    assert "cvq init --epci SIREN" in ended.stderr


def test_a_folder_that_is_a_file_or_somebody_else_s_is_one_sentence(monkeypatch, capsys):
    def refused(args):
        raise PermissionError(errno.EACCES, "Permission denied", "/srv/cvq")

    monkeypatch.setattr("cvq.config.commands.doctor.run", refused)

    assert cli.main(["doctor"]) == 2
    assert "/srv/cvq n'est pas à vous" in capsys.readouterr().err
