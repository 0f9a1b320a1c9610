"""What an earlier look at a folder gave, so that the next one costs the files that changed.

A result stands for the digest of a file's bytes, for its path, for the scanners that gave it (`stamp`), and for what of the
other files it may rest on: files that its import lines name, and those of its folder where a language sees these without
an import. When such a file comes, goes or changes, the result is forgotten, and so are those that rest on the file that
lost it. When a manifest changes, all are. Bytes are read again unless size, inode and both times are those of then, and lie
safely before the day of that look (the rule that git's index follows, too).
"""

import hashlib
import os
import re
import time
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from clearance.facts.cache import Cache
from clearance.facts.change import ChangeKind, FileChange
from clearance.facts.finding import GapKind
from clearance.scan.compare import FileResult

_SAFE_NS = 2_000_000_000
_ROUNDS = 8
_MOST_BYTES = 64 << 20
_PASSING = frozenset(
    {GapKind.CRASH, GapKind.TIMEOUT, GapKind.STALE, GapKind.MISSING_DATA, GapKind.UNREADABLE, GapKind.UNKNOWN}
)
"""Gaps that another look may not have."""
_MANIFEST = re.compile(
    r"(?:^|/)(?:[\w.-]*(?:requirements?|constraints?)[\w.-]*\.(?:txt|in)|pyproject\.toml|setup\.(?:py|cfg)|Pipfile(?:\.lock)?"
    r"|package\.json|tsconfig[\w.-]*\.json|[\w.-]+\.lock|package-lock\.json|pnpm-[\w.-]+\.yaml|\.npmrc|pip\.conf|go\.mod|go\.work"
    r"|pom\.xml|[\w.-]+\.gradle(?:\.kts)?|environment\.ya?ml|Cargo\.toml|lerna\.json|Gemfile|[\w.-]+\.(?:cs|fs|vb)proj|Directory\.[\w.]+\.props|libs\.versions\.toml)$"
)
_CODE = re.compile(r"\.(?:pyi?|pyw|[cm]?[jt]sx?|java|go|vue|svelte|html?|ipynb|tf|tofu|tfvars|(?:tf|tofu|tfvars)\.json)$")
_BY_FOLDER = (".java", ".go", ".tf", ".tofu", ".tfvars", ".tf.json", ".tofu.json", ".tfvars.json")
"""Files of these languages see each other within a folder without an import."""
_NAMELESS = frozenset({"__init__", "index", "main", "mod", "__main__"})
_WORD = re.compile(r"[A-Za-z_]\w*")


class _Known(msgspec.Struct, array_like=True):
    """What is known of one file. `stat` is size, inode, time of change and of status change in ns."""

    stat: tuple[int, int, int, int]
    sha256: str
    encoding: str | None
    lines: int
    result: msgspec.Raw


class _Snapshot(msgspec.Struct, array_like=True):
    """All files of a folder; `at` is when the look began, in ns since 1970."""

    at: int
    files: dict[str, _Known]


_NO_STAT = (-1, -1, -1, -1)
"""That of no file: it is read each time."""
_NOTHING = msgspec.msgpack.encode(None)


