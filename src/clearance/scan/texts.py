"""Words around a change that are no files, but can hold a secret as well: names of files and branches, commit messages.

Each is handed to the workers as one more text whose path begins with `/`, which no path of a change does. Afterwards `told`
puts what was found where a person can see it: `commit:1a2b3c4d5e6f:3`. A name that holds a secret is masked in all
facts, because a name is told wherever its file is.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from clearance.facts.change import Change, ChangeKind, Contents, FileChange, Mode, Side, SideName
from clearance.facts.finding import Aside, Finding, Gap, Place
from clearance.scan.compare import MASK
from clearance.scan.runner import Scanned

_MARK = "/"
_NAMES = "names of files"
_MOST_LINES = 500
"""Names in one text: few enough that a folder named after a token is found in all of them before a scanner has enough."""
BRANCH = "branch name"
"""The place of the name of the branch."""
_NEW = frozenset({ChangeKind.ADDED, ChangeKind.RENAMED, ChangeKind.PRESENT})
_UNBROKEN = str.maketrans(dict.fromkeys("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", "\ufffd"))


class Named(NamedTuple):
    """One line of the text of names: a path or another name that is told, and whether the change brings it."""

    path: str
    introduced: bool


class ContentsWithTexts:
    """The bytes behind a change, and those of the texts around it."""

    def __init__(self, contents: Contents, texts: Mapping[str, bytes]) -> None:
        self._contents = contents
        self._texts = texts

    def read(self, path: str, side: SideName, limit: int) -> bytes:
        """Give at most `limit` bytes of one side of a file, or of a text."""
        if path.startswith(_MARK):
            return self._texts[path][:limit]
        return self._contents.read(path, side, limit)

    @property
    def complete(self) -> bool:
        """Whether `paths` lists the whole tree."""
        return self._contents.complete

    def paths(self) -> Sequence[str]:
        """Give the paths of all files; texts are none."""
        return self._contents.paths()

    def peek(self, path: str, limit: int) -> bytes:
        """Give at most `limit` bytes of any file of the after tree."""
        return self._contents.peek(path, limit)

    def gone(self) -> Mapping[str, str]:
        """Give the paths that only the before side has, where the contents can tell."""
        asked = getattr(self._contents, "gone", None)
        found: Mapping[str, str] = asked() if asked is not None else {}
        return found


def names_of(change: Change) -> list[Named]:
    """Give the names that a change tells: those of its files, before and after."""
    named = []
    for file in change.files:
        named.append(Named(file.path, file.kind in _NEW))
        if file.old_path is not None:
            named.append(Named(file.old_path, introduced=False))
    return named


class Texts:
    """The texts around one change: the names that it tells, and `around`, its messages and its branch's name, by place."""

    def __init__(self, named: Sequence[Named], around: Mapping[str, str]) -> None:
        self.named = named
        self._firsts: dict[str, int] = {}
        names: dict[str, str] = {}
        for first in range(0, len(named), _MOST_LINES):
            place = f"{_NAMES} {first // _MOST_LINES + 1}" if first else _NAMES
            self._firsts[_MARK + place] = first
            names[place] = "\n".join(one.path.translate(_UNBROKEN) for one in named[first : first + _MOST_LINES])
        self._texts = {place: text for place, text in {**names, **around}.items() if text}
        self._branch = around.get(BRANCH, "")
        self.masked: dict[str, str] = {}
        """Names that hold a secret, once that is known, with what is shown instead."""

    def added_to(self, change: Change, contents: Contents) -> tuple[Change, Contents]:
        """Give the change with its texts behind its files, and what they hold."""
        held = {_MARK + place: text.encode("utf-8", "surrogatepass") for place, text in self._texts.items()}
        files = tuple(text_file(path, data) for path, data in held.items())
        return msgspec.structs.replace(change, files=change.files + files), ContentsWithTexts(contents, held)

    def told(self, change: Change, scanned: Scanned, gaps: Sequence[Gap]) -> tuple[Change, Scanned, tuple[Gap, ...]]:
        """Put what was found in the texts in its place, and mask the names that hold a secret."""
        masked = self.masked = self._masked(scanned.findings)
        path_of = _renaming(masked)
        findings = tuple(self._finding(one, path_of) for one in scanned.findings)
        asides = tuple(self._aside(one, path_of) for one in scanned.asides)
        told = [msgspec.structs.replace(gap, path=path_of(gap.path)) for gap in gaps]
        scanned = msgspec.structs.replace(scanned, findings=findings, asides=asides)
        if not masked:
            return change, scanned, tuple(told)
        sightings = tuple(msgspec.structs.replace(one, place=_moved(one.place, path_of)) for one in scanned.sightings)
        return _renamed(change, path_of), msgspec.structs.replace(scanned, sightings=sightings), tuple(told)

    def name_of(self, finding: Finding) -> str:
        """Give the name in which a finding of the workers stands; empty for one that stands elsewhere."""
        named = self._named_at(finding.place)
        return named.path if named else ""

    def _named_at(self, place: Place) -> Named | None:
        """Give the name that stands at a place of the workers; None for a place elsewhere."""
        first = self._firsts.get(place.path)
        return None if first is None else self.named[first + place.line - 1]

    def _masked(self, findings: Sequence[Finding]) -> dict[str, str]:
        """Give the names that hold a secret, with what is shown instead."""
        spans: dict[str, set[tuple[int, int]]] = {}
        for one in findings:
            place = one.place
            named = self._named_at(place)
            if named is None and place.path != _MARK + BRANCH:
                continue
            path = named.path if named else self._branch
            end = place.end_column - 1 if place.end_line == place.line else len(path)
            spans.setdefault(path, set()).add((place.column - 1, end))
        masked: dict[str, str] = {}
        taken: Counter[str] = Counter()
        for path, found in spans.items():
            name = _without(path, sorted(found))
            taken[name] += 1
            # Two names that differ in the secret alone stay two.
            masked[path] = name + {1: "", 2: "~"}.get(taken[name], f"~{taken[name]}")
        return masked

    def _finding(self, one: Finding, path_of: Callable[[str], str]) -> Finding:
        named = self._named_at(one.place)
        if named is None:
            place = _moved(one.place, path_of)
            steps = tuple(msgspec.structs.replace(step, place=_moved(step.place, path_of)) for step in one.steps)
            return one if place is one.place else msgspec.structs.replace(one, place=place, steps=steps)
        return msgspec.structs.replace(
            one,
            place=Place(path=path_of(named.path), line=0),
            introduced=named.introduced,
            message=f"{one.message} (in the name)",
            excerpt=None,
            steps=(),
            edits=(),
        )

    def _aside(self, one: Aside, path_of: Callable[[str], str]) -> Aside:
        named = self._named_at(one.place)
        if named is None:
            return msgspec.structs.replace(one, place=_moved(one.place, path_of))
        place = Place(path=path_of(named.path), line=0)
        return msgspec.structs.replace(one, place=place, introduced=named.introduced)


