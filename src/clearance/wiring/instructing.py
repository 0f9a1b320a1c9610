"""Instructions for assistants from the rules that apply here: looks at the repository and its log, and asks `instruct`."""

import itertools
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearance import __version__
from clearance.facts.errors import BadFile, ClearanceError, NotARepository
from clearance.instruct.build import Built, build, gather
from clearance.instruct.format import chosen
from clearance.instruct.model import BUDGET, InstructionFile, Material, Situation, Stamp
from clearance.instruct.scopes import scope_of_path
from clearance.wiring.furnish import open_catalogue

if TYPE_CHECKING:
    from clearance.instruct.task import Guidance
    from clearance.rules.catalogue import Catalogue

__all__ = ["InstructionFile", "built", "current_stamp", "instruction_files", "material", "rules_for", "situation"]

_FILES = 20_000
_READ_FILES = 400
_HEAD = 32_768
_WHOLE = 1_000_000
_ENTRIES = 500
_BYTES = 30_000_000
_PASSED_OVER_WORDS = """
    .git .hg .svn .clearance node_modules bower_components vendor third_party .venv venv env site-packages __pycache__ .tox
    .nox dist build target out .next .nuxt .cache .mypy_cache .ruff_cache .pytest_cache coverage .terraform .gradle .idea
    Pods
"""
_PASSED_OVER = frozenset(_PASSED_OVER_WORDS.split())
_STANDING = (
    ".rules", ".cursorrules", ".windsurfrules", ".clinerules", ".github/copilot-instructions.md", "AGENT.md", "AGENTS.md",
    "CLAUDE.md", "GEMINI.md", ".aider.conf.yml", ".agent/rules", ".agents/rules",
)  # fmt: skip
_MANIFESTS_WORDS = """
    requirements.txt requirements-dev.txt pyproject.toml setup.cfg setup.py Pipfile package.json go.mod pom.xml
    build.gradle build.gradle.kts
"""
_MANIFESTS = frozenset(_MANIFESTS_WORDS.split())
# What `init` writes says nothing about the rest.
_OURS = frozenset({".github/workflows/clearance.yml", ".gitlab/clearance.yml", ".opencode/plugin/clearance.js"})
_IMPORT = re.compile(
    r"(?m)^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import|import[ \t]+([\w.]+))"
    r"|(?:from|require\(|import\()[ \t]*['\"]([@\w./-]+)['\"]"
    r"|^[ \t]*(?:\w+[ \t]+)?\"([\w./-]+\.[\w./-]+)\"[ \t]*$"
)
_CLOUD = re.compile(r"\"(aws|azurerm|google)(?:_\w+)?\"")
_CLOUDS = {"aws": "cloud:aws", "azurerm": "cloud:azure", "google": "cloud:gcp"}
_NAME = re.compile(r"[A-Za-z@][\w./@-]{1,60}")
_MAVEN = re.compile(r"<(?:groupId|artifactId)>\s*([\w.-]{2,100})\s*<")
_PLAIN_WORDS = """
    author build code config data description directory email file files group host html http https image include index
    install key keys license list main name names number package packages path paths project python readme release require
    requires role script scripts server source state table target test tests text token tool type url user users value values
    version view
"""
_PLAIN = frozenset(_PLAIN_WORDS.split())
"""Words of manifests that name no library."""
_MANIFEST_OF_KUBERNETES = re.compile(
    r"(?m)^apiVersion:\s*\S+\s*$(?s:.{0,400}?)^kind:\s*\w+|^kind:\s*\w+\s*$(?s:.{0,400}?)^apiVersion:"
)


def instruction_files(
    directory: Path, environment: Mapping[str, str], assistants: Sequence[str], *, budget: int = BUDGET
) -> tuple[InstructionFile, ...]:
    """Make the files for some assistants (names of `clearance.assistants` or of formats, or `all`), by path. The same
    repository with the same log gives the same bytes.

    Raises:
        UsageError: there is no such assistant.
    """
    return built(directory, environment, chosen(assistants), budget=budget).files


def built(
    directory: Path,
    environment: Mapping[str, str],
    formats: Sequence[str],
    *,
    budget: int = BUDGET,
    task: Sequence[str] = (),
) -> Built:
    """Make the files of some formats, with what they were made of. `task` names scopes; without it those of the
    repository count."""
    return build(material(directory, environment, budget=budget, task=task), formats)


def material(directory: Path, environment: Mapping[str, str], *, budget: int = BUDGET, task: Sequence[str] = ()) -> Material:
    """Find the rules that apply to the repository around `directory`, in their order."""
    catalogue = open_catalogue(directory)
    return gather(catalogue, situation(directory, environment), _stamp(catalogue), budget=budget, task=task)


def current_stamp(directory: Path) -> Stamp:
    """Give the stamp that instructions made now would bear: one that differs is stale."""
    return _stamp(open_catalogue(directory))


def _stamp(catalogue: "Catalogue") -> Stamp:
    return Stamp(version=__version__, catalogue=catalogue.digest[:12])


def rules_for(
    directory: Path, environment: Mapping[str, str], files: Sequence[str], task: str = "", budget: int = BUDGET
) -> "Guidance":
    """Rank the rules for some files (paths below the top, which need not exist) and a task in words, within a budget of
    tokens: what the MCP tool `rules_for` answers."""
    from clearance.instruct.task import guidance

    catalogue = open_catalogue(directory)
    return guidance(catalogue, situation(directory, environment), files, task, budget)


