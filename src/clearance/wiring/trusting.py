"""Whom this machine trusts, and how it signs; `trust_holding.py` holds authorities, keys and their times."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from clearance.attest.trusted_root import OWN_TIMESTAMPS, LogKey, Root, trusted
from clearance.facts.fact import Fact
from clearance.facts.identity import Identity
from clearance.wiring.places import keys_folder
from clearance.wiring.trust_holding import Holding
from clearance.wiring.trust_state import State

if TYPE_CHECKING:
    from clearance.attest.authority import Authority, Credential
    from clearance.attest.keyring import KeyRing
    from clearance.attest.signers.file import Purpose
    from clearance.attest.timestamps import Timestamps
    from clearance.facts.entry import Opened, Sealed
    from clearance.wiring.unsealing import Unsealers

SIGNING: "tuple[Purpose, ...]" = ("authority", "timestamps", "transparency", "checkpoints")
"""What this machine signs with."""
_SPARE = timedelta(minutes=1)
"""How long before its end a credential is used no more."""


class House(Holding):
    """Signs and verifies as this machine does."""

    def __init__(self, environment: Mapping[str, str], clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(environment, clock)
        self._credentials: dict[Identity, Credential] = {}
        self._stamps: Timestamps | None = None

    @property
    def service(self) -> Identity:
        """Who signs where nobody else is named: this installation."""
        domain = self._made().domain
        return Identity(name=f"spiffe://{domain}/service/clearance", issuer=f"spiffe://{domain}")

    @property
    def user(self) -> Identity:
        """Who signs what a person does at a keyboard without a token: an account of this machine, vouched for by nobody."""
        from clearance.wiring.account import login

        domain = self._made().domain
        return Identity(name=f"spiffe://{domain}/user/{login()}", issuer=f"spiffe://{domain}")

    def credential(self, identity: Identity) -> "Credential":
        """Give a certified key in memory for an identity that was authenticated; the same one until a minute before its end.

        Raises:
            SigningError: nobody can be named so, or the keys cannot sign.
        """
        with self._lock:
            state = self._made()
            held = self._credentials.get(identity)
            now = self._clock()
            if held is None or now > held.certificate.end - _SPARE:
                elsewhere = state.root.timestamps[-1].uri != OWN_TIMESTAMPS
                held = self._authority(state).issue(identity, now, early=_SPARE if elsewhere else timedelta(0))
                self._credentials = {
                    one: had for one, had in self._credentials.items() if now <= had.certificate.end - _SPARE
                }
                self._credentials[identity] = held
            return held

    def timestamps(self) -> "Timestamps":
        """Give the timestamp authority of this machine.

        Raises:
            SigningError: its key cannot be read.
        """
        with self._lock:
            state = self._made()
            if self._stamps is None:
                from clearance.attest.certificate import read_certificate
                from clearance.attest.timestamps import OwnTimestamps

                chain = state.root.timestamps[-1]
                if chain.uri == OWN_TIMESTAMPS:
                    certificate = read_certificate(chain.certificates[0])
                    self._stamps = OwnTimestamps(certificate, self._held("timestamps"), self._clock)
                else:
                    from clearance.wiring.stamping import service_timestamps

                    self._stamps = service_timestamps(chain)
            return self._stamps

    def seal(self, statements: Iterable[Fact], by: Identity | None = None) -> "list[tuple[Sealed, Opened]]":
        """Sign statements as one identity (none: the service that runs here), and say of each what unsealing it gives.

        Raises:
            SigningError: they cannot be signed, or nobody may be named so.
        """
        from clearance.attest.bundle import seal_many
        from clearance.facts.fact import canonical_quickly

        credential, stamps = self.credential(by or self.service), self.timestamps()
        return seal_many([canonical_quickly(statement) for statement in statements], credential, stamps)

    def authenticate(self, token: bytes, *, nonce: str = "") -> Identity:
        """Say who stands behind an ID token, by the identity provider of trust.toml that it names.

        Raises:
            UsageError: it is of no provider that is configured.
            BadSignature: it does not verify, or says something that it must not.
            SigningError: the provider's keys cannot be had.
        """
        from clearance.wiring.authenticating import identity_of_token

        return identity_of_token(token, self.settings.oidc, self.domain, self._clock(), nonce)

    def keyring(self) -> "KeyRing":
        """Give all keys and authorities that vouch for entries and checkpoints here."""
        from clearance.attest.keyring import KeyRing

        return KeyRing(self.signer("decisions"), self.signer("checkpoints"), trust=self.trust, many=_unsealers)

    def trusted_root(self, origins: Iterable[str]) -> bytes:
        """Write trusted_root.json, which verifies what was signed here and logged in the logs of these origins.

        Raises:
            SigningError: keys cannot be read or made.
        """
        from clearance.attest.trusted_root import write_root

        return write_root(self.root(origins))

    def root(self, origins: Iterable[str]) -> Root:
        """Give the root that verifies what was signed here, with the keys of the logs of these origins.

        Raises:
            SigningError: keys cannot be read or made.
        """
        keys = self.signer("checkpoints").known()
        logs = tuple(LogKey(origin=origin, key=key) for origin in origins for key in keys)
        return trusted([self._made().root, Root(logs=logs)])

    def _authority(self, state: State) -> "Authority":
        from clearance.attest.authority import Authority
        from clearance.attest.certificate import read_certificate

        certificate = read_certificate(state.root.authorities[-1].certificates[0])
        return Authority(certificate, self._held("authority"), self._held("transparency"))

    def _forget(self) -> None:
        super()._forget()
        self._credentials, self._stamps = {}, None


def open_trust(environment: Mapping[str, str]) -> House:
    """Open what this machine trusts and signs with: one for a process and a place of the keys, so that a credential is made
    once."""
    place = str(keys_folder(environment).directory)
    house = _HOUSES.get(place)
    if house is None:
        house = _HOUSES[place] = House(environment)
    return house


_HOUSES: dict[str, House] = {}


@cache
def _unsealers() -> "Unsealers":
    """Give the processes that verify where there is much; they start with the first use."""
    from clearance.wiring.unsealing import Unsealers

    return Unsealers()
