"""Reads Cargo.toml and Cargo.lock (https://doc.rust-lang.org/cargo/reference/)."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Details, ExtraIndex, Mention, Registry, Remote, Source, Unparsed
from clearance.scan.packages.readers.origin import bare, host
from clearance.scan.packages.readers.toml_text import TomlKey, TomlString, entries, parse, walk

_TABLES = {"dependencies": "", "dev-dependencies": "dev", "build-dependencies": "build", "dev_dependencies": "dev",
           "build_dependencies": "build"}  # fmt: skip
_NAME = re.compile(r"[A-Za-z][\w-]{0,63}")
_EXACT = re.compile(r"=\s*(\d+\.\d+\.\d+[\w.+-]*)")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_CRATES = ("registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/")
_MOST_REPLACED = 8
"""Sources by sources that are followed: Cargo knows no bound but refuses rings."""
_LISTED = re.compile(r'"([^"\n]*)"')


class _Wanted:
    """One dependency while its keys are read."""

    def __init__(self, name: str, group: str) -> None:
        self.name = name
        self.group = group
        self.key: Span | None = None
        self.first: Span = (0, 0)
        self.attributes: dict[str, TomlString] = {}
        self.marks: set[str] = set()


def cargo_toml(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read Cargo.toml: all tables of dependencies, those of targets, of the workspace, and patches.

    Raises:
        Unparsed: it is no TOML (what can be read of it comes first).
    """
    wanted: dict[tuple[str, ...], _Wanted] = {}
    for event in walk(text, budget):
        place = _place(event.path)
        if place is None:
            continue
        at, group = place
        one = wanted.setdefault(event.path[: at + 1], _Wanted(event.path[at], group))
        one.first = one.first if one.first[1] else event.span
        if len(event.path) == at + 1:
            if isinstance(event, TomlKey):
                one.key = event.span
            else:
                one.attributes["version"] = event
        elif isinstance(event, TomlKey):
            one.marks.add(event.path[at + 1])
        elif len(event.path) == at + 2:
            one.attributes.setdefault(event.path[-1], event)
    for one in wanted.values():
        found = _dependency(text, one)
        if found:
            yield found
    _, problem = parse(text, "Cargo.toml")
    if problem:
        raise Unparsed(problem)


def _place(path: tuple[str, ...]) -> tuple[int, str] | None:
    """Tell which part of a path is a dependency's name, and the group of its table."""
    if path[:1] == ("patch",):
        return (2, "patch") if len(path) > 2 else None
    start = 2 if path[:1] == ("target",) else 1 if path[:1] == ("workspace",) else 0
    return (start + 1, _TABLES[path[start]]) if len(path) > start + 1 and path[start] in _TABLES else None


def _dependency(text: str, one: _Wanted) -> Mention | Remote | None:
    attributes = one.attributes
    key = one.key or _in_header(text, one)
    details = Details(direct=True, group=one.group)
    address = attributes.get("git")
    if address:
        revision = attributes.get("rev")
        pinned = bool(revision and _COMMIT.fullmatch(revision.value))
        plain = bare(address.value)
        return Remote(
            one.name, plain, *address.span, pinned, Registry.CARGO, details._replace(address=plain, host=host(plain))
        )  # fmt: skip
    if "path" in attributes or "path" in one.marks:
        return None
    real = attributes.get("package")
    name, span = (real.value, real.span) if real else (one.name, key)
    if not _NAME.fullmatch(name):
        return None
    version = attributes.get("version")
    wanted = version.value.strip() if version else "workspace" if "workspace" in one.marks else ""
    exact = _EXACT.fullmatch(wanted)
    return Mention(
        Registry.CARGO, name, *span, Source.MANIFEST, private=bool({"registry", "registry-index"} & attributes.keys()),
        version=exact[1] if exact else "", wanted="" if wanted == "*" else wanted,
        place=version.span if version else (0, 0), alias=one.name if real else "", details=details,
    )  # fmt: skip


