"""Real repositories in every state that a person may stand in."""

import copy
import hashlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clearance.collect.git import between, read_base, staged, working_tree
from clearance.collect.repository import find_repository
from clearance.collect.shadow import Shadow
from clearance.facts.actor import ActorKind, Evidence
from clearance.facts.change import ChangeKind, Collected, FileChange, Mode
from clearance.facts.errors import CollectError, NotARepository, UnknownRevision
from clearance.facts.finding import GapKind

Keep = Callable[[Collected], Collected]


def by_path(collected: Collected) -> dict[str, FileChange]:
    return {file.path: file for file in collected.change.files}


def gaps(collected: Collected) -> set[tuple[str, GapKind]]:
    return {(gap.path, gap.kind) for gap in collected.gaps}


def test_the_working_tree_is_judged_against_the_fork_from_main(repo: Any, kept: Keep) -> None:
    fork = repo.git("rev-parse", "HEAD")
    repo.git("checkout", "--quiet", "-b", "work")
    repo.commit({"app.py": "one\nTWO\nthree\n"})
    repo.git("checkout", "--quiet", "main")
    repo.commit({"main.py": "only on main\n"})
    repo.git("checkout", "--quiet", "work")
    repo.write({"app.py": "one\nTWO\nthree\nfour\n", "new.py": "a\nb"})
    change = kept(working_tree(repo.top)).change
    assert (change.source, change.base.label, change.base.commit) == ("working-tree", "main", fork)
    assert (change.head.label, change.head.commit) == ("working tree", None)
    assert {file.path: (file.kind, file.added, file.removed) for file in change.files} == {
        "app.py": (ChangeKind.MODIFIED, ((2, 2), (4, 4)), ((2, 2),)),
        "new.py": (ChangeKind.ADDED, ((1, 2),), ()),
    }


def test_the_digest_of_the_tree_can_be_checked_with_git(repo: Any, kept: Keep) -> None:
    repo.write({"new.py": "x\n", "line\nbreak": "y\n"})
    tree = kept(working_tree(repo.top)).change.tree
    repo.git("add", "--all")
    assert repo.git("write-tree") == tree.git
    listing = subprocess.run(
        ["git", "ls-tree", "-r", "-z", "--full-tree", tree.git], cwd=repo.top, capture_output=True, check=True
    )
    assert hashlib.sha256(listing.stdout).hexdigest() == tree.sha256


def test_staged_is_the_index_and_nothing_else(repo: Any, kept: Keep) -> None:
    repo.write({"app.py": "staged\n"})
    repo.git("add", "app.py")
    repo.write({"app.py": "on disk\n", "untracked.py": "x\n"})
    repo.git("add", "--intent-to-add", "untracked.py")
    collected = kept(staged(repo.top))
    assert collected.change.head.label == "index"
    assert list(by_path(collected)) == ["app.py"]
    assert collected.contents.read("app.py", "after", 100) == b"staged\n"
    assert list(by_path(kept(working_tree(repo.top)))) == ["app.py", "untracked.py"]


def test_in_a_hook_the_index_of_the_commit_is_looked_at(repo: Any, kept: Keep, tmp_path: Path) -> None:
    """`git commit -a` and `git commit FILE` make an index of their own and name it to the hook."""
    repo.write({"app.py": "committed by name\n"})
    environment = {**repo.environment, "GIT_INDEX_FILE": str(repo.top / ".git/next-index-1.lock")}
    subprocess.run(["git", "read-tree", "HEAD"], cwd=repo.top, env=environment, check=True)
    subprocess.run(["git", "add", "app.py"], cwd=repo.top, env=environment, check=True)
    assert list(
        by_path(kept(staged(repo.top, environment={**environment, "GIT_INDEX_FILE": ".git/next-index-1.lock"})))
    ) == ["app.py"]
    (repo.top / ".git/next-index-1.lock").rename(tmp_path / "elsewhere")
    assert list(
        by_path(kept(staged(repo.top, environment={**environment, "GIT_INDEX_FILE": str(tmp_path / "elsewhere")})))
    ) == ["app.py"]
    (tmp_path / "none").write_text("no index\n")
    with pytest.raises(CollectError):
        staged(repo.top, environment={**environment, "GIT_INDEX_FILE": str(tmp_path / "none")})


