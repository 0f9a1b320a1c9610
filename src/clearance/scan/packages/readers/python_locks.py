"""Reads Python's lock files: poetry.lock, uv.lock, pdm.lock, pylock.toml (PEP 751), Pipfile.lock.

Machines write them and they are large: entries are cut out by patterns, and nothing is built that no mention needs.
"""

import datetime as dt
import re
from collections.abc import Iterator

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Details, Mention, Registry, Remote, Source, Unparsed, fold
from clearance.scan.packages.readers.json_text import Keys, load, objects
from clearance.scan.packages.readers.origin import bare, digest, host
from clearance.scan.packages.readers.requirement import index_is_public, python_name
from clearance.scan.packages.readers.toml_text import TomlEntry, entries, unescaped

# Each begins with letters: the engine then looks for these alone, several times as fast.
_HASH = re.compile(r"""sha(256|384|512)(?::|["']?\s*=\s*["'])([0-9a-fA-F]{64,128})["']""")
_UPLOADED = re.compile(r"""upload[-_]time\s*=\s*["']?(\d{4}-\d\d-\d\d[T ][0-9:.]+(?:Z|[+-]\d\d:\d\d)?)""")
_URL = re.compile(r"""url\s*=\s*["']([^"'\n]*)["']""")
_NEED = re.compile(r"""\{\s*name\s*=\s*["']([^"'\n]+)["'](?:,\s*version\s*=\s*["']([^"'\n]+)["'])?""")
_FIRST_NAME = re.compile(r""""([A-Za-z0-9][\w.-]*)[^"\n]*"|'([A-Za-z0-9][\w.-]*)[^'\n]*'""")
_MEMBER = re.compile(r"""([\w-]+)\s*=\s*["']([^"'\n]*)["']""")
_LISTED = re.compile(r"""["']([^"'\n]*)["']""")
_COMMIT = re.compile(r"(?:[#@]|^)([0-9a-f]{40}(?:[0-9a-f]{24})?)$")
_FILES = frozenset({"files", "wheels", "sdist", "archive", "wheels.hashes", "sdist.hashes", "archive.hashes"})
_MOST_HASHES = 2_000


class _Package:
    """What a lock file says of one package: the text of its simple values, by the table below the package and the key."""

    def __init__(self) -> None:
        self.values: dict[str, Span] = {}
        self.files: list[Span] = []
        self.needs: list[Span] = []
        self.needed: list[str] = []
        self.extra: dict[str, list[Span]] = {}


class _Lock:
    """A TOML lock file, taken apart."""

    def __init__(self, text: str, budget: Budget) -> None:
        self.text = text
        self.packages: list[tuple[int, _Package]] = []
        self.files: dict[str, Span] = {}
        self.problem = ""
        package: _Package | None = None
        try:
            for entry in entries(text, budget):
                if entry.key == "[[" and entry.table in {"package", "packages"}:
                    package = _Package()
                    self.packages.append((entry.at, package))
                elif entry.key[0] == "[" and not entry.table.startswith("package"):
                    package = None
                elif entry.key[0] != "[":
                    self._keep(package, entry)
        except Unparsed as error:
            self.problem = str(error)

    def _keep(self, package: _Package | None, entry: TomlEntry) -> None:
        if package is None:
            if entry.table in {"metadata.files", "metadata.hashes"}:
                self.files[fold(entry.key.strip("\"'"))] = entry.value
            return
        below = entry.table.partition(".")[2]
        key = f"{below}.{entry.key}" if below else entry.key
        if "archive" in {key, below}:
            package.values[key] = entry.value
        if key in _FILES or below in _FILES:
            package.files.append((entry.at, entry.value[1]))
        elif key == "dependencies":
            package.needs.append(entry.value)
        elif below == "dependencies":
            package.needed.append(entry.key.strip("\"'"))
        elif below in {"optional-dependencies", "dev-dependencies", "dependency-groups"}:
            package.extra.setdefault(entry.key, []).append(entry.value)
        else:
            package.values[key] = entry.value

    def string(self, package: _Package, key: str) -> tuple[str, Span]:
        """Give a string value and its span inside the quotes."""
        span = package.values.get(key)
        if span is None or self.text[span[0]] not in "\"'":
            return "", (0, 0)
        inner = (span[0] + 1, span[1] - 1)
        value = self.text[slice(*inner)]
        return unescaped(value) if self.text[span[0]] == '"' else value, inner

    def members(self, package: _Package, *keys: str) -> dict[str, str]:
        """Give the strings of an inline table, or of a table of its own, under one of these keys."""
        found: dict[str, str] = {}
        for key in keys:
            if key in package.values:
                found.update(_MEMBER.findall(self.text, *package.values[key]))
            for name in package.values:
                if name.startswith(f"{key}."):
                    found[name[len(key) + 1 :]] = self.string(package, name)[0]
        return found


