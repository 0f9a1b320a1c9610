"""Patches of `apply_patch`: read as the programs that apply them read them, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.act import Replacement, Write
from clearance.frontends.hooks.patch import read_patch, read_patch_of_command
from clearance.frontends.hooks.reading import Unread


def patch(*lines: str) -> str:
    return "\n".join(("*** Begin Patch", *lines, "*** End Patch"))


@pytest.mark.parametrize(
    ("lines", "writes"),
    [
        (("*** Add File: a.py", "+x", "+y"), (Write(path="a.py", text="x\ny\n"),)),
        (("*** Add File: a.py",), (Write(path="a.py", text=""),)),
        (("*** Delete File: a.py",), (Write(path="a.py", gone=True),)),
        (
            ("*** Update File: a.py", "@@ def f():", " a", "-b", "+c"),
            (Write(path="a.py", edits=(Replacement(old="a\nb\n", new="a\nc\n"),)),),
        ),
        (
            ("*** Update File: a.py", "*** Move to: b.py", "@@", "-b", "+c"),
            (Write(path="a.py", edits=(Replacement(old="b\n", new="c\n"),), moved_to="b.py"),),
        ),
        (("*** Update File: a.py", "*** Move to: b.py"), (Write(path="a.py", moved_to="b.py"),)),
        (("*** Update File: a.py", "@@", "+c"), (Write(path="a.py", edits=(Replacement(old="", new="c\n"),)),)),
        (
            ("*** Update File: a.py", "-a", "+b", "@@", "-c", "+d", "*** End of File"),
            (Write(path="a.py", edits=(Replacement(old="a\n", new="b\n"), Replacement(old="c\n", new="d\n"))),),
        ),
        (
            ("*** Update File: a.py", "@@", " a", "", "+b", "", "*** Delete File: c.py"),
            (Write(path="a.py", edits=(Replacement(old="a\n\n", new="a\n\nb\n"),)), Write(path="c.py", gone=True)),
        ),
        (
            ("*** Add File: a.md", "+x", "  *** Delete File: .claude/settings.json"),
            (Write(path="a.md", text="x\n"), Write(path=".claude/settings.json", gone=True)),
        ),
        (("*** Add File: \ufeff.claude/x",), (Write(path=".claude/x", text=""),)),
        (
            ("*** Update File: a.py\r", "@@\r", "-b\r", "+c\r"),
            (Write(path="a.py", edits=(Replacement(old="b\n", new="c\n"),)),),
        ),
    ],
)
def test_each_file_of_a_patch_is_a_write(lines: tuple[str, ...], writes: tuple[Write, ...]) -> None:
    assert read_patch(patch(*lines)) == writes


def test_a_line_of_an_update_that_begins_with_a_blank_is_text_whatever_stands_in_it() -> None:
    (write,) = read_patch(patch("*** Update File: a.md", "@@", " *** Delete File: x", " *** End Patch", "-b", "+c"))
    assert write.path == "a.md"
    assert write.edits[0].old == "*** Delete File: x\n*** End Patch\nb\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*** Begin Patch\n*** End Patch",
        "*** Add File: a.py\n+x",
        patch("*** Add File: ", "+x"),
        patch("*** Add File: a.py", "x"),
        patch("*** Delete File: a.py", "+x"),
        patch("*** Update File: a.py"),
        patch("*** Update File: a.py", "?x"),
        patch("hello", "*** Add File: a.py", "+x"),
        patch("*** Add File: a.py", "+x") + "\n*** Delete File: b.py",
        patch("*** Add File: a.py", "+x\r*** Delete File: .claude/settings.json"),
    ],
)
def test_what_is_no_patch_or_could_be_two_is_refused(text: str) -> None:
    with pytest.raises(Unread):
        read_patch(text)


@pytest.mark.parametrize(
    "command",
    [
        "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: a.py\n+x\n*** End Patch\nEOF",
        "cd sub && apply_patch <<EOF\n*** Begin Patch\n*** Add File: a.py\n+x\n*** End Patch\nEOF\necho done",
        "apply_patch '*** Begin Patch\n*** Add File: a.py\n+x\n*** End Patch'",
        'applypatch "*** Begin Patch\n*** Add File: a.py\n+x\n*** End Patch" && ls',
    ],
)
def test_a_patch_in_a_shell_command_is_found(command: str) -> None:
    assert read_patch_of_command(command) == (Write(path="a.py", text="x\n"),)


def test_two_patches_in_one_command_are_both_found() -> None:
    one = "apply_patch <<'EOF'\n" + patch("*** Add File: a.py", "+x") + "\nEOF\n"
    assert [write.path for write in read_patch_of_command(one + one.replace("a.py", "b.py"))] == ["a.py", "b.py"]


def test_what_comes_after_a_patch_is_not_read_as_part_of_it() -> None:
    one = patch("*** Update File: a.py", "@@", "-b", "+c")
    second = patch("*** Delete File: .claude/settings.json").replace("*** Begin", "  *** Begin")
    assert [write.path for write in read_patch(f"{one}\n{second}")] == ["a.py", ".claude/settings.json"]
    with pytest.raises(Unread):
        read_patch(f"{one}\n{patch('stray', '*** Delete File: b.py')}")


LINES = st.text(st.characters(blacklist_characters="\n\r", blacklist_categories=("Cs",)), max_size=12)


@given(path=st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,2}", fullmatch=True), lines=st.lists(LINES))
def test_an_added_file_comes_back_as_it_was_given(path: str, lines: list[str]) -> None:
    (write,) = read_patch(patch(f"*** Add File: {path}", *(f"+{line}" for line in lines)))
    assert write == Write(path=path, text="".join(f"{line}\n" for line in lines))


@given(text=st.text(max_size=200))
def test_no_text_raises_anything_but_a_refusal(text: str) -> None:
    for each in (text, patch(text), patch("*** Update File: a", text)):
        try:
            read_patch(each)
        except Unread:
            continue
