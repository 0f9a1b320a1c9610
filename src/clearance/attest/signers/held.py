"""A signer whose private keys are held elsewhere: in a token, in a server, in a cloud.

What a holder gives is not believed blindly: each signature is verified before it is handed on, and each public key is
remembered under its name in a private folder, so that another key under the same name is refused, and what was signed can be
verified while the holder cannot be reached.

<folder>/<key id>.pub   a public key that signed, with `held` (its name at the holder), `since` and `retired` above the PEM
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from clearance.attest.keys import check_signature, read_head, read_public
from clearance.attest.signers.file import Folder
from clearance.facts.errors import BadSignature, SigningError, StoreError
from clearance.facts.key import Algorithm, PublicKey, Signature
from clearance.facts.moment import rfc3339

_PUBLIC = ".pub"


class Unreachable(SigningError):
    """The holder of the keys cannot be asked now."""


class Held(NamedTuple):
    """A key at its holder: its name there, which includes its version, and the public half. `since` of that may be empty."""

    name: str
    public: PublicKey


class Holder(Protocol):
    """Where private keys are held. Every method raises SigningError, and Unreachable where nobody could be asked; neither
    says anything of what lets in."""

    def keys(self) -> Sequence[Held]:
        """Give all keys of this purpose, the one that signs now last; none where there is none yet."""
        ...

    def make(self, algorithm: Algorithm) -> None:
        """Make a key, which signs from now on."""
        ...

    def sign(self, key: Held, data: bytes) -> bytes:
        """Sign bytes: ECDSA in DER over their SHA-256, or Ed25519."""
        ...


class HeldSigner:
    """Signs with the newest key of a holder. The first use makes one; first uses at once on one machine agree on it under
    the lock of `folder`, where public keys are remembered. `earlier` gives the keys that signed before there was this
    holder."""

    def __init__(
        self,
        holder: Holder,
        algorithm: Algorithm,
        folder: Folder,
        clock: Callable[[], datetime],
        earlier: Callable[[], tuple[PublicKey, ...]] = lambda: (),
    ) -> None:
        self._holder = holder
        self._algorithm: Algorithm = algorithm
        self._folder = folder
        self._clock = clock
        self._earlier = earlier
        self._current: Held | None = None
        self._asked: tuple[Held, ...] | None = None

    def public(self) -> PublicKey:
        """Give the key that signs now, making it on first use.

        Raises:
            SigningError: the holder cannot be asked, or gives another key than the one that is remembered.
        """
        return self._load().public

    def sign(self, data: bytes) -> Signature:
        """Sign bytes, and verify what came back.

        Raises:
            SigningError: as for `public`; also where the signature does not fit.
        """
        key = self._load()
        value = self._holder.sign(key, data)
        try:
            check_signature(key.public, value, data)
        except BadSignature as error:
            what = "the holder of the key gave a signature that does not fit"
            raise SigningError(what, where=key.name, next="look who answers there") from error
        return Signature(key=key.public.id, value=value)

    def known(self) -> tuple[PublicKey, ...]:
        """Give every key that ever signed, oldest first: those that are remembered, those that the holder has now, and those
        of before. Where the holder cannot be asked, what is remembered counts.

        Raises:
            SigningError: nothing is remembered and the holder cannot be asked, or what it gives is another key.
        """
        remembered = self._remembered()
        if self._asked is None:
            try:
                self._asked = self._given(remembered)
            except Unreachable:
                if not remembered:
                    raise
                self._asked = ()
        current = self._current or (self._asked[-1] if self._asked else None)
        found = {key.id: key for key in self._earlier()}
        found |= {held.public.id: held.public for held in self._asked}
        found |= {held.public.id: held.public for held in remembered}
        return _retired(found, current.public.id if current else "")

    def rotate(self, ended: str = "") -> PublicKey:
        """Have the holder make another key, and give it. The old one's time ends where the new one's begins, or at `ended`
        (RFC 3339 in UTC).

        Raises:
            SigningError: it cannot.
        """
        with self._locked():
            keys = self._given(self._remembered())
            self._holder.make(self._algorithm)
            for held in self._remembered() if ended and keys else ():
                if held.public.id == keys[-1].public.id:
                    self._remember(Held(held.name, msgspec.structs.replace(held.public, retired=ended)))
            self._current = self._newest()
        return self._current.public

    def _load(self) -> Held:
        if self._current is None:
            keys = self._given(self._remembered())
            if keys and keys[-1].public.id in {held.public.id for held in self._remembered()}:
                self._current = keys[-1]
            else:
                with self._locked():
                    if not self._given(self._remembered()):
                        self._holder.make(self._algorithm)
                    self._current = self._newest()
        return self._current

    def _newest(self) -> Held:
        """Ask what there is now, and remember it, under the lock."""
        keys = self._given(self._remembered())
        if not keys:
            raise SigningError("the holder of the keys made none", next="look who answers there")
        known = {held.name for held in self._remembered()}
        for held in keys:
            if held.name not in known:
                since = held.public.since or rfc3339(self._clock())
                self._remember(Held(held.name, msgspec.structs.replace(held.public, since=since)))
        self._asked = None
        return keys[-1]

    def _given(self, remembered: tuple[Held, ...]) -> tuple[Held, ...]:
        """Ask the holder; insist on the kind of key, and on the keys that are remembered."""
        ids = {held.name: held.public.id for held in remembered}
        keys = tuple(self._holder.keys())
        for held in keys:
            if held.public.algorithm != self._algorithm:
                raise SigningError(f"not a key for {self._algorithm}", where=held.name, next="name another key")
            if ids.get(held.name, held.public.id) != held.public.id:
                what = "another key than the one that is remembered under this name"
                raise SigningError(what, where=held.name, next="look who answers there; a new key needs a new name")
        return keys

    def _remembered(self) -> tuple[Held, ...]:
        try:
            names = [name for name in self._folder.names() if name.endswith(_PUBLIC)]
            pems = [self._folder.read(name) or b"" for name in names]
        except StoreError as error:
            raise SigningError(error.what, where=error.where, next=error.next) from error
        return tuple(Held(read_head(pem).get("held", ""), read_public(pem)) for pem in pems)

    def _remember(self, held: Held) -> None:
        lines = [f"held: {held.name}", f"algorithm: {held.public.algorithm}", f"since: {held.public.since}"]
        lines += [f"retired: {held.public.retired}"] * bool(held.public.retired)
        # Two names may lead to one key, and each has its own file.
        name = f"{held.public.id}-{hashlib.sha256(held.name.encode()).hexdigest()[:8]}{_PUBLIC}"
        self._folder.replace(name, ("\n".join(lines) + "\n" + held.public.pem).encode())

    def _locked(self) -> "_Locked":
        return _Locked(self._folder)


class _Locked:
    """The folder's lock, its errors told as those of signing."""

    def __init__(self, folder: Folder) -> None:
        self._lock = folder.locked()

    def __enter__(self) -> None:
        try:
            self._lock.__enter__()
        except StoreError as error:
            raise SigningError(error.what, where=error.where, next=error.next) from error

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._lock.__exit__(None, None, None)
        if isinstance(error, StoreError):
            raise SigningError(error.what, where=error.where, next=error.next) from error


def _retired(found: dict[str, PublicKey], current: str) -> tuple[PublicKey, ...]:
    """Sort keys by their beginning; each but the current one ends where the next begins."""
    keys = sorted(found.values(), key=lambda key: (key.since, key.id))
    newest = found[current].since if current in found else ""
    told = []
    for at, key in enumerate(keys):
        later = keys[at + 1].since if at + 1 < len(keys) else max(key.since, newest)
        end = "" if key.id == current else key.retired or later
        told.append(msgspec.structs.replace(key, retired=end))
    return tuple(told)
