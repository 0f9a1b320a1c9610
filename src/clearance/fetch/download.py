"""Downloads one file over https, within limits of size and time, into a file that is whole or not there."""

import base64
import datetime as dt
import http.client
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from clearance.fetch.connection import Origin, credentials

_AGENT = "clearance"
_PIECE = 1 << 18
_MOST_REDIRECTS = 3
_MOVED = (301, 302, 303, 307, 308)
_ADDRESS = re.compile(r"[\x21-\x7e]{1,2000}")
_LOCAL = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")


class NotFetched(Exception):
    """Nothing was downloaded; the text says why, for people. `missing`: the server says that there is no such file."""

    def __init__(self, text: str, *, missing: bool = False) -> None:
        super().__init__(text)
        self.missing = missing


class Limits(NamedTuple):
    """How much may come, and for how long: bytes, seconds in all, seconds without a byte."""

    size: int = 512 << 20
    seconds: float = 900.0
    quiet: float = 30.0


class Fetched(NamedTuple):
    """What came: how many bytes, and when the server says that the file was changed last."""

    size: int
    modified: dt.datetime | None


class _Route(NamedTuple):
    """Where one request goes, through which proxy."""

    parts: SplitResult
    proxy: SplitResult | None
    authorization: str


def download(
    address: str,
    target: Path,
    environment: Mapping[str, str],
    *,
    limits: Limits = Limits(),  # noqa: B008 -- frozen
    context: ssl.SSLContext | None = None,
    tell: Callable[[int, int], None] = lambda done, whole: None,
) -> Fetched:
    """Download a file. It is there in the end or not at all; `target` must lie in a folder of ours.

    `https` only, redirects too, or `http` of this very machine. Proxies are taken from the environment (`https_proxy`,
    `no_proxy`), credentials from `.netrc`, for the host that was named and for none that it redirects to. `tell` is called
    with how many bytes came and how many will in all, 0 where the server does not say. `context` is how certificates are
    checked: as the system does it where none is given.

    Raises:
        NotFetched: it could not be had whole; what came until then is gone.
    """
    end = time.monotonic() + limits.seconds
    unfinished = target.with_name(target.name + ".part")
    try:
        first = ""
        for _ in range(_MOST_REDIRECTS + 1):
            route = _route(address, environment, first)
            first = first or route.parts.netloc
            moved, fetched = _one(route, unfinished, limits, end, context, tell)
            if fetched is not None:
                unfinished.replace(target)
                return fetched
            if urlsplit(urljoin(address, moved)).scheme != route.parts.scheme:
                raise NotFetched(f"{route.parts.hostname} redirects to another scheme, which is not followed")
            address = urljoin(address, moved)
        raise NotFetched(f"{urlsplit(address).hostname} redirects too often")
    finally:
        unfinished.unlink(missing_ok=True)


