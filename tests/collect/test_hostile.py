"""A repository in which everything that git could be made to run is a trap; each trap leaves a canary."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clearance.collect.command import search_path
from clearance.collect.git import between, read_base, staged, working_tree
from clearance.collect.repository import find_repository
from clearance.collect.tree import directory
from clearance.facts.errors import CollectError, NotARepository
from clearance.facts.finding import GapKind

HOOKS = (
    "applypatch-msg", "commit-msg", "fsmonitor-watchman", "post-applypatch", "post-checkout", "post-commit",
    "post-index-change", "post-merge", "post-receive", "post-rewrite", "post-update", "pre-applypatch", "pre-auto-gc",
    "pre-commit", "pre-merge-commit", "pre-push", "pre-rebase", "pre-receive", "prepare-commit-msg", "proc-receive",
    "push-to-checkout", "reference-transaction", "sendemail-validate", "update",
)  # fmt: skip


class Traps:
    """Makes traps, and tells which of them went off."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "sprung").mkdir(parents=True)

    def command(self, name: str) -> str:
        """Give the path of a program that leaves a canary."""
        program = self.folder / name
        program.write_text(f"#!/bin/sh\n: > '{self.folder}/sprung/{name}'\nexit 1\n")
        program.chmod(0o755)
        return str(program)

    @property
    def sprung(self) -> set[str]:
        return {path.name for path in (self.folder / "sprung").iterdir()}


@pytest.fixture
def traps(tmp_path: Path) -> Traps:
    return Traps(tmp_path / "traps")


def configuration(traps: Traps) -> str:
    cmd = traps.command
    return f"""
[core]
\tfsmonitor = {cmd("fsmonitor")}
\thooksPath = {traps.folder}/hooks
\tpager = {cmd("pager")}
\teditor = {cmd("editor")}
\taskPass = {cmd("askpass")}
\tsshCommand = {cmd("ssh")}
\tgitProxy = {cmd("gitproxy")}
\talternateRefsCommand = {cmd("alternate-refs")}
\tattributesFile = {traps.folder}/attributes
[diff]
\texternal = {cmd("diff-external")}
[diff "evil"]
\tcommand = {cmd("diff-command")}
\ttextconv = {cmd("textconv")}
[filter "evil"]
\tclean = {cmd("filter-clean")}
\tsmudge = {cmd("filter-smudge")}
[filter "process"]
\tprocess = {cmd("filter-process")}
\trequired = true
[merge "evil"]
\tdriver = {cmd("merge-driver")}
[interactive]
\tdiffFilter = {cmd("diff-filter")}
[alias]
\tst = !{cmd("alias")}
\tls-files = !{cmd("alias-builtin")}
\tdiff-tree = !{cmd("alias-builtin")}
[pager]
\tlog = {cmd("pager-log")}
\tdiff-tree = {cmd("pager-diff-tree")}
\tconfig = {cmd("pager-config")}
[gpg]
\tprogram = {cmd("gpg")}
[log]
\tshowSignature = true
[credential]
\thelper = !{cmd("credential")}
[uploadpack]
\tpackObjectsHook = {cmd("pack-objects-hook")}
[trailer "x"]
\tkey = X
\tcommand = {cmd("trailer")}
[protocol]
\tallow = always
[remote "origin"]
\turl = ext::{cmd("remote")} %S
\tuploadpack = {cmd("uploadpack")}
\tvcs = {cmd("remote-helper")}
[include]
\tpath = {traps.folder}/included
"""


