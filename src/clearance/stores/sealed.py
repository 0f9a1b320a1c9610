"""Small secrets at rest: each a file of its own, encrypted, in a folder that belongs to one user alone.

<folder>/seal.key           32 random bytes
<folder>/<digest>.sealed    0x01, when it expires (8 bytes, seconds since 1970 UTC), 12 bytes of nonce, ChaCha20-Poly1305
                            (RFC 8439) of the data; what stands before the nonce, and the name, are bound to it

The names of the files tell nothing: they are keyed digests of the names that callers give.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

from clearance.facts.errors import StoreError
from clearance.stores.private import PrivateFolder

MOST_BYTES = 128 << 20
_KEY = "seal.key"
_END = ".sealed"
_VERSION = b"\x01"
_HEAD = 9
_NONCE = 12


class SealedFolder:
    """Named pieces of data, encrypted with the key that lies beside them. That guards copies and backups of single files,
    and binds each to its name; whoever can read the whole folder is its owner."""

    def __init__(self, folder: PrivateFolder) -> None:
        self._folder = folder

    def get(self, name: str) -> bytes | None:
        """Give what was put under a name, or None.

        Raises:
            StoreError: the file cannot be read, or was changed by somebody else.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        key = self._key(make=False)
        if key is None:
            return None
        data = self._folder.read(_file_of(key, name))
        if data is None:
            return None
        head = data[:_HEAD]
        try:
            sealed = data[_HEAD + _NONCE :]
            return ChaCha20Poly1305(key).decrypt(data[_HEAD : _HEAD + _NONCE], sealed, head + _bytes(name))
        except (InvalidTag, ValueError):
            raise StoreError(
                "not what was written there: changed, or sealed with another key",
                where=str(self._folder.directory / _file_of(key, name)),
                next="remove the file; what it held is lost",
            ) from None

    def put(self, name: str, data: bytes, expires: int) -> None:
        """Keep data under a name, instead of what was there, until a moment in seconds since 1970 UTC.

        Raises:
            StoreError: it is too large, or the folder cannot be written.
        """
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        if len(data) > MOST_BYTES - 64:
            raise StoreError(f"larger than {MOST_BYTES >> 20} MiB", where=str(self._folder.directory))
        key = self._key(make=True)
        if key is None:
            raise AssertionError("a key is made where there is none")
        head = _VERSION + expires.to_bytes(8)
        nonce = os.urandom(_NONCE)
        sealed = head + nonce + ChaCha20Poly1305(key).encrypt(nonce, data, head + _bytes(name))
        self._folder.replace(_file_of(key, name), sealed, durable=False)

    def drop(self, name: str) -> bool:
        """Take away what was put under a name; tell whether there was something."""
        key = self._key(make=False)
        return key is not None and self._folder.remove(_file_of(key, name))

    def purge(self, now: int) -> int:
        """Take away all that has expired, what is no sealed file, and what a killed process left unfinished; tell how many.
        Only for who holds the lock."""
        gone = self._folder.sweep()
        for name in self._folder.names():
            if name.endswith(_END):
                data = self._folder.read(name) or b""
                if data[:1] == _VERSION and int.from_bytes(data[1:_HEAD]) > now:
                    continue
                gone += self._folder.remove(name)
        return gone

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out between a `get` and a `put`."""
        with self._folder.locked():
            yield

    def _key(self, *, make: bool) -> bytes | None:
        key = self._folder.read(_KEY)
        if key is None and make:
            key = os.urandom(32)
            self._folder.replace(_KEY, key)
        if key is not None and len(key) != 32:
            raise StoreError(
                "not a key of 32 bytes",
                where=str(self._folder.directory / _KEY),
                next="remove the folder; what it holds is lost",
            )
        return key


def _file_of(key: bytes, name: str) -> str:
    return hashlib.blake2b(_bytes(name), key=key, digest_size=16).hexdigest() + _END


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
