"""Reads what Python projects declare: pyproject.toml and Pipfile (others have files of their own)."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Computed, Details, ExtraIndex, Mention, Registry, Remote, Source, Unparsed, fold
from clearance.scan.packages.readers import is_requirements
from clearance.scan.packages.readers.json_text import line_of
from clearance.scan.packages.readers.python_indexes import pipfile_indexes, pyproject_indexes, rows, table
from clearance.scan.packages.readers.python_requirements import requirements
from clearance.scan.packages.readers.python_setup import setup_cfg, setup_py
from clearance.scan.packages.readers.requirement import (
    index_is_public,
    poetry_version,
    python_name,
    python_remote,
    requirement_value,
)
from clearance.scan.packages.readers.toml_text import TomlKey, TomlString, parse, walk

__all__ = ["pipfile", "pyproject", "requirements", "setup_cfg", "setup_py"]

Event = TomlString | TomlKey
_LISTS: dict[tuple[str, ...], str | None] = {
    ("project", "dependencies"): "",
    ("project", "optional-dependencies"): None,
    ("dependency-groups",): None,
    ("build-system", "requires"): "build",
    ("tool", "uv", "dev-dependencies"): "dev",
    ("tool", "uv", "constraint-dependencies"): "constraint",
    ("tool", "uv", "build-constraint-dependencies"): "constraint",
    ("tool", "uv", "override-dependencies"): "override",
    ("tool", "rye", "dev-dependencies"): "dev",
    ("tool", "pdm", "dev-dependencies"): None,
    ("tool", "flit", "metadata", "requires"): "",
    ("tool", "flit", "metadata", "dev-requires"): "dev",
    ("tool", "flit", "metadata", "requires-extra"): None,
}
"""Lists of requirements, and their group; None where the key below names the group."""
_MARKS = {"include-group", "path"}
_HATCH_LISTS = {"dependencies", "extra-dependencies"}
_UV_SOURCES = ("tool", "uv", "sources")
_OWN_NAMES = {("project", "name"), ("tool", "poetry", "name")}
_REPOSITORIES = ("git", "hg", "svn", "bzr")
_ELSEWHERE = frozenset({*_REPOSITORIES, "url", "file", "path", "workspace"})
_REVISIONS = ("rev", "ref", "tag", "branch")
_HOSTED = re.compile(r"[a-z+]+://|git@")
_NOT_PACKAGES = frozenset({"source", "requires", "scripts", "pipenv", "pipfile"})


def pyproject(text: str, budget: Budget) -> Iterator[Mention | Remote | ExtraIndex | Computed]:
    """Read pyproject.toml: PEP 621, groups (PEP 735), the build system, Poetry, uv, PDM, Hatch, Flit, and indexes.

    Raises:
        Unparsed: it is no TOML; what could be read has been given.
    """
    events = list(walk(text, budget))
    data, problem = parse(text, "pyproject.toml")
    yield from pyproject_indexes(data, events)
    private = _private(data, ("uv", "index"), ("poetry", "source"), ("pdm", "source"))
    own = {fold(event.value) for event in events if isinstance(event, TomlString) and event.path in _OWN_NAMES}
    sources = list(_keyed(events, _uv_source))
    # What uv takes from elsewhere is not asked from the registry.
    own |= {fold(one.name) for one in sources if one.keys & _ELSEWHERE}
    from_index = {fold(one.name) for one in sources if "index" in one.keys}
    for event in events:
        group = _group(event.path) if isinstance(event, TomlString) else None
        if group is None or not isinstance(event, TomlString):
            continue
        found = requirement_value(text, event.value, event.span, Source.MANIFEST, group=group)
        if isinstance(found, Mention) and fold(found.name) not in own:
            yield found._replace(private=private or fold(found.name) in from_index)
        elif isinstance(found, Remote):
            yield found
        elif found is None and not problem and event.value.strip() and "@" not in event.value:
            problem = f"line {line_of(text, event.span[0])}: no requirement of a package (PEP 508)"
    for one in _keyed(events, _poetry):
        if fold(one.name) not in own:
            yield from one.read(private=private)
    for one in sources:
        yield from (found for found in one.read(private=private) if isinstance(found, Remote))
    yield from _files(events)
    if problem:
        raise Unparsed(problem)


def _files(events: Sequence[TomlString | TomlKey]) -> Iterator[Computed]:
    """Tell the files from which setuptools takes requirements, unless they are read by their own names."""
    dynamic = ("tool", "setuptools", "dynamic")
    for event in events:
        wanted = event.path[:3] == dynamic and event.path[3:4] in {("dependencies",), ("optional-dependencies",)}
        if wanted and isinstance(event, TomlString) and event.path[-1] == "file" and not is_requirements(event.value):
            yield Computed(Registry.PYPI, f"those of {event.value}", *event.span)


def _private(data: dict[str, Any], *keys: tuple[str, str]) -> bool:
    """Whether any of these lists names an index that is not PyPI."""
    given = [one.get("url") for tool, key in keys for one in rows(table(data, "tool", tool), key)]
    uv = table(data, "tool", "uv")
    more = uv.get("extra-index-url")
    given += [uv.get("index-url"), *(more if isinstance(more, list) else [])]
    return any(isinstance(address, str) and not index_is_public(address) for address in given)


def _group(path: tuple[str, ...]) -> str | None:
    """Give the group of a list of requirements, empty for the package's own; None for what is no such list."""
    if not path or path[-1] in _MARKS:
        return None
    if path[:3] == ("tool", "hatch", "envs"):
        return path[3] if path[-1] in _HATCH_LISTS and len(path) > 4 else None
    if path[:3] == ("tool", "hatch", "build"):
        return "build" if path[-1] == "dependencies" else None
    for size in (2, 1, 3, 4):
        if path[:size] in _LISTS:
            group = _LISTS[path[:size]]
            if group is not None:
                return group
            return path[size] if len(path) > size else None
    return None


