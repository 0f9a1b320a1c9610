"""ID tokens of a real OpenID provider (npm oidc-provider), obtained as a browser does: code, PKCE, nonce."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clearance.facts.errors import BadSignature, SigningError, UsageError
from clearance.facts.provider import Provider
from clearance.wiring.authenticating import keys_of
from clearance.wiring.trust_setup import Choices, set_up
from clearance.wiring.trusting import House

HERE = Path(__file__).parent / "verifiers"


@pytest.fixture(scope="module")
def provider() -> Iterator[dict[str, Any]]:
    given = os.environ.get("CLEARANCE_CLIENTS", "")
    if not given or not Path(given, "oidc-provider").is_dir():
        if os.environ.get("CLEARANCE_NO_SKIP"):
            pytest.fail("CLEARANCE_CLIENTS names no folder with oidc-provider, and nothing may be skipped here")
        pytest.skip("needs CLEARANCE_CLIENTS, a node_modules folder with oidc-provider")
    command = ["node", HERE / "provider.mjs", Path(given).resolve()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as served:
        assert served.stdin
        assert served.stdout
        try:
            yield json.loads(served.stdout.readline())
        finally:
            served.stdin.close()
            served.wait()


@pytest.fixture
def house(provider: dict[str, Any], tmp_path: Path) -> House:
    made = House({"CLEARANCE_HOME": str(tmp_path / "home"), "HOME": "/nonexistent"})
    (tmp_path / "jwks.json").write_text(provider["jwks"], encoding="utf-8")
    choices = Choices(
        domain="acme.example", issuer=provider["issuer"], audiences=("clearance",), jwks=tmp_path / "jwks.json"
    )
    set_up(made, choices)
    return made


@pytest.mark.system("node")
def test_a_person_who_logged_in_signs(house: House, provider: dict[str, Any]) -> None:
    identity = house.authenticate(provider["tokens"]["ada"].encode(), nonce="question-1")
    assert (identity.name, identity.issuer, identity.kind) == ("ada@example.com", provider["issuer"], "person")
    assert house.credential(identity).identity == identity


@pytest.mark.system("node")
@pytest.mark.parametrize(
    ("who", "nonce", "claim"),
    [
        ("eve", "", "email_verified"),
        ("bot", "", "email"),
        ("elsewhere", "", "aud"),
        ("ada", "another question", "nonce"),
    ],
)
def test_a_token_that_must_not_count_does_not(
    house: House, provider: dict[str, Any], who: str, nonce: str, claim: str
) -> None:
    with pytest.raises(BadSignature) as told:
        house.authenticate(provider["tokens"][who].encode(), nonce=nonce)
    assert told.value.where == f"ID token: {claim}"


@pytest.mark.system("node")
def test_a_providers_keys_are_asked_for_where_its_metadata_says(provider: dict[str, Any]) -> None:
    keys = json.loads(keys_of(Provider(issuer=provider["plain"], audience=("clearance",))))
    assert {key["kty"] for key in keys["keys"]} >= {"RSA"}
    for wrong in (f"{provider['plain']}/elsewhere", "http://127.0.0.1:1", "http://login.example.com"):
        with pytest.raises(SigningError) as told:
            keys_of(Provider(issuer=wrong, audience=("clearance",)))
        assert told.value.next


@pytest.mark.system("node")
def test_a_token_of_a_provider_that_nobody_configured_is_refused(provider: dict[str, Any], tmp_path: Path) -> None:
    house = House({"CLEARANCE_HOME": str(tmp_path / "home"), "HOME": "/nonexistent"})
    with pytest.raises(UsageError, match="no configured identity provider"):
        house.authenticate(provider["tokens"]["ada"].encode())
