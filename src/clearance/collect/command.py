"""Git as a child process that reads no configuration but the one we wrote.

The binary comes from an absolute folder of PATH that lies outside the judged repository, the environment is made from
nothing, and every call has a time limit (a named pipe among the refs would otherwise wait for ever).
"""

import os
import stat
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from clearance.facts.errors import CollectError
from clearance.facts.text import visible

_TOLD = 400
_FIXED = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    "PAGER": "cat",
}


class Answer(NamedTuple):
    """What a git command gave: exit status, standard output, standard error."""

    status: int
    out: bytes
    err: bytes

    @property
    def told(self) -> str:
        """What git said went wrong, short and safe to show."""
        text = visible(self.err.decode("utf-8", "replace").strip().replace("\n", "; "))
        return text[:_TOLD] or f"git ended with status {self.status}"

    def wanted(self, what: str, advice: str = "run `git fsck` to see whether the repository is whole") -> bytes:
        """Give the output of a command that had to succeed; `what` could not be done otherwise, `advice` may help.

        Raises:
            CollectError: it did not.
        """
        if self.status:
            if b"No space left on device" in self.err:
                advice = "free some space, or set TMPDIR to a folder with more"
            raise CollectError(f"{what}: {self.told}", next=advice)
        return self.out


class Running:
    """A git command at work. `answer` must be called, once."""

    def __init__(self, process: subprocess.Popen[bytes], feed: bytes | None, seconds: float) -> None:
        self._process = process
        self._feed = feed
        self._seconds = seconds

    def answer(self) -> Answer:
        """Wait for the end.

        Raises:
            CollectError: it took too long; the process is gone then.
        """
        with self._process as process:
            try:
                out, err = process.communicate(self._feed, self._seconds)
            except subprocess.TimeoutExpired as error:
                raise CollectError(
                    f"git took longer than {self._seconds:g} seconds and was stopped",
                    next="look for named pipes or broken mounts in the repository",
                ) from error
            finally:
                process.kill()
        return Answer(process.returncode, out, err)

    def stop(self) -> None:
        """End a command whose answer nobody wants any more."""
        with self._process as process:
            process.kill()


def answers(runs: Sequence[Running]) -> list[Answer]:
    """Wait for commands that work side by side; if one fails to answer, none is left behind."""
    got: list[Answer] = []
    try:
        got.extend(run.answer() for run in runs)
    finally:
        for run in runs[len(got) + 1 :]:
            run.stop()
    return got


class Git:
    """A git binary with an environment of ours. `home` is an empty folder of ours, `seconds` the limit for each call."""

    def __init__(
        self, environment: Mapping[str, str], *, guarded: Sequence[Path], home: Path, seconds: float = 120.0
    ) -> None:
        path = search_path(environment, guarded)
        self.binary = find_git(path)
        self.seconds = seconds
        self.environment = {**_FIXED, "PATH": path, "HOME": str(home), "XDG_CONFIG_HOME": str(home)}

    def popen(
        self, arguments: Sequence[str], cwd: Path, more: Mapping[str, str | None], *, stderr: int = subprocess.PIPE
    ) -> subprocess.Popen[bytes]:
        """Start a command with pipes; `more` is added to the environment; None takes a name out of it."""
        environment = {name: value for name, value in {**self.environment, **more}.items() if value is not None}
        try:
            return subprocess.Popen(
                [self.binary, *arguments],
                cwd=cwd,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        except OSError as error:
            raise CollectError(f"git could not be started: {error.strerror}", where=self.binary) from error

    def start(
        self, arguments: Sequence[str], cwd: Path, more: Mapping[str, str | None], feed: bytes | None = None
    ) -> Running:
        """Start a command that gets `feed` on its standard input."""
        return Running(self.popen(arguments, cwd, more), feed, self.seconds)


def search_path(environment: Mapping[str, str], guarded: Sequence[Path]) -> str:
    """Give the folders of PATH that are absolute and do not lie in any of the folders `guarded`, joined again."""
    kept = []
    for entry in environment.get("PATH", os.defpath).split(os.pathsep):
        place = Path(os.path.realpath(entry))
        if entry.startswith("/") and not {place, *place.parents} & set(guarded):
            kept.append(entry)
    return os.pathsep.join(kept)


def find_git(path: str) -> str:
    """Give the absolute path of the first `git` on a search path.

    Raises:
        CollectError: there is none.
    """
    for entry in path.split(os.pathsep):
        binary = f"{entry}/git"
        if entry and os.access(binary, os.X_OK) and stat.S_ISREG(Path(binary).stat().st_mode):
            return binary
    raise CollectError("git is not installed", where="PATH", next="install git, or use --patch with a diff")
