"""Several files of one folder, written together or not at all."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from clearance.facts.errors import UsageError
from clearance.facts.text import visible

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def write_together(place: Path, files: Mapping[str, bytes], *, below: Path) -> None:
    """Write files (name to bytes) into the folder `place`, which is made where it is missing. What stands under one of the
    names is replaced. `below` is an existing folder above; between the two no symlink is followed.

    All bytes rest on the same disk before the first name appears, and where one name cannot be given, those before it are
    taken back.

    Raises:
        UsageError: a symlink or something that is no file stands in the way, or a file cannot be written.
    """
    made: list[Path] = []
    try:
        _make(place, below, made)
        for name in files:
            _refuse_other_than_file(place / name)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=place) as staging:
            _stage(Path(staging), files)
            _put(Path(staging), place, list(files))
    except BaseException as error:
        for folder in reversed(made):
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            shown = visible(str(error.filename or place))
            what = error.strerror or "cannot be written"
            raise UsageError(what, where=shown, next="nothing was written; check the folder") from None
        raise


def _make(place: Path, below: Path, made: list[Path]) -> None:
    """Make the folders that are missing, and note those."""
    folder = below
    for part in place.relative_to(below).parts:
        folder /= part
        if folder.is_symlink():
            raise UsageError("a symlink stands in the way", where=visible(str(folder)), next="make it a folder of its own")
        if not folder.is_dir():
            folder.mkdir()
            made.append(folder)


def _refuse_other_than_file(path: Path) -> None:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise UsageError("something that is no file stands in the way", where=visible(str(path)), next="move it away")


def _stage(staging: Path, files: Mapping[str, bytes]) -> None:
    for number, data in enumerate(files.values()):
        with os.fdopen(os.open(staging / f"new-{number}", _NEW, 0o666), "wb") as file:
            file.write(data)


def _put(staging: Path, place: Path, names: list[str]) -> None:
    """Give the staged files their names; at the first that fails, give everything back its place."""
    done: list[tuple[Path, Path, bool]] = []
    try:
        for number, name in enumerate(names):
            target, old = place / name, staging / f"old-{number}"
            stood = target.exists()
            done.append((target, old, stood))
            if stood:
                target.rename(old)
            (staging / f"new-{number}").rename(target)
    except BaseException:
        for target, old, stood in reversed(done):
            if stood and old.exists():
                old.replace(target)
            elif not stood:
                target.unlink(missing_ok=True)
        raise
