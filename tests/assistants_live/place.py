"""A place to run an assistant in: an empty home, a scratch repository with Clearance, nothing of the person who tests."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import forked

BIN = Path(sys.executable).parent
_GIT = ("-c", "user.name=Dev", "-c", "user.email=dev@example.com", "-c", "commit.gpgsign=false")


class Ended(NamedTuple):
    """How a program ended: exit code (-1: it took too long), what it printed, seconds."""

    code: int
    stdout: str
    stderr: str
    seconds: float


class Place(NamedTuple):
    """`home` and `repository` are folders below `base`."""

    base: Path

    @property
    def home(self) -> Path:
        return self.base / "home"

    @property
    def repository(self) -> Path:
        return self.base / "repo"

    @property
    def elsewhere(self) -> str:
        """PATH without the programs of Clearance."""
        node = shutil.which("node")
        folders = [*([str(Path(node).parent)] if node else []), "/usr/local/bin", "/usr/bin", "/bin"]
        return os.pathsep.join(dict.fromkeys(folders))

    def environment(self) -> dict[str, str]:
        """Variables of a person with an empty home. No program of theirs but git, node and ours is found."""
        home = str(self.home)
        kept = {name: os.environ[name] for name in ("CLEARANCE_CACHE", "CLEARANCE_RESIDENT", "TMPDIR") if name in os.environ}
        return {
            **kept,
            "PATH": os.pathsep.join([str(BIN), self.elsewhere]),
            "HOME": home,
            "USER": "dev",
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "CLEARANCE_HOME": f"{home}/.clearance",
            "XDG_CONFIG_HOME": f"{home}/.config",
            "XDG_DATA_HOME": f"{home}/.local/share",
            "XDG_STATE_HOME": f"{home}/.local/state",
            "XDG_CACHE_HOME": f"{home}/.cache",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    def run(
        self, line: Sequence[str], environment: dict[str, str] | None = None, *, within: float = 240, given: bytes = b""
    ) -> Ended:
        """Run a program in the repository, `given` on its standard input; what takes `within` seconds is killed."""
        began = time.perf_counter()
        process = subprocess.Popen(
            list(line),
            cwd=self.repository,
            env={**self.environment(), **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            stdout, stderr = process.communicate(given, timeout=within)
            code = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            stdout, stderr = process.communicate()
            code = -1
        seconds = time.perf_counter() - began
        return Ended(code, stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace"), seconds)

    def clearance(self, *words: str, without: Sequence[str] = ()) -> Ended:
        """Run a command of ours in the repository, as the person types it; `without` these variables."""
        began = time.perf_counter()
        environment = {name: value for name, value in self.environment().items() if name not in without}
        done = forked.clearance(*words, directory=self.repository, environment=environment)
        seconds = time.perf_counter() - began
        return Ended(
            done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"), seconds
        )

    def git(self, *arguments: str) -> None:
        """Run git in the repository as a made-up person, without hooks: they are not what is tested here."""
        ended = self.run(["git", *_GIT, "-c", "core.hooksPath=/dev/null", *arguments])
        assert ended.code == 0, ended.stderr


@contextmanager
def settled(base: Path, contract: str) -> Iterator[Place]:
    """A repository with one commit in which `clearance init --for CONTRACT` was run; its resident ends with the context."""
    place = Place(base)
    for folder in (place.home, place.repository):
        folder.mkdir(parents=True)
    try:
        place.git("init", "--quiet", "--initial-branch", "main")
        (place.repository / "README.md").write_text("# Ping\n\nA small service that tells whether a host answers.\n")
        (place.repository / "requirements.txt").write_text("flask==3.1.2\n")
        place.git("add", ".")
        place.git("commit", "--quiet", "--message", "Begin")
        ended = place.clearance("init", "--for", contract, "--yes")
        assert ended.code == 0, ended.stdout + ended.stderr
        place.git("add", ".")
        place.git("commit", "--quiet", "--message", "Clearance")
        _warm(place)
        yield place
    finally:
        place.clearance("resident", "stop")
        # Codex hands its hooks few variables, so theirs lies where the home alone says.
        place.clearance(
            "resident", "stop",
            without=("CLEARANCE_CACHE", "CLEARANCE_HOME", "CLEARANCE_RESIDENT", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"),
        )  # fmt: skip


_warmed: set[str] = set()


def _warm(place: Place) -> None:
    """Let patterns be compiled once a cache: on a busy machine the first hook would be late with it, and deny."""
    cache = place.environment().get("CLEARANCE_CACHE", str(place.base))
    if cache not in _warmed:
        place.clearance("check")
        _warmed.add(cache)


def as_json(value: object) -> str:
    """JSON as the settings files of assistants hold it."""
    return json.dumps(value, indent=2) + "\n"
