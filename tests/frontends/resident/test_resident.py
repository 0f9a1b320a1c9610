"""The resident as a process: it starts when it is needed, heals itself, and never lets a question pass unanswered."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearance.frontends.resident import start
from clearance.frontends.resident.frame import QUESTION, REFUSAL, STATUS, pack, receive
from frontends.resident.tools import TOY, House, alive, house

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at processes through /proc")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.delenv("CLEARANCE_RESIDENT", raising=False)
    with house(tmp_path / "run") as made:
        yield made


def test_the_first_hook_answers_itself_and_leaves_a_resident_for_the_next(own: House) -> None:
    cold = own.ask(b"hello")
    assert (cold.returncode, cold.stdout) == (0, b"hello 5")
    own.until(lambda: own.seen().status)
    told = own.tell()
    assert told["parent"] == own.resident()


def test_a_child_is_what_the_asking_process_is_and_nothing_of_one_question_reaches_the_next(
    own: House, tmp_path: Path
) -> None:
    own.settled()
    first = own.tell("a word of mine", CLEARANCE_SHOWN="here", ANTHROPIC_API_KEY="never", CODEX_API_KEY="never")
    second = own.tell()
    assert first["directory"] == first["cwd"] == str(Path.cwd())
    assert first["environment"] == first["own"]
    assert first["own"]["CLEARANCE_SHOWN"] == "here"
    assert "never" not in first["own"].values()
    assert "CLEARANCE_SHOWN" not in second["own"]
    assert first["seen"] == second["seen"] == []
    assert first["pid"] != second["pid"]
    assert first["group"] == first["pid"]
    assert "a word of mine" not in own.log()


def test_two_clients_at_once_start_one_resident(own: House) -> None:
    words = [sys.executable, TOY, "client", "toy", "slow"]
    running = [subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=own.environment) for _ in range(6)]
    for one in running:
        assert one.communicate(b"hello")[0] == b"hello 5"
    own.until(lambda: own.seen().status)
    assert own.log().count("started") == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_after_a_killed_resident_the_next_hook_answers_and_starts_another(own: House, number: int) -> None:
    before = own.settled()
    os.kill(before, number)
    own.until(lambda: not own.resident())
    assert own.ask(b"hello").stdout == b"hello 5"
    own.until(lambda: own.seen().status)
    assert own.resident() not in {0, before}


def test_killed_children_that_wait_are_replaced(own: House) -> None:
    parent = own.settled()
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    assert children
    for child in children:
        os.kill(int(child), signal.SIGKILL)
    assert own.ask(b"hello").stdout == b"hello 5"
    assert own.resident() == parent


@pytest.mark.parametrize("do", ["crash", "end", "raise", "memory"])
def test_a_question_that_kills_its_child_kills_no_more_than_that_and_is_denied(own: House, do: str) -> None:
    parent = own.settled()
    done = own.ask({"do": do})
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"denied: the process that checks died"
    assert own.tell()["parent"] == parent == own.resident()
    assert own.seen().status.failed == 1  # type: ignore[union-attr]


def test_what_takes_too_long_is_ended_with_all_that_it_started_and_denied_in_the_words_of_the_contract(
    own: House, tmp_path: Path
) -> None:
    own.settled()
    note = tmp_path / "note"
    done = own.hang(note)
    assert done.returncode == 0
    assert "longer than this hook may take" in json.loads(done.stdout)["denied"]
    assert done.stderr.startswith(b"told: ")
    pids = [int(word) for word in note.read_text().split()]
    own.until(lambda: not any(alive(pid) for pid in pids))


def test_a_child_whose_resident_is_gone_ends_by_its_own_alarm(own: House, tmp_path: Path) -> None:
    own.settled()
    note = tmp_path / "note"
    words = [sys.executable, TOY, "client", "toy", "quick"]
    child = 0
    while not child:  # a busy machine may leave no time to begin
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=own.environment) as asking:
            assert asking.stdin is not None
            assert asking.stdout is not None
            asking.stdin.write(json.dumps({"do": "hang alone", "note": str(note)}).encode())
            asking.stdin.close()
            ended = asking.poll
            own.until(lambda ended=ended: note.exists() or ended() is not None)
            if note.exists():
                child, resident = (int(word) for word in note.read_text().split())
                if resident == own.resident():  # a busy machine may have it answered without one
                    os.kill(resident, signal.SIGKILL)
            assert "denied" in json.loads(asking.stdout.read())
    own.until(lambda: not alive(child))


def test_without_a_resident_it_is_the_same(own: House, tmp_path: Path) -> None:
    off = {"CLEARANCE_RESIDENT": "off"}
    assert own.ask(b"hello", **off).stdout == b"hello 5"
    assert own.ask({"do": "crash"}, **off).stderr == b"denied: the process that checks died"
    note = tmp_path / "note"
    done = own.hang(note, **off)
    assert "longer than this hook may take" in json.loads(done.stdout)["denied"]
    pids = [int(word) for word in note.read_text().split()]
    own.until(lambda: not any(alive(pid) for pid in pids))
    assert not Path(own.place.folder).exists()


def test_a_stale_socket_and_a_file_in_its_place_are_replaced(own: House) -> None:
    os.kill(own.settled(), signal.SIGKILL)
    own.until(lambda: not own.resident())
    assert Path(own.place.file("sock")).is_socket()
    own.settled()
    os.kill(own.resident(), signal.SIGKILL)
    own.until(lambda: not own.resident())
    Path(own.place.file("sock")).unlink()
    Path(own.place.file("sock")).write_text("no socket")
    done = own.ask(b"hello")
    assert done.stdout == b"hello 5"
    assert b"is no socket" in done.stderr


def test_a_deleted_socket_makes_it_leave_and_another_one_starts(own: House) -> None:
    before = own.settled()
    Path(own.place.file("sock")).unlink()
    own.until(lambda: not alive(before))
    assert "lost" in own.log()
    own.settled()


def test_a_deleted_folder_makes_it_leave(own: House) -> None:
    before = own.settled()
    folder = Path(own.place.folder)
    folder.rename(folder.with_name("elsewhere"))
    own.until(lambda: not alive(before))
    assert own.ask(b"hello").stdout == b"hello 5"


def test_it_ends_when_nobody_asks(own: House) -> None:
    own.environment["CLEARANCE_RESIDENT_IDLE"] = "1"
    own.ask(b"hello")
    own.until(lambda: "ended: idle" in own.log())
    assert not Path(own.place.file("sock")).exists()


def test_one_of_another_version_is_not_asked(own: House) -> None:
    own.settled()
    with socket.socket(socket.AF_UNIX) as client:
        _connect(client, own)
        client.sendall(pack(QUESTION, [b"another version", b"toy", b"slow", b"/", b"5"], b"hello"))
        kind, fields, _ = receive(client, time.monotonic() + 60)
    assert (kind, fields) == (REFUSAL, [b"another"])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"GET / HTTP/1.1\r\n\r\n",
        b"CLR1",
        b"CLR1Q" + b"\xff" * 8,
        b"CLR1Q" + bytes(8),
        b"CLR1Z" + bytes(8),
        pack(QUESTION, [b"a"] * 4),
        pack(QUESTION, [b"a", b"b", b"c", b"/", b"nan"]),
        pack(QUESTION, [b"a", b"b", b"c", b"/", b"-1"]),
        pack(QUESTION, [b"a", b"b", b"c", b"/", b"soon"]),
        pack(QUESTION, [b"a", b"b", b"c", b"/", b"5"], b"payload")[:-3],
    ],
)
def test_garbage_gets_no_answer_and_does_no_harm(own: House, data: bytes) -> None:
    parent = own.settled()
    for _ in range(3):
        with socket.socket(socket.AF_UNIX) as client:
            _connect(client, own)
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            client.settimeout(60)
            with contextlib.suppress(ConnectionResetError):
                assert not client.recv(100).startswith(b"CLR1A")
    assert own.tell()["parent"] == parent


def test_slow_and_silent_clients_hold_nobody_up(own: House) -> None:
    own.environment["CLEARANCE_TOY_IMPATIENT"] = "1"
    parent = own.settled()
    silent = [socket.socket(socket.AF_UNIX) for _ in range(40)]
    for number, client in enumerate(silent):
        _connect(client, own)
        if number % 4 == 0:
            client.sendall(pack(QUESTION, [b"x"] * 5, bytes(100))[:20])
    assert own.ask(b"hello").stdout == b"hello 5"
    own.until(lambda: (status := own.seen().status) is not None and not status.busy)
    assert own.tell()["parent"] == parent
    for client in silent:
        client.close()


def test_a_client_that_goes_away_leaves_nothing_behind(own: House) -> None:
    parent = own.settled()
    for _ in range(5):
        with socket.socket(socket.AF_UNIX) as client:
            _connect(client, own)
            client.sendall(_question(own, b"hello"))
    own.until(lambda: (status := own.seen().status) is not None and not status.busy)
    own.tell()
    assert own.resident() == parent


def test_a_child_holds_nothing_that_belongs_to_the_resident_or_to_others(own: House) -> None:
    own.settled()
    for _ in range(4):
        # Its channel, its client, and the folder that was just listed.
        assert own.tell()["descriptors"].count("socket") == 2
        assert "anon_inode" not in own.tell()["descriptors"]
        assert not [one for one in own.tell()["descriptors"] if one.endswith(".lock")]


def test_a_flood_is_answered_by_somebody(own: House) -> None:
    own.settled()
    words = [sys.executable, TOY, "client", "toy", "slow"]
    running = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=own.environment) for _ in range(40)
    ]
    for one in running:
        assert one.stdin is not None
        one.stdin.write(b"hello")
        one.stdin.close()
    for one in running:
        assert one.stdout is not None
        with one.stdout:
            assert one.stdout.read() == b"hello 5"
        assert one.wait() == 0


def test_a_resident_that_hangs_costs_three_hooks_some_time_and_is_ended(own: House) -> None:
    hanging = own.settled()
    os.kill(hanging, signal.SIGSTOP)
    for _ in range(4):
        assert own.ask(b"hello", CLEARANCE_TOY_SILENCE="0.4").stdout == b"hello 5"
    own.until(lambda: not alive(hanging))
    own.settled()


def test_one_that_dies_while_it_starts_is_tried_less_and_less_often_and_that_is_told(
    own: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.environment |= {"CLEARANCE_TOY_BROKEN": "1", "CLEARANCE_TOY_WAIT": "600"}  # this test does not outlast the wait
    monkeypatch.setattr(start, "_FIRST_WAIT", 600.0)
    for _ in range(4):
        assert own.ask(b"hello").stdout == b"hello 5"
        own.until(lambda: not own.starting())  # the next one finds nobody in its way
    assert Path(own.place.file("failed")).stat().st_size == 2
    seen = own.seen()
    assert seen.problem.startswith("the last 2 starts came to nothing")
    del own.environment["CLEARANCE_TOY_BROKEN"]
    long_ago = time.time() - 3600
    os.utime(own.place.file("failed"), (long_ago, long_ago))
    own.settled()
    own.until(lambda: own.ask(b"hello").stdout == b"hello 5" and not Path(own.place.file("failed")).exists())


def test_what_was_not_warm_is_warmed_for_the_next_time_by_the_same_process_on_the_same_socket(own: House) -> None:
    parent = own.settled()
    own.tell()
    own.until(lambda: own.seen().status.answered)  # type: ignore[union-attr]  # the client may know it first
    answered = own.seen().status.answered  # type: ignore[union-attr]
    assert own.ask({"do": "build", "what": "/some/repository"}).stdout == b"built"
    own.until(lambda: "warmed anew" in own.log())
    own.until(lambda: own.seen().status)
    status = own.seen().status
    assert status is not None
    assert status.pid == parent
    assert "/some/repository" in status.warm
    assert status.answered == answered + 1
    assert status.failed == 0  # the children that waited were ended, and did not die
    assert "waiting child" not in own.log()
    assert own.tell()["parent"] == parent


def test_spawned_children_answer_as_forked_ones_do(own: House) -> None:
    own.environment["CLEARANCE_RESIDENT_MODE"] = "spawn"
    parent = own.settled()
    status = own.seen().status
    assert status is not None
    assert status.mode == "spawn"
    first = own.tell("mine", CLEARANCE_SHOWN="here")
    assert first["parent"] == parent
    assert first["own"]["CLEARANCE_SHOWN"] == "here"
    own.until(lambda: own.seen().status.waiting > 0)  # type: ignore[union-attr]
    assert own.tell()["seen"] == []
    assert own.ask({"do": "crash"}).returncode == 2
    assert own.resident() == parent


def test_nothing_that_a_hook_leaves_behind_keeps_the_assistant_waiting(own: House) -> None:
    # An assistant reads to the end of the pipe: whoever holds the other end holds it up.
    read, write = os.pipe()
    words = [sys.executable, TOY, "client", "toy", "slow"]
    done = subprocess.run(words, input=b"hello", stdout=write, env=own.environment, pass_fds=[write], check=False)
    os.close(write)
    assert done.returncode == 0
    with os.fdopen(read, "rb") as pipe:
        assert pipe.read() == b"hello 5"
    own.until(lambda: own.seen().status)
    assert os.getsid(own.resident()) == own.resident()


def test_a_place_too_long_for_a_socket_is_reached_from_inside(own: House, tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 100) / ("b" * 100)
    deep.mkdir(parents=True)
    with house(deep / "run") as far:
        far.settled()
        assert far.tell()["cwd"] == str(Path.cwd())


def test_where_nothing_can_be_written_hooks_answer_without_it(own: House, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    environment = own.environment | {"XDG_RUNTIME_DIR": "", "CLEARANCE_CACHE": str(blocked)}
    done = subprocess.run(
        [sys.executable, TOY, "client", "toy", "slow"], input=b"hello", capture_output=True, check=False, env=environment
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"hello 5", b"")


def test_status_is_told_while_children_work(own: House, tmp_path: Path) -> None:
    own.settled()
    note = tmp_path / "note"
    words = [sys.executable, TOY, "client", "toy", "slow"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, env=own.environment) as working:
        assert working.stdin is not None
        working.stdin.write(json.dumps({"do": "hang", "note": str(note)}).encode())
        working.stdin.close()
        own.until(note.exists)
        status = own.seen().status
        assert status is not None
        assert status.busy == 1
        working.kill()
    for word in note.read_text().split():
        with contextlib.suppress(ProcessLookupError):  # the resident may have buried them already
            os.kill(int(word), signal.SIGKILL)


def test_the_bytes_of_a_frame_may_come_one_by_one(own: House) -> None:
    own.settled()
    with socket.socket(socket.AF_UNIX) as client:
        _connect(client, own)
        frame = pack(STATUS)
        client.sendall(frame[:5])
        with contextlib.suppress(ConnectionError):  # five bytes tell what is asked: it may have answered and left
            client.sendall(frame[5:])
        kind, _, body = receive(client, time.monotonic() + 60)
    assert kind == b"T"
    assert json.loads(body)["pid"] == own.resident()


def _connect(client: socket.socket, own: House) -> None:
    here = Path.cwd()
    os.chdir(own.place.folder)
    try:
        client.connect(f"{own.place.name}.sock")
    finally:
        os.chdir(here)


def _question(own: House, payload: bytes) -> bytes:
    fields = [own.place.identity, "toy", "slow", "/", "30", "HOME=/nonexistent"]
    return pack(QUESTION, [os.fsencode(field) for field in fields], payload)
