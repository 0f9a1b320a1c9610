"""What a file of Terraform does to the others of its folder, and to the modules that it calls.

A variable's default, a local or a file of values opens a resource that stands in a file which the change leaves alone; or a
guard goes that another file's resource needs. Both sides of the folder are read, and what only the after side shows is told
in the changed file. Source: Terraform's documentation, "Input Variables", "Modules".
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from posixpath import normpath
from typing import Final, NamedTuple

import msgspec

from clearance.facts.change import ChangeKind, SideName
from clearance.facts.text import Decoded
from clearance.scan.family import Budget, Match, Pair, View
from clearance.scan.infra.around.told import told
from clearance.scan.infra.folder import MOST_BYTES, SUFFIXES, VALUES, Beside, Folders, is_automatic
from clearance.scan.infra.language import Block
from clearance.scan.infra.lower import terraform, terraform_json
from clearance.scan.infra.lower.hcl.definitions import Definitions, Name, definitions_of
from clearance.scan.infra.lower.hcl.references import Definition
from clearance.scan.infra.node import Document, Kind, Node, NotThis, Unit

Judged = Callable[[View, Document, Budget], Iterable[Match]]
Given = Mapping[str, Definition]
_REFERENCE: Final = re.compile(r"\b(var|local)\.([A-Za-z_][\w-]*)")
_MOST_UP: Final = 3
"""Folders above a file of values in which the files are sought that it is for."""
_MOST_ROUNDS: Final = 16
"""Definitions by definitions that are followed."""
_OWN_WORDS: Final = frozenset({"source", "version", "providers", "count", "for_each", "depends_on"})
"""Keys of a module's block that set no variable."""
_MOST_MODULES: Final = 50
_LOST = "the change takes away what guarded it"
_SET = "set here"
_UNSET = "no longer set here"


class _Looked(NamedTuple):
    view: View
    document: Document
    matches: Sequence[Match]