def test_a_temporary_folder_that_cannot_be_used_is_told(repo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(CollectError, match="no temporary folder"):
        working_tree(repo.top, environment=repo.environment)


def test_a_bare_repository_has_nothing_staged(repo: Any, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "-q", "--bare", str(repo.top), str(tmp_path / "bare.git")], check=True)
    with pytest.raises(CollectError, match="bare"):
        staged(tmp_path / "bare.git", environment=repo.environment)


def test_a_range_is_judged_against_its_fork(repo: Any, kept: Keep) -> None:
    repo.git("checkout", "--quiet", "-b", "work")
    head = repo.commit({"app.py": "one\n"})
    repo.git("checkout", "--quiet", "main")
    repo.commit({"main.py": "x\n"})
    change = kept(between(repo.top, "main", "work")).change
    assert [file.path for file in change.files] == ["app.py"]
    assert (change.head.label, change.head.commit) == ("work", head)
    assert change.tree.git == repo.git("rev-parse", "work^{tree}")


def test_renames_modes_deletions_and_types(repo: Any, kept: Keep) -> None:
    lines = "".join(f"line {number}\n" for number in range(50))
    repo.commit({"old name.py": lines, "gone.py": "x\n", "tool.sh": "#!/bin/sh\n", "turns.py": "a\nb\n", "empty.txt": ""})
    (repo.top / "old name.py").rename(repo.top / "new name.py")
    repo.write({"new name.py": lines + "more\n", "second.txt": ""})
    (repo.top / "gone.py").unlink()
    (repo.top / "empty.txt").unlink()
    (repo.top / "tool.sh").chmod(0o755)
    (repo.top / "turns.py").unlink()
    (repo.top / "turns.py").symlink_to("app.py")
    files = by_path(kept(working_tree(repo.top)))
    moved = files["new name.py"]
    assert (moved.kind, moved.old_path, moved.added, moved.removed) == (ChangeKind.RENAMED, "old name.py", ((51, 51),), ())
    assert (files["gone.py"].kind, files["gone.py"].removed, files["gone.py"].after) == (ChangeKind.DELETED, ((1, 1),), None)
    assert (files["tool.sh"].added_lines, files["tool.sh"].after.mode) == (0, Mode.EXECUTABLE)
    assert (files["turns.py"].kind, files["turns.py"].before.mode, files["turns.py"].after.mode) == (
        ChangeKind.MODIFIED,
        Mode.FILE,
        Mode.SYMLINK,
    )
    assert files["turns.py"].removed == ((1, 2),)
    assert (files["empty.txt"].kind, files["second.txt"].kind) == (ChangeKind.DELETED, ChangeKind.ADDED)
    assert files["second.txt"].added == ()


