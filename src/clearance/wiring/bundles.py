"""Verifies bundles and exported logs with a trusted root and nothing else: no keys of this machine, no network, no
repository."""

import json
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import structs

from clearance.attest.bundle import decoded, once, read_bundle
from clearance.attest.trust import Trust
from clearance.attest.trusted_root import LogKey, Root, read_root
from clearance.facts.bundle import RECORD_KIND, RECORD_VERSION, Bundle, LogEntry, bundle_bytes
from clearance.facts.entry import Checkpoint, Opened, Sealed
from clearance.facts.errors import BadSignature, LogTampered, UsageError
from clearance.facts.key import PublicKey
from clearance.facts.statement import STATEMENT_TYPE
from clearance.facts.verified import Subject, Verified
from clearance.record.merkle import leaf_hash, verify_inclusion
from clearance.record.note import late, open_checkpoint

if TYPE_CHECKING:
    from clearance.record.quorum import QuorumPolicy

_ENTRY = "verificationMaterial.tlogEntries[0]"
_PROOF = f"{_ENTRY}.inclusionProof"
_MOST_BYTES = 1 << 20
_STAMP = "verificationMaterial.timestampVerificationData.rfc3161Timestamps[0].signedTimestamp"
_MOST_HASHES = 64
_DIGITS = 19


class Wanted(NamedTuple):
    """What a bundle must say beside being sound; empty: anything."""

    identity: str = ""
    issuer: str = ""
    type: str = ""
    policy: "QuorumPolicy | None" = None
    """The checkpoint must be cosigned as it says."""
    now: str = ""
    """Nothing may have been signed later than this moment (RFC 3339 in UTC) by more than clocks may differ."""


ANYTHING = Wanted()


def read_trusted_root(path: Path) -> Root:
    """Read the trusted root that a person named, and the list of revoked certificates that lies beside it, if one does.

    Raises:
        UsageError: the file cannot be read.
        SigningError: it is no trusted root.
    """
    from clearance.wiring.trust_revoking import read_list_beside

    root = read_root(bytes_of(path, "give a file that `clearance trust show --trusted-root FILE` wrote"), where=str(path))
    return structs.replace(root, revoked=read_list_beside(path))


def verify_bundle(data: bytes, trust: Trust, wanted: Wanted = ANYTHING) -> Verified:
    """Verify a whole bundle: signature, certificate, certificate timestamp, timestamp, record, inclusion proof, checkpoint.

    Raises:
        BadSignature: something is wrong; `where` is the field.
    """
    bundle = read_bundle(data)
    entries = bundle.verification_material.tlog_entries
    if len(entries) != 1:
        raise BadSignature("not exactly one place in a log", where="verificationMaterial.tlogEntries")
    (entry,) = entries
    leaf = decoded(entry.canonicalized_body, f"{_ENTRY}.canonicalizedBody")
    opened = trust.unseal(Sealed(leaf=leaf, bundle=bundle_bytes(_without(bundle))))
    log, checkpoint = _check_place(entry, leaf, trust)
    check_counted(log.key, opened.time, f"{_ENTRY}.logId.keyId")
    if late(opened.time, wanted.now):
        raise BadSignature(f"signed at {opened.time}, and it is {wanted.now} here: a clock is wrong", where=_STAMP)
    _check_wanted(opened, wanted)
    said = _said(opened, log, int(entry.log_index), checkpoint, wanted)
    envelope = entry.inclusion_proof.checkpoint.envelope
    return structs.replace(said, witnesses=cosigners(envelope.encode(), wanted.policy, f"{_PROOF}.checkpoint.envelope"))


def check_counted(key: PublicKey, time: str, where: str) -> None:
    """Insist that the key of a checkpoint counted still when an entry under it was signed. When it began to says nothing: a
    new key signs over old entries too.

    Raises:
        BadSignature: it did not, or its time is none.
    """
    if key.retired and key.since > key.retired:
        raise BadSignature(f"a key of no time: from {key.since} to {key.retired}", where=where)
    if late(time, key.retired):
        raise BadSignature(f"the log's key counted until {key.retired}, and this was signed at {time}", where=where)


def _without(bundle: Bundle) -> Bundle:
    """Give a bundle as it rests beside its leaf."""
    return structs.replace(bundle, verification_material=structs.replace(bundle.verification_material, tlog_entries=()))


