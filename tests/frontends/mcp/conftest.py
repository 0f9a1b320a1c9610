"""A repository with a flaw, and both revisions of the protocol."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("mcp", reason="needs the extra `mcp`")

from frontends.mcp.talking import FLAW


@pytest.fixture
def repository() -> Iterator[Path]:
    # In a folder of the name that scratch repositories of proofs have: a server that starts there fires at no guards, which
    # takes longer than all the rest.
    with tempfile.TemporaryDirectory(prefix="clearance-prove-") as folder:
        yield _filled(Path(folder) / "repository")


def _filled(place: Path) -> Path:
    place.mkdir()
    author = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "init", "-q", "-b", "main", place], check=True)
    (place / "app.py").write_text("import os\n")
    subprocess.run(["git", "-C", place, "add", "."], check=True)
    subprocess.run(["git", "-C", place, *author, "commit", "-qm", "one"], check=True)
    subprocess.run(["git", "-C", place, "checkout", "-qb", "work"], check=True)
    (place / "app.py").write_text(FLAW)
    return place


@pytest.fixture(params=["2026-07-28", "2025-11-25"])
def revision(request: pytest.FixtureRequest) -> str:
    return str(request.param)
