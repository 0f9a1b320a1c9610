"""Whom this machine trusts, and how it signs: authorities, keys and their times, in a folder beside the keys.

    trust/trust.toml    what a person decided: trust domain, where keys rest, timestamp service, identity providers,
    witnesses trust/root.json     what follows: every authority and key that ever counted, with the time in which it did

Nothing here is read from a repository that is judged.
"""

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from clearance.attest.trust import Trust
from clearance.attest.trusted_root import OWN_TIMESTAMPS, Chain, LogKey, Root, trusted
from clearance.facts.errors import StoreError, UsageError
from clearance.facts.fact import Fact
from clearance.facts.identity import Identity
from clearance.facts.moment import rfc3339
from clearance.wiring.places import keys_folder

if TYPE_CHECKING:
    from clearance.attest.authority import Authority, Credential
    from clearance.attest.keyring import KeyRing
    from clearance.attest.signer import Signer
    from clearance.attest.signers.file import Purpose
    from clearance.attest.timestamps import Timestamps
    from clearance.facts.entry import Opened, Sealed
    from clearance.stores.private import PrivateFolder
    from clearance.wiring.trust_file import TrustSettings

SIGNING: "tuple[Purpose, ...]" = ("authority", "timestamps", "transparency", "checkpoints")
"""What this machine signs with."""
TRUST, SETTINGS, STATE = "trust", "trust.toml", "root.json"
_SPARE = timedelta(minutes=1)
"""How long before its end a credential is used no more."""


class State(Fact):
    """What rests in root.json: the trust domain, and the root without logs, which each log's own origin makes."""

    domain: str
    root: Root