def bare_bundle(data: bytes) -> bytes:
    """Give a bundle without its place in a log, as it rests beside the entry.

    Raises:
        BadSignature: it is no bundle.
    """
    return bundle_bytes(_without(read_bundle(data)))


def _check_place(entry: LogEntry, leaf: bytes, trust: Trust) -> tuple[LogKey, Checkpoint]:
    """Verify where a leaf lies: under a checkpoint of a log that is trusted."""
    proof = entry.inclusion_proof
    if (entry.kind_version.kind, entry.kind_version.version) != (RECORD_KIND, RECORD_VERSION):
        wrong = "kind" if entry.kind_version.kind != RECORD_KIND else "version"
        raise BadSignature(f"not {RECORD_KIND} {RECORD_VERSION}", where=f"{_ENTRY}.kindVersion.{wrong}")
    log = trust.log_key(decoded(entry.log_id.key_id, f"{_ENTRY}.logId.keyId"))
    if log is None:
        raise BadSignature("no log that is trusted", where=f"{_ENTRY}.logId.keyId")
    try:
        checkpoint = open_checkpoint(proof.checkpoint.envelope.encode(), [log.key])
    except (LogTampered, UnicodeEncodeError) as error:
        what = error.what if isinstance(error, LogTampered) else "not text"
        raise BadSignature(what, where=f"{_PROOF}.checkpoint.envelope") from error
    lines = proof.checkpoint.envelope.split("\n")
    if len({*lines}) < len(lines) - 1:  # but the empty ones: before the signatures, and after the last
        raise BadSignature("a line stands twice", where=f"{_PROOF}.checkpoint.envelope")
    if checkpoint.origin != log.origin:
        raise BadSignature("a checkpoint of another log", where=f"{_PROOF}.checkpoint.envelope")
    if _number(proof.tree_size, f"{_PROOF}.treeSize") != checkpoint.size:
        raise BadSignature("not the size that the checkpoint says", where=f"{_PROOF}.treeSize")
    if decoded(proof.root_hash, f"{_PROOF}.rootHash") != checkpoint.root:
        raise BadSignature("not the root that the checkpoint says", where=f"{_PROOF}.rootHash")
    _check_inclusion(entry, leaf, checkpoint)
    return log, checkpoint


def cosigners(note: bytes, policy: "QuorumPolicy | None", where: str) -> tuple[str, ...]:
    """Name the witnesses of a policy that cosigned a checkpoint, and insist on its quorum; without a policy, none.

    Raises:
        BadSignature: there is no quorum, or a signature does not fit.
    """
    if policy is None:
        return ()
    from clearance.wiring.witnessing import note_standing

    try:
        standing = note_standing(note, policy)
    except LogTampered as error:
        raise BadSignature(error.what, where=where) from error
    names = tuple(one.witness for one in standing.cosigners)
    if not standing.reached:
        raise BadSignature(f"no quorum: cosigned by {', '.join(names) or 'none'}; it takes {standing.quorum}", where=where)
    return names


def _check_inclusion(entry: LogEntry, leaf: bytes, checkpoint: Checkpoint) -> None:
    proof = entry.inclusion_proof
    outer, inner = _number(entry.log_index, f"{_ENTRY}.logIndex"), _number(proof.log_index, f"{_PROOF}.logIndex")
    if len(proof.hashes) > _MOST_HASHES:
        raise BadSignature("too many hashes", where=f"{_PROOF}.hashes")
    path = [decoded(step, f"{_PROOF}.hashes[{at}]") for at, step in enumerate(proof.hashes)]
    fits = {index for index in (outer, inner) if _leads(leaf, index, path, checkpoint)}
    if outer == inner and fits:
        return
    if not fits:
        raise BadSignature("the proof does not lead from this leaf to the signed root", where=f"{_PROOF}.hashes")
    wrong = f"{_ENTRY}.logIndex" if inner in fits else f"{_PROOF}.logIndex"
    raise BadSignature("not the index that the proof is for", where=wrong)


def _leads(leaf: bytes, index: int, path: list[bytes], checkpoint: Checkpoint) -> bool:
    if any(len(step) != 32 for step in path):
        return False
    try:
        verify_inclusion(leaf_hash(leaf), index, checkpoint.size, path, checkpoint.root)
    except LogTampered:
        return False
    return True


