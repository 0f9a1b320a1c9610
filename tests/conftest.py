"""What all tests share: a home of their own, and tools that may be missing."""

import itertools
import os
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No test asserts on a clock, hypothesis's deadline included. In CI the examples are the same in each run of a commit: what
# new ones find is found, and mended, where a person runs the tests.
settings.register_profile(
    "steady",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI") or os.environ.get("CLEARANCE_NO_SKIP")),
)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _system_tools(request: pytest.FixtureRequest) -> None:
    """Skip a test that needs a missing system tool, with the reason; where CLEARANCE_NO_SKIP is set, fail instead."""
    for marker in request.node.iter_markers("system"):
        missing = [tool for tool in marker.args if shutil.which(tool) is None]
        if missing and os.environ.get("CLEARANCE_NO_SKIP"):
            pytest.fail(f"{', '.join(missing)} is missing, and nothing may be skipped here")
        if missing:
            pytest.skip(f"needs {', '.join(missing)}")


class Rooms:
    """New folders below one, each with a number of its own. pytest's own way lists all earlier ones each time: at 20,000
    tests that was a seventh of the whole run."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._number = itertools.count()

    def new(self, name: str) -> Path:
        made = self._top / f"{name}{next(self._number)}"
        made.mkdir(mode=0o700)
        return made


@pytest.fixture(scope="session")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Rooms:
    """The folders of this run."""
    return Rooms(tmp_path_factory.mktemp("t", numbered=False))


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, rooms: Rooms) -> Path:
    """A folder of the test's own, as pytest's fixture of this name gives one."""
    return rooms.new(re.sub(r"\W", "_", request.node.name)[:24])


@pytest.fixture(autouse=True)
def _own_home(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the keys, caches, or git settings of the person who runs it."""
    home = rooms.new("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("CLEARANCE_HOME", str(home / "clearance"))
    monkeypatch.setenv("CLEARANCE_RESIDENT", "off")  # or each home would leave a process behind
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("CI", raising=False)  # tests say themselves where they play a service
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # it hides what a full or closed stream does at the end
    for name in [
        name
        for name in os.environ
        if name.startswith(("CLAUDE", "CURSOR", "CODEX", "GEMINI", "COPILOT", "AIDER", "OPENCODE"))
    ]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _shared_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One cache for the run, so that compiled databases are made once."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "cache"
    folder.mkdir(mode=0o700, exist_ok=True)
    os.environ["CLEARANCE_CACHE"] = str(Path(folder))
