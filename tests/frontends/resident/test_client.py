"""The hook's client: whatever it is given, and whatever answers it, an assistant hears no by default."""

import ast
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from clearance.frontends.hooks import client
from clearance.frontends.hooks.client import fail_closed
from clearance.frontends.resident.frame import ANSWER, BEGUN, REFUSAL, pack
from clearance.frontends.resident.transport import make_folder
from frontends.resident.tools import TOY, House, house

WORDS = [sys.executable, TOY, "client", "toy"]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.delenv("CLEARANCE_RESIDENT", raising=False)
    with house(tmp_path / "run") as made:
        yield made


@contextlib.contextmanager
def resident_that(own: House, *frames: bytes, hold: bool = False) -> Iterator[None]:
    """Something that listens in the resident's place, holds its lock, says some frames and leaves, or holds on."""
    import fcntl

    make_folder(own.place)
    held = threading.Event()
    with Path(own.place.file("lock")).open("w") as lock, socket.socket(socket.AF_UNIX) as listener:
        fcntl.flock(lock, fcntl.LOCK_EX)
        here = Path.cwd()
        os.chdir(own.place.folder)
        listener.bind(f"{own.place.name}.sock")
        os.chdir(here)
        listener.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(1 << 20)
                        for frame in frames:
                            connection.sendall(frame)
                        if hold:
                            held.wait(60)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            held.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    "frames",
    [
        (),
        (b"HTTP/1.1 200 OK\r\n\r\n",),
        (pack(BEGUN),),
        (pack(BEGUN), b"CLR1A\0\0\0\0"),
        (pack(BEGUN), pack(ANSWER)),
        (pack(BEGUN), pack(ANSWER, [b"zero", b"0"])),
        (pack(BEGUN), pack(ANSWER, [b"0", b"100"], b"short")),
        (pack(BEGUN), pack(ANSWER, [b"0", b"-1"], b"short")),
        (pack(BEGUN), pack(ANSWER, [b"256", b"0"])),
        (pack(BEGUN), pack(ANSWER, [b"0", b"5"], b"hello")[:-2]),
        (pack(BEGUN), pack(REFUSAL, [b"crashed"])),
        (pack(BEGUN), pack(BEGUN)),
        (pack(REFUSAL, [b"stale"]),),
        (pack(REFUSAL, [b"busy"]),),
        (pack(REFUSAL),),
    ],
)
def test_a_resident_that_says_anything_else_is_done_without(own: House, frames: tuple[bytes, ...]) -> None:
    with resident_that(own, *frames):
        done = own.ask(b"hello")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"hello 5", b"")


def test_an_answer_is_given_as_it_came(own: House) -> None:
    with resident_that(own, pack(BEGUN), pack(ANSWER, [b"9", b"3"], b"outerr")):
        done = own.ask(b"hello")
    assert (done.returncode, done.stdout, done.stderr) == (9, b"out", b"err")


def test_one_that_takes_a_question_and_says_nothing_more_does_not_let_it_pass(own: House) -> None:
    with resident_that(own, pack(BEGUN), hold=True):
        done = own.ask(b"hello", "quick")
    assert done.returncode == 0
    assert "denied" in json.loads(done.stdout)


@pytest.mark.parametrize("resident", ["off", ""])
def test_a_payload_of_20_mb_is_read_to_its_end_and_denied(own: House, resident: str) -> None:
    data = b"x" * 20_000_000
    done = own.ask(data, CLEARANCE_RESIDENT=resident)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"the payload has 20000000 bytes" in done.stderr


def test_a_payload_of_16_mib_is_judged(own: House) -> None:
    own.settled()
    assert own.ask(b"x" * (16 << 20)).stdout == b"x" * 20 + b" 16777216"
    own.until(lambda: own.seen().status.answered)  # type: ignore[union-attr]  # the client may know it first
    assert own.seen().status.answered == 1  # type: ignore[union-attr]


def test_an_assistant_that_never_ends_its_payload_hears_no(own: House) -> None:
    read, write = os.pipe()
    os.write(write, b"half")
    done = subprocess.run([*WORDS, "quick"], stdin=read, capture_output=True, check=False, env=own.environment)
    os.close(read)
    os.close(write)
    assert json.loads(done.stdout) == {"denied": "the assistant did not finish its payload"}
    assert done.stderr == b"told: the assistant did not finish its payload"