def _check_wanted(opened: Opened, wanted: Wanted) -> None:
    """Insist on what a person asked for."""
    signer = opened.signer
    name, issuer = (signer.name, signer.issuer) if signer else ("", "")
    if wanted.identity and name != wanted.identity:
        raise BadSignature(f"signed by {name}, not by {wanted.identity}", where="verificationMaterial.certificate.rawBytes")
    if wanted.issuer and issuer != wanted.issuer:
        raise BadSignature(
            f"vouched for by {issuer}, not by {wanted.issuer}", where="verificationMaterial.certificate.rawBytes"
        )


def statement_in(payload: bytes) -> dict[str, Any]:
    """Read what was signed so that every reader sees the same: UTF-8 without a mark in front, no field twice, no number that
    is none; and insist that it is an in-toto Statement v1 about a list of subjects.

    Raises:
        BadSignature: it is not.
    """
    refused = BadSignature("what was signed is no in-toto statement", where="dsseEnvelope.payload")

    def number(_: str) -> None:
        raise refused

    try:
        said = json.loads(payload.decode("utf-8"), object_pairs_hook=once, parse_constant=number)
    except BadSignature as error:
        if error is refused:
            raise
        where = f"dsseEnvelope.payload: {error.where}"
        raise BadSignature("what was signed is two statements: a field stands twice", where=where) from error
    except (ValueError, RecursionError) as error:
        raise refused from error
    if not isinstance(said, dict) or said.get("_type") != STATEMENT_TYPE:
        raise refused
    if not isinstance(said.get("subject"), list) or not isinstance(said.get("predicateType"), str):
        raise refused
    return said


def _said(opened: Opened, log: LogKey, index: int, checkpoint: Checkpoint, wanted: Wanted) -> Verified:
    """Read what a verified statement says of itself."""
    import hashlib

    try:
        statement = statement_in(opened.payload)
        type_ = str(statement["predicateType"])
        subjects = tuple(
            Subject(name=str(one.get("name", "")), sha256=str(one.get("digest", {}).get("sha256", "")))
            for one in statement["subject"]
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise BadSignature("what was signed is no in-toto statement", where="dsseEnvelope.payload") from error
    if wanted.type and type_ != wanted.type:
        raise BadSignature(f"a statement of the type {type_}, not {wanted.type}", where="dsseEnvelope.payload")
    signer = opened.signer
    if signer is None:
        raise BadSignature("signed by nobody who is named", where="verificationMaterial.certificate.rawBytes")
    return Verified(
        signer=signer.name,
        kind=signer.kind,
        issuer=signer.issuer,
        time=opened.time,
        type=type_,
        subjects=subjects,
        log=log.origin,
        index=index,
        size=checkpoint.size,
        payload=hashlib.sha256(opened.payload).hexdigest(),
    )


def _number(text: str, where: str) -> int:
    """Read a number as protobuf's JSON writes one."""
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS or str(int(text)) != text:
        raise BadSignature("not a number", where=where)
    return int(text)


_NEXT = "give a bundle, or a directory that `clearance log export` wrote"
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def opened_file(path: Path, next_: str = _NEXT) -> BufferedReader:
    """Open what somebody handed in, if it is a file. A pipe that nobody writes to would hold whoever verifies, and a device
    may never end.

    Raises:
        UsageError: it is none, or cannot be opened.
    """
    try:
        handle = os.open(path, _READ)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be read", where=str(path), next=next_) from error
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    what = "a pipe" if stat.S_ISFIFO(mode) else "a directory" if stat.S_ISDIR(mode) else "a device"
    raise UsageError(f"{what}, not a file", where=str(path), next=next_)


def bytes_of(path: Path, next_: str = _NEXT, *, most: int = _MOST_BYTES) -> bytes:
    """Read a file of at most so many bytes.

    Raises:
        UsageError: it is no file, cannot be read, or is larger.
    """
    try:
        with opened_file(path, next_) as file:
            data = file.read(most + 1)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be read", where=str(path), next=next_) from error
    if len(data) > most:
        raise UsageError(f"larger than {most >> 20} MiB", where=str(path), next=next_)
    return data
