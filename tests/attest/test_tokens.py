"""ID tokens: whom they name, and each claim that may make one worthless."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from clearance.attest.tokens import authenticate, issuer_of
from clearance.facts.errors import BadSignature, SigningError
from clearance.facts.provider import Provider

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER = "https://login.example.com"
KEY = ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})
JWKS = json.dumps({"keys": [KEY.as_dict(private=False)]}).encode()
PEOPLE = Provider(issuer=ISSUER, audience=("clearance",))
ADA = {
    "iss": ISSUER,
    "sub": "1",
    "aud": "clearance",
    "exp": AT + 300,
    "iat": AT - 5,
    "email": "ada@example.com",
    "email_verified": True,
}


def token(claims: dict[str, Any], key: Any = KEY, algorithm: str = "ES256", **header: str) -> bytes:
    kept = {name: value for name, value in claims.items() if value is not None}
    head = {"alg": algorithm, "kid": "one", **header}
    return jwt.encode(head, kept, key, algorithms=[algorithm]).encode()


def named(claims: dict[str, Any], provider: Provider = PEOPLE, **how: Any) -> Any:
    return authenticate(token(claims), JWKS, provider, "acme.example", NOW, **how)


def test_a_person_is_named_by_the_address_that_the_provider_verified() -> None:
    identity = named(ADA)
    assert (identity.name, identity.issuer, identity.kind) == ("ada@example.com", ISSUER, "person")
    assert issuer_of(token(ADA)) == ISSUER
    assert named(ADA | {"nonce": "n"}, nonce="n") == identity


def test_keys_nested_without_end_are_no_keys_and_domains_have_no_case() -> None:
    with pytest.raises(SigningError, match="no JWK set"):
        authenticate(token(ADA), b"[" * 5_000 + b"]" * 5_000, PEOPLE, "acme.example", NOW)
    assert named(ADA, Provider(issuer=ISSUER, audience=("clearance",), domains=("Example.com",))).name == "ada@example.com"


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        ({"iss": "https://login.example.org"}, "iss"),
        ({"aud": "other"}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": ["clearance", "other"]}, "aud"),
        ({"aud": ["clearance", "other"], "azp": "other"}, "azp"),
        ({"azp": "other"}, "azp"),
        ({"exp": AT - 60}, "exp"),
        ({"iat": AT + 61}, "iat"),
        ({"iat": AT - 86_400}, "iat"),
        ({"nbf": AT + 61}, "nbf"),
        ({"email_verified": False}, "email_verified"),
        ({"email_verified": None}, "email_verified"),
        ({"email_verified": "yes"}, "email_verified"),
        ({"email": None}, "email"),
        ({"email": ""}, "email"),
        ({"email": "ada"}, "email"),
        ({"email": "\u00e4da@example.com"}, "email"),
        ({"email": "spiffe://acme.example/agent/x"}, "email"),
        ({"email": "spiffe://acme.example/agent/x@example.com"}, "email"),
        ({"email": "a@example.com\nb@example.com"}, "email"),
    ],
)
def test_a_claim_that_is_wrong_is_refused_by_name(change: dict[str, Any], claim: str) -> None:
    with pytest.raises(BadSignature) as told:
        named(ADA | change)
    assert told.value.where == f"ID token: {claim}"
    assert told.value.next


@pytest.mark.parametrize("missing", ["iss", "sub", "aud", "exp", "iat"])
def test_a_claim_that_must_be_there_is_insisted_on(missing: str) -> None:
    with pytest.raises(BadSignature, match=missing):
        named(ADA | {missing: None})


def test_several_audiences_need_the_party_that_it_was_issued_to() -> None:
    assert named(ADA | {"aud": ["clearance", "other"], "azp": "clearance"}).name == "ada@example.com"


def test_an_answer_to_another_question_is_refused() -> None:
    for nonce in ({}, {"nonce": "other"}):
        with pytest.raises(BadSignature, match="another question"):
            named(ADA | nonce, nonce="mine")


def test_only_addresses_of_the_configured_domains_count() -> None:
    provider = Provider(issuer=ISSUER, audience=("clearance",), domains=("example.com",))
    assert named(ADA, provider).name == "ada@example.com"
    for address in ("ada@example.org", "ada@sub.example.com", "ada@notexample.com"):
        with pytest.raises(BadSignature, match="another domain"):
            named(ADA | {"email": address}, provider)


@pytest.mark.parametrize(
    ("names", "claim", "value", "name"),
    [
        ("github", "repository", "acme/shop", "spiffe://acme.example/ci/github/acme/shop"),
        ("gitlab", "project_path", "acme/team/shop", "spiffe://acme.example/ci/gitlab/acme/team/shop"),
    ],
)
def test_a_job_is_named_by_its_repository_and_is_never_a_person(names: Any, claim: str, value: str, name: str) -> None:
    provider = Provider(issuer=ISSUER, audience=("clearance",), names=names, repositories=("*",))
    identity = named(ADA | {claim: value}, provider)
    assert (identity.name, identity.kind) == (name, "service")
    for wrong in ("", "acme", "acme//shop", "acme/../shop", "acme/sh op", "../agent/x", f"a/{'b' * 200}"):
        with pytest.raises(BadSignature) as told:
            named(ADA | {claim: wrong}, provider)
        assert told.value.where == f"ID token: {claim}"


@pytest.mark.parametrize(
    ("patterns", "repository", "may"),
    [
        (["acme/shop"], "acme/shop", True),
        (["acme/shop"], "Acme/Shop", True),
        (["acme/shop"], "acme/shop2", False),
        (["acme/shop"], "acme/shop/more", False),
        (["acme/*"], "acme/shop", True),
        (["acme/*"], "acme/team/shop", True),
        (["acme/*"], "acme2/shop", False),
        (["acme/team/*"], "acme/shop", False),
        (["x/y", "acme/shop"], "acme/shop", True),
        (["*"], "evil/shop", True),
        (["acme/*"], "evil/acme/shop", False),
        ([], "acme/shop", False),
    ],
)
def test_only_jobs_of_the_configured_repositories_sign(patterns: list[str], repository: str, may: bool) -> None:  # noqa: FBT001
    provider = Provider(issuer=ISSUER, audience=("clearance",), names="github", repositories=tuple(patterns))
    claims = ADA | {"repository": repository}
    if may:
        assert named(claims, provider).name == f"spiffe://acme.example/ci/github/{repository}"
        return
    with pytest.raises(BadSignature, match=f"a job of {repository}, which is none of the repositories") as told:
        named(claims, provider)
    assert "`repositories` of its [[oidc]]" in told.value.next


@pytest.mark.filterwarnings("ignore:Key size")
def test_an_rsa_key_that_is_too_short_signs_nothing() -> None:
    short, long = (RSAKey.generate_key(bits, {"kid": str(bits), "use": "sig"}) for bits in (1024, 2048))
    both = json.dumps({"keys": [one.as_dict(private=False) for one in (short, long)]}).encode()
    alone = json.dumps({"keys": [short.as_dict(private=False)]}).encode()
    by_short, by_long = (token(ADA, one, "RS256", kid=one.kid) for one in (short, long))
    assert authenticate(by_long, both, PEOPLE, "acme.example", NOW).name == "ada@example.com"
    with pytest.raises(BadSignature, match="an RSA key of the provider has 1024 bits, less than 2048, and not used"):
        authenticate(by_short, both, PEOPLE, "acme.example", NOW)
    with pytest.raises(SigningError, match="an RSA key of the provider has 1024 bits, less than 2048"):
        authenticate(by_short, alone, PEOPLE, "acme.example", NOW)


def test_a_signature_that_is_not_the_providers_is_refused() -> None:
    shared = OctKey.import_key(JWKS)
    head, body, signature = token(ADA).split(b".")
    unsigned = b"eyJhbGciOiJub25lIn0." + body + b"."
    forged = [
        token(ADA, ECKey.generate_key("P-256", {"kid": "one"})),
        token(ADA, RSAKey.generate_key(2048, {"kid": "one"}), "RS256"),
        token(ADA, shared, "HS256"),  # the public key as if it were a shared secret
        unsigned,
        b".".join((head, body, signature[:-4] + b"AAAA")),
        b".".join((head, body[:-4] + b"AAAA", signature)),
        b".".join((head, body)),
        b"",
        b"\xff",
        b"x" * 70_000,
    ]
    for one in forged:
        with pytest.raises(BadSignature):
            authenticate(one, JWKS, PEOPLE, "acme.example", NOW)
    assert issuer_of(b"") == issuer_of(b"a.b.c") == issuer_of(b"a.W10.c") == ""


@pytest.mark.parametrize("keys", [b"", b"[]", b"{}", b'{"keys": 3}', b'{"keys": [{"kty": "RSA"}]}', b"\xff"])
def test_keys_that_are_none_are_told(keys: bytes) -> None:
    with pytest.raises((SigningError, BadSignature)):
        authenticate(token(ADA), keys, PEOPLE, "acme.example", NOW)
