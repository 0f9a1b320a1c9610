"""Bodies of evidence at rest: each encrypted under a key of its own, that key under the key of a subject, and these under
one master key (envelope encryption). Destroying a subject's key makes all that rests under it unreadable, for ever.

    <keys>/master.key                     32 random bytes
    <keys>/clock                          the newest moment that was seen
    <keys>/holders/<holder>/subject.key   the subject's key and name, under the master key
    <keys>/holders/<holder>/<name>.key    a body's key, under the subject's
    <bodies>/<name>.body                  0x01, holder (32 bytes), length (4 bytes) of the next; what is known of the
                                          body, and salt and body, both under the body's key

`<holder>` is HMAC-SHA-256 of the subject's name under the master key, `<name>` the salted SHA-256 of the body. All is
ChaCha20-Poly1305 (RFC 8439), bound to holder and name. A key that wraps others uses random nonces; a body's key is used for
its two parts only, with nonces 0 and 1.

What is unfinished is told by names, so that the next who comes completes it: `<name>.new` was never acknowledged and goes;
`<name>.gone` and `<holder>.erasing` are on their way out.
"""

import hashlib
import hmac
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from clearance.facts.errors import StoreError
from clearance.facts.evidence import HOLDER_BYTES, Body, Found, plain_subject
from clearance.stores.private import PrivateFolder