def _without(name: str, secrets: Sequence[tuple[int, int]]) -> str:
    """Give a name without the secrets at these spans, which come in order and may overlap."""
    pieces: list[str] = []
    at = 0
    for start, end in secrets:
        if start >= at:
            pieces += (name[at:start], MASK)
        at = max(at, end)
    return "".join((*pieces, name[at:]))


def text_file(path: str, data: bytes) -> FileChange:
    """Give words that are no file the shape of one; all of it is new."""
    import hashlib

    side = Side(mode=Mode.FILE, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    return FileChange(path=path, kind=ChangeKind.TEXT, after=side, added=((1, data.count(b"\n") + 1),))


def _renaming(masked: Mapping[str, str]) -> Callable[[str], str]:
    return lambda path: masked.get(path, path.removeprefix(_MARK))


def _moved(place: Place, path_of: Callable[[str], str]) -> Place:
    path = path_of(place.path)
    return place if path == place.path else msgspec.structs.replace(place, path=path)


def _renamed(change: Change, path_of: Callable[[str], str]) -> Change:
    files = tuple(
        msgspec.structs.replace(
            file, path=path_of(file.path), old_path=None if file.old_path is None else path_of(file.old_path)
        )
        for file in change.files
    )
    ends = {
        name: msgspec.structs.replace(end, label=path_of(end.label))
        for name, end in (("base", change.base), ("head", change.head))
        if end is not None
    }
    return msgspec.structs.replace(change, files=files, **ends)
