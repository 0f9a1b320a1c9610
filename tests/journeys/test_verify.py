"""Whether a leaked key still works: asked of the vendor, only when a person says so."""

from pathlib import Path

import pytest

from clearance.rules.placeholder import expand
from journeys.place import Place
from verify.vendor import vendor

PAGE = """---
id: acme-token
title: No token of Acme stands in the text
severity: high
confidence: high
brief: Read the token from a secret store.
---
Revoke it.

## Detect

```token
pattern = '''acme_[A-Za-z0-9]{24}\\b'''
keywords = ["acme_"]
```

## Verify

```toml
url = "URL"
headers = { Authorization = "Bearer {secret}" }
```

## Caught

```text
use acme_{{alnum 24}} now
```

```text
acme_{{alnum 24}}
```

```yaml
token: acme_{{alnum 24}}
```

## Clean

```text
acme_
```

```text
acme_short
```

```text
acme
```
"""
TOKEN = expand("acme_{{alnum 24}}", seed="journey", limit=100)


@pytest.mark.parametrize(("path", "code", "word"), [("/200", 1, "valid"), ("/401", 0, "invalid"), ("/500", 4, "unknown")])
def test_a_key_is_asked_about_where_the_page_says(
    repository: Place, tmp_path: Path, path: str, code: int, word: str
) -> None:
    with vendor(tmp_path) as (server, ca):
        repository.write(".clearance/rules/secrets/acme-token.md", PAGE.replace("URL", server.url + path))
        repository.write("shop.env", f"A=1\nACME={TOKEN}\n")
        repository.commit("rules")
        verify = ("secrets", "verify", "shop.env:2")
        trusted = {"SSL_CERT_FILE": str(ca)}
        refused = repository.clearance(*verify, stdin=b"", **trusted)
        assert refused.code == 4
        assert f"sends     GET {server.url}{path}, the secret in the header Authorization" in refused.out
        assert "nothing was sent" in refused.out
        declined = repository.clearance(*verify, "--yes", **trusted)
        assert declined.code == 4
        assert f"--host localhost:{server.server_port}" in declined.out
        assert server.asked == [], "a team's rule is not enough to send a secret"
        answer = repository.clearance(*verify, "--yes", "--host", f"localhost:{server.server_port}", **trusted)
        assert answer.code == code, answer.err
        assert f"  {word}" in answer.out
        assert [asked[2]["Authorization"] for asked in server.asked] == [f"Bearer {TOKEN}"]
        agreed = repository.clearance(*verify, stdin=b"y\n", **trusted)
        assert agreed.code == code
        assert TOKEN not in refused.out + declined.out + answer.out + agreed.out + answer.err


def test_a_key_of_history_is_asked_about_through_standard_input(repository: Place, tmp_path: Path) -> None:
    with vendor(tmp_path) as (server, ca):
        repository.write(".clearance/rules/secrets/acme-token.md", PAGE.replace("URL", f"{server.url}/401"))
        repository.commit("rules")
        agreed = ("--yes", "--host", f"localhost:{server.server_port}")
        answer = repository.clearance(
            "secrets", "verify", "-", *agreed, stdin=f"it was {TOKEN}".encode(), SSL_CERT_FILE=str(ca)
        )
        assert answer.code == 0, answer.err
        assert len(server.asked) == 1


def test_what_cannot_be_asked_about_is_not_passed_over(repository: Place, tmp_path: Path) -> None:
    other = expand("acme_{{alnum 24}}", seed="name", limit=100)
    with vendor(tmp_path) as (server, ca):
        repository.write(".clearance/rules/secrets/acme-token.md", PAGE.replace("URL", f"{server.url}/401"))
        repository.commit("rules")
        repository.write("shop.env", f"A=1\nACME={TOKEN}\n")
        repository.write(f"{other}.txt", "a name\n")
        agreed = ("--yes", "--host", f"localhost:{server.server_port}")
        seen = repository.clearance("scan", "--format", "json").data["findings"]
        (name,) = (one["fingerprint"] for one in seen if one["place"]["line"] == 0)
        answer = repository.clearance("secrets", "verify", "shop.env:2", name, *agreed, SSL_CERT_FILE=str(ca))
        assert answer.code == 4, "one of two was not asked about"
        assert "  invalid" in answer.out
        assert "  unknown" in answer.out
        text = "\n".join(expand("acme_{{alnum 24}}", seed=str(n), limit=100) for n in range(1100))
        many = repository.clearance("secrets", "verify", "-", stdin=text.encode(), SSL_CERT_FILE=str(ca))
        assert many.code == 4
        assert "not looked at" in many.err


def test_what_nobody_found_cannot_be_asked_about(repository: Place) -> None:
    answer = repository.clearance("secrets", "verify", "README.md:1")
    assert answer.code == 2
    assert "no secret is found there" in answer.err


def test_a_secret_that_is_given_as_an_argument_is_not_repeated(repository: Place) -> None:
    answer = repository.clearance("secrets", "verify", TOKEN)
    assert answer.code == 2
    assert TOKEN not in answer.out + answer.err
    assert "standard input" in answer.err


def test_a_kind_that_nobody_can_be_asked_about_is_unknown(repository: Place) -> None:
    word = expand("{{alnum 20}}", seed="password", limit=100)
    repository.write("shop.env", f"DB_PASSWORD={word}\n")
    answer = repository.clearance("secrets", "verify", "shop.env:1", "--yes")
    assert answer.code == 4
    assert "names nobody who could be asked" in answer.out
    assert word not in answer.out
