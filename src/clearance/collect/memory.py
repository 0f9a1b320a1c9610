"""A change between two sets of files that are held in memory: for tests, and for the examples of rule pages."""

from collections.abc import Mapping, Sequence

from clearance.collect.blob import look
from clearance.collect.lines import compare, whole
from clearance.collect.sides import NOBODY_KNOWS, content_gap, listing_digest, side_of
from clearance.facts.actor import Authorship
from clearance.facts.change import Change, ChangeKind, Collected, FileChange, Mode, Revision, SideName, Tree


class HeldContents:
    """Contents that rest in memory. `before` and `after` hold the sides of what changed, `tree` all files."""

    def __init__(
        self, before: Mapping[str, bytes], after: Mapping[str, bytes], tree: Mapping[str, bytes], *, complete: bool = True
    ) -> None:
        self._sides: dict[SideName, Mapping[str, bytes]] = {"before": before, "after": after}
        self._tree = tree
        self._complete = complete

    def close(self) -> None:
        """Do nothing: what is held goes with the object."""

    def read(self, path: str, side: SideName, limit: int) -> bytes:
        """Give at most `limit` bytes of one side of a changed file."""
        return self._sides[side][path][:limit]

    @property
    def complete(self) -> bool:
        """Whether `paths` lists the whole tree."""
        return self._complete

    def paths(self) -> Sequence[str]:
        """Give the paths of all files of the after tree, sorted."""
        return sorted(self._tree)

    def peek(self, path: str, limit: int) -> bytes:
        """Give at most `limit` bytes of any file of the after tree."""
        return self._tree[path][:limit]

    def gone(self) -> Mapping[str, str]:
        """Give the paths that only the before side has, each by itself."""
        return {path: path for path in self._sides["before"] if path not in self._sides["after"]}


def text_of(name: str, data: bytes) -> Collected:
    """Make one text look like a file of that name as it stands, with nothing around it."""
    blob = look(iter((data,)))
    file = FileChange(
        path=name,
        kind=ChangeKind.PRESENT,
        after=side_of(data),
        added=whole(blob.lines),
        binary=blob.encoding is None,
    )
    change = Change(
        source="directory",
        base=None,
        head=Revision(label=name),
        tree=Tree(
            kind="directory",
            sha256=listing_digest([(name.encode("utf-8", "surrogatepass"), Mode.FILE, side_of(data).sha256)]),
        ),
        files=(file,),
        author=NOBODY_KNOWS,
    )
    return Collected(change, HeldContents({}, {name: data}, {name: data}, complete=False), ())


def change_of(before: Mapping[str, bytes], after: Mapping[str, bytes], *, author: Authorship = NOBODY_KNOWS) -> Collected:
    """Make the change that turns the files `before` into the files `after` (path to bytes). Renames are not sought."""
    files: list[FileChange] = []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        kind = ChangeKind.ADDED if old is None else ChangeKind.DELETED if new is None else ChangeKind.MODIFIED
        lines = compare(old, new)
        files.append(
            FileChange(
                path=path,
                kind=kind,
                before=None if old is None else side_of(old),
                after=None if new is None else side_of(new),
                added=lines.added,
                removed=lines.removed,
                binary=lines.binary,
            )
        )
    listing = [(path.encode("utf-8", "surrogatepass"), Mode.FILE, side_of(data).sha256) for path, data in after.items()]
    change = Change(
        source="range",
        base=Revision(label="before"),
        head=Revision(label="after"),
        tree=Tree(kind="directory", sha256=listing_digest(listing)),
        files=tuple(files),
        author=author,
    )
    changed = {file.path for file in files}
    gaps = (content_gap(path, Mode.FILE, data, len(data)) for path, data in sorted(after.items()) if path in changed)
    return Collected(change, HeldContents(before, after, after), tuple(found for found in gaps if found))
