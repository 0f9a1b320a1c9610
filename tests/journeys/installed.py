"""A repository in which `clearance init` has installed everything, and ways to break it."""

import os
import shutil
import sys
from collections.abc import Collection
from pathlib import Path

from clearance.facts.proof import Pulse, Shot
from clearance.wiring import proving
from clearance.wiring.installing import apply, plan_init
from clearance.wiring.proving.run import Proven, proven
from journeys.place import Place

ASSISTANTS = ("claude-code", "codex", "copilot-cli", "cursor", "gemini-cli", "opencode")
PROGRAMS = Path(sys.executable).parent


def environment(**more: str) -> dict[str, str]:
    """The environment of a person whose shell finds Clearance."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "CLEARANCE_RESIDENT": "off", **more}


class Guarded(Place):
    """A repository with guards, and what a person does about them."""

    def __init__(self, top: Path) -> None:
        super().__init__(top)
        self.environment = environment()

    def install(self, *names: str, user: bool = False) -> None:
        """As `clearance init --yes`; without names, as the mend that is told: for the assistants that are in use."""
        apply(plan_init(self.top, self.environment, names=names, user=user), self.environment)

    def dead(self) -> dict[str, Shot]:
        """What can be seen to be dead."""
        return {one.guard: one for one in proving.glance(self.top, self.environment)}

    def prove(self, *only: str, quick: bool = False, forget: Collection[str] = ()) -> Proven:
        return proven(self.top, self.environment, only=only, quick=quick, forget=forget)

    def shots(self, *only: str) -> dict[str, Shot]:
        return {one.guard: one for one in self.prove(*only).proof.shots}

    def pulses(self, *only: str) -> dict[str, Pulse]:
        return {guard: one.pulse for guard, one in self.shots(*only).items()}

    def commit(self, message: str = "change") -> str:
        """As a person who knows what the hook would say."""
        self.git("add", "-A")
        self.git("commit", "-q", "--no-verify", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def read(self, name: str) -> str:
        return (self.top / name).read_text()

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        assert old in text, f"{old!r} is not in {name}"
        (self.top / name).write_text(text.replace(old, new))

    def copy(self, top: Path) -> "Guarded":
        shutil.copytree(self.top, top, symlinks=True)
        return Guarded(top)


def make(top: Path, *names: str) -> Guarded:
    """Make a repository on GitHub and GitLab with a team's own rules, and install everything for some assistants."""
    top.mkdir()
    place = Guarded(top)
    place.git("init", "-q", "-b", "main")
    place.write("README.md", "# A shop\n")
    place.write("shop.py", "def total(prices):\n    return sum(prices)\n")
    place.write(".github/CODEOWNERS", "* @dana\n")
    place.write(".gitlab-ci.yml", "include:\n  - local: other.yml\n")
    place.commit("start")
    place.install(*names)
    return place
