"""Revokes a certificate or a key: in the list beside the trusted root, and in the log."""

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, get_args

import msgspec

from clearance import __version__
from clearance.attest.bundle import decoded, read_bundle
from clearance.attest.certificate import identity_of, read_certificate
from clearance.attest.kinds import type_of
from clearance.attest.predicates.fields import party
from clearance.attest.predicates.revocation import RevocationPredicate
from clearance.attest.revocation import (
    LIST_TYPE,
    Revocation,
    read_revoked,
    read_serial,
    serial_of,
    serial_text,
    write_revoked,
)
from clearance.attest.signers.file import Purpose
from clearance.facts.entry import Inspection, Problem
from clearance.facts.errors import BadSignature, SigningError, UsageError
from clearance.facts.moment import rfc3339
from clearance.facts.statement import DigestSet, Resource
from clearance.facts.text import visible

if TYPE_CHECKING:
    from clearance.attest.certificate import Certificate
    from clearance.attest.trusted_root import Root
    from clearance.record.log import Log
    from clearance.record.reading import Reading
    from clearance.wiring.trusting import House

LIST = ".revoked.json"
_MOST_BYTES = 8 << 20
_MOST_BACK = 20_000
_LONGEST = 500
_LONGEST_INDEX = 7
_RAW = "verificationMaterial.certificate.rawBytes"


class Revoked(NamedTuple):
    """What was revoked: which, `of` whom (empty: not known), since when (empty: all), entries of the log here that count for
    nothing now, the entry that states it (empty: there is no log here)."""

    what: str
    of: str
    since: str
    entries: tuple[int, ...]
    stated: str
    known: bool = True
    """Whether such a certificate was seen here: named by what bears it, or above an entry of the log here."""


def list_beside(root: Path) -> Path:
    """Name the list of revoked certificates that belongs to a trusted root: `trusted_root.revoked.json` beside
    `trusted_root.json`."""
    return root.with_name((root.name.removesuffix(".json") or root.name) + LIST)


def read_list_beside(root: Path) -> tuple[Revocation, ...]:
    """Read the list that lies beside a trusted root; empty where there is none.

    Raises:
        SigningError: it cannot be read, or is none.
    """
    from clearance.wiring.bundles import bytes_of

    path = list_beside(root)
    if not os.path.lexists(path):
        return ()
    try:
        data = bytes_of(path, "make it readable", most=_MOST_BYTES)
    except UsageError as error:
        raise SigningError(error.what, where=str(path), next=error.next) from error
    return read_revoked(data, where=str(path))


def revoke(
    house: "House", said: str, because: str, since: datetime | None, directory: Path, environment: Mapping[str, str]
) -> Revoked:
    """Revoke what a person names: a key by its purpose (`authority`), a certificate by its serial number, by a bundle that
    was signed under it, or by the index of such an entry. The log of the repository around, where there is one, states it.

    Raises:
        UsageError: it names nothing, the reason is empty, long, or holds a secret, or `since` is to come.
        ClearanceError: the keys or the log cannot be used.
    """
    why = _reason(because, environment)
    log = _log(directory)
    if said in get_args(Purpose) and said != "decisions":
        return _ended(house, said, why, since, directory, environment)  # type: ignore[arg-type]
    certificate = _certificate(said, log)
    serial = serial_text(certificate.serial) if certificate else read_serial(said)
    _refuse_above(house.trust().root, serial)
    made = house.revoke(serial, why, since)
    passed, seen = _passed(log, serial)
    listed = write_revoked(house.trust().root.revoked)
    subject = Resource(name=f"trusted_root{LIST}", digest=DigestSet(sha256=hashlib.sha256(listed).hexdigest()))
    predicate = _predicate(house, "certificate", serial, made.since, why)
    stated = _state(house, predicate, subject, directory, environment) if log else ""
    told = _told(certificate) if certificate else ""
    return Revoked(f"certificate {serial}", told, made.since, passed, stated, known=bool(certificate) or seen)


def with_unlisted(
    inspection: Inspection, log: "Reading", revoked: Iterable[Revocation], given: Iterable[bytes]
) -> Inspection:
    """Add to what an inspection found the certificates that the log states to be revoked and that no list at hand names,
    neither the one here nor one among the files that were `given`: somebody else revoked them, who shares the log, or the
    list was cut down.

    Raises:
        StoreError, BadSignature: the log cannot be read, or an entry is not as it was signed.
        SigningError: a list cannot be read.
    """
    from clearance.record.reading import Reading

    given, keys = list(given), log.keys
    for data in given:
        keys = keys.plus(data)
    lists = [one for data in given if LIST_TYPE.encode() in data for one in read_revoked(data)]
    reader = Reading(log.store, keys, log.pins)
    more = tuple(_unlisted(reader, {one.serial for one in (*revoked, *lists)}))
    return msgspec.structs.replace(inspection, problems=(*inspection.problems, *more))


def _unlisted(log: "Reading", listed: Collection[str]) -> Iterator[Problem]:
    from clearance.wiring.heard import stated_by

    mark = RevocationPredicate.TYPE.encode()
    for index, payload in log.payloads():
        entry = log.believed(index) if mark in payload and type_of(payload) == RevocationPredicate.TYPE else None
        made = stated_by(entry) if entry is not None else None
        if entry is not None and entry.signer is not None and made is not None and made.serial not in listed:
            who = f"{entry.signer.name} ({entry.signer.kind}) stated at {made.stated}"
            what = f"{who} that the certificate {made.serial} is revoked, and the list here does not name it"
            hint = f"if you believe that, `clearance trust revoke {made.serial}` adds it"
            yield Problem(where=f"entry {index}", what=f"{what}: {hint}")


