"""The server over HTTP: who may ask, and in which revision."""

import asyncio
import contextlib
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx2
import pytest
from click.testing import CliRunner
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from clearance.facts.errors import UsageError
from clearance.frontends.cli.mcp import command
from clearance.frontends.mcp.http import Wanted, listening, token_of
from frontends.mcp.talking import COMMAND

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
HEADERS = {"Accept": "application/json, text/event-stream"}


class Served(NamedTuple):
    url: str
    token: str


@contextlib.contextmanager
def served(directory: Path, *more: str) -> Iterator[Served]:
    process = subprocess.Popen(
        [*COMMAND, "-C", directory, "--http", "127.0.0.1:0", *more], stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.fullmatch(r"clearance mcp: (http://\S+/mcp), (?:token: (.+)|no token: .+)\n", said)
        assert found, said
        where = found[2]
        token = os.environ.get("CLEARANCE_MCP_TOKEN") or (Path(where).read_text().strip() if where else "")
        yield Served(found[1], token)
    finally:
        process.terminate()
        process.wait(30)
        assert process.stderr is not None
        process.stderr.close()


def ask(server: Served, **headers: str) -> httpx2.Response:
    return httpx2.post(server.url, json=PING, headers=HEADERS | headers)


def test_both_revisions_are_spoken_to_who_holds_the_token(repository: Path) -> None:
    async def talk(server: Served, mode: str, revision: str) -> None:
        headers = {"Authorization": f"Bearer {server.token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60) as http,
            Client(streamable_http_client(server.url, http_client=http), mode=mode) as client,
        ):
            assert client.protocol_version == revision
            answer = await client.call_tool("check_change", {})
            assert answer.structured_content["verdict"] == "DENY"
            outside = await client.call_tool("check_code", {"text": "x", "path": "/etc/passwd"})
            assert outside.is_error

    with served(repository) as server:
        asyncio.run(talk(server, "auto", "2026-07-28"))
        asyncio.run(talk(server, "legacy", "2025-11-25"))


def test_nobody_else_is_let_in(repository: Path) -> None:
    with served(repository) as server:
        good = f"Bearer {server.token}"
        for wrong in ("", "Bearer", "Bearer x", server.token, f"Basic {server.token}", f"Bearer {server.token}x"):
            refused = ask(server, Authorization=wrong)
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
            assert server.token not in refused.text
        assert ask(server).status_code == 401
        twice = httpx2.post(
            server.url, json=PING, headers=[*HEADERS.items(), ("Authorization", "Bearer x"), ("Authorization", good)]
        )
        assert twice.status_code == 401
        assert ask(server, Authorization=good, Host="evil.example").status_code == 421
        for origin in ("http://evil.example", "http://localhost:3000", "null"):
            assert ask(server, Authorization=good, Origin=origin).status_code == 403
        large = httpx2.post(server.url, content=b"x" * (33 << 20), headers=HEADERS | {"Authorization": good})
        assert large.status_code == 413


def test_the_token_rests_in_a_file_of_its_owner_and_stays(repository: Path) -> None:
    first, where = token_of(os.environ)
    assert len(first) >= 32
    assert Path(where).stat().st_mode & 0o777 == 0o600
    assert token_of(os.environ) == (first, where)
    Path(where).chmod(0o644)
    with pytest.raises(Exception, match="600"):
        token_of(os.environ)


@pytest.mark.parametrize("token", ["", "short", "a" * 31, "a b" * 20, "ü" * 40, "a" * 2000, "a\n" * 20])
def test_a_weak_token_of_the_environment_is_refused(token: str) -> None:
    with pytest.raises(UsageError, match="is no token"):
        token_of({"CLEARANCE_MCP_TOKEN": token})


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted("8765"), "is no HOST:PORT"),
        (Wanted("127.0.0.1:"), "is no HOST:PORT"),
        (Wanted("127.0.0.1:99999"), "is no HOST:PORT"),
        (Wanted("127.0.0.1:" + "9" * 5_000), "is no HOST:PORT"),
        (Wanted("a" * 64 + ".example:1"), "is no name of a host"),
        (Wanted("a..example:1"), "is no name of a host"),
        (Wanted("\ud800:1"), "is no name of a host"),
        (Wanted("0.0.0.0:0"), "others would reach"),
        (Wanted("[::]:0"), "others would reach"),
        (Wanted("0.0.0.0:0", remote=True, token=False, names=("x",)), "would let anybody ask"),
        (Wanted("0.0.0.0:0", remote=True), "--remote needs the name"),
    ],
)
def test_an_address_that_others_reach_takes_a_word_a_token_and_a_name(wanted: Wanted, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        listening(wanted)


def test_without_a_token_only_this_machine_may_ask_and_only_by_its_name(repository: Path) -> None:
    with served(repository, "--no-token", "--origin", "http://127.0.0.1:5173") as server:
        assert ask(server, Host="evil.example").status_code == 421
        assert ask(server, Origin="http://evil.example").status_code == 403
        assert ask(server, Origin="http://127.0.0.1:5173").status_code not in (401, 403, 421)


def test_options_of_http_alone_are_used_wrongly() -> None:
    for option in (["--remote"], ["--name", "x"], ["--origin", "http://x"], ["--no-token"]):
        result = CliRunner().invoke(command, option)
        assert result.exit_code == 2
        assert "go with --http" in result.output


def test_who_floods_meets_the_limit_and_nobody_is_locked_out_afterwards(repository: Path) -> None:
    with served(repository, "--no-token") as server:
        address = urlsplit(server.url)
        place = (str(address.hostname), int(address.port or 0))
        held = [socket.create_connection(place) for _ in range(40)]
        for one in held:
            one.sendall(b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        assert ask(server).status_code == 503
        for one in held:
            one.close()
        for _ in range(100):  # until the server has seen that they are gone
            if ask(server).status_code != 503:
                break
        assert ask(server).status_code != 503
