"""The other files of the tree that a check compares with: the lock file beside a manifest, the manifest beside a lock
file."""

from collections.abc import Iterable, Sequence

from clearance.facts.change import Contents
from clearance.facts.errors import CollectError
from clearance.facts.text import decode
from clearance.scan.family import Budget, View
from clearance.scan.packages.mention import Computed, ExtraIndex, Mention, Remote, Unparsed
from clearance.scan.packages.readers import readers_for

_LARGEST = 32 << 20
_MOST_KEPT = 40

Found = Sequence[Mention | Remote | ExtraIndex]


class Siblings:
    """What other files of the after tree name; each is read once in a process."""

    def __init__(self, contents: Contents) -> None:
        """Read nothing yet."""
        self._contents = contents
        self._paths: frozenset[str] | None = None
        self._texts: dict[str, str | None] = {}
        self._found: dict[str, Found | None] = {}

    def has(self, path: str) -> bool:
        """Whether the after tree has this file; false for all where only pieces of the tree are known."""
        if self._paths is None:
            self._paths = frozenset(self._contents.paths()) if self._contents.complete else frozenset()
        return path in self._paths

    def beside(self, path: str, names: Iterable[str], *, above: bool = False) -> list[str]:
        """Give the paths of files of these names in the folder of `path`; with `above`, where it has none of them, those
        of the nearest folder above that has some (a workspace keeps its lock file at its root)."""
        wanted = list(names)
        folder = path.rpartition("/")[0]
        while True:
            prefix = f"{folder}/" if folder else ""
            found = [prefix + name for name in wanted if prefix + name != path and self.has(prefix + name)]
            if found or not above or not folder:
                return found
            folder = folder.rpartition("/")[0]

    def changed(self, path: str) -> bool:
        """Whether the change brings this file, so that it is looked at by itself."""
        try:
            after = self._contents.read(path, "after", _LARGEST)
        except (CollectError, KeyError):
            return False
        try:
            return self._contents.read(path, "before", _LARGEST) != after
        except (CollectError, KeyError):
            return True

    def text(self, path: str) -> str | None:
        """Give what a file says; None where it cannot be read, is no text, or is larger than any file that is looked at."""
        if path not in self._texts:
            if len(self._texts) >= _MOST_KEPT:
                self._texts.clear()
            self._texts[path] = self._read(path)
        return self._texts[path]

    def found(self, path: str, budget: Budget) -> Found | None:
        """Give what a file names; None where it cannot be read.

        Raises:
            OutOfTime: the budget is spent.
        """
        if path not in self._found:
            if len(self._found) >= _MOST_KEPT:
                self._found.clear()
            self._found[path] = self._parse(path, budget)
        return self._found[path]

    def stood(self, path: str, budget: Budget) -> Found:
        """Give what a changed file named before the change; nothing where it was not there or cannot be read.

        Raises:
            OutOfTime: the budget is spent.
        """
        try:
            data = self._contents.read(path, "before", _LARGEST + 1)
        except (CollectError, KeyError):
            return ()
        decoded = decode(data) if len(data) <= _LARGEST else None
        return _named(View(path, "before", b"", decoded), budget) or () if decoded is not None else ()

    def _read(self, path: str) -> str | None:
        try:
            data = self._contents.peek(path, _LARGEST + 1)
        except (CollectError, KeyError):
            return None
        decoded = decode(data) if len(data) <= _LARGEST else None
        return decoded.text if decoded else None

    def _parse(self, path: str, budget: Budget) -> Found | None:
        text = self.text(path)
        decoded = decode(text.encode("utf-8", "surrogatepass")) if text is not None else None
        if text is None or decoded is None:
            return None
        return _named(View(path, "after", b"", decoded), budget)


def _named(view: View, budget: Budget) -> Found | None:
    try:
        return [one for reader in readers_for(view) for one in reader(view.text, budget) if not isinstance(one, Computed)]
    except Unparsed:
        return None
