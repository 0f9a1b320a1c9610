"""A scratch repository in which canaries are let loose, with the rules, policies and settings of the real one."""

import contextlib
import os
import shutil
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.facts.errors import ClearanceError, CollectError
from clearance.wiring.proving.canary import TEST_BEFORE

if TYPE_CHECKING:
    from clearance.wiring.proving.scene import Scene

_SECONDS = 30.0
_SHOP = "def total(prices):\n    return sum(prices)\n"
_MOST_PACK = 512 << 20
_PREFIX = "clearance-prove-"
_MOST_LEFT = 100
_HOUR = 3600.0


class Stage:
    """One commit on `main`: the team's own files as they are committed in the real repository, a little module and its test.

    Its log lies in it and goes with it. Nothing of the real repository but files below `.clearance/`, and those that its
    settings name, is copied; nothing of it runs.
    """

    def __init__(self, scene: "Scene") -> None:
        self._scene = scene
        _sweep(scene.environment)
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
        self._others: list[Path] = []
        self._lock = threading.Lock()
        self.place = self.folder / "canary"
        self._make(self.place)

    def another(self, name: str) -> Path:
        """Make one more of the same, so that what runs side by side does not meet."""
        with self._lock:
            place = self.folder / name
            if place in self._others:
                place = self.folder / f"{name}-{len(self._others)}"
            self._others.append(place)
        self._make(place)
        return place

    def close(self) -> None:
        """Remove all of it, and what was remembered of its logs."""
        for place in (self.place, *self._others):
            with contextlib.suppress(ClearanceError, OSError):
                _forget(place, self._scene.environment)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self, place: Path) -> None:
        place.mkdir(mode=0o700)
        files = dict(self._scene.own)
        files |= self._named_by_settings()
        files |= {"shop.py": _SHOP.encode(), "tests/test_shop.py": TEST_BEFORE.encode()}
        for name, data in files.items():
            write(place, name, data)
        git(place, self._scene.environment, "init", "--quiet", "--initial-branch=main", "--template=")
        git(place, self._scene.environment, "add", "--all", "--force")
        who = ("-c", "user.name=Canary", "-c", "user.email=canary@example.com", "-c", "commit.gpgsign=false")
        git(place, self._scene.environment, *who, "commit", "--quiet", "--no-verify", "-m", "Before the canary")
        self._pack(place)

    def _named_by_settings(self) -> Mapping[str, bytes]:
        """Read the file of names that the settings name."""
        from clearance.wiring.places import committed_files

        named = self._scene.settings.personal.directory
        return committed_files(self._scene.directory, self._scene.environment, named) if named else {}

    def _pack(self, place: Path) -> None:
        """Lay the data pack of the repository, if the settings name one in it, where it lies there; it is not committed."""
        named = self._scene.settings.packages.data
        with contextlib.suppress(OSError, ValueError):
            pack = _pack_below(self._scene.top, named)
            if pack is None:
                return
            target = place / pack.relative_to(self._scene.top)
            if not target.parent.resolve().is_relative_to(place):
                return
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(pack, target)
            exclude = place / ".git" / "info" / "exclude"
            exclude.parent.mkdir(parents=True, exist_ok=True)
            exclude.write_text(f"/{named}\n")


def _pack_below(top: Path, named: str) -> Path | None:
    """Find the pack that settings name, if it lies in the repository and no link is on the way; of a folder the newest."""
    parts = Path(named).parts
    if not parts or Path(named).is_absolute() or named.startswith("~") or ".." in parts or "\n" in named:
        return None
    if any(part.lower() == ".git" for part in parts):
        return None
    way = [top.joinpath(*parts[:count]) for count in range(1, len(parts) + 1)]
    found = way[-1]
    if any(one.is_symlink() for one in way) or not found.resolve().is_relative_to(top.resolve()):
        return None
    if found.is_dir():
        packs = [one for one in found.glob("*.pack") if not one.is_symlink() and one.is_file()]
        return max(packs, key=lambda one: (one.stat().st_mtime_ns, one.name), default=None)
    return found


def _copy(source: Path, target: Path) -> None:
    """Copy a file of bounded size, through no link on either side; nothing else is copied."""
    handle = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_PACK:
            return
        target.unlink(missing_ok=True)
        made = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(made, "wb") as copy:
            shutil.copyfileobj(file, copy)


def is_stage(directory: Path) -> bool:
    """Tell whether a folder is a scratch repository of a proof: nothing in it is to be proved."""
    place = Path(os.path.realpath(directory))
    temporary = Path(os.path.realpath(tempfile.gettempdir()))
    return temporary in place.parents and place.relative_to(temporary).parts[0].startswith(_PREFIX)


def write(place: Path, name: str, data: bytes | str) -> None:
    """Write a file of a scratch repository."""
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Give the environment without what points git to another repository, index or configuration, and a log of its own."""
    return {name: value for name, value in environment.items() if not name.startswith("GIT_")} | {"CLEARANCE_LOG": "sqlite:"}


def git(place: Path, environment: Mapping[str, str], *arguments: str) -> str:
    """Run git in a scratch repository, untouched by settings of the machine (signing, hooks, templates); give what it says.

    Raises:
        CollectError: git is missing, refuses, or does not end.
    """
    own = clean_environment(environment) | {
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C",
    }  # fmt: skip
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=place, env=own, check=True, capture_output=True, timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError:
        raise CollectError("git is not installed", next="install git, then try again") from None
    except subprocess.TimeoutExpired:
        raise CollectError(f"git {arguments[0]} took longer than {_SECONDS:g} seconds", where=str(place)) from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        raise CollectError(
            f"git {arguments[0]} failed: {said}", where=str(place), next="check the disk and TMPDIR"
        ) from None
    return done.stdout.decode("utf-8", "replace")


def _sweep(environment: Mapping[str, str]) -> None:
    """Take away what proofs left that were killed: folders of ours, an hour old."""
    for left in sorted(Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"))[:_MOST_LEFT]:
        with contextlib.suppress(ClearanceError, OSError):
            status = left.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and time.time() - status.st_mtime > _HOUR:
                for place in left.resolve().iterdir():
                    _forget(place, environment)
                shutil.rmtree(left, ignore_errors=True)


def _forget(place: Path, environment: Mapping[str, str]) -> None:
    """Forget the checkpoints that were remembered of a scratch log."""
    from clearance.stores.pins import FilePins
    from clearance.wiring.places import keys_folder

    FilePins(keys_folder(environment).within("seen")).forget(str(place / ".git" / "clearance" / "log"))