def situation(directory: Path, environment: Mapping[str, str]) -> Situation:
    """Look at the repository: its files by name, the heads of some, and the decisions of its log. Everything is bounded, and
    what cannot be read counts for nothing."""
    place = _top(directory, environment)
    scopes: Counter[str] = Counter()
    heads: list[tuple[int, str]] = []
    for path in _walk(place):
        name = path.rpartition("/")[2]
        scope = scope_of_path(path)
        if scope:
            scopes[scope] += 1
        elif name.endswith((".yaml", ".yml")):
            heads.append((2, path))
        if name in _MANIFESTS:
            heads.append((0, path))
        elif scope in {"python", "javascript", "java", "go", "terraform"}:
            heads.append((1, path))
    libraries: set[str] = set()
    for rank, path in sorted(heads)[:_READ_FILES]:
        text = _head(place / path)
        if rank == 2:
            scopes["kubernetes"] += _MANIFEST_OF_KUBERNETES.search(text) is not None
        else:
            libraries.update(_libraries(text, path.rpartition("/")[2] if rank == 0 else ""))
    return Situation(
        scopes={scope: count for scope, count in sorted(scopes.items()) if count},
        libraries=frozenset(libraries),
        told=dict(sorted(told(directory).items())),
        standing=frozenset(path for path in _STANDING if _stands(place / path)),
    )


def _stands(place: Path) -> bool:
    """Whether a file or folder is there and holds anything but what we wrote: else a second run would see what the first
    one left."""
    if place.suffix or place.name != "rules":
        return place.is_file() and not _is_ours(_head(place, _WHOLE))
    if not place.is_dir() or place.is_symlink():
        return False
    return any(not _is_ours(_head(file, _WHOLE)) for file in sorted(place.iterdir()) if file.is_file())


def _is_ours(text: str) -> bool:
    """Whether all of a text is ours: a sealed file, or one in which only our parts stand."""
    from clearance.install.marks import cut, parts, sealed

    try:
        if sealed(text) is not None:
            return True
        found = parts(text, "")
    except BadFile:
        return False
    for one in reversed(found):
        text = cut(text, one)
    return bool(found) and not text.strip()


def _top(directory: Path, environment: Mapping[str, str]) -> Path:
    """Give the top of the working tree, or the directory itself outside of a repository."""
    from clearance.collect.repository import find_repository

    try:
        return find_repository(directory, environment).top or directory
    except NotARepository:
        return directory


def _walk(place: Path) -> Iterator[str]:
    """Give paths of files below a folder, folder by folder in the order of their names, without links and folders that hold
    what others wrote."""
    waiting = [""]
    given = 0
    for folder in waiting:
        try:
            with os.scandir(place / folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _PASSED_OVER:
                    waiting.append(path)
            elif entry.is_file(follow_symlinks=False) and path not in _OURS:
                given += 1
                if given > _FILES:
                    return
                yield path


def _head(path: Path, most: int = _HEAD) -> str:
    """Give the first bytes of a regular file as text; nothing where it cannot be read."""
    from clearance.collect.repository import open_regular

    try:
        stream = open_regular(path)
        if stream is None:
            return ""
        with stream:
            return stream.read(most).decode("utf-8", "replace")
    except OSError:
        return ""


def _libraries(text: str, manifest: str) -> set[str]:
    """Name what a manifest (by its name) or a file of code (no name) asks for, in lower case, with the parts that it begins
    with: `org.springframework.web` also as `org.springframework`."""
    if manifest == "package.json":
        names = _of_package_json(text)
    elif manifest == "pom.xml":
        names = {found.lower() for found in _MAVEN.findall(text)}
    elif manifest:
        names = {found.lower() for found in _NAME.findall(text)} - _PLAIN
    else:
        names = {next(filter(None, found)).lower() for found in _IMPORT.findall(text)}
        names |= {_CLOUDS[found] for found in _CLOUD.findall(text)}
    return names.union(*(_beginnings(name) for name in names))


def _of_package_json(text: str) -> set[str]:
    try:
        whole = msgspec.json.decode(text, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        return {found.lower() for found in _NAME.findall(text)} - _PLAIN
    tables = (whole.get(f"{kind}ependencies") for kind in ("d", "devD", "peerD", "optionalD"))
    return {name.lower() for table in tables if isinstance(table, dict) for name in table if isinstance(name, str)}


def _beginnings(name: str) -> set[str]:
    """Give the beginnings of a name that end before a dot or slash; none of a relative one or one with a scope."""
    if name.startswith((".", "@")):
        return set()
    return {name[: found.start()] for found in itertools.islice(re.finditer(r"[./]", name), 8)} - {""}


class _Told(msgspec.Struct, frozen=True):
    rule: str
    introduced: bool = True


class _Case(msgspec.Struct, frozen=True):
    findings: tuple[_Told, ...] = ()


class _Predicate(msgspec.Struct, frozen=True):
    case: str = ""


class _Statement(msgspec.Struct, frozen=True):
    predicate: _Predicate


def told(directory: Path) -> Counter[str]:
    """Count the rules that the newest decisions of this repository's log told about what a change brought. A log that is not
    there, or not sound, counts for nothing."""
    from clearance.wiring.recording import open_log

    counted: Counter[str] = Counter()
    left = _BYTES
    try:
        log = open_log(directory, create=False)
        for entry in log.entries(max(0, log.size() - _ENTRIES)):
            case = _case(entry.payload)
            if not case or left <= 0:
                continue
            body = log.evidence(case)
            left -= len(body)
            counted.update(finding.rule for finding in _findings(body) if finding.introduced)
    except (ClearanceError, OSError):
        return Counter()
    return counted


def _case(payload: bytes) -> str:
    try:
        return msgspec.json.decode(payload, type=_Statement).predicate.case
    except (msgspec.DecodeError, RecursionError):
        return ""


def _findings(body: bytes) -> tuple[_Told, ...]:
    try:
        return msgspec.json.decode(body, type=_Case).findings
    except (msgspec.DecodeError, RecursionError):
        return ()
