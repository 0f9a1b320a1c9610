"""The files around a changed one, on both sides of the change: unchanged ones, changed ones, and those that are gone.

A family that asks here sees what other programs see together: a folder of Terraform, a manifest and its network policy.
Everything comes out of the change's own contents; nothing else is opened.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Protocol

from clearance.facts.change import Contents, SideName
from clearance.facts.errors import CollectError


class Leaving(Protocol):
    """Contents that know which paths only the before side has. Where they do not, nothing is taken to be gone."""

    def gone(self) -> Mapping[str, str]:
        """Give the paths that only the before side has, each with the path under which `read` gives its before side."""
        ...


class Neighbours:
    """Names and reads what stands around a file, each side as it is. One for each process."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        asked = getattr(contents, "gone", None)
        self._gone: Mapping[str, str] = asked() if asked is not None else {}
        self._old = {new: old for old, new in self._gone.items() if old != new}

    @cached_property
    def _after(self) -> Mapping[str, Sequence[str]]:
        return _by_folder(self._contents.paths())

    @cached_property
    def _before(self) -> Mapping[str, Sequence[str]]:
        return _by_folder(sorted(self._gone))

    @property
    def complete(self) -> bool:
        """Whether the files of a folder are all that it has."""
        return self._contents.complete

    def path(self, path: str, side: SideName) -> str:
        """Give the path of a file of the change on a side: a file that was moved had another one."""
        return self._old.get(path, path) if side == "before" else path

    def folder(self, path: str, side: SideName) -> str:
        """Give the folder of a file of the change on a side."""
        return self.path(path, side).rpartition("/")[0]

    def files(self, folder: str, side: SideName) -> list[str]:
        """Give the paths of the files right in a folder on a side, sorted."""
        after = self._after.get(folder, ())
        if side == "after":
            return list(after)
        stood = [path for path in after if not self._is_new(path)]
        return sorted((*stood, *self._before.get(folder, ())))

    def read(self, path: str, side: SideName, limit: int) -> bytes | None:
        """Give at most `limit` bytes of a file as it is on a side; None where it is not there, or cannot be read."""
        contents = self._contents
        try:
            if side == "after":
                return contents.peek(path, limit)
            if path in self._gone:
                return contents.read(self._gone[path], "before", limit)
            try:
                return contents.read(path, "before", limit)
            except KeyError:
                return None if self._is_new(path) else contents.peek(path, limit)
        except (CollectError, KeyError):
            return None

    def is_changed(self, path: str, limit: int) -> bool:
        """Tell whether the change touches a file of the after side; one that cannot be read counts as touched."""
        try:
            after = self._contents.read(path, "after", limit)
        except KeyError:
            return False
        except CollectError:
            return True
        try:
            return path in self._old or after != self._contents.read(path, "before", limit)
        except (CollectError, KeyError):
            return True

    def _is_new(self, path: str) -> bool:
        if path in self._old:
            return True
        for side in ("after", "before"):
            try:
                self._contents.read(path, side, 1)
            except KeyError:
                return side == "before"
            except CollectError:
                return False
        return False


def _by_folder(paths: Sequence[str]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(path.rpartition("/")[0], []).append(path)
    return found
