"""The keys that vouch for entries and checkpoints."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, Self

from clearance.attest.dsse import unseal
from clearance.attest.keys import read_public
from clearance.facts.entry import Opened, Sealed
from clearance.facts.key import PublicKey

if TYPE_CHECKING:
    from clearance.attest.trust import Trust
    from clearance.attest.trusted_root import Root


class Holder(Protocol):
    """Whoever knows public keys; every signer does."""

    def known(self) -> tuple[PublicKey, ...]:
        """Give the public keys, past ones included."""
        ...


class KeyRing:
    """Public keys of holders, asked anew each time (a first signature makes a key), and keys and roots that were handed in.
    `trust` gives what this machine itself trusts now; without it, only bare keys vouch for entries."""

    def __init__(
        self,
        *holders: Holder,
        extra: tuple[PublicKey, ...] = (),
        trust: "Callable[[], Trust] | None" = None,
        roots: "tuple[Root, ...]" = (),
    ) -> None:
        self._holders = holders
        self._extra = extra
        self._own = trust
        self._roots = roots
        self._trust: Trust | None = None

    def public(self) -> tuple[PublicKey, ...]:
        """Give all keys. What the holders say of a key comes before what was handed in.

        Raises:
            SigningError: a holder cannot read its keys.
        """
        self._trust = None  # what this machine trusts may have changed too
        own = (key for holder in self._holders for key in holder.known())
        logs = (log.key for root in self._roots for log in root.logs)
        return tuple({key.id: key for key in (*self._extra, *logs, *own)}.values())

    def unseal(self, sealed: Sealed, keys: tuple[PublicKey, ...]) -> Opened:
        """Verify a signed statement and give what it holds: one with a bundle by its certificate and timestamp, one of
        before there were any by a key among `keys` (those of `public`).

        Raises:
            BadSignature: it does not verify.
            SigningError: what is trusted here cannot be read.
        """
        if not sealed.bundle:
            return unseal(sealed.leaf, keys)
        if self._trust is None:
            self._trust = self._joined()
        return self._trust.unseal(sealed)

    def plus(self, pem: bytes, *, where: str = "") -> Self:
        """Give a ring that also trusts a public key in PEM, or all that a trusted_root.json names.

        Raises:
            SigningError: it is neither, or of a kind that is not used here.
        """
        if pem.lstrip()[:1] == b"{":
            from clearance.attest.trusted_root import read_root

            roots = (*self._roots, read_root(pem, where=where))
            return type(self)(*self._holders, extra=self._extra, trust=self._own, roots=roots)
        extra = (*self._extra, read_public(pem, where=where))
        return type(self)(*self._holders, extra=extra, trust=self._own, roots=self._roots)

    def _joined(self) -> "Trust":
        from clearance.attest.trust import Trust
        from clearance.attest.trusted_root import Root, trusted

        own = self._own() if self._own else Trust(Root())
        return Trust(trusted([own.root, *self._roots])) if self._roots else own