class TerraformAround:
    """Tells what changed files of Terraform do to the files around them. `blocks` are all that ask for another unit."""

    def __init__(self, folders: Folders, judged: Judged, blocks: Iterable[Block]) -> None:
        self._folders = folders
        self._judged = judged
        self._guards: dict[str, set[str]] = {}
        """By the type of a guard, what it guards."""
        self._guarded: set[str] = set()
        for block in blocks:
            if block.without is None:
                continue
            self._guarded.add(block.rule)
            for target in block.without.on:
                if target.kind.startswith("terraform."):
                    self._guards.setdefault(target.type, set()).update(one.type for one in block.on)

    def matches(self, pair: Pair, budget: Budget) -> Iterator[Match]:
        """Give what the changed file brings about in files that the change leaves alone.

        Raises:
            OutOfTime: the budget is spent.
        """
        file = _Changed.of(pair, budget)
        alone = pair.file.kind is ChangeKind.PRESENT
        if file.path.endswith(VALUES):
            for folder in self._used_by(file):
                yield from self._in_folder(file, folder, budget, alone=alone)
            return
        if not alone:
            for folder in dict.fromkeys(self._folders.neighbours.folder(file.path, side) for side in ("before", "after")):
                yield from self._in_folder(file, folder, budget, alone=False)
        yield from self._called(file, budget)

    def _used_by(self, file: "_Changed") -> list[str]:
        """Give the folder that a file of values is for: its own, or the nearest above it that holds Terraform."""
        at = file.path.rpartition("/")[0]
        for _ in range(_MOST_UP + 1):
            if any(path.endswith(SUFFIXES) for path in self._folders.neighbours.files(at, "after")):
                return [at]
            if not at:
                break
            at = at.rpartition("/")[0]
        return []

    # A folder

    def _in_folder(self, file: "_Changed", folder: str, budget: Budget, *, alone: bool) -> Iterator[Match]:
        named = not is_automatic(file.path) and file.path.endswith(VALUES)
        if alone and not named:
            return
        beside = list(self._folders.files(folder, "after", SUFFIXES, budget, but=file.path))
        reach = self._reach(file.changed, [*(self._folders.definitions(one, budget) for one in beside), *file.sides])
        lost = file.lost(self._guards)
        words = {f'"{word}"' for guard in lost for word in (guard, *self._guards[guard])}

        def only(block: str) -> bool:
            return not reach.isdisjoint(_REFERENCE.findall(block)) or any(word in block for word in words)

        for one in beside:
            budget.check()
            # A file that is changed, too, tells it itself.
            if not only(one.text) or (not named and self._folders.neighbours.is_changed(one.path, MOST_BYTES)):
                continue
            after = self._looked(one, folder, "after", file.given("after", budget) if named else None, budget, only)
            if after is None:
                continue
            known = []
            if not alone:
                known.append(
                    self._looked(one, folder, "before", file.given("before", budget) if named else None, budget, only)
                )
            if named:
                known.append(self._looked(one, folder, "after", None, budget, only))
            yield from self._new(file, after, [part for part in known if part is not None], beside, budget)
            if known[0] is not None and not named:
                yield from self._calls(file, after, known[0], folder, beside, budget)

    def _reach(self, changed: Iterable[Name], definitions: Sequence[Definitions]) -> set[Name]:
        """Give the names that rest on changed ones, and those themselves."""
        reach = set(changed)
        rests = [(name, _names(one.said(name))) for one in definitions for name in one.names()]
        for _ in range(_MOST_ROUNDS if reach else 0):
            more = {name for name, on in rests if name not in reach and not reach.isdisjoint(on)}
            if not more:
                break
            reach |= more
        return reach

    def _looked(
        self,
        one: Beside,
        folder: str,
        side: SideName,
        given: Given | None,
        budget: Budget,
        only: Callable[[str], object] | None = None,
    ) -> _Looked | None:
        """Look at a file as it is in its folder on a side; with `only`, at the blocks of which that holds."""
        read = self._folders.read(one.path, side) if side == "before" else one
        if read is None:
            return None
        view = View(read.path, side, b"", Decoded(read.text, "utf-8", broken=False))
        document = self._lowered(read, folder, side, given, budget, only)
        return _Looked(view, document, list(self._judged(view, document, budget)))

    def _lowered(
        self,
        one: Beside,
        folder: str,
        side: SideName,
        given: Given | None,
        budget: Budget,
        only: Callable[[str], object] | None = None,
    ) -> Document:
        setting = (lambda: given) if given is not None else None
        references = self._folders.references(one.path, side, budget, folder=folder, given=setting)
        try:
            if one.path.endswith(".json"):
                return terraform_json.lower(one.text, budget, references)
            return terraform.lower(one.text, budget, references, source=self._folders.source(one, budget), only=only)
        except NotThis:
            return Document(())

    def _new(
        self, file: "_Changed", after: _Looked, known: Sequence[_Looked], beside: Sequence[Beside], budget: Budget
    ) -> Iterator[Match]:
        """Give what the after side shows and none of the known looks does, where the changed file is its cause."""
        for match in _beyond(after, known):
            names = _names(after.view.text[match.start : match.end])
            way = self._way(names, file, beside, budget)
            if way is not None:
                yield told(file.pair, match, after.view, file.after.span(way) if file.after is not None else None, _SET)
            elif match.rule in self._guarded and file.lost(self._guards):
                # What the change takes away counts as the page says, not as the advice that something could be added.
                bare = told(file.pair, match, after.view, None, _LOST)
                yield _as_the_page_says(bare)

    def _way(self, names: Iterable[Name], file: "_Changed", beside: Sequence[Beside], budget: Budget) -> Name | None:
        """Give the changed name by which one of these names is what it is, the nearest one."""
        seen: set[Name] = set()
        waiting = list(names)
        definitions = [self._folders.definitions(one, budget) for one in beside]
        for _ in range(_MOST_ROUNDS):
            for name in waiting:
                if name in file.changed:
                    return name
            seen.update(waiting)
            waiting = [more for name in waiting for one in (*definitions, *file.sides) for more in _names(one.said(name))]
            waiting = [name for name in dict.fromkeys(waiting) if name not in seen]
        return None

    # Modules

    def _called(self, file: "_Changed", budget: Budget) -> Iterator[Match]:
        """Give what the modules do that the file calls with other arguments than before."""
        after = self._calling(file.pair.after, budget)
        if after is not None:
            before = self._calling(file.pair.before, budget)
            yield from self._calls(file, after, before, after.view.path.rpartition("/")[0], (), budget)

    def _calling(self, view: View | None, budget: Budget) -> _Looked | None:
        """Read a side that calls modules; nothing is asked of it here."""
        if view is None or "module" not in view.text:
            return None
        digest = hashlib.sha256(view.text.encode("utf-8", "surrogatepass")).hexdigest()
        folder = self._folders.neighbours.folder(view.path, view.side)
        one = Beside(view.path, view.text, digest)
        return _Looked(
            view, self._lowered(one, folder, view.side, None, budget, lambda block: block.startswith("module")), ()
        )

    def _calls(
        self, file: "_Changed", after: _Looked, before: _Looked | None, folder: str, beside: Sequence[Beside], budget: Budget
    ) -> Iterator[Match]:
        had = {unit.name: unit for unit in _modules(before)}
        called = _modules(after)
        if len(called) > _MOST_MODULES:
            self._folders.spent.append(f"more than {_MOST_MODULES} modules are called; the first ones were looked at")
        for unit in called[:_MOST_MODULES]:
            old = had.get(unit.name)
            target = _target(folder, unit)
            if target is None or (old is not None and _said(old.body) == _said(unit.body)):
                continue
            for one in self._folders.files(target, "after", SUFFIXES, budget):
                looked = self._looked(one, target, "after", _arguments(unit), budget)
                if looked is None or not looked.matches:
                    continue
                gone = _gone(old, unit)
                # An argument that is gone leaves the module as it is by itself: what that shows is new to this call.
                known = [] if gone else [self._looked(one, target, "after", None, budget)]
                if old is not None and _target(folder, old) == target:
                    known.append(self._looked(one, target, "before", _arguments(old), budget))
                for match in _beyond(looked, [part for part in known if part is not None]):
                    yield from self._by_argument(file, after, unit, looked, match, beside, budget, gone)

    def _by_argument(
        self,
        file: "_Changed",
        after: _Looked,
        unit: Unit,
        looked: _Looked,
        match: Match,
        beside: Sequence[Beside],
        budget: Budget,
        gone: Collection[str],
    ) -> Iterator[Match]:
        """Give a match of a module as one of the changed file, at the argument that brings it, or at the call that no longer
        has it."""
        target = looked.view.path.rpartition("/")[0]
        definitions = [
            self._folders.definitions(one, budget) for one in self._folders.files(target, "after", SUFFIXES, budget)
        ]
        names = _names(looked.view.text[match.start : match.end])
        for _ in range(_MOST_ROUNDS):
            named = next((word for root, word in names if root == "var" and word in unit.body.items), None)
            if named is not None:
                span = (unit.body.key_spans[named][0], unit.body.items[named].span[1])
                if after.view.path == file.path:
                    yield told(file.pair, match, looked.view, span, _SET)
                    return
                way = self._way(_names(after.view.text[span[0] : span[1]]), file, beside, budget)
                if way is not None:
                    yield told(file.pair, match, looked.view, file.after.span(way) if file.after else None, _SET)
                return
            if after.view.path == file.path and any(root == "var" and word in gone for root, word in names):
                yield told(file.pair, match, looked.view, unit.head, _UNSET)
                return
            names = [more for name in names for one in definitions for more in _names(one.said(name)) if more != name]
            if not names:
                return


