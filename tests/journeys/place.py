"""A directory in which a person types, and what comes back."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import forked


class Answer(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


class Place:
    """A directory, mostly a git repository, in which a person types."""

    def __init__(self, top: Path) -> None:
        self.top = top

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=Dana", "-c", "user.email=dana@example.com", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *arguments], cwd=self.top, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def commit(self, message: str = "change") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def clearance(self, *arguments: str, stdin: bytes | None = None, **environment: str) -> Answer:
        done = forked.clearance(*arguments, directory=self.top, environment={**os.environ, **environment}, given=stdin)
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    def check(self, *arguments: str, **more: Any) -> Answer:
        """Judge, as JSON."""
        return self.clearance("check", "--format", "json", *arguments, **more)
