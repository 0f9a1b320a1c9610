"""What a log in plain files holds, as one state of it says."""

import bisect
import heapq
import re
from collections.abc import Iterable, Iterator

import msgspec

from clearance.facts.errors import StoreError
from clearance.stores.files_tree import Tree

VERSION = 1
WIDTH = 256
HASH = 32
CHECKPOINT, ENTRY, BUNDLE, EVIDENCE, TILE = "checkpoint", "entry/", "bundle/", "evidence/", "tile/"
STATE, JOURNAL, BUNDLES, INDEX = ".state/state", ".state/journal", ".state/bundles", ".state/evidence"
_TILE = re.compile(r"tile/([0-9]{1,2})/((?:x[0-9]{3}/){0,5})([0-9]{3})")
_PATH = re.compile(r"tile/([0-9]{1,2}|entries)/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([0-9]{1,3}))?")
_RESTORE = "restore it from a copy; `clearance log verify` says more"


class State(msgspec.Struct, omit_defaults=True):
    """What is committed: how many entries, bundles (and bytes in the last file of those), evidence bodies, hashes of each
    level; bodies of other names, the checkpoint among them; and the checkpoint before that one, which a writer that was
    killed may have left in its file. `seq` counts commits."""

    version: int = VERSION
    seq: int = 0
    entries: int = 0
    bundles: int = 0
    bundle_bytes: int = 0
    evidence: int = 0
    tiles: dict[int, int] = {}
    names: dict[str, bytes] = {}
    before: bytes | None = None


