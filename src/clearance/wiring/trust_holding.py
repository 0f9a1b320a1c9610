"""Holds what this machine trusts in a folder beside the keys: reads it, makes it on first use, changes it.

    trust/trust.toml    what a person decided: trust domain, where keys rest, timestamp service, identity providers,
                        witnesses
    trust/root.json     what follows: every authority and key that ever counted, with the time in which it did, and the
                        certificates that count no more

Nothing here is read from a repository that is judged.
"""

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from clearance.attest.trust import Trust
from clearance.attest.trusted_root import Root
from clearance.facts.errors import UsageError
from clearance.facts.moment import rfc3339
from clearance.wiring.places import keys_folder
from clearance.wiring.trust_file import read_settings, trust_folder
from clearance.wiring.trust_state import State, check_end, decoded, renewed, revoked

if TYPE_CHECKING:
    from clearance.attest.revocation import Revocation
    from clearance.attest.signer import Signer
    from clearance.attest.signers.file import Purpose
    from clearance.stores.private import PrivateFolder
    from clearance.wiring.trust_settings import TrustSettings

STATE = "root.json"


class Holding:
    """What this machine trusts, and the signers of its keys. Everything is made on first use."""

    def __init__(self, environment: Mapping[str, str], clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._environment = dict(environment)
        self._clock = clock
        self._lock = threading.RLock()
        self._read = b""
        self._state: State | None = None
        self._trust = Trust(Root())
        self._signers: dict[str, Signer] = {}

    @property
    def folder(self) -> "PrivateFolder":
        """The folder `trust` beside the keys; nothing is made yet."""
        return trust_folder(self._environment)

    @property
    def settings(self) -> "TrustSettings":
        """What trust.toml says.

        Raises:
            BadFile: it is not what it should be.
            StoreError: it cannot be read, or others could have written it.
        """
        return read_settings(self.folder)

    @property
    def domain(self) -> str:
        """The trust domain of this machine."""
        return self._made().domain

    def now(self) -> datetime:
        """Give the moment by which this house signs."""
        return self._clock()

    def state(self) -> State | None:
        """Give what rests in root.json now; None where nothing was made yet. Nothing is made.

        Raises:
            StoreError: it cannot be read, or is not what was written there.
        """
        with self._lock:
            return self._refresh()

    def trust(self) -> Trust:
        """Give the trust of this machine as it is now; where nothing was ever signed, it believes nobody.

        Raises:
            SigningError: it cannot be read.
        """
        with self._lock:
            self._refresh()
            return self._trust

    def signer(self, purpose: "Purpose") -> "Signer":
        """Open the signer of a purpose, where trust.toml says; without a word there, a file. Whoever holds it sees the keys
        as they lie there now.

        Raises:
            SigningError: there is no such signer.
        """
        return self.signer_at(purpose, self.settings.signers.of(purpose))

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
                keys = self.signer("checkpoints").known()
                check_end(state, wanted, since, self._clock(), max((key.since for key in keys), default=""))
            for purpose in sorted(wanted):
                _rotated(self._held(purpose), ended)
            self._keep(self._first() if state is None else self._renewed(state, wanted, ended))

    def revoke(self, serial: str, because: str, since: datetime | None = None) -> "Revocation":
        """Believe a certificate no more, by its serial number: for what is stamped from `since` on, or for all that was ever
        signed under it. Whoever was certified under it gets another certificate with the next signature.

        Raises:
            UsageError: `since` is to come, or nothing was signed here yet.
            StoreError: the folder cannot be written.
        """
        with self._lock, self.folder.locked():
            state = self._stored()
            if state is None:
                raise UsageError("nothing was signed here yet, so there is no certificate", where=serial)
            state, made = revoked(state, serial, because, since, self._clock())
            self._keep(state)
            return made

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

    def _held(self, purpose: "Purpose") -> "Signer":
        """Give the signer of a purpose that this process keeps."""
        with self._lock:
            if purpose not in self._signers:
                self._signers[purpose] = self.signer(purpose)
            return self._signers[purpose]

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
        return None if data is None else decoded(data, str(self.folder.directory / STATE))

    def _take(self, data: bytes) -> None:
        self._state = decoded(data, str(self.folder.directory / STATE)) if data else None
        self._trust = Trust(self._state.root if self._state else Root())
        self._read = data
        self._forget()

    def _forget(self) -> None:
        """Drop what was made of the state before."""
        self._signers = {}

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
        return renewed(state, wanted, self._held, self.settings.timestamps, self._clock(), ended)


def _rotated(signer: "Signer", ended: str) -> None:
    """Have a signer make a new key, the old one ended (empty: now). One that cannot was given a new key elsewhere, which
    trust.toml then names."""
    rotate = getattr(signer, "rotate", None)
    if rotate is not None:
        rotate(ended)