def _ended(
    house: "House", purpose: Purpose, why: str, since: datetime | None, directory: Path, environment: Mapping[str, str]
) -> Revoked:
    house.rotate([purpose], since)
    log = _log(directory)
    root = house.root([log.origin()] if log else [])
    ended = {
        "authority": [one.until for one in root.authorities],
        "timestamps": [one.until for one in root.timestamps],
        "transparency": [one.retired for one in root.transparency],
        "checkpoints": [one.retired for one in house.signer("checkpoints").known()],
    }[purpose]
    until = max(ended) or (rfc3339(since) if since else "")
    data = house.trusted_root([log.origin()] if log else [])
    subject = Resource(name="trusted_root.json", digest=DigestSet(sha256=hashlib.sha256(data).hexdigest()))
    predicate = _predicate(house, purpose, "", until, why)
    stated = _state(house, predicate, subject, directory, environment) if log else ""
    return Revoked(f"the key of {purpose}", "", until, _passed(log, "")[0], stated)


def _predicate(house: "House", what: str, serial: str, since: str, why: str) -> RevocationPredicate:
    from clearance.wiring.attesting import now

    return RevocationPredicate(
        what=what, serial=serial, since=since, reason=hashlib.sha256(why.encode()).hexdigest(),  # type: ignore[arg-type]
        by=party(house.user), version=__version__, time=now(),
    )  # fmt: skip


def _state(
    house: "House", predicate: RevocationPredicate, subject: Resource, directory: Path, environment: Mapping[str, str]
) -> str:
    from clearance.wiring.attesting import record, stated

    (done,) = record([stated(predicate, [subject])], directory, environment, by=house.user)
    return str(done.entry.index)


def _refuse_above(root: "Root", serial: str) -> None:
    """Refuse a serial number that is none of ten minutes: an authority is not revoked by its number, its key ends.

    Raises:
        UsageError: it is that of an authority, or of one above it.
    """
    for purpose, chains in (("authority", root.authorities), ("timestamps", root.timestamps)):
        if any(serial_of(data) == serial for chain in chains for data in chain.certificates):
            whose = "authority that issues certificates" if purpose == "authority" else "timestamp authority"
            what = f"that is the certificate of the {whose} itself, and only its key ends"
            hint = f"clearance trust revoke {purpose} --since … refuses all that it vouched for since then"
            raise UsageError(what, where=serial, next=hint)


def _reason(because: str, environment: Mapping[str, str]) -> str:
    """Give the reason in one line; it is handed to whoever verifies."""
    from clearance.wiring.attesting import secret_in

    why = visible(" ".join(because.split()))
    if not why or len(why) > _LONGEST:
        raise UsageError(f"a reason has 1 to {_LONGEST} characters", where="--because", next="say why in one sentence")
    found = secret_in([why], environment)
    if found is not None:
        what = f"it holds what looks like a secret ({found.rule}), and the list is handed to others"
        raise UsageError(what, where="--because", next="say it without")
    return why


def _log(directory: Path) -> "Log | None":
    from clearance.wiring.recording import open_log
    from clearance.wiring.trust_setup import here

    return open_log(directory, create=False) if here(directory) else None


def _certificate(said: str, log: "Log | None") -> "Certificate | None":
    """Give the certificate of a bundle in a file, or of an entry by its index; None where what was said is neither."""
    path = Path(said)
    if path.is_file():
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
        where = said
    elif said.isascii() and said.isdigit() and len(said) <= _LONGEST_INDEX:
        if log is None:
            raise UsageError("there is no log here to look it up in", where=said, next="give a serial number, or use -C DIR")
        data, where = log.entry(int(said)).sealed.bundle, f"entry {said}"
        if not data:
            raise UsageError("an entry of before there were certificates", where=where, next="its key was retired long ago")
    else:
        return None
    try:
        raw = decoded(read_bundle(data).verification_material.certificate.raw_bytes, _RAW)
        return read_certificate(raw)
    except BadSignature as error:
        raise UsageError(f"no bundle with a certificate: {error.what}", where=where, next="give a Sigstore bundle") from None


def _told(certificate: "Certificate") -> str:
    try:
        name = identity_of(certificate).name
    except BadSignature:
        name = "somebody"
    return f"{name}, {rfc3339(certificate.start)} to {rfc3339(certificate.end)}"


def _passed(log: "Log | None", serial: str) -> tuple[tuple[int, ...], bool]:
    """Give the newest entries of the log here that count for nothing now, because of this certificate (empty: at all), and
    tell whether any of them, or of those that still count, was signed under it."""
    if log is None:
        return (), False
    seen = False
    for entry in log.entries(max(0, log.size() - _MOST_BACK)):
        seen = seen or bool(serial and entry.sealed.bundle and _serial_under(entry.sealed.bundle) == serial)
    found = tuple(sorted(index for index, why in log.passed.items() if f" {serial} " in why or not serial))
    log.passed.clear()  # they are told here
    return found, seen or bool(found)


def _serial_under(bundle: bytes) -> str:
    return serial_of(decoded(read_bundle(bundle).verification_material.certificate.raw_bytes, _RAW))
