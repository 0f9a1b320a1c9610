"""A model on loopback that does what a script says, in whichever interface it is asked, and keeps each request."""

import json
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any, NamedTuple, Self

from assistants_live.steps import Turn, say
from assistants_live.wire import chat, gemini, messages, responses

_WIRES: tuple[ModuleType, ...] = (messages, responses, chat, gemini)
_BY_NAME = {wire.__name__.rsplit(".", 1)[-1]: wire for wire in _WIRES}
_DONE = say("Done.")


class Request(NamedTuple):
    """One request to the model: the interface (`messages`, `responses`, `chat`, `gemini`, empty: none of them), the body,
    and the turn that answered it (-1: not one of the script's)."""

    wire: str
    method: str
    path: str
    body: dict[str, Any]
    turn: int

    def text(self) -> str:
        """All strings of the body, one below the other: what the model reads."""
        return "\n".join(self.strings())

    def strings(self) -> list[str]:
        """Each string of the body."""
        return _strings(self.body)

    def told(self) -> list[str]:
        """What the tools answered so far, in the order of the calls."""
        return _BY_NAME[self.wire].told(self.body) if self.wire else []

    def offered(self) -> list[str]:
        """Names of the tools that the model may call."""
        return _BY_NAME[self.wire].offered(self.body) if self.wire else []


class ScriptedModel:
    """Answers the requests that offer tools with the turns of the script, in their order, then with "Done.".

    What an assistant asks beside its work (a title, a summary) offers no tools and gets a short text. Use it as a context:
    it listens on loopback while the context is open.
    """

    def __init__(self, script: Sequence[Turn] = ()) -> None:
        self.script = tuple(script)
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self._next = 0
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                model._answer(self, b"")

            def do_HEAD(self) -> None:
                model._answer(self, b"")

            def do_POST(self) -> None:
                model._answer(self, self._read())

            def _read(self) -> bytes:
                if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                data = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    data += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return data

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def asked(self) -> list[Request]:
        """The requests that the script answered (or "Done." after its end): what the model was sent, in order."""
        return [request for request in self.requests if request.turn >= 0]

    def _answer(self, handler: BaseHTTPRequestHandler, data: bytes) -> None:
        path = handler.path.split("?", 1)[0]
        try:
            body = json.loads(data) if data else {}
        except ValueError:
            body = {"unread": data.decode("utf-8", "replace")}
        wire = next((one for one in _WIRES if handler.command == "POST" and one.speaks(path)), None)
        if wire is None:
            self._keep(Request("", handler.command, handler.path, body, -1))
            _send(handler, "application/json", json.dumps(_aside(path)))
            return
        turn, number = self._turn(wire, handler, body)
        if wire.streams(path, body):
            _send(handler, "text/event-stream", wire.stream(turn, body, number))
        else:
            _send(handler, "application/json", json.dumps(wire.whole(turn, body, number)))

    def _turn(self, wire: ModuleType, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> tuple[Turn, int]:
        with self._lock:
            at = self._next if wire.offered(body) else -1
            if at >= 0:
                self._next += 1
            name = wire.__name__.rsplit(".", 1)[-1]
            self.requests.append(Request(name, handler.command, handler.path, body, at))
            number = len(self.requests)
        if at < 0:
            return say("A short text."), number
        return (self.script[at] if at < len(self.script) else _DONE), number

    def _keep(self, request: Request) -> None:
        with self._lock:
            self.requests.append(request)


def _strings(value: Any) -> list[str]:
    found, waiting = [], [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, dict):
            waiting.extend(reversed(list(one.values())))
        elif isinstance(one, list):
            waiting.extend(reversed(one))
    return found


def _aside(path: str) -> dict[str, Any]:
    """Answers to what assistants ask beside: token counts, lists of models."""
    if path.endswith(("count_tokens", ":countTokens")):
        return {"input_tokens": 10, "totalTokens": 10}
    if path.endswith("/models"):
        return {"object": "list", "data": [{"id": "scripted", "object": "model"}], "models": []}
    return {}


def _send(handler: BaseHTTPRequestHandler, kind: str, text: str) -> None:
    data = text.encode()
    handler.send_response(200)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(data)
