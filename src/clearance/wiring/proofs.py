"""Verifies proofs that are files: that an entry is in a log (`.tlog-proof`), and that a log was only added to."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clearance.attest.bundle import check_record, decoded, open_signed, read_bundle
from clearance.attest.trust import Trust
from clearance.facts.entry import Checkpoint
from clearance.facts.errors import BadSignature, LogTampered, UsageError
from clearance.facts.key import PublicKey, ed25519_key
from clearance.facts.verified import Head, Proved, Verified
from clearance.record.merkle import leaf_hash, verify_inclusion
from clearance.record.note import open_checkpoint, vouching_key
from clearance.record.proof import HEADER, check_grown, read_consistency, read_roots, read_tlog_proof, verify_grown
from clearance.record.signed import NOTE_ED25519, read_verifier_key
from clearance.wiring.bundles import Wanted, bytes_of, check_counted, cosigners, verify_bundle

if TYPE_CHECKING:
    from clearance.record.quorum import QuorumPolicy

SUFFIX = ".tlog-proof"
_ENTRY_NEXT = "--entry FILE takes the entry: `clearance log bundle N --out FILE` gives it"
_OLD_NEXT = "--old FILE takes the older checkpoint: the file `checkpoint` of an older export, a .tlog-proof, a bundle"
_NEW_NEXT = "--new FILE takes the newer checkpoint; `clearance log consistency OLD` gives a proof that holds the newest"
_BESIDE = ("{}.sigstore.json", "{}.entry.json")
_EXPORTED = ("bundles/{}.sigstore.json", "entries/{}.json")


class Beside(NamedTuple):
    """What a proof is laid against, beside a trusted root: files of the entry and of checkpoints, and of keys of logs."""

    entry: Path | None = None
    older: Path | None = None
    newer: Path | None = None
    keys: tuple[Path, ...] = ()


NOTHING = Beside()


def is_proof(name: str, data: bytes) -> bool:
    """Tell whether a file is no bundle, and so a proof. What is neither is refused as the proof that it is not."""
    return name.endswith(SUFFIX) or not (name.endswith(".json") or data.lstrip()[:1] in (b"{", b""))


class LogKeys:
    """The keys that may sign checkpoints: those of a trusted root, each for its log, and those that were handed in."""

    def __init__(self, trust: Trust | None, files: Sequence[Path]) -> None:
        """Read them.

        Raises:
            UsageError, SigningError: a file cannot be read, or holds no key.
        """
        self._keys: list[tuple[str, PublicKey]] = [(one.origin, one.key) for one in trust.root.logs] if trust else []
        self._keys += [_key_in(path) for path in files]

    def of(self, note: bytes) -> list[PublicKey]:
        """Give the keys that may sign for the log that a checkpoint names."""
        origin = note.partition(b"\n")[0]
        return [key for name, key in self._keys if not name or name.encode() == origin]

    def opened(self, note: bytes, where: str) -> tuple[Checkpoint, PublicKey]:
        """Verify a signed checkpoint, and give the key that signed it.

        Raises:
            LogTampered: it is none, or no key of its log signed it.
        """
        keys = self.of(note)
        return open_checkpoint(note, keys, where=where), vouching_key(note, keys, where=where)


def _key_in(path: Path) -> tuple[str, PublicKey]:
    """Read a key of a log: a verifier key, which names its log, or PEM (no name: any log)."""
    data = bytes_of(path, "give the key of a log: `checkpoint.vkey` of an export, or a public key in PEM", most=1 << 16)
    if b"-----BEGIN" in data:
        from clearance.attest.keys import read_public

        return "", read_public(data, where=str(path))
    key = read_verifier_key(data.decode("utf-8", "replace").strip(), NOTE_ED25519, where=str(path))
    return key.name, ed25519_key(key.raw)


def verify_proof(path: Path, data: bytes, trust: Trust | None, keys: LogKeys, wanted: Wanted, beside: Beside) -> Proved:
    """Verify a proof, whichever it is.

    Raises:
        LogTampered, BadSignature: it proves nothing; `where` is the field.
        UsageError: what it is to be laid against was not handed in, or cannot be read.
    """
    if path.name.endswith(SUFFIX) or data.startswith(HEADER.encode()[:8]):
        return _inclusion(path, data, trust, keys, wanted, beside.entry)
    if any(wanted[:3]):
        what = "--identity, --issuer and --type are about entries, and this proof names none"
        raise UsageError(what, where=str(path), next="leave them out")
    if b"\n\n" in data:
        return _grown(path, data, keys, wanted.policy, beside)
    return _between(path, data, keys, wanted.policy, beside)


def _inclusion(path: Path, data: bytes, trust: Trust | None, keys: LogKeys, wanted: Wanted, entry: Path | None) -> Proved:
    proof = read_tlog_proof(data)
    checkpoint, key = keys.opened(proof.note, "checkpoint")
    found = entry or _beside(path)
    leaf, verified = _entry(found, trust, wanted)
    if verified and verified.log != checkpoint.origin:
        raise LogTampered(f"a checkpoint of {checkpoint.origin}, and the entry is of {verified.log}", where="checkpoint")
    if verified and verified.index != proof.entry:
        raise LogTampered(f"the entry stands at {verified.index}, and the proof is for {proof.entry}", where="index")
    if proof.entry >= checkpoint.size:
        raise LogTampered(f"the checkpoint is over {checkpoint.size} entries, up to {checkpoint.size - 1}", where="index")
    try:
        verify_inclusion(leaf_hash(leaf), proof.entry, checkpoint.size, proof.path, checkpoint.root)
    except LogTampered as error:
        # A verified bundle says itself where it stands, so only the path is left; without, any of the three may be it.
        raise LogTampered(error.what, where="path" if verified else "path, index or entry") from error
    if verified:
        check_counted(key, verified.time, "checkpoint")
    return Proved(
        log=checkpoint.origin,
        head=_head(checkpoint, key),
        index=proof.entry,
        leaf=leaf_hash(leaf).hex(),
        entry=str(found),
        verified=verified,
        extra=len(proof.extra),
        witnesses=cosigners(proof.note, wanted.policy, "checkpoint"),
    )


def _beside(path: Path) -> Path:
    """Find the entry of a proof beside it, as exports and `--prove` lay them."""
    stem = path.name.removesuffix(SUFFIX)
    places = [path.with_name(one.format(stem)) for one in _BESIDE]
    places += [path.absolute().parent.parent / one.format(stem) for one in _EXPORTED]
    found = next((one for one in places if one.is_file()), None)
    if found is not None:
        return found
    raise UsageError("the entry that it is for is not beside it", where=str(path), next=_ENTRY_NEXT)


def _entry(path: Path, trust: Trust | None, wanted: Wanted) -> tuple[bytes, Verified | None]:
    """Give the leaf of an entry, and what the entry says: of a bundle, where a trusted root is at hand."""
    data = bytes_of(path, _ENTRY_NEXT)
    insists = any(wanted[:3])
    if b"verificationMaterial" not in data:  # an entry of before there were bundles is its own leaf
        if insists:
            raise BadSignature("no bundle, so nobody is named who signed it", where=f"entry {path}")
        return data, None
    if insists and trust is None:
        raise UsageError("nobody vouches for who signed the entry", where=str(path), next="give --trusted-root FILE")
    try:
        return _leaf_in(data), verify_bundle(data, trust, wanted._replace(policy=None)) if trust else None
    except BadSignature as error:
        raise BadSignature(error.what, where=f"entry {path}: {error.where}") from error


def _leaf_in(data: bytes) -> bytes:
    """Give the leaf that a bundle names, and insist that it is of what the bundle holds: without a trusted root nobody says
    who signed that, but another statement beside a genuine leaf is none that the log has."""
    bundle = read_bundle(data)
    entries = bundle.verification_material.tlog_entries
    if len(entries) != 1:
        raise BadSignature("not exactly one place in a log", where="verificationMaterial.tlogEntries")
    leaf = decoded(entries[0].canonicalized_body, "verificationMaterial.tlogEntries[0].canonicalizedBody")
    check_record(open_signed(bundle, leaf), leaf)
    return leaf


def _grown(path: Path, data: bytes, keys: LogKeys, policy: "QuorumPolicy | None", beside: Beside) -> Proved:
    proof = read_consistency(data)
    older = _older(path, proof.old, keys, beside)
    newer = verify_grown(proof, older[0], keys.of(proof.note))
    head = _head(newer, vouching_key(proof.note, keys.of(proof.note)))
    return Proved(log=newer.origin, head=head, older=_head(*older), witnesses=cosigners(proof.note, policy, "checkpoint"))


def _between(path: Path, data: bytes, keys: LogKeys, policy: "QuorumPolicy | None", beside: Beside) -> Proved:
    """Verify a proof between two roots that nobody signed, against the signed checkpoints of both sizes."""
    proof = read_roots(data)
    older = _older(path, proof.old, keys, beside)
    if beside.newer is None:
        raise UsageError("nobody signed the roots in it", where=str(path), next=_NEW_NEXT)
    note = note_in(bytes_of(beside.newer, _NEW_NEXT))
    newer, key = keys.opened(note, f"--new {beside.newer}")
    ends = ("old", (proof.old, proof.old_root), older[0]), ("new", (proof.new, proof.new_root), newer)
    for word, said, signed in ends:
        if said != (signed.size, signed.root):
            what = f"not the size and root of the checkpoint: {signed.size} entries, root {signed.root.hex()[:16]}…"
            raise LogTampered(what, where=word)
    check_grown(older[0], newer, proof.path)
    return Proved(
        log=newer.origin, head=_head(newer, key), older=_head(*older), witnesses=cosigners(note, policy, "checkpoint")
    )


def _older(path: Path, size: int, keys: LogKeys, beside: Beside) -> tuple[Checkpoint, PublicKey]:
    """Read the checkpoint that a proof begins at."""
    if size == 0:
        raise LogTampered("it begins at 0 entries, as every log does: nothing is proved by that", where="old")
    if beside.older is None:
        raise UsageError(f"nothing says what the log of {size} entries was", where=str(path), next=_OLD_NEXT)
    return keys.opened(note_in(bytes_of(beside.older, _OLD_NEXT)), f"--old {beside.older}")


def note_in(data: bytes) -> bytes:
    """Give the signed checkpoint in a file: a note, a proof that ends with one, or a bundle that holds one.

    Raises:
        BadSignature: it looks like a bundle and is none.
    """
    if data.lstrip()[:1] == b"{":
        entries = read_bundle(data).verification_material.tlog_entries
        return entries[0].inclusion_proof.checkpoint.envelope.encode("utf-8", "replace") if entries else b""
    if data.startswith((HEADER.encode(), b"old ")):
        return data.partition(b"\n\n")[2]
    return data


def _head(checkpoint: Checkpoint, key: PublicKey) -> Head:
    return Head(size=checkpoint.size, root=checkpoint.root.hex(), key=key.id, until=key.retired)
