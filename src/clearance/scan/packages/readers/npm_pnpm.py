"""Reads pnpm-lock.yaml, of versions 5 to 9, and pnpm-workspace.yaml with its catalogs."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Details, Mention, Registry, Remote, Source, Unparsed
from clearance.scan.packages.readers.npm_requirement import npm_locked, npm_name, npm_requirement
from clearance.scan.packages.readers.origin import bare, host, integrity, npm_is_public
from clearance.scan.packages.readers.yaml_text import Pair, pairs

_KEY = re.compile(r"/?((?:@[^/@\s]+/)?[^/@\s()]+)[@/](\d[^\s(/_@]*)")
_ADDRESSED = re.compile(r"/?((?:@[^/@\s]+/)?[^/@\s()]+)@((?:git|https?|ssh)[^\s(]*)")
_HOSTED = re.compile(r"@?([\w.-]+\.[a-z]+)/([^/\s()]+)/(?:([^/\s()]+)/)?([0-9a-f]{40}|[\w.-]+)")
_OTHER_REGISTRY = re.compile(r"([\w.-]+\.[a-z]{2,}(?::\d+)?)/((?:@[^/@\s]+/)?[^/@\s()]+)[@/](\d[^\s(/_@]*)")
_VERSION = re.compile(r"\d+\.\d+\.\d")
_ASKED = {"dependencies": "", "optionalDependencies": "optional", "devDependencies": "dev"}
_NEEDS = frozenset({"dependencies", "optionalDependencies"})
_NONE: dict[str, str] = {}
_EXPANDED = frozenset({"resolution"})
_KEPT = frozenset({
    "resolution", "dev", "optional", "requiresBuild", "deprecated", "os", "cpu", "libc", "name", "version", "id"
})  # fmt: skip


class _Package:
    """One key below `packages:`."""

    def __init__(self, pair: Pair) -> None:
        self.key = pair.path[1]
        self.span = pair.key
        self.values: dict[str, Pair] = {}


class _Lock:
    """The parts of a lock file that mentions need."""

    def __init__(self) -> None:
        self.packages: list[_Package] = []
        self.needs: dict[str, dict[str, str]] = {}
        """What each package needs, by the key without its peers: name and version as written."""
        self.asked: dict[str, str] = {}
        """What importers ask for (`name@version`), with the group."""
        self.optional: set[str] = set()
        self._last: tuple[str, dict[str, str]] = ("", {})

    def take(self, pair: Pair) -> None:
        """Take one pair."""
        path = pair.path
        top = path[0]
        size = len(path)
        if top == "packages" and size == 2:
            self.packages.append(_Package(pair))
        elif pair.value is None or size < 2:
            return
        elif top in {"packages", "snapshots"}:
            kind = path[2] if size > 2 else ""
            if kind in _NEEDS:
                self._need(path, pair.value)
            elif top == "packages" and self.packages and kind in _KEPT:
                self.packages[-1].values[".".join(path[2:])] = pair
            elif kind == "optional" and pair.value == "true":
                self.optional.add(_bare_key(path[1]))
        else:
            parts = path[2:] if top == "importers" else path
            if len(parts) in {2, 3} and parts[0] in _ASKED and parts[2:] in {(), ("version",)}:
                self._ask(parts[1], pair.value, _ASKED[parts[0]])

    def _need(self, path: tuple[str, ...], version: str) -> None:
        if path[1] != self._last[0]:
            self._last = path[1], self.needs.setdefault(_bare_key(path[1]), {})
        if len(path) == 4:
            self._last[1][path[3]] = version

    def _ask(self, name: str, version: str, group: str) -> None:
        found = _named(version)
        key = f"{found[1]}@{found[2]}" if found else f"{name}@{_bare_version(version)}"
        self.asked[key] = min(self.asked.get(key, group), group)


def pnpm_lock(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read pnpm-lock.yaml. Workspaces and what is on the disk are not given.

    Raises:
        Unparsed: it is no YAML; what stands before has been given.
    """
    lock = _Lock()
    problem = ""
    try:
        for pair in pairs(text, budget, _EXPANDED, strict=True):
            lock.take(pair)
    except Unparsed as error:
        problem = str(error)
    versions: dict[str, set[str]] = {}
    for package in lock.packages:
        found = _KEY.match(package.key)
        if found:
            versions.setdefault(found[1], set()).add(found[2])
    several = {name for name, known in versions.items() if len(known) > 1}
    for steps, package in enumerate(lock.packages):
        if not steps & 0xFF:
            budget.check()
        one = _read(lock, package, several)
        if one:
            yield one
    if problem:
        raise Unparsed(problem)


def _named(version: str) -> re.Match[str] | None:
    """Read a version that names another package (`left-pad@1.3.0`, `/left-pad/1.3.0`); None for a plain one."""
    return None if _VERSION.match(version) else _KEY.match(version)


def _bare_key(key: str) -> str:
    found = _KEY.match(key)
    return f"{found[1]}@{found[2]}" if found else key.partition("(")[0]


