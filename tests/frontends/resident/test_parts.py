"""The resident's smaller parts: back-off, code that changed, the log file, what a person is told, rehearsals."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clearance.frontends.cli.main import run
from clearance.frontends.resident import person, start
from clearance.frontends.resident.code import Code
from clearance.frontends.resident.person import Seen, fields
from clearance.frontends.resident.rehearsal import ask, questions
from clearance.frontends.resident.state import Crash, LogFile, Status, Tally
from clearance.frontends.resident.transport import Place, make_folder, place_of


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(str(tmp_path / "r"), "test")
    make_folder(made)
    return made


@pytest.mark.parametrize(
    ("starts", "ago", "wait"),
    [
        (0, 0, 0), (1, 0, 0),
        (2, 0, 10), (2, 4, 6), (2, 11, 0),
        (3, 0, 20), (4, 0, 40), (8, 0, 600), (60, 0, 600), (60, 601, 0),
        (5, -3600, 0),
    ],
)  # fmt: skip
def test_after_two_starts_that_came_to_nothing_the_wait_doubles_and_a_clock_that_jumped_back_ends_it(
    place: Place, monkeypatch: pytest.MonkeyPatch, starts: int, ago: int, wait: int
) -> None:
    for _ in range(starts):
        start.count_start(place)
    now = 1_800_000_000
    if starts:
        os.utime(place.file("failed"), (now, now))
    monkeypatch.setattr(start.time, "time", lambda: now + ago)
    assert start.waits(place) == (starts, wait)


def test_nothing_is_started_while_somebody_holds_the_lock_or_the_wait_is_not_over(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawned: list[int] = []
    monkeypatch.setattr(start, "_spawn", spawned.append)
    with Path(place.file("lock")).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert not start.begin(place)
    assert start.begin(place)
    assert start.begin(place)
    assert not start.begin(place)
    assert len(spawned) == 2


def test_one_that_begins_is_not_taken_for_the_last_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "_spawn", lambda _: None)
    Path(place.file("lock")).write_text("4711")
    assert start.begin(place)
    assert Path(place.file("lock")).read_text() == ""


def test_who_holds_the_lock_is_told_only_while_it_is_held(place: Place) -> None:
    assert start.holder(place) == 0
    with Path(place.file("lock")).open("w") as lock:
        lock.write("4711")
        lock.flush()
        assert start.holder(place) == 0
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert start.holder(place) == 4711
        lock.write(" and more")
        lock.flush()
        assert start.holder(place) == 0


def test_what_others_left_a_month_ago_is_taken_away_unless_one_of_them_lives(place: Place) -> None:
    folder = Path(place.folder)
    long_ago = 1_000_000_000
    for stem in ("gone", "lives", "young", place.name):
        for ending in ("lock", "log", "failed"):
            (folder / f"{stem}.{ending}").touch()
            if stem != "young":
                os.utime(folder / f"{stem}.{ending}", (long_ago, long_ago))
    (folder / "else.txt").touch()
    with (folder / "lives.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        start.sweep(place)
    left = {path.name.rpartition(".")[0] for path in folder.iterdir()}
    assert left == {"lives", "young", place.name, "else"}


def test_code_that_was_written_added_or_taken_away_has_changed(tmp_path: Path) -> None:
    package, beside = tmp_path / "package", tmp_path / "beside"
    for folder in (package / "inner", beside):
        folder.mkdir(parents=True)
    page = package / "inner" / "page.md"
    page.write_text("one")
    os.utime(page, (1, 1))

    def code() -> Code:
        return Code(str(package), str(beside))

    known = code()
    assert not known.changed()
    (package / "inner" / "__pycache__").mkdir()
    assert not known.changed()
    page.write_text("two")
    assert known.changed()
    known = code()
    page.rename(package / "page.md")
    assert known.changed()
    known = code()
    (package / "inner" / "new.py").touch()
    assert known.changed()
    known = code()
    (beside / "other-1.0.dist-info").mkdir()
    assert known.changed()
    known = code()
    (package / "page.md").unlink()
    (package / "inner" / "new.py").unlink()
    assert known.changed()


def test_a_file_that_another_one_took_the_place_of_has_changed_even_if_it_looks_the_same(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    page, other = tmp_path / "package" / "page.md", tmp_path / "other"
    for one in (page, other):
        one.write_text("same")
        os.utime(one, (1, 1))
    known = Code(str(tmp_path / "package"), str(tmp_path / "package"))
    other.rename(page)
    assert known.changed()


def test_the_log_stays_small_belongs_to_its_owner_and_holds_nothing_that_moves_a_cursor(tmp_path: Path) -> None:
    log = LogFile(str(tmp_path / "log"))
    for number in range(2000):
        log.write(f"line {number} \x1b[2J \n of ours {'x' * 500}")
    data = (tmp_path / "log").read_bytes()
    assert len(data) <= 64 * 1024
    assert b"\x1b" not in data
    assert all(line.count("Z ") == 1 for line in data.decode().splitlines())
    assert "line 1999" in log.lines(5)[-1]
    assert len(log.lines(5)) == 5
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_a_log_behind_a_symlink_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("")
    (tmp_path / "log").symlink_to(tmp_path / "target")
    LogFile(str(tmp_path / "log")).write("line")
    assert (tmp_path / "target").read_text() == ""
    assert LogFile(str(tmp_path / "log")).lines(5) == []


def test_a_log_that_cannot_be_written_is_no_error() -> None:
    LogFile("/dev/full/log").write("line")


def test_durations_are_those_of_the_last_questions() -> None:
    tally = Tally()
    assert tally.quantiles() == (0.0, 0.0)
    for number in range(1000):
        tally.ended(number / 1000)
    assert tally.answered == 1000
    assert len(tally.durations) == 512
    assert tally.quantiles() == (743.5, 974.0)


def test_a_person_reads_how_it_does() -> None:
    status = Status(
        pid=7, version="1.0", mode="fork", since="2026-01-01T00:00:00Z", answered=3, failed=1, busy=0, waiting=2,
        median_ms=30.04, p95_ms=50.0, memory_mib=90.2, warm=("built-in rules", "/a"),
        crash=Crash("2026-01-01T00:00:01Z", "a child at work died of signal 11"),
    )  # fmt: skip
    assert Seen(status, "/run/x.sock").lines() == [
        "resident  running, process 7, version 1.0, since 2026-01-01T00:00:00Z",
        "questions 3 answered, 1 failed, 0 in work, median 30.0 ms, p95 50.0 ms",
        "memory    90 MiB; 2 waiting (fork)",
        "warm      built-in rules, /a",
        "failure   2026-01-01T00:00:01Z a child at work died of signal 11",
        "socket    /run/x.sock",
    ]
    assert fields(Seen(status, "/run/x.sock"))["running"] is True


def test_a_person_reads_why_it_cannot_run() -> None:
    assert Seen(None, "/run/x.sock").lines() == ["resident  not running; the next hook starts it", "socket    /run/x.sock"]
    seen = Seen(None, "/run/x.sock", "it does not answer", "clearance resident stop", ("a line",))
    assert seen.lines() == [
        "resident  not running",
        "socket    /run/x.sock",
        "problem   it does not answer",
        "next      clearance resident stop",
        "log",
        "  a line",
    ]


def test_the_command_tells_that_none_runs_and_what_is_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.delenv("CLEARANCE_RESIDENT", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert run(["resident", "status"]) == 0
    assert capsys.readouterr().out.startswith("resident  not running; the next hook starts it\n")
    assert run(["resident", "stop"]) == 0
    assert capsys.readouterr().out == "no resident runs\n"
    make_folder(place_of(os.environ))
    Path(place_of(os.environ).file("sock")).write_text("no socket")
    assert run(["resident", "status", "--format", "json"]) == 4
    assert '"running": false' in capsys.readouterr().out


def test_a_child_takes_the_place_of_who_asks(tmp_path: Path) -> None:
    script = (
        "import os, tempfile; from clearance.frontends.resident.judge import enter; tempfile.gettempdir(); "
        f"enter({str(tmp_path)!r}, {{'TMPDIR': {str(tmp_path)!r}}}); "
        "print(os.getcwd(), tempfile.gettempdir(), sorted(os.environ))"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown == f"{tmp_path} {tmp_path} ['TMPDIR']\n"


def test_an_engine_for_another_environment_shares_what_it_holds_and_nothing_else(tmp_path: Path) -> None:
    from clearance.wiring.acts import Engine

    warm = Engine({"HOME": str(tmp_path)})
    other = warm.under({"HOME": "/elsewhere"})
    assert vars(other)["_held"] is vars(warm)["_held"]
    assert vars(warm)["_environment"] == {"HOME": str(tmp_path)}


def test_what_is_built_for_another_environment_has_its_key_and_its_cache(tmp_path: Path) -> None:
    from clearance.wiring.furnish import builtin_furnish, furnish_around

    one, other = ({"HOME": str(tmp_path / name)} for name in ("one", "other"))
    for environment in (one, other):
        Path(environment["HOME"]).mkdir()
    fresh = builtin_furnish(tmp_path, other)
    around = furnish_around(builtin_furnish(tmp_path, one), tmp_path, other)
    assert fresh.key
    assert (around.key, around.cache) == (fresh.key, fresh.cache)


def test_one_that_ends_just_before_it_is_killed_has_ended(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        monkeypatch.setattr(person, "holder", lambda _: 0)
        raise ProcessLookupError

    monkeypatch.setattr(person, "place_of", lambda _: place)
    monkeypatch.setattr(person, "awaited", lambda *_: 4711)
    monkeypatch.setattr(person, "holder", lambda _: 4711)
    monkeypatch.setattr(person.os, "kill", gone)
    assert person.stopped() == ("the resident, process 4711, ended", True)


def test_rehearsals_are_allowed_and_leave_nothing_behind(tmp_path: Path) -> None:
    from clearance.wiring.acts import Engine

    folder = tmp_path / "empty"
    folder.mkdir()
    environment = dict(os.environ)
    given = ask(Engine(environment), folder, environment, questions())
    assert [(one.exit, one.stdout, one.stderr) for one in given] == [(0, b"", b"")] * len(questions())
    assert list(folder.iterdir()) == []


def test_days_and_clocks_are_only_asked_where_they_may_jump() -> None:
    # Deadlines and idling are counted on the monotonic clock: a clock that is set cannot end or prolong anything.
    source = Path(start.__file__).parent
    for name in ("server.py", "brood.py", "child.py", "cold.py", "frame.py"):
        assert "time.time()" not in (source / name).read_text(), name
