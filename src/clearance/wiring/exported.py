"""Verifies all of an exported log: every bundle, and every other file that follows from what was signed."""

import hashlib
import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec

from clearance.attest.bundle import decoded, read_bundle
from clearance.attest.predicates.revocation import RevocationPredicate
from clearance.attest.trust import Trust
from clearance.facts.entry import Checkpoint
from clearance.facts.errors import BadSignature, ClearanceError, LogTampered, NoLongerBelieved, UsageError
from clearance.facts.key import PublicKey
from clearance.facts.text import counted
from clearance.facts.verified import FileVerdict, Verified
from clearance.record.merkle import leaf_hash, perfect_root
from clearance.record.merkle import root as tree_root
from clearance.record.note import open_checkpoint, vouching_key
from clearance.record.payload import read_payload
from clearance.record.proof import read_tlog_proof, verify_tlog_proof
from clearance.record.tiles import WIDTH, tile_path, tiles_of
from clearance.wiring.bundles import Wanted, bytes_of, check_counted, opened_file, verify_bundle

_MOST_TILE = 17 << 20
_NEXT = "name a directory that `clearance log export` wrote, or files"
_LIST = "trusted_root.revoked.json"
_FOREIGN = "nothing of this name belongs to the log"
_TILE = re.compile(r"tile/([0-9]{1,2}|entries)/((?:x[0-9]{3}/){0,5})([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


def verify_export(folder: Path, trust: Trust, wanted: Wanted) -> Iterator[FileVerdict]:
    """Verify every bundle of an exported log, that its checkpoint is over exactly these entries in this order, and that its
    proofs, tiles and evidence are those of them, with nothing missing and nothing beside them. Each entry that is wrong is
    told; of the others those that were asked for. Not looked at: what nobody signed (README.md, keys/, trusted_root.json),
    and who signed entries of before there were certificates.

    Raises:
        UsageError: it is no export, or cannot be read.
    """
    note = bytes_of(folder / "checkpoint", _NEXT)
    origin = note.partition(b"\n")[0]
    keys = [log.key for log in trust.root.logs if log.origin.encode() == origin]
    try:
        checkpoint = open_checkpoint(note, keys)
    except LogTampered as error:
        yield FileVerdict(file=str(folder / "checkpoint"), where=error.where, what=error.what)
        return
    if not checkpoint.size:
        yield FileVerdict(
            file=str(folder / "checkpoint"), where="size", what="it holds 0 entries: nothing is verified by that"
        )
        return
    export = _Export(folder, checkpoint, keys)
    asked = wanted._replace(identity="", issuer="", type="")
    wrong = chosen = 0
    for index in range(checkpoint.size):
        verdict = export.entry(index, trust, asked)
        wrong += verdict.wrong and not verdict.refused
        if verdict.verified is None or _is_asked_for(verdict.verified, wanted):
            chosen += verdict.verified is not None
            yield verdict
    if wrong:
        what = f"{wrong} of its {checkpoint.size} entries are wrong, so tiles and evidence were not compared with them"
        yield FileVerdict(file=str(folder), what=what)
        return
    if not chosen and any(wanted[:3]):
        yield FileVerdict(file=str(folder), what=f"none of its {checkpoint.size} entries is what was asked for")
    yield from export.unlisted({one.serial for one in trust.root.revoked})
    yield from export.rest(note)


def _is_asked_for(found: Verified, wanted: Wanted) -> bool:
    """Tell whether an entry is one of those that a person asked for; of a whole log that selects."""
    pairs = ((wanted.identity, found.signer), (wanted.issuer, found.issuer), (wanted.type, found.type))
    return all(asked in ("", said) for asked, said in pairs)


class _Serial(msgspec.Struct):
    serial: str = ""


class _Stated(msgspec.Struct):
    predicate: _Serial


class _Export:
    """What is known of an export while it is read."""

    def __init__(self, folder: Path, checkpoint: Checkpoint, keys: list[PublicKey]) -> None:
        self._folder = folder
        self._checkpoint = checkpoint
        self._keys = keys
        self._hashes: list[bytes] = []
        self._evidence: dict[str, int] = {}
        self._lines: set[str] = set()
        self._newest = ""
        self._revocations: dict[int, bytes] = {}

    def entry(self, index: int, trust: Trust, wanted: Wanted) -> FileVerdict:
        """Verify an entry: its bundle, and the proof beside it."""
        path = self._folder / "bundles" / f"{index}.sigstore.json"
        if not path.exists():
            return self._old(index, path)
        data = bytes_of(path)
        try:
            verified = verify_bundle(data, trust, wanted)
            if verified.index != index:
                what = f"the bundle of entry {verified.index} under the name of entry {index}"
                raise BadSignature(what, where="verificationMaterial.tlogEntries[0].logIndex")
            bundle = read_bundle(data)
            leaf = decoded(bundle.verification_material.tlog_entries[0].canonicalized_body, "canonicalizedBody")
            payload = decoded(bundle.dsse_envelope.payload, "dsseEnvelope.payload")
            self._names(payload, index)
            self._proof(index, leaf)
        except UsageError:
            raise
        except NoLongerBelieved as error:
            return self._refused(index, path, data, error)
        except ClearanceError as error:
            return FileVerdict(file=str(path), where=error.where, what=error.what)
        self._hashes.append(leaf_hash(leaf))
        self._newest = max(self._newest, verified.time)
        if verified.type == RevocationPredicate.TYPE:
            self._revocations[index] = payload
        return FileVerdict(file=str(path), verified=verified)

    def _refused(self, index: int, path: Path, data: bytes, why: NoLongerBelieved) -> FileVerdict:
        """Refuse an entry that is as it was signed. It stays part of the tree, so what follows from it is compared."""
        try:
            bundle = read_bundle(data)
            leaf = decoded(bundle.verification_material.tlog_entries[0].canonicalized_body, "canonicalizedBody")
            payload = decoded(bundle.dsse_envelope.payload, "dsseEnvelope.payload")
            self._names(payload, index)
            self._proof(index, leaf)
        except UsageError:
            raise
        except ClearanceError as error:
            return FileVerdict(file=str(path), where=error.where, what=error.what)
        self._hashes.append(leaf_hash(leaf))
        return FileVerdict(file=str(path), where=why.where, what=why.what, refused=True)

    def unlisted(self, listed: Collection[str]) -> Iterator[FileVerdict]:
        """Tell of certificates that the log says are revoked and that the list at hand does not name: it is old, or was cut
        down."""
        for index, payload in self._revocations.items():
            said = msgspec.json.decode(payload, type=_Stated).predicate
            if said.serial and said.serial not in listed:
                what = f"entry {index} states that the certificate {said.serial} is revoked, and the list beside the root"
                yield self._wrong(_LIST, said.serial, f"{what} does not name it: get a newer one")

    def _old(self, index: int, missing: Path) -> FileVerdict:
        """Verify where an entry of before there were certificates lies. Such entries are the first ones of a log."""
        path = self._folder / "entries" / f"{index}.json"
        if self._newest or not path.is_file():
            return FileVerdict(file=str(missing), where=f"entry {index}", what="it is missing")
        leaf = bytes_of(path)
        try:
            self._proof(index, leaf)
            payload = decoded(str(msgspec.json.decode(leaf, type=dict).get("payload", "")), "payload")
            self._names(payload, index)
        except msgspec.DecodeError:
            return FileVerdict(file=str(path), where=f"entry {index}", what="no envelope of a statement")
        except UsageError:
            raise
        except ClearanceError as error:
            return FileVerdict(file=str(path), where=error.where, what=error.what)
        self._hashes.append(leaf_hash(leaf))
        what = "in the signed tree; signed by a bare key, which `clearance log verify` checks with the log's keys"
        return FileVerdict(file=str(path), where=f"entry {index}", what=what, old=True)

    def _names(self, payload: bytes, index: int) -> None:
        said = read_payload(payload)
        self._evidence.update(dict.fromkeys(said.evidence, index))
        self._lines.add(said.lines)

    def _proof(self, index: int, leaf: bytes) -> None:
        where = f"proofs/{index}.tlog-proof"
        path = self._folder / where
        if not path.exists():
            raise LogTampered("it is missing", where=where)
        data = bytes_of(path)
        if verify_tlog_proof(data, leaf, self._keys, where=where).origin != self._checkpoint.origin:
            raise LogTampered("a checkpoint of another log", where=where)
        if read_tlog_proof(data, where=where).entry != index:
            raise LogTampered("the proof of another entry", where=where)

    def rest(self, note: bytes) -> Iterator[FileVerdict]:
        """Verify what is over and beside all entries."""
        if _root(self._hashes, self._checkpoint.size) != self._checkpoint.root:
            yield self._wrong("checkpoint", "root", f"its {self._checkpoint.size} entries do not lead to the signed root")
            return
        try:
            check_counted(vouching_key(note, self._keys), self._newest, "key")
        except BadSignature as error:
            yield self._wrong("checkpoint", error.where, error.what)
        yield from self._cosigned()
        yield from self._tiles()
        yield from self._bodies()
        for name, ending in (("bundles", ".sigstore.json"), ("proofs", ".tlog-proof")):
            expected = {f"{name}/{index}{ending}" for index in range(self._checkpoint.size)}
            yield from (self._wrong(one, "", _FOREIGN) for one in self._under(name) if one not in expected)

    def _cosigned(self) -> Iterator[FileVerdict]:
        name = "checkpoint.cosigned"
        if not (self._folder / name).exists():
            return
        try:
            older = open_checkpoint(bytes_of(self._folder / name), self._keys, where=name)
        except LogTampered as error:
            yield self._wrong(name, "", error.what)
            return
        fits = older.origin == self._checkpoint.origin and older.size <= self._checkpoint.size
        if not fits or _root(self._hashes, older.size) != older.root:
            yield self._wrong(name, "root", "not a checkpoint of what this log held before")

    def _bodies(self) -> Iterator[FileVerdict]:
        """Verify evidence: each body that an entry names is there as it was signed, and no other one is. The
        keys of lines may be left out, which is told."""
        found, left_out = set(self._under("evidence")), 0
        for digest, index in sorted(self._evidence.items()):
            name = f"evidence/{digest}"
            if name not in found and digest in self._lines:
                left_out += 1
                continue
            if name not in found:
                yield self._wrong(name, "", f"it is missing, and entry {index} names it")
                continue
            found.remove(name)
            with opened_file(self._folder / name) as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                    yield self._wrong(name, "", "altered: the body has another digest")
        yield from (self._wrong(name, "", "no entry names it") for name in sorted(found))
        if left_out:
            what = f"the keys of lines of {counted(left_out, 'generation')} are not here, so these bodies were not looked at"
            yield FileVerdict(file=str(self._folder / "evidence"), what=what, left_out=True)

    def _tiles(self) -> Iterator[FileVerdict]:
        """Verify tiles and bundles of entries, partial ones of an earlier state too."""
        levels = [self._hashes]
        while len(levels[-1]) >= WIDTH:
            row = levels[-1]
            levels.append([perfect_root(row[at : at + WIDTH]) for at in range(0, len(row) - WIDTH + 1, WIDTH)])
        size = self._checkpoint.size
        missing = {tile.path for tile in tiles_of(size)}
        missing |= {tile_path("entries", at // WIDTH, min(WIDTH, size - at)) for at in range(0, size, WIDTH)}
        for name in self._under("tile"):
            missing.discard(name)
            match = _TILE.fullmatch(name)
            if match is None:
                yield self._wrong(name, "", _FOREIGN)
                continue
            index = int("".join(part[1:] for part in match[2].split("/") if part) + match[3])
            width = int(match[4] or WIDTH)
            level = 0 if match[1] == "entries" else int(match[1])
            wanted = levels[level][index * WIDTH : index * WIDTH + width] if level < len(levels) else []
            body = bytes_of(self._folder / name, most=_MOST_TILE)
            if len(wanted) != width:
                yield self._wrong(name, "", _FOREIGN)
            elif (_leaves(body) if match[1] == "entries" else body) != b"".join(wanted):
                yield self._wrong(name, "", "altered: it does not follow from the entries")
        yield from (self._wrong(name, "", "it is missing") for name in sorted(missing))

    def _under(self, name: str) -> Iterator[str]:
        """Give the names of all that lies in a folder, in order; of a link its own name, which belongs to no log."""
        for place, folders, files in os.walk(self._folder / name):
            folders.sort()
            below = Path(place).relative_to(self._folder)
            linked = [one for one in folders if (Path(place) / one).is_symlink()]
            for one in sorted([*files, *linked]):
                link = (Path(place) / one).is_symlink()
                yield (below / one).as_posix() + (" (a link)" if link else "")

    def _wrong(self, name: str, where: str, what: str) -> FileVerdict:
        return FileVerdict(file=str(self._folder / name), where=where, what=what)


def _root(hashes: list[bytes], size: int) -> bytes:
    return tree_root(size, lambda height, at: perfect_root(hashes[at << height : (at + 1) << height]))


def _leaves(body: bytes) -> bytes:
    """Give the hashes of the leaves in a bundle of entries, one after the other; no bytes where it is cut off."""
    found, at = [], 0
    while at < len(body):
        length = int.from_bytes(body[at : at + 2], "big")
        leaf = body[at + 2 : at + 2 + length]
        if len(leaf) != length or at + 2 > len(body):
            return b""
        found.append(leaf_hash(leaf))
        at += 2 + length
    return b"".join(found)
