"""What a name promises, and what a value looks like."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.finding import Confidence
from clearance.scan.secrets.names import KEYWORDS, kind_of
from clearance.scan.secrets.rarity import entropy, rarity
from clearance.scan.secrets.values import Kind, is_wordy, judge


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("password", Kind.PASSWORD),
        ("DB_PASSWORD", Kind.PASSWORD),
        ("dbPassword", Kind.PASSWORD),
        ("db-pass", Kind.PASSWORD),
        ("PGPASSWORD", Kind.PASSWORD),
        ("spring.datasource.password", Kind.PASSWORD),
        ("password_prod", Kind.PASSWORD),
        ("password2", Kind.PASSWORD),
        ("userPwd", Kind.PASSWORD),
        ("passphrase", Kind.PASSPHRASE),
        ("ssh_key_passphrase", Kind.PASSPHRASE),
        ("client_secret", Kind.SECRET),
        ("AWS_SECRET_ACCESS_KEY", Kind.SECRET),
        ("secretKey", Kind.SECRET),
        ("api_key", Kind.KEY),
        ("apiKey", Kind.KEY),
        ("APIKEY", Kind.KEY),
        ("x-api-key", Kind.KEY),
        ("authToken", Kind.KEY),
        ("_authToken", Kind.KEY),
        ("_auth", Kind.KEY),
        ("credentials", Kind.KEY),
        ("key", None),
        ("keyboard", None),
        ("bypass", None),
        ("compass", None),
        ("password_hash", None),
        ("hashed_password", None),
        ("token_url", None),
        ("csrf_token", None),
        ("public_key", None),
        ("has_password", None),
        ("tokens", None),
        ("max_tokens", None),
        ("secret_name", None),
        ("passwordField", None),
        ("primary_key", None),
        ("auth", None),
        ("", None),
        ("_", None),
    ],
)
def test_a_name_promises(name: str, kind: Kind | None) -> None:
    assert kind_of(name) is kind


@given(st.text("abcKEYSpasswordtokencredauthkeysecretpwd_-.0123", max_size=40))
def test_a_name_that_promises_something_holds_a_keyword(name: str) -> None:
    assert kind_of(name) is None or any(word.decode() in name.lower() for word in KEYWORDS)


@pytest.mark.parametrize(
    ("text", "kind", "confidence"),
    [
        ("Summer" + "2024", Kind.PASSWORD, Confidence.MEDIUM),
        ("Summer" + "2024!", Kind.PASSWORD, Confidence.HIGH),
        ("xK9" + "#fjq2Lm", Kind.PASSWORD, Confidence.HIGH),
        ("tiger coffee marble rocket", Kind.PASSPHRASE, Confidence.MEDIUM),
        ("please enter the passphrase", Kind.PASSPHRASE, None),
        ("swordfish", Kind.PASSWORD, None),
        ("access_token", Kind.KEY, None),
        ("refresh-token-v2", Kind.KEY, None),
        ("0123456789abcdef0123456789abcdef", Kind.KEY, None),
        ("x", Kind.KEY, None),
    ],
)
def test_a_value_is_judged(text: str, kind: Kind | None, confidence: Confidence | None) -> None:
    assert judge(text, kind, literal=False) is confidence


def test_a_plain_word_counts_where_nothing_but_a_value_can_stand() -> None:
    assert judge("swordfish", Kind.PASSWORD, literal=True) is Confidence.LOW


@given(text=st.text(max_size=300), kind=st.sampled_from(list(Kind)), literal=st.booleans())
def test_judging_never_fails(*, text: str, kind: Kind, literal: bool) -> None:
    assert judge(text, kind, literal=literal) in {None, *Confidence}


def test_rarity_tells_words_from_random_letters(make: Any) -> None:
    assert rarity("authentication backend") < 4.7 < rarity(make.draw("abcdefghijklmnopqrstuvwxyz", 60))
    assert rarity("") == rarity("1234") == 0.0
    assert is_wordy("getDatabaseConnection")
    assert not is_wordy(make.alnum(30))


def test_entropy_is_that_of_shannon() -> None:
    assert entropy("") == 0.0
    assert entropy("aaaa") == 0.0
    assert entropy("abcd") == 2.0
