"""Digests of what nobody may guess: SHA-256 over a random salt and the data.

The salt is as long as the digest, so that whoever knows only the digest can check no guess, however short the data is. It
rests with the data, encrypted, and goes when the data's key goes (`stores/vault.py`); it never stands in a statement.
"""

import hashlib
import hmac
import secrets
from typing import NamedTuple

SALT_BYTES = 32


class Salted(NamedTuple):
    """A salted SHA-256 in hexadecimal, and its salt."""

    sha256: str
    salt: bytes


def salted(data: bytes, salt: bytes | None = None) -> Salted:
    """Give the salted digest of data, with a new salt where none is given."""
    chosen = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    return Salted(hashlib.sha256(chosen + data).hexdigest(), chosen)


def fits(sha256: str, data: bytes, salt: bytes) -> bool:
    """Tell whether a salted digest is that of the data. A salt of another length is none: the border between both could be
    moved otherwise."""
    return len(salt) == SALT_BYTES and hmac.compare_digest(salted(data, salt).sha256, sha256)
