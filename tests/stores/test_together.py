"""Files that are written together: all of them, or the folder is as it was."""

import os
from pathlib import Path

import pytest

from clearance.facts.errors import UsageError
from clearance.stores.together import write_together


def held(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_all_files_are_written_into_a_folder_that_is_made(tmp_path: Path) -> None:
    write_together(tmp_path / "a" / "b", {"x": b"1", "y": b"2"}, below=tmp_path)
    assert held(tmp_path) == {"a/b/x": "1", "a/b/y": "2"}


def test_what_stands_there_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("old")
    (tmp_path / "z").write_text("other")
    write_together(tmp_path, {"x": b"1", "y": b"2"}, below=tmp_path)
    assert held(tmp_path) == {"x": "1", "y": "2", "z": "other"}


@pytest.mark.parametrize("failing", range(1, 8))
def test_a_rename_that_fails_leaves_the_folder_as_it_was(
    failing: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_text("old x")
    (tmp_path / "z").write_text("old z")
    done = 0
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        nonlocal done
        done += 1
        if done == failing:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    files = {"x": b"1", "y": b"2", "z": b"3"}
    if failing <= 5:
        with pytest.raises(UsageError, match="No space left"):
            write_together(tmp_path, files, below=tmp_path)
        assert held(tmp_path) == {"x": "old x", "z": "old z"}
    else:
        write_together(tmp_path, files, below=tmp_path)
        assert held(tmp_path) == {"x": "1", "y": "2", "z": "3"}


def test_a_full_disk_leaves_no_folder_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def full(path: object, flags: int, mode: int = 0o777, **more: object) -> int:
        if "new-1" in str(path):
            raise OSError(28, "No space left on device")
        return opened(path, flags, mode, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(UsageError):
        write_together(tmp_path / "a" / "b", {"x": b"1", "y": b"2"}, below=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_gives_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_text("old")
    rename = Path.rename

    def interrupt(self: Path, target: Path) -> Path:
        if Path(target).name == "y":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_together(tmp_path, {"x": b"1", "y": b"2"}, below=tmp_path)
    assert held(tmp_path) == {"x": "old"}


@pytest.mark.parametrize("link", ["a", "a/b", "a/b/x"])
def test_a_symlink_in_the_way_is_refused(link: str, tmp_path: Path) -> None:
    top, elsewhere = tmp_path / "top", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (top / link).parent.mkdir(parents=True)
    (top / link).symlink_to(elsewhere)
    with pytest.raises(UsageError):
        write_together(top / "a" / "b", {"x": b"1"}, below=top)
    assert list(elsewhere.iterdir()) == []


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(UsageError, match="no file"):
        write_together(tmp_path, {"w": b"0", "x": b"1"}, below=tmp_path)
    assert held(tmp_path) == {}