def test_what_links_and_pointers_say_about_themselves(repo: Any, kept: Keep) -> None:
    (repo.top / "docs/inside").symlink_to("../app.py")
    (repo.top / "docs/outside").symlink_to("../../secret")
    (repo.top / "absolute").symlink_to("/etc/passwd")
    (repo.top / "folder").symlink_to("/etc")
    repo.write({"model.bin": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n"})
    collected = kept(working_tree(repo.top))
    assert gaps(collected) == {
        ("docs/outside", GapKind.SYMLINK),
        ("absolute", GapKind.SYMLINK),
        ("folder", GapKind.SYMLINK),
        ("model.bin", GapKind.LFS_POINTER),
    }
    assert collected.contents.read("absolute", "after", 100) == b"/etc/passwd"


def test_a_folder_that_became_a_link_takes_its_files_with_it(repo: Any, tmp_path: Path, kept: Keep) -> None:
    (repo.top / "docs/readme.md").rename(tmp_path / "readme.md")
    (repo.top / "docs").rmdir()
    (repo.top / "docs").symlink_to(tmp_path)
    files = by_path(kept(working_tree(repo.top)))
    assert files["docs/readme.md"].kind is ChangeKind.DELETED
    assert files["docs"].after.mode is Mode.SYMLINK


def test_also_where_the_link_is_ignored(repo: Any, tmp_path: Path, kept: Keep) -> None:
    repo.commit({".gitignore": "docs\n"})
    (repo.top / "docs/readme.md").rename(tmp_path / "readme.md")
    (repo.top / "docs").rmdir()
    (repo.top / "docs").symlink_to(tmp_path)
    assert by_path(kept(working_tree(repo.top)))["docs/readme.md"].kind is ChangeKind.DELETED


def test_a_file_that_became_a_folder_and_the_other_way_round(repo: Any, kept: Keep) -> None:
    (repo.top / "app.py").unlink()
    repo.write({"app.py/inner.py": "x\n"})
    (repo.top / "docs/readme.md").unlink()
    (repo.top / "docs").rmdir()
    repo.write({"docs": "a file now\n"})
    files = by_path(kept(working_tree(repo.top)))
    assert {path: file.kind for path, file in files.items()} == {
        "app.py": ChangeKind.DELETED,
        "app.py/inner.py": ChangeKind.ADDED,
        "docs": ChangeKind.ADDED,
        "docs/readme.md": ChangeKind.DELETED,
    }


def test_text_in_other_encodings_has_lines(repo: Any, kept: Keep) -> None:
    repo.commit(
        {"u16.txt": "a\nb\nc\n".encode("utf-16"), "crlf.txt": "a\r\nb\r\n", "logo.bin": b"\0\1\2" * 50, "was.bin": b"\0\1"}
    )
    repo.write({
        "u16.txt": "a\nB\nc\nd\n".encode("utf-16"),
        "crlf.txt": "a\r\nB\r\n",
        "logo.bin": b"\0\1\3" * 50,
        "was.bin": "text\n",
        "broken.txt": b"caf\xe9\n\xff\n",
    })  # fmt: skip
    files = by_path(kept(working_tree(repo.top)))
    assert (files["u16.txt"].added, files["u16.txt"].removed, files["u16.txt"].binary) == (
        ((2, 2), (4, 4)),
        ((2, 2),),
        False,
    )
    assert files["crlf.txt"].added == ((2, 2),)
    assert (files["logo.bin"].binary, files["logo.bin"].added) == (True, ())
    assert (files["was.bin"].binary, files["was.bin"].added) == (False, ((1, 1),))
    assert files["broken.txt"].added == ((1, 2),)


def test_the_attributes_of_the_repository_hide_no_line(repo: Any, kept: Keep) -> None:
    repo.commit({".gitattributes": "*.py -diff binary\n"})
    repo.write({"app.py": "one\ntwo\nTHREE\n"})
    assert by_path(kept(working_tree(repo.top)))["app.py"].added == ((3, 3),)


def test_line_ends_are_converted_as_a_commit_would(repo: Any, kept: Keep) -> None:
    repo.git("config", "core.autocrlf", "input")
    repo.write({"app.py": "one\r\ntwo\r\nthree\r\nfour\r\n"})
    assert by_path(kept(working_tree(repo.top)))["app.py"].added == ((4, 4),)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"with space", "with space"),
        (b"line\nbreak", "line\nbreak"),
        (b'quote"s', 'quote"s'),
        (b"@@ -1 +1 @@", "@@ -1 +1 @@"),
        (b"x\ndiff --git a/y b/y\n@@ -1 +1,5 @@", "x\ndiff --git a/y b/y\n@@ -1 +1,5 @@"),
        (b"esc\x1b[31m", "esc\x1b[31m"),
        ("bidi\u202e".encode(), "bidi\u202e"),
        (b"latin\xe9", "latin\\xe9"),
        (b"back\\xe9", "back\\x5cxe9"),
        (b"-option", "-option"),
        (b":(exclude)magic", ":(exclude)magic"),
    ],
)
def test_names_of_every_kind(repo: Any, kept: Keep, raw: bytes, shown: str) -> None:
    place = repo.top / os.fsdecode(raw)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"1\n2\n3\n")
    repo.commit()
    place.write_bytes(b"1\n2\n3\n4\n")
    collected = kept(working_tree(repo.top, base="HEAD"))
    assert {path: file.added for path, file in by_path(collected).items()} == {shown: ((4, 4),)}
    assert collected.contents.read(shown, "before", 100) == b"1\n2\n3\n"
    assert shown in collected.contents.paths()


