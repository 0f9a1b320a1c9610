"""Keys in the key service of a cloud: AWS, Google, Azure, through the signers of securesystemslib.

    awskms:KEY-ID-OR-ARN
    gcpkms:projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/1
    azurekms://VAULT.vault.azure.net/keys/NAME

Credentials come from where the cloud's own library looks for them. A key is made by the cloud's tools, and the next one is a
rotation: trust.toml then names that. These services sign with P-256; for Ed25519 (checkpoints) keep the key elsewhere.
"""

import importlib
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from clearance.attest.keys import read_public
from clearance.attest.signers.held import Held, Unreachable
from clearance.facts.errors import SigningError
from clearance.facts.key import Algorithm

_SECONDS = 30.0
_KINDS = {"awskms": "AWSSigner", "gcpkms": "GCPSigner", "azurekms": "AzureSigner"}
_Given = TypeVar("_Given")


class KmsHolder:
    """One key of a key service. Nothing is asked before the first use."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._signer: Any = None
        self._held: Held | None = None

    def keys(self) -> Sequence[Held]:
        """Give the key.

        Raises:
            SigningError: the service cannot be asked, or has no key for P-256 with SHA-256 there.
        """
        if self._held is None:
            self._signer, name, public = self._within_time(self._opened)
            if public.scheme != "ecdsa-sha2-nistp256":
                raise SigningError("not a key for P-256 with SHA-256", where=self._uri, next="name another key")
            self._held = Held(name, read_public(public.keyval["public"].encode(), where=self._uri))
        return (self._held,)

    def make(self, algorithm: Algorithm) -> None:
        """Refuse: the cloud's own tools make keys.

        Raises:
            SigningError: always.
        """
        then = "make a key with the cloud's tools and name it in trust.toml; what the old one signed still verifies"
        raise SigningError("no keys are made in a cloud's key service from here", where=self._uri, next=then)

    def sign(self, key: Held, data: bytes) -> bytes:
        """Sign bytes: the service is sent their SHA-256.

        Raises:
            SigningError: the service does not sign.
        """
        self.keys()
        signed = self._within_time(lambda: self._signer.sign(data))
        return bytes.fromhex(signed.signature)

    def _opened(self) -> tuple[Any, str, Any]:
        """Give the signer, the key's name with its version, and the public key."""
        signers: Any = importlib.import_module("securesystemslib.signer")
        scheme, _, rest = self._uri.partition(":")
        importing = getattr(signers, _KINDS[scheme]).import_
        match scheme:
            case "azurekms":
                host, _, path = rest.removeprefix("//").partition("/")
                uri, public = importing(host.partition(".")[0], path.removeprefix("keys/"))
            case "awskms":
                uri, public = importing(rest, "ecdsa-sha2-nistp256")
            case _:
                uri, public = importing(rest)
        return signers.Signer.from_priv_key_uri(uri, public), uri, public

    def _within_time(self, ask: Callable[[], _Given]) -> _Given:
        """Ask in a thread that is given up after a while: these libraries try again and again by themselves. What they say
        is not shown, because it may hold requests with what lets in."""
        told: list[_Given] = []
        failed: list[BaseException] = []

        def asking() -> None:
            try:
                told.append(ask())
            except BaseException as error:  # noqa: BLE001 -- whatever it is, it is told below
                failed.append(error)

        thread = threading.Thread(target=asking, daemon=True, name="kms")
        thread.start()
        thread.join(_SECONDS)
        if told:
            return told[0]
        error = failed[0] if failed else TimeoutError()
        if isinstance(error, SigningError):
            raise error
        if type(error).__name__ == "UnsupportedLibraryError" or isinstance(error, ImportError):
            then = "pip install 'securesystemslib[awskms]' (or gcpkms, azurekms)"
            raise SigningError("the cloud's library is not installed", where=self._uri, next=then)
        what = f"the key service does not sign: {type(error).__name__}"
        raise Unreachable(
            what, where=self._uri, next="look at the credentials, the name of the key, and its rights"
        ) from None
