"""What signs."""

from typing import Protocol

from clearance.facts.key import PublicKey, Signature


class Signer(Protocol):
    """Holds one private key at a time and the public keys that it held before.

    Whatever `sign` gave verifies under a key of `known()`, now and after every rotation; the private key itself never
    leaves. The first `public` or `sign` may make the key; two first uses at once agree on one.
    """

    def public(self) -> PublicKey:
        """Give the key that signs now.

        Raises:
            SigningError: the key cannot be read, made, or trusted to be private.
        """
        ...

    def sign(self, data: bytes) -> Signature:
        """Sign bytes with the current key.

        Raises:
            SigningError: as for `public`.
        """
        ...

    def known(self) -> tuple[PublicKey, ...]:
        """Give every public key that this signer ever signed with, the current one included; makes no key.

        Raises:
            SigningError: the keys cannot be read or trusted.
        """
        ...


class Rotating(Signer, Protocol):
    """A signer that can make the next key by itself."""

    def rotate(self, ended: str = "") -> PublicKey:
        """Make another key, which signs from now on, and give it. What the one before signed until it ended still verifies:
        at `ended` (RFC 3339 in UTC; empty: now).

        Raises:
            SigningError: it cannot be made, or only by somebody else, elsewhere.
        """
        ...