def toml_lock(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read poetry.lock, uv.lock, pdm.lock, or pylock.toml (PEP 751). What the tree itself holds is not given.

    Raises:
        Unparsed: a package has no name, or a line is no TOML as these tools write it; what stands before it has been given.
    """
    lock = _Lock(text, budget)
    versions: dict[str, set[str]] = {}
    names: list[tuple[str, Span]] = []
    nameless = 0
    for at, package in lock.packages:
        name, span = lock.string(package, "name")
        names.append((name, span))
        versions.setdefault(fold(name), set()).add(lock.string(package, "version")[0])
        nameless = nameless or (not name and text.count("\n", 0, at) + 1)
    direct = _roots(lock)
    for steps, ((_, package), (name, span)) in enumerate(zip(lock.packages, names, strict=True)):
        if not steps & 0x3F:
            budget.check()
        if python_name(name):
            yield from _package(lock, package, name, span, versions, direct)
    if nameless:
        raise Unparsed(f"line {nameless}: a package without a name")
    if lock.problem:
        raise Unparsed(lock.problem)


def _roots(lock: _Lock) -> dict[str, str]:
    """Give what the packages of the tree itself ask for (uv), each with its group; empty where the file does not say."""
    direct: dict[str, str] = {}
    groups: dict[str, str] = {}
    for _, package in lock.packages:
        source = lock.members(package, "source")
        if not {"virtual", "editable"} & source.keys():
            continue
        direct.update({fold(name): "" for span in package.needs for name, _ in _NEED.findall(lock.text, *span)})
        for group, spans in package.extra.items():
            groups.update({fold(name): group for span in spans for name, _ in _NEED.findall(lock.text, *span)})
    return groups | direct


def _package(
    lock: _Lock, package: _Package, name: str, span: Span, versions: dict[str, set[str]], direct: dict[str, str]
) -> Iterator[Mention | Remote]:
    """Give one package, as a mention or, where it comes from an address, as that."""
    source = lock.members(package, "source", "vcs", "archive", "directory")
    source |= {
        key: lock.string(package, key)[0] for key in ("path", "git", "url", "ref", "revision") if key in package.values
    }
    version, place = lock.string(package, "version")
    details = _details(lock, package, name, source, versions, direct)
    address = source.get("git") or (source.get("url", "") if _is_address(source) else "")
    if address:
        yield _remote(name, span, address, source, details, version)
        return
    if package.values.keys() & {"path", "editable", "vcs", "directory", "packages.vcs"} or "vcs.type" in package.values:
        return
    if source.keys() & {"editable", "virtual", "path", "directory"} or source.get("type") in {
        "directory",
        "file",
        "git",
        "url",
    }:
        return
    yield Mention(
        Registry.PYPI,
        name,
        *span,
        Source.LOCKFILE,
        private=bool(details.host) and not index_is_public(f"//{details.host}"),
        version=version,
        place=place,
        hashed=bool(details.hashes),
        details=details,
    )


def _is_address(source: dict[str, str]) -> bool:
    """Whether the `url` of a source is the package's own, and not that of an index (Poetry's `legacy`)."""
    return source.get("type") != "legacy" and ("://" in source.get("url", "") or source.get("url", "").startswith("git@"))


def _remote(name: str, span: Span, address: str, source: dict[str, str], details: Details, version: str) -> Remote:
    revision = next((source[key] for key in ("resolved_reference", "commit-id", "revision") if key in source), "")
    commit = _COMMIT.search(revision) or _COMMIT.search(address)
    plain = bare(address)
    details = details._replace(address=plain, host=host(plain))
    return Remote(name, plain, *span, bool(commit or details.hashes), details=details, version=version)


def _details(
    lock: _Lock, package: _Package, name: str, source: dict[str, str], versions: dict[str, set[str]], direct: dict[str, str]
) -> Details:
    text = lock.text
    pieces = [*package.files, *([lock.files[fold(name)]] if fold(name) in lock.files else [])]
    hashes: dict[str, None] = {}
    uploaded, address = "", ""
    for start, end in pieces:
        piece = text[start:end]
        for bits, value in _HASH.findall(piece):
            if len(value) * 4 == int(bits):
                hashes[f"sha{bits}:{value.lower()}"] = None
        uploaded = max([uploaded, *_UPLOADED.findall(piece)])
        for found in _URL.finditer(piece):
            # One file from a strange host is enough: which one is taken depends on the machine.
            if not address or (index_is_public(address) and not index_is_public(found[1])):
                address = found[1]
    index = source.get("registry") or (source.get("url", "") if source.get("type") == "legacy" else "")
    index = index or lock.string(package, "index")[0]
    groups = _LISTED.findall(text, *package.values["groups"]) if "groups" in package.values else []
    groups = groups or [lock.string(package, "category")[0]]
    group = "" if {"main", "default"} & set(groups) else groups[0]
    return Details(
        hashes=tuple(hashes)[:_MOST_HASHES],
        address=bare(address),
        host=host(index) or host(address),
        uploaded=_time(uploaded),
        needs=tuple(_needs(lock, package, versions)),
        direct=(fold(name) in direct) if direct else None,
        group=direct.get(fold(name), "") or group,
        marker=lock.string(package, "marker")[0] or lock.string(package, "markers")[0],
    )


def _needs(lock: _Lock, package: _Package, versions: dict[str, set[str]]) -> Iterator[str]:
    """Give what a package depends on; with the version where several are locked and the file tells which."""
    seen: set[str] = set()
    found: list[tuple[str, str]] = [(name, "") for name in package.needed]
    for span in package.needs:
        named = _NEED.findall(lock.text, *span)
        found += named or [(one or other, "") for one, other in _FIRST_NAME.findall(lock.text, *span)]
    for name, version in found:
        one = f"{name}@{version}" if version and len(versions.get(fold(name), ())) > 1 else name
        if one not in seen:
            seen.add(one)
            yield one


def _time(value: str) -> dt.datetime | None:
    """Read a time of upload; one without a zone is UTC."""
    try:
        given = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return given if given.tzinfo else given.replace(tzinfo=dt.UTC)


def pipfile_lock(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read Pipfile.lock.

    Raises:
        Unparsed: it is no JSON object, or none of Pipenv's.
    """
    whole = load(text)
    if not {"_meta", "default", "develop"} & objects(whole).keys():
        raise Unparsed("line 1: neither `_meta` nor `default`: no lock file of Pipenv")
    sources: dict[str, str] = {}
    given = objects(whole).get("_meta", {}).get("sources")
    for one in given if isinstance(given, list) else []:
        if isinstance(one, dict):
            sources[str(one.get("name"))] = bare(str(one.get("url", "")))
    private = any(not index_is_public(address) for address in sources.values())
    keys = Keys(text)
    for group, members in objects(whole).items():
        if group == "_meta":
            continue
        for name, entry in objects(members).items():
            budget.check()
            span = keys.place(name)
            yield from _pipfile_package(
                name, entry, span, keys, "" if group == "default" else group, sources, private=private
            )


