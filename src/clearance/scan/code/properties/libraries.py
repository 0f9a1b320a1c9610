"""Where shapes of modules come from: an index of the standard library, and packages that are installed.

Installed packages are read as text below the folders that are given (`site-packages` of the project's environment);
nothing of them is imported.
"""

import os
import stat
import zlib
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import msgspec

from clearance.scan.code.properties.stubs import Shape, Thing, read_package

_DATA = Path(__file__).parent / "data"
_LARGEST = 1 << 20
_MOST_FILES = 60
"""So many files of installed packages are read for one file that is looked at."""
_DEPTH = 8
_OF_METACLASSES = frozenset({"register", "mro"})
UNKNOWN: Final = object()
"""Nobody can tell whether there is such a name."""


@cache
def _python() -> dict[str, msgspec.Raw]:
    return msgspec.msgpack.decode(zlib.decompress((_DATA / "python.bin").read_bytes()), type=dict[str, msgspec.Raw])


@cache
def _packages() -> frozenset[str]:
    """Give the modules of Python itself that hold others."""
    parts = (name.split(".") for name in _python())
    return frozenset(".".join(some[:count]) for some in parts for count in range(1, len(some)))


@cache
def node_modules() -> dict[str, frozenset[str]]:
    """Give the modules that Node brings, with what each exports."""
    data = msgspec.json.decode(
        msgspec.json.encode(msgspec.msgpack.decode(zlib.decompress((_DATA / "node.bin").read_bytes())))
    )
    return {name: frozenset(names) for name, names in data["modules"].items()}


@lru_cache(maxsize=512)
def _standard(module: str) -> Shape | None:
    raw = _python().get(module)
    return msgspec.msgpack.decode(raw, type=Shape) if raw is not None else None