class House:
    """Signs and verifies as this machine does. Everything is made on first use."""

    def __init__(self, environment: Mapping[str, str], clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._environment = dict(environment)
        self._clock = clock
        self._lock = threading.RLock()
        self._read = b""
        self._state: State | None = None
        self._trust = Trust(Root())
        self._signers: dict[str, Signer] = {}
        self._credentials: dict[Identity, Credential] = {}
        self._stamps: Timestamps | None = None

    @property
    def folder(self) -> "PrivateFolder":
        """The folder `trust` beside the keys; nothing is made yet."""
        return keys_folder(self._environment).within(TRUST)

    @property
    def settings(self) -> "TrustSettings":
        """What trust.toml says.

        Raises:
            BadFile: it is not what it should be.
            StoreError: it cannot be read, or others could have written it.
        """
        from clearance.wiring.trust_file import TrustSettings, read_settings

        # Most machines have no such file, and reading TOML costs more than signing.
        return read_settings(self.folder) if (self.folder.directory / SETTINGS).exists() else TrustSettings()

    @property
    def service(self) -> Identity:
        """Who signs where nobody else is named: this installation."""
        domain = self._made().domain
        return Identity(name=f"spiffe://{domain}/service/clearance", issuer=f"spiffe://{domain}")

    @property
    def domain(self) -> str:
        """The trust domain of this machine."""
        return self._made().domain

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
        from clearance.attest.bundle import seal_opened

        credential, stamps = self.credential(by or self.service), self.timestamps()
        return [seal_opened(statement, credential, stamps) for statement in statements]

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

        return KeyRing(self.signer("decisions"), self.signer("checkpoints"), trust=self.trust)

    def trust(self) -> Trust:
        """Give the trust of this machine as it is now; where nothing was ever signed, it believes nobody.

        Raises:
            SigningError: it cannot be read.
        """
        with self._lock:
            self._refresh()
            return self._trust

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

    def signer(self, purpose: "Purpose") -> "Signer":
        """Open the signer of a purpose, where trust.toml says; without a word there, a file. Whoever holds it sees the keys
        as they lie there now.

        Raises:
            SigningError: there is no such signer.
        """
        return self.signer_at(purpose, self.settings.signers.get(purpose, ""))

    def signer_at(self, purpose: "Purpose", uri: str) -> "Signer":
        """Open the signer of a purpose at a place (a URI; empty: a file), whatever trust.toml says.

        Raises:
            SigningError: there is no such signer.
        """
        if uri and uri != "file:":
            from clearance.wiring.signers import signer_of

            return signer_of(uri, purpose, self._environment)
        from clearance.attest.signers.file import FileSigner

        return FileSigner(keys_folder(self._environment), purpose, self._clock)

    def rotate(self, purposes: "Iterable[Purpose]", since: datetime | None = None) -> None:
        """Make new keys, and certificates where these name them; end the time of the old ones now, or back at `since`: what
        is stamped later is refused from now on.

        Raises:
            UsageError: `since` is to come, or before one of the keys began.
            SigningError: a key cannot be made.
            StoreError: the folder cannot be written.
        """
        wanted = set(purposes)
        with self._lock, self.folder.locked():
            state = self._stored()
            ended = rfc3339(since) if since else ""
            if since is not None:
                self._check_end(state, wanted, since)
            for purpose in sorted(wanted):
                _rotated(self._held(purpose), ended)
            self._keep(self._first() if state is None else self._renewed(state, wanted, ended))

    def certify(self, purposes: "Iterable[Purpose]") -> None:
        """Make new certificates for the keys of some purposes as trust.toml names them now, in its trust domain; on first
        use, for all. The time of the old ones ends.

        Raises:
            SigningError: a key cannot be used.
            StoreError: the folder cannot be written.
        """
        with self._lock, self.folder.locked():
            self._signers = {}
            state = self._stored()
            if state is None:
                self._keep(self._first())
            elif wanted := set(purposes):
                domain = self.settings.domain or state.domain
                self._keep(self._renewed(State(domain=domain, root=state.root), wanted))

    def _check_end(self, state: State | None, wanted: "set[Purpose]", since: datetime) -> None:
        """Insist that keys can end at a moment: it is past, and each of them counted then."""
        ended = rfc3339(since)
        if since > self._clock():
            raise UsageError("it is to come, and a key ends now or earlier", where=ended, next="leave --since out: now")
        began = {"checkpoints": max((key.since for key in self.signer("checkpoints").known()), default="")}
        if state is not None:
            root = state.root
            began |= {"authority": root.authorities[-1].since, "timestamps": root.timestamps[-1].since}
            began |= {"transparency": root.transparency[-1].since}
        if "authority" in wanted:  # the timestamp authority stands below it, and ends with it
            wanted = wanted | {"timestamps"}
        ending = {purpose: began[purpose] for purpose in sorted(wanted) if began.get(purpose)}
        if not ending:
            raise UsageError("no key that could end: nothing was signed yet", next="leave --since out")
        for purpose, first in ending.items():
            if ended < first:
                what = f"its key began at {first}, after {ended}"
                raise UsageError(what, where=purpose, next="name the others with --purpose, or a later --since")

    def _held(self, purpose: "Purpose") -> "Signer":
        """Give the signer of a purpose that this process keeps."""
        with self._lock:
            if purpose not in self._signers:
                self._signers[purpose] = self.signer(purpose)
            return self._signers[purpose]

    def _authority(self, state: State) -> "Authority":
        from clearance.attest.authority import Authority
        from clearance.attest.certificate import read_certificate

        certificate = read_certificate(state.root.authorities[-1].certificates[0])
        return Authority(certificate, self._held("authority"), self._held("transparency"))

    def _made(self) -> State:
        """Give the state, making it on first use."""
        with self._lock:
            state = self._refresh()
            if state is None:
                with self.folder.locked():
                    state = self._stored() or self._first()
                    self._keep(state)
            return state

    def _refresh(self) -> State | None:
        """Read the state again if another process changed it; then nothing that was made before counts."""
        data = self.folder.read(STATE) or b""
        if data != self._read:
            self._take(data)
        return self._state

    def _stored(self) -> State | None:
        data = self.folder.read(STATE)
        return None if data is None else _decoded(data, str(self.folder.directory / STATE))

    def _take(self, data: bytes) -> None:
        self._state = _decoded(data, str(self.folder.directory / STATE)) if data else None
        self._trust = Trust(self._state.root if self._state else Root())
        self._read = data
        self._credentials, self._signers, self._stamps = {}, {}, None

    def _keep(self, state: State) -> None:
        data = msgspec.json.encode(state)
        self.folder.replace(STATE, data)
        self._take(data)

    def _first(self) -> State:
        """Make an authority, a timestamp authority, and the key of certificate timestamps."""
        domain = self.settings.domain or f"{os.urandom(8).hex()}.clearance.local"
        blank = State(domain=domain, root=Root())
        return self._renewed(blank, {"authority", "timestamps", "transparency"})

    def _renewed(self, state: State, wanted: "set[Purpose]", ended: str = "") -> State:
        """Give the state with new certificates for the keys of these purposes; a new authority certifies the timestamp
        authority anew. The time of the old ones ends now, or at `ended`."""
        from clearance.attest.authority import Authority, make_authority
        from clearance.attest.certificate import read_certificate

        now = self._clock()
        at = rfc3339(now)
        # What was signed within this very second stays valid everywhere.
        until = ended or rfc3339(now + timedelta(seconds=1))
        root = state.root
        if "transparency" in wanted:
            key = msgspec.structs.replace(self._held("transparency").public(), since=at, retired="")
            earlier = tuple(msgspec.structs.replace(one, retired=one.retired or until) for one in root.transparency)
            root = msgspec.structs.replace(root, transparency=(*earlier, key))
        if "authority" in wanted:
            made = make_authority(self._held("authority"), state.domain, now)
            root = msgspec.structs.replace(
                root, authorities=_after(root.authorities, Chain(certificates=(made.der,), since=at), until)
            )
        service = self.settings.timestamps
        if service is not None and ("timestamps" in wanted or not root.timestamps):
            from clearance.wiring.stamping import read_chain

            chain = Chain(certificates=read_chain(service.chain), since=at, uri=service.url)
            root = msgspec.structs.replace(root, timestamps=_after(root.timestamps, chain, until))
        elif service is None and wanted & {"authority", "timestamps"}:
            above = root.authorities[-1].certificates
            authority = Authority(read_certificate(above[0]), self._held("authority"), self._held("transparency"))
            named = authority.certify_timestamps(self._held("timestamps").public(), state.domain, now)
            chain = Chain(certificates=(named.der, *above), since=at, uri=OWN_TIMESTAMPS)
            root = msgspec.structs.replace(root, timestamps=_after(root.timestamps, chain, until))
        return State(domain=state.domain, root=root)


def open_trust(environment: Mapping[str, str]) -> House:
    """Open what this machine trusts and signs with: one for a process and a place of the keys, so that a credential is made
    once."""
    place = str(keys_folder(environment).directory)
    house = _HOUSES.get(place)
    if house is None:
        house = _HOUSES[place] = House(environment)
    return house


_HOUSES: dict[str, House] = {}


def _decoded(data: bytes, where: str) -> State:
    try:
        return msgspec.json.decode(data, type=State)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreError(f"not what was written there: {error}", where=where, next="restore it from a copy") from error


def _after(chains: tuple[Chain, ...], newest: Chain, until: str) -> tuple[Chain, ...]:
    """Give chains with one more, which ends the time of the others."""
    return (*(msgspec.structs.replace(one, until=one.until or until) for one in chains), newest)


def _rotated(signer: "Signer", ended: str) -> None:
    """Have a signer make a new key, the old one ended (empty: now). One that cannot was given a new key elsewhere, which
    trust.toml then names."""
    rotate = getattr(signer, "rotate", None)
    if rotate is not None:
        rotate(ended)