class _Changed:
    """A changed file: what it says of names on both sides, and which of these differ."""

    def __init__(self, pair: Pair, before: Definitions | None, after: Definitions | None) -> None:
        self.pair = pair
        self.path = pair.file.path
        self.before = before
        self.after = after
        self.sides = tuple(one for one in (after, before) if one is not None)
        names = {name for one in self.sides for name in one.names()}
        self.changed = {
            name
            for name in names
            if before is None or after is None or _folded(before.said(name)) != _folded(after.said(name))
        }

    @classmethod
    def of(cls, pair: Pair, budget: Budget) -> "_Changed":
        """Read both sides."""
        read = [None if view is None else definitions_of(view.path, view.text, budget) for view in (pair.before, pair.after)]
        return cls(pair, *read)

    def given(self, side: SideName, budget: Budget) -> Given | None:
        """Give what the file, one of values, sets on a side."""
        from clearance.scan.infra.lower.hcl.references import References

        one = self.before if side == "before" else self.after
        return None if one is None else one.within(References(), budget).given

    def lost(self, guards: Iterable[str]) -> list[str]:
        """Give the types of guards of which the before side says more, or something else."""
        before, after = ("" if view is None else _folded(view.text) for view in (self.pair.before, self.pair.after))
        if not before or before == after:
            return []
        return [word for word in guards if f'"{word}"' in before]


def _beyond(looked: _Looked, known: Sequence[_Looked]) -> Iterator[Match]:
    """Give the matches that none of the known looks has as often; the text is the same in all."""
    had: Counter[tuple[str, str]] = Counter()
    for one in known:
        had |= Counter((match.rule, match.shape) for match in one.matches)
    for match in looked.matches:
        key = (match.rule, match.shape)
        had[key] -= 1
        if had[key] < 0:
            yield match


def _as_the_page_says(match: Match) -> Match:
    return msgspec.structs.replace(match, severity=None, confidence=None)


def _names(text: str) -> list[Name]:
    return [(found[1], found[2]) for found in _REFERENCE.finditer(text)]


def _folded(text: str) -> str:
    return " ".join(text.split())


def _modules(looked: _Looked | None) -> list[Unit]:
    return [unit for unit in looked.document.units if unit.kind == "terraform.module"] if looked is not None else []


def _arguments(unit: Unit) -> Given:
    return {name: node for name, node in unit.body.items.items() if name not in _OWN_WORDS}


def _gone(old: Unit | None, unit: Unit) -> Collection[str]:
    """Give the arguments that a call had and has no more."""
    return () if old is None else _arguments(old).keys() - _arguments(unit).keys()


def _target(folder: str, unit: Unit) -> str | None:
    """Give the folder of a module that lies in the same tree."""
    source = unit.body.items.get("source")
    if source is None or source.kind is not Kind.SCALAR or not source.text.startswith(("./", "../")):
        return None
    place = normpath(f"{folder}/{source.text}" if folder else source.text)
    return None if place == ".." or place.startswith("../") else "" if place == "." else place


def _said(node: Node) -> str:
    """Give all that a value says, in one text."""
    pieces: list[str] = []
    waiting = [node]
    while waiting and len(pieces) < 20_000:
        one = waiting.pop()
        pieces += one.kind.value, one.text, *one.items
        waiting.extend(one.children())
    return "\0".join(pieces)