def test_what_took_too_long_without_a_resident_is_left_to_one_that_has_the_time(own: House, tmp_path: Path) -> None:
    done = own.ask({"do": "hang", "note": str(tmp_path / "note")}, "quick")
    assert "longer than this hook may take" in json.loads(done.stdout)["denied"]
    own.until(lambda: own.seen().status)


def test_closed_streams_are_not_mistaken_for_others(own: House) -> None:
    parent = own.settled()

    def run(closed: str) -> "subprocess.CompletedProcess[bytes]":
        script = f'"$@" {closed}'
        words = ["sh", "-c", script, "sh", *WORDS, "slow"]
        return subprocess.run(words, input=b"hello", capture_output=True, check=False, env=own.environment)

    assert run("<&-").stdout == b" 0"
    assert run(">&-").returncode == 2  # there is an answer, and nobody hears it
    assert run("2>&-").stdout == b"hello 5"
    assert run("<&- >&- 2>&-").returncode == 2
    assert own.resident() == parent


def test_an_answer_that_cannot_be_written_is_a_no(own: House) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*WORDS, "slow"], input=b"hello", stdout=full, check=False, env=own.environment)
    assert done.returncode == 2


@pytest.mark.parametrize("words", [[], ["toy"], ["toy", "slow", "more"]])
def test_other_words_are_a_no(own: House, words: list[str]) -> None:
    done = subprocess.run([sys.executable, TOY, "client", *words], capture_output=True, check=False, env=own.environment)
    assert done.returncode == 2
    assert done.stderr.startswith(b"usage: clearance-hook ASSISTANT EVENT")


def test_an_unknown_assistant_gets_exit_code_2_where_nothing_answers(own: House) -> None:
    done = subprocess.run(
        [sys.executable, TOY, "client", "nobody", "Nothing"],
        input=b"x" * (1 + (16 << 20)),
        capture_output=True,
        check=False,
        env=own.environment,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"so it is denied" in done.stderr


def test_a_directory_that_is_gone_is_no_reason_to_fail(own: House, tmp_path: Path) -> None:
    own.settled()
    gone = tmp_path / "gone"
    gone.mkdir()
    words = ["sh", "-c", 'rmdir "$1"; shift; "$@"', "sh", str(gone), *WORDS, "slow"]
    ask = json.dumps({"do": "tell"}).encode()
    done = subprocess.run(words, input=ask, capture_output=True, check=False, env=own.environment, cwd=gone)
    assert json.loads(done.stdout)["cwd"] == "/"


@given(some.text(max_size=60))
def test_a_reason_stands_in_json_as_it_is(why: str) -> None:
    given_ = fail_closed((1.0, 0, '{"reason": "{why}"}', ""), why)
    wanted = "".join(sign if sign <= "\uffff" else "?" for sign in why)
    assert json.loads(given_.out)["reason"] == wanted
    assert given_.err == b""


def test_an_error_of_our_own_is_a_no(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    class Ended(Exception):
        pass

    def end(code: int) -> None:
        raise Ended(code)

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(client, "_answer", broken)
    monkeypatch.setattr(client.os, "_exit", end)
    monkeypatch.setattr(sys, "argv", ["clearance-hook", "nobody", "Nothing"])
    with pytest.raises(Ended, match="2"):
        client.main()
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_it_imports_nothing_that_takes_time() -> None:
    script = "import sys; a = set(sys.modules); import clearance.frontends.hooks.client; print(sorted(set(sys.modules) - a))"
    shown = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True).stdout
    allowed = {"select", "_socket"}
    extra = {name for name in ast.literal_eval(shown) if not name.startswith("clearance")} - allowed
    assert not extra
    ours = {name for name in ast.literal_eval(shown) if name.startswith("clearance")}
    assert ours == {
        "clearance", "clearance.frontends", "clearance.frontends.hooks", "clearance.frontends.hooks.client",
        "clearance.frontends.hooks.closed", "clearance.frontends.hooks.unsupported", "clearance.frontends.resident",
        "clearance.frontends.resident.frame", "clearance.frontends.resident.transport",
    }  # fmt: skip