def _in_header(text: str, one: _Wanted) -> Span:
    """Find the name in `[dependencies.name]`, above the first key of its table."""
    start = text.rfind("\n[", 0, one.first[0]) + 1
    at = text.find(one.name, text.find(".", start), one.first[0])
    return (at, at + len(one.name)) if at >= 0 else one.first


class _Locked:
    """One package of a lock file while its lines are read."""

    def __init__(self) -> None:
        self.values: dict[str, tuple[str, Span]] = {}


def cargo_lock(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read Cargo.lock: each package with its checksum (SHA-256) and what it needs.

    Raises:
        Unparsed: it is not what Cargo writes, or a package has no name.
    """
    current: _Locked | None = None
    for entry in entries(text, budget):
        if entry.key in {"[", "[["}:
            if current:
                yield from _locked(text, current)
            current = _Locked() if entry.table == "package" and entry.key == "[[" else None
        elif current is not None:
            first, last = entry.value
            quoted = text[first : first + 1] == '"'
            current.values[entry.key] = (text[first + quoted : last - quoted], (first + quoted, last - quoted))
    if current:
        yield from _locked(text, current)


def _locked(text: str, one: _Locked) -> Iterator[Mention | Remote]:
    if "name" not in one.values or "version" not in one.values:
        at = next(iter(one.values.values()), ("", (0, 0)))[1][0]
        raise Unparsed(f"line {text.count(chr(10), 0, at) + 1}: a package without a name and a version")
    name, span = one.values["name"]
    version, place = one.values["version"]
    source = one.values.get("source", ("", (0, 0)))[0]
    if not source or not _NAME.fullmatch(name):
        return
    checksum = one.values.get("checksum", ("", (0, 0)))[0]
    hashes = (f"sha256:{checksum.lower()}",) if re.fullmatch(r"[0-9a-fA-F]{64}", checksum) else ()
    needs = tuple(
        need[1].partition(" (")[0].replace(" ", "@")
        for need in _LISTED.finditer(one.values.get("dependencies", ("", (0, 0)))[0])
    )
    address = bare(source.partition("+")[2])
    details = Details(hashes=hashes, needs=needs, host=host(address), address=address if source.startswith("git+") else "")
    if source.startswith("git+"):
        pinned = bool(_COMMIT.fullmatch(source.rpartition("#")[2]))
        yield Remote(name, address, *one.values["source"][1], pinned, Registry.CARGO, details)
        return
    yield Mention(
        Registry.CARGO, name, *span, Source.LOCKFILE, private=not source.startswith(_CRATES), version=version,
        wanted=version, place=place, hashed=bool(hashes), details=details,
    )  # fmt: skip


def cargo_config(text: str, budget: Budget) -> Iterator[ExtraIndex]:
    """Read .cargo/config.toml: the source that stands in for crates.io (`replace-with`), by the address that it has.

    Raises:
        Unparsed: it is no TOML.
    """
    addresses: dict[str, TomlString] = {}
    replaced: dict[str, str] = {}
    for event in walk(text, budget):
        if not isinstance(event, TomlString) or len(event.path) != 3 or event.path[0] not in {"source", "registries"}:
            continue
        name, key = event.path[1], event.path[2]
        if key in {"registry", "index", "git"}:
            addresses.setdefault(name, event)
        elif key == "replace-with":
            replaced[name] = event.value
    at = "crates-io"
    for _ in range(_MOST_REPLACED):
        if at not in replaced:
            break
        at = replaced[at]
    found = addresses.get(at) if at != "crates-io" else None
    if found is not None and not found.value.endswith(tuple(one.partition("+")[2] for one in _CRATES)):
        yield ExtraIndex(Registry.CARGO, bare(found.value), *found.span, only=True)
    problem = parse(text, "config.toml")[1]
    if problem:
        raise Unparsed(problem)
