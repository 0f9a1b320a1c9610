"""A whole inspection: recompute everything, compare it with what was signed, and name what differs."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from typing import Protocol

from clearance.facts.entry import ENTRY_LIMIT, Checkpoint, Inspection, KeyUse, Opened, Problem, Sealed
from clearance.facts.errors import BadSignature, LogTampered, NoLongerBelieved
from clearance.record.cosigning import check_cosigned
from clearance.record.merkle import Node, leaf_hash, perfect_root, root
from clearance.record.names import BUNDLES, CHECKPOINT, COSIGNED, ENTRIES, EVIDENCE, TILES, index_in
from clearance.record.note import late, open_checkpoint, vouching_key
from clearance.record.payload import read_payload
from clearance.record.sealed import bundled, enveloped, unverified_payload
from clearance.record.store import Keys, Pins, Snapshot
from clearance.record.tiles import HASH, HEIGHT, WIDTH, Tile, TiledTree, hashes_in, tile_path, tiles_of

_STEP = 256
"""So many entries pass between two reports of how far the work is."""
MANY = 4096
"""Entries from which on it pays to verify them on all processors."""
_FOREIGN = "nothing of this name belongs to the log"


class Told(Protocol):
    """Whoever is told how far an inspection is."""

    def __call__(self, done: int, whole: int, /) -> None:
        """Hear that `done` of `whole` entries were looked at; called once every few hundred entries."""
        ...


def inspect_log(
    snapshot: Snapshot, place: str, keys: Keys, pins: Pins, *, quick: bool = False, told: Told | None = None, now: str = ""
) -> Inspection:
    """Inspect a log: each entry's signature and hash, what rests beside it, every byte of every tile, the root, the
    checkpoint's signature, the digest of every evidence body, that nothing is missing or added, and that it continues what
    was seen before. A `quick` inspection leaves out the entries' signatures, certificates and timestamps: what is hashed
    into the tree is as it was signed, what rests beside it is only known to be there. Nothing may be signed later than `now`
    (RFC 3339 in UTC; empty: whenever).

    Raises:
        StoreError: the store cannot be read.
        SigningError: keys cannot be read.
    """
    return _Inspector(snapshot, place, keys, pins, quick=quick, told=told, now=now).run()


class _Inspector:
    """The state of one inspection."""

    def __init__(
        self, snapshot: Snapshot, place: str, keys: Keys, pins: Pins, *, quick: bool, told: Told | None, now: str
    ) -> None:
        self._quick = quick
        self._now = now
        self._told = told
        self._snapshot = snapshot
        self._place = place
        self._ring = keys
        self._keys = keys.public()
        self._pins = pins
        self._problems: list[Problem] = []
        self._faults: dict[int, str] = {}
        self._refused: dict[int, str] = {}
        self._leaves: list[bytes] = []
        self._uses: Counter[str] = Counter()
        self._named: dict[str, int] = {}
        self._orphans: list[str] = []
        self._unread = 0
        self._beside = bytearray()  # whether a bundle lay beside the entry
        self._bodies = 0
        self._seen = 0
        self._size = 0
        self._newest = ""  # when the newest entry was signed, as its timestamp says

    def run(self) -> Inspection:
        """Inspect everything once."""
        checkpoint = self._checkpoint()
        self._size = checkpoint.size if checkpoint else 0
        with nullcontext() if self._quick or self._size < MANY else self._ring.expecting(self._sealed(), self._keys):
            self._rows(self._size)
        size = checkpoint.size if checkpoint else len(self._leaves)
        tree = self._tree(size, checkpoint)
        for index, what in sorted(self._faults.items()):
            self._problem(f"entry {index}", what)
        self._problems += (
            Problem(where=f"entry {at}", what=what, refused=True) for at, what in sorted(self._refused.items())
        )
        for shown in (
            () if self._unread or self._quick else self._orphans
        ):  # an entry that cannot be read may be the one that names it
            self._problem(shown, "no entry names it")
        for digest, index in sorted(self._named.items()):
            self._problem(f"evidence {digest}", f"missing, and entry {index} names it")
        self._ended()
        self._past(checkpoint, tree)
        if checkpoint:
            self._problems += check_cosigned(self._snapshot, self._keys, checkpoint, tree)
        return Inspection(
            place=self._place,
            origin=checkpoint.origin if checkpoint else "",
            size=size,
            root=checkpoint.root.hex() if checkpoint else "",
            keys=tuple(KeyUse(key=key, entries=entries) for key, entries in sorted(self._uses.items())),
            evidence=self._bodies,
            seen=self._seen,
            problems=tuple(self._problems),
        )

    def _problem(self, where: str, what: str) -> None:
        self._problems.append(Problem(where=where, what=what))

    def _fault(self, index: int, what: str) -> None:
        self._faults[index] = f"{self._faults[index]}; {what}" if index in self._faults else what

    def _missing(self, first: int, end: int) -> None:
        """Note that the entries `first` to `end` (excluded) are not there; an empty leaf keeps each one's place."""
        if first < end:
            self._problem(f"entry {first}" if end == first + 1 else f"entries {first} to {end - 1}", "missing")
            self._leaves.extend([b""] * (end - first))
            self._unread += end - first

    def _checkpoint(self) -> Checkpoint | None:
        note = self._snapshot.get(CHECKPOINT)
        if note is None:
            if next(self._snapshot.items(""), None):
                self._problem(CHECKPOINT, "missing")
            return None
        try:
            return open_checkpoint(note, self._keys)
        except LogTampered as error:
            self._problem(CHECKPOINT, f"{error.what} ({error.next})" if error.next else error.what)
            return None

    def _ended(self) -> None:
        """Insist that the key of the checkpoint counted still when the newest entry was signed, which it covers."""
        try:
            key = vouching_key(self._snapshot.get(CHECKPOINT) or b"", self._keys)
        except LogTampered:
            return  # told already
        if self._newest and late(self._newest, key.retired):
            what = f"over an entry signed at {self._newest}, by a key that was retired at {key.retired}"
            self._problem(CHECKPOINT, what)

    def _rows(self, size: int) -> None:
        """Look at every row, in the order of names: bundles, entries, then the evidence that they name. Entries are read a
        second time, beside their bundles."""
        leaves = self._snapshot.items(ENTRIES)
        leaf: tuple[str, bytes] | None = next(leaves, None)
        for name, body in self._snapshot.items(""):
            if name.startswith(BUNDLES):
                wanted = ENTRIES + name.removeprefix(BUNDLES)
                while leaf and leaf[0] < wanted:
                    leaf = next(leaves, None)
                self._bundle(name, body, leaf[1] if leaf and leaf[0] == wanted else None, size)
            elif name.startswith(ENTRIES):
                self._entry(name, body, size)
            elif name.startswith(EVIDENCE):
                self._evidence(name, body)
            elif not name.startswith(TILES) and name not in (CHECKPOINT, COSIGNED):
                self._problem(_shown(name), _FOREIGN)
        self._missing(len(self._leaves), size)
        for index in range(size, len(self._leaves)) if size else ():
            self._fault(index, f"behind the {size} entries that the checkpoint covers")

    def _sealed(self) -> Iterator[Sealed]:
        """Give what rests in pairs, in the order in which `_rows` comes to it."""
        leaves = self._snapshot.items(ENTRIES)
        leaf = next(leaves, None)
        for name, body in self._snapshot.items(BUNDLES):
            wanted = ENTRIES + name.removeprefix(BUNDLES)
            while leaf and leaf[0] < wanted:
                leaf = next(leaves, None)
            if leaf and leaf[0] == wanted:
                yield Sealed(leaf=leaf[1], bundle=body)

    def _bundle(self, name: str, body: bytes, leaf: bytes | None, size: int) -> None:
        """Look at what rests beside an entry, together with the entry."""
        index = index_in(name)
        if index is None or (leaf is None and index >= size) or (leaf is not None and enveloped(leaf)):
            self._problem(_shown(name), _FOREIGN)
            return
        if leaf is None:
            return  # that the entry is missing is said of the entry
        if index >= len(self._beside):
            self._beside.extend(bytes(index + 1 - len(self._beside)))
        self._beside[index] = 1
        self._signed(index, Sealed(leaf=leaf, bundle=body))

    def _entry(self, name: str, body: bytes, size: int) -> None:
        index = index_in(name)
        if index is None or not len(self._leaves) <= index < max(size, len(self._leaves) + WIDTH):
            self._problem(_shown(name), _FOREIGN)  # the bound keeps a made-up name from opening an endless gap
            return
        self._missing(len(self._leaves), index)
        self._leaves.append(leaf_hash(body))
        if len(body) > ENTRY_LIMIT:
            self._fault(index, "too long for an entry")
        if index < len(self._beside) and self._beside[index]:
            return  # verified together with its bundle
        if bundled(body):
            self._fault(index, "the bundle beside it is missing")
            self._unread += 1
        else:
            if 0 <= self._beside.find(1) < index:
                self._fault(index, "signed by a bare key behind an entry with a certificate")
            self._signed(index, Sealed(leaf=body))

    def _signed(self, index: int, sealed: Sealed) -> None:
        """Verify one entry's signature and note what it says."""
        if self._told and index % _STEP == 0:
            self._told(index, self._size)
        if self._quick:
            return
        try:
            opened = self._ring.unseal(sealed, self._keys)
            said = read_payload(opened.payload)
        except NoLongerBelieved as error:
            self._refused[index] = error.what
            with suppress(BadSignature):
                self._named.update(dict.fromkeys(read_payload(unverified_payload(sealed)).evidence, index))
            return
        except BadSignature as error:
            self._fault(index, error.what)
            self._unread += 1
            return
        self._newest = max(self._newest, opened.time)
        self._dated(index, said.time, opened)
        self._uses[opened.signer.name if opened.signer else opened.key.id] += 1
        self._named.update(dict.fromkeys(said.evidence, index))

    def _dated(self, index: int, time: str, opened: Opened) -> None:
        """Compare what a statement says of its time with the time at which it was signed, or with the end of its key."""
        if not opened.signer:
            if late(time, opened.key.retired):
                self._fault(index, f"dated {time}, signed by a key that was retired at {opened.key.retired}")
        elif time and late(time, opened.time):  # the standard predicates of in-toto name their times otherwise
            self._fault(index, f"dated {time}, after it was signed at {opened.time}")
        if opened.time and late(opened.time, self._now):
            self._fault(index, f"signed at {opened.time}, and it is {self._now} here: a clock is wrong")

    def _evidence(self, name: str, body: bytes) -> None:
        digest = name.removeprefix(EVIDENCE)
        self._bodies += 1
        known = self._named.pop(digest, None)
        shown = f"evidence {_shown(digest)}"
        if known is None and not self._quick:
            self._orphans.append(shown)
        if hashlib.sha256(body).hexdigest() != digest:
            self._problem(shown, "altered: the body has another digest")

    def _tree(self, size: int, checkpoint: Checkpoint | None) -> Node | None:
        """Compare tiles with entries and with the signed root, and give the tree that leads to that root, if one does.

        Where tiles and entries differ, the side that leads to the signed root is the one that is as it was.
        """
        levels = _levels(self._leaves[:size])
        stored = dict(self._snapshot.items(TILES))
        from_entries, from_tiles = _row_node(levels), TiledTree(size, stored.get).node
        entries_fit = checkpoint is not None and root(size, from_entries) == checkpoint.root
        tiles_fit = checkpoint is not None and _tiles_fit(stored, checkpoint)
        if checkpoint and not entries_fit and not tiles_fit:
            self._problem("log", "neither the entries nor the tiles lead to the signed root")
        expected_names = set()
        for tile in tiles_of(size):
            expected_names.add(tile.name)
            body = stored.get(tile.name)
            if body is None:
                self._problem(tile.name, "missing")
                continue
            if len(body) != tile.width * HASH:
                self._problem(tile.name, f"{len(body)} bytes long instead of {tile.width * HASH}")
            first = tile.number * WIDTH
            expected = levels[tile.level][first : first + tile.width]
            for index, (found, wanted) in enumerate(zip(hashes_in(body), expected, strict=False), first):
                if found != wanted:
                    self._differs(tile, index, tiles_fit=tiles_fit, entries_fit=entries_fit)
        for name in sorted(stored.keys() - expected_names):
            self._problem(_shown(name), _FOREIGN)
        return from_entries if entries_fit else from_tiles if tiles_fit else None

    def _differs(self, tile: Tile, index: int, *, tiles_fit: bool, entries_fit: bool) -> None:
        at = index % WIDTH
        here = f"hash {at} (bytes {at * HASH} to {at * HASH + HASH - 1})"
        if tiles_fit:
            # Above level 0 a difference only repeats that an entry below it was altered.
            if tile.level == 0 and self._leaves[index]:
                self._fault(index, "altered: its hash is not the one in the signed tree")
        elif entries_fit or tile.level:
            self._problem(tile.name, f"{here} altered: it does not follow from the entries")
        else:
            self._problem(tile.name, f"{here} and entry {index} do not fit each other")

    def _past(self, checkpoint: Checkpoint | None, tree: Node | None) -> None:
        """Compare with what was seen before, in this place and under this name."""
        if not checkpoint and self._problems:
            return  # what log this is cannot be told
        memory = self._pins.told(self._place)
        for origin in self._pins.origins(self._place):
            if not checkpoint or origin != checkpoint.origin:
                self._replaced(origin, memory)
        seen = self._pins.seen(checkpoint.origin, self._place) if checkpoint else None
        if not checkpoint or not seen:
            return
        try:
            older = open_checkpoint(seen.note, self._keys, where=memory)
        except LogTampered as error:
            self._problem(memory, error.what)
            return
        self._seen = older.size
        copy = f"; it is a copy of the log at {seen.place}" if seen.elsewhere else ""
        if older.size > checkpoint.size:
            self._problem("log", f"cut back: it holds {checkpoint.size} entries, and {older.size} were seen{copy}")
        elif tree and root(older.size, tree) != older.root:
            self._problem("log", f"rewritten: its first {older.size} entries are not those that were seen{copy}")

    def _replaced(self, origin: str, memory: str) -> None:
        seen = self._pins.seen(origin, self._place)
        if seen is None or seen.elsewhere:
            return
        try:
            size = open_checkpoint(seen.note, self._keys, where=memory).size
        except LogTampered:
            size = 0
        what = f"replaced: another log ({origin}, {size} entries) lay here before; if you removed it, delete {memory}"
        self._problem("log", what)


