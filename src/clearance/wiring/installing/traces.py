"""All places where something of ours may stand: where this version writes, what the manifests name, and what the files of
assistants themselves show by marks and seals."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path, PurePosixPath

from clearance.assistants.model import Assistant, assistants
from clearance.facts.errors import ClearanceError
from clearance.install import disk
from clearance.install.marks import parts, sealed, text_of
from clearance.install.pieces import Kind, Marked, Whole
from clearance.install.plan import Want
from clearance.wiring.installing import desired
from clearance.wiring.installing.books import Books
from clearance.wiring.installing.surroundings import Around, CommitHook, breadth_first

_MOST_ENTRIES = 5000
_MOST_BYTES = 64 << 20
_MARKS = (b"clearance:begin ", b"clearance:file ")
_EARLIER = "what `clearance init` wrote"


def traces(
    around: Around, environment: Mapping[str, str], books: Books, *, user: bool, names: tuple[str, ...] = ()
) -> list[Want]:
    """Give a want for each place, whether something stands there or not; with `user` also those in the home. For the
    assistants in `names`, instructions are what this version would write; others are known by their marks and seals."""
    found = [desired.settings(), *(desired.instructions(around.top, environment, names) if names else ())]
    for one in assistants():
        found += _of_assistant(one, around, user=user)
    found += [desired.commit_want(hook, around.programs) for hook in _commit_hooks(around)]
    found += [desired.github_want(), *desired.gitlab_wants(around.top), desired.ignore_want(desired.local_paths())]
    known = {(want.root, want.path, want.name) for want in found}
    standing = [("repository", path) for path in _candidates(around.top)]
    recorded = [key for key in books.held() if user or key[0] != "home"]
    for root, path in dict.fromkeys((*standing, *recorded)):
        for want in _by_marks(around, root, path):
            if (root, path, want.name) not in known:
                known.add((root, path, want.name))
                found.append(want)
    return found


def _of_assistant(one: Assistant, around: Around, *, user: bool) -> Iterator[Want]:
    if one.hooks:
        piece = desired.hook_piece(one, around.programs.hook)
        why = f"hooks of {one.title}"
        if one.hooks.project:
            yield Want("repository", one.hooks.project, piece, why)
        if one.hooks.local:
            yield Want("repository", one.hooks.local, piece, why, local=True)
        if one.hooks.user and user and around.home:
            yield Want("home", one.hooks.user, piece, why, local=True)
    server = desired.mcp_piece(one, around.programs)
    if one.mcp and one.mcp.project and server:
        yield Want("repository", one.mcp.project, server, f"MCP server of {one.title}")
        if one.mcp.project.endswith(".json"):
            yield Want("repository", f"{one.mcp.project}c", server, f"MCP server of {one.title}")


def _commit_hooks(around: Around) -> Iterator[CommitHook]:
    found = [
        around.commit,
        CommitHook("pre-commit", "repository", ".pre-commit-config.yaml"),
        CommitHook("husky", "repository", ".husky/pre-commit"),
        CommitHook("git", "git", "hooks/pre-commit"),
        CommitHook("git", "git", "hooks/pre-commit.legacy"),  # where `pre-commit install` moves the one that it finds
    ]
    seen = set()
    for one in found:
        if not one.problem and (one.root, one.path) not in seen:
            seen.add((one.root, one.path))
            yield one


def _candidates(top: Path) -> Iterator[str]:
    """Files that hold a mark or seal of ours: at the top, and in the folders of assistants."""
    places = [place for one in assistants() for place in _places(one)]
    folders = {PurePosixPath(place).parts[0] for place in places if "/" in place} | {".clearance", ".github", ".gitlab"}
    left = _MOST_BYTES
    waiting = [top, *(top / name for name in sorted(folders) if not (top / name).is_symlink())]
    for folder, entry in islice(breadth_first(waiting), _MOST_ENTRIES):
        if entry.is_symlink():
            continue
        if entry.is_dir() and folder != top:
            waiting.append(Path(entry.path))
        elif entry.is_file() and (left := left - entry.stat().st_size) > 0 and _marked(Path(entry.path)):
            yield str(Path(entry.path).relative_to(top))


def _places(one: Assistant) -> Iterator[str]:
    yield from (place.path for place in one.instructions)
    yield from (one.hooks.project, one.hooks.local) if one.hooks else ()
    yield from (one.mcp.project,) if one.mcp else ()


def _marked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            data = file.read(disk.MOST_BYTES + 1)
    except OSError:
        return False
    return len(data) <= disk.MOST_BYTES and any(mark in data for mark in _MARKS)


def _by_marks(around: Around, root: str, path: str) -> Iterator[Want]:
    """Tell the pieces of a file by the marks and the seal in it."""
    try:
        data = disk.stands(around.folder(root), disk.resolved(around.folder(root), path), writing=False).data
        text = text_of(data or b"")
        names = [one.name for one in parts(text, path)]
    except ClearanceError:
        return
    suffix = Path(path).suffix
    kind: Kind = (
        "shell"
        if root == "git" or path.endswith("pre-commit")
        else "lines"
        if suffix in {".yml", ".yaml", ".toml"}
        else "markdown"
    )
    for name in names:
        yield Want(root, path, Marked(name, kind, ""), _EARLIER, local=root != "repository")
    if data is not None and sealed(text) is not None:
        yield Want(root, path, Whole("instructions", "", "hash"), _EARLIER, local=root != "repository")
