"""Frames: what was packed is read, and nothing else is."""

import contextlib
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from clearance.frontends.resident.frame import ANSWER, QUESTION, BadFrame, kind_of, pack, receive, that_matter


def through(data: bytes) -> tuple[bytes, list[bytes], bytes]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.close()
        return receive(ours, time.monotonic() + 60)


FIELD = some.binary(max_size=40).map(lambda data: data.replace(b"\0", b""))


@given(some.lists(FIELD, min_size=1, max_size=5), some.binary(max_size=200))
def test_what_was_packed_is_read(fields: list[bytes], body: bytes) -> None:
    wanted = fields if fields != [b""] else []
    assert through(pack(QUESTION, fields, body)) == (QUESTION, wanted, body)


@given(some.binary(max_size=100))
def test_other_bytes_are_no_frame(data: bytes) -> None:
    with contextlib.suppress(BadFrame):
        kind, fields, body = through(data)
        assert data.startswith(pack(kind, fields, body)[:5])


@given(some.binary(max_size=60), some.data())
def test_half_a_frame_is_none(body: bytes, data: some.DataObject) -> None:
    whole = pack(ANSWER, [b"0", b"3"], body)
    end = data.draw(some.integers(0, len(whole) - 1))
    with pytest.raises(BadFrame):
        through(whole[:end])


@pytest.mark.parametrize("lengths", [b"\xff\xff\xff\xff" + bytes(4), bytes(4) + b"\xff\xff\xff\xff"])
def test_a_length_out_of_bounds_is_refused_before_it_is_read(lengths: bytes) -> None:
    with pytest.raises(BadFrame, match="not a frame"):
        through(b"CLR1Q" + lengths)


def test_a_frame_that_does_not_come_is_not_waited_for() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"CLR1Q")
        with pytest.raises(TimeoutError):
            receive(ours, time.monotonic() + 0.01)
        with pytest.raises(TimeoutError):
            receive(ours, time.monotonic() - 1)


def test_kinds() -> None:
    assert kind_of(pack(QUESTION)) == QUESTION
    assert kind_of(b"CLR2Q") == kind_of(b"") == kind_of(b"CLR1") == b""


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("HOME", True), ("PATH", True), ("VIRTUAL_ENV", True), ("XDG_CONFIG_HOME", True), ("CLEARANCE_DATA", True),
        ("CLAUDECODE", True), ("CLAUDE_PROJECT_DIR", True), ("CODEX_HOME", True), ("LC_ALL", True), ("GIT_INDEX_FILE", True),
        ("CLEARANCE_FINGERPRINT_KEY_FILE", True), ("https_proxy", True),
        ("CODEX_API_KEY", False), ("CLAUDE_CODE_OAUTH_TOKEN", False), ("ANTHROPIC_API_KEY", False), ("GITHUB_TOKEN", False),
        ("AWS_SECRET_ACCESS_KEY", False), ("LD_PRELOAD", False), ("PYTHONPATH", False), ("GIT_DIR", False), ("MAIL", False),
        ("CODEX_KEY_PASSPHRASE", False), ("CLINE_PASS", False), ("OPENCODE_CONFIG_CONTENT", False), ("CURSOR_COOKIE", False),
    ],
)  # fmt: skip
def test_variables_that_matter(name: str, *, kept: bool) -> None:
    assert (name in that_matter({name: "value"})) is kept


def test_a_proxy_with_a_password_stays_where_it_is() -> None:
    proxies = {"https_proxy": "http://user:hunter2@proxy", "HTTPS_PROXY": "http://proxy:8080"}
    assert that_matter(proxies) == {"HTTPS_PROXY": "http://proxy:8080"}
