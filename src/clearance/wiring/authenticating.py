"""Who stands behind an ID token: asks the configured identity provider for its keys, and nobody else."""

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearance.facts.errors import SigningError, UsageError

if TYPE_CHECKING:
    from clearance.facts.identity import Identity
    from clearance.facts.provider import Provider

_LIMIT = 1 << 20
_SECONDS = 10.0
_DISCOVERY = ".well-known/openid-configuration"


class _Discovered(msgspec.Struct):
    """What is read of a provider's metadata (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    jwks_uri: str


def identity_of_token(
    token: bytes, providers: "tuple[Provider, ...]", domain: str, now: datetime, nonce: str = ""
) -> "Identity":
    """Verify an ID token by the provider that it names, which must be a configured one, and give whom it names.

    Raises:
        UsageError: no provider is configured, or another one.
        BadSignature: the token does not verify, or says something that it must not.
        SigningError: the provider's keys cannot be had.
    """
    from clearance.attest.tokens import authenticate, issuer_of

    claimed = issuer_of(token)
    provider = next((one for one in providers if one.issuer == claimed), None)
    if provider is None:
        known = ", ".join(one.issuer for one in providers) or "none"
        raise UsageError(
            f"the token is of no configured identity provider (known: {known})",
            where=claimed[:200] or "ID token",
            next="`clearance trust init --oidc-issuer URL --audience NAME`",
        )
    return authenticate(token, keys_of(provider), provider, domain, now, nonce=nonce)


def keys_of(provider: "Provider") -> bytes:
    """Give a provider's keys: from its file, or from where its metadata says.

    Raises:
        SigningError: they cannot be had.
    """
    if provider.jwks:
        try:
            with Path(provider.jwks).open("rb") as file:
                return file.read(_LIMIT)
        except OSError as error:
            raise SigningError(
                error.strerror or "cannot be read", where=provider.jwks, next="trust.toml names it"
            ) from error
    until = time.monotonic() + _SECONDS
    try:
        said = msgspec.json.decode(_got(provider.issuer, _DISCOVERY, until), type=_Discovered)
    except (msgspec.DecodeError, RecursionError) as error:
        raise SigningError("no metadata of an identity provider", where=provider.issuer, next=_NEXT) from error
    if said.issuer != provider.issuer:
        raise SigningError(f"it says that it is {said.issuer[:200]!a}", where=provider.issuer, next=_NEXT)
    return _got(said.jwks_uri, "", until)


_NEXT = "check the address, or name a file with its keys: `jwks` in trust.toml"


def _got(address: str, path: str, until: float) -> bytes:
    """Ask for one document, over https only (or on this machine)."""
    from clearance.fetch.connection import Asking, Origin, Refused

    whole = address if not path else f"{address.rstrip('/')}/{path}"
    above, _, last = whole.rpartition("/")
    try:
        asking = Asking(Origin.of(f"{above}/"))
        try:
            answer = asking.get(last, "application/json", limit=_LIMIT, until=until)
        finally:
            asking.close()
    except Refused as error:
        raise SigningError(str(error), where=whole, next=_NEXT) from error
    if answer.status != 200:
        raise SigningError(f"the answer is {answer.status}", where=whole, next=_NEXT)
    return answer.body
