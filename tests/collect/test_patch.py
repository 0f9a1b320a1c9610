"""Unified diffs from anywhere, and what only looks like one."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clearance.collect.patch import patch
from clearance.collect.unified import LINE_LIMIT
from clearance.facts.actor import ActorKind
from clearance.facts.change import ChangeKind, FileChange, Mode
from clearance.facts.errors import BadPatch
from clearance.facts.finding import GapKind

GIT = b"""\
diff --git a/app.py b/app.py
index 1111111..2222222 100644
--- a/app.py
+++ b/app.py
@@ -10,3 +10,4 @@ def f():
 ten
-eleven
+ELEVEN
+more
 twelve
"""
CHANGED, MOVED, ADDED = ChangeKind.MODIFIED, ChangeKind.RENAMED, ChangeKind.ADDED
HUNK = b"@@ -1 +1 @@\n-a\n+b\n"


def files(data: bytes) -> dict[str, FileChange]:
    return {file.path: file for file in patch(data).change.files}


def test_a_modified_file_is_known_in_pieces_with_the_right_line_numbers() -> None:
    collected = patch(GIT, name="fix.patch")
    file = collected.change.files[0]
    assert (file.path, file.kind, file.added, file.removed) == ("app.py", ChangeKind.MODIFIED, ((11, 12),), ((11, 11),))
    assert file.partial
    assert collected.contents.read("app.py", "after", 100) == b"\n" * 9 + b"ten\nELEVEN\nmore\ntwelve\n"
    assert collected.contents.read("app.py", "before", 100) == b"\n" * 9 + b"ten\neleven\ntwelve\n"
    assert not collected.contents.complete
    assert collected.change.head.label == "fix.patch"
    assert [gap.kind for gap in collected.gaps] == [GapKind.PARTIAL]


def test_new_and_deleted_files_are_known_whole() -> None:
    collected = patch(
        b"diff --git a/new.sh b/new.sh\nnew file mode 100755\nindex 0000000..1\n--- /dev/null\n+++ b/new.sh\n"
        b"@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n"
        b"diff --git a/old.py b/old.py\ndeleted file mode 100644\nindex 1..0\n--- a/old.py\n+++ /dev/null\n"
        b"@@ -1 +0,0 @@\n-x\n"
        b"diff --git a/empty b/empty\nnew file mode 100644\nindex 0000000..e69de29\n"
    )
    new, old, empty = (collected.change.files[at] for at in (1, 2, 0))
    assert (new.kind, new.after.mode, new.before, new.added, new.partial) == (
        ChangeKind.ADDED,
        Mode.EXECUTABLE,
        None,
        ((1, 2),),
        False,
    )
    assert collected.contents.read("new.sh", "after", 100) == b"a\nb"
    assert (old.kind, old.after, old.removed) == (ChangeKind.DELETED, None, ((1, 1),))
    assert (empty.kind, empty.added) == (ChangeKind.ADDED, ())
    assert collected.gaps == ()


@pytest.mark.parametrize(
    ("data", "path", "old_path", "kind"),
    [
        (b"diff --git a/x y b/z w\nsimilarity index 100%\nrename from x y\nrename to z w\n", "z w", "x y", MOVED),
        (b"diff --git a/x b/y\nsimilarity index 90%\nrename from x\nrename to y\n--- a/x\n+++ b/y\n"
         b"" + HUNK, "y", "x", MOVED),
        (b"diff --git a/x b/y\ncopy from x\ncopy to y\n", "y", None, ChangeKind.ADDED),
        (b"diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "x", None, CHANGED),
        (b'diff --git "a/t\\tab" "b/t\\tab"\nold mode 100644\nnew mode 100755\n', "t\tab", None, CHANGED),
        (b'diff --git "a/\\303\\251" "b/\\303\\251"\n--- "a/\\303\\251"\n+++ "b/\\303\\251"\n'
         b'' + HUNK, "\u00e9", None, CHANGED),
        (b'--- "a/\\377"\n+++ "b/\\377"\n' + HUNK, "\\xff", None, CHANGED),
        (b"diff --git x/y.py x/y.py\n--- x/y.py\n+++ x/y.py\n" + HUNK, "x/y.py", None, CHANGED),
        (b"diff --git a/b/c b/b/c\n--- a/b/c\n+++ b/b/c\n" + HUNK, "b/c", None, CHANGED),
        (b"diff --git i/x w/x\n--- i/x\n+++ w/x\n" + HUNK, "x", None, CHANGED),
        (b"diff --git a/with space b/with space\n--- a/with space\t\n+++ b/with space\t\n"
         b"" + HUNK, "with space", None, CHANGED),
        (b"--- old/p/f.py\t2026-01-01\n+++ new/p/f.py\t2026-01-02\n" + HUNK, "p/f.py", None, CHANGED),
        (b"--- f.py.orig\n+++ f.py\n" + HUNK, "f.py", None, CHANGED),
        (b"--- /dev/null\n+++ b/f.py\n@@ -0,0 +1 @@\n+b\n", "f.py", None, ChangeKind.ADDED),
        (b"--- a/f.py\t1970-01-01 00:00:00.000000000 +0000\n+++ b/f.py\t2026\n@@ -0,0 +1 @@\n+b\n", "f.py", None, ADDED),
        (b"Index: f.py\n=====\n--- f.py\t(revision 1)\n+++ f.py\t(working copy)\n" + HUNK, "f.py", None, CHANGED),
        (b"diff -r 1 -r 2 f.py\n--- a/f.py\tThu\n+++ b/f.py\tFri\n@@ -1,1 +1,1 @@\n-a\n+b\n", "f.py", None, CHANGED),
    ],
)  # fmt: skip
def test_names(data: bytes, path: str, old_path: str | None, kind: ChangeKind) -> None:
    found = patch(data).change.files
    assert [(file.path, file.old_path, file.kind) for file in found] == [(path, old_path, kind)]


@pytest.mark.parametrize(
    ("data", "line", "says"),
    [
        (b"", None, "empty"),
        (b" \n\n", None, "empty"),
        (b"hello\nworld\n", 1, "no unified diff"),
        (b"\0\1\2\xff", 1, "no unified diff"),
        (b"@@ -1 +1 @@\n-a\n+b\n", 1, "without a file"),
        (b"--- a/x\n+++ b/x\n@@ nonsense @@\n", 3, "not a hunk header"),
        (b"--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n", 1, "out of the tree"),
        (b"--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-a\n+b\n", 1, "out of the tree"),
        (b'--- "a/\\056./x"\n+++ "b/\\056./x"\n@@ -1 +1 @@\n-a\n+b\n', 1, "out of the tree"),
        (b"diff --git a/x b/x\nrename from ../x\nrename to x\n", 1, "out of the tree"),
        (b"diff --git a/.git/hooks/x b/.git/hooks/x\nold mode 100644\nnew mode 100755\n", 1, "no file of a tree"),
        (b"--- a/x\n+++ b/x\n@@ -1 +1,3 @@\n-a\n+b\n", 3, "promises more"),
        (b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n+hidden\n", 3, "holds more"),
        (b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n-hidden\n", 3, "holds more"),
        (b"--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n-a\n+b\n+c\n", 3, "promises"),
        (b"--- a/x\n+++ b/x\n@@ -1 +1 @@\nxa\n+b\n", 3, "promises"),
        (b"--- a/x\n+++ b/x\n@@ -9 +9 @@\n-a\n+b\n@@ -1 +1 @@\n-a\n+b\n", 6, "backwards"),
        (b"--- a/x\n+++ b/x\n@@ -999999999 +1 @@\n-a\n+b\n", 3, "beyond any file"),
        (b"--- a/x\n+++ b/x\n@@ -0 +1 @@\n-a\n+b\n", 3, "counted from 1"),
        (b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n@@ -5 +5 @@\n-a\n+b\n", 7, "backwards"),
        (b"--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n+b\n\\ No newline at end of file\n+c\n", 8, "has no end"),
        (GIT + GIT, 11, "changed before"),
        (b"diff --git a/x b/x\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n", 1, "different files"),
        (b"diff --git a/x b/x\nnew file mode 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", 1, "does not exist"),
        (b"diff --git a/x b/x\n--- a/x\nnothing\n", 3, "must follow"),
        (b"diff --git a/x b/y\n", 1, "told apart"),
        (b"diff --git a/x b/x\nold mode 999999\n", 2, "not a file mode"),
        (b"diff --cc x\nindex 1,2..3\n--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,1 @@@\n", 1, "combined"),
        (b"*** a/x\n--- b/x\n***************\n*** 1 ****\n", 3, "context diff"),
        (b"--- a/x\n+++ /dev/null\n@@ -1 +1 @@\n-a\n+b\n", 1, "does not exist"),
        (b"\xff\xfed\0i\0\x00\xd8x\0", None, "utf-16"),
    ],
)  # fmt: skip
def test_what_is_refused_and_where(data: bytes, line: int | None, says: str) -> None:
    with pytest.raises(BadPatch, match=says) as caught:
        patch(data, name="bad.patch")
    assert caught.value.where == ("bad.patch" if line is None else f"bad.patch:{line}")
    assert caught.value.next


def test_many_files_far_down_do_not_fill_the_memory() -> None:
    far = b"".join(b"--- a/%d\n+++ b/%d\n@@ -%d +1 @@\n-a\n+b\n" % (n, n, LINE_LIMIT - 2) for n in range(50))
    with pytest.raises(BadPatch, match="too far apart"):
        patch(far)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_patches_of_other_shells_are_understood(encoding: str) -> None:
    assert files(GIT.decode().encode(encoding))["app.py"].added == ((11, 12),)


def test_a_patch_with_converted_line_ends_is_that_patch() -> None:
    collected = patch(GIT.replace(b"\n", b"\r\n"))
    assert collected.contents.read("app.py", "after", 100).strip() == b"ten\nELEVEN\nmore\ntwelve"


def test_the_line_ends_of_a_file_stay() -> None:
    data = b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\r\n+b\r\n"
    assert patch(data).contents.read("x", "after", 100) == b"b\r\n"


def test_a_mail_and_its_signature() -> None:
    data = b"From 1 Mon\nFrom: dev <d@example.org>\nSubject: x\n\nCo-authored-by: Claude <c@x>\n---\n app.py | 3 ++-\n\n"
    change = patch(data + GIT + b"-- \n2.39.5\n").change
    assert (change.author.author.name, change.author.author.kind) == ("Claude", ActorKind.AGENT)
    assert [file.path for file in change.files] == ["app.py"]


def test_binary_files_submodules_and_links() -> None:
    collected = patch(
        b"diff --git a/l b/l\nnew file mode 100644\nindex 0..1\nGIT binary patch\nliteral 5\n"
        b"McmZQzWMT#Y01f~L\n\nliteral 0\nHcmV?d00001\n\n"
        b"diff --git a/m b/m\nindex 1..2 100644\nBinary files a/m and b/m differ\n"
        b"Binary files a/o and b/o differ\n"
        b"diff --git a/s b/s\nnew file mode 160000\n--- /dev/null\n+++ b/s\n@@ -0,0 +1 @@\n+Subproject commit 1\n"
        b"diff --git a/k b/k\nnew file mode 120000\n--- /dev/null\n+++ b/k\n@@ -0,0 +1 @@\n+/etc\n"
        b"\\ No newline at end of file\n"
        b"diff --git a/t b/t\ndeleted file mode 100644\n--- a/t\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
        b"diff --git a/t b/t\nnew file mode 120000\n--- /dev/null\n+++ b/t\n@@ -0,0 +1 @@\n+k\n"
        b"\\ No newline at end of file\n"
    )
    found = {file.path: file for file in collected.change.files}
    assert [path for path, file in found.items() if file.binary] == ["l", "m", "o"]
    assert (found["s"].after.mode, found["k"].after.mode) == (Mode.SUBMODULE, Mode.SYMLINK)
    assert (found["t"].kind, found["t"].before.mode, found["t"].after.mode) == (ChangeKind.MODIFIED, Mode.FILE, Mode.SYMLINK)
    assert {(gap.path, gap.kind) for gap in collected.gaps} == {
        ("", GapKind.PARTIAL), ("k", GapKind.SYMLINK), ("s", GapKind.SUBMODULE),
        ("l", GapKind.BINARY), ("m", GapKind.BINARY), ("o", GapKind.BINARY),
    }  # fmt: skip


@given(st.binary(max_size=400))
@example(b"diff --git ")
@example(b'diff --git "')
@example(b"--- \n+++ \n@@ -0,0 +0,0 @@")
@example(b"diff --git a/x b/x\nGIT binary patch\nliteral 1")
@example(b"diff --git a/x b/x\nindex ")
@example(b"diff --git a/x b/x\nrename from x\ncopy to y")
def test_any_bytes_give_a_change_or_bad_patch(data: bytes) -> None:
    try:
        collected = patch(data)
    except BadPatch as error:
        collected = None
        told = (error.where, error.next)
    if collected is None:
        assert all(told)
    else:
        check(collected)


def check(collected: Any) -> None:
    """Every change says the truth about its sides."""
    for file in collected.change.files:
        assert file.before or file.after
        for side, ranges, name in ((file.before, file.removed, "before"), (file.after, file.added, "after")):
            if side is None:
                assert not ranges
                continue
            if side.mode is Mode.SUBMODULE:
                continue
            data = collected.contents.read(file.path, name, 1 << 30)
            assert len(data) == side.size
            last = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
            assert all(1 <= first <= end <= last for first, end in ranges)


PIECES = [
    b"diff --git a/x b/x\n", b"diff --git a/y b/z\n", b"--- a/x\n", b"+++ b/x\n", b"--- /dev/null\n", b"+++ /dev/null\n",
    b"@@ -1 +1 @@\n", b"@@ -1,2 +1,3 @@\n", b"@@ -0,0 +1 @@\n", b"-a\n", b"+b\n", b" c\n", b"\n",
    b"\\ No newline at end of file\n",
    b"new file mode 100644\n", b"deleted file mode 100644\n", b"old mode 100644\n", b"new mode 100755\n", b"rename from y\n",
    b"rename to z\n", b"index 1..2 100644\n", b"GIT binary patch\n", b"literal 3\n",
    b"Binary files a/x and b/x differ\n", b"-- \n",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join))
def test_any_order_of_real_lines_gives_a_change_or_bad_patch(data: bytes) -> None:
    try:
        collected = patch(data)
    except BadPatch:
        return
    check(collected)


TEXT = st.lists(st.sampled_from([b"a", b"b", b"", b"-", b"+x", b"--- a", b"@@ -1 +1 @@", b"\\ x", b"r\r"]), max_size=12)


@given(old=TEXT, new=TEXT, old_end=st.booleans(), new_end=st.booleans(), context=st.integers(0, 3))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_git_writes_reads_back(
    tmp_path: Path, old: list[bytes], new: list[bytes], *, old_end: bool, new_end: bool, context: int
) -> None:
    """The known lines of both sides are where they were, and the ranges are those that differ."""
    sides = [b"\n".join(lines) + (b"\n" if end and lines else b"") for lines, end in ((old, old_end), (new, new_end))]
    for name, data in zip("ab", sides, strict=True):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "f").write_bytes(data)
    command = ["git", "diff", "--no-index", f"-U{context}", "--no-prefix", "--text", "a/f", "b/f"]
    written = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).stdout
    if not written:
        assert sides[0] == sides[1]
        return
    collected = patch(written)
    check(collected)
    file = collected.change.files[0]
    for name, whole, ranges in (("before", sides[0], file.removed), ("after", sides[1], file.added)):
        known = collected.contents.read("f", name, 1 << 20).split(b"\n")
        truth = whole.split(b"\n")
        for at, line in enumerate(known):
            assert line in {b"", truth[at]}
        for first, last in ranges:
            assert known[first - 1 : last] == truth[first - 1 : last]


@given(st.data())
@settings(deadline=None)
def test_a_real_patch_with_flipped_bytes_gives_a_change_or_bad_patch(data: st.DataObject) -> None:
    broken = bytearray(GIT + GIT.replace(b"app.py", b"other.py"))
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        collected = patch(bytes(broken))
    except BadPatch:
        return
    check(collected)


GROUPS = [
    b"diff --git a/x b/x\n--- a/x\n+++ b/x\n", b"--- a/w\n+++ b/w\n", HUNK,
    b"@@ -3,2 +3,3 @@\n c\n+b\n c\n", b"@@ -9,0 +10 @@\n+b\n",
    b"diff --git a/y b/z\nrename from y\nrename to z\n",
    b"diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1,2 @@\n+q\n+r\n",
    b"diff --git a/d b/d\ndeleted file mode 100644\n--- a/d\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
]  # fmt: skip


@given(st.lists(st.sampled_from(GROUPS) | st.sampled_from(PIECES), min_size=1, max_size=6).map(b"".join))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_git_would_apply_is_overlooked(tmp_path: Path, data: bytes) -> None:
    command = ["git", "apply", "--numstat", "-z", "--unidiff-zero", "-"]
    told = subprocess.run(command, input=data, cwd=tmp_path, capture_output=True, check=False)
    if told.returncode:
        return
    try:
        found = files(data)
    except BadPatch:
        return
    for row in told.stdout.split(b"\0")[:-1]:
        added, removed, name = row.decode().split("\t")
        file = found[name]
        assert (added, removed) == (("-", "-") if file.binary else (str(file.added_lines), str(file.removed_lines)))
