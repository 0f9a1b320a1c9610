"""What the structure of tokens proves, against the vendors' own values and values that are made here."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.rules.placeholder import expand
from clearance.scan.secrets.checks import CHECKS


def made(placeholder: str, seed: str = "s") -> str:
    return expand("{{" + placeholder + "}}", seed=seed, limit=10_000)


def passes(check: str, text: str) -> bool:
    return CHECKS[check].passes(text)


def changed(text: str, at: int) -> str:
    """Give the text with one letter or digit replaced by another of its kind."""
    old = text[at]
    new = "3" if old != "3" and old.isdigit() else "4" if old.isdigit() else "q" if old != "q" and old.islower() else "z"
    return text[:at] + (new if old.isdigit() or old.islower() else "Q" if old != "Q" else "Z") + text[at + 1 :]


@pytest.mark.parametrize(
    ("check", "placeholder"),
    [
        ("crc32-base62", "crc32-base62 ghp_ 30"),
        ("crc32-base36", "crc32-base36 glpat- 27"),
        ("crc32-hex", "crc32-hex glsa_ 32"),
        ("base58check", "base58check 0488ADE4 74"),
        ("bech32", "bech32 nsec 32"),
        ("age-bech32", "bech32 AGE-SECRET-KEY- 32"),
    ],
)
@given(seed=st.text(max_size=6), where=st.integers(8, 30))
def test_check_digits_hold_and_one_changed_character_breaks_them(
    check: str, placeholder: str, seed: str, where: int
) -> None:
    value = made(placeholder, seed)
    assert passes(check, value)
    if value[where].isalnum() and changed(value, where) != value:
        assert not passes(check, changed(value, where).upper() if value.isupper() else changed(value, where))


def test_the_routable_token_of_the_vendors_own_page_passes() -> None:
    # GitLab handbook, "Routable tokens": the shortest token, without a prefix
    assert passes("crc32-base36", "bzoxd_Rb5_cHeWe1JH56wr2FCBA" + ".0r1pum4t4")
    assert not passes("crc32-base36", "bzoxd_Rb5_cHeWe1JH56wr2FCBA" + ".0s1pum4t4")


def test_base58check_reads_the_vector_of_bip_32() -> None:
    # BIP 32, test vector 1, chain m, the public key; and a changed last digit
    key = "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8"
    assert passes("base58check", key)
    assert not passes("base58check", key[:-1] + "9")
    assert not passes("base58check", "0" * 51)
    assert not passes("base58check", "")


def test_the_account_in_an_aws_key_id_has_twelve_digits_at_most() -> None:
    def key_id(account: int) -> str:
        return "AKIA" + base64.b32encode((1 << 47 | account << 7).to_bytes(6) + b"\x11\x22\x33\x44").decode()[:16]

    assert passes("aws-key-id", key_id(123_456_789_012))
    assert passes("aws-key-id", key_id(10**12 - 1))
    assert not passes("aws-key-id", key_id(10**12))
    assert not passes("aws-key-id", "AKIA" + "1" * 16)


def _jwt(**claims: object) -> str:
    header, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "RS256"}, claims)
    )
    return f"{header}.{body}.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("check", "claims"),
    [
        ("jwt-argocd", {"iss": "argocd"}),
        ("jwt-auth0", {"iss": "https://acme.eu.auth0.com/"}),
        ("jwt-firebase", {"iss": "https://securetoken.google.com/acme"}),
        ("jwt-kubernetes", {"iss": "kubernetes/serviceaccount"}),
        ("jwt-kubernetes", {"iss": "https://oidc.example.net", "sub": "system:serviceaccount:a:b"}),
        ("jwt-microsoft", {"iss": "https://sts.windows.net/0a/"}),
        ("jwt-monday", {"tid": 1, "uid": 2, "actid": 3}),
        ("jwt-n8n", {"iss": "n8n"}),
        ("jwt-okta", {"iss": "https://acme.okta.com/oauth2/default"}),
        ("jwt-supabase", {"iss": "supabase", "role": "service_role"}),
        ("jwt-temporal", {"iss": "temporal.io"}),
        ("jwt-turso", {"a": "rw", "iat": 1}),
    ],
)
def test_the_issuer_tells_whose_token_it_is(check: str, claims: dict[str, object]) -> None:
    token = _jwt(**claims)
    assert [name for name in CHECKS if name.startswith("jwt-") and passes(name, token)] == [check]
    assert passes("jwt", token)


def test_the_public_key_of_a_supabase_project_is_no_secret() -> None:
    assert not passes("jwt-supabase", _jwt(iss="supabase", role="anon"))


@pytest.mark.parametrize(
    "text", ["", ".", "..", "eyJ", "eyJ.eyJ.eyJ", "\x00" * 40, "e30.e30.e30", "W10.W10.W10", "-" * 5000]
)
@pytest.mark.parametrize("check", sorted(CHECKS.keys() - {"random"}))
def test_no_check_takes_or_chokes_on_what_is_nothing(check: str, text: str) -> None:
    assert not passes(check, text)


@given(st.text(max_size=300))
def test_no_check_fails_on_any_text(text: str) -> None:
    assert {passes(check, text) for check in CHECKS} <= {True, False}


@pytest.mark.parametrize(
    "text",
    [
        "getAccessTokenFromEnvironment2",
        "the-quick-brown-fox-jumps-over-1",
        "application_settings_provider_v2",
        "123456789012",
    ],
)
def test_words_and_numbers_are_not_random(text: str) -> None:
    assert not passes("random", text)


@given(st.text(max_size=6), st.sampled_from(["alnum 32", "lower-alnum 26", "base32 26", "base64url 43", "upper-alnum 36"]))
def test_random_text_is_random(seed: str, placeholder: str) -> None:
    # One in some hundred reads like words by chance; a seed that does is not a fault of the check.
    assert sum(passes("random", made(placeholder, f"{seed}{number}")) for number in range(20)) >= 15


def test_what_others_share_a_prefix_with_is_told_apart_by_its_body() -> None:
    assert passes("workos", "sk_live_" + base64.b64encode(b"key_01ABCDEF,secret").decode())
    assert not passes("workos", made("join sk_live_|") + made("alnum 90"))
    assert passes("discord-id", made("snowflake 18") + ".abc.def")
    assert not passes("discord-id", made("alnum 24") + ".abc.def")
