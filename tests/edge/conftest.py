"""A box in a folder of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cvq.rules.vocabulary import Sector
from edge.box_at_work import BoxAtWork


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Callable[..., BoxAtWork]]:
    made: list[BoxAtWork] = []

    def make(*sectors: Sector, **how: Any) -> BoxAtWork:
        made.append(BoxAtWork(tmp_path / str(len(made)), *sectors, **how))
        return made[-1]

    yield make
    for one in made:
        one.running.close()
