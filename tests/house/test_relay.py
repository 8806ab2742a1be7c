"""Mail leaves by the server that the environment names, else it lies in a folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cvq.config.commands import doctor
from cvq.config.relay import VARIABLE, NoSuchRelay, Relay, from_environment

SETTINGS = """
from django.conf import settings as s
print(s.EMAIL_BACKEND.split(".")[-2], s.DEFAULT_FROM_EMAIL)
print(s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_HOST_USER, s.EMAIL_USE_TLS, s.EMAIL_USE_SSL)
"""


@pytest.fixture(autouse=True)
def _no_demonstration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CVQ_SIMULATED", raising=False)


@pytest.mark.parametrize(
    ("said", "known"),
    [
        (
            "submission://carte%40ville.fr:p%3Ass@mail.ville.fr",
            Relay("submission", "mail.ville.fr", 587, "carte@ville.fr", "p:ss", "carte@ville.fr"),
        ),
        (
            "smtps://carte:secret@mail.ville.fr:4650?from=a@ville.fr",
            Relay("smtps", "mail.ville.fr", 4650, "carte", "secret", "a@ville.fr"),
        ),
        (
            "smtp://127.0.0.1:2525",
            Relay("smtp", "127.0.0.1", 2525, "", "", "ne-pas-repondre@127.0.0.1"),
        ),
    ],
)
def test_an_address_names_a_server(
    monkeypatch: pytest.MonkeyPatch, said: str, known: Relay
) -> None:
    monkeypatch.setenv(VARIABLE, said)
    assert from_environment() == known

    monkeypatch.setenv("CVQ_SIMULATED", "1")  # a demonstration writes to nobody
    assert from_environment() is None


@pytest.mark.parametrize("said", ["mail.ville.fr", "http://u:secret@x", "smtp://u:secret@x:port"])
def test_what_names_none_is_refused_without_telling_the_password(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv(VARIABLE, said)

    with pytest.raises(NoSuchRelay, match="CVQ_EMAIL_URL ne se lit pas") as refused:
        from_environment()

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ("", "filebased Carte de Vie Quotidienne <ne-pas-repondre@carte.invalid>\n"),
        (
            "submission://u:secret@mail.ville.fr?from=a@ville.fr",
            "smtp Carte de Vie Quotidienne <a@ville.fr>\nmail.ville.fr 587 u True False\n",
        ),
    ],
)
def test_the_pages_send_by_it(tmp_path: Path, said: str, printed: str) -> None:
    named = {VARIABLE: said, "CVQ_HOME": str(tmp_path), "CVQ_SIMULATED": ""}
    told = subprocess.run(
        [sys.executable, "-c", SETTINGS],
        env={**os.environ, **named, "DJANGO_SETTINGS_MODULE": "cvq.config.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.startswith(printed)


def test_the_doctor_says_whether_anybody_receives_mail(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    (kept,) = doctor._mail(tmp_path)
    monkeypatch.setenv(VARIABLE, "smtps://carte:secret@mail.ville.fr?from=a@ville.fr")
    (sent,) = doctor._mail(tmp_path)

    assert kept.mark == "!"
    assert "personne ne les reçoit" in kept.sentence
    assert sent == doctor.good("Courriels par smtps://mail.ville.fr:465, de a@ville.fr")