def _levels(leaves: list[bytes]) -> list[list[bytes]]:
    """Compute the rows of all tile levels from the leaves."""
    levels = [leaves]
    while len(levels[-1]) >= WIDTH:
        row = levels[-1]
        levels.append([perfect_root(row[at : at + WIDTH]) for at in range(0, len(row) - WIDTH + 1, WIDTH)])
    return levels


def _row_node(levels: list[list[bytes]]) -> Node:
    """Read a tree from its computed rows."""

    def node(height: int, index: int) -> bytes:
        level, rest = divmod(height, HEIGHT)
        return perfect_root(levels[level][index << rest : (index + 1) << rest])

    return node


def _tiles_fit(stored: dict[str, bytes], checkpoint: Checkpoint) -> bool:
    """Tell whether the stored tiles lead to the signed root, every hash of them."""
    tree = TiledTree(checkpoint.size, stored.get)
    try:
        for tile in tiles_of(checkpoint.size):
            for at in range(tile.width) if tile.level else ():
                index = tile.number * WIDTH + at
                below = stored.get(tile_path(tile.level - 1, index), b"")
                if len(below) != WIDTH * HASH or perfect_root(hashes_in(below)) != tree.node(tile.level * HEIGHT, index):
                    return False
        return root(checkpoint.size, tree.node) == checkpoint.root
    except LogTampered:
        return False


def _shown(name: str) -> str:
    return ascii(name)[1:-1]