def _pipfile_package(
    name: str, entry: dict[str, object], span: Span, keys: Keys, group: str, sources: dict[str, str], *, private: bool
) -> Iterator[Mention | Remote]:
    listed = entry.get("hashes")
    hashes = tuple(one for one in map(digest, map(str, listed)) if one) if isinstance(listed, list) else ()
    wanted = str(entry.get("version", ""))
    index = sources.get(str(entry.get("index", "")), next(iter(sources.values()), "") if len(sources) == 1 else "")
    details = Details(
        hashes=hashes, host=host(index), group="dev" if group == "develop" else group, marker=str(entry.get("markers", ""))
    )
    address = str(entry.get("git") or entry.get("file") or entry.get("url") or "")
    if "://" in address or address.startswith("git@"):
        yield _remote(name, span, address, {"revision": str(entry.get("ref", ""))}, details, "")
    elif not {"git", "path", "file", "url"} & entry.keys() and python_name(name):
        place = keys.value("version", wanted, span[1])
        version = wanted.removeprefix("==") if wanted.startswith("==") else ""
        if version and place[1]:
            place = (place[0] + 2, place[1])
        yield Mention(
            Registry.PYPI, name, *span, Source.LOCKFILE, private=private, version=version, wanted=wanted, place=place,
            hashed=bool(hashes), details=details,
        )  # fmt: skip
