import pytest

from tests.actions.play import Play


@pytest.fixture
def play(database, wakes, town, terms) -> Play:
    """The town at work."""
    return Play(database, wakes, town, terms)
