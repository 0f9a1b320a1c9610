"""What the tree under judgement says about itself: its own modules and packages, what it declares, other indexes."""

import re
from collections.abc import Callable, Iterable

from clearance.facts.change import Contents
from clearance.facts.errors import CollectError
from clearance.facts.text import decode
from clearance.scan.family import Budget, OutOfTime
from clearance.scan.packages import npm_manifests, python_manifests
from clearance.scan.packages.json_text import strings
from clearance.scan.packages.mention import Mention, Reader, Registry, Unparsed, fold
from clearance.scan.packages.toml_text import TomlString, walk

_LARGEST = 1 << 20
_MOST = 400
_MODULE_SUFFIXES = (".py", ".pyi", ".pyx", ".pyd", ".so", ".ipynb")
_SCRIPT_SUFFIXES = (
    ".js",
    ".mjs",
    ".cjs",
    ".jsx",
    ".ts",
    ".mts",
    ".cts",
    ".tsx",
    ".json",
    ".vue",
    ".svelte",
    ".css",
    ".scss",
)
_REQUIREMENTS = re.compile(
    r"(?:^|/)(?:[\w.-]*(?:requirements?|constraints?)[\w.-]*\.(?:txt|in|pip)|requirements/[^/]+\.(?:txt|in))$", re.IGNORECASE
)
_CODE_NAME = re.compile(r"""\bname\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_NPMRC_REGISTRY = re.compile(r"(?m)^\s*(@[\w.-]+:)?registry\s*=\s*(\S+)")
_PIP_INDEX = re.compile(
    r"(?m)^\s*(?:extra-)?index-url\s*=|^\s*(?:--(?:extra-)?index-url|-i)[ =]"
    r"|\bPIP_(?:EXTRA_)?INDEX_URL\b|\bUV_(?:DEFAULT_)?INDEX"
)


def is_requirements(path: str) -> bool:
    """Whether a path names a requirements or constraints file of pip."""
    return bool(_REQUIREMENTS.search(path))


class Project:
    """Facts about the whole tree, read once in each process and only when a name is asked for."""

    def __init__(self, contents: Contents) -> None:
        """Read the tree's list of paths and its manifests."""
        self._contents = contents
        self.modules: set[str] = set()
        """Python modules and packages of its own, by their last name."""
        self.folders: set[str] = set()
        """Folders and files that JavaScript may import by a base path."""
        self.own: set[tuple[Registry, str]] = set()
        """Packages that the tree itself is the source of."""
        self.declared: set[tuple[Registry, str]] = set()
        self.aliases: set[str] = set()
        """Prefixes that tsconfig or a bundler maps to folders, without their `*`."""
        self.private: set[Registry] = set()
        """Registries beside or instead of which another index is asked."""
        self.private_scopes: set[str] = set()
        if contents.complete:
            self._walk()

    def _walk(self) -> None:
        paths = self._contents.paths()
        left = _MOST
        for path in paths:
            *folders, name = path.split("/")
            stem, dot, suffix = name.partition(".")
            if f".{suffix.rpartition('.')[2]}" in _MODULE_SUFFIXES and dot:
                self.modules.add(stem)
                self.modules.update(folders)
            elif name.endswith(_SCRIPT_SUFFIXES):
                self.folders.add(stem)
                self.folders.update(folders)
            if left and "node_modules" not in folders and (reader := self._reader(path, name)):
                left -= 1
                text = self._text(path)
                if text:
                    reader(text)

    def _reader(self, path: str, name: str) -> Callable[[str], None] | None:
        if name == "pyproject.toml":
            return self._pyproject
        if name == "package.json":
            return self._package_json
        if name in {".npmrc", ".yarnrc.yml", ".yarnrc"}:
            return self._npmrc
        if name in {"pip.conf", "pip.ini", "uv.toml", "Dockerfile", ".gitlab-ci.yml"}:
            return self._pip_settings
        if name in {"setup.py", "setup.cfg"}:
            return self._setup
        if name == "Pipfile":
            return lambda text: self._declare(python_manifests.pipfile, text)
        if name.startswith(("tsconfig", "jsconfig")) and name.endswith(".json"):
            return self._tsconfig
        if is_requirements(path):
            return self._requirements
        return None

    def _text(self, path: str) -> str:
        try:
            decoded = decode(self._contents.peek(path, _LARGEST))
        except (CollectError, KeyError):
            return ""
        return decoded.text if decoded else ""

    def _declare(self, reader: Reader, text: str) -> None:
        try:
            for found in reader(text, Budget(1.0)):
                if isinstance(found, Mention):
                    name = fold(found.name) if found.registry is Registry.PYPI else found.name.lower()
                    self.declared.add((found.registry, name))
                    if found.private:
                        self.private.add(found.registry)
                else:
                    self.declared |= {(Registry.PYPI, fold(found.name)), (Registry.NPM, found.name.lower())}
        except (Unparsed, OutOfTime):
            # The file's own look tells that it could not be read.
            return

    def _pyproject(self, text: str) -> None:
        self._declare(python_manifests.pyproject, text)
        try:
            events = list(walk(text, Budget(1.0)))
        except OutOfTime:
            return
        for event in events:
            if isinstance(event, TomlString) and event.path in {("project", "name"), ("tool", "poetry", "name")}:
                self.own.add((Registry.PYPI, fold(event.value)))

    def _setup(self, text: str) -> None:
        self._declare(python_manifests.setup_cfg if "[options" in text else python_manifests.setup_py, text)
        names = _CODE_NAME.findall(text) + re.findall(r"(?m)^name\s*=\s*([\w.-]+)", text)
        self.own.update((Registry.PYPI, fold(name)) for name in names)

    def _requirements(self, text: str) -> None:
        self._declare(python_manifests.requirements, text)
        self._pip_settings(text)

    def _pip_settings(self, text: str) -> None:
        if _PIP_INDEX.search(text):
            self.private.add(Registry.PYPI)

    def _npmrc(self, text: str) -> None:
        for found in _NPMRC_REGISTRY.finditer(text):
            if found[1]:
                self.private_scopes.add(found[1][:-1].lower())
            else:
                self.private.add(Registry.NPM)
        if "npmRegistryServer" in text or "npmScopes" in text:
            self.private.add(Registry.NPM)

    def _package_json(self, text: str) -> None:
        self._declare(npm_manifests.package_json, text)
        for one in _strings(text):
            if one[0] == ("name",):
                self.own.add((Registry.NPM, one[1].lower()))
            elif len(one[0]) == 2 and one[0][0] in {
                "dependencies",
                "devDependencies",
                "peerDependencies",
                "imports",
                "alias",
            }:
                self.declared.add((Registry.NPM, str(one[0][1]).lower()))

    def _tsconfig(self, text: str) -> None:
        for path, _ in _strings(text):
            if path[:2] == ("compilerOptions", "paths") and len(path) > 2:
                self.aliases.add(str(path[2]).rstrip("*"))


def _strings(text: str) -> Iterable[tuple[tuple[str | int, ...], str]]:
    try:
        return [(one.path, one.value) for one in strings(text, Budget(1.0))]
    except (Unparsed, OutOfTime):
        return []