class TestStates:
    """No commits, detached, shallow, bare, and other states of a repository."""

    def test_no_commits_yet(self, new_repo: Callable[..., Any], kept: Keep) -> None:
        repo = new_repo()
        repo.write({"app.py": "a\n"})
        for collect in (working_tree, staged):
            change = kept(collect(repo.top)).change
            assert (change.base.label, change.base.commit) == ("no commits yet", None)
            assert [file.path for file in change.files] == ([] if collect is staged else ["app.py"])

    def test_an_empty_repository(self, new_repo: Callable[..., Any], kept: Keep) -> None:
        assert kept(working_tree(new_repo().top)).change.files == ()

    def test_a_detached_head(self, repo: Any, kept: Keep) -> None:
        repo.git("checkout", "--quiet", "--detach")
        repo.commit({"app.py": "one\n"})
        change = kept(working_tree(repo.top)).change
        assert (change.base.label, [file.path for file in change.files]) == ("main", ["app.py"])

    def test_a_shallow_clone_without_the_fork_says_how_to_get_it(self, repo: Any, tmp_path: Path) -> None:
        repo.git("checkout", "--quiet", "-b", "work")
        repo.commit({"app.py": "one\n"})
        repo.git("checkout", "--quiet", "main")
        repo.commit({"main.py": "x\n"})
        url = f"file://{repo.top}"
        repo.git("clone", "--quiet", "--depth=1", "--no-single-branch", "--branch=work", url, str(tmp_path / "clone"))
        with pytest.raises(UnknownRevision, match="shallow") as caught:
            working_tree(tmp_path / "clone")
        assert "git fetch --unshallow" in caught.value.next

    def test_a_shallow_clone_with_the_fork(self, repo: Any, tmp_path: Path, kept: Keep) -> None:
        for number in range(3):
            repo.commit({"app.py": f"{number}\n"})
        repo.git("clone", "--quiet", "--depth=1", f"file://{repo.top}", str(tmp_path / "clone"))
        (tmp_path / "clone/app.py").write_text("changed\n")
        change = kept(working_tree(tmp_path / "clone")).change
        assert (change.base.label, change.added_lines) == ("origin/main", 1)

    def test_histories_without_a_common_start(self, repo: Any) -> None:
        repo.git("checkout", "--quiet", "--orphan", "other")
        repo.commit({"app.py": "other\n"})
        with pytest.raises(UnknownRevision, match="no common ancestor"):
            working_tree(repo.top)

    def test_a_linked_working_tree(self, repo: Any, tmp_path: Path, kept: Keep) -> None:
        repo.git("worktree", "add", "--quiet", "-b", "work", str(tmp_path / "linked"))
        (tmp_path / "linked/app.py").write_text("one\n")
        change = kept(working_tree(tmp_path / "linked")).change
        assert (change.base.label, change.removed_lines) == ("main", 2)
        found = find_repository(tmp_path / "linked/docs")
        assert (found.top, found.common_dir) == (tmp_path / "linked", repo.top / ".git")
        assert found.own_folder() == repo.top / ".git/clearance"
        assert kept(working_tree(repo.top)).change.files == ()

    def test_sha256_objects(self, new_repo: Callable[..., Any], kept: Keep) -> None:
        repo = new_repo("repo", "--object-format=sha256")
        repo.write({"app.py": "a\n"})
        assert kept(working_tree(repo.top)).change.added_lines == 1
        repo.commit()
        repo.write({"app.py": "b\n"})
        collected = kept(working_tree(repo.top))
        assert len(collected.change.tree.git or "") == 64
        assert collected.contents.read("app.py", "before", 10) == b"a\n"

    def test_a_bare_repository_has_ranges_only(self, repo: Any, tmp_path: Path, kept: Keep) -> None:
        repo.commit({"app.py": "one\n"})
        repo.git("clone", "--quiet", "--bare", str(repo.top), str(tmp_path / "bare.git"))
        assert kept(between(tmp_path / "bare.git", "main~1", "main")).change.removed_lines == 2
        with pytest.raises(CollectError, match="bare repository"):
            working_tree(tmp_path / "bare.git")

    def test_a_branch_that_is_the_only_one_is_the_default(self, new_repo: Callable[..., Any], kept: Keep) -> None:
        repo = new_repo("repo", "--initial-branch=trunk")
        repo.commit({"app.py": "a\n"})
        repo.write({"app.py": "b\n"})
        assert kept(working_tree(repo.top)).change.base.label == "trunk"
        repo.git("branch", "second")
        with pytest.raises(UnknownRevision, match="no default branch"):
            working_tree(repo.top)

    def test_the_users_default_branch_is_known(self, new_repo: Callable[..., Any], kept: Keep) -> None:
        repo = new_repo("repo", "--initial-branch=trunk")
        repo.commit({"app.py": "a\n"})
        repo.git("checkout", "--quiet", "-b", "second")
        repo.git("config", "--global", "init.defaultBranch", "trunk")
        assert kept(working_tree(repo.top)).change.base.label == "trunk"

    def test_the_default_branch_of_the_remote_comes_first(self, repo: Any, tmp_path: Path, kept: Keep) -> None:
        repo.git("branch", "-m", "trunk")
        repo.git("clone", "--quiet", str(repo.top), str(tmp_path / "clone"))
        clone = tmp_path / "clone"
        repo.git("branch", "main", cwd=clone)
        (clone / "app.py").write_text("one\n")
        assert kept(working_tree(clone)).change.base.label == "origin/trunk"

    def test_a_head_whose_commit_is_gone(self, repo: Any) -> None:
        head = repo.git("rev-parse", "HEAD")
        (repo.top / ".git/objects" / head[:2] / head[2:]).unlink()
        with pytest.raises(CollectError, match="HEAD names a commit that is not there"):
            working_tree(repo.top)

    def test_packed_everything(self, repo: Any, kept: Keep) -> None:
        repo.git("gc", "--quiet")
        repo.write({"app.py": "one\n"})
        assert kept(working_tree(repo.top)).change.removed_lines == 2

    def test_a_split_index(self, repo: Any, kept: Keep) -> None:
        repo.git("update-index", "--split-index")
        repo.write({"app.py": "one\n", "new.py": "x\n"})
        repo.git("add", "new.py")
        assert list(by_path(kept(working_tree(repo.top)))) == ["app.py", "new.py"]
        assert list(by_path(kept(staged(repo.top)))) == ["new.py"]