@pytest.fixture
def hostile(repo: Any, traps: Traps, new_repo: Callable[..., Any]) -> Any:
    """A repository with a change, and every trap that we know set in it."""
    inner = new_repo("library")
    inner.commit({"lib.py": "x\n"})
    repo.git("submodule", "--quiet", "add", str(inner.top), "sub")
    repo.commit(message="with a submodule")
    repo.git("checkout", "--quiet", "-b", "work")
    repo.commit({"app.py": "one\nTWO\nthree\n", "data.txt": "d\n"}, "work\n\nCo-authored-by: Claude <noreply@anthropic.com>")
    git_dir = repo.top / ".git"
    signed = repo.git("cat-file", "commit", "HEAD").replace(
        "\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n", 1
    )
    commit = repo.git("hash-object", "-t", "commit", "-w", "--stdin", feed=signed.encode() + b"\n")
    repo.git("update-ref", "refs/heads/work", commit)
    repo.write({"app.py": "one\nTWO\nthree\nfour\n", "new.py": "new\n", "sub/lib.py": "changed\n", "sub/more.py": "y\n"})
    repo.write({".gitattributes": "* diff=evil filter=evil merge=evil\n*.py filter=process\n"})
    repo.git("add", "app.py")
    (git_dir / "info/attributes").write_text("* diff=evil merge=evil\n")
    for folder in (git_dir / "hooks", traps.folder / "hooks"):
        folder.mkdir(exist_ok=True)
        for hook in HOOKS:
            (folder / hook).unlink(missing_ok=True)
            shutil.copy(traps.command(f"hook-{hook}"), folder / hook)
    (traps.folder / "attributes").write_text("* diff=evil filter=evil\n")
    (traps.folder / "included").write_text(f"[diff]\n\texternal = {traps.command('included')}\n")
    with (git_dir / "config").open("a") as config:
        config.write(configuration(traps))
    with (git_dir / "modules/sub/config").open("a") as config:
        config.write(f"[core]\n\tfsmonitor = {traps.command('submodule-fsmonitor')}\n")
    for name in ("git", "git-remote-ext", "sh", "less"):
        shutil.copy(traps.command(f"path-{name}"), repo.top / name)
    (git_dir / "clearance").symlink_to(traps.folder)
    return repo


MODES: dict[str, Callable[[Path], Any]] = {
    "working tree": lambda top: working_tree(top, base="main"),
    "working tree, from a folder below": lambda top: working_tree(top / "docs", base="main"),
    "working tree of the submodule": lambda top: working_tree(top / "sub"),
    "staged": lambda top: staged(top, base="main"),
    "range": lambda top: between(top, "main", "work"),
    "range, inside the git directory": lambda top: between(top / ".git", "main", "work"),
    "directory": directory,
}


@pytest.mark.parametrize("mode", MODES)
def test_nothing_in_the_repository_runs(
    hostile: Any, traps: Traps, kept: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("PATH", f".:{hostile.top}::{os.environ['PATH']}")
    monkeypatch.chdir(hostile.top)
    collected = kept(MODES[mode](hostile.top))
    assert collected.change.files
    for file in collected.change.files:
        collected.contents.read(file.path, "after" if file.after else "before", 1 << 20)
    for path in collected.contents.paths():
        collected.contents.peek(path, 100)
    collected.contents.base_files(".clearance/")
    assert traps.sprung == set()


def test_programs_come_from_absolute_folders_outside_of_what_is_guarded(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "repo/bin")
    path = (
        f"bin:.::{tmp_path}/repo:{tmp_path}/repo/bin:{tmp_path}/link:{tmp_path}/other/../repo:{tmp_path}/repository:/usr/bin"
    )
    assert search_path({"PATH": path}, [tmp_path / "repo"]) == f"{tmp_path}/repository:/usr/bin"


def test_nothing_runs_when_the_base_is_read(hostile: Any, traps: Traps) -> None:
    assert read_base(hostile.top, "main", "docs") == {"docs/readme.md": b"hello\n"}
    assert traps.sprung == set()


def test_the_traps_do_spring_for_plain_git(hostile: Any, traps: Traps) -> None:
    """The control: without it, the tests above could not fail."""
    tame = ("-c", "core.fsmonitor=false", "-c", "filter.process.required=false", "-c", "filter.process.process=")
    hostile.git("status", ok=False)
    hostile.git("diff", ok=False)
    hostile.git("log", "-1", "-p", ok=False)
    hostile.git("fetch", "origin", ok=False)
    hostile.git("-c", "core.fsmonitor=false", "add", "new.py", ok=False)
    hostile.git(*tame, "add", "data.txt", ok=False)
    (hostile.top / ".gitattributes").unlink()
    hostile.git("status", ok=False)
    hostile.git("diff", "main", ok=False)
    hostile.git(*tame, "commit", "--allow-empty", "-m", "x", ok=False)
    hooks = {"hook-pre-commit", "hook-post-index-change"}
    assert traps.sprung >= {"fsmonitor", "submodule-fsmonitor", "gpg", "filter-process", "filter-clean", *hooks}
    assert traps.sprung & {"diff-external", "included", "diff-command"}
    assert traps.sprung & {"remote", "remote-helper"}


def test_the_change_is_read_right_among_the_traps(hostile: Any, kept: Callable[..., Any]) -> None:
    change = kept(working_tree(hostile.top, base="main")).change
    assert {file.path: file.added for file in change.files if file.path.endswith(".py")} == {
        "app.py": ((2, 2), (4, 4)),
        "new.py": ((1, 1),),
    }
    assert change.author.author.name == "Claude"


def test_the_folder_of_the_log_is_not_reached_through_a_link(hostile: Any) -> None:
    with pytest.raises(CollectError, match="not a folder of yours"):
        find_repository(hostile.top).own_folder()


def test_core_worktree_points_nowhere_else(repo: Any, tmp_path: Path, kept: Callable[..., Any]) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "secret.txt").write_text("not yours\n")
    repo.git("config", "core.worktree", str(other))
    (repo.top / "here.py").write_text("x\n")
    assert [file.path for file in kept(working_tree(repo.top)).change.files] == ["here.py"]


