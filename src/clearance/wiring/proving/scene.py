"""What a proof is about: the repository, the team's files, who asks, and how thoroughly."""

import shutil
import sys
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from clearance.facts.errors import ClearanceError
from clearance.facts.proof import Pulse, Shot
from clearance.facts.text import visible
from clearance.settings import PLACE as SETTINGS
from clearance.settings import Settings, read_settings
from clearance.wiring.places import committed, text, top
from clearance.wiring.proving.stage import Stage

_SAID = 400
QUICKLY = 14.0
"""Seconds that a quick proof may take; assistants grant the hook of their start 20."""
NO_TIME = "no time was left for it in a quick proof"
"""How the reason of a guard begins that was not tried for that."""


class Scene:
    """One proof. `quick` leaves out what takes long, `full` leaves out nothing. What several guards need is read once; call
    `prepare` before guards are tried side by side, and `close` at the end."""

    def __init__(self, directory: Path, environment: Mapping[str, str], *, quick: bool = False, full: bool = False) -> None:
        self.directory = directory.resolve()
        self.environment = environment
        self.quick = quick
        self.full = full
        self._began = time.monotonic()

    def prepare(self) -> None:
        """Read what all guards share."""
        _ = self.top, self.own, self.settings, self.stage

    def close(self) -> None:
        """Leave nothing behind."""
        if "stage" in self.__dict__:
            self.stage.close()

    @cached_property
    def top(self) -> Path:
        """The top of the working tree, or the directory itself outside of a repository."""
        return top(self.directory)

    @cached_property
    def home(self) -> Path | None:
        """The home of the person, or None."""
        home = self.environment.get("HOME", "")
        return Path(home) if home.startswith("/") else None

    @cached_property
    def ephemeral(self) -> bool:
        """Whether this is a clone that a CI service made and throws away: nobody works in it."""
        return self.environment.get("CI", "").lower() in {"1", "true", "yes"}

    @cached_property
    def own(self) -> Mapping[str, bytes]:
        """The team's files of the commit that is checked out; `trouble` says why they cannot be read."""
        try:
            return committed(self.directory, self.environment)
        except ClearanceError as error:
            self.trouble = str(error)
            return {}

    trouble = ""

    @cached_property
    def settings(self) -> Settings:
        """The team's settings, the defaults where they cannot be read: the gate tells that."""
        written = self.own.get(SETTINGS)
        try:
            return read_settings(text(written) if written is not None else None)
        except ClearanceError:
            return Settings()

    @cached_property
    def stage(self) -> Stage:
        """A scratch repository with the team's own files, in which canaries are let loose."""
        return Stage(self)

    @property
    def left(self) -> float:
        """Seconds that are left: a quick proof ends before an assistant that starts has waited too long."""
        return self._began + QUICKLY - time.monotonic() if self.quick else float("inf")

    def program(self, name: str) -> Path | None:
        """Find a program as a shell of the person would: the first of its name on PATH."""
        found = shutil.which(name, path=self.environment.get("PATH", ""))
        return Path(found) if found else None

    @property
    def python(self) -> list[str]:
        """The start of a command line that runs this very Clearance; nothing of the folder that it runs in is imported."""
        return [sys.executable, "-P", "-m", "clearance"]


class Watch:
    """Measures how long one guard took."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def milliseconds(self) -> int:
        """Milliseconds since it was made."""
        return round((time.monotonic() - self._began) * 1000)


def shot(
    guard: str, pulse: Pulse, why: str = "", *, mend: str = "", where: str = "", watch: Watch | None = None, since: str = ""
) -> Shot:
    """Make a shot; text that comes from elsewhere becomes harmless and short."""
    return Shot(
        guard=visible(guard),
        kind=guard.partition(":")[0],
        pulse=pulse,
        why=_told(why),
        mend=_told(mend),
        since=since,
        where=visible(where),
        milliseconds=watch.milliseconds if watch else 0,
    )


def _told(said: str) -> str:
    said = visible(" ".join(said.split()))
    return said if len(said) <= _SAID else said[: _SAID - 1] + "…"
