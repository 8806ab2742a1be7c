"""What the environment says is understood, or refused in a sentence that names it."""

import pytest

from cvq.config.environment import NotSaid, count, one_of

WORD, FIGURE = "CVQ_AGENTS_SECOND_FACTOR", "CVQ_PROXIES"


def test_a_word_is_one_of_those_that_mean_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WORD, raising=False)
    assert one_of(WORD, "required", "optional") == "required"
    monkeypatch.setenv(WORD, "optional")
    assert one_of(WORD, "required", "optional") == "optional"

    monkeypatch.setenv(WORD, "non")
    with pytest.raises(NotSaid, match="CVQ_AGENTS_SECOND_FACTOR vaut « non »"):
        one_of(WORD, "required", "optional")


@pytest.mark.parametrize("said", ["-1", "un", "1.5", "²"])
def test_a_number_of_things_is_counted(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.delenv(FIGURE, raising=False)
    assert count(FIGURE, 1) == 1
    monkeypatch.setenv(FIGURE, "2")
    assert count(FIGURE, 1) == 2

    monkeypatch.setenv(FIGURE, said)
    with pytest.raises(NotSaid, match="CVQ_PROXIES vaut"):
        count(FIGURE, 1)
