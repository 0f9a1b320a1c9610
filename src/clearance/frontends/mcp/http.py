"""Streamable HTTP: one endpoint, a bearer token, and no answer to pages that a browser was led to."""

import contextlib
import hashlib
import hmac
import ipaddress
import os
import secrets
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from clearance.facts.errors import CouldNotLook, UsageError
from clearance.facts.text import visible
from clearance.wiring.serving import Bench, keys_folder

PATH = "/mcp"
TOKEN_VARIABLE = "CLEARANCE_MCP_TOKEN"  # noqa: S105 -- a name
_TOKEN_FILE = "mcp.token"  # noqa: S105 -- a name
_SHORTEST = 32
_LONGEST = 1024
_MOST_BODY = 32 << 20
_MOST_SESSIONS = 64
_IDLE_SECONDS = 1800.0
_MOST_CONNECTIONS = 32
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Wanted(NamedTuple):
    """What a person asked for. `address` is HOST:PORT; `names` are those under which clients reach the server, `origins` the
    web pages that may ask."""

    address: str
    remote: bool = False
    token: bool = True
    names: Sequence[str] = ()
    origins: Sequence[str] = ()


def token_of(environment: Mapping[str, str]) -> tuple[str, str]:
    """Give the token and where it comes from: the environment, or an owner-only file that is made on first need.

    Raises:
        UsageError: the environment holds one that is too short to be a secret.
        ClearanceError: the file is not private, or cannot be written.
    """
    given = environment.get(TOKEN_VARIABLE)
    if given is not None:
        if not _SHORTEST <= len(given) <= _LONGEST or not given.isascii() or not given.isprintable() or " " in given:
            raise UsageError(
                f"${TOKEN_VARIABLE} is no token", next=f"give {_SHORTEST} to {_LONGEST:,} ASCII characters without spaces"
            )
        return given, f"${TOKEN_VARIABLE}"
    folder = keys_folder(environment)
    where = str(folder.directory / _TOKEN_FILE)
    if folder.read(_TOKEN_FILE) is None:
        folder.replace(_TOKEN_FILE, f"{secrets.token_urlsafe(32)}\n".encode())
    kept = (folder.read(_TOKEN_FILE) or b"").decode("ascii", "replace").strip()
    if len(kept) < _SHORTEST:
        raise UsageError("holds no token", where=where, next="remove it: a new one is made")
    return kept, where


def listening(wanted: Wanted) -> socket.socket:
    """Open the socket.

    Raises:
        UsageError: no address, or one that others reach where nobody said that they may.
        CouldNotLook: the system does not give it.
    """
    host, colon, port = wanted.address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not (port.isascii() and port.isdigit()) or len(port) > 5 or int(port) > 65535:
        raise UsageError("is no HOST:PORT", where=visible(wanted.address[:200]), next="say 127.0.0.1:8765, say")
    try:
        found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
    except OSError as error:
        said = f"cannot be resolved: {error.strerror}"
        raise UsageError(said, where=visible(host[:200]), next="say 127.0.0.1:8765, say") from None
    except ValueError:  # no name that the domain name system could know: a label of 64 letters, an empty one, a NUL
        raise UsageError("is no name of a host", where=visible(host[:200]), next="say 127.0.0.1:8765, say") from None
    family, _, _, _, place = found[0]
    if not wanted.remote and not ipaddress.ip_address(str(place[0]).partition("%")[0]).is_loopback:
        raise UsageError("others would reach that address", where=wanted.address[:200], next="add --remote if they may")
    if wanted.remote and not wanted.token:
        raise UsageError("--remote without a token would let anybody ask", next="take --no-token away")
    if wanted.remote and not wanted.names:
        raise UsageError("--remote needs the name that clients use", next="add --name, such as --name clearance.example.com")
    try:
        return socket.create_server(place[:2], family=family)
    except OSError as error:
        raise CouldNotLook(
            f"cannot listen: {error.strerror}", where=wanted.address[:200], next="choose another port"
        ) from None


class Door:
    """Lets in who holds the token, before anything of a request's body is read. An ASGI application around another."""

    def __init__(self, inside: Callable[..., Awaitable[None]], token: str | None) -> None:
        self._inside = inside
        self._wanted = hashlib.sha256(token.encode()).digest() if token is not None else None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and self._wanted is not None and not self._holds(scope["headers"]):
            headers = [(b"www-authenticate", b"Bearer"), (b"content-type", b"text/plain"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 401, "headers": headers})
            await send({"type": "http.response.body", "body": b"A bearer token is needed.\n"})
            return
        await self._inside(scope, receive, send)

    def _holds(self, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        given = [value for name, value in headers if name.lower() == b"authorization"]
        kind, _, token = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
        # Digests are compared, so that the time tells nothing of the length either.
        same = hmac.compare_digest(hashlib.sha256(token.strip()).digest(), self._wanted or b"")
        return kind.lower() == b"bearer" and same


def _hosts(wanted: Wanted, port: int) -> list[str]:
    """Say which names a request may be for: DNS rebinding meets other ones."""
    names = [*(("127.0.0.1", "localhost", "[::1]") if not wanted.remote else ()), *wanted.names]
    return [host for name in names for host in ((name,) if ":" in name.rpartition("]")[2] else (name, f"{name}:{port}"))]


async def serve_http(environment: Mapping[str, str], directory: Path | None, wanted: Wanted) -> None:
    """Serve until a signal ends it.

    Raises:
        ClearanceError: used wrongly, or the system does not let it.
    """
    token, where = token_of(environment) if wanted.token else (None, "")
    with contextlib.closing(listening(wanted)) as listener:
        async with Bench(environment) as bench:
            import uvicorn
            from mcp.server.transport_security import TransportSecuritySettings

            from clearance.frontends.mcp.server import Service, quiet

            host, port = listener.getsockname()[:2]
            quiet(environment)
            service = Service(bench, directory or Path(os.curdir), local=False)
            service.begin()
            app = service.server.streamable_http_app(
                streamable_http_path=PATH,
                max_request_body_size=_MOST_BODY,
                session_idle_timeout=_IDLE_SECONDS,
                max_sessions=_MOST_SESSIONS,
                transport_security=TransportSecuritySettings(
                    enable_dns_rebinding_protection=True,
                    allowed_hosts=_hosts(wanted, port),
                    allowed_origins=list(wanted.origins),
                ),
            )
            shown = f"[{host}]" if ":" in host else host
            said = f"token: {where}" if token is not None else "no token: every program on this machine may ask"
            sys.stderr.write(visible(f"clearance mcp: http://{shown}:{port}{PATH}, {said}") + "\n")
            sys.stderr.flush()
            config = uvicorn.Config(
                Door(app, token), log_config=None, access_log=False, log_level="critical", server_header=False,
                limit_concurrency=_MOST_CONNECTIONS, timeout_keep_alive=15, timeout_graceful_shutdown=3,
                lifespan="on", ws="none",
            )  # fmt: skip
            await uvicorn.Server(config).serve(sockets=[listener])
