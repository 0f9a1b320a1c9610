"""What a person types about witnesses and trailers: real witness processes on this machine, a real repository."""

import http.client
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.attest.dsse import seal
from clearance.facts.entry import Sealed
from clearance.frontends.cli.main import run
from clearance.frontends.witness.server import WitnessServer
from clearance.record.cosignature import cosign
from clearance.record.log import Submission
from clearance.record.witness import MOST_REQUEST, Answer
from clearance.stores.private import PrivateFolder
from clearance.wiring import open_log, open_signer
from clearance.wiring.witnessing import after_append
from frontends.prompt import Type
from record.witnesses import NOON, Branch, Honest, signer
from record.witnesses import log_key as log_key_of_tests

STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": "x", "digest": {"sha256": "0" * 64}}],
    "predicateType": "urn:clearance:predicate:test:v1",
    "predicate": {"time": "2026-11-22T12:00:00Z"},
}


@pytest.fixture
def type_(type_: Type) -> Type:
    """Type a command about the log."""
    return partial(type_, "log")


def append(repository: Path, count: int, word: str = "a") -> None:
    """Append entries, cheaply: old ones, by a bare key."""
    signer = open_signer("decisions")
    made = [STATEMENT | {"predicate": {"time": "2026-11-22T12:00:00Z", "word": f"{word} {at}"}} for at in range(count)]
    open_log(repository).extend([Submission(Sealed(leaf=seal(one, signer)), {}) for one in made])


class Process:
    """A witness as a process of its own, with a home of its own."""

    def __init__(self, home: Path, key: str, port: int = 0) -> None:
        self.home = home
        listen = f"127.0.0.1:{port}"
        words = [sys.executable, "-m", "clearance", "log", "witness", "serve", "--log", key, "--listen", listen]
        names = {"HOME": str(home), "CLEARANCE_HOME": str(home / "keys")}
        self.process = subprocess.Popen(words, env=os.environ | names, stdout=subprocess.PIPE, text=True)
        self.key = self.url = ""
        assert self.process.stdout
        for line in self.process.stdout:
            word, _, rest = line.strip().partition(" ")
            self.key = rest.strip() if word == "key" else self.key
            if word == "serving":
                self.url = rest.strip()
                break

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(120)
        if self.process.stdout:
            self.process.stdout.close()
        return code


def log_key(type_: Type) -> str:
    """The verifier key of the log, as its policy for others names it."""
    code, out, _ = type_("witness", "policy")
    assert code == 0
    return out.split()[1]


def commit(repository: Path, message: str, *more: str) -> None:
    author = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *author, "commit", "-q", "--allow-empty", "-m", message, *more], cwd=repository, check=True)


def test_where_there_is_nothing_yet_it_is_said_with_how_to_begin(repository: Path, type_: Type) -> None:
    code, out, _ = type_("witness", "state")
    assert (code, out) == (
        0,
        "the witness of this machine has cosigned no log yet: `clearance log witness serve` starts it\n",
    )
    commit(repository, "one")
    code, out, _ = type_("trailers")
    assert code == 3  # a history from which somebody took the trailers looks like this, too
    assert "0 trailers in 1 commit: nothing to compare" in out
    assert 'begin with: git commit --trailer "$(clearance log trailer)"' in out


