"""A timestamp service of others: reaches it, and reads the certificates that it stamps under."""

import base64
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.facts.errors import SigningError, UsageError

if TYPE_CHECKING:
    from clearance.attest.stamping import ServiceTimestamps
    from clearance.attest.trusted_root import Chain

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)-----END CERTIFICATE-----")
_MOST_BYTES = 1 << 18
_SECONDS = 20.0
_NEXT = "check the address, or stamp here: take [timestamps] out of trust.toml, then `clearance trust rotate`"


def read_chain(path: str) -> tuple[bytes, ...]:
    """Read the certificates of a PEM file, in its order: the service's own first.

    Raises:
        UsageError: it cannot be read, or holds none.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(_MOST_BYTES)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be read", where=path, next="trust.toml names it") from error
    found = tuple(base64.b64decode(one) for one in _PEM.findall(data))
    if not found:
        raise UsageError("no certificate in PEM", where=path, next="give the service's certificate and those above it")
    return found


def service_timestamps(chain: "Chain") -> "ServiceTimestamps":
    """Open the timestamp service at the address that a chain names."""
    from clearance.attest.stamping import ServiceTimestamps

    return ServiceTimestamps(lambda request: _posted(chain.uri, request), chain.certificates)


def _posted(address: str, request: bytes) -> bytes:
    """Send a TimeStampReq (RFC 3161, section 3.4), over https only, or on this machine."""
    from clearance.fetch.connection import Asking, Origin, Refused

    above, _, last = address.rpartition("/")
    media = "application/timestamp-query", "application/timestamp-reply"
    try:
        asking = Asking(Origin.of(f"{above}/"))
        try:
            answer = asking.post(last, request, *media, limit=_MOST_BYTES, until=time.monotonic() + _SECONDS)
        finally:
            asking.close()
    except Refused as error:
        raise SigningError(f"no timestamp could be had: {error}", where=address, next=_NEXT) from error
    if answer.status != 200:
        raise SigningError(f"no timestamp could be had: the answer is {answer.status}", where=address, next=_NEXT)
    return answer.body
