"""The files of the tree that imports mean: found by the paths that each language gives a module, read, and lowered once a
process.

Nothing is imported or run. What a look asked for is recorded, files that are not there too, because a new file changes the
answer.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from clearance.facts.change import Contents, SideName
from clearance.facts.errors import CollectError
from clearance.facts.text import decode
from clearance.scan.code import ir
from clearance.scan.code.flow.frame import Unit
from clearance.scan.code.lower import lower
from clearance.scan.code.source import ENGINE_OF, Source
from clearance.scan.language import language_of

MOST_FILES: Final = 20
"""Files that one look reads beside its own."""
MOST_BYTES: Final = 256 * 1024
"""Size of the largest file that is read for another one."""
_MOST_KEPT: Final = 256
_SCRIPTS: Final = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
_GO_MODULE: Final = re.compile(rb"^module[ \t]+\"?([^\s\"]{1,200})", re.MULTILINE)


class _Lowered:
    """A file as it is looked at: its text, and what it is lowered to once somebody asks."""

    def __init__(self, source: Source, digest: str) -> None:
        self.source = source
        self.digest = digest

    @cached_property
    def module(self) -> ir.Module:
        """The lowered file."""
        return lower(self.source)


class Tree:
    """All files of a change's tree. One for each process; `look` gives what one look at a file may ask."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._kept: OrderedDict[tuple[str, str], _Lowered] = OrderedDict()

    @cached_property
    def paths(self) -> frozenset[str]:
        """The paths of all files."""
        return frozenset(self._contents.paths())

    @cached_property
    def by_name(self) -> dict[str, list[str]]:
        """The paths of Java files and of `go.mod` files, by the name of the file."""
        found: dict[str, list[str]] = {}
        for path in sorted(self.paths):
            name = path.rpartition("/")[2]
            if name.endswith(".java") or name == "go.mod":
                found.setdefault(name, []).append(path)
        return found

    @cached_property
    def java_folders(self) -> dict[str, list[str]]:
        """The Java files of each folder."""
        found: dict[str, list[str]] = {}
        for name, paths in self.by_name.items():
            for path in paths if name != "go.mod" else ():
                found.setdefault(path.rpartition("/")[0], []).append(path)
        return found

    @cached_property
    def go_folders(self) -> dict[str, list[str]]:
        """The Go files of each folder, tests left out."""
        found: dict[str, list[str]] = {}
        for path in sorted(self.paths):
            if path.endswith(".go") and not path.endswith("_test.go"):
                found.setdefault(path.rpartition("/")[0], []).append(path)
        return found

    @cached_property
    def go_modules(self) -> list[tuple[str, str]]:
        """The Go modules of the tree: dotted name and folder, the longest name first."""
        found = []
        for path in self.by_name.get("go.mod", ())[:MOST_FILES]:
            named = _GO_MODULE.search(self.read(path, "after") or b"")
            if named:
                found.append((named[1].decode("utf-8", "replace").replace("/", "."), path.rpartition("/")[0]))
        return sorted(found, key=lambda one: -len(one[0]))

    def look(self, side: SideName = "after") -> "TreeLook":
        """Give what one look at one side of a file may ask."""
        return TreeLook(self, side)

    def read(self, path: str, side: SideName) -> bytes | None:
        """Read a file as it is on one side, or None where there is none, or it is too large."""
        contents = self._contents
        try:
            if side == "before":
                try:
                    data = contents.read(path, "before", MOST_BYTES + 1)
                except KeyError:
                    if self._is_new(path):
                        return None
                    data = contents.peek(path, MOST_BYTES + 1)
            else:
                data = contents.peek(path, MOST_BYTES + 1)
        except (CollectError, KeyError):
            return None
        return data if len(data) <= MOST_BYTES else None

    def _is_new(self, path: str) -> bool:
        try:
            self._contents.read(path, "after", 1)
        except (CollectError, KeyError):
            return False
        return True

    def lowered(self, path: str, data: bytes) -> _Lowered | None:
        """Give a file for its bytes, lowered once while it is kept."""
        digest = hashlib.sha256(data).hexdigest()
        key = (path, digest)
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            return known
        decoded = decode(data)
        language = language_of(path) or ""
        if decoded is None or language not in ENGINE_OF:
            return None
        known = self._kept[key] = _Lowered(Source(decoded.text, language), digest)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return known