def test_three_witnesses_cosign_a_log_and_refuse_its_fork(repository: Path, type_: Type, tmp_path: Path) -> None:
    append(repository, 3)
    key = log_key(type_)
    witnesses = []
    try:
        witnesses = [Process(tmp_path / f"w{at}", key) for at in range(3)]
        for at, one in enumerate(witnesses):
            assert type_("witness", "add", f"w{at}", one.url, one.key)[0] == 0
        code, out, _ = type_("witness", "ask")
        assert (code, out.count("cosigned w"), "quorum   reached: 2 of 3 (w0, w1, w2)" in out) == (0, 3, True)

        # One of them is killed and started anew: it forgot nothing.
        assert witnesses[2].end(signal.SIGKILL) == -signal.SIGKILL
        append(repository, 2)
        code, out, _ = type_("witness", "ask")
        assert (code, out.count("cosigned w"), out.count("NOT      w2")) == (0, 2, 1)
        witnesses[2] = Process(witnesses[2].home, key, int(witnesses[2].url.rpartition(":")[2]))
        assert type_("witness", "ask")[1].count("cosigned w") == 3
        policy = tmp_path / "policy"
        policy.write_text(type_("witness", "policy")[1])
        assert type_("verify", "--policy", str(policy))[0] == 0

        # A copy of the log goes its own way, in a machine that holds the same keys.
        for name in ("fork", "back"):
            shutil.copytree(repository / ".git" / "clearance", tmp_path / name)
        append(repository, 1, "first future")
        assert type_("witness", "ask")[0] == 0
        instead(repository, tmp_path / "fork")
        append(repository, 1, "other future")
        code, out, _ = type_("witness", "ask", "--format", "json")
        told = json.loads(out)
        assert (code, told["reached"], told["cosigners"]) == (4, False, [])
        assert {one["why"] for one in told["refusals"]} == {"FORK: it cosigned 6 entries with another root"}
        append(repository, 1, "other future")
        _, out, _ = type_("witness", "ask")
        assert out.count("FORK: the log does not continue what it cosigned") == 3
        assert type_("verify", "--policy", str(policy))[0] == 4

        # Cut back.
        instead(repository, tmp_path / "back")
        code, out, _ = type_("witness", "ask")
        assert (code, out.count("ROLLED BACK: it cosigned 6 entries, and the log holds 5")) == (4, 3)
        append(repository, 1, "third future")
        assert type_("witness", "ask")[1].count("FORK") == 3
    finally:
        codes = [one.end() for one in witnesses]
    assert codes == [143, 143, 143]


def instead(repository: Path, copy: Path) -> None:
    """Put a copy of the log in its place, and forget what was seen, as a liar would."""
    place = repository / ".git" / "clearance"
    shutil.rmtree(place)
    shutil.copytree(copy, place)
    shutil.rmtree(Path(os.environ["CLEARANCE_HOME"]) / "seen", ignore_errors=True)


def test_trailers_show_a_fork_in_a_clone_that_has_only_the_history(repository: Path, type_: Type, tmp_path: Path) -> None:
    assert type_("trailer")[0] == 4
    append(repository, 2)
    code, out, _ = type_("trailer")
    line = out.strip()
    assert (code, out.count("\n")) == (0, 1)
    commit(repository, "one", "--trailer", line)
    words = ["git", "log", "-1", "--format=%(trailers:key=Clearance-Checkpoint,unfold)"]
    assert subprocess.run(words, cwd=repository, check=True, capture_output=True, text=True).stdout.strip() == line
    assert type_("trailers")[0] == 0
    shutil.copytree(repository / ".git" / "clearance", tmp_path / "fork")
    append(repository, 1, "first future")
    assert type_("export", str(tmp_path / "export"))[0] == 0
    commit(repository, f"two\n\n{type_('trailer')[1]}")
    assert type_("trailers", "HEAD~1..HEAD")[1].splitlines()[-1] == "1 trailer in 1 commit: nothing contradicts"
    instead(repository, tmp_path / "fork")
    append(repository, 1, "other future")
    commit(repository, f"three\n\n{type_('trailer')[1]}")
    ids = subprocess.run(["git", "log", "--format=%H"], cwd=repository, check=True, capture_output=True, text=True).stdout
    third, second, _ = (one[:12] for one in ids.split())

    # The clone has another home, and neither log nor keys.
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", repository, clone], check=True)
    (key,) = (one for one in (tmp_path / "export" / "keys").glob("*.pub") if "ed25519" in one.read_text())
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CLEARANCE_HOME", str(tmp_path / "auditor"))
        patched.chdir(clone)
        code, out, _ = type_("trailers", "--key", str(key))
        assert (code, out.splitlines()[2].split()[:2]) == (4, [third, "fork"])
        assert f"another root of 3 entries is stated there (commit {second})" in out
        assert "there is no log at hand" in out
        code, out, _ = type_("trailers", "--key", str(key), "--export", str(tmp_path / "export"), "--format", "json")
        told = json.loads(out)
        assert (code, [one["state"] for one in told["trailers"]]) == (4, ["fits", "fits", "fork"])
        assert type_("trailers")[0] == 4  # nobody's keys: the two still contradict each other
        assert type_("trailers", "HEAD~1")[0] == 0
    assert [one["state"] for one in json.loads(type_("trailers", "--format", "json")[1])["trailers"]] == [
        "fits",
        "fork",
        "fits",
    ]


