"""A folder, or a file, as it stands."""

import os
import subprocess
from pathlib import Path

import pytest

from clearance.collect.tree import directory
from clearance.facts.change import ChangeKind, Mode
from clearance.facts.errors import CollectError, UsageError
from clearance.facts.finding import GapKind


def test_everything_is_there_but_git_and_what_links_lead_to(tmp_path: Path) -> None:
    (tmp_path / "a/.git").mkdir(parents=True)
    (tmp_path / "a/.git/config").write_text("no\n")
    (tmp_path / "a/x.py").write_text("one\ntwo")
    (tmp_path / "a/run").write_text("#!/bin/sh\n")
    (tmp_path / "a/run").chmod(0o755)
    (tmp_path / "a/empty").touch()
    (tmp_path / "a/bin").write_bytes(b"\0\1")
    (tmp_path / "a/loop").symlink_to(".")
    (tmp_path / "a/out").symlink_to("../../secret")
    os.mkfifo(tmp_path / "a/pipe")
    collected = directory(tmp_path / "a")
    files = {file.path: file for file in collected.change.files}
    assert list(files) == ["bin", "empty", "loop", "out", "run", "x.py"] == list(collected.contents.paths())
    assert all(file.kind is ChangeKind.PRESENT and file.before is None for file in files.values())
    assert (files["x.py"].added, files["empty"].added, files["bin"].binary) == (((1, 2),), (), True)
    assert (files["run"].after.mode, files["loop"].after.mode) == (Mode.EXECUTABLE, Mode.SYMLINK)
    assert {(gap.path, gap.kind) for gap in collected.gaps} == {("out", GapKind.SYMLINK), ("pipe", GapKind.EXCLUDED)}
    assert collected.contents.read("x.py", "after", 5) == b"one\nt"
    with pytest.raises(KeyError):
        collected.contents.read("x.py", "before", 5)


def test_one_file(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("one\n")
    collected = directory(tmp_path / "x.py")
    assert [file.path for file in collected.change.files] == ["x.py"]
    assert collected.contents.peek("x.py", 100) == b"one\n"


def test_the_digest_names_paths_modes_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("one\n")
    first = directory(tmp_path).change.tree.sha256
    assert directory(tmp_path).change.tree.sha256 == first
    (tmp_path / "x.py").chmod(0o755)
    second = directory(tmp_path).change.tree.sha256
    (tmp_path / "x.py").write_text("two\n")
    third = directory(tmp_path).change.tree.sha256
    assert len({first, second, third}) == 3


@pytest.mark.parametrize("how", ["written", "removed", "linked"])
def test_a_file_that_changes_after_it_was_collected_is_an_error(tmp_path: Path, how: str) -> None:
    place = tmp_path / "x.py"
    place.write_text("one\n")
    collected = directory(tmp_path)
    place.unlink()
    if how == "written":
        place.write_text("two\n")
    elif how == "linked":
        place.symlink_to("/etc/passwd")
    with pytest.raises(CollectError):
        collected.contents.read("x.py", "after", 2)


def test_names_that_would_escape_are_kept_as_they_are(tmp_path: Path) -> None:
    names = [b"a\nb", b"\x1b[31m", b"latin\xe9", b"q\"'"]
    for name in names:
        (tmp_path / os.fsdecode(name)).touch()
    assert [file.path for file in directory(tmp_path).change.files] == ["\x1b[31m", "a\nb", "latin\\xe9", "q\"'"]


@pytest.mark.parametrize("name", ["nowhere", "pipe"])
def test_what_is_no_folder_or_file_is_refused(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError):
        directory(tmp_path / name)


def test_nesting_deeper_than_a_path_can_be_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(3000):
        Path("d").mkdir()
        os.chdir("d")
    Path("deep.py").touch()
    gaps = directory(tmp_path).gaps
    assert [gap.kind for gap in gaps] == [GapKind.UNREADABLE]
    os.chdir(tmp_path)
    subprocess.run(["rm", "-rf", "d"], check=True)  # shutil.rmtree would recurse
