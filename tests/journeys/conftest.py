"""Real repositories and the real command for whole journeys."""

from pathlib import Path

import pytest

from journeys.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty directory."""
    top = tmp_path / "place"
    top.mkdir()
    return Place(top)


@pytest.fixture
def repository(place: Place) -> Place:
    """A repository with one commit on main."""
    place.git("init", "-q", "-b", "main")
    place.write("README.md", "# A shop\n")
    place.write("shop.py", "def total(prices):\n    return sum(prices)\n")
    place.commit("start")
    return place