def _route(address: str, environment: Mapping[str, str], first: str) -> _Route:
    """Read an address; `first` is where the first request went, empty when this is it."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise NotFetched("the address is none") from None
    host = parts.hostname or ""
    if not host or (parts.scheme != "https" and not (parts.scheme == "http" and host in _LOCAL)):
        raise NotFetched("the address must begin with https://")
    shown = f"[{host}]" if ":" in host else host
    if port == 0 or parts.username is not None or not _ADDRESS.fullmatch(address) or not _HOST.fullmatch(shown):
        raise NotFetched("the address holds what no address may hold")
    known = first in ("", parts.netloc)
    login = credentials(Origin(parts.scheme, host, port or 443, parts.path), environment) if known else ""
    return _Route(parts, None if host in _LOCAL else _proxy(host, environment), login)


def _proxy(host: str, environment: Mapping[str, str]) -> SplitResult | None:
    """Give the proxy for a host by the conventions of `https_proxy` and `no_proxy`, which curl and Python follow."""
    named = environment.get("https_proxy") or environment.get("HTTPS_PROXY") or ""
    if not named:
        return None
    free = (environment.get("no_proxy") or environment.get("NO_PROXY") or "").lower()
    for one in (name.strip().lstrip(".") for name in free.split(",")):
        if one == "*" or (one and (host.lower() == one or host.lower().endswith(f".{one}"))):
            return None
    proxy = urlsplit(named if "://" in named else f"http://{named}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise NotFetched("the proxy that https_proxy names is none that can be used (http://host:port)")
    return proxy


def _connection(route: _Route, limits: Limits, context: ssl.SSLContext | None) -> http.client.HTTPConnection:
    host, proxy = route.parts.hostname or "", route.proxy
    if route.parts.scheme == "http":
        return http.client.HTTPConnection(host, route.parts.port, timeout=limits.quiet)
    context = context or ssl.create_default_context()
    if proxy is None:
        return http.client.HTTPSConnection(host, route.parts.port, timeout=limits.quiet, context=context)
    connection = http.client.HTTPSConnection(proxy.hostname or "", proxy.port or 8080, timeout=limits.quiet, context=context)
    headers = {}
    if proxy.username is not None:
        words = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
        headers["Proxy-Authorization"] = "Basic " + base64.b64encode(words).decode()
    connection.set_tunnel(host, route.parts.port or 443, headers)
    return connection


def _one(
    route: _Route, target: Path, limits: Limits, end: float, context: ssl.SSLContext | None, tell: Callable[[int, int], None]
) -> tuple[str, Fetched | None]:
    """Make one request: give where it leads to, or what came."""
    host = route.parts.hostname
    connection = _connection(route, limits, context)
    try:
        connection.connect()
        with _watched(connection, limits, end):
            return _exchanged(connection, route, target, limits, tell)
    except ssl.SSLCertVerificationError:
        raise NotFetched(f"the certificate of {host} cannot be trusted") from None
    except TimeoutError:
        raise NotFetched(f"{host} did not go on within {limits.quiet:g} s") from None
    except http.client.IncompleteRead:
        raise NotFetched(f"{host} ended the answer early") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        raise NotFetched(f"{host} could not be asked, or what came not be kept: {said}") from None
    finally:
        connection.close()


def _exchanged(
    connection: http.client.HTTPConnection, route: _Route, target: Path, limits: Limits, tell: Callable[[int, int], None]
) -> tuple[str, Fetched | None]:
    path = (route.parts.path or "/") + (f"?{route.parts.query}" if route.parts.query else "")
    headers = {"User-Agent": _AGENT, "Accept-Encoding": "identity"}
    if route.authorization:
        headers["Authorization"] = route.authorization
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    if response.status in _MOVED:
        return response.getheader("Location", ""), None
    if response.status != http.client.OK:
        gone = response.status in (http.client.NOT_FOUND, http.client.GONE)
        raise NotFetched(f"{route.parts.hostname} answered {response.status}", missing=gone)
    size = _kept(response, target, limits, tell)
    return "", Fetched(size, _time(response.getheader("Last-Modified", "")))


@contextmanager
def _watched(connection: http.client.HTTPConnection, limits: Limits, end: float) -> Iterator[None]:
    """End a connection when its time is over, however slowly an answer drips in.

    Raises:
        NotFetched: it was over.
    """
    over = threading.Event()
    sock = connection.sock

    def stop() -> None:
        over.set()
        # The plain method: that of a TLS socket would take its state away while another thread reads.
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    watch = threading.Timer(max(0.0, end - time.monotonic()), stop)
    watch.daemon = True
    watch.start()
    try:
        yield
    except (OSError, http.client.HTTPException, NotFetched):
        if not over.is_set():
            raise
    finally:
        watch.cancel()
    if over.is_set():
        raise NotFetched(f"the file did not come within {limits.seconds:g} s")


def _kept(response: http.client.HTTPResponse, target: Path, limits: Limits, tell: Callable[[int, int], None]) -> int:
    """Write the body into a file, piece by piece."""
    said = response.getheader("Content-Length", "")
    whole = int(said) if said.isascii() and said.isdecimal() and len(said) < 16 else 0
    if whole > limits.size:
        raise NotFetched(f"the file is larger than {limits.size >> 20} MiB")
    done = 0
    with target.open("xb") as file:
        while piece := response.read1(_PIECE):
            done += len(piece)
            if done > limits.size:
                raise NotFetched(f"the file is larger than {limits.size >> 20} MiB")
            file.write(piece)
            tell(done, whole)
        if done < whole:
            raise NotFetched(f"the answer ended early: {done} of {whole} bytes")
        if not done:
            raise NotFetched("the answer is empty")
        file.flush()
        os.fsync(file.fileno())
    return done


def _time(text: str) -> dt.datetime | None:
    try:
        said = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return said if said.tzinfo else said.replace(tzinfo=dt.UTC)
