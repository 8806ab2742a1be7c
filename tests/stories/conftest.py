"""The town of the stories."""

import pytest

from town import Town, town_here


@pytest.fixture
def town(db: None) -> Town:
    """Return a small town, founded in a transaction that is rolled back."""
    return town_here()