class TestTheIndex:
    """Conflicts, marks, and races."""

    def conflict(self, repo: Any) -> None:
        repo.git("checkout", "--quiet", "-b", "work")
        repo.commit({"app.py": "one\nwork\nthree\n"})
        repo.git("checkout", "--quiet", "main")
        repo.commit({"app.py": "one\nmain\nthree\n"})
        repo.git("merge", "work", ok=False)

    def test_conflicts_are_judged_as_they_stand_on_disk(self, repo: Any, kept: Keep) -> None:
        self.conflict(repo)
        collected = kept(working_tree(repo.top))
        assert b"<<<<<<<" in collected.contents.read("app.py", "after", 1000)

    def test_conflicts_cannot_be_staged(self, repo: Any) -> None:
        self.conflict(repo)
        with pytest.raises(CollectError, match="conflicts"):
            staged(repo.top)

    @pytest.mark.parametrize("mark", ["assume-unchanged", "skip-worktree"])
    def test_files_that_git_is_told_not_to_compare(self, repo: Any, kept: Keep, mark: str) -> None:
        repo.git("update-index", f"--{mark}", "app.py")
        repo.write({"app.py": "hidden\n"})
        collected = kept(working_tree(repo.top))
        assert collected.change.files == ()
        assert gaps(collected) == {("app.py", GapKind.EXCLUDED)}

    def test_files_outside_a_sparse_checkout_are_in_the_tree(self, repo: Any, kept: Keep) -> None:
        repo.git("sparse-checkout", "set", "--no-cone", "/app.py")
        assert not (repo.top / "docs").exists()
        collected = kept(working_tree(repo.top))
        assert (collected.change.files, collected.gaps) == ((), ())
        assert "docs/readme.md" in collected.contents.paths()

    def test_the_copy_of_the_index_is_as_old_as_the_index(self, repo: Any) -> None:
        """Git reads a file again if it is not older than the index: a younger copy would hide a change made within the
        resolution of the clock."""
        os.utime(repo.top / ".git/index", ns=(10**18, 10**18))
        shadow = Shadow(find_repository(repo.top), repo.environment)
        shadow.take_index()
        assert (shadow.folder / "index").stat().st_mtime_ns == 10**18
        shadow.close()

    def test_a_hidden_entry_makes_room_for_what_is_there(self, repo: Any, kept: Keep) -> None:
        repo.git("update-index", "--assume-unchanged", "docs/readme.md")
        (repo.top / "docs/readme.md").unlink()
        (repo.top / "docs").rmdir()
        repo.write({"docs": "a file now\n"})
        assert by_path(kept(working_tree(repo.top)))["docs"].kind is ChangeKind.ADDED

    def test_the_repository_is_left_as_it_was(self, repo: Any, kept: Keep) -> None:
        repo.write({"app.py": "one\n", "new.py": "x\n"})

        def state() -> dict[str, tuple[int, bytes]]:
            files = (path for path in (repo.top / ".git").rglob("*") if path.is_file())
            return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}

        before = state()
        kept(working_tree(repo.top))
        kept(staged(repo.top))
        assert state() == before