def test_a_git_file_that_leads_elsewhere_brings_no_configuration(
    repo: Any, new_repo: Callable[..., Any], traps: Traps, kept: Callable[..., Any]
) -> None:
    other = new_repo("bait")
    other.commit({"app.py": "bait\n"})
    with (other.top / ".git/config").open("a") as config:
        config.write(configuration(traps))
    shutil.rmtree(repo.top / ".git")
    (repo.top / ".git").write_text("gitdir: ../bait/.git\n")
    assert kept(working_tree(repo.top)).change.files
    assert traps.sprung == set()


def test_a_missing_object_of_a_partial_clone_is_an_error_and_never_fetched(repo: Any, traps: Traps) -> None:
    base = repo.git("rev-parse", "HEAD")
    repo.commit({"app.py": "changed\n"})
    blob = repo.git("rev-parse", f"{base}:app.py")
    (repo.top / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with (repo.top / ".git/config").open("a") as config:
        config.write(
            f"[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = origin\n[protocol]\n\tallow = always\n"
            f'[remote "origin"]\n\turl = ext::{traps.command("lazy-fetch")} %S\n\tpromisor = true\n'
        )
    with pytest.raises(CollectError, match="partial clone"):
        between(repo.top, base, "HEAD")
    assert traps.sprung == set()
    repo.git("cat-file", "-p", blob, ok=False)
    assert traps.sprung == {"lazy-fetch"}


def test_replacement_refs_do_not_fool_the_judge(repo: Any, kept: Callable[..., Any]) -> None:
    evil = repo.commit({"app.py": "evil\n"}, "evil")
    harmless = repo.git("rev-parse", "HEAD~1^{tree}")
    stand_in = repo.git("commit-tree", harmless, "-p", "HEAD~1", "-m", "harmless")
    repo.git("replace", evil, stand_in)
    assert repo.git("diff", "HEAD~1", "HEAD") == ""
    assert [file.path for file in kept(between(repo.top, "HEAD~1", "HEAD")).change.files] == ["app.py"]


def test_grafts_do_not_fool_the_judge(repo: Any, kept: Callable[..., Any]) -> None:
    start = repo.git("rev-parse", "HEAD")
    middle = repo.commit({"evil.py": "evil\n"})
    repo.git("checkout", "--quiet", "-b", "work")
    end = repo.commit({"app.py": "work\n"})
    repo.git("branch", "--force", "main", start)
    (repo.top / ".git/info").mkdir(exist_ok=True)
    (repo.top / ".git/info/grafts").write_text(f"{start} {middle}\n{end} {start}\n")
    assert {file.path for file in kept(between(repo.top, "main", "work")).change.files} == {"app.py", "evil.py"}


def test_an_object_that_is_not_what_its_name_says_is_an_error(repo: Any) -> None:
    repo.commit({"app.py": "evil = 1\n"})
    evil = repo.git("rev-parse", "HEAD:app.py")
    good = repo.git("hash-object", "-w", "--stdin", feed=b"good = 1\n")
    place = repo.top / ".git/objects"
    target = place / evil[:2] / evil[2:]
    target.unlink()
    shutil.copy(place / good[:2] / good[2:], target)
    with pytest.raises(CollectError, match="does not hold what its name says"):
        between(repo.top, "HEAD~1", "HEAD")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to give files to another user")
class TestAnotherOwner:
    """Files of another user, as on a shared machine."""

    def test_a_repository_of_another_user_is_refused(self, repo: Any) -> None:
        os.chown(repo.top / ".git", 65534, 65534)
        with pytest.raises(NotARepository, match="belongs to another user") as caught:
            working_tree(repo.top)
        assert "safe.directory" in caught.value.next

    @pytest.mark.parametrize("value", ["*", "{top}", "{parent}/*"])
    def test_unless_the_user_trusts_it(self, repo: Any, kept: Callable[..., Any], value: str) -> None:
        os.chown(repo.top / ".git", 65534, 65534)
        place = value.format(top=repo.top, parent=repo.top.parent)
        repo.git("config", "--global", "safe.directory", place)
        kept(working_tree(repo.top))

    def test_its_own_word_for_it_does_not_count(self, repo: Any) -> None:
        repo.git("config", "safe.directory", "*")
        os.chown(repo.top / ".git", 65534, 65534)
        with pytest.raises(NotARepository):
            working_tree(repo.top)

    def test_the_user_who_called_sudo_is_the_owner(self, repo: Any, kept: Callable[..., Any]) -> None:
        os.chown(repo.top / ".git", 65534, 65534)
        kept(working_tree(repo.top, environment={**repo.environment, "SUDO_UID": "65534"}))

    def test_objects_of_another_user_are_not_borrowed(self, repo: Any, tmp_path: Path) -> None:
        other = tmp_path / "other/objects"
        other.mkdir(parents=True)
        os.chown(other, 65534, 65534)
        (repo.top / ".git/objects/info").mkdir(exist_ok=True)
        (repo.top / ".git/objects/info/alternates").write_text(f"{other}\n")
        with pytest.raises(CollectError, match="folder of another user"):
            working_tree(repo.top)


def test_objects_of_an_own_repository_are_borrowed(
    repo: Any, tmp_path: Path, environment: dict[str, str], kept: Callable[..., Any]
) -> None:
    repo.git("clone", "--quiet", "--shared", str(repo.top), str(tmp_path / "clone"))
    (tmp_path / "clone/app.py").write_text("one\n")
    assert kept(working_tree(tmp_path / "clone")).change.removed_lines == 2


def test_an_alternate_that_leads_to_itself_ends(repo: Any, kept: Callable[..., Any]) -> None:
    (repo.top / ".git/objects/info").mkdir(exist_ok=True)
    (repo.top / ".git/objects/info/alternates").write_text("../objects\n\n# a word\n/nowhere\n")
    kept(working_tree(repo.top))


def test_a_pipe_among_the_files_of_git_is_no_trap(repo: Any) -> None:
    (repo.top / ".git/HEAD").unlink()
    os.mkfifo(repo.top / ".git/HEAD")
    with pytest.raises(CollectError, match="HEAD cannot be read"):
        working_tree(repo.top)


def test_filters_do_not_run_and_the_bytes_are_those_on_disk(hostile: Any, kept: Callable[..., Any]) -> None:
    collected = kept(working_tree(hostile.top, base="main"))
    assert collected.contents.read("new.py", "after", 100) == b"new\n"
    assert all(gap.kind is GapKind.SUBMODULE for gap in collected.gaps)
