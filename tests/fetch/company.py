"""A company's package index on this machine that can be told to fail in each way that real ones do."""

import datetime as dt
import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

OLD = dt.datetime(2015, 3, 1, 12, tzinfo=dt.UTC)
PYTHON = {
    "requests": {"2.0.0": "2013-09-24T10:00:00.000000Z", "2.32.3": "2024-05-29T15:37:47Z"},
    "acme-tools": {"1.0": "2015-03-01T12:00:00Z", "1.1": "2016-03-01T12:00:00Z", "2.0rc1": "2017-03-01T12:00:00Z"},
    "acme-young": {"0.1": dt.datetime.now(dt.UTC).isoformat()},
}
"""By name and version, when the file was uploaded."""
SCRIPTS = {
    "lodash": {"4.17.15": "2019-07-19T02:28:46.584Z", "4.17.21": "2021-02-20T15:42:16.891Z"},
    "@acme/ui": {"1.0.0": "2020-01-01T00:00:00.000Z", "1.1.0": "2021-01-01T00:00:00.000Z"},
}


class Index:
    """What the server does; `fault` can be changed between questions."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.asked: list[str] = []
        self.authorizations: list[str] = []
        self.address = ""

    def python(self, name: str) -> dict[str, Any] | None:
        """The page of PEP 691 about a name."""
        versions = PYTHON.get(name)
        if versions is None and self.fault != "knows everything":
            return None
        files = [
            {
                "filename": f"{name.replace('-', '_')}-{version}.tar.gz",
                "url": "x",
                "hashes": {"sha256": "0" * 64},
                "upload-time": self.stamped(uploaded),
                "yanked": "broken build" if (name, version) == ("acme-tools", "1.1") else False,
            }
            for version, uploaded in (versions or {"1.0": "2015-03-01T12:00:00Z"}).items()
        ]
        if self.fault == "strips fields":
            files = [{"filename": one["filename"], "url": "x", "hashes": {}} for one in files]
        page: dict[str, Any] = {"meta": {"api-version": "1.1"}, "name": name, "files": files}
        return page if self.fault == "strips fields" else {**page, "versions": list(versions or {"1.0": ""})}

    def script(self, name: str) -> dict[str, Any] | None:
        """The packument of a name."""
        if name == "taken-down":
            return {"name": name, "versions": {"0.0.1-security": {}}, "dist-tags": {"latest": "0.0.1-security"}}
        versions = SCRIPTS.get(name)
        if versions is None and self.fault != "knows everything":
            return None
        documents = {
            version: {
                "version": version,
                "license": "MIT",
                "scripts": {"postinstall": "node x.js"} if version == "1.1.0" else {},
                "dist": {"integrity": "sha512-AAAA", "shasum": "AB" * 20},
                **({"deprecated": "use 1.1"} if version == "1.0.0" else {}),
            }
            for version in versions or {"1.0.0": ""}
        }
        page: dict[str, Any] = {"name": name, "versions": documents, "dist-tags": {"latest": list(documents)[-1]}}
        if self.fault != "strips fields":
            page["time"] = {version: self.stamped(uploaded) for version, uploaded in (versions or {}).items()}
        return page

    def stamped(self, uploaded: str) -> str:
        """The time of an upload, or that of fetching it."""
        return "2026-01-01T00:00:00Z" if self.fault == "rewrites dates" else uploaded


def _handler(index: Index) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            index.asked.append(self.path)
            index.authorizations.append(self.headers.get("Authorization", ""))
            kind, _, rest = self.path.lstrip("/").partition("/")
            name = unquote(rest.strip("/"))
            match index.fault:
                case "answers slowly":
                    time.sleep(5)
                case "says nothing":
                    time.sleep(20)
                    return
                case "drips":
                    self.drip()
                    return
                case "hangs up":
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                case "breaks off":
                    self.send_response(200)
                    self.send_header("Content-Length", "1000000")
                    self.end_headers()
                    self.wfile.write(b'{"name": "')
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                case "has nothing":
                    self.answer(404, b"", "text/plain")
                    return
                case "wants credentials":
                    self.answer(401, b"", "text/plain")
                    return
                case "fails":
                    self.answer(503, b"", "text/plain")
                    return
                case "shows a login page":
                    self.answer(200, b"<html><body><a href='/login'>Sign in</a></body></html>", "text/html")
                    return
                case "answers garbage":
                    self.answer(200, b"\x00\xff{]" * 100, "application/json")
                    return
                case "answers another name":
                    self.answer(200, json.dumps({"name": "other", "files": [], "versions": {}}).encode(), "application/json")
                    return
                case "sends elsewhere":
                    self.send_response(302)
                    self.send_header("Location", "http://198.51.100.7/steal")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                case "is endless":
                    self.bomb()
                    return
            page = index.python(name) if kind == "simple" else index.script(name)
            if page is None:
                self.answer(404, b"not found", "text/plain")
            elif kind == "simple" and index.fault == "has HTML only":
                links = "".join(
                    f'<a href="../{one["filename"]}#sha256={"0" * 64}">{one["filename"]}</a>' for one in page["files"]
                )
                self.answer(200, f"<!DOCTYPE html><title>Links for {name}</title>{links}".encode(), "text/html")
            else:
                media = "application/vnd.pypi.simple.v1+json" if kind == "simple" else "application/json"
                self.answer(200, json.dumps(page).encode(), media)

        def answer(self, status: int, body: bytes, media: str) -> None:
            packed = gzip.compress(body) if "gzip" in self.headers.get("Accept-Encoding", "") and body else body
            self.send_response(status)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(packed)))
            if packed is not body:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(packed)

        def drip(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            for _ in range(200):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.1)

        def bomb(self) -> None:
            packed = gzip.compress(b" " * (64 << 20))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(packed)))
            self.end_headers()
            self.wfile.write(packed)

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:
                self.close_connection = True

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        pass


@contextmanager
def serving(fault: str = "") -> Iterator[Index]:
    """Run an index; its `address` is without `simple/` and `npm/`."""
    index = Index(fault)
    server = _Server(("127.0.0.1", 0), _handler(index))
    index.address = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
