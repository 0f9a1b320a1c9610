"""What `clearance init` noted of what it wrote, and the files that it wrote them in."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from clearance.facts.errors import ClearanceError
from clearance.install.manifest import PLACE, Held, decode
from clearance.wiring.proving.scene import Scene

_MOST = 4 << 20


class Noted(NamedTuple):
    """A file that holds something of ours by the notes: where it lies, how people know it, what was noted, and whether the
    notes are those of the repository (`shared`), of this clone (`clone`) or of this person (`person`)."""

    path: Path
    shown: str
    held: Held
    book: str


class Trouble(NamedTuple):
    """Notes that cannot be read: where, and why."""

    where: str
    why: str


def noted(scene: Scene) -> tuple[tuple[Noted, ...], tuple[Trouble, ...]]:
    """Read all notes."""
    found: list[Noted] = []
    troubles: list[Trouble] = []
    for book, place, base, prefix in _books(scene):
        shown = shown_in(place, scene)
        try:
            manifest = decode(contents(place), shown)
        except ClearanceError as error:
            troubles.append(Trouble(shown, error.what))
            continue
        except OSError as error:
            troubles.append(Trouble(shown, error.strerror or "cannot be read"))
            continue
        found += [Noted(_placed(base, held.path, scene), prefix + held.path, held, book) for held in manifest.files]
    return tuple(found), tuple(troubles)


def contents(path: Path) -> bytes | None:
    """Read a file of settings; None where there is none.

    Raises:
        OSError: it cannot be read, is no regular file, or has more than 4 MiB.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe never keeps us waiting
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "is no regular file")
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(_MOST + 1)
    finally:
        os.close(handle)
    if len(data) > _MOST:
        raise OSError(0, "is larger than 4 MiB")
    return data


def shown_in(path: Path, scene: Scene) -> str:
    """Show a path as people know it: from the top of the repository, or from the home."""
    for base, prefix in ((scene.top, ""), (scene.home, "~/")):
        if base is not None and base in path.parents:
            return prefix + str(path.relative_to(base))
    return str(path)


def _placed(base: Path, path: str, scene: Scene) -> Path:
    """Find a noted file: what lies below `.git/` is shared by all working trees."""
    if not path.startswith(".git/"):
        return base / path
    from clearance.collect.repository import find_repository

    try:
        return find_repository(scene.directory, scene.environment).common_dir / path.removeprefix(".git/")
    except ClearanceError:
        return base / path


def _books(scene: Scene) -> Iterator[tuple[str, Path, Path, str]]:
    from clearance.collect.repository import find_repository
    from clearance.wiring.places import keys_folder

    yield "shared", scene.top / PLACE, scene.top, ""
    try:
        repository = find_repository(scene.directory, scene.environment)
        yield "clone", repository.git_dir / "clearance" / "installed.json", scene.top, ""
    except ClearanceError:
        pass
    try:
        home = keys_folder(scene.environment).directory
    except ClearanceError:
        return
    if scene.home is not None:
        yield "person", home / "installed.json", scene.home, "~/"