class TreeLook:
    """What one look asks (`frame.Files`). `asked` holds the paths that it asked for with the SHA-256 of what was there,
    empty for
    nothing."""

    def __init__(self, tree: Tree, side: SideName) -> None:
        self.asked: dict[str, str] = {}
        self.side = side
        self._tree = tree
        self._units: dict[str, Unit | None] = {}
        self._sources: dict[str, Source] = {}
        self._known: dict[tuple[str, str], tuple[Unit, ...]] = {}
        self._left = MOST_FILES

    def unit(self, importer: Unit, module: str) -> tuple[Unit, ...]:
        """Give the files that make up a module, as the importer names it; none where it is not in the tree. `=Name`: the
        other files
        of the importer's own package that define that name."""
        key = (importer.path, module)
        known = self._known.get(key)
        if known is None:
            self._known[key] = ()  # a file that asks for itself on the way gets nothing
            units = (self._unit(path) for path in self._candidates(importer, module) if path != importer.path)
            known = self._known[key] = tuple(unit for unit in units if unit is not None)
        return known

    def leads(self, importer: Unit) -> frozenset[str] | None:
        """Give the names under which a file imports what lies in the tree; None where any name may be one, because other
        files of its package say what it stands for."""
        folder = importer.path.rpartition("/")[0]
        if importer.language == "go" and len(self._tree.go_folders.get(folder, ())) > 1:
            return None
        if importer.language == "java" and len(self._tree.java_folders.get(folder, ())) > 1:
            return None
        found: set[str] = set()
        known: dict[str, bool] = {}
        for module in importer.stars:
            if self._is_there(importer, module, known):
                return None
        for alias, one in importer.imports.items():
            inner = f"{one.module}{one.name}" if one.module.endswith(".") else f"{one.module}.{one.name}"
            if self._is_there(importer, one.module, known) or (
                one.name not in ("", "default") and self._is_there(importer, inner, known)
            ):
                found.add(alias)
        return frozenset(found)

    def _is_there(self, importer: Unit, module: str, known: dict[str, bool]) -> bool:
        if module not in known:
            known[module] = bool(module) and any(path != importer.path for path in self._candidates(importer, module))
        return known[module]

    def source(self, path: str) -> Source | None:
        """Give the text of a file that was read."""
        return self._sources.get(path)

    # Reading

    def _unit(self, path: str) -> Unit | None:
        if path not in self._units:
            self._units[path] = None
            lowered = self._lowered(path)
            if lowered is not None:
                self._sources[path] = lowered.source
                self._units[path] = Unit(path, lowered.module, lowered.source.data)
        return self._units[path]

    def _lowered(self, path: str) -> _Lowered | None:
        if self._left <= 0:
            return None
        data = self._tree.read(path, self.side)
        if data is None:
            self.asked[path] = ""
            return None
        self._left -= 1
        lowered = self._tree.lowered(path, data)
        self.asked[path] = lowered.digest if lowered is not None else hashlib.sha256(data).hexdigest()
        return lowered

    def _there(self, path: str) -> bool:
        if path in self._tree.paths:
            return True
        self.asked.setdefault(path, "")
        return False

    # Where modules lie

    def _candidates(self, importer: Unit, module: str) -> Iterator[str]:
        match importer.language:
            case "python":
                return self._python(importer.path, module)
            case "javascript":
                return self._javascript(importer.path, module)
            case "java":
                return self._java(importer, module)
            case "go":
                return self._go(importer.path, module)
            case _:
                return iter(())

    def _python(self, importer: str, module: str) -> Iterator[str]:
        if module.startswith("="):
            return
        folder = importer.rpartition("/")[0]
        dots = len(module) - len(module.lstrip("."))
        rest = module[dots:].replace(".", "/")
        if dots:
            base = _up(folder, dots - 1)
            if base is not None:
                yield from self._python_at(_join(base, rest) if rest else base)
            return
        for root in self._python_roots(folder):
            found = list(self._python_at(_join(root, rest)))
            yield from found
            if found:
                return

    def _python_at(self, path: str) -> Iterator[str]:
        for one in (f"{path}.py", f"{path}/__init__.py" if path else "__init__.py"):
            if path and self._there(one):
                yield one
                return

    def _python_roots(self, folder: str) -> Iterator[str]:
        """Give the folders from which absolute imports may start: those around the importer that are no packages, and
        `src`."""
        at: str | None = folder
        while at is not None:
            if f"{at}/__init__.py".lstrip("/") not in self._tree.paths:
                yield at
                yield _join(at, "src")
            at = _up(at, 1) if at else None

    def _javascript(self, importer: str, module: str) -> Iterator[str]:
        dots = len(module) - len(module.lstrip("."))
        if not dots or module.startswith("="):
            return
        rest = module[dots:]
        base = _up(importer.rpartition("/")[0], dots - 1)
        roots = [base] if base is not None else []
        if dots == 1:
            roots += ["", "src"]  # `@/lib/db`, whose sign stands for the root
        for root in roots:
            for spelled in _spellings(rest):
                path = _join(root, spelled)
                found = next((one for one in _scripts(path) if self._there(one)), None)
                if found is not None:
                    yield found
                    return

    def _java(self, importer: Unit, module: str) -> Iterator[str]:
        folder = importer.path.rpartition("/")[0]
        if module.startswith("="):
            path = _join(folder, f"{module[1:]}.java")
            if self._there(path):
                yield path
            return
        tail = module.replace(".", "/") + ".java"
        name = tail.rpartition("/")[2]
        found = [path for path in self._tree.by_name.get(name, ()) if path == tail or path.endswith(f"/{tail}")]
        if not found:
            self.asked.setdefault(tail, "")
        yield from sorted(found, key=lambda path: -_shared(path, importer.path))[:1]

    def _go(self, importer: str, module: str) -> Iterator[str]:
        folder = importer.rpartition("/")[0]
        if module.startswith("="):
            yield from self._go_definers(folder, importer, module[1:])
            return
        for name, root in self._tree.go_modules:
            if module != name and not module.startswith(f"{name}."):
                continue
            rest = module[len(name) + 1 :]
            for place, files in self._tree.go_folders.items():
                inner = place[len(root) + 1 :] if root and place.startswith(f"{root}/") else place if not root else None
                if (inner is not None and inner.replace("/", ".") == rest) or (not rest and place == root):
                    yield from files
                    return
            self.asked.setdefault(_join(root, rest.replace(".", "/")) + "/", "")
            return

    def _go_definers(self, folder: str, importer: str, name: str) -> Iterator[str]:
        """Give the files of a package that define a name."""
        if not name.isidentifier():
            return
        defines = re.compile(
            rb"^(?:func(?:[ \t]*\([^)\n]{0,200}\))?|type|var|const)[ \t]+"
            + name.encode()
            + rb"\b|^[ \t]+"
            + name.encode()
            + rb"\b[^\n(]{0,80}=",
            re.MULTILINE,
        )
        of = re.compile(rb"^func[ \t]*\([^)\n]{0,200}\b" + name.encode() + rb"(?:\[[^\]\n]*\])?\)", re.MULTILINE)
        for path in self._tree.go_folders.get(folder, ())[: 4 * MOST_FILES]:
            if path == importer:
                continue
            data = self._tree.read(path, self.side)
            if data is not None and (defines.search(data) or of.search(data)):
                yield path


def _join(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path


def _up(folder: str, levels: int) -> str | None:
    """Give the folder so many levels up; None above the top."""
    for _ in range(levels):
        if not folder:
            return None
        folder = folder.rpartition("/")[0]
    return folder


def _shared(one: str, other: str) -> int:
    """Tell how many letters two paths begin with alike."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _spellings(rest: str) -> Iterator[str]:
    """Give the paths that a dotted name may stand for: a dot was a slash, or belongs to the name of the file."""
    parts = rest.split(".") if rest else []
    yield "/".join(parts)
    for dots in range(1, min(3, len(parts) - 1) + 1):
        cut = len(parts) - dots - 1
        yield "/".join((*parts[:cut], ".".join(parts[cut:])))


def _scripts(path: str) -> Iterator[str]:
    stem, dot, suffix = path.rpartition(".")
    if dot and f".{suffix}" in _SCRIPTS:
        yield path
        for one in _SCRIPTS:  # `./db.js` is what TypeScript calls `db.ts`
            yield stem + one
    for one in _SCRIPTS:
        yield path + one
    for one in _SCRIPTS:
        yield _join(path, f"index{one}")
