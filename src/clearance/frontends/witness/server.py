"""The HTTP side of a witness: one call, `add-checkpoint`, bounded in size, time and number.

It listens where it is told, on this machine by default. Towards a network it belongs behind a proxy that speaks TLS.
"""

import io
import ipaddress
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from clearance.facts.errors import ClearanceError
from clearance.record.witness import MOST_REQUEST, PLAIN, Answer

_CALL = "/add-checkpoint"
_SECONDS = 10.0
"""How long one request may take to arrive, and an answer to leave."""
_IDLE = 15.0
"""How long a connection may be silent between two requests."""
_IDLE_BUSY = 3.0
"""The same, while more than half of the connections are taken."""
_AT_ONCE = 64
"""Connections at once; one that comes beyond is closed."""
_OF_ONE = 8
"""Connections of one address at once (of one network of 64 bits in IPv6). A proxy on this machine speaks for all."""

Handling = Callable[[bytes], Answer]
Telling = Callable[[str], None]


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness. `handle` answers a request, `tell` takes one line about each."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handle: Handling, tell: Telling = lambda line: None) -> None:
        """Raises OSError where the address is taken or not ours."""
        self.handle = handle
        self.tell = tell
        self._taken: Counter[bytes] = Counter()
        self._counting = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        """The submission prefix."""
        host, port = self.server_address[:2]
        name = host.decode() if isinstance(host, bytes | bytearray) else str(host)
        return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Begin with a connection, if there is room for it."""
        if not self._takes(client_address):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._leaves(client_address)
            raise

    def process_request_thread(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Serve a connection, and make room for the next."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._leaves(client_address)

    @property
    def idle(self) -> float:
        """How many seconds a connection may be silent now."""
        return _IDLE_BUSY if self._taken.total() > _AT_ONCE // 2 else _IDLE

    def _takes(self, client_address: object) -> bool:
        who = _network(client_address)
        with self._counting:
            if self._taken.total() >= _AT_ONCE or (who != _OWN and self._taken[who] >= _OF_ONE):
                return False
            self._taken[who] += 1
        return True

    def _leaves(self, client_address: object) -> None:
        who = _network(client_address)
        with self._counting:
            self._taken[who] -= 1
            if not self._taken[who]:
                del self._taken[who]

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Pass over what a client broke off."""


_OWN = b""
"""This machine, as whoever connects."""


def _network(client_address: object) -> bytes:
    """Give what counts as one client."""
    host = str(client_address[0] if isinstance(client_address, tuple) else client_address).partition("%")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.encode()
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    return _OWN if address.is_loopback else address.packed[:8]


class _Timed(io.RawIOBase):
    """Reads from a socket until a time that can be set anew: no client can drip its bytes for ever."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.until = time.monotonic() + _IDLE

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "clearance"
    sys_version = ""
    server: WitnessServer

    def setup(self) -> None:
        super().setup()
        self._timed = _Timed(self.connection)
        self.rfile.close()
        self.rfile = io.BufferedReader(self._timed)

    def handle_one_request(self) -> None:
        """Wait long for the first byte of a request, and short for the rest of it."""
        self._timed.until = time.monotonic() + self.server.idle
        try:
            if not self.rfile.peek(1):  # type: ignore[attr-defined]
                self.close_connection = True
                return
        except OSError:
            self.close_connection = True
            return
        self._timed.until = time.monotonic() + _SECONDS
        super().handle_one_request()

    def do_POST(self) -> None:
        # `path` has lost slashes on its way here; the first line has them
        if self.requestline.split()[1:2] != [_CALL]:
            self._answer(Answer(404, b"the one call here is POST add-checkpoint\n"), whole=False)
            return
        if "Transfer-Encoding" in self.headers:
            self._answer(Answer(501, b"a request says its Content-Length, and has no other encoding\n"), whole=False)
            return
        lengths = self.headers.get_all("Content-Length") or [""]
        if len(lengths) > 1:
            self._answer(Answer(400, b"a request says its Content-Length once\n"), whole=False)
            return
        (length,) = lengths
        if not (length.isascii() and length.isdigit()):
            self._answer(Answer(411, b"a request says its Content-Length\n"), whole=False)
            return
        if len(length) > 9 or int(length) > MOST_REQUEST:
            self._answer(Answer(413, b"the request is longer than %d bytes\n" % MOST_REQUEST), whole=False)
            return
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            self.close_connection = True
            return
        try:
            answer = self.server.handle(body)
        except ClearanceError as error:  # nothing was cosigned
            self.server.tell(f"500  {error}")
            answer = Answer(500, b"the witness cannot keep or sign anything now\n")
        self._answer(answer, whole=True)

    def do_GET(self) -> None:
        self._answer(Answer(405, b"the one call here is POST add-checkpoint\n"), whole=False)

    do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815 -- the names of the standard library

    def _answer(self, answer: Answer, *, whole: bool) -> None:
        """Send an answer. Where the request was not read whole, nothing more is read on this connection."""
        self.close_connection = self.close_connection or not whole
        self.connection.settimeout(_SECONDS)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media)
        self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a request that is no HTTP in one line."""
        self.close_connection = True
        phrase = HTTPStatus(code).phrase if code in set(HTTPStatus) else "refused"
        self.command = getattr(self, "command", None) or "GET"
        self.request_version = self.protocol_version  # to a client of HTTP/0.9 no status would be sent
        self._answer(Answer(code, f"{phrase}\n".encode(), PLAIN), whole=False)

    def log_message(self, format: str, *arguments: object) -> None:
        self.server.tell(format % arguments)
