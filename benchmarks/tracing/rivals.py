"""What others tell of the same history: a note for each commit, line ranges carried along by diff, blame with a trailer.

All three see everything that they could see at best: exact notes, each operation at once, no lost reference. The second one
is our own reading of git-ai's documented rule (what a hunk touches is dropped, everything else shifts); it is not git-ai.
"""

import re
from collections.abc import Callable

from benchmarks.tracing.model import Files

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_HEADER = re.compile(r"([0-9a-f]{40}) (\d+) (\d+)")
Carried = dict[str, list[int | None]]
Hunk = tuple[int, int, int, int]


class Rivals:
    """Follows a history with the three."""

    def __init__(self, git: Callable[..., str]) -> None:
        self._git = git
        self._notes: dict[str, dict[tuple[str, int], int]] = {}
        self._main: Carried = {}
        self._work: Carried = {}
        self._tip = ""

    def begin(self) -> None:
        """A branch begins at HEAD."""
        self._tip = self._git("rev-parse", "HEAD")
        self._work = {path: list(owners) for path, owners in self._main.items()}

    def committed(self, oid: str, files: Files, *, authored: bool) -> None:
        """A commit was made on the branch, or the last one made anew. Where authors made it (`authored`), what an assistant
        wrote in it is known exactly. The note names the lines of the commit's own hunks that are an assistant's."""
        self._work = self._carry(self._work, self._tip, oid)
        note: dict[tuple[str, int], int] = {}
        for path, (_, hunks) in self._hunks(f"{oid}~1", oid).items():
            lines = files[path]
            owners = self._work.setdefault(path, [None] * len(lines))
            owners += [None] * (len(lines) - len(owners))
            for at in (at for _, _, first, count in hunks for at in range(first - 1, first - 1 + count)):
                who = lines[at].who
                if authored and owners[at] is None and who is not None and who > 0 and not lines[at].touched:
                    owners[at] = who
                owner = owners[at]
                if owner is not None:
                    note[path, at + 1] = owner
        self._notes[oid] = note
        self._tip = oid

    def aside(self, oid: str) -> None:
        """A person committed to the target."""
        self._main = self._carry(self._main, f"{oid}~1", oid)

    def merged(self, tip: str, before: str, after: str) -> None:
        """The branch came in: what is known of both sides is carried to what came out."""
        one, other = self._carry(self._work, tip, after), self._carry(self._main, before, after)
        self._main = {}
        for path in {**one, **other}:
            left, right = one.get(path, []), other.get(path, [])
            size = max(len(left), len(right))
            left, right = left + [None] * (size - len(left)), right + [None] * (size - len(right))
            self._main[path] = [a or b for a, b in zip(left, right, strict=True)]

    def carried(self, path: str, count: int) -> list[int | None]:
        """Say which generation each line of a file of HEAD is of, by the carried ranges."""
        found = self._main.get(path, [])
        return [*found, *[None] * (count - len(found))]

    def blamed(self, path: str, count: int, trailer: str) -> tuple[list[int | None], list[bool]]:
        """Say by line of HEAD which generation the note of its commit names, and whether its commit has the trailer."""
        noted: list[int | None] = [None] * count
        said = [False] * count
        trailers: dict[str, bool] = {}
        where: dict[str, str] = {}
        rows = iter(self._git("blame", "--porcelain", "HEAD", "--", path).split("\n"))
        for row in rows:
            header = _HEADER.match(row)
            if header is None:
                continue
            oid, then, now = header[1], int(header[2]), int(header[3])
            for more in rows:
                if more.startswith("filename "):
                    where[oid] = more.removeprefix("filename ")
                if more.startswith("\t"):
                    break
            if oid not in trailers:
                trailers[oid] = trailer in self._git("log", "-1", "--format=%B", oid)
            noted[now - 1] = self._notes.get(oid, {}).get((where.get(oid, path), then))
            said[now - 1] = trailers[oid]
        return noted, said

    def _carry(self, owners: Carried, old: str, new: str) -> Carried:
        if old == new:
            return {path: list(each) for path, each in owners.items()}
        hunks = self._hunks(old, new)
        gone = {was for was, _ in hunks.values()} - set(hunks)
        found = {path: list(each) for path, each in owners.items() if path not in hunks and path not in gone}
        for path, (was, changes) in hunks.items():
            before = owners.get(was, [])
            made: list[int | None] = []
            at = 0
            for first, count, _, added in changes:
                start = first - 1 if count else first
                made += [*before[at:start], *[None] * (start - at - len(before[at:start]))]
                made += [None] * added
                at = start + count
            found[path] = made + before[at:]
        return found

    def _hunks(self, old: str, new: str) -> dict[str, tuple[str, list[Hunk]]]:
        found: dict[str, tuple[str, list[Hunk]]] = {}
        path = was = ""
        for row in self._git("diff", "-U0", "-M", "--no-color", "--src-prefix=a/", "--dst-prefix=b/", old, new).split("\n"):
            if row.startswith("diff --git "):
                was, path = (part[2:] for part in row.split(" ")[2:4])
                found[path] = was, []
            elif row.startswith("deleted file"):
                found.pop(path)
            elif (hunk := _HUNK.match(row)) and path in found:
                first, count, start, added = (int(one) if one is not None else 1 for one in hunk.groups())
                found[path][1].append((first, count, start, added))
        return found
