"""Asking a vendor: what is sent, what an answer means, and what goes wrong."""

import ssl
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import built_in
from clearance.facts.errors import BadPage
from clearance.facts.finding import Confidence, Severity
from clearance.rules.model import Block, Rule
from clearance.verify.ask import Works, ask
from clearance.verify.endpoint import Endpoint, read_endpoint
from verify.vendor import Vendor, vendor

SECRET = "tok-" + "a1B2" * 5
BEARER = {"Authorization": "Bearer {secret}"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Vendor, ssl.SSLContext]]:
    with vendor(tmp_path_factory.mktemp("vendor")) as (server, ca):
        yield server, ssl.create_default_context(cafile=str(ca))


def page(text: str) -> Rule:
    return Rule(
        id="acme-token", family="secrets", title="t", severity=Severity.HIGH, confidence=Confidence.HIGH, brief="b",
        guidance="g", page="rules/secrets/acme-token.md", verify=Block(engine="verify", text=text, line=9),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "field", "works", "why"),
    [
        ("/200", "", Works.VALID, "answered 200"),
        ("/401", "", Works.INVALID, "answered 401"),
        ("/403", "", Works.UNKNOWN, "says nothing about the secret"),
        ("/429", "", Works.UNKNOWN, "asked too often"),
        ("/500", "", Works.UNKNOWN, "says nothing about the secret"),
        ("/redirect", "", Works.UNKNOWN, "a redirect, which is not followed"),
        ("/ok", "ok", Works.VALID, "ok fits"),
        ("/no", "ok", Works.INVALID, "ok does not fit"),
        ("/odd", "ok", Works.UNKNOWN, "without the field ok"),
        ("/200", "ok", Works.UNKNOWN, "without the field ok"),
    ],
)
def test_an_answer_means(running: tuple[Vendor, ssl.SSLContext], path: str, field: str, works: Works, why: str) -> None:
    server, context = running
    server.asked.clear()
    answer = ask(Endpoint(url=server.url + path, headers=BEARER, field=field), SECRET, context)
    assert answer.works is works
    assert why in answer.reason
    assert SECRET not in answer.reason
    assert len(server.asked) == 1
    assert server.asked[0][2]["Authorization"] == f"Bearer {SECRET}"


def test_the_secret_goes_where_the_page_says(running: tuple[Vendor, ssl.SSLContext]) -> None:
    server, context = running
    server.asked.clear()
    ask(Endpoint(url=f"{server.url}/200/bot{{secret}}/me?a=b", method="POST", body="x={secret}"), "a:b/c", context)
    ask(Endpoint(url=f"{server.url}/200", headers={"Authorization": "Basic {basic}"}), SECRET, context)
    assert server.asked[0][:2] == ("POST", "/200/bota:b%2Fc/me?a=b")
    assert server.asked[1][2]["Authorization"] == "Basic " + b64encode(f"{SECRET}:".encode()).decode()


def test_an_answer_without_end_is_none(running: tuple[Vendor, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch) -> None:
    server, context = running
    monkeypatch.setattr("clearance.verify.ask._SECONDS", 0.5)
    answer = ask(Endpoint(url=f"{server.url}/drip", headers=BEARER), SECRET, context)
    assert answer.works is Works.UNKNOWN
    assert "did not answer within" in answer.reason


@pytest.mark.parametrize(
    "endpoint",
    [
        Endpoint(url="https://a..b/", headers=BEARER),
        Endpoint(url="https://localhost:PORT/\u00e4", headers=BEARER),
        Endpoint(url="https://localhost:PORT/200", headers={**BEARER, "X-Team": "\u65e5"}),
    ],
)
def test_a_page_that_cannot_be_sent_is_no_crash(running: tuple[Vendor, ssl.SSLContext], endpoint: Endpoint) -> None:
    server, context = running
    asked = msgspec.structs.replace(endpoint, url=endpoint.url.replace("PORT", str(server.server_port)))
    answer = ask(asked, SECRET, context)
    assert answer.works is Works.UNKNOWN
    assert "cannot be asked" in answer.reason


def test_a_certificate_that_nobody_vouches_for_gets_nothing(running: tuple[Vendor, ssl.SSLContext]) -> None:
    server, _ = running
    server.asked.clear()
    answer = ask(Endpoint(url=f"{server.url}/200", headers=BEARER), SECRET)
    assert answer.works is Works.UNKNOWN
    assert "cannot be trusted; nothing was sent" in answer.reason
    assert server.asked == []


def test_a_vendor_that_cannot_be_reached_is_an_unknown_answer() -> None:
    answer = ask(Endpoint(url="https://localhost:9/", headers=BEARER), SECRET)
    assert answer.works is Works.UNKNOWN
    assert "cannot be asked" in answer.reason
    assert "localhost" in answer.reason


@pytest.mark.parametrize("secret", ["", "two\r\nX-Header: lines", "umlaut\u00e4", "a b"])
def test_what_cannot_be_sent_is_not_sent(running: tuple[Vendor, ssl.SSLContext], secret: str) -> None:
    server, context = running
    server.asked.clear()
    assert ask(Endpoint(url=f"{server.url}/200", headers=BEARER), secret, context).works is Works.UNKNOWN
    assert server.asked == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('url = "http://api.example.com/{secret}"', "must be https"),
        ('url = "https://me@api.example.com/{secret}"', "must be https"),
        ('url = "https://{secret}.example.com/"', "must be https"),
        ('url = "https://api.example.com/"', "nothing holds"),
        ('url = "https://api.example.com/"\nheaders = {"a b" = "{secret}"}', "a header"),
        ('url = "https://api.example.com/{secret}"\nheaders = {a = "b\\nc"}', "a header"),
        ('url = "https://api.example.com/{secret}"\nmethod = "DELETE"', "DELETE"),
        ('url = "https://api.example.com/{secret}"\nother = 1', "other"),
        ("url =", "Verify"),
    ],
)
def test_a_question_that_may_not_be_asked_is_refused(text: str, wrong: str) -> None:
    with pytest.raises(BadPage, match=wrong):
        read_endpoint(page(text))


def test_every_built_in_question_is_one_and_says_where_the_secret_goes() -> None:

    endpoints = {rule.id: endpoint for rule in built_in.catalogue() if (endpoint := read_endpoint(rule))}
    assert len(endpoints) >= 25
    for endpoint in endpoints.values():
        assert endpoint.told.startswith(f"{endpoint.method} https://")
        assert "the secret in " in endpoint.told
        assert "{secret}" not in endpoint.target("x")


def test_no_module_but_this_room_can_open_a_connection() -> None:
    import clearance

    top = Path(clearance.__file__).parent
    words = ("http.client", "urllib.request", "import socket", "import ssl", "create_connection")
    found = [
        "/".join(path.relative_to(top).parts[: 2 if path.relative_to(top).parts[0] == "frontends" else 1])
        for path in top.rglob("*.py")
        if any(word in line for word in words for line in path.read_text("utf-8").splitlines() if "import" in line)
    ]
    # Front ends that serve: what they open are sockets of this machine, or the address that a person gave.
    serving = {"frontends/hooks", "frontends/resident", "frontends/mcp", "frontends/lsp", "frontends/witness"}
    assert set(found) <= {"verify", "fetch", *serving}, found
