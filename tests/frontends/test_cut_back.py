"""A log that was cut back, or replaced by another branch of it, gives no answer: every command that reads it says so."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from clearance.attest.dsse import seal
from clearance.facts.entry import Sealed
from clearance.facts.errors import LogTampered
from clearance.facts.statement import DECISION_TYPE
from clearance.frontends.cli.main import run
from clearance.record.log import Submission
from clearance.wiring import open_log, open_signer

STATEMENT: dict[str, Any] = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": "x", "digest": {"sha256": "0" * 64}}],
    "predicateType": DECISION_TYPE,
    "predicate": {"time": "2026-11-22T12:00:00Z", "verdict": "ALLOW"},
}
READERS = [
    ["blame", "a.py"],
    ["trace", "recall", "--agent", "claude-code"],
    ["trace", "stats"],
    ["log", "show"],
    ["log", "show", "0"],
    ["log", "prove", "0"],
    ["log", "bundle", "0"],
    ["log", "trailer"],
    ["policy", "replay"],
    ["policy", "backtest", "--policy", "builtin"],
    ["attest", "show", "0"],
]


def append(repository: Path, *words: str) -> None:
    signer = open_signer("decisions")
    said = [STATEMENT | {"predicate": STATEMENT["predicate"] | {"word": word}} for word in words]
    open_log(repository).extend([Submission(Sealed(leaf=seal(one, signer)), {}) for one in said])


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    (folder / "a.py").write_text("one = 1\n")
    subprocess.run(["git", "-C", folder, "add", "."], check=True)
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", folder, *who, "commit", "-qm", "one"], check=True)
    monkeypatch.chdir(folder)
    append(folder, "a")
    shutil.copytree(folder / ".git" / "clearance", tmp_path / "older")
    return folder


def put_back(repository: Path, older: Path) -> None:
    shutil.rmtree(repository / ".git" / "clearance")
    shutil.copytree(older, repository / ".git" / "clearance")


def test_every_reader_says_that_the_log_was_cut_back(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    append(repository, "b", "c")
    put_back(repository, tmp_path / "older")
    silent = {}
    for words in READERS:
        code = run(words)
        out, err = capsys.readouterr()
        if (code, "cut back: the log holds 1 entries, and 3 were seen" in err) != (4, True):
            silent[" ".join(words)] = (code, out, err)
    assert not silent
    assert run(["log", "verify"]) == 4
    assert "cut back: it holds 1 entries, and 3 were seen" in capsys.readouterr().out


def test_records_of_controls_from_a_log_that_was_cut_back_do_not_count(repository: Path, tmp_path: Path) -> None:
    from clearance.wiring.control_records import read_records

    append(repository, "b")
    put_back(repository, tmp_path / "older")
    assert "cut back" in read_records(repository, "", "").log.problem


def test_another_branch_of_the_log_is_found_at_every_size(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(repository, "b", "c")
    home = Path(os.environ["CLEARANCE_HOME"])
    shutil.copytree(home, tmp_path / "home", symlinks=True)
    shutil.rmtree(tmp_path / "home" / "seen", ignore_errors=True)
    for pins in (tmp_path / "home").rglob("seen"):
        shutil.rmtree(pins)
    for words in (("x", "y"), ("x", "y", "z")):
        put_back(repository, tmp_path / "older")
        with monkeypatch.context() as other:
            other.setenv("CLEARANCE_HOME", str(tmp_path / "home"))
            append(repository, *words)
        with pytest.raises(LogTampered, match="rewritten: the first 3 entries"):
            next(open_log(repository).entries())
        for pins in (tmp_path / "home").rglob("seen"):
            shutil.rmtree(pins)


def test_what_somebody_appends_while_a_log_is_read_is_no_cut(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = open_log(repository)
    seen = log._pins.seen

    def late(origin: str, place: str) -> Any:
        monkeypatch.setattr(log._pins, "seen", seen)
        append(repository, "b")
        return seen(origin, place)

    monkeypatch.setattr(log._pins, "seen", late)
    assert log.size() == 1
    assert log.size() == 2


def test_a_log_that_grew_elsewhere_is_read(repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = Path(os.environ["CLEARANCE_HOME"])
    shutil.copytree(home, tmp_path / "home")
    append(repository, "b")
    shutil.rmtree(home)
    shutil.copytree(tmp_path / "home", home)  # what was seen is the older checkpoint
    assert run(["log", "show", "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2
