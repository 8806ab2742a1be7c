"""The command line opens a territory of its own and says in one line what it is unable to do."""

import errno
import os
import stat
import subprocess
import sys

import psycopg
import pytest

from cvq.config import cli, home
from cvq.plumbing.postgres import CARELESS, Server
from edge.gatehouse import free_port


def cvq(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cvq.config.cli", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def at_free_ports(command: str) -> list[str]:
    # Whoever shows a demonstration on this machine meanwhile has the ports of always.
    if command != "demo":
        return [command]
    return [command, "--port", str(free_port()), "--web-port", str(free_port())]


def test_a_new_folder_is_migrated_then_found_healthy(folder, alone):
    before = cvq(alone, "doctor")
    migrated = cvq(alone, "migrate")
    after = cvq(alone, "doctor")

    assert before.returncode == 1
    assert "« cvq init --epci SIREN »" in before.stdout
    assert "migrat" not in before.stdout
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


def test_a_damaged_territory_is_one_clear_line(database, folder, alone):
    given = {name: value for name, value in os.environ.items() if name.startswith("PG")}
    (folder / "home").mkdir(mode=0o711)
    (folder / "home/territory.json").write_text('{"siren": 3}')

    said = cvq(alone | given | {"PGDATABASE": database.name}, "doctor")

    assert said.returncode == 1
    assert "Traceback" not in said.stdout + said.stderr
    (told,) = [line for line in said.stdout.splitlines() if "territory.json" in line]
    assert told == (
        f"✗ {folder}/home/territory.json est abîmé : remettez-en la copie, ou ôtez-le et "
        "refaites-le avec « cvq init --epci SIREN », qui ne change rien d'autre."
    )


def test_doctor_makes_nothing_in_a_folder_that_is_not_there(folder, alone):
    said = cvq(alone, "doctor")

    assert said.returncode == 1
    assert said.stderr == ""
    assert f"✗ Il n'y a pas de base dans {folder}/home" in said.stdout
    assert list(folder.iterdir()) == []


def test_doctor_draws_no_secret_and_makes_no_database(database, alone, folder):
    given = {name: value for name, value in os.environ.items() if name.startswith("PG")}

    said = cvq(alone | given | {"PGDATABASE": database.name}, "doctor")

    assert (said.returncode, said.stderr) == (0, "")
    assert "✓ Tables à jour" in said.stdout
    assert list(folder.iterdir()) == []


def test_a_server_without_our_database_is_left_without_it(folder, alone):
    with Server(folder / "home/pg", settings=CARELESS) as server:
        said = cvq(alone, "doctor")
        with psycopg.connect(server.dsn()) as connection:
            names = connection.execute("SELECT datname FROM pg_database").fetchall()

    assert said.returncode == 1
    assert "✗ Il n'y a pas de base" in said.stdout
    assert ("cvq",) not in names
    assert [file.name for file in (folder / "home").iterdir()] == ["pg"]


NOWHERE = "postgresql://somebody:secret@127.0.0.1:1/cvq"


@pytest.mark.parametrize("command", ["migrate", "serve", "worker", "gateway", "audit", "demo"])
def test_a_database_that_does_not_answer_is_one_sentence(command, alone):
    said = cvq(alone | {"DATABASE_URL": NOWHERE}, *at_free_ports(command))

    assert said.returncode == 2
    (last,) = said.stderr.splitlines()
    assert last == (
        f"cvq {command} : La base ne répond pas sur 127.0.0.1, port 1 : vérifiez que ce serveur "
        "tourne, et l'adresse dans DATABASE_URL."
    )


def test_doctor_says_too_that_a_database_does_not_answer(alone):
    said = cvq(alone | {"DATABASE_URL": NOWHERE}, "doctor")

    assert said.returncode == 1
    assert "✗ La base ne répond pas sur 127.0.0.1, port 1 :" in said.stdout
    assert "secret" not in said.stdout + said.stderr
    assert "Traceback" not in said.stdout + said.stderr


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("DATABASE_URL", "not an address", "DATABASE_URL ne se lit pas : écrivez postgresql://"),
        ("PGDATABASE", "nowhere", "refuse cvq_owner : vérifiez l'utilisateur, le mot de passe"),
        ("CVQ_OWNER_URL", NOWHERE, "La base ne répond pas sur 127.0.0.1, port 1 :"),
    ],
)
def test_a_wrong_address_of_the_database_is_one_sentence(
    variable, value, sentence, database, alone
):
    given = {name: text for name, text in os.environ.items() if name.startswith("PG")}
    given["PGDATABASE"] = database.name

    said = cvq(alone | given | {variable: value}, "migrate")

    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.count("\n") == 1
    assert sentence in said.stderr
    assert "secret" not in said.stderr


@pytest.mark.parametrize("command", ["doctor", "migrate", "demo"])
@pytest.mark.parametrize("inside", ["", "/below"])
def test_a_folder_that_is_a_file_is_one_sentence(command, inside, folder, alone):
    file = folder / "home"
    file.write_text("kept")

    said = cvq(alone | {"CVQ_HOME": f"{file}{inside}"}, *at_free_ports(command))

    assert said.returncode == 2
    assert said.stdout == ""
    assert said.stderr == (
        f"cvq {command} : {file} est un fichier : donnez dans CVQ_HOME le chemin d'un dossier.\n"
    )
    assert file.read_text() == "kept"


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


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "n'existe pas : donnez un fichier CSV en UTF-8."),
        (b"\xff", "ne se lit pas : donnez un fichier CSV en UTF-8, que vous pouvez lire."),
    ],
)
def test_a_file_to_import_that_cannot_be_read_is_one_sentence(content, sentence, tmp_path, capsys):
    file = tmp_path / "vacances.csv"
    if content is not None:
        file.write_bytes(content)

    assert cli.main(["import", "school-holidays", str(file)]) == 2
    assert capsys.readouterr().err == f"cvq import : {file} {sentence}\n"


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


def test_who_stops_reading_hears_nothing_more_and_nothing_is_logged(alone, tmp_path):
    told = "tariff: t\nitems: {m: {grain: meal, lines: [{label: R, amount: 1}]}}\n"
    tariff = tmp_path / "t.yaml"
    tariff.write_text(told)
    words = [sys.executable, "-m", "cvq.config.cli", "tariff", "check", *[str(tariff)] * 2000]

    with subprocess.Popen(
        words, env=alone, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as checking:
        assert checking.stdout is not None
        assert "juste" in checking.stdout.readline()
        checking.stdout.close()
        assert checking.stderr is not None
        assert checking.stderr.read() == ""

    assert checking.returncode == cli.CLOSED_PIPE_STATUS
