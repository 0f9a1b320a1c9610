"""What the tree under judgement says about itself: its own modules and packages, what it declares and locks, other indexes.

Everything is read when it is first asked for, each kind for itself, within bounds on files, bytes and time; what was cut is
told.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from clearance.facts.change import Contents
from clearance.facts.errors import CollectError
from clearance.facts.text import Decoded, decode
from clearance.scan.family import Budget, OutOfTime, View
from clearance.scan.packages.mention import (
    Computed,
    ExtraIndex,
    Mention,
    Registry,
    Remote,
    Source,
    Unparsed,
    canonical,
    fold,
)
from clearance.scan.packages.readers import is_requirements, readers_for

__all__ = ["Project", "is_requirements"]

_LARGEST = 1 << 20
_LARGEST_LOCK = 8 << 20
_MOST_FILES = 400
_MOST_BYTES = 24 << 20
_SECONDS = 4.0
_MODULE_SUFFIXES = frozenset({"py", "pyi", "pyx", "pyd", "so", "ipynb"})
_SCRIPT_SUFFIXES = frozenset(
    {"js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "json", "vue", "svelte", "astro", "css", "scss", "less"}
)
_PYTHON_FILES = {"pyproject.toml", "setup.py", "setup.cfg", "pipfile"}
_ENVIRONMENT = re.compile(r"(?:conda|environment|env)[\w.-]*\.ya?ml")
_LOCKS = {
    Registry.PYPI: {"pipfile.lock", "poetry.lock", "uv.lock", "pdm.lock"},
    Registry.NPM: {"package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"},
}
_PYLOCK = re.compile(r"pylock(?:\.[^.]+)?\.toml")
_INDEX_FILES = {
    "pip.conf": Registry.PYPI, "pip.ini": Registry.PYPI, "uv.toml": Registry.PYPI, "dockerfile": Registry.PYPI,
    ".gitlab-ci.yml": Registry.PYPI, ".npmrc": Registry.NPM, ".yarnrc": Registry.NPM, ".yarnrc.yml": Registry.NPM,
}  # fmt: skip
_CODE_NAME = re.compile(r"""\bname\s*=\s*["']([A-Za-z0-9._-]{1,200})["']|^name\s*=\s*([\w.-]{1,200})""", re.MULTILINE)
_NPMRC_REGISTRY = re.compile(r"(?m)^\s*(@[\w.-]+:)?registry\s*=\s*(\S+)")
_PIP_INDEX = re.compile(
    r"(?m)^\s*(?:extra-)?index-url\s*=|^\s*(?:--(?:extra-)?index-url|-i)[ =]"
    r"|\bPIP_(?:EXTRA_)?INDEX_URL\b|\bUV_(?:DEFAULT_)?INDEX"
)
_PIP_VARIABLE = re.compile(r"\bPIP_(?:EXTRA_)?INDEX_URL\b|\bUV_(?:DEFAULT_)?INDEX")
_SCRIPTS = frozenset({"dockerfile", ".gitlab-ci.yml"})
"""Files in which an option is for the one command that it stands at; a variable is for all."""
_BUNDLER = re.compile(
    r"(?:vite|vitest|webpack|rollup|babel|metro|craco|next|nuxt|svelte|astro|rspack|rsbuild|jest)[\w.-]*\.(?:[cm]?[jt]s|json)|\.babelrc"
)
_ALIAS_AREA = re.compile(r"\b(?:alias|moduleNameMapper)\b")
_ALIAS_KEY = re.compile(r"""(?:["']([^"'\n]{1,80})["']|([\w$]{1,80}))\s*:|\bfind\s*:\s*["']([^"'\n]{1,80})["']""")
_ALIAS_REACH = 2_000
_AMBIENT = re.compile(r"""\bdeclare\s+module\s+["']([^"'\n]{1,200})["']""")
_MOST_AMBIENT = 60
_DEPENDENCIES = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies", "imports", "alias")

_ASKED_OF = {Registry.PYPI: (Registry.PYPI, Registry.CONDA), Registry.NPM: (Registry.NPM,)}
"""Whose packages bring modules of a language: most of conda's have the names of PyPI's."""

_SAMPLE = re.compile(
    r"(?:^|/)(?:__)?(?:tests?|testing|testdata|test[-_]data|fixtures?|samples?|examples?|mocks?)(?:__)?/", re.IGNORECASE
)
"""Folders of what is for trying out: nothing in them says anything of the tree itself."""

Name = tuple[Registry, str]


class Project:
    """Facts about the whole tree. Empty where only pieces of it are known."""

    def __init__(self, contents: Contents) -> None:
        """Read nothing yet."""
        self._contents = contents
        self._budget: Budget | None = None
        self._elsewhere: set[tuple[Registry, str]] = set()
        """Registries of which a manifest asks another index, and the manifest's folder."""
        self._own_below: dict[Name, set[str]] = defaultdict(set)
        """Below which folder each package of its own counts as that: all, or that of samples."""
        self._files = self._bytes = 0
        self.cut = ""
        """What was not read because the tree is too large, for people; empty where all was."""

    @cached_property
    def _paths(self) -> list[tuple[str, str]]:
        """Each path with its last part in lower case, those near the root first: if something is cut, then far below."""
        paths = self._contents.paths() if self._contents.complete else ()
        named = [(path, path.rpartition("/")[2].lower()) for path in paths if "node_modules/" not in path]
        return sorted(named, key=lambda one: (one[0].count("/"), one[0]))

    @cached_property
    def _stems(self) -> tuple[set[str], set[str], int]:
        modules: set[str] = set()
        scripts: set[str] = set()
        folders: tuple[set[str], set[str]] = (set(), set())
        many = 0
        for path, _ in self._paths:
            folder, _, name = path.rpartition("/")
            stem, dot, rest = name.partition(".")
            suffix = rest.rpartition(".")[2]
            if dot and suffix in _MODULE_SUFFIXES:
                many += 1
                modules.add(stem)
                folders[0].add(folder)
            elif dot and suffix in _SCRIPT_SUFFIXES:
                many += suffix not in {"json", "css", "scss", "less"}
                scripts.add(stem)
                scripts.add(name.rpartition(".")[0])
                folders[1].add(folder)
        for kept, above in ((modules, folders[0]), (scripts, folders[1])):
            for folder in above:
                kept.update(folder.split("/"))
            kept.discard("")
        return modules, scripts, many

    @property
    def modules(self) -> set[str]:
        """Python modules and packages of its own, by their last name."""
        return self._stems[0]

    @property
    def folders(self) -> set[str]:
        """Folders and files that JavaScript may import by a base path."""
        return self._stems[1]

    @property
    def is_snippet(self) -> bool:
        """Whether this is no project but a few files: nothing says what they need, and what they import is elsewhere."""
        return self._stems[2] <= _FEW and not any(base in _PYTHON_FILES or base == "package.json" for _, base in self._paths)

    def is_own(self, registry: Registry, name: str, path: str = "") -> bool:
        """Whether the tree itself is the source of a package; the name in its canonical form. What a sample calls itself
        counts only for files (`path`) of the samples there, where a path is given."""
        if name not in self._manifests(registry)[0]:
            return False
        return not path or any(path.startswith(root) for root in self._own_below[registry, name])

    def is_declared(self, registry: Registry, name: str) -> bool:
        """Whether a manifest of the tree asks for a package; the name in its canonical form."""
        return name in self._manifests(registry)[1]

    def declares(self, registry: Registry) -> bool:
        """Whether any manifest of the tree asks for anything of a registry."""
        return bool(self._manifests(registry)[1])

    def declared_names(self, registry: Registry) -> set[str]:
        """The canonical names that manifests of the tree ask a registry for."""
        return self._manifests(registry)[1]

    @property
    def own(self) -> set[Name]:
        """Packages that the tree itself is the source of."""
        return {(registry, name) for registry in _LOCKS for name in self._manifests(registry)[0]}

    @property
    def declared(self) -> set[Name]:
        """Packages that manifests of the tree ask for."""
        return {(registry, name) for registry in _LOCKS for name in self._manifests(registry)[1]}

    def _manifests(self, registry: Registry) -> tuple[set[str], set[str]]:
        if registry is Registry.PYPI:
            return self._python
        return self._npm if registry is Registry.NPM else (set(), set())

    @cached_property
    def _python(self) -> tuple[set[str], set[str]]:
        own: set[str] = set()
        declared: set[str] = set()
        for path, base in self._paths:
            if base in _PYTHON_FILES or is_requirements(path) or _ENVIRONMENT.fullmatch(base):
                text = self._text(path, _LARGEST)
                declared.update(self._named(path, text, Registry.PYPI))
                for name in _python_names(base, text):
                    own.add(name)
                    self._own_below[Registry.PYPI, name].add(_sample(path))
                if _PIP_INDEX.search(text):
                    self._elsewhere.add((Registry.PYPI, _folder(path)))
        return own, declared

    @cached_property
    def _npm(self) -> tuple[set[str], set[str]]:
        own: set[str] = set()
        declared: set[str] = set()
        for path, data in self._packages:
            if isinstance(data.get("name"), str):
                own.add(data["name"].lower())
                self._own_below[Registry.NPM, data["name"].lower()].add(_sample(path))
            for key in _DEPENDENCIES:
                if isinstance(data.get(key), dict):
                    declared.update(str(name).lower() for name in data[key])
        return own, declared

    @cached_property
    def _packages(self) -> list[tuple[str, dict[str, Any]]]:
        from clearance.scan.packages.readers.json_text import load

        read = []
        for path, base in self._paths:
            if base == "package.json":
                try:
                    read.append((path, load(self._text(path, _LARGEST))))
                except Unparsed:
                    continue  # the file's own look tells
        return read

    @cached_property
    def binaries(self) -> set[str]:
        """The commands that the tree's own npm packages bring."""
        found: set[str] = set()
        for _, data in self._packages:
            brings = data.get("bin")
            if isinstance(brings, dict):
                found.update(str(name).lower() for name in brings)
            elif isinstance(brings, str) and isinstance(data.get("name"), str):
                found.add(data["name"].rpartition("/")[2].lower())
        return found

    def locked(self, registry: Registry) -> set[str]:
        """The canonical names that lock files of the tree hold for a registry."""
        return self._locked_python if registry is Registry.PYPI else self._locked_npm

    @cached_property
    def _locked_python(self) -> set[str]:
        return self._locks(Registry.PYPI)

    @cached_property
    def _locked_npm(self) -> set[str]:
        return self._locks(Registry.NPM)

    def _locks(self, registry: Registry) -> set[str]:
        names: set[str] = set()
        for path, base in self._paths:
            if base in _LOCKS[registry] or (registry is Registry.PYPI and _PYLOCK.fullmatch(base)):
                names.update(self._named(path, self._text(path, _LARGEST_LOCK), registry))
        return names

    @cached_property
    def aliases(self) -> set[str]:
        """Prefixes that tsconfig or a bundler maps to folders, without their `*`."""
        aliases: set[str] = set()
        for path, base in self._paths:
            if base.startswith(("tsconfig", "jsconfig")) and base.endswith(".json"):
                aliases.update(_tsconfig(self._text(path, _LARGEST)))
            elif _BUNDLER.fullmatch(base):
                aliases.update(_bundled(self._text(path, _LARGEST)))
        for _, data in self._packages:
            for tool in ("jest", "babel", "_moduleAliases"):
                if isinstance(data.get(tool), dict):
                    aliases.update(
                        _keys(data[tool], "moduleNameMapper", "alias") if tool != "_moduleAliases" else data[tool]
                    )
        return {alias.strip("^$").split("(")[0].rstrip("*") for alias in aliases} - {""}

    @cached_property
    def ambient(self) -> set[str]:
        """Modules that the tree's own declaration files say are there (`declare module "x"`), `*` at an end as written."""
        found: set[str] = set()
        for path, base in self._paths:
            if base.endswith(".d.ts") and self._files < _MOST_FILES + _MOST_AMBIENT:
                found.update(_AMBIENT.findall(self._text(path, _LARGEST)))
        return found

    @cached_property
    def _settings(self) -> tuple[set[tuple[Registry, str]], set[str]]:
        private: set[tuple[Registry, str]] = set()
        scopes: set[str] = set()
        for path, base in self._paths:
            # A sample's settings are for the sample; those of the tree may lie in any folder (`docker/pip.conf`).
            folder = _folder(path) if _SAMPLE.search(path) else ""
            if _INDEX_FILES.get(base) is Registry.NPM:
                text = self._text(path, _LARGEST)
                for found in _NPMRC_REGISTRY.finditer(text):
                    if found[1] and not folder:
                        scopes.add(found[1][:-1].lower())
                    elif not found[1]:
                        private.add((Registry.NPM, folder))
                if "npmRegistryServer" in text or "npmScopes" in text:
                    private.add((Registry.NPM, folder))
            elif base in _INDEX_FILES and _index_pattern(base).search(self._text(path, _LARGEST)):
                private.add((Registry.PYPI, folder))
        if self._python:
            private |= self._elsewhere
        return private, scopes

    def is_private(self, registry: Registry, path: str) -> bool:
        """Whether another index is asked beside or instead of a registry for what a file names: settings say so, or a
        manifest in its folder or one above. What a manifest elsewhere says is for its own project."""
        return any(one is registry and (not at or path.startswith(f"{at}/")) for one, at in self._settings[0])

    @property
    def private(self) -> set[Registry]:
        """Registries beside or instead of which another index is asked anywhere in the tree."""
        return {registry for registry, _ in self._settings[0]}

    @property
    def private_scopes(self) -> set[str]:
        """Scopes of npm that another registry serves."""
        return self._settings[1]

    def _named(self, path: str, text: str, registry: Registry) -> set[str]:
        """The names that a file's readers give for a registry, those from addresses among them."""
        names: set[str] = set()
        if not text:
            return names
        view = View(path, "after", b"", Decoded(text, "utf-8", broken=False))
        try:
            for reader in readers_for(view):
                for found in reader(text, self._clock()):
                    if _holds_for_all(found):
                        self._elsewhere.add((found.registry, _folder(path)))
                    if not isinstance(found, ExtraIndex | Computed) and found.name and found.registry in _ASKED_OF[registry]:
                        names.add(canonical(registry, found.name))
        except Unparsed:
            return names  # the file's own look tells
        except OutOfTime:
            self.cut = self.cut or "the manifests of the tree took too long to read"
        return names

    def _clock(self) -> Budget:
        if self._budget is None:
            self._budget = Budget(_SECONDS)
        return self._budget

    def _text(self, path: str, largest: int) -> str:
        if self._files >= _MOST_FILES or self._bytes >= _MOST_BYTES:
            self.cut = self.cut or f"only the first {self._files} manifests of the tree were read"
            return ""
        self._files += 1
        try:
            data = self._contents.peek(path, largest + 1)
        except (CollectError, KeyError):
            return ""
        self._bytes += len(data)
        if len(data) > largest:
            self.cut = self.cut or f"a manifest or lock file of more than {largest >> 20} MiB was not read"
            return ""
        decoded = decode(data)
        return decoded.text if decoded else ""


_FEW = 3
"""Files of source up to which a tree without a manifest is a snippet."""


def _sample(path: str) -> str:
    """Give the folder of samples in which a file lies, with its slash; empty where it lies in none."""
    found = _SAMPLE.search(path)
    return path[: found.end()] if found else ""


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _python_names(base: str, text: str) -> Iterator[str]:
    """What a Python manifest says that it builds."""
    if base == "pyproject.toml":
        from clearance.scan.packages.readers.toml_text import TomlString, walk

        try:
            for event in walk(text, Budget(1.0)):
                if isinstance(event, TomlString) and event.path in {("project", "name"), ("tool", "poetry", "name")}:
                    yield fold(event.value)
        except OutOfTime:
            return
    elif base in {"setup.py", "setup.cfg"}:
        for found in _CODE_NAME.finditer(text):
            yield fold(found[1] or found[2])


def _tsconfig(text: str) -> Iterator[str]:
    from clearance.scan.packages.readers.json_text import strings

    try:
        for one in strings(text, Budget(1.0)):
            if one.path[:2] == ("compilerOptions", "paths") and len(one.path) > 2:
                yield str(one.path[2])
    except (Unparsed, OutOfTime):
        return


def _bundled(text: str) -> Iterator[str]:
    """What stands as a key near the word `alias` of a bundler's configuration: too much rather than too little."""
    for number, area in enumerate(_ALIAS_AREA.finditer(text)):
        if number >= 8:
            return
        for found in _ALIAS_KEY.finditer(text, area.end(), area.end() + _ALIAS_REACH):
            yield found[1] or found[2] or found[3]


def _keys(data: dict[str, Any], *names: str) -> Iterable[str]:
    return [str(key) for name in names if isinstance(data.get(name), dict) for key in data[name]]


def _index_pattern(base: str) -> re.Pattern[str]:
    return _PIP_VARIABLE if base.lower() in _SCRIPTS else _PIP_INDEX


def _holds_for_all(found: Mention | Remote | ExtraIndex | Computed) -> bool:
    """Whether a file names another index for whatever it installs; what one command names is for that command."""
    if isinstance(found, ExtraIndex):
        return not found.once
    return isinstance(found, Mention) and found.private and found.source is not Source.COMMAND
