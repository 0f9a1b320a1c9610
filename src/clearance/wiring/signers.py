"""Which signer a URI names. Nothing of what one needs is imported unless it is named.

    file:                                     a file beside the keys, the default
    pkcs11:token=LABEL?module-path=/….so      a token: an HSM, a smart card, SoftHSM (RFC 7512)
    vault:MOUNT/KEY                           the transit engine of Vault or OpenBao
    awskms:KEY  gcpkms:KEY  azurekms://KEY    a cloud's key service

URIs stand in trust.toml, beside the keys. What lets in (PIN, token, credentials) never does: it comes from the environment.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clearance.facts.errors import SigningError
from clearance.wiring.places import keys_folder

if TYPE_CHECKING:
    from clearance.attest.signer import Rotating
    from clearance.attest.signers.file import Purpose
    from clearance.attest.signers.held import Holder

FILE = "file:"
HELD = "held"
"""The folder beside the keys in which public keys of other holders are remembered, one folder a purpose."""
_KMS = ("awskms:", "gcpkms:", "azurekms:")


def signer_of(uri: str, purpose: "Purpose", environment: Mapping[str, str]) -> "Rotating":
    """Give the signer that a URI names, for a purpose. Nothing is opened or made before its first use.

    Raises:
        SigningError: there is no signer of this kind, the URI is none, or what it needs is not installed.
    """
    from clearance.attest.signers.file import ALGORITHMS, FileSigner

    folder = keys_folder(environment)
    file = FileSigner(folder, purpose, _now)
    if uri in ("", FILE):
        return file
    from clearance.attest.signers.held import HeldSigner

    remembered = folder.within(HELD).within(purpose)
    return HeldSigner(_holder(uri, purpose, environment), ALGORITHMS[purpose], remembered, _now, earlier=file.known)


def _holder(uri: str, purpose: "Purpose", environment: Mapping[str, str]) -> "Holder":
    if uri.startswith("pkcs11:"):
        from clearance.attest.signers.pkcs11 import TokenHolder

        return TokenHolder(uri, f"clearance-{purpose}", environment, _now)
    if uri.startswith("vault:"):
        from clearance.attest.signers.vault import VaultHolder

        return VaultHolder(uri, environment)
    if uri.startswith(_KMS):
        from clearance.attest.signers.kms import KmsHolder

        return KmsHolder(uri)
    kind = uri.partition(":")[0]
    shown = kind if kind.isascii() and kind.isalnum() and len(kind) < 20 else "(no URI)"
    raise SigningError(f"no signer of this kind: {shown}", where="trust.toml", next="see docs/how-to/keys-in-an-hsm.md")


def _now() -> datetime:
    return datetime.now(UTC)
