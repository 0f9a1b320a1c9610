"""Sends one question over TLS and reads the answer's status: no redirect is followed, nothing is logged or kept."""

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from typing import NamedTuple
from urllib.parse import urlsplit

from clearance.verify.endpoint import Endpoint

_SECONDS = 10.0
_MOST_BYTES = 1 << 16
_AGENT = "clearance"
_SENDABLE = range(0x21, 0x7F)


class Works(Enum):
    """Whether a secret still opens something."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


class Answer(NamedTuple):
    """What a vendor's answer means, and why; `reason` holds nothing of the secret, nor of what the vendor said."""

    works: Works
    reason: str


def ask(endpoint: Endpoint, secret: str, context: ssl.SSLContext | None = None) -> Answer:
    """Ask whether a secret works. `context` is how certificates are checked: by default as the system does it."""
    if not secret or any(ord(one) not in _SENDABLE for one in secret):
        return Answer(Works.UNKNOWN, "it holds characters that cannot be sent")
    parts = urlsplit(endpoint.url)
    connection = http.client.HTTPSConnection(
        parts.hostname or "", parts.port, timeout=_SECONDS, context=context or ssl.create_default_context()
    )
    try:
        # Apart, because a test of the certificate comes before anything is sent, and a watch needs a socket.
        connection.connect()
        with _watched(connection):
            return _exchanged(connection, endpoint, secret)
    except ssl.SSLCertVerificationError:
        return Answer(Works.UNKNOWN, f"the certificate of {endpoint.host} cannot be trusted; nothing was sent")
    except ssl.SSLError as error:
        return Answer(Works.UNKNOWN, f"no TLS with {endpoint.host}: {error.reason or 'refused'}")
    except TimeoutError:
        return Answer(Works.UNKNOWN, f"{endpoint.host} did not answer within {_SECONDS:g} s")
    except (OSError, http.client.HTTPException) as error:
        return Answer(
            Works.UNKNOWN, f"{endpoint.host} cannot be asked: {getattr(error, 'strerror', None) or type(error).__name__}"
        )
    except ValueError:  # a page whose address or header holds characters that cannot be sent
        return Answer(Works.UNKNOWN, f"{endpoint.host} cannot be asked: the page's address or headers cannot be sent")
    finally:
        connection.close()


def _exchanged(connection: http.client.HTTPSConnection, endpoint: Endpoint, secret: str) -> Answer:
    """Send the question and read the answer."""
    body = endpoint.body.replace("{secret}", secret).encode() or None
    headers = {"User-Agent": _AGENT, "Accept": "application/json", **endpoint.filled(secret)}
    connection.request(endpoint.method, endpoint.target(secret), body=body, headers=headers)
    response = connection.getresponse()
    return _read(endpoint, response.status, _body(response))


@contextmanager
def _watched(connection: http.client.HTTPSConnection) -> Iterator[None]:
    """End the connection when its time is over, however slowly an answer drips in.

    Raises:
        TimeoutError: it was over.
    """
    over = threading.Event()
    sock = connection.sock

    def end() -> None:
        over.set()
        if sock is not None:
            # The plain method: that of a TLS socket would take its state away while another thread reads.
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    watch = threading.Timer(_SECONDS, end)
    watch.daemon = True
    watch.start()
    try:
        yield
    except (OSError, http.client.HTTPException):
        if not over.is_set():
            raise
    finally:
        watch.cancel()
    # A connection that was ended reads like an answer that came to its end.
    if over.is_set():
        raise TimeoutError


def _body(response: http.client.HTTPResponse) -> bytes:
    """Read the answer, within a time and a size."""
    end = time.monotonic() + _SECONDS
    held = b""
    while len(held) < _MOST_BYTES and (piece := response.read1(_MOST_BYTES)):
        held += piece
        if time.monotonic() > end:
            raise TimeoutError
    return held


def _read(endpoint: Endpoint, status: int, body: bytes) -> Answer:
    said = f"{endpoint.host} answered {status}"
    if status in endpoint.invalid:
        return Answer(Works.INVALID, said)
    if status in endpoint.valid:
        return _by_field(endpoint, body, said)
    if 300 <= status < 400:
        return Answer(Works.UNKNOWN, f"{said}: a redirect, which is not followed")
    if status == http.client.TOO_MANY_REQUESTS:
        return Answer(Works.UNKNOWN, f"{said}: it was asked too often")
    return Answer(Works.UNKNOWN, f"{said}, which says nothing about the secret")


def _by_field(endpoint: Endpoint, body: bytes, said: str) -> Answer:
    if not endpoint.field:
        return Answer(Works.VALID, said)
    try:
        told = json.loads(body)
        value = told[endpoint.field]
    except (ValueError, KeyError, TypeError, RecursionError):
        return Answer(Works.UNKNOWN, f"{said}, without the field {endpoint.field}")
    fits = value == endpoint.equals if endpoint.equals else value is True
    return Answer(Works.VALID if fits else Works.INVALID, f"{said}, {endpoint.field} {'fits' if fits else 'does not fit'}")