class TestOddFiles:
    """Pipes, nested repositories, submodules, and files that cannot be read."""

    def test_pipes_and_sockets_are_passed_over(self, repo: Any, kept: Keep) -> None:
        os.mkfifo(repo.top / "pipe")
        (repo.top / "app.py").unlink()
        os.mkfifo(repo.top / "app.py")
        collected = kept(working_tree(repo.top))
        assert collected.change.files == ()
        assert gaps(collected) == {("app.py", GapKind.UNREADABLE)}

    def test_a_pipe_that_git_waits_for_does_not_hang(self, repo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        os.mkfifo(repo.top / ".gitignore")
        monkeypatch.setattr("clearance.collect.git.LIMIT", 0.5)
        with pytest.raises(CollectError, match="took longer"):
            working_tree(repo.top)

    def test_a_repository_inside_is_a_gap(self, repo: Any, new_repo: Callable[..., Any], kept: Keep) -> None:
        new_repo("repo/vendor/inner").commit({"evil.py": "x\n"})
        collected = kept(working_tree(repo.top))
        assert collected.change.files == ()
        assert gaps(collected) == {("vendor/inner", GapKind.SUBMODULE)}

    def test_another_working_tree_inside_is_known(self, repo: Any, kept: Keep) -> None:
        repo.git("worktree", "add", "--quiet", "-b", "work", ".trees/work")
        collected = kept(working_tree(repo.top))
        assert gaps(collected) == {(".trees/work", GapKind.EXCLUDED)}

    def test_a_submodule_that_moves_is_a_gap(self, repo: Any, new_repo: Callable[..., Any], kept: Keep) -> None:
        inner = new_repo("library")
        inner.commit({"lib.py": "x\n"})
        repo.git("submodule", "--quiet", "add", str(inner.top), "sub")
        repo.git("config", "-f", ".gitmodules", "submodule.sub.ignore", "all")
        repo.commit()
        assert kept(working_tree(repo.top)).change.files == ()
        repo.git("commit", "--quiet", "--allow-empty", "-m", "inner", cwd=repo.top / "sub")
        collected = kept(working_tree(repo.top))
        file = by_path(collected)["sub"]
        assert (file.before.mode, file.after.mode, file.after.sha256) == (Mode.SUBMODULE, Mode.SUBMODULE, "")
        assert file.after.git == repo.git("rev-parse", "HEAD", cwd=repo.top / "sub")
        assert collected.contents.read("sub", "after", 10) == b""
        assert gaps(collected) == {("sub", GapKind.SUBMODULE)}

    def test_a_path_that_git_refuses_is_left_out(self, repo: Any, kept: Keep) -> None:
        repo.write({".GIT/config": "x\n", "new.py": "x\n"})
        collected = kept(working_tree(repo.top))
        assert list(by_path(collected)) == ["new.py"]
        assert gaps(collected) == {(".GIT/config", GapKind.EXCLUDED)}

    def test_unreadable_files_and_folders_are_gaps(self, repo: Any) -> None:
        repo.write({"secret.py": "x\n", "closed/inner.py": "x\n"})
        (repo.top / "secret.py").chmod(0)
        (repo.top / "closed").chmod(0)
        script = (
            "import os, sys; from pathlib import Path\n"
            "from clearance.collect.git import working_tree\n"
            "import tempfile; tempfile.tempdir = sys.argv[2]\n"
            "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
            "got = working_tree(Path(sys.argv[1]))\n"
            "print(sorted((gap.path, gap.kind.name) for gap in got.gaps), [file.path for file in got.change.files])\n"
            "got.contents.close()\n"
        )
        open_folder = repo.top.parent / "open"
        open_folder.mkdir(mode=0o777)
        open_folder.chmod(0o777)
        if os.geteuid() == 0:
            give_away(repo.top)
            for parent in repo.top.parents:
                if parent.stat().st_uid == 0 and not parent.stat().st_mode & 0o001:
                    parent.chmod(parent.stat().st_mode | 0o001)
        done = subprocess.run(
            [sys.executable, "-c", script, str(repo.top), str(open_folder)],
            env={**repo.environment, "PYTHONPATH": os.pathsep.join(sys.path)},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        assert done.stdout.strip() == "[('closed', 'UNREADABLE'), ('secret.py', 'UNREADABLE')] []"

    def test_an_enormous_file_is_collected_in_little_memory(self, repo: Any, kept: Keep) -> None:
        with (repo.top / "big.txt").open("wb") as file:
            for _ in range(64):
                file.write(b"x" * (1 << 20))
        collected = kept(working_tree(repo.top))
        assert (collected.change.files[0].path, collected.change.files[0].added_lines) == ("big.txt", 1)
        assert collected.contents.read("big.txt", "after", 10) == b"x" * 10
        assert collected.contents.read("big.txt", "after", 20) == b"x" * 20

    def test_deep_nesting(self, repo: Any, kept: Keep) -> None:
        repo.write({"/".join(["d"] * 900) + "/deep.py": "x\n"})
        assert kept(working_tree(repo.top)).change.added_lines == 1


def give_away(top: Path) -> None:
    """Give a tree to nobody."""
    for place in (top, *top.rglob("*")):
        os.chown(place, 65534, 65534, follow_symlinks=False)


class TestRevisions:
    """Names that people and attackers type."""

    @pytest.mark.parametrize(
        "name",
        [
            "nowhere",
            "",
            "--upload-pack=touch x",
            "-p",
            "HEAD:app.py",
            "main\nHEAD",
            "a\0b",
            "x" * 100_000,
            "main..work",
            "{}",
            "HEAD^9",
        ],
    )
    def test_what_is_no_commit_is_unknown(self, repo: Any, name: str) -> None:
        with pytest.raises(UnknownRevision):
            between(repo.top, name, "HEAD")
        with pytest.raises(UnknownRevision):
            between(repo.top, "main", name)

    def test_short_and_relative_names(self, repo: Any, kept: Keep) -> None:
        first = repo.git("rev-parse", "HEAD")
        repo.commit({"app.py": "one\n"})
        repo.git("tag", "-a", "-m", "x", "v1")
        for base, head in ((first[:8], "v1"), ("HEAD~1", "main"), ("v1^", "refs/heads/main")):
            assert kept(between(repo.top, base, head)).change.removed_lines == 2

    def test_not_a_repository(self, tmp_path: Path) -> None:
        with pytest.raises(NotARepository, match="not inside a git repository"):
            working_tree(tmp_path)
        with pytest.raises(NotARepository, match="no such file"):
            working_tree(tmp_path / "nowhere")

    def test_a_git_file_that_leads_nowhere(self, tmp_path: Path) -> None:
        (tmp_path / ".git").write_text("gitdir: nowhere\n")
        with pytest.raises(NotARepository, match="names no git directory"):
            working_tree(tmp_path)


class TestContents:
    """The bytes behind a change, in this process and in others."""

    def test_sides_and_limits(self, repo: Any, kept: Keep) -> None:
        repo.write({"app.py": "changed\n"})
        contents = kept(working_tree(repo.top)).contents
        assert contents.read("app.py", "before", 3) == b"one"
        assert contents.peek("docs/readme.md", 100) == b"hello\n"
        assert contents.complete
        for call in (lambda: contents.read("docs/readme.md", "after", 1), lambda: contents.peek("nowhere", 1)):
            with pytest.raises(KeyError):
                call()

    @pytest.mark.parametrize("method", ["fork", "spawn"])
    def test_workers_can_read(self, repo: Any, kept: Keep, method: str) -> None:
        repo.write({"app.py": "changed\n"})
        contents = kept(working_tree(repo.top)).contents
        contents.peek("app.py", 1)
        with multiprocessing.get_context(method).Pool(2) as pool:
            assert pool.starmap(contents.read, [("app.py", "after", 100)] * 8) == [b"changed\n"] * 8

    def test_the_shadow_goes_when_it_is_closed(self, repo: Any, tmp_path: Path) -> None:
        collected = working_tree(repo.top)
        assert list((tmp_path / "tmp").iterdir())
        other = copy.deepcopy(collected.contents)
        assert other.peek("app.py", 3) == b"one"
        other.close()
        assert list((tmp_path / "tmp").iterdir())
        collected.contents.close()
        assert not list((tmp_path / "tmp").iterdir())

    def test_the_shadow_goes_when_something_fails(self, repo: Any, tmp_path: Path) -> None:
        with pytest.raises(UnknownRevision):
            between(repo.top, "nowhere", "HEAD")
        assert not list((tmp_path / "tmp").iterdir())

    def test_the_base_is_read_at_its_tip(self, repo: Any, kept: Keep) -> None:
        repo.git("checkout", "--quiet", "-b", "work")
        repo.write({".clearance/settings.toml": "loose = true\n"})
        repo.commit()
        repo.git("checkout", "--quiet", "main")
        repo.write({".clearance/settings.toml": "strict = true\n", ".clearance/rules/a.md": "page\n", ".clearance2": "no\n"})
        repo.commit()
        repo.git("checkout", "--quiet", "work")
        expected = {".clearance/settings.toml": b"strict = true\n", ".clearance/rules/a.md": b"page\n"}
        assert kept(working_tree(repo.top)).contents.base_files(".clearance/") == expected
        assert read_base(repo.top, "main", ".clearance") == expected
        assert read_base(repo.top, "main", "nothing/") == {}

    @pytest.mark.parametrize("link", [".clearance", ".clearance/policies", ".clearance/policies/mine.cedar"])
    def test_a_link_among_the_rules_is_refused_and_not_passed_over(self, repo: Any, link: str) -> None:
        repo.write({"shared/mine.cedar": "forbid\n"})
        (repo.top / link).parent.mkdir(exist_ok=True, parents=True)
        (repo.top / link).symlink_to("shared")
        repo.commit()
        with pytest.raises(CollectError, match="a link"):
            read_base(repo.top, "main", ".clearance/")


class TestAuthors:
    """Who wrote it, as commits and notes say."""

    def test_a_trailer_in_the_range(self, repo: Any, kept: Keep) -> None:
        repo.git("checkout", "--quiet", "-b", "work")
        repo.commit({"app.py": "one\n"}, "x\n\nCo-Authored-By: Claude <noreply@anthropic.com>")
        repo.commit({"app.py": "two\n"}, "y")
        author = kept(working_tree(repo.top)).change.author
        assert (author.author.name, author.author.kind, author.evidence) == ("Claude", ActorKind.AGENT, Evidence.TRAILER)

    def test_a_trailer_before_the_range_does_not_count(self, repo: Any, kept: Keep) -> None:
        repo.commit({"app.py": "one\n"}, "x\n\nCo-Authored-By: Claude <noreply@anthropic.com>")
        repo.write({"app.py": "two\n"})
        assert kept(working_tree(repo.top)).change.author.author.kind is ActorKind.UNKNOWN

    def test_a_git_ai_note_comes_before_a_trailer(self, repo: Any, kept: Keep) -> None:
        repo.git("checkout", "--quiet", "-b", "work")
        repo.commit({"app.py": "one\n"}, "x\n\nCo-Authored-By: Claude <noreply@anthropic.com>")
        note = (
            'app.py\n  s_1::t_1 1-1\n---\n{"schema_version": "authorship/3.0.0", "sessions": '
            '{"s_1": {"agent_id": {"tool": "cursor", "id": "1", "model": "m"}}}}'
        )
        repo.git("notes", "--ref=ai", "add", "-m", note)
        author = kept(between(repo.top, "main", "work")).change.author
        assert (author.author.name, author.evidence) == ("Cursor", Evidence.GIT_AI_NOTE)

    def test_the_option_comes_first(self, repo: Any, kept: Keep) -> None:
        author = kept(working_tree(repo.top, agent="my-bot", environment=repo.environment)).change.author
        assert (author.author.name, author.evidence) == ("my-bot", Evidence.OPTION)

    def test_the_environment_comes_last(self, repo: Any, kept: Keep) -> None:
        author = kept(working_tree(repo.top, environment={**repo.environment, "CLAUDECODE": "1"})).change.author
        assert (author.author.name, author.evidence, author.detail) == ("Claude", Evidence.ENVIRONMENT, "CLAUDECODE")
