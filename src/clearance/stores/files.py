"""A log at rest in plain files: the layout that C2SP describes for web servers is the store itself.

    checkpoint                      the newest signed checkpoint, written last, in one step
    tile/<level>/<index>[.p/<n>]    hashes, and tile/entries/…: entries (https://c2sp.org/tlog-tiles)
    evidence/<sha256>               evidence bodies
    .state/state                    what is committed: how many of each, and bodies of other names; replaced in one step
    .state/bundles/<index>          256 bundles, each behind its length (uint32, big-endian); grows at its end
    .state/evidence                 digests of evidence bodies, 32 bytes each; grows at its end
    .state/journal                  what a writer is about to add, for whoever comes after its death
    .state/lock                     held by the one writer

Nothing that is committed is ever overwritten: a longer tile has another name, and of a file that grows the state says how
much counts. So a view is the state that it began with, and a writer that is killed at any step leaves the old state or the
new one. The next writer takes away what the journal names and the state does not have.
"""

import contextlib
import fcntl
import heapq
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from clearance.facts.errors import StoreError
from clearance.stores.files_tree import Tree
from clearance.stores.files_view import (
    BUNDLE,
    BUNDLES,
    CHECKPOINT,
    ENTRY,
    EVIDENCE,
    HASH,
    INDEX,
    JOURNAL,
    STATE,
    TILE,
    VERSION,
    WIDTH,
    FilesView,
    State,
    packed,
    parse_tile,
    path_of,
)

_LOCK = ".state/lock"
_SECONDS = 30.0
"""How long one process waits for another's append."""
_PAUSE = 0.02
_MOST_BYTES = 64 << 20
_MOST_NAMES = 8 << 20
"""How much the bodies of other names may hold together: they are written anew with each append."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9]{12}")


class Journal(msgspec.Struct):
    """What a writer is about to add, on the way from one state to the next."""

    after: int
    paths: list[str]


class FileStore:
    """Bodies by name in a folder of mode 0700, which the first write makes, if `create`. What is opened is what is checked:
    links, other users' files, and files that others can reach are refused."""

    def __init__(self, folder: Path, *, create: bool = True) -> None:
        self._path = folder.parent.resolve() / folder.name  # the folder stays as it is: a link there is refused
        self._create = create

    @property
    def place(self) -> str:
        """The absolute path of the folder."""
        return str(self._path)

    @contextmanager
    def read(self) -> Iterator[FilesView]:
        """Open a view of what is committed now; an empty one where there is no folder.

        Raises:
            StoreError: the folder cannot be read, is not private, or is no log of this version.
        """
        with self._told():
            try:
                tree = Tree.opened(self._path)
            except FileNotFoundError:
                yield FilesView(None, State())
                return
            with tree:
                yield FilesView(tree, _state(tree, self.place))

    @contextmanager
    def write(self) -> Iterator["FilesDraft"]:
        """Open a draft, which is durable once the block ends well, and never was where it does not.

        Raises:
            StoreError: the folder cannot be made or written, is not private, is no log of this version, the disk is full, or
                another process kept the log for too long.
        """
        with self._told():
            if not self._create and not self._path.exists():
                raise StoreError("there is no log yet", where=self.place, next="`clearance check` makes one")
            with Tree.opened(self._path, create=True) as tree, self._locked(tree):
                state = _state(tree, self.place)
                _recover(tree, state)
                draft = FilesDraft(tree, state)
                yield draft
                _commit(tree, draft)

    @contextmanager
    def _locked(self, tree: Tree) -> Iterator[None]:
        end = time.monotonic() + _SECONDS
        with tree.appending(_LOCK) as handle:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > end:
                        what = f"another process kept the log for {_SECONDS:.0f} seconds"
                        raise StoreError(what, where=self.place, next="try again when it has ended") from None
                    time.sleep(_PAUSE)
            yield

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = str(error.filename or self.place)
            then = "check its owner and rights, and the space on the disk; what was recorded before is whole"
            raise StoreError(error.strerror or "cannot be used", where=where, next=then) from error


