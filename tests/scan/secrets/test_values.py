"""What a name promises, and what a value looks like."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.finding import Confidence, Look
from clearance.scan.secrets.expressions import NAME
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
        ("authToken", Kind.TOKEN),
        ("_authToken", Kind.TOKEN),
        ("_auth", Kind.KEY),
        ("credentials", Kind.KEY),
        ("key", Kind.FAINT),
        ("auth", Kind.FAINT),
        ("Authorization", Kind.FAINT),
        ("pw", Kind.PASSWORD),
        ("userpw", Kind.PASSWORD),
        ("mot_de_passe", Kind.PASSWORD),
        ("requirepass", Kind.PASSWORD),
        ("password.equals", Kind.PASSWORD),
        ("password_field.send_keys", Kind.PASSWORD),
        ("otp_seed", Kind.SECRET),
        ("passwordSalt", Kind.SALT),
        ("nonce", Kind.SALT),
        ("sim_pin", Kind.PIN),
        ("author", None),
        ("authKind", None),
        ("pinterest", None),
        ("renderPass", None),
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
        ("", None),
        ("_", None),
    ],
)
def test_a_name_promises(name: str, kind: Kind | None) -> None:
    assert kind_of(name) is kind


@given(st.text("abcKEYSpasswordtokencredauthkeysecretpwd_-.0123", max_size=40))
def test_a_name_that_promises_something_holds_a_keyword(name: str) -> None:
    assert kind_of(name) is None or any(word.decode() in name.lower() for word in KEYWORDS)


@given(st.text("abcKEYSpasswordtokencredauthkeysecretpwd_-.0123saltnoncepin", max_size=24))
def test_the_prefilter_knows_each_name_that_promises_something(name: str) -> None:
    assert kind_of(name) is None or kind_of(name) is Kind.FAINT or re.search(NAME, name, re.IGNORECASE)


@pytest.mark.parametrize(
    ("text", "kind", "judged"),
    [
        ("Summer" + "2024", Kind.PASSWORD, Confidence.MEDIUM),
        ("Summer" + "2024!", Kind.PASSWORD, Confidence.HIGH),
        ("sunshine" + "42", Kind.PASSWORD, Confidence.MEDIUM),
        ("letmein" + "!", Kind.PASSWORD, Confidence.MEDIUM),
        ("hunter" + "2", Kind.PASSWORD, Confidence.MEDIUM),
        ("Welcome" + "1", Kind.PASSWORD, Confidence.MEDIUM),
        ("p@ssw" + "0rd", Kind.PASSWORD, Confidence.HIGH),
        ("xK9" + "#fjq2Lm", Kind.PASSWORD, Confidence.HIGH),
        ("qkzjwvhb", Kind.PASSWORD, Confidence.MEDIUM),
        ("swordfish", Kind.PASSWORD, Confidence.LOW),
        ("tiger coffee marble rocket", Kind.PASSPHRASE, Confidence.MEDIUM),
        ("839" + "2017", Kind.PASSWORD, Confidence.LOW),
        ("4711", Kind.PIN, Confidence.LOW),
        ("0f8fad5b-d9cb-469f-a165-70867728950e", Kind.SECRET, Confidence.LOW),
        ("0f8fad5b-d9cb-469f-a165-70867728950e", Kind.TOKEN, Look.IDENTIFIER),
        ("please enter the passphrase", Kind.PASSPHRASE, Look.WORDS),
        ("access_token", Kind.KEY, Look.PLACEHOLDER),
        ("refresh-token-v2", Kind.KEY, Look.PLACEHOLDER),
        ("0123456789abcdef0123456789abcdef", Kind.KEY, Look.PLACEHOLDER),
        ("a1b2c3d4e5f6", Kind.KEY, Look.PLACEHOLDER),
        ("sk-...xyz123", Kind.KEY, Look.PLACEHOLDER),
        ("mysecretpass", Kind.PASSWORD, Look.PLACEHOLDER),
        ("utf-16le", Kind.PASSWORD, Look.WORDS),
        ("oauth2", Kind.PASSWORD, Look.WORDS),
        ("us-east-1", Kind.PASSWORD, Look.WORDS),
        ("joe@corp.io", Kind.PASSWORD, Look.IDENTIFIER),
        ("authlib>=1.0.0", Kind.PASSWORD, Look.PATTERN),
        ("notify/html5/general", Kind.PASSWORD, Look.REFERENCE),
        ("op://vault/item/field", Kind.PASSWORD, Look.REFERENCE),
        ("x", Kind.KEY, Look.WEAK),
    ],
)
def test_a_value_is_judged(text: str, kind: Kind, judged: Confidence | Look) -> None:
    assert judge(text, kind, literal=False) is judged


def test_a_plain_word_counts_where_nothing_but_a_value_can_stand() -> None:
    assert judge("swordfish", Kind.PASSWORD, literal=True) is Confidence.LOW


@given(text=st.text(max_size=300), kind=st.sampled_from(list(Kind)), literal=st.booleans())
def test_judging_never_fails(*, text: str, kind: Kind, literal: bool) -> None:
    assert judge(text, kind, literal=literal) in {*Look, *Confidence}


def test_rarity_tells_words_from_random_letters(make: Any) -> None:
    assert rarity("authentication backend") < 4.7 < rarity(make.draw("abcdefghijklmnopqrstuvwxyz", 60))
    assert rarity("") == rarity("1234") == 0.0
    assert is_wordy("getDatabaseConnection")
    assert not is_wordy(make.alnum(30))


def test_entropy_is_that_of_shannon() -> None:
    assert entropy("") == 0.0
    assert entropy("aaaa") == 0.0
    assert entropy("abcd") == 2.0