def test_what_is_no_range_or_holds_no_trailer_is_said(repository: Path, type_: Type) -> None:
    commit(repository, "nothing")
    code, out, _ = type_("trailers")
    assert (code, out.splitlines()[-2]) == (3, "0 trailers in 1 commit: nothing to compare")
    for span in ("--output=x", "nowhere", "HEAD..nowhere"):
        assert type_("trailers", "--", span)[0] == 2


@contextmanager
def serving(handle: Callable[[bytes], Answer]) -> Iterator[WitnessServer]:
    """A server in this process."""
    server = WitnessServer(("127.0.0.1", 0), handle)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def server() -> Iterator[WitnessServer]:
    with serving(Honest("w").witness.add_checkpoint) as made:
        yield made


def asked(server: WitnessServer, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=60)
    try:
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def raw(server: WitnessServer, data: bytes) -> bytes:
    with socket.create_connection(server.server_address[:2], timeout=60) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(1 << 16)


def test_the_server_knows_one_call_and_bounds_what_it_reads(server: WitnessServer) -> None:
    assert asked(server, "GET", "/add-checkpoint")[0] == 405
    assert asked(server, "HEAD", "/add-checkpoint") == (405, b"")
    assert asked(server, "POST", "/other")[0] == 404
    assert asked(server, "POST", "/add-checkpoint", b"x")[0] == 400
    assert raw(server, b"POST /add-checkpoint HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 411 ")
    assert raw(server, b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MOST_REQUEST + 1)).startswith(
        b"HTTP/1.1 413 "
    )
    assert raw(server, b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: -1\r\n\r\n").startswith(b"HTTP/1.1 411 ")
    assert raw(server, b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9\r\n\r\nold") == b""
    assert raw(server, b"\x00\xff\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert raw(server, b"POST /" + b"x" * 70_000).startswith(b"HTTP/1.1 414 ")
    assert raw(server, b"POST / HTTP/1.1\r\n" + b"x: y\r\n" * 200 + b"\r\n").startswith(b"HTTP/1.1 431 ")
    first = Branch().grown(3, "a")
    assert asked(server, "POST", "/add-checkpoint", first.request(0))[0] == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /add-checkpoint HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4", 501),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: identity", 501),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 4", 400),
        (b"POST //add-checkpoint HTTP/1.1\r\nContent-Length: 4", 404),
        (b"POST /x/../add-checkpoint HTTP/1.1\r\nContent-Length: 4", 404),
    ],
)
def test_a_request_that_a_proxy_may_read_otherwise_ends_the_connection(
    server: WitnessServer, head: bytes, status: int
) -> None:
    answer = raw(server, head + b"\r\n\r\nrestPOST /add-checkpoint HTTP/1.1\r\nContent-Length: 1\r\n\r\nx")
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert answer.count(b"HTTP/1.1") == 1


def test_one_address_takes_a_few_of_the_connections_and_a_proxy_here_may_take_all() -> None:
    with serving(Honest("w").witness.add_checkpoint) as made:
        near, far = ("127.0.0.1", 1), ("192.0.2.7", 1)
        assert sum(made._takes(far) for _ in range(20)) == 8
        assert sum(made._takes(("::ffff:192.0.2.7", 1, 0, 0)) for _ in range(20)) == 0
        assert sum(made._takes((f"2001:db8::{number:x}", 1, 0, 0)) for number in range(20)) == 8
        assert made.idle == 15
        assert sum(made._takes(near) for _ in range(90)) == 48
        assert made.idle == 3
        made._leaves(far)
        assert made._takes(far)


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_no_request_makes_it_fail(server: WitnessServer, body: bytes) -> None:
    assert asked(server, "POST", "/add-checkpoint", body)[0] == 400


def let_go(slow: socket.socket) -> bool:
    """Send a byte now and then, until the other side has enough."""
    try:
        for _ in range(3000):
            slow.sendall(b"x")
            time.sleep(0.02)
    except OSError:
        return True
    return False