class FilesDraft(FilesView):
    """A view that sees its own writes, which rest in memory until the block ends."""

    def __init__(self, tree: Tree, state: State) -> None:
        super().__init__(tree, state)
        self.new: dict[str, bytes] = {}
        self.entries = state.entries
        self.bundles = state.bundles

    def get(self, name: str) -> bytes | None:
        """Give the body of a name, or None.

        Raises:
            StoreError: what rests there is damaged.
        """
        return self.new[name] if name in self.new else super().get(name)

    def items(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Give all names that begin with `prefix`, with their bodies, in order.

        Raises:
            StoreError: as for `get`.
        """
        own = sorted((name, body) for name, body in self.new.items() if name.startswith(prefix))
        stored = super().items(prefix)
        rest = ((name, body) for name, body in stored if name not in self.new)
        yield from heapq.merge(own, rest, key=lambda item: item[0])

    def put(self, name: str, body: bytes) -> None:
        """Write a body.

        Raises:
            StoreError: it is too long, no body of its kind, or would replace an entry, its bundle or an evidence body.
        """
        if len(body) > _MOST_BYTES:
            raise StoreError(f"a body of more than {_MOST_BYTES >> 20} MiB", where=name, next="split the change")
        if name.startswith(ENTRY):
            self.entries += self._next(name, ENTRY, body, self.entries)
        elif name.startswith(BUNDLE):
            self.bundles += self._next(name, BUNDLE, body, self.bundles)
        elif name.startswith(EVIDENCE):
            if not _DIGEST.fullmatch(name.removeprefix(EVIDENCE)):
                raise StoreError("no name of an evidence body", where=name)
            _insist_same(name, self.get(name), body)
        elif name.startswith(TILE):
            self._check_tile(name, body)
        self.new[name] = bytes(body)

    def put_many(self, items: Iterable[tuple[str, bytes]]) -> None:
        """Write bodies, as `put` does."""
        for name, body in items:
            self.put(name, body)

    def _next(self, name: str, kind: str, body: bytes, count: int) -> int:
        """Insist that what is appended comes next, or is there already; gives how many it adds."""
        number = name.removeprefix(kind)
        if not _NUMBER.fullmatch(number) or int(number) > count:
            raise StoreError(f"not the next after {count}", where=name, next="entries follow each other without a gap")
        if kind == ENTRY and len(body) > 0xFFFF:
            raise StoreError(f"an entry of {len(body)} bytes", where=name, next="the most is 65535")
        if int(number) < count:
            _insist_same(name, self.get(name), body)
            return 0
        return 1

    def _check_tile(self, name: str, body: bytes) -> None:
        level, index = parse_tile(name)
        width, rest = divmod(len(body), HASH)
        held = self.new.get(name)
        least = len(held) // HASH if held is not None else min(WIDTH, max(0, self.state.tiles.get(level, 0) - index * WIDTH))
        if rest or not least <= width <= WIDTH or not width:
            raise StoreError(
                f"a tile of {len(body)} bytes after one of {least} hashes", where=name, next="a tile only grows"
            )


def _insist_same(name: str, held: bytes | None, body: bytes) -> None:
    if held is not None and held != body:
        then = "look with `clearance log verify`; nothing was recorded, and what was recorded before is whole"
        raise StoreError("what was recorded is never changed", where=name, next=then)


def _state(tree: Tree, place: str) -> State:
    data = tree.read(STATE)
    if data is None:
        if tree.read(CHECKPOINT) is not None:
            raise StoreError("the state of the log is missing", where=f"{place}/{STATE}", next="restore it from a copy")
        return State()
    try:
        state = msgspec.json.decode(data, type=State)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise StoreError(
            "the state of the log is damaged", where=f"{place}/{STATE}", next="restore it from a copy"
        ) from None
    if state.version != VERSION:
        newer = "upgrade Clearance" if state.version > VERSION else "move it away"
        raise StoreError(f"a log of version {state.version}; this is for version {VERSION}", where=place, next=newer)
    public = tree.read(CHECKPOINT)
    if public not in (state.names.get(CHECKPOINT), state.before):
        what = "the file `checkpoint` is not what was recorded"
        raise StoreError(what, where=f"{place}/{CHECKPOINT}", next="restore it from a copy; who changed it?")
    return state


def _recover(tree: Tree, state: State) -> None:
    """Take away what a writer left that was killed before its state counted; publish what it did not come to publish."""
    data = tree.read(JOURNAL)
    if data is not None:
        with contextlib.suppress(msgspec.DecodeError):
            journal = msgspec.json.decode(data, type=Journal)
            view = FilesView(tree, state)
            for path in journal.paths if journal.after == state.seq else ():
                if view.is_beyond(path):  # a journal is a file like any: what it names may be anything
                    tree.remove(path)
        tree.remove(JOURNAL)
    tree.sweep()
    note = state.names.get(CHECKPOINT)
    if note is not None and tree.read(CHECKPOINT) != note:
        tree.replace(CHECKPOINT, note)


def _commit(tree: Tree, draft: FilesDraft) -> None:
    """Put a draft on the disk: the journal, what is added, the state, which makes it count, and the checkpoint."""
    if not draft.new:
        return
    old = draft.state
    files, grown, state = _laid_out(draft)
    if sum(map(len, state.names.values())) > _MOST_NAMES:
        raise StoreError("more bodies of other names than a state may hold", where=STATE, next="use PostgreSQL or SQLite")
    journal = Journal(after=old.seq, paths=sorted(files))
    tree.replace(JOURNAL, msgspec.json.encode(journal))
    for path, body in files.items():
        tree.replace(path, body, settle=False)
    for path, (at, body) in grown.items():
        tree.grow(path, at, body)
    tree.settle()
    tree.replace(STATE, msgspec.json.encode(state))
    note = state.names.get(CHECKPOINT)
    if note is not None and note != old.names.get(CHECKPOINT):
        tree.replace(CHECKPOINT, note)
    tree.remove(JOURNAL)
    for path in files:
        if path.startswith(TILE) and ".p/" not in path:  # full now: the partial ones are no longer needed
            tree.remove_folder(f"{path}.p")


def _laid_out(draft: FilesDraft) -> tuple[dict[str, bytes], dict[str, tuple[int, bytes]], State]:
    """Say which files a draft adds, which grow from where, and the state that follows."""
    old, new = draft.state, draft.new
    files = {path: body for path, body in _tile_files(new)}  # noqa: C416 -- names what comes
    grown: dict[str, tuple[int, bytes]] = {}
    for group in range(old.entries // WIDTH, -(-draft.entries // WIDTH)):
        start, end = group * WIDTH, min(draft.entries, (group + 1) * WIDTH)
        if end > old.entries:
            bodies = (draft.get(f"{ENTRY}{number:012d}") or b"" for number in range(start, end))
            files[path_of("entries", group, end - start)] = packed(bodies, 2)
    length = old.bundle_bytes
    for group in range(old.bundles // WIDTH, -(-draft.bundles // WIDTH)):
        start, end = max(old.bundles, group * WIDTH), min(draft.bundles, (group + 1) * WIDTH)
        at = length if group * WIDTH < old.bundles else 0
        body = packed((new[f"{BUNDLE}{number:012d}"] for number in range(start, end)), 4)
        if body:
            grown[f"{BUNDLES}/{group:09d}"] = (at, body)
            length = at + len(body)
    digests = [name.removeprefix(EVIDENCE) for name in sorted(new) if name.startswith(EVIDENCE) and not draft.held(name)]
    files |= {EVIDENCE + digest: new[EVIDENCE + digest] for digest in digests}
    if digests:
        grown[INDEX] = (old.evidence * HASH, b"".join(bytes.fromhex(digest) for digest in digests))
    kinds = (ENTRY, BUNDLE, EVIDENCE, TILE)
    state = State(
        seq=old.seq + 1,
        entries=draft.entries,
        bundles=draft.bundles,
        bundle_bytes=length if draft.bundles % WIDTH or draft.bundles == old.bundles else 0,
        evidence=old.evidence + len(digests),
        tiles=old.tiles | _levels(new, old),
        names=old.names | {name: body for name, body in new.items() if not name.startswith(kinds)},
        before=old.names.get(CHECKPOINT),
    )
    return files, grown, state


def _tile_files(new: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for name, body in new.items():
        if name.startswith(TILE):
            level, index = parse_tile(name)
            yield path_of(level, index, len(body) // HASH), body


def _levels(new: dict[str, bytes], old: State) -> dict[int, int]:
    """Say how many hashes the levels that grew have now."""
    counts: dict[int, int] = {}
    for name, body in new.items():
        if name.startswith(TILE):
            level, index = parse_tile(name)
            counts[level] = max(counts.get(level, old.tiles.get(level, 0)), index * WIDTH + len(body) // HASH)
    return counts