class Libraries:
    """Answers what modules hold. `folders` are those of installed packages; they may be missing."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._folders = tuple(folders)
        self._shapes: dict[str, Shape | None] = {}
        self._places: dict[str, Path | None] = {}
        self._compiled: dict[Path, dict[str, Path]] = {}
        self._left = _MOST_FILES
        self._check: Callable[[], None] = _no_limit

    def begin(self, check: Callable[[], None] | None = None) -> None:
        """Look at another file: the number of files that may be read for it starts anew. `check` is asked before each."""
        self._left = _MOST_FILES
        self._check = check or _no_limit

    def shape(self, module: str) -> Shape | None:
        """Give a module's shape; None where nobody knows it."""
        standard = _standard(module)
        if standard is not None or module.partition(".")[0] in _python():
            return standard
        if module not in self._shapes:
            if not self._folders or self._left <= 0:
                return None
            self._left -= 1
            self._check()
            self._shapes[module] = self._read(module)
        return self._shapes[module]

    def is_module(self, module: str) -> bool | None:
        """Tell whether there is such a module; None where nobody can tell."""
        top = module.partition(".")[0]
        if top in _python():
            return module in _python()
        if self._find(top) is None:
            return None
        return self._find(module) is not None or self._folder(module) is not None

    def find(self, module: str, name: str, depth: int = 0) -> Thing | object | None:
        """Give a name of a module; None where it certainly is not there, UNKNOWN where nobody can tell."""
        shape = self.shape(module)
        if shape is None or depth > _DEPTH:
            return UNKNOWN
        found = shape.names.get(name)
        if found is not None:
            return self._followed(module, found, depth)
        if self.is_module(f"{module}.{name}"):
            return Thing("i", origin=(f"{module}.{name}", ""))
        if shape.open:
            return UNKNOWN
        for star in shape.stars:
            inner = self.find(_absolute(star, module, package=self._is_package(module)), name, depth + 1)
            if inner is not None:
                return inner
        return None

    def _followed(self, module: str, thing: Thing, depth: int) -> Thing | object | None:
        if thing.kind != "i" or not thing.origin[1]:
            return thing
        origin = _absolute(thing.origin[0], module, package=self._is_package(module))
        found = self.find(origin, thing.origin[1], depth + 1)
        return UNKNOWN if found is None else found  # it is imported: that it is there is sure

    def member(self, module: str, owner: Thing, name: str, depth: int = 0) -> Thing | object | None:
        """Give a member of a class with those of its bases; as `find`."""
        found = owner.members.get(name)
        if found is not None:
            return found
        if owner.open or depth > _DEPTH:
            return UNKNOWN
        for base in owner.bases:
            if base in ("object", "Generic", "Protocol"):
                continue
            head, dot, tail = base.partition(".")
            above = self.find(module, head)
            if dot and isinstance(above, Thing) and above.kind == "i":
                above = self.find(_absolute(above.origin[0], module, package=False), tail)
            if not isinstance(above, Thing) or above.kind != "c":
                builtin = self.find("builtins", base)
                above = builtin if isinstance(builtin, Thing) and builtin.kind == "c" else None
            if above is None:
                return UNKNOWN
            inner = self.member(module, above, name, depth + 1)
            if inner is not None:
                return inner
        return UNKNOWN if name.startswith("__") or name in _OF_METACLASSES else None

    def _is_package(self, module: str) -> bool:
        if module.partition(".")[0] in _python():
            return module in _packages()
        found = self._find(module)
        return found is not None and found.stem == "__init__"

    def _read(self, module: str) -> Shape | None:
        path = self._find(module)
        if path is None or path.suffix not in (".py", ".pyi"):
            return None
        try:
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
                    return None
                data = file.read(_LARGEST)
        except OSError:
            return None
        return read_package(data.decode("utf-8", "replace"))

    def _folder(self, module: str) -> Path | None:
        pieces = module.split(".")
        return next((place for folder in self._folders if _is(place := folder.joinpath(*pieces), Path.is_dir)), None)

    def _find(self, module: str) -> Path | None:
        """Give the file of a module: its stub before its source; one that is compiled is given, too."""
        if module not in self._places:
            self._places[module] = self._looked_up(module)
        return self._places[module]

    def _looked_up(self, module: str) -> Path | None:
        pieces = module.split(".")
        if not all(piece.isidentifier() for piece in pieces):
            return None
        for folder in self._folders:
            stub = folder.joinpath(f"{pieces[0]}-stubs", *pieces[1:])
            plain = folder.joinpath(*pieces)
            for place in (stub, plain):
                for candidate in (place / "__init__.pyi", place / "__init__.py"):
                    if _is(candidate, Path.is_file):
                        return candidate
                for suffix in (".pyi", ".py"):
                    candidate = place.with_name(place.name + suffix)
                    if _is(candidate, Path.is_file):
                        return candidate
            compiled = self._compiled_in(plain.parent).get(pieces[-1])
            if compiled is not None:
                return compiled
        return None

    def _compiled_in(self, folder: Path) -> dict[str, Path]:
        """Give the compiled modules of a folder, listed once."""
        if folder not in self._compiled:
            try:
                names = os.listdir(folder)  # noqa: PTH208 -- a folder may hold a hundred thousand
            except OSError:
                names = []
            found = {name.partition(".")[0]: folder / name for name in sorted(names) if name.endswith(".so")}
            self._compiled[folder] = found
        return self._compiled[folder]


def _is(place: Path, kind: Callable[[Path], bool]) -> bool:
    """Tell whether a path is something of a kind; one that is too long, or that nobody lets us see, is not."""
    try:
        return kind(place)
    except OSError:
        return False


def _no_limit() -> None:
    pass


def _absolute(module: str, within: str, *, package: bool) -> str:
    """Turn a relative module into an absolute one."""
    dots = len(module) - len(module.lstrip("."))
    if not dots:
        return module
    pieces = within.split(".")
    kept = pieces[: len(pieces) - dots + (1 if package else 0)]
    return ".".join([*kept, *([module[dots:]] if module[dots:] else [])])
