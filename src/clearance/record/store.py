"""What the log needs of the place where it rests.

A store keeps bodies of bytes by name. The names are those of the log's files (C2SP tlog-tiles) plus two an entry and one
an evidence body:

    bundle/<index, twelve digits>       what rests beside an entry: a Sigstore bundle; old entries have none
    checkpoint                          the newest signed checkpoint
    entry/<index, twelve digits>        one entry
    evidence/<sha256>                   one evidence body
    tile/<level>/<index>                one tile, under the name that it has when it is full
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from clearance.facts.entry import Opened, Sealed, Seen
from clearance.facts.key import PublicKey


class Snapshot(Protocol):
    """A consistent view: nothing that is written meanwhile is seen through it."""

    def get(self, name: str) -> bytes | None:
        """Give the body of a name, or None."""
        ...

    def items(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Give all names that begin with `prefix` with their bodies, in the order of their UTF-8 bytes. Two may be read in
        turns, and `get` may be asked meanwhile."""
        ...


class Draft(Snapshot, Protocol):
    """A view that sees its own writes."""

    def put(self, name: str, body: bytes) -> None:
        """Write a body, replacing the one that was there."""
        ...

    def put_many(self, items: Iterable[tuple[str, bytes]]) -> None:
        """Write many bodies as `put` does, at once where the store can."""
        ...


class Store(Protocol):
    """Bodies of bytes by name, written all or nothing. Every method raises StoreError where the place fails."""

    @property
    def place(self) -> str:
        """Where it rests, for people and for telling two stores apart: an absolute path."""
        ...

    def read(self) -> AbstractContextManager[Snapshot]:
        """Open a view; an empty one where nothing was ever written. Changes nothing in the store."""
        ...

    def write(self) -> AbstractContextManager[Draft]:
        """Open a draft; one at a time over all processes.

        When the block ends without an exception, everything in it is durable: it survives the death of the process and of
        the machine. When it ends with one, or never, nothing of it was written.
        """
        ...


class Pins(Protocol):
    """The memory of checkpoints outside the repository. Every method raises StoreError where it fails."""

    def seen(self, origin: str, place: str) -> Seen | None:
        """Give the newest checkpoint of a log that was kept, or None."""
        ...

    def origins(self, place: str) -> tuple[str, ...]:
        """Name the logs that were seen at a place, the oldest first."""
        ...

    def keep(self, origin: str, place: str, size: int, note: bytes) -> None:
        """Keep a checkpoint of `size` entries, unless a larger one of this log is kept. It must survive the process; after
        the machine died, an older one may be found."""
        ...

    def told(self, place: str) -> str:
        """Say, for people, where the memory of a place lies."""
        ...


class Keys(Protocol):
    """The keys that vouch for entries and checkpoints."""

    def public(self) -> tuple[PublicKey, ...]:
        """Give all of them."""
        ...

    def unseal(self, sealed: Sealed, keys: tuple[PublicKey, ...]) -> Opened:
        """Verify a signed statement, and that what rests beside its leaf belongs to it; raises BadSignature. `keys` are
        those of `public`."""
        ...

    def expecting(self, sealed: Iterable[Sealed], keys: tuple[PublicKey, ...]) -> AbstractContextManager[None]:
        """Hear what `unseal` will be asked in a block, in its order; asked for where there is much."""
        ...

    def plus(self, pem: bytes, *, where: str = "") -> "Keys":
        """Trust one more public key in PEM; raises SigningError."""
        ...
