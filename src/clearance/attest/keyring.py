"""The keys that vouch for entries and checkpoints."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, Self

from clearance.attest.dsse import unseal
from clearance.attest.keys import read_public
from clearance.facts.entry import Opened, Sealed
from clearance.facts.key import PublicKey

if TYPE_CHECKING:
    from clearance.attest.revocation import Revocation
    from clearance.attest.trust import Trust
    from clearance.attest.trusted_root import Root


class Holder(Protocol):
    """Whoever knows public keys; every signer does."""

    def known(self) -> tuple[PublicKey, ...]:
        """Give the public keys, past ones included."""
        ...


class Ahead(Protocol):
    """Answers that were found before they are asked for."""

    def take(self, sealed: Sealed) -> Opened | None:
        """Give what was found of a statement; None: verify it."""
        ...

    def close(self) -> None:
        """Drop what nobody asked for."""
        ...


class Verifying(Protocol):
    """Verifies many statements at once."""

    def ahead(self, sealed: Iterable[Sealed], root: "Root", keys: tuple[PublicKey, ...]) -> Ahead:
        """Begin to verify statements in their order, against a root and bare keys."""
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
        many: "Callable[[], Verifying] | None" = None,
    ) -> None:
        """`many` verifies much ahead, on all processors."""
        self._holders = holders
        self._extra = extra
        self._own = trust
        self._roots = roots
        self._trust: Trust | None = None
        self._many = many
        self._ahead: Ahead | None = None
        self._asked: tuple[PublicKey, ...] = ()

    def public(self) -> tuple[PublicKey, ...]:
        """Give all keys. What the holders say of a key comes before what was handed in.

        Raises:
            SigningError: a holder cannot read its keys.
        """
        self._trust = None  # what this machine trusts may have changed too
        self._forget()
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
        if self._ahead is not None and keys is self._asked and (found := self._ahead.take(sealed)) is not None:
            return found
        if not sealed.bundle:
            return unseal(sealed.leaf, keys)
        return self._believed().unseal(sealed)

    @contextmanager
    def expecting(self, sealed: Iterable[Sealed], keys: tuple[PublicKey, ...]) -> Iterator[None]:
        """Hear what `unseal` will be asked in this block, in its order: it may be verified ahead. What is trusted and which
        `keys` are known are those of now; `public` ends it.

        Raises:
            SigningError: what is trusted here cannot be read.
        """
        if self._many is None:
            yield
            return
        self._asked, self._ahead = keys, self._many().ahead(sealed, self._believed().root, keys)
        try:
            yield
        finally:
            self._forget()

    def _forget(self) -> None:
        if self._ahead is not None:
            self._ahead.close()
        self._asked, self._ahead = (), None

    def _believed(self) -> "Trust":
        if self._trust is None:
            self._trust = self._joined()
        return self._trust

    def revoked(self) -> "tuple[Revocation, ...]":
        """Give the certificates that are believed no more.

        Raises:
            SigningError: what is trusted here cannot be read.
        """
        return self._believed().root.revoked

    def plus(self, pem: bytes, *, where: str = "") -> Self:
        """Give a ring that also trusts a public key in PEM, or all that a trusted_root.json names, or that believes no more
        what a list of revoked certificates names.

        Raises:
            SigningError: it is neither, or of a kind that is not used here.
        """
        if pem.lstrip()[:1] == b"{":
            from clearance.attest.revocation import LIST_TYPE, read_revoked
            from clearance.attest.trusted_root import Root, read_root

            listed = LIST_TYPE.encode() in pem[:200]
            roots = (*self._roots, Root(revoked=read_revoked(pem, where=where)) if listed else read_root(pem, where=where))
            return type(self)(*self._holders, extra=self._extra, trust=self._own, roots=roots, many=self._many)
        extra = (*self._extra, read_public(pem, where=where))
        return type(self)(*self._holders, extra=extra, trust=self._own, roots=self._roots, many=self._many)

    def _joined(self) -> "Trust":
        from clearance.attest.trust import Trust
        from clearance.attest.trusted_root import Root, trusted

        own = self._own() if self._own else Trust(Root())
        return Trust(trusted([own.root, *self._roots])) if self._roots else own
