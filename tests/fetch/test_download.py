"""Downloads: whole or not there, whatever the server does."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clearance.fetch.download import Limits, NotFetched, download

_HEAD = b"HTTP/1.1 200 OK\r\n"
Answers = Callable[[socket.socket, bytes], None]


@contextmanager
def server(answer: Answers) -> Iterator[str]:
    """Serve one answer to each connection, on this machine."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                try:
                    answer(connection, connection.recv(65536))
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/all.zip"
    finally:
        over.set()
        # Closing alone would not wake the one that waits in accept.
        with socket.socket() as last:
            last.connect_ex(("127.0.0.1", listening.getsockname()[1]))
        listening.close()
        thread.join(5)


def says(data: bytes) -> Answers:
    return lambda connection, _: connection.sendall(data)


def endless(connection: socket.socket, _: bytes) -> None:
    connection.sendall(_HEAD + b"\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def drips(piece: bytes) -> Answers:
    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(_HEAD)
        for _ in range(200):
            connection.sendall(piece)
            threading.Event().wait(0.05)

    return answer


def silent(connection: socket.socket, _: bytes) -> None:
    threading.Event().wait(2)


FAULTS: dict[str, tuple[Answers, Limits, str]] = {
    "missing": (says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), Limits(), "answered 404"),
    "broken": (says(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"), Limits(), "answered 500"),
    "cut off": (says(_HEAD + b"Content-Length: 100\r\n\r\nhalf"), Limits(), "ended early|ended the answer early"),
    "cut off in a chunk": (says(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n64\r\nhalf"), Limits(), "early"),
    "garbage": (says(b"\x00\x01 garbage\r\n\r\n"), Limits(), "could not be asked"),
    "nothing": (says(b""), Limits(), "could not be asked"),
    "empty": (says(_HEAD + b"Content-Length: 0\r\n\r\n"), Limits(), "empty"),
    "too large, and says so": (says(_HEAD + b"Content-Length: 9000000\r\n\r\n"), Limits(size=1 << 20), "larger than 1 MiB"),
    "endless": (endless, Limits(size=1 << 20), "larger than 1 MiB"),
    "silent": (silent, Limits(quiet=0.2), "did not go on"),
    "drips its body": (drips(b"\r\nx"), Limits(seconds=0.4), "did not come within"),
    "drips its head": (drips(b"X"), Limits(seconds=0.4), "did not come within"),
    "redirects without end": (
        says(b"HTTP/1.1 302 Found\r\nLocation: /all.zip\r\nContent-Length: 0\r\n\r\n"), Limits(), "too often",
    ),
    "redirects to another scheme": (
        says(b"HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/x\r\nContent-Length: 0\r\n\r\n"), Limits(), "another scheme",
    ),
    "redirects to a file": (
        says(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"), Limits(), "another scheme",
    ),
    "redirects to another machine without TLS": (
        says(b"HTTP/1.1 302 Found\r\nLocation: http://mirror.example.com/x\r\nContent-Length: 0\r\n\r\n"), Limits(), "https://",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_not_whole_is_not_there(fault: str, tmp_path: Path) -> None:
    answer, limits, said = FAULTS[fault]
    with server(answer) as address, pytest.raises(NotFetched, match=said):
        download(address, tmp_path / "all.zip", {}, limits=limits)
    assert list(tmp_path.iterdir()) == []


def test_a_whole_file_is_kept_with_its_day(tmp_path: Path) -> None:
    answer = says(_HEAD + b"Last-Modified: Sun, 22 Nov 2026 10:00:00 GMT\r\nContent-Length: 4\r\n\r\nwhole")
    told: list[tuple[int, int]] = []
    with server(answer) as address:
        fetched = download(address, tmp_path / "all.zip", {}, tell=lambda done, whole: told.append((done, whole)))
    assert (tmp_path / "all.zip").read_bytes() == b"whol"
    assert fetched.modified is not None
    assert str(fetched.modified) == "2026-11-22 10:00:00+00:00"
    assert told == [(4, 4)]


def test_a_failure_leaves_the_file_of_before(tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(b"old")
    with server(says(_HEAD + b"Content-Length: 100\r\n\r\nhalf")) as address, pytest.raises(NotFetched):
        download(address, tmp_path / "all.zip", {})
    assert (tmp_path / "all.zip").read_bytes() == b"old"


def test_only_a_missing_file_counts_as_missing(tmp_path: Path) -> None:
    for status, missing in ((404, True), (410, True), (403, False), (500, False)):
        with server(says(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())) as address:
            with pytest.raises(NotFetched) as refused:
                download(address, tmp_path / "x", {})
            assert refused.value.missing is missing, status


@pytest.mark.parametrize(
    "address",
    [
        "http://mirror.example.com/x", "ftp://mirror.example.com/x", "file:///etc/passwd", "https://", "/etc/passwd", "",
        "https://name:word@mirror.example.com/x", "https://mirror.example.com:0/x", "https://mirror.example.com:99999/x",
        "https://mirror.example.com/a b", "https://mirror.example.com/\r\nX: y", "https://[::1/x", "https://mirror_x.example.com/",
    ],
)  # fmt: skip
def test_addresses_that_are_not_asked(address: str, tmp_path: Path) -> None:
    with pytest.raises(NotFetched, match="address"):
        download(address, tmp_path / "x", {})


def test_credentials_go_to_the_host_that_was_named_alone(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login bot password open\nmachine localhost login a password b\n")
    asked: list[bytes] = []

    def second(connection: socket.socket, request: bytes) -> None:
        asked.append(request)
        connection.sendall(_HEAD + b"Content-Length: 1\r\n\r\nx")

    with server(second) as elsewhere:

        def first(connection: socket.socket, request: bytes) -> None:
            asked.append(request)
            place = elsewhere.replace("127.0.0.1", "localhost").encode()
            connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: " + place + b"\r\nContent-Length: 0\r\n\r\n")

        with server(first) as address:
            download(address, tmp_path / "x", {"HOME": str(tmp_path)})
    assert b"Authorization: Basic" in asked[0]
    assert b"Authorization" not in asked[1]


def test_a_proxy_is_asked_for_hosts_that_are_not_free_of_it(tmp_path: Path) -> None:
    asked: list[bytes] = []

    def proxy(connection: socket.socket, request: bytes) -> None:
        asked.append(request)
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    with server(proxy) as address:
        through = {"https_proxy": address.replace("http://", "http://me:word@").removesuffix("/all.zip")}
        with pytest.raises(NotFetched):
            download("https://mirror.example.com/x", tmp_path / "x", through)
        assert asked[0].startswith(b"CONNECT mirror.example.com:443 ")
        assert b"Proxy-Authorization: Basic" in asked[0]
        with pytest.raises(NotFetched):
            download("https://127.0.0.1:1/x", tmp_path / "x", {**through, "no_proxy": "127.0.0.1"})
    assert [request.split()[0] for request in asked if request] == [b"CONNECT"]