class Memory:
    """The results of earlier looks at one folder by the scanners that `stamp` names; kept in a cache."""

    def __init__(self, cache: Cache, root: str, stamp: str) -> None:
        self._cache = cache
        named = f"{root}\x00{stamp}".encode("utf-8", "surrogatepass")
        self._key = f"results-{hashlib.sha256(named).hexdigest()}"
        self._began = time.time_ns()
        self._stats: dict[str, tuple[int, int, int, int]] = {}
        self._blobs: dict[str, tuple[str | None, int]] = {}
        self._kept: dict[str, msgspec.Raw] = {}
        self._fresh = False
        self._old = self._load()

    def _load(self) -> _Snapshot:
        data = self._cache.get(self._key)
        try:
            return msgspec.msgpack.decode(data, type=_Snapshot) if data else _Snapshot(0, {})
        except msgspec.DecodeError:
            return _Snapshot(0, {})

    # Bytes

    def blob(self, path: str, status: os.stat_result) -> tuple[int, str, str | None, int] | None:
        """Give size, digest, encoding and lines of a file that is certainly the one of then; None where it must be read."""
        now = (status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
        self._stats[path] = now
        known = self._old.files.get(path)
        if known is None or known.stat != now or max(now[2:]) > self._old.at - _SAFE_NS:
            return None
        return now[0], known.sha256, known.encoding, known.lines

    def told(self, path: str, encoding: str | None, lines: int) -> None:
        """Take what reading a file told."""
        self._blobs[path] = (encoding, lines)

    # Results

    def recall(self, files: Sequence[FileChange]) -> dict[int, FileResult]:
        """Give the results that still stand, by the number of the file."""
        old = self._old.files
        if not old:
            self._fresh = True
            return {}
        now = {file.path: file.after.sha256 for file in files if file.after is not None}
        changed = [path for path in now.keys() | old.keys() if path not in old or now.get(path) != old[path].sha256]
        if any(_MANIFEST.search(path) for path in changed):
            self._fresh = True
            return {}
        try:
            results = {
                number: msgspec.msgpack.decode(known.result, type=FileResult)
                for number, file in enumerate(files)
                if (known := old.get(file.path)) is not None
                and file.after is not None
                and known.sha256 == file.after.sha256
                and bytes(known.result) != _NOTHING
            }
        except msgspec.DecodeError:  # what was kept is no result: somebody, or a broken disk, wrote there
            self._fresh = True
            return {}
        self._forget(results, files, changed)
        for number in results:
            self._kept[files[number].path] = old[files[number].path].result
        self._fresh = len(results) < len(files) or bool(changed)
        return results

    def _forget(self, results: dict[int, FileResult], files: Sequence[FileChange], changed: Iterable[str]) -> None:
        """Take out results that may rest on what changed."""
        paths = [path for path in changed if _CODE.search(path)]
        for _ in range(_ROUNDS):
            if not paths:
                return
            near = {path.rpartition("/")[0] for path in paths if path.endswith(_BY_FOLDER)}
            named: dict[str, list[tuple[str, str]]] = {}
            for path in paths:
                for word in _names_of(path):
                    folder = path.rpartition("/")[0]
                    named.setdefault(word, []).append((folder, folder.rpartition("/")[2]))
            lost = [number for number, result in results.items() if _rests(files[number].path, result.asks, named, near)]
            for number in lost:
                del results[number]
            paths = [files[number].path for number in lost]

    def keep(self, file: FileChange, result: FileResult, encoded: bytes) -> None:
        """Take a new result."""
        if not result.passing and not any(gap.kind in _PASSING for gap in result.gaps):
            self._kept[file.path] = msgspec.Raw(encoded)

    def save(self, files: Sequence[FileChange]) -> None:
        """Write what is known now, where it differs from what was."""
        if not self._fresh:
            return
        known = {}
        for file in files:
            # Words that are no file have no times: only their digest tells whether they are those of then.
            stat = _NO_STAT if file.kind is ChangeKind.TEXT else self._stats.get(file.path)
            if stat is None or file.after is None:
                continue
            # One that failed is told as known, but without a result: it has not changed, and is tried again.
            result = self._kept.get(file.path) or msgspec.Raw(_NOTHING)
            told = self._blobs.get(file.path)
            encoding, lines = told or (None, 0)
            known[file.path] = _Known(stat if told else _NO_STAT, file.after.sha256, encoding, lines, result)
        data = msgspec.msgpack.encode(_Snapshot(self._began, known))
        if len(data) <= _MOST_BYTES:
            self._cache.put(self._key, data)


def _rests(path: str, asks: Sequence[str], named: Mapping[str, list[tuple[str, str]]], near: Container[str]) -> bool:
    """Whether the result of a file may rest on others: it names one of them, and its folder or from within that."""
    folder = path.rpartition("/")[0]
    if "*" in asks or (path.endswith(_BY_FOLDER) and folder in near):
        return True
    return any(
        not last or last in asks or folder == whole or folder.startswith(f"{whole}/")
        for word in asks
        for whole, last in named.get(word, ())
    )


@lru_cache(maxsize=65_536)
def _names_of(path: str) -> tuple[str, ...]:
    """Give the words by which an import names a file: its stem, its folder where the stem says nothing or the language
    imports folders."""
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0]
    words = _WORD.findall(stem)
    if stem in _NAMELESS or path.endswith(_BY_FOLDER):
        words += _WORD.findall(folder.rpartition("/")[2])
    return tuple(words) or ("*",)


_IMPORTS = re.compile(
    r"^[^\n]*\bimport\s{0,9}\([^)]{0,8000}\)|^[^\n]*\bimport\b[^\n{]{0,200}\{[^}]{0,8000}\}[^\n]*"
    r"|^[^\n]*\b(?:import|require|from|include|package)\b[^\n]*$",
    re.MULTILINE,
)
_SAYS = ("import", "require", "from", "include", "package")
_MOST_WORDS = 600
_MOST_TEXT = 500_000
"""Code points; a text of nothing but half imports would take seconds for each million."""


def asks(path: str, text: str) -> tuple[str, ...]:
    """Give the words of a text's import lines, sorted: what its results may rest on. `*` where there are too many."""
    if not _CODE.search(path):
        return ()
    if len(text) > _MOST_TEXT:
        return ("*",)
    words: set[str] = set()
    done = 0
    for start in _saying(text):
        line = _IMPORTS.match(text, start) if start >= done else None
        if line is None:
            continue
        done = line.end()
        words.update(_WORD.findall(line[0][:8000]))
        if len(words) > _MOST_WORDS:
            return ("*",)
    return tuple(sorted(words))


def _saying(text: str) -> list[int]:
    """Give where the lines begin that may say an import, in order: a plain search is many times faster than the pattern."""
    starts: set[int] = set()
    for word in _SAYS:
        at = text.find(word)
        while at >= 0:
            starts.add(text.rfind("\n", 0, at) + 1)
            end = text.find("\n", at)
            at = text.find(word, end) if end >= 0 else -1
    return sorted(starts)
