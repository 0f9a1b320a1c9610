"""A signer that forgets its keys with the process."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from clearance.attest.keys import PrivateKey, make_private
from clearance.facts.key import Algorithm, PublicKey, Signature
from clearance.facts.moment import rfc3339


class MemorySigner:
    """A key pair in memory, for tests and for runs that may leave nothing behind."""

    def __init__(self, algorithm: Algorithm, clock: Callable[[], datetime]) -> None:
        self._algorithm = algorithm
        self._clock = clock
        self._retired: tuple[PublicKey, ...] = ()
        self._make()

    def _make(self) -> None:
        self._key = PrivateKey(make_private(self._algorithm), self._algorithm)
        self._public = msgspec.structs.replace(self._key.public, since=rfc3339(self._clock()))

    def public(self) -> PublicKey:
        """Give the current key."""
        return self._public

    def sign(self, data: bytes) -> Signature:
        """Sign with the current key."""
        return Signature(key=self._public.id, value=self._key.sign(data))

    def known(self) -> tuple[PublicKey, ...]:
        """Give the current key and all retired ones."""
        return (*self._retired, self._public)

    def rotate(self, ended: str = "") -> PublicKey:
        """Retire the current key (at `ended`, RFC 3339 in UTC; empty: now), make another, and give it."""
        self._retired += (msgspec.structs.replace(self._public, retired=ended or rfc3339(self._clock())),)
        self._make()
        return self._public
