"""The keys that vouch for entries and checkpoints."""

from typing import Protocol, Self

from clearance.attest.dsse import unseal
from clearance.attest.keys import read_public
from clearance.facts.entry import Opened
from clearance.facts.key import PublicKey


class Holder(Protocol):
    """Whoever knows public keys; every signer does."""

    def known(self) -> tuple[PublicKey, ...]:
        """Give the public keys, past ones included."""
        ...


class KeyRing:
    """Public keys of holders, asked anew each time (a first signature makes a key), and keys that were handed in."""

    def __init__(self, *holders: Holder, extra: tuple[PublicKey, ...] = ()) -> None:
        self._holders = holders
        self._extra = extra

    def public(self) -> tuple[PublicKey, ...]:
        """Give all keys. What the holders say of a key comes before what was handed in.

        Raises:
            SigningError: a holder cannot read its keys.
        """
        own = (key for holder in self._holders for key in holder.known())
        return tuple({key.id: key for key in (*self._extra, *own)}.values())

    def unseal(self, bundle: bytes, keys: tuple[PublicKey, ...]) -> Opened:
        """Verify a DSSE envelope against keys (of `public`) and give what it holds.

        Raises:
            BadSignature: it does not verify.
        """
        return unseal(bundle, keys)

    def plus(self, pem: bytes, *, where: str = "") -> Self:
        """Give a ring that also trusts a public key in PEM.

        Raises:
            SigningError: it is no public key of a kind that is used here.
        """
        return type(self)(*self._holders, extra=(*self._extra, read_public(pem, where=where)))
