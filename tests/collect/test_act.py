"""What an assistant is about to do, as a change."""

import json
import os
from pathlib import Path

import pytest

from clearance.collect.act import ARGUMENTS, COMMAND, PROMPT, collect_act, shown
from clearance.facts.act import Act, Moment, Replacement, Write
from clearance.facts.change import ChangeKind, Collected
from clearance.facts.finding import GapKind


def act(top: Path, *writes: Write, **more: str) -> Act:
    return Act(assistant="toy", moment=Moment.BEFORE, directory=str(top), writes=writes, **more)  # type: ignore[arg-type]


def after(collected: Collected, path: str) -> bytes:
    return collected.contents.read(path, "after", 1 << 20)


def test_a_whole_file_is_compared_with_what_stands_there(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one\ntwo\n")
    collected = collect_act(act(tmp_path, Write(path="a.py", text="one\n2\n")), tmp_path)
    (file,) = collected.change.files
    assert (collected.change.source, file.path, file.kind, file.added) == ("write", "a.py", ChangeKind.MODIFIED, ((2, 2),))


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ((Replacement(old="two", new="2"),), b"one\n2\none\n"),
        ((Replacement(old="one", new="1"),), b"1\ntwo\none\n"),
        ((Replacement(old="one", new="1", everywhere=True),), b"1\ntwo\n1\n"),
        ((Replacement(old="one", new="1"), Replacement(old="1\ntwo", new="x")), b"x\none\n"),
        ((Replacement(old="not there", new="new"),), b"one\ntwo\none\nnew"),
        ((Replacement(old="", new="end"),), b"one\ntwo\none\nend"),
    ],
    ids=["once", "the first", "everywhere", "in their order", "loosely matched: what is new is seen", "at the end"],
)
def test_edits_are_made_before_anybody_looks(tmp_path: Path, edits: tuple[Replacement, ...], expected: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\ntwo\none\n")
    collected = collect_act(act(tmp_path, Write(path="a.txt", edits=edits)), tmp_path)
    assert after(collected, "a.txt") == expected


def test_bytes_that_are_no_text_survive_an_edit(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"caf\xe9 one\n")
    collected = collect_act(act(tmp_path, Write(path="a.txt", edits=(Replacement(old="one", new="two"),))), tmp_path)
    assert after(collected, "a.txt") == b"caf\xe9 two\n"


def test_a_write_that_changes_nothing_is_no_change(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("same\n")
    assert collect_act(act(tmp_path, Write(path="a.py", text="same\n")), tmp_path).change.files == ()


def test_deleting_and_moving_are_seen(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (file,) = collect_act(act(tmp_path, Write(path="a.py", gone=True)), tmp_path).change.files
    assert file.kind is ChangeKind.DELETED
    moved = collect_act(act(tmp_path, Write(path="a.py", moved_to=".clearance/b.py")), tmp_path)
    assert {one.path: one.kind for one in moved.change.files} == {
        "a.py": ChangeKind.DELETED,
        ".clearance/b.py": ChangeKind.ADDED,
    }


def test_a_link_gives_a_guard_no_other_name(tmp_path: Path) -> None:
    (tmp_path / ".clearance").mkdir()
    (tmp_path / "notes").symlink_to(".clearance")
    (file,) = collect_act(act(tmp_path, Write(path="notes/settings.toml", text="a = 1\n")), tmp_path).change.files
    assert file.path == ".clearance/settings.toml"


def test_a_file_elsewhere_keeps_its_whole_path(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    outside = tmp_path / ".claude" / "settings.json"
    (file,) = collect_act(act(top, Write(path=str(outside), text="{}")), top).change.files
    assert file.path == os.path.realpath(outside).lstrip("/")
    assert shown(top / ".." / "top" / "a", top) == "a"


def test_a_file_that_cannot_be_read_is_told_and_all_of_the_new_text_counts(tmp_path: Path) -> None:
    (tmp_path / "a.py").mkdir()
    collected = collect_act(act(tmp_path, Write(path="a.py", text="x\n")), tmp_path)
    assert [file.kind for file in collected.change.files] == [ChangeKind.ADDED]
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    collected = collect_act(act(tmp_path, Write(path="loop", text="x\n")), tmp_path)
    assert [gap.kind for gap in collected.gaps] == [GapKind.UNREADABLE]


@pytest.mark.parametrize(
    ("more", "source", "path", "text"),
    [
        ({"command": "ls -l"}, "command", COMMAND, b"ls -l"),
        ({"arguments": '{"a": "\\u0041\\ud800"}'}, "tool", ARGUMENTS, b'"a": "A?"'),
        ({"arguments": "not json \\u0041"}, "tool", ARGUMENTS, b"not json \\u0041"),
    ],
)
def test_commands_and_arguments_are_texts_with_a_name(
    tmp_path: Path, more: dict[str, str], source: str, path: str, text: bytes
) -> None:
    collected = collect_act(act(tmp_path, **more), tmp_path)
    assert (collected.change.source, [file.path for file in collected.change.files]) == (source, [path])
    assert text in after(collected, path)


def test_a_prompt_is_a_text_with_a_name(tmp_path: Path) -> None:
    said = Act(assistant="toy", moment=Moment.PROMPT, directory=str(tmp_path), prompt="hello")
    collected = collect_act(said, tmp_path, agent="Toy")
    assert (collected.change.source, after(collected, PROMPT)) == ("prompt", b"hello")
    assert collected.change.is_act
    assert collected.change.author.by_ai
    assert collected.change.author.author.name == "Toy"


def test_what_a_command_would_write_stands_beside_it(tmp_path: Path) -> None:
    writes = (Write(path=COMMAND, text="echo\n"), Write(path="a.py", text="x = 1\n"))
    collected = collect_act(act(tmp_path, command="cat > a.py"), tmp_path, writes)
    assert sorted(file.path for file in collected.change.files) == [f"./{COMMAND}", "a.py", COMMAND]
    assert after(collected, COMMAND) == b"cat > a.py"


def test_the_tree_around_is_there_for_whoever_asks(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "b.py").write_text("b = 1\n")
    (tmp_path / "node_modules" / "x").mkdir(parents=True)
    (tmp_path / "node_modules" / "x" / "i.js").write_text("1")
    (tmp_path / "package.json").write_text(json.dumps({"name": "a"}))
    collected = collect_act(act(tmp_path, Write(path="a.py", text="import b\n")), tmp_path)
    contents = collected.contents
    assert contents.complete
    assert contents.paths() == ["a.py", "package.json", "src/b.py"]
    assert contents.peek("src/b.py", 1) == b"b"
    assert contents.peek("a.py", 100) == b"import b\n"
    with pytest.raises(KeyError):
        contents.peek("node_modules/x/i.js", 1)
    with pytest.raises(KeyError):
        contents.peek("../../etc/passwd", 1)
