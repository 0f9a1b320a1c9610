"""A signer whose key is a file that only its owner can read.

<folder>/<purpose>.key      P-256 or Ed25519 (`ALGORITHMS`)  PKCS#8 PEM, not encrypted
<folder>/keys/<id>.pub      every public key that ever signed, with `purpose`, `since` and `retired` above the PEM
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import PurePosixPath
from typing import Literal, Protocol, Self

import msgspec

from clearance.attest.keys import PrivateKey, make_private, read_head, read_public
from clearance.facts.errors import SigningError, StoreError
from clearance.facts.key import Algorithm, PublicKey, Signature
from clearance.facts.moment import rfc3339

Purpose = Literal["decisions", "checkpoints", "authority", "timestamps", "transparency", "witness"]
ALGORITHMS: Mapping[Purpose, Algorithm] = {
    "decisions": "ecdsa-p256",
    "checkpoints": "ed25519",
    "authority": "ecdsa-p256",
    "timestamps": "ecdsa-p256",
    "transparency": "ecdsa-p256",
    "witness": "ed25519",
}
_OLD: Mapping[Algorithm, Purpose] = {"ecdsa-p256": "decisions", "ed25519": "checkpoints"}
"""What a key was for whose file does not say it: of before there were more purposes than algorithms."""
_PUBLIC = ".pub"


class Folder(Protocol):
    """A directory that its owner alone can read and write. Every method raises StoreError where that is not so."""

    def read(self, name: str) -> bytes | None:
        """Give a file's bytes, or None where there is none; refuses symlinks and files that others may read."""
        ...

    def replace(self, name: str, data: bytes) -> None:
        """Write a file in one durable step, making the directory if need be."""
        ...

    def names(self) -> Sequence[str]:
        """List the files, sorted; nothing where the directory is missing."""
        ...

    def locked(self) -> AbstractContextManager[None]:
        """Keep all other holders of this lock out, in any process."""
        ...

    def within(self, name: str) -> Self:
        """Give a folder inside this one."""
        ...


def key_directory(environ: Mapping[str, str]) -> str:
    """Say where keys lie: `$CLEARANCE_HOME`, else `$XDG_CONFIG_HOME/clearance`, else `~/.config/clearance`.

    Raises:
        SigningError: `$CLEARANCE_HOME` is not absolute (it would name a folder of whatever repository is judged), or
            there is no home.
    """
    chosen = environ.get("CLEARANCE_HOME", "")
    if chosen and not chosen.startswith("/"):
        raise SigningError("not an absolute path", where="$CLEARANCE_HOME", next="set it to an absolute path, or unset it")
    if chosen:
        return chosen
    config = environ.get("XDG_CONFIG_HOME", "")
    if config.startswith("/"):  # the XDG Base Directory Specification: a relative path counts as unset
        return str(PurePosixPath(config) / "clearance")
    home = environ.get("HOME", "")
    if not home.startswith("/"):
        raise SigningError("there is no home directory to keep keys in", where="$HOME", next="set CLEARANCE_HOME")
    return str(PurePosixPath(home) / ".config" / "clearance")


class FileSigner:
    """Signs with `<purpose>.key` of a folder, which is made on the first signature. Two first runs at once agree on one key:
    it is made and rotated under the folder's lock and put in place in one step."""

    def __init__(self, folder: Folder, purpose: Purpose, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._public = folder.within("keys")
        self._purpose: Purpose = purpose
        self._name = f"{purpose}.key"
        self._algorithm = ALGORITHMS[purpose]
        self._clock = clock
        self._key: PrivateKey | None = None

    def public(self) -> PublicKey:
        """Give the key that signs now, making it on first use.

        Raises:
            SigningError: the key cannot be read or made, is not private, or is no key of its kind.
        """
        return self._load().public

    def sign(self, data: bytes) -> Signature:
        """Sign bytes.

        Raises:
            SigningError: as for `public`.
        """
        key = self._load()
        return Signature(key=key.public.id, value=key.sign(data))

    def known(self) -> tuple[PublicKey, ...]:
        """Give every key that ever signed, oldest first. The current one never counts as retired.

        Raises:
            SigningError: a file is not private, or no key.
        """
        try:
            known = {key.id: key for key in self._kept()}
            current = self._key or self._stored()
        except StoreError as error:
            raise _not_private(error) from error
        if current:
            since = known.get(current.public.id, current.public).since
            known[current.public.id] = msgspec.structs.replace(current.public, since=since)
        return tuple(sorted(known.values(), key=lambda key: (key.since, key.id)))

    def rotate(self, ended: str = "") -> PublicKey:
        """Retire the current key and make another; gives the new one. The old private key is gone, its public key stays. A
        key that is lost counts as retired too. `ended` says since when (RFC 3339 in UTC; empty: now).

        Raises:
            SigningError: the folder cannot be written, or the current key not be read.
        """
        try:
            with self._folder.locked():
                old = self._stored()
                for key in [old.public] if old else self._signing():
                    self._publish(key, retired=ended or rfc3339(self._clock()))
                self._key = self._make()
        except StoreError as error:
            raise _not_private(error) from error
        return self._key.public

    def _load(self) -> PrivateKey:
        if self._key is None:
            try:
                self._key = self._stored()
                if self._key is None:
                    with self._folder.locked():
                        self._key = self._stored() or self._first()
            except StoreError as error:
                raise _not_private(error) from error
        return self._key

    def _stored(self) -> PrivateKey | None:
        pem = self._folder.read(self._name)
        return None if pem is None else PrivateKey(pem, self._algorithm, where=self._name)

    def _first(self) -> PrivateKey:
        """Make the first key. One that takes the place of a lost key must be asked for: whoever removes a key could
        otherwise have everything signed by another one, and nobody would hear of it."""
        lost = self._signing()
        if lost:
            raise SigningError(
                f"the private key of {lost[0].id} is gone, and nobody retired it",
                where=self._name,
                next=f"put it back, or make a new one: `clearance trust rotate --purpose {self._purpose}`",
            )
        return self._make()

    def _signing(self) -> list[PublicKey]:
        """Give the keys on record that nobody retired."""
        return [key for key in self._kept() if not key.retired]

    def _kept(self) -> list[PublicKey]:
        """Give the keys on record of this purpose, without one whose making was cut off: it never signed."""
        found = []
        for name in self._public.names():
            if name.endswith(_PUBLIC):
                pem = self._public.read(name) or b""
                key, head = read_public(pem, where=f"keys/{name}"), read_head(pem)
                if head.get("purpose", _OLD[key.algorithm]) == self._purpose and "unused" not in head:
                    found.append(key)
        return found

    def _make(self) -> PrivateKey:
        """Make a key under the lock. The public half is kept first: a key that signs is always one that is known. Until the
        private half is there too, it is marked."""
        pem = make_private(self._algorithm)
        key = PrivateKey(pem, self._algorithm)
        self._publish(key.public, retired="", unused=True)
        self._folder.replace(self._name, pem)
        self._publish(key.public, retired="")
        return key

    def _publish(self, key: PublicKey, *, retired: str, unused: bool = False) -> None:
        name = key.id + _PUBLIC
        kept = self._public.read(name)
        since = read_public(kept).since if kept else rfc3339(self._clock())
        lines = [f"purpose: {self._purpose}", f"algorithm: {key.algorithm}", f"since: {since}"]
        lines += [f"retired: {retired}"] * bool(retired) + ["unused: its private half may be missing"] * unused
        self._public.replace(name, ("\n".join(lines) + "\n" + key.pem).encode())


def _not_private(error: StoreError) -> SigningError:
    return SigningError(error.what, where=error.where, next=error.next)
