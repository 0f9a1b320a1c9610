"""Several files below one folder, at any depth, written together or not at all."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from clearance.install import disk


class Change(NamedTuple):
    """What stands in a file (None: no file), what shall stand there, and the file's mode."""

    old: bytes | None
    new: bytes
    mode: int


def write_all(place: Path, changed: Mapping[str, Change], removed: Mapping[str, bytes]) -> None:
    """Write files and remove others, by path below `place`. Where one cannot be, those before it are as they were.

    Raises:
        UsageError: something else stands there by now.
        StoreError: one cannot be written.
    """
    if not changed and not removed:
        return
    with disk.locked(place), contextlib.ExitStack() as back:
        for path, one in changed.items():
            disk.replace(place, path, one.old, one.new, one.mode)
            back.callback(_take_back, place, path, one)
        for path, data in removed.items():
            disk.remove(place, path, data)
            back.callback(disk.replace, place, path, None, data, 0o644)
        back.pop_all()


def _take_back(place: Path, path: str, one: Change) -> None:
    if one.old is None:
        disk.remove(place, path, one.new)
    else:
        disk.replace(place, path, one.new, one.old, one.mode)