def test_one_connection_serves_many_requests_and_one_that_drips_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    from clearance.frontends.witness import server as module

    with serving(Honest("w").witness.add_checkpoint) as made:
        connection = http.client.HTTPConnection(*made.server_address[:2], timeout=60)
        branch = Branch().grown(3, "a")
        for old in (0, 3, 3):
            connection.request("POST", "/add-checkpoint", body=branch.request(old))
            response = connection.getresponse()
            assert (response.status, response.read().count(b"\n")) == (200, 1)
        connection.close()
        monkeypatch.setattr(module, "_SECONDS", 0.3)  # a busy machine may need longer for those above
        with socket.create_connection(made.server_address[:2], timeout=60) as slow:
            assert let_go(slow)


def test_where_the_disk_is_full_no_cosignature_leaves(
    repository: Path, type_: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clearance.wiring.witness import open_witness, own_witness, read_logs

    append(repository, 1)
    own = own_witness(os.environ)
    with serving(open_witness(own, read_logs([log_key(type_)], None)).add_checkpoint) as made:
        assert type_("witness", "add", "w", made.url, str(own.key))[0] == 0

        def full(folder: PrivateFolder, name: str, data: bytes, *, durable: bool = True) -> None:
            from clearance.facts.errors import StoreError

            raise StoreError("No space left on device", where=name)

        with monkeypatch.context() as patched:
            patched.setattr(PrivateFolder, "replace", full)
            code, out, _ = type_("witness", "ask")
            assert (code, "refused with status 500: the witness cannot keep or sign anything now" in out) == (4, True)
        assert own.memory.latest(log_key(type_).partition("+")[0]) is None
        assert type_("witness", "ask")[0] == 0
    assert type_("witness", "state")[0] == 0


def test_a_witness_that_lost_its_memory_serves_no_more(repository: Path, type_: Type) -> None:
    code, out, _ = type_("witness", "key", "--name", "example.com/w1")
    assert (code, out.startswith("example.com/w1+")) == (0, True)
    assert type_("witness", "key") == (0, out, "")
    assert type_("witness", "key", "--name", "example.com/w2")[0] == 2
    folder = Path(os.environ["CLEARANCE_HOME"]) / "witness"
    (folder / "self").unlink()
    code, _, err = type_("witness", "key")
    assert (code, "a key and no memory" in err) == (4, True)


LIES = {
    "another key's signature": (200, Honest("liar").ask(Branch()), "without a signature by the key of the policy"),
    "nothing": (200, b"", "what is no signature line"),
    "no end": (200, b"x", "what is no signature line"),
    "garbage": (200, b"\xff\n", "answered wrongly: not UTF-8"),
    "a signature that does not fit": (200, None, "answered wrongly: the cosignature of w.example/w does not fit"),
    "the future": (200, 10**9, "its clock is ahead of ours"),
    "that it does not know the log": (404, b"no\n", "it does not know this log"),
    "that it does not trust the key": (403, b"no\n", "it does not trust the key"),
    "a size that was never": (409, b"99\n", "ROLLED BACK: it cosigned 99 entries"),
    "sizes without end": (409, b"9" * 400 + b"\n", "refused with status 409"),
    "another address": (302, b"", "sends to another address"),
    "a page": (200, b"<html>\n" * 99_999, "answered more than"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_of_a_witness_is_told_and_never_counts(repository: Path, type_: Type, name: str) -> None:
    status, said, told = LIES[name]
    append(repository, 2)

    def handle(body: bytes) -> Answer:
        text = body.partition(b"\n\n")[2].partition(b"\n\n")[0].decode() + "\n"
        match said:
            case None:
                return Answer(200, cosign(text + "x\n", "w.example/w", signer("w"), NOON).line.encode())
            case int(ahead):
                now = int(datetime.now(UTC).timestamp())
                return Answer(200, cosign(text, "w.example/w", signer("w"), now + ahead).line.encode())
            case bytes():
                return Answer(status, said)
        return Answer(200, said.line.encode() if said else b"")

    with serving(handle) as made:
        if status == 302:
            made.RequestHandlerClass.send_header = moved  # type: ignore[method-assign]
        try:
            type_("witness", "add", "w", made.url, str(Honest("w").key))
            code, out, _ = type_("witness", "ask")
        finally:
            if status == 302:
                del made.RequestHandlerClass.send_header
    assert (code, told in out) == (4, True), out
    assert open_log(repository).checkpoint().count("— ".encode()) == 1


def moved(handler: http.server.BaseHTTPRequestHandler, keyword: str, value: str) -> None:
    """Send each header, and a place to go to."""
    for name, text in ((keyword, value), ("Location", "https://elsewhere.example/")):
        handler._headers_buffer = [*getattr(handler, "_headers_buffer", []), f"{name}: {text}\r\n".encode()]


def test_a_witness_that_says_nothing_is_waited_for_only_so_long(repository: Path, type_: Type) -> None:
    append(repository, 1)
    trust = PrivateFolder(Path(os.environ["CLEARANCE_HOME"])).within("trust")
    trust.replace("trust.toml", b"[witnesses]\nseconds = 0.2\n")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert type_("witness", "add", "w", url, str(Honest("w").key))[0] == 0
        code, out, _ = type_("witness", "ask")
    assert (code, "did not answer" in out) == (4, True)


def test_after_an_append_the_quorum_is_told_and_required_where_the_settings_say_so(repository: Path, type_: Type) -> None:
    append(repository, 1)
    log = open_log(repository)
    trust = PrivateFolder(Path(os.environ["CLEARANCE_HOME"])).within("trust")
    assert after_append(log, os.environ) == ("", True)
    trust.replace("trust.toml", b'[witnesses]\nquorum = "required"\n')
    assert after_append(log, os.environ) == ("a quorum of witnesses is required, and no policy names one", False)
    keys = [Honest("a"), Honest("b")]
    for one in keys:
        one.witness._logs = (key_of(type_),)  # type: ignore[assignment]
    with serving(keys[0].witness.add_checkpoint) as first, serving(keys[1].witness.add_checkpoint) as second:
        for one, made in zip(keys, (first, second), strict=True):
            type_("witness", "add", one.name, made.url, str(one.key))
        told = after_append(log, os.environ)
        assert (told.enough, told.line) == (True, "cosigned by a, b; the quorum is 2 of 2 (a, b)")
    append(repository, 1)
    told = after_append(log, os.environ)
    assert not told.enough
    assert told.line.startswith("NO QUORUM: cosigned by none; the quorum is 2 of 2 (a, b)")
    trust.replace("trust.toml", b'[witnesses]\nquorum = "tell"\n')
    assert after_append(log, os.environ).enough
    trust.replace("trust.toml", b'[witnesses]\nquorum = "maybe"\n')
    assert type_("witness", "ask")[0] == 2


def key_of(type_: Type) -> object:
    from clearance.record.signed import NOTE_ED25519, read_verifier_key

    return read_verifier_key(log_key(type_), NOTE_ED25519)


BAD = {
    "an address without TLS": ("w", "http://witness.example", "KEY", "a witness is asked over https only"),
    "an address with a password": ("w", "https://user:x@witness.example", "KEY", "no credentials"),
    "no key": ("w", "https://witness.example", "x", "not a verifier key"),
    "a name that is none": ("none", "https://witness.example", "KEY", "cannot be defined"),
    "a name of two words": ("a b", "https://witness.example", "KEY", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_a_witness_that_cannot_be_one_is_not_added(type_: Type, name: str) -> None:
    called, url, key, said = BAD[name]
    code, _, err = type_("witness", "add", called, url, str(Honest("w").key) if key == "KEY" else key)
    assert (code, said in err) == (2, True), err
    assert type_("witness", "list")[0] == 2


def test_witnesses_are_added_and_removed_and_the_quorum_is_a_majority(type_: Type) -> None:
    for name in "abc":
        code, out, _ = type_("witness", "add", name, f"https://{name}.example/w", str(Honest(name).key))
        assert code == 0
    assert out.splitlines()[-2:] == [
        "quorum   2 of 3 (a, b, c)",
        "safety   two contradicting logs can both have a quorum only where one witness is dishonest",
    ]
    assert type_("witness", "add", "d", "https://d.example", str(Honest("a").key))[0] == 2
    assert "1 of 1 (c)" in (type_("witness", "remove", "a"), type_("witness", "remove", "b"))[1][1]
    assert type_("witness", "remove", "x")[0] == 2


def test_serving_needs_a_log_and_an_address(type_: Type) -> None:
    assert type_("witness", "serve")[0] == 2
    assert type_("witness", "serve", "--log", str(Honest("w").key))[0] == 2
    assert type_("witness", "serve", "--log", str(log_key_of_tests()), "--listen", "nowhere")[0] == 2


def test_what_tracing_appends_is_under_the_checkpoint_that_the_witnesses_cosign(
    repository: Path, type_: Type, capsys: pytest.CaptureFixture[str]
) -> None:
    home = PrivateFolder(Path(os.environ["CLEARANCE_HOME"]))
    commit(repository, "empty")
    append(repository, 1)
    home.within("trust").replace("trust.toml", b'[witnesses]\nquorum = "required"\nseconds = 60.0\n')
    honest = Honest("w")
    honest.witness._logs = (key_of(type_),)  # type: ignore[assignment]
    (repository / "a.py").write_text("def one():\n    return 'one'\n")
    subprocess.run(["git", "add", "a.py"], cwd=repository, check=True)
    commit(repository, "A line\n\nCo-Authored-By: Claude <noreply@anthropic.com>")
    asked = []

    def answer(body: bytes) -> Answer:
        asked.append(body)
        return honest.witness.add_checkpoint(body)

    with serving(answer) as made:
        assert type_("witness", "add", "w", made.url, str(honest.key))[0] == 0
        assert run(["check", "--base", "HEAD~1", "--head", "HEAD", "--format", "json"]) in (0, 3)
    receipt = json.loads(capsys.readouterr().out)["receipt"]
    assert open_log(repository).size() > receipt["index"] + 1, "where the lines come from was settled"
    assert receipt["witnesses"] == "cosigned by w; the quorum is 1 of 1 (w)"
    assert type_("verify")[0] == 0
    assert len(asked) <= 2, "once, and once more where it says how much it knows"
    with serving(answer) as made:
        assert type_("witness", "remove", "w")[0] == 0
        assert type_("witness", "add", "w", made.url, str(honest.key))[0] == 0
        assert run(["attest", "incident", "INC-7", "--severity", "low"]) == 0
    assert "witnesses cosigned by w; the quorum is 1 of 1 (w)\n" in capsys.readouterr().err
    assert type_("verify")[0] == 0


def test_the_gate_gives_no_answer_without_a_required_quorum(
    repository: Path, type_: Type, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    home = PrivateFolder(Path(os.environ["CLEARANCE_HOME"]))
    commit(repository, "empty")
    (repository / "a.txt").write_text("a\n")
    assert run(["check"]) == 0
    assert "witness" not in capsys.readouterr().out
    home.within("trust").replace("trust.toml", b'[witnesses]\nquorum = "required"\nseconds = 60.0\n')
    honest = Honest("w")
    honest.witness._logs = (key_of(type_),)  # type: ignore[assignment]
    with serving(honest.witness.add_checkpoint) as made:
        assert type_("witness", "add", "w", made.url, str(honest.key))[0] == 0
        assert run(["check"]) == 0
        out, _ = capsys.readouterr()
        assert "witnesses cosigned by w; the quorum is 1 of 1 (w)" in out
    policy, strict = tmp_path / "policy", tmp_path / "strict"
    policy.write_text(type_("witness", "policy")[1])
    strict.write_text(f"witness x {Honest('x').key}\nquorum x\n")
    (tmp_path / "b.json").write_text(type_("bundle", "1")[1])
    assert run(["trust", "show", "--trusted-root", str(tmp_path / "root.json")]) == 0
    verify = ["verify", str(tmp_path / "b.json"), "--trusted-root", str(tmp_path / "root.json"), "--policy"]
    assert run([*verify, str(policy)]) == 0
    assert "cosigned by w" in capsys.readouterr().out
    assert run([*verify, str(strict)]) == 4
    assert "no quorum: cosigned by none; it takes x" in capsys.readouterr().out
    (repository / ".clearance").mkdir()
    (repository / ".clearance" / "settings.toml").write_text("")
    assert run(["check"]) == 4  # the witness is gone
    out, _ = capsys.readouterr()
    assert "witnesses NO QUORUM: cosigned by none" in out
    assert "ALLOW" in out or "ASK" in out
