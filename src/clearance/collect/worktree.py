"""The working tree and the index as trees.

`git ls-files` and `git update-index` are used because `git status`, `git add` and `git diff-files` start git inside
submodules, under the submodule's own configuration.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from clearance.collect.repository import Repository, small_text
from clearance.collect.shadow import Shadow
from clearance.collect.sides import gap, path_name
from clearance.facts.errors import CollectError
from clearance.facts.finding import Gap, GapKind

_LIST = ["ls-files", "-z", "-t", "-v", "-s", "-m", "-d", "-o", "--exclude-standard"]
_UPDATE = ["update-index", "--add", "--remove", "--replace", "-z", "--stdin"]
_UNOPENED = re.compile(rb"^warning: could not open directory '(.*?)/?': (.*)$", re.MULTILINE)
_GITLINK = b"160000"
_Stamp = tuple[int, int, int, int]


class _Listing(NamedTuple):
    """What `git ls-files` says: modes of the index by path, paths whose file differs or is in conflict, paths that the
    index does not know, paths that git was told not to compare (with how it was told)."""

    modes: dict[bytes, bytes]
    changed: set[bytes]
    unknown: list[bytes]
    hidden: dict[bytes, str]


def tree_of_index(shadow: Shadow, index: Path | None = None) -> str:
    """Write the index as a tree into the shadow and give its id. Entries that are only intended (`git add -N`) are left
    out, as in a commit.

    Raises:
        CollectError: there are conflicts.
    """
    shadow.take_index(index)
    return _write(shadow)


def tree_of_files(shadow: Shadow) -> tuple[str, tuple[Gap, ...]]:
    """Write the working tree as a tree into the shadow: what `git add --all` and a commit would make of it, without
    filters. Gives its id, and gaps for what could not be taken.

    Raises:
        CollectError: git failed, or files changed meanwhile.
    """
    shadow.take_index()
    answer = shadow.run(_LIST, working=True)
    top = os.fsencode(shadow.top)
    listing = _read(answer.wanted("the working tree cannot be listed"))
    gaps = [
        gap(path_name(match[1]), GapKind.UNREADABLE, match[2].decode("utf-8", "replace"))
        for match in _UNOPENED.finditer(answer.err)
    ]
    gaps += _hidden(top, listing)
    behind = _behind_links(top, listing.modes)
    if behind:
        removed = b"".join(b"0 %s\t%s\0" % (b"0" * len(shadow.empty_tree), path) for path in sorted(behind))
        shadow.run(["update-index", "-z", "--index-info"], removed, working=True).wanted("the index cannot be written")
    stamps: dict[bytes, _Stamp | None] = {}
    for path in _candidates(shadow, listing, behind, gaps):
        refused, stamp = _look(top, path, listing.modes.get(path))
        if refused:
            gaps.append(gap(path_name(path), GapKind.UNREADABLE, refused))
        else:
            stamps[path] = stamp
    if stamps:
        feed = b"".join(path + b"\0" for path in stamps)
        shadow.run(_UPDATE, feed, working=True).wanted("the working tree cannot be read")
        _unchanged(top, stamps)
    return _write(shadow), tuple(gaps)


def _write(shadow: Shadow) -> str:
    answer = shadow.run(["write-tree", "--missing-ok"])
    if b"unmerged" in answer.err or b"unmerged" in answer.out:
        raise CollectError(
            "the index holds conflicts", next="resolve them and `git add` the files, or check without --staged"
        )
    return answer.wanted("the index cannot be written as a tree").decode().strip()


def _read(output: bytes) -> _Listing:
    """Read `<tag> <mode> <id> <stage>\\t<path>\\0` and `? <path>\\0`. Tags: `C` changed, `R` gone, `M` in conflict, `S` kept
    out of the working tree, a small letter for what is assumed unchanged."""
    listing = _Listing({}, set(), [], {})
    for line in output.split(b"\0")[:-1]:
        if line.startswith(b"? "):
            listing.unknown.append(line[2:])
            continue
        about, _, path = line.partition(b"\t")
        tag, mode, _, _ = about.split(b" ")
        listing.modes[path] = mode
        if tag in {b"C", b"R", b"M"}:
            listing.changed.add(path)
        elif tag in {b"S", b"s"}:
            listing.hidden[path] = "skip-worktree"
        elif tag.islower():
            listing.hidden[path] = "assume-unchanged"
    return listing


def _hidden(top: bytes, listing: _Listing) -> Iterator[Gap]:
    for path, how in sorted(listing.hidden.items()):
        if os.path.lexists(top + b"/" + path):
            detail = f"marked {how} in the index: what is on disk was not compared, a commit takes the index's version"
            yield gap(path_name(path), GapKind.EXCLUDED, detail, introduced=False)


def _behind_links(top: bytes, modes: Iterable[bytes]) -> set[bytes]:
    """Give the paths of the index whose folder is now a symlink: git takes them for gone, and so do we."""
    folders: dict[bytes, bool] = {b"": False}
    behind = set()
    for path in modes:
        missing = []
        folder = path.rpartition(b"/")[0]
        while folder not in folders:
            missing.append(folder)
            folder = folder.rpartition(b"/")[0]
        for name in reversed(missing):
            folders[name] = folders[name.rpartition(b"/")[0]] or _is_link(top + b"/" + name)
        if folders[path.rpartition(b"/")[0]]:
            behind.add(path)
    return behind


def _is_link(place: bytes) -> bool:
    try:
        return stat.S_ISLNK(os.lstat(place).st_mode)
    except OSError:
        return False


def _candidates(shadow: Shadow, listing: _Listing, behind: set[bytes], gaps: list[Gap]) -> Iterator[bytes]:
    """Give the paths to read from disk; say of others why not."""
    own = os.fsencode(shadow.folder) + b"/"
    top = os.fsencode(shadow.top)
    for path in (*sorted(listing.changed - behind), *listing.unknown):
        if (top + b"/" + path).startswith(own):
            continue  # the folder for temporary files lies in the working tree
        if path.endswith(b"/"):
            gaps.append(_nested(shadow.repository, path))
        elif any(part.lower() == b".git" for part in path.split(b"/")):
            gaps.append(gap(path_name(path), GapKind.EXCLUDED, "git takes no path with a part called .git"))
        else:
            yield path


def _nested(repository: Repository, path: bytes) -> Gap:
    """Describe a repository inside the repository."""
    pointer = small_text(Path(os.fsdecode(os.fsencode(str(repository.top)) + b"/" + path + b".git"))) or ""
    target = Path(os.path.realpath(pointer.removeprefix("gitdir:").strip())) if pointer else None
    name = path_name(path.rstrip(b"/"))
    if target and repository.common_dir / "worktrees" in target.parents:
        return gap(name, GapKind.EXCLUDED, "another working tree of this repository", introduced=False)
    return gap(name, GapKind.SUBMODULE, "a repository inside the repository: its files are not part of the change")


def _look(top: bytes, path: bytes, mode: bytes | None) -> tuple[str, _Stamp | None]:
    """Say why a path cannot be taken (empty: it can), and what it looks like now (None: it is gone)."""
    place = top + b"/" + path
    try:
        found = os.lstat(place)
    except (FileNotFoundError, NotADirectoryError):
        return "", None
    except OSError as error:
        return error.strerror or "cannot be read", None
    stamp = (found.st_mode, found.st_size, found.st_mtime_ns, found.st_ino)
    if stat.S_ISREG(found.st_mode):
        readable = os.access(place, os.R_OK, effective_ids=os.access in os.supports_effective_ids)
        return ("" if readable else "Permission denied"), stamp
    if stat.S_ISLNK(found.st_mode):
        return "", stamp
    if stat.S_ISDIR(found.st_mode):
        return "", (found.st_mode, 0, 0, found.st_ino) if mode == _GITLINK else (found.st_mode, 0, 0, 0)
    return "a pipe, socket or device stands where a file was; the version of the index was taken", stamp


def _unchanged(top: bytes, stamps: dict[bytes, _Stamp | None]) -> None:
    """Make sure that what was read is still what is there."""
    for path, stamp in stamps.items():
        now = _look(top, path, None)[1]
        if now != stamp and not (now and stat.S_ISDIR(now[0])):
            raise CollectError(
                "changed while it was read", where=path_name(path), next="run again when nothing writes to it"
            )