MOST_BYTES = 64 << 20
"""Bytes of a body at most."""
MOST_FILE = MOST_BYTES + (1 << 20)
_MASTER, _CLOCK, _SUBJECT, _HOLDERS = "master.key", "clock", "subject.key", "holders"
_BODY, _NEW, _GONE, _ERASING, _KEY = ".body", ".new", ".gone", ".erasing", ".key"
_VERSION = b"\x01"
_HEAD = 1 + HOLDER_BYTES + 4
_NONCE, _SALT = 12, 32
_MOST_KNOWN = 16 << 10
_NAME = re.compile("[0-9a-f]{64}")
_MOMENT = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class Vault:
    """Bodies in one private folder, their keys in another. All that writes wants the lock."""

    def __init__(self, keys: PrivateFolder, bodies: PrivateFolder) -> None:
        self.keys = keys
        self.bodies_folder = bodies
        self._holders = keys.within(_HOLDERS)

    def exists(self) -> bool:
        """Tell whether anything was ever kept here."""
        return os.path.lexists(self.keys.directory / _MASTER) or os.path.lexists(self._holders.directory)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out, and complete what one of them left unfinished.

        Raises:
            StoreError: the folders are not private, or cannot be written.
        """
        with self.keys.locked():
            self._complete()
            yield

    def holder_of(self, subject: str) -> str:
        """Give the keyed digest of a subject's name: whoever has not the master key cannot tell whose it is.

        Raises:
            StoreError: the master key is gone.
        """
        named = b"clearance evidence holder\0" + plain_subject(subject).encode("utf-8", "surrogatepass")
        return hmac.digest(self._master(), named, "sha256").hex()

    def put(self, body: Body, salt: bytes, data: bytes) -> None:
        """Keep a body under its subject's key, which is made where there is none. When this returns, it lasts. For who holds
        the lock.

        Raises:
            StoreError: it is too large, or cannot be written; then nothing of it stays.
        """
        if len(data) > MOST_BYTES:
            raise StoreError(f"larger than {MOST_BYTES >> 20} MiB", where=body.kind, next="part it")
        key = os.urandom(32)
        name = bytes.fromhex(body.name)
        known = _sealed(key, 0, msgspec.msgpack.encode(body), b"known" + name)
        content = _sealed(key, 1, salt + data, b"content" + name)
        file = _VERSION + bytes.fromhex(body.holder) + len(known).to_bytes(4) + known + content
        above = self._subject_key(body.holder, body.subject)
        try:
            self.bodies_folder.replace(body.name + _NEW, file)
            wrapped = _wrapped(above, key, b"body key" + bytes.fromhex(body.holder) + name)
            self._holder(body.holder).replace(body.name + _KEY, wrapped)
            self.bodies_folder.rename(body.name + _NEW, body.name + _BODY)
        except StoreError:
            self._undo(body.name + _NEW)
            raise

    def found(self) -> list[Found]:
        """Give all bodies that are there, or should be, sorted by name.

        Raises:
            StoreError: the folders cannot be read.
        """
        owners = {
            file.removesuffix(_KEY): holder
            for holder in self._holders.names()
            if _NAME.fullmatch(holder)
            for file in self._holder(holder).names()
            if file != _SUBJECT and file.endswith(_KEY)
        }
        there = {file.removesuffix(_BODY) for file in self.bodies_folder.names() if file.endswith(_BODY)}
        return [self._known(name, owners.get(name, "")) for name in sorted(owners.keys() | there)]

    def known(self, name: str) -> Found:
        """Give what is known of one body.

        Raises:
            StoreError: the folders cannot be read.
        """
        held = next((h for h in self._holders.names() if _NAME.fullmatch(h) and self._has(h, name)), "")
        return self._known(name, held)

    def open(self, name: str) -> tuple[Body, bytes, bytes]:
        """Give a body: what is known of it, its salt, its bytes.

        Raises:
            StoreError: it is missing, was erased, or is not as it was written.
        """
        found = self.known(name)
        where = self._where(name)
        if found.body is None:
            raise StoreError(found.problem, where=where, next="restore it from a copy; erased bodies cannot be read again")
        key, file = self._opened(name, found.holder)
        length = int.from_bytes(file[_HEAD - 4 : _HEAD])
        content = _opened(key, 1, file[_HEAD + length :], b"content" + bytes.fromhex(name))
        if content is None or len(content) < _SALT:
            raise StoreError("the body is damaged", where=where, next="restore it from a copy")
        return found.body, content[:_SALT], content[_SALT:]

    def drop(self, name: str, holder: str) -> None:
        """Destroy the key of one body, and take the body away. Needs no room on the disk.

        Raises:
            StoreError: it cannot be written.
        """
        self.bodies_folder.rename(name + _BODY, name + _GONE)
        if holder:
            self._holder(holder).destroy(name + _KEY)
        self.bodies_folder.remove(name + _GONE)

    def erase(self, holder: str) -> None:
        """Destroy a subject's key, and take away all that rests under it. From the first step on it is completed by whoever
        comes next, and when this returns, no body of the subject can be read again. Needs no room on the disk.

        Raises:
            StoreError: it cannot be written.
        """
        self._holders.rename(holder, holder + _ERASING)
        self._finish(holder)

    def has(self, holder: str) -> bool:
        """Tell whether there is a subject's key."""
        return os.path.lexists(self._holders.directory / holder)

    def key_id(self, holder: str) -> str:
        """Tell one key of a subject from the next: SHA-256 of the file, empty where there is none."""
        held = self._holder(holder).read(_SUBJECT)
        return "" if held is None else hashlib.sha256(held).hexdigest()

    def newest(self) -> str:
        """Give the newest moment that was seen (RFC 3339), empty where none was."""
        text = (self.keys.read(_CLOCK) or b"").decode("ascii", "replace")
        return text if _MOMENT.fullmatch(text) else ""

    def seen(self, moment: str) -> None:
        """Remember a moment, unless a newer one was seen."""
        if moment > self.newest():
            self.keys.replace(_CLOCK, moment.encode(), durable=False)

    def believe(self, moment: str) -> None:
        """Remember a moment in place of a newer one that was seen."""
        self.keys.replace(_CLOCK, moment.encode())

    # Keys

    def _master(self) -> bytes:
        key = self.keys.read(_MASTER)
        where = str(self.keys.directory / _MASTER)
        if key is None:
            if any(_NAME.fullmatch(name) for name in self._holders.names()):
                raise StoreError(
                    "the master key is gone", where=where, next="restore it from a copy; without it nothing can be read"
                )
            key = os.urandom(32)
            self.keys.replace(_MASTER, key)
        if len(key) != 32:
            raise StoreError("not a key of 32 bytes", where=where, next="restore it from a copy")
        return key

    def _wrapping(self) -> bytes:
        return hmac.digest(self._master(), b"clearance evidence wrap", "sha256")

    def _subject_key(self, holder: str, subject: str = "") -> bytes:
        """Give a subject's key; with a name, make it where there is none."""
        bound = b"subject key" + bytes.fromhex(holder)
        held = self._holder(holder).read(_SUBJECT)
        if held is None and subject:
            key = os.urandom(32)
            wrapped = _wrapped(self._wrapping(), key + subject.encode("utf-8", "surrogatepass"), bound)
            self._holders.make_folder(holder)
            self._holder(holder).replace(_SUBJECT, wrapped)
            return key
        where = str(self._holder(holder).directory / _SUBJECT)
        if held is None:
            raise StoreError("the subject's key is missing", where=where, next="restore it from a copy")
        opened = _unwrapped(self._wrapping(), held, bound)
        if opened is None:
            raise StoreError(
                "the subject's key is damaged, or under another master key", where=where, next="restore it from a copy"
            )
        return opened[:32]

    # Bodies

    def _known(self, name: str, holder: str) -> Found:
        try:
            key, file = self._opened(name, holder, _HEAD + _MOST_KNOWN)
            length = int.from_bytes(file[_HEAD - 4 : _HEAD])
            known = _opened(key, 0, file[_HEAD : _HEAD + length], b"known" + bytes.fromhex(name))
            if known is not None:
                return Found(name=name, holder=holder, body=msgspec.msgpack.decode(known, type=Body))
            return Found(name=name, holder=holder, problem="the body is damaged, or under another key")
        except StoreError as error:
            return Found(name=name, holder=holder, problem=error.what)
        except msgspec.DecodeError:
            return Found(name=name, holder=holder, problem="what is known of it was written by a newer version")

    def _opened(self, name: str, holder: str, first: int | None = None) -> tuple[bytes, bytes]:
        """Give a body's key, and its file (or the first bytes of it), of which nothing but the length is checked yet."""
        file = self.bodies_folder.read(name + _BODY, first)
        if file is None:
            raise StoreError("the body is missing" if holder else "there is no such body, or it was erased")
        if not holder:
            raise StoreError("its key is gone: it was erased, or the folder of keys is not the one that it belongs to")
        if len(file) < _HEAD or file[: _HEAD - 4] != _VERSION + bytes.fromhex(holder):
            raise StoreError("the body is damaged")
        wrapped = self._holder(holder).read(name + _KEY) or b""
        bound = b"body key" + bytes.fromhex(holder) + bytes.fromhex(name)
        key = _unwrapped(self._subject_key(holder), wrapped, bound)
        if key is None or len(key) != 32:
            raise StoreError("its key is damaged, or under another subject's key")
        return key, file

    def _where(self, name: str) -> str:
        return str(self.bodies_folder.directory / (name + _BODY))

    def _holder(self, holder: str) -> PrivateFolder:
        return self._holders.within(holder)

    def _has(self, holder: str, name: str) -> bool:
        return os.path.lexists(self._holder(holder).directory / (name + _KEY))

    # What was left unfinished

    def _complete(self) -> None:
        for holder in self._holders.names():
            if holder.endswith(_ERASING):
                self._finish(holder.removesuffix(_ERASING))
        for file in self.bodies_folder.names():
            if file.endswith((_NEW, _GONE)):
                self._undo(file)

    def _undo(self, file: str) -> None:
        """Take away a body that was never acknowledged or is on its way out, its key first."""
        name = file.partition(".")[0]
        if _NAME.fullmatch(name):
            for holder in self._holders.names():
                if self._has(holder, name):
                    self._holder(holder).destroy(name + _KEY)
            self.bodies_folder.remove(file)

    def _finish(self, holder: str) -> None:
        """Destroy what an erasure has begun with: the key first, which is what makes it final."""
        folder = self._holder(holder + _ERASING)
        folder.destroy(_SUBJECT)
        for file in folder.names():
            name = file.removesuffix(_KEY)
            for end in (_BODY, _NEW, _GONE):
                self.bodies_folder.remove(name + end)
            folder.destroy(file)
        folder.sweep()
        self._holders.remove_folder(holder + _ERASING)


def _sealed(key: bytes, number: int, data: bytes, bound: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    return ChaCha20Poly1305(key).encrypt(number.to_bytes(_NONCE), data, bound)


def _opened(key: bytes, number: int, data: bytes, bound: bytes) -> bytes | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    try:
        return ChaCha20Poly1305(key).decrypt(number.to_bytes(_NONCE), data, bound)
    except (InvalidTag, ValueError):
        return None


def _wrapped(key: bytes, data: bytes, bound: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + ChaCha20Poly1305(key).encrypt(nonce, data, bound)


def _unwrapped(key: bytes, data: bytes, bound: bytes) -> bytes | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    if data[:1] != _VERSION:
        return None
    try:
        return ChaCha20Poly1305(key).decrypt(data[1 : 1 + _NONCE], data[1 + _NONCE :], bound)
    except (InvalidTag, ValueError):
        return None
