"""ID tokens of identity providers (OpenID Connect Core 1.0, section 3.1.3.7): verified, and read into whom they name.

A token names a person by a verified mail address, or a job of a CI service by its repository. What a provider's tokens may
name is decided by the person who configured it, never by the token.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from clearance.attest.certificate import check_identity
from clearance.facts.errors import BadSignature, SigningError
from clearance.facts.identity import Identity
from clearance.facts.provider import Names, Provider

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures under a provider's public key. `none`, and keys that both sides share, are refused."""
_LEEWAY = 60
_OLDEST = 86_400
_MOST_BYTES = 65_536
_LEAST_RSA = 2048
"""NIST SP 800-131A: shorter keys sign nothing that counts."""
_SEGMENT = re.compile(r"[A-Za-z0-9._-]{1,128}")
_REPOSITORY: Mapping[Names, str] = {"github": "repository", "gitlab": "project_path"}


class _Claims(msgspec.Struct):
    """The claims that are read; others are passed over."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    iat: float
    nbf: float = 0
    azp: str = ""
    nonce: str = ""
    email: str = ""
    email_verified: bool | str = False
    repository: str = ""
    project_path: str = ""


def issuer_of(token: bytes) -> str:
    """Say which provider a token claims to come from, unverified; empty where it says nothing."""
    import base64

    parts = token.strip().split(b".")
    try:
        body = base64.urlsafe_b64decode(parts[1] + b"=" * (-len(parts[1]) % 4))
        said = msgspec.json.decode(body)
    except (IndexError, ValueError, msgspec.DecodeError, RecursionError):
        return ""
    issuer = said.get("iss", "") if isinstance(said, dict) else ""
    return issuer if isinstance(issuer, str) else ""


def authenticate(token: bytes, keys: bytes, provider: Provider, domain: str, now: datetime, *, nonce: str = "") -> Identity:
    """Verify an ID token under a provider's keys (a JWK set) and give whom it names, in the trust domain `domain`.

    Raises:
        BadSignature: it does not verify, or says something that it must not; the message names the claim.
        SigningError: the keys cannot be read, or what verifies tokens is not installed.
    """
    claims = _verified(token, keys)
    at = now.timestamp()
    audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    checks: Sequence[tuple[str, bool, str]] = (
        ("iss", claims.iss == provider.issuer, "another issuer than the one that is configured"),
        ("aud", bool(set(audience) & set(provider.audience)), "the token is for somebody else"),
        ("aud", set(audience) <= set(provider.audience) or bool(claims.azp), "several audiences and no authorized party"),
        ("azp", not claims.azp or claims.azp in provider.audience, "it was issued to somebody else"),
        ("exp", at < claims.exp + _LEEWAY, "the token has expired"),
        ("iat", claims.iat <= at + _LEEWAY, "issued in the future: check the clock"),
        ("iat", at - claims.iat < _OLDEST, "older than a day"),
        ("nbf", claims.nbf <= at + _LEEWAY, "not yet valid: check the clock"),
        ("nonce", not nonce or claims.nonce == nonce, "an answer to another question"),
    )
    for name, fine, what in checks:
        if not fine:
            raise BadSignature(what, where=f"ID token: {name}", next=_NEXT)
    found = _person(claims, provider) if provider.names == "people" else _job(claims, provider, domain)
    try:
        check_identity(found)
    except SigningError as error:
        raise BadSignature(error.what, where="ID token: email", next=_NEXT) from error
    return found


_NEXT = "get a new token for this installation; docs/reference/trust.md says what it must hold"


def _person(claims: _Claims, provider: Provider) -> Identity:
    """Name a person by the mail address that the provider verified."""
    if claims.email_verified not in (True, "true"):
        raise BadSignature("the provider did not verify the mail address", where="ID token: email_verified", next=_NEXT)
    if not claims.email.isascii() or "@" not in claims.email:
        raise BadSignature("no mail address in ASCII", where="ID token: email", next=_NEXT)
    if provider.domains and claims.email.rpartition("@")[2].lower() not in {one.lower() for one in provider.domains}:
        raise BadSignature(
            "a mail address of another domain than those that are configured", where="ID token: email", next=_NEXT
        )
    return Identity(name=claims.email, issuer=provider.issuer)


def _job(claims: _Claims, provider: Provider, domain: str) -> Identity:
    """Name a job of a CI service by its repository: never a person, whatever else the token says."""
    name = _REPOSITORY[provider.names]
    path = getattr(claims, name).split("/")
    if len(path) < 2 or not all(_SEGMENT.fullmatch(part) and part.strip(".") for part in path):
        raise BadSignature("no repository, or one of another form", where=f"ID token: {name}", next=_NEXT)
    if not any(_is_of("/".join(path), pattern) for pattern in provider.repositories):
        what = f"a job of {'/'.join(path)[:200]}, which is none of the repositories that may sign here"
        raise BadSignature(what, where=f"ID token: {name}", next="`repositories` of its [[oidc]] in trust.toml names them")
    return Identity(name=f"spiffe://{domain}/ci/{provider.names}/{'/'.join(path)}", issuer=provider.issuer)


def _is_of(repository: str, pattern: str) -> bool:
    """Whether a repository is one that a pattern names: itself, `owner/*`, or `*`; forges mind no case."""
    repository, pattern = repository.lower(), pattern.lower()
    if pattern.endswith("/*"):
        return repository.startswith(pattern[:-1])
    return pattern in ("*", repository)


def _bits(key: Mapping[str, Any]) -> int:
    """Give the length of an RSA key's modulus, in bits."""
    import base64

    text = key["n"].encode("ascii")
    return int.from_bytes(base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))).bit_length()


def _verified(token: bytes, keys: bytes) -> _Claims:
    """Verify the signature of a token and read its claims."""
    if len(token) > _MOST_BYTES:
        raise BadSignature("too large for a token", where="ID token", next=_NEXT)
    try:
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet
    except ImportError:
        raise SigningError(
            "what verifies ID tokens is not installed", where="joserfc", next="install clearance[oidc]"
        ) from None
    try:
        held: Any = msgspec.json.decode(keys)
        usable = [key for key in held["keys"] if key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use", "sig") == "sig"]
        short = [bits for key in usable if key["kty"] == "RSA" and (bits := _bits(key)) < _LEAST_RSA]
        usable = [key for key in usable if key["kty"] != "RSA" or _bits(key) >= _LEAST_RSA]
        if short and not usable:
            raise SigningError(_too_short(short), where="JWKS", next="the provider must make longer keys")
        key_set = KeySet.import_key_set({"keys": usable})
    except (msgspec.DecodeError, JoseError, KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise SigningError(
            "the provider's keys are no JWK set", where="JWKS", next="give the file at its jwks_uri"
        ) from error
    try:
        decoded = jwt.decode(token.strip().decode("ascii"), key_set, algorithms=list(ALGORITHMS))
        return msgspec.convert(decoded.claims, _Claims)
    except msgspec.ValidationError as error:
        raise BadSignature(f"a claim is missing or of another kind: {error}", where="ID token", next=_NEXT) from error
    except (JoseError, UnicodeDecodeError, ValueError, KeyError, TypeError, RecursionError) as error:
        what = f"not signed by this provider ({type(error).__name__})"
        told = f"{what}; {_too_short(short)}, and not used" if short else what
        raise BadSignature(told, where="ID token", next=_NEXT) from error


def _too_short(found: Sequence[int]) -> str:
    return f"an RSA key of the provider has {min(found)} bits, less than {_LEAST_RSA}"
