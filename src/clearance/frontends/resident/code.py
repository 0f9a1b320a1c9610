"""Whether the code that runs is still the code that lies there."""

import os
import sys

from clearance.stores.pages import BUILTIN

_LEFT_OUT = "__pycache__"


class Code:
    """What the program is made of, as it lay there when this was made: each file of the package by its size, its time of
    change and its number on the disk, and the names of the packages that are installed beside what it needs.

    `changed` opens nothing and hashes nothing: it is asked at each question, for some 2,000 files.
    """

    def __init__(self, top: str = os.fspath(BUILTIN.parent), beside: str = "") -> None:
        self._folders: dict[str, tuple[int, frozenset[str]]] = {}
        self._files: dict[str, tuple[int, int, int]] = {}
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            time, names = _listed(folder)
            self._folders[folder] = time, names
            for name in names:
                path = f"{folder}/{name}"
                found = os.lstat(path)
                if _is_folder(found):
                    waiting.append(path)
                else:
                    self._files[path] = _seen(found)
        beside = beside or os.path.dirname(os.path.dirname(sys.modules["msgspec"].__file__ or ""))  # noqa: PTH120
        if beside:
            self._folders[beside] = _listed(beside)

    def changed(self) -> bool:
        """Tell whether anything was added, taken away or written since; what cannot be seen counts as changed."""
        stat = os.lstat
        try:
            for path, known in self._files.items():
                found = stat(path)
                if (found.st_mtime_ns, found.st_size, found.st_ino) != known:
                    return True
            for folder, (time, names) in self._folders.items():
                if stat(folder).st_mtime_ns != time:
                    again = _listed(folder)
                    if again[1] != names:
                        return True
                    self._folders[folder] = again
        except OSError:
            return True
        return False


def _listed(folder: str) -> tuple[int, frozenset[str]]:
    """Give a folder's time of change, taken first, and its names without what Python itself puts there."""
    time = os.lstat(folder).st_mtime_ns
    return time, frozenset(name for name in os.listdir(folder) if name != _LEFT_OUT)  # noqa: PTH208


def _is_folder(found: os.stat_result) -> bool:
    return found.st_mode & 0o170000 == 0o040000


def _seen(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_mtime_ns, found.st_size, found.st_ino
