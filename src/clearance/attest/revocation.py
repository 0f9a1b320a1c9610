"""Certificates that are believed no more: a list by serial number, in a file beside the trusted root.

A trusted root has no place for it, and stock verifiers read none: they go on believing such a certificate. The file is JSON
that `jq` compares with what `openssl x509 -serial` prints.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from clearance.attest import der
from clearance.facts.errors import BadSignature, SigningError, UsageError
from clearance.facts.fact import Fact, canonical
from clearance.facts.moment import rfc3339
from clearance.facts.statement import END, MOMENT

LIST_TYPE = "application/vnd.clearance.revoked+json;version=0.1"
MOST = 10_000
"""Certificates in a list at most."""
_SERIAL = re.compile(r"(?:serial=|0x)?([0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{2}){0,19}|[0-9A-Fa-f]{1,40})")
_SHORTEST = 8
_VERSION = 0xA0
"""The tag of a certificate's version, which the oldest have not."""
_NEXT = "give a file that `clearance trust show --trusted-root FILE` or `clearance log export` wrote"


class Revocation(Fact):
    """A certificate that is believed no more: its serial number as openssl prints it (upper-case hexadecimal, whole bytes),
    from when on what is signed under it is refused (empty: all of it), why, and when that was decided."""

    serial: Annotated[str, Meta(pattern="^([0-9A-F]{2}){1,20}" + END)]
    since: Annotated[str, Meta(pattern=f"^({MOMENT})?{END}")]
    because: Annotated[str, Meta(max_length=500)]
    stated: Annotated[str, Meta(pattern=f"^{MOMENT}{END}")]

    def covers(self, at: datetime) -> bool:
        """Tell whether what was signed at a moment is refused."""
        return not self.since or self.since <= rfc3339(at)

    @property
    def said(self) -> str:
        """Say which certificate, since when, and why."""
        since = f"for what was signed since {self.since}" if self.since else "for all that was signed under it"
        return f"the certificate {self.serial} was revoked at {self.stated}, {since}: {self.because}"


class _List(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    media_type: str
    revoked: Annotated[tuple[Revocation, ...], Meta(max_length=MOST)]


def serial_text(serial: int) -> str:
    """Write a serial number as openssl prints it."""
    text = f"{serial:X}"
    return text if len(text) % 2 == 0 else f"0{text}"


def serial_of(certificate: bytes) -> str:
    """Give the serial number of a certificate of any kind (DER), a timestamp service's among them; empty where it has none
    that a list could name."""
    try:
        body, *_ = der.inside(certificate, der.SEQUENCE)
        version, *rest = der.children(body)
        return serial_text(der.read_integer(rest[0] if version.tag == _VERSION else version))
    except (ValueError, IndexError):
        return ""


def read_serial(said: str) -> str:
    """Read a serial number as people copy it: `4A1F…`, `4a:1f:…`, `serial=4A1F…`.

    Raises:
        UsageError: it is none.
    """
    found = _SERIAL.fullmatch(said.strip())
    digits = found[1].replace(":", "") if found else ""
    if len(digits) < _SHORTEST:
        raise UsageError(
            "neither a file nor the serial number of a certificate",
            where=said[:80],
            next="give a bundle (`clearance log bundle INDEX --out FILE`), a serial number in hexadecimal, or authority",
        )
    return serial_text(int(digits, 16))


def joined(lists: Iterable[Revocation]) -> tuple[Revocation, ...]:
    """Join lists, sorted by serial number; of a certificate that stands there twice, what refuses more counts."""
    found: dict[str, Revocation] = {}
    for one in lists:
        had = found.get(one.serial)
        found[one.serial] = one if had is None else min(had, one, key=lambda each: (each.since, each.stated, each.because))
    return tuple(found[serial] for serial in sorted(found))


def write_revoked(revoked: Iterable[Revocation]) -> bytes:
    """Write a list as its file, in canonical JSON with a newline."""
    return canonical({"mediaType": LIST_TYPE, "revoked": list(joined(revoked))}) + b"\n"


def read_revoked(data: bytes, *, where: str = "revoked.json") -> tuple[Revocation, ...]:
    """Read a list.

    Raises:
        SigningError: it is none; a list that cannot be read is never an empty one.
    """
    import json

    from clearance.attest.bundle import once

    try:
        document = msgspec.json.decode(data, type=_List)
        json.loads(data, object_pairs_hook=once)
    except BadSignature as error:
        raise SigningError(f"no list of revoked certificates: {error.where} stands twice", where=where, next=_NEXT) from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        what = f"no list of revoked certificates: {str(error)[:200]}"
        raise SigningError(what, where=where, next=_NEXT) from error
    if document.media_type != LIST_TYPE:
        raise SigningError(f"not {LIST_TYPE}", where=f"{where}: mediaType", next=_NEXT)
    return joined(document.revoked)
