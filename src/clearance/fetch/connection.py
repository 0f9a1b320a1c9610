"""One index over HTTP: bounded questions and answers, the same host throughout, nothing logged."""

import contextlib
import gzip
import http.client
import netrc
import ssl
import time
import urllib.request
import zlib
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

_AGENT = "clearance"
_REDIRECTS = 3
_PIECE = 1 << 16
_LOCAL = ("localhost", "127.0.0.1", "::1")


class Refused(Exception):
    """An address, an answer or a silence that cannot be used. The text says why, for people, and holds no credentials."""


class Response(NamedTuple):
    """What was answered: the status, the body as far as it was read, and its media type."""

    status: int
    body: bytes
    media: str


class _Sent(NamedTuple):
    """What a question carries: a body and its media type."""

    body: bytes
    media: str


class Origin(NamedTuple):
    """Where an index is: parts of its address, without credentials."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, address: str) -> "Origin":
        """Read an address.

        Raises:
            Refused: it is none of `https://…`, or of `http://…` on this very machine, or holds credentials.
        """
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            raise Refused("the address of the index cannot be read") from None
        host = parts.hostname or ""
        if "@" in parts.netloc:
            raise Refused("the address of an index holds no credentials: put them into .netrc")
        if not host or parts.scheme not in ("https", "http") or (parts.scheme == "http" and host not in _LOCAL):
            raise Refused(f"an index is asked over https only, not at {parts.scheme or 'an address without a scheme'}:")
        if parts.query or parts.fragment:
            raise Refused("the address of an index has no query")
        path = parts.path if parts.path.endswith("/") else parts.path + "/"
        return cls(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)

    @property
    def name(self) -> str:
        """Give host, and port where it is not the usual one."""
        usual = (self.scheme, self.port) in {("https", 443), ("http", 80)}
        return self.host if usual else f"{self.host}:{self.port}"


def credentials(origin: Origin, environment: Mapping[str, str]) -> str:
    """Give the value of `Authorization` for an index from `.netrc` (`$NETRC`, or in the home), or nothing."""
    place = environment.get("NETRC") or str(Path(environment.get("HOME", "/nonexistent")) / ".netrc")
    try:
        found = netrc.netrc(place).authenticators(origin.host)
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return ""
    if not found:
        return ""
    login, _, password = found
    return "Basic " + b64encode(f"{login or ''}:{password or ''}".encode()).decode()


class Asking:
    """A connection to one index that is kept open between questions. For one thread at a time."""

    def __init__(self, origin: Origin, authorization: str = "", context: ssl.SSLContext | None = None) -> None:
        """`context` is how certificates are checked: by default as the system does it."""
        self._origin = origin
        self._authorization = authorization
        self._context = context
        self._connection: http.client.HTTPConnection | None = None

    def get(self, path: str, accept: str, *, limit: int, until: float) -> Response:
        """Ask for a path below the index's own (already quoted). `until` is a time of the monotonic clock.

        Raises:
            Refused: no answer in time, one that is too long, or one from elsewhere.
        """
        target = self._origin.path + path
        for _ in range(_REDIRECTS + 1):
            response, moved = self._exchange(target, accept, limit, until)
            if not moved:
                return response
            target = self._moved(target, moved)
        raise Refused(f"{self._origin.name} sends from one address to the next")

    def post(self, path: str, body: bytes, media: str, accept: str, *, limit: int, until: float) -> Response:
        """Send a body of a media type to a path below the index's own, and give the answer; `until` as for `get`. Nobody is
        sent on to another address: what was sent is for this one.

        Raises:
            Refused: no answer in time, one that is too long, or one that sends elsewhere.
        """
        response, moved = self._exchange(self._origin.path + path, accept, limit, until, _Sent(body, media))
        if moved:
            raise Refused(f"{self._origin.name} sends to another address, which is not followed")
        return response

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.close()
            self._connection = None

    def _moved(self, target: str, moved: str) -> str:
        here = f"{self._origin.scheme}://{self._origin.name}{target}"
        parts = urlsplit(urljoin(here, moved))
        same = (parts.scheme, parts.hostname) == (self._origin.scheme, self._origin.host)
        if not same or (parts.port or self._origin.port) != self._origin.port:
            raise Refused(f"{self._origin.name} sends to another host, which is not followed")
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def _exchange(
        self, target: str, accept: str, limit: int, until: float, sent: _Sent | None = None
    ) -> tuple[Response, str]:
        """Send one question and read its answer. A connection that the other side has closed meanwhile is opened again."""
        fresh = self._connection is None
        try:
            return self._once(target, accept, limit, until, sent)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.close()
            if fresh:
                raise Refused(f"{self._origin.name} closed the connection") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise Refused(self._said(error)) from None
        try:
            return self._once(target, accept, limit, until, sent)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise Refused(self._said(error)) from None

    def _said(self, error: Exception) -> str:
        name = self._origin.name
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the certificate of {name} cannot be trusted"
        if isinstance(error, TimeoutError):
            return f"{name} did not answer in time"
        return f"{name} cannot be asked: {getattr(error, 'strerror', None) or type(error).__name__}"

    def _once(self, target: str, accept: str, limit: int, until: float, sent: _Sent | None) -> tuple[Response, str]:
        connection = self._opened(_left(until))
        if connection.sock is not None:
            connection.sock.settimeout(_left(until))
        headers = {"User-Agent": _AGENT, "Accept": accept, "Accept-Encoding": "gzip"}
        if self._authorization:
            headers["Authorization"] = self._authorization
        if sent is None:
            connection.request("GET", target, headers=headers)
        else:
            connection.request("POST", target, body=sent.body, headers={**headers, "Content-Type": sent.media})
        response = connection.getresponse()
        moved = response.getheader("Location", "") if response.status in (301, 302, 303, 307, 308) else ""
        body = self._body(response, limit, until)
        return Response(response.status, body, (response.getheader("Content-Type") or "").partition(";")[0].strip()), moved

    def _opened(self, seconds: float) -> http.client.HTTPConnection:
        if self._connection is not None:
            return self._connection
        origin = self._origin
        proxy = "" if urllib.request.proxy_bypass(origin.host) else urllib.request.getproxies().get(origin.scheme, "")
        through = urlsplit(proxy if "://" in proxy else f"//{proxy}") if proxy and origin.host not in _LOCAL else None
        host, port = (through.hostname or "", through.port or 80) if through else (origin.host, origin.port)
        connection: http.client.HTTPConnection
        if origin.scheme == "https":
            context = self._context or ssl.create_default_context()
            connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=seconds)
        if through:
            login = {}
            if through.username:
                both = f"{unquote(through.username)}:{unquote(through.password or '')}"
                login = {"Proxy-Authorization": "Basic " + b64encode(both.encode()).decode()}
            connection.set_tunnel(origin.host, origin.port, headers=login)
        connection.connect()
        self._connection = connection
        return connection

    def _body(self, response: http.client.HTTPResponse, limit: int, until: float) -> bytes:
        packed = (response.getheader("Content-Encoding") or "").lower() == "gzip"
        unpack = zlib.decompressobj(wbits=31) if packed else None
        pieces: list[bytes] = []
        size = 0
        while piece := response.read1(_PIECE):
            if unpack is not None:
                try:
                    piece = unpack.decompress(piece, limit + 1)
                except (zlib.error, gzip.BadGzipFile):
                    raise Refused(f"{self._origin.name} answered what cannot be unpacked") from None
            size += len(piece)
            if size > limit:
                self.close()
                raise Refused(f"{self._origin.name} answered more than {limit >> 20} MiB")
            pieces.append(piece)
            if time.monotonic() > until:
                self.close()
                raise TimeoutError
        if response.length:
            self.close()
            raise Refused(f"{self._origin.name} broke off its answer")
        # Read to its end, it still counts as open until it is closed, and the connection takes no other question.
        response.close()
        return b"".join(pieces)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