def pipfile(text: str, budget: Budget) -> Iterator[Mention | Remote | ExtraIndex]:
    """Read a Pipfile: packages of all categories, and the sources.

    Raises:
        Unparsed: it is no TOML; what could be read has been given.
    """
    events = list(walk(text, budget))
    data, problem = parse(text, "Pipfile")
    yield from pipfile_indexes(data, events)
    private = any(not index_is_public(str(one.get("url"))) for one in rows(data, "source"))
    for one in _keyed(events, _pipfile):
        yield from one.read(private=private)
    if problem:
        raise Unparsed(problem)


def _poetry(path: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Give the group and what follows a table whose keys are packages: name and attributes; empty for other paths."""
    match path:
        case ("tool", "poetry", "dependencies", *rest):
            return "", tuple(rest)
        case ("tool", "poetry", "dev-dependencies", *rest):
            return "dev", tuple(rest)
        case ("tool", "poetry", "group", group, "dependencies", *rest):
            return group, tuple(rest)
        case ("tool", "poetry", "requires-plugins", *rest):
            return "plugin", tuple(rest)
        case ("tool", "pixi", "pypi-dependencies", *rest):
            return "", tuple(rest)
        case ("tool", "pixi", "feature", group, "pypi-dependencies", *rest):
            return group, tuple(rest)
        case _:
            return "", ()


def _pipfile(path: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    if path[0] in _NOT_PACKAGES:
        return "", ()
    return {"packages": "", "dev-packages": "dev"}.get(path[0], path[0]), path[1:]


def _uv_source(path: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    return "", path[3:] if path[:3] == _UV_SOURCES else ()


class _Wanted:
    """A dependency that is written as a key: where its name stands, and its attributes, once for each of its constraints."""

    def __init__(self, name: str, group: str, span: Span) -> None:
        self.name = name
        self.group = group
        self.span = span
        self.keys: set[str] = set()
        self.constraints: list[dict[str, TomlString]] = [{}]

    def add(self, key: str, event: TomlString) -> None:
        """Take an attribute (`version` for a plain string).

        One that is there already, or does not go with what is there, begins the next constraint.
        """
        last = self.constraints[-1]
        other = last.keys() & _ELSEWHERE if key == "version" else {"version"} & last.keys() if key in _ELSEWHERE else None
        if key in last or other:
            self.constraints.append({})
        self.constraints[-1][key] = event

    def read(self, *, private: bool) -> Iterator[Mention | Remote]:
        """Give one mention or address for each constraint."""
        for attributes in self.constraints:
            address = next((attributes[word] for word in (*_REPOSITORIES, "url", "file") if word in attributes), None)
            if address:
                revision = next((attributes[word].value for word in _REVISIONS if word in attributes), "")
                if _HOSTED.match(address.value):
                    repository = any(word in attributes for word in _REPOSITORIES)
                    found = python_remote(
                        self.name,
                        address.value,
                        address.span,
                        revision=revision or ("HEAD" if repository else ""),
                        group=self.group,
                    )
                    if found:
                        yield found
            elif not self.keys & {"path", "workspace"} and python_name(self.name):
                yield self._mention(attributes, private=private)

    def _mention(self, attributes: dict[str, TomlString], *, private: bool) -> Mention:
        given = attributes.get("version")
        version, wanted = poetry_version(given.value) if given else ("", "")
        place = given.span if given and wanted else (0, 0)
        if version and given:
            start = given.span[0] + given.value.rfind(version)
            place = (start, start + len(version)) if given.span[1] - given.span[0] == len(given.value) else place
        marker = next((attributes[word].value for word in ("markers", "python", "platform") if word in attributes), "")
        return Mention(
            Registry.PYPI,
            self.name,
            *self.span,
            Source.MANIFEST,
            private=private or bool({"index", "source"} & attributes.keys()),
            version=version,
            wanted=wanted,
            place=place,
            details=Details(group=self.group, marker=marker, direct=True),
        )


def _keyed(events: list[Event], split: Callable[[tuple[str, ...]], tuple[str, tuple[str, ...]]]) -> Iterator[_Wanted]:
    """Read tables whose keys are names: `flask = "^3"`, `mine = {path = ".."}`, `two = [{version = "1"}, {git = "…"}]`."""
    wanted: dict[tuple[str, ...], _Wanted] = {}
    for event in events:
        group, rest = split(event.path) if event.path else ("", ())
        if not rest or rest[0] == "python":
            continue
        key = event.path[: len(event.path) - len(rest) + 1]
        one = wanted.get(key)
        if one is None:
            one = wanted[key] = _Wanted(key[-1], group, event.span)
        if len(rest) > 1:
            one.keys.add(rest[1])
        if isinstance(event, TomlString) and len(rest) <= 2 and not (len(rest) == 2 and rest[1] == "extras"):
            one.add(rest[1] if len(rest) == 2 else "version", event)
    yield from wanted.values()
