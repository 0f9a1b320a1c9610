"""Real repositories, built by the real git under a configuration of the tests' own."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clearance.facts.change import Collected


class Repo:
    """A repository in a temporary folder, and short words for what tests do in it."""

    def __init__(self, top: Path, environment: dict[str, str]) -> None:
        self.top = top
        self.environment = environment

    def git(self, *arguments: str, feed: bytes | None = None, ok: bool = True, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.top,
            env=self.environment,
            input=feed or b"",
            capture_output=True,
            check=False,
            timeout=60,
        )
        if ok:
            assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout.decode("utf-8", "backslashreplace").strip()

    def write(self, files: dict[str, str | bytes]) -> None:
        for name, text in files.items():
            place = self.top / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode() if isinstance(text, str) else text)

    def commit(self, files: dict[str, str | bytes] | None = None, message: str = "work") -> str:
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment in which nothing of the machine's own is configured."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
        '[protocol "file"]\n\tallow = always\n'
    )
    clean = {"HOME": str(home), "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1"}
    for name in list(os.environ):
        if name.startswith("GIT_") or name == "XDG_CONFIG_HOME":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return clean


@pytest.fixture
def new_repo(tmp_path: Path, environment: dict[str, str]) -> Callable[..., Repo]:
    """Make a repository of a name, with further options for `git init`."""

    def make(name: str = "repo", *options: str) -> Repo:
        top = tmp_path / name
        top.mkdir(parents=True)
        repo = Repo(top, environment)
        repo.git("init", "--quiet", *options)
        return repo

    return make


@pytest.fixture
def repo(new_repo: Callable[..., Repo]) -> Repo:
    """A repository with one commit."""
    made = new_repo()
    made.commit({"app.py": "one\ntwo\nthree\n", "docs/readme.md": "hello\n"}, "start")
    return made


@pytest.fixture
def kept() -> Iterator[Callable[[Collected], Collected]]:
    """Close what was collected when the test is over."""
    held: list[Collected] = []

    def keep(collected: Collected) -> Collected:
        held.append(collected)
        return collected

    yield keep
    for collected in held:
        collected.contents.close()  # type: ignore[attr-defined]