class FilesView:
    """A view of one state. `tree` is None where there is no folder."""

    def __init__(self, tree: Tree | None, state: State) -> None:
        self.state = state
        self._tree = tree
        self._group: tuple[str, list[bytes]] = ("", [])
        self._digests: list[str] | None = None

    def get(self, name: str) -> bytes | None:
        """Give the body of a name, or None. An evidence body may be seen a moment before it is committed.

        Raises:
            StoreError: what rests there is damaged.
        """
        kind = next((kind for kind in (ENTRY, BUNDLE, EVIDENCE, TILE) if name.startswith(kind)), "")
        if self._tree is None or not kind:
            return self.state.names.get(name)
        if kind == EVIDENCE:
            return self._tree.read(name) if re.fullmatch("[0-9a-f]{64}", name[len(EVIDENCE) :]) else None
        if kind == TILE:
            return self._tile(name)
        number = name.removeprefix(kind)
        if not re.fullmatch("[0-9]{12}", number):
            return None
        count = self.state.entries if kind == ENTRY else self.state.bundles
        return self._numbered(kind, int(number)) if int(number) < count else None

    def items(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Give all names that begin with `prefix`, with their bodies, in order.

        Raises:
            StoreError: what rests there is damaged.
        """
        others = sorted(name for name in self.state.names if name.startswith(prefix))
        streams = [iter(others)]
        for kind, names in (
            (ENTRY, self._numbers(ENTRY, self.state.entries)),
            (BUNDLE, self._numbers(BUNDLE, self.state.bundles)),
            (EVIDENCE, self._evidence()),
            (TILE, self._tiles()),
        ):
            if kind.startswith(prefix) or prefix.startswith(kind):
                streams.append(name for name in names if name.startswith(prefix))
        for name in heapq.merge(*streams):
            body = self._stored(name)
            if body is None:
                raise StoreError("it is missing", where=name, next=_RESTORE)
            yield name, body

    def held(self, name: str) -> bool:
        """Whether this state has a body under a name."""
        return self._stored(name) is not None

    def is_beyond(self, path: str) -> bool:
        """Tell whether a path is one that a later commit could write, and that this state does not count.

        Raises:
            StoreError: the list of evidence is damaged.
        """
        if path.startswith(EVIDENCE):
            digest = path.removeprefix(EVIDENCE)
            return re.fullmatch("[0-9a-f]{64}", digest) is not None and not self._lists(digest)
        parts = _PATH.fullmatch(path)
        if parts is None:
            return False
        level: int | str = parts[1] if parts[1] == "entries" else int(parts[1])
        index, width = int(re.sub("[x/]", "", parts[2])), int(parts[3] or WIDTH)
        count = self.state.entries if isinstance(level, str) else self.state.tiles.get(level, 0)
        return path == path_of(level, index, width) and width > 0 and index * WIDTH + width > count

    def _stored(self, name: str) -> bytes | None:
        return FilesView.get(self, name)

    def _numbers(self, kind: str, count: int) -> Iterator[str]:
        return (f"{kind}{number:012d}" for number in range(count))

    def _evidence(self) -> Iterator[str]:
        if self._digests is None:
            data = (self._tree.read(INDEX, self.state.evidence * HASH) if self._tree else None) or b""
            if len(data) < self.state.evidence * HASH:
                raise StoreError("the list of evidence is cut off", where=INDEX, next=_RESTORE)
            self._digests = sorted(data[at : at + HASH].hex() for at in range(0, len(data), HASH))
        return (EVIDENCE + digest for digest in self._digests)

    def _lists(self, digest: str) -> bool:
        """Whether the list of evidence has a body."""
        self._evidence()
        known = self._digests or []
        at = bisect.bisect_left(known, digest)
        return known[at : at + 1] == [digest]

    def _tiles(self) -> Iterator[str]:
        counts = self.state.tiles.items()
        return iter(sorted(path_of(level, index, WIDTH) for level, count in counts for index in range(-(-count // WIDTH))))

    def _tile(self, name: str) -> bytes | None:
        if not _TILE.fullmatch(name):
            return None
        level, index = parse_tile(name)
        width = min(WIDTH, self.state.tiles.get(level, 0) - index * WIDTH)
        if width <= 0:
            return None
        body = self._longest(level, index, width)
        return None if body is None else body[: width * HASH]

    def _longest(self, level: int | str, index: int, width: int) -> bytes | None:
        """Read a tile as it stands; where a later writer made it full, the full one, which begins with the same."""
        assert self._tree is not None  # noqa: S101 -- there is a state, so there is a folder
        body = self._tree.read(path_of(level, index, width))
        return self._tree.read(path_of(level, index, WIDTH)) if body is None and width < WIDTH else body

    def _numbered(self, kind: str, number: int) -> bytes:
        group, at = divmod(number, WIDTH)
        place = f"{kind}{group}"
        if self._group[0] != place:
            assert self._tree is not None  # noqa: S101 -- there is a state, so there is a folder
            count = self.state.entries if kind == ENTRY else self.state.bundles
            width = min(WIDTH, count - group * WIDTH)
            if kind == ENTRY:
                data = self._longest("entries", group, width)
            else:
                last = self.state.bundle_bytes if width < WIDTH else None
                data = self._tree.read(f"{BUNDLES}/{group:09d}", last)
            self._group = (place, unpacked(data or b"", width, 2 if kind == ENTRY else 4, place))
        return self._group[1][at]


def parse_tile(name: str) -> tuple[int, int]:
    """Read level and index of a tile's name.

    Raises:
        StoreError: it is none.
    """
    parts = _TILE.fullmatch(name)
    if parts is None:
        raise StoreError("no name of a tile", where=name)
    return int(parts[1]), int(parts[2].replace("x", "").replace("/", "") + parts[3])


def path_of(level: int | str, index: int, width: int) -> str:
    """Give the path of a tile (C2SP tlog-tiles), with its width where it is not full."""
    digits = f"{index % 1000:03d}"
    while index >= 1000:
        index //= 1000
        digits = f"x{index % 1000:03d}/{digits}"
    return f"tile/{level}/{digits}" + (f".p/{width}" if width < WIDTH else "")


def packed(bodies: Iterable[bytes], size: int) -> bytes:
    """Write bodies, each behind its length of `size` bytes, big-endian."""
    return b"".join(len(body).to_bytes(size, "big") + body for body in bodies)


def unpacked(data: bytes, count: int, size: int, where: str) -> list[bytes]:
    """Read the first bodies of a file."""
    bodies, at = [], 0
    for _ in range(count):
        end = at + size + int.from_bytes(data[at : at + size], "big")
        if at + size > len(data) or end > len(data):
            raise StoreError("the file is missing or cut off", where=where, next=_RESTORE)
        bodies.append(data[at + size : end])
        at = end
    return bodies