def _bare_version(version: str) -> str:
    """Give a version without the peers that it was resolved with: `1.2.3(react@18)`, `1.2.3_react@18`."""
    return version.partition("(")[0].partition("_")[0].rpartition("/")[2]


def _read(lock: _Lock, package: _Package, several: set[str]) -> Mention | Remote | None:
    values = package.values
    text = {key: pair.value or "" for key, pair in values.items()}
    addressed = _ADDRESSED.match(package.key)
    found = None if addressed else _KEY.match(package.key)
    registry = _OTHER_REGISTRY.fullmatch(package.key.partition("(")[0]) if not addressed else None
    if registry and "resolution.tarball" not in text:
        found = None
    key = f"{found[1]}@{found[2]}" if found else package.key
    details = _details(lock, key, text, several)
    if registry and not found:
        details = details._replace(host=registry[1].lower())
        return _mention(registry[2], registry[3], registry.span(2), registry.span(3), package, details)
    commit = text.get("resolution.commit") or text.get("resolution.repo")
    if addressed or commit or not found:
        if package.key.startswith(("file:", "link:")) or "@file:" in package.key or "@link:" in package.key:
            return None
        address = addressed[2] if addressed else text.get("resolution.tarball", "") or text.get("resolution.repo", "")
        if text.get("resolution.commit"):
            address = f"{address.partition('#')[0]}#{text['resolution.commit']}"
        name = addressed[1] if addressed else text.get("name", "") or package.key[:80]
        if not address:
            hosted = _HOSTED.match(package.key)
            address = f"https://{hosted[0]}" if hosted else ""
        start = package.span[0] + (addressed.start(1) if addressed else 0)
        exact = addressed and package.span[1] - package.span[0] == len(package.key)
        span = (start, start + len(name)) if exact else package.span
        return npm_locked(name, address, span, details)._replace(version=text.get("version", "")) if address else None
    return _mention(found[1], found[2], found.span(1), found.span(2), package, details)


def _mention(name: str, version: str, at: Span, place: Span, package: _Package, details: Details) -> Mention | None:
    if not npm_name(name):
        return None
    start = package.span[0]
    exact = package.span[1] - start == len(package.key)
    return Mention(
        Registry.NPM, name, *((start + at[0], start + at[1]) if exact else package.span), Source.LOCKFILE,
        private=bool(details.host) and not npm_is_public(details.host), version=version,
        place=(start + place[0], start + place[1]) if exact else package.span, hashed=bool(details.hashes), details=details,
    )  # fmt: skip


def _details(lock: _Lock, key: str, text: dict[str, str], several: set[str]) -> Details:
    needs = []
    for name, version in lock.needs.get(key, _NONE).items():
        found = _named(version)
        real = found[1] if found else name
        needs.append(f"{real}@{found[2] if found else _bare_version(version)}" if real in several else real)
    group = lock.asked.get(key, "") or ("dev" if text.get("dev") == "true" else "")
    optional = text.get("optional") == "true" or key in lock.optional
    tarball = bare(text.get("resolution.tarball", ""))
    conditions = [f"{word} {text[word].strip('[]')}" for word in ("os", "cpu", "libc") if word in text]
    return Details(
        hashes=integrity(text.get("resolution.integrity", "")),
        address=tarball,
        host=host(tarball) or host(text.get("resolution.registry", "")),
        needs=tuple(dict.fromkeys(needs)),
        direct=key in lock.asked if lock.asked else None,
        group=group or ("optional" if optional else ""),
        marker="; ".join(conditions),
        scripts=text.get("requiresBuild") == "true",
        withdrawn=text.get("deprecated", ""),
    )


def pnpm_workspace(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read pnpm-workspace.yaml: the versions of its catalogs, and what it overrides.

    Raises:
        Unparsed: it is no YAML.
    """
    for pair in pairs(text, budget):
        match pair.path:
            case ("catalog", name) | ("catalogs", _, name):
                group = ""
            case ("overrides", meant):
                name, group = _last(meant), "override"
            case ("packageExtensions", _, "dependencies" | "optionalDependencies" | "peerDependencies", name):
                group = "override"
            case ("configDependencies", name):
                group = "config"
            case _:
                continue
        if pair.value is None or pair.value.startswith("$") or pair.value == "-":
            continue
        offset = pair.path[-1].rfind(name)
        exact = pair.key[1] - pair.key[0] == len(pair.path[-1])
        key = (pair.key[0] + offset, pair.key[0] + offset + len(name)) if exact else pair.key
        value = pair.value
        hashes: tuple[str, ...] = ()
        if group == "config" and "+sha" in value:
            value, _, digest = value.partition("+")
            hashes = integrity(digest)
        span = (pair.span[0], pair.span[0] + len(value)) if hashes else pair.span
        details = Details(group=group, direct=True, hashes=hashes)
        found = npm_requirement(name, value, key, span, Source.MANIFEST, details=details)
        if found:
            yield found


def _last(key: str) -> str:
    """Give the name that a key of `overrides` means: the last of `a>b`, without its range."""
    last = key.rpartition(">")[2] if not key.partition(">")[2][:1].isdigit() else key
    at = last.find("@", 1)
    return last if at < 0 else last[:at]
