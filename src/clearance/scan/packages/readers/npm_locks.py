"""Reads package-lock.json and npm-shrinkwrap.json: their packages, what these need, and where they came from.

All is parsed at once, and then keys are sought in the order in which they stand, so that a file of 20 MB costs one walk.
"""

from collections.abc import Iterator

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Details, Mention, Registry, Remote, Source, Unparsed
from clearance.scan.packages.readers.json_text import Keys, load, objects, texts
from clearance.scan.packages.readers.npm_bun import bun_binary, bun_lock, deno_lock
from clearance.scan.packages.readers.npm_pnpm import pnpm_lock
from clearance.scan.packages.readers.npm_requirement import npm_locked, npm_version, npm_word
from clearance.scan.packages.readers.npm_yarn import yarn_lock
from clearance.scan.packages.readers.origin import bare, host, integrity, npm_is_public

__all__ = ["bun_binary", "bun_lock", "deno_lock", "package_lock", "pnpm_lock", "yarn_lock"]

_INSIDE = "node_modules/"
_DEPENDENCIES = ("dependencies", "optionalDependencies", "peerDependencies")
_ASKED = {"dependencies": "", "optionalDependencies": "optional", "peerDependencies": "peer", "devDependencies": "dev"}
_LOCAL = ("file:", "link:", "workspace:", "portal:")
_HIGHEST = 64
"""So many folders above a package are looked through for what it needs."""
Entry = dict[str, object]


def package_lock(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read package-lock.json or npm-shrinkwrap.json of any version. Workspaces and links are not given.

    Raises:
        Unparsed: it is no JSON object, or not the form of any version.
    """
    whole = load(text)
    packages = objects(whole.get("packages"))
    keys = Keys(text)
    if packages:
        keys.enter("packages")
        yield from _Tree(packages).read(keys, budget)
    elif isinstance(whole.get("dependencies"), dict):
        yield from _nested(objects(whole.get("dependencies")), keys, budget)
    elif "lockfileVersion" not in whole:
        raise Unparsed("line 1: neither packages nor dependencies, as package-lock.json has them")


class _Tree:
    """The entries of version 2 and 3, by their folders."""

    def __init__(self, packages: dict[str, Entry]) -> None:
        self.packages = packages
        self.several: set[str] = set()
        """Names of which more than one version is locked."""
        self.asked: dict[str, str] = {}
        """Folders of what the tree's own packages ask for, with the group."""
        self.strange: int | None = None
        """Where the first folder stands whose name no package can have."""
        self.addressed: set[str] = set()
        """Folders of what is asked for by an address."""
        versions: dict[str, object] = {}
        for key, entry in packages.items():
            _, inside, name = key.rpartition(_INSIDE)
            if not inside:
                self._own(key, entry)
                continue
            version = entry.get("version")
            if versions.setdefault(name, version) != version:
                self.several.add(name)

    def _own(self, folder: str, entry: Entry) -> None:
        for kind, group in _ASKED.items():
            for name, wanted in texts(entry.get(kind)).items():
                where = self.find(folder, name)
                if where:
                    self.asked[where] = min(self.asked.get(where, group), group)
                    if "://" in wanted and not wanted.startswith("npm:"):
                        self.addressed.add(where)

    def find(self, folder: str, name: str) -> str:
        """Give the folder in which Node finds a package from another one's folder; empty where it is not locked."""
        for _ in range(_HIGHEST):
            where = f"{folder}/{_INSIDE}{name}" if folder else f"{_INSIDE}{name}"
            if where in self.packages:
                return where
            if not folder:
                return ""
            above = folder.rfind(_INSIDE)
            folder = folder[:above].removesuffix("/") if above >= 0 else ""
        where = f"{_INSIDE}{name}"
        return where if where in self.packages else ""

    def read(self, keys: Keys, budget: Budget) -> Iterator[Mention | Remote]:
        """Give each package that is not of the tree itself."""
        for steps, (key, entry) in enumerate(self.packages.items()):
            if not steps & 0xFF:
                budget.check()
            start, end = keys.place(key)
            _, inside, name = key.rpartition(_INSIDE)
            if not inside or entry.get("link"):
                continue
            span = (end - len(name), end) if end - start == len(key) else (start, end)
            yield from self._package(key, name, entry, span, keys)
        if self.strange is not None:
            raise Unparsed(f"line {keys.line(self.strange)}: a folder whose name is no name of a package")

    def _package(self, key: str, name: str, entry: Entry, span: Span, keys: Keys) -> Iterator[Mention | Remote]:
        resolved = _text(entry, "resolved")
        if resolved.startswith(_LOCAL):
            return
        details = _details(entry, resolved)._replace(
            needs=tuple(self._needs(key, entry)), direct=key in self.asked, group=self.asked.get(key) or _group(entry)
        )
        version = _text(entry, "version")
        real = _text(entry, "name") or name
        if resolved.startswith("git") or key in self.addressed:
            yield npm_locked(real, resolved or version, span, details)._replace(version=version)
            return
        if not real or npm_word(real) != real:
            self.strange = span[0] if self.strange is None else self.strange
            return
        behind = span[1]
        where = keys.value("name", real, behind) if real != name else span
        yield Mention(
            Registry.NPM, real, *(where if where[1] else span), Source.LOCKFILE, private=_private(details.host),
            version=version, place=keys.value("version", version, behind) if version else (0, 0),
            hashed=None if details.bundled else bool(details.hashes), alias=name if real != name else "", details=details,
        )  # fmt: skip

    def _needs(self, key: str, entry: Entry) -> Iterator[str]:
        for kind in _DEPENDENCIES:
            needed = entry.get(kind)
            if not isinstance(needed, dict):
                continue
            for name in needed:
                if name not in self.several:
                    yield name
                    continue
                where = self.find(key, name)
                version = self.packages[where].get("version") if where else None
                yield f"{name}@{version}" if version else name


def _nested(top: dict[str, Entry], keys: Keys, budget: Budget) -> Iterator[Mention | Remote]:
    """Read the dependencies of version 1, which stand inside each other."""
    several = _several(top)
    levels = [iter(top.items())]
    while levels:
        budget.check()
        name, entry = next(levels[-1], ("", None))
        if entry is None:
            levels.pop()
            continue
        span = keys.place(name)
        levels.append(iter(objects(entry.get("dependencies")).items()))
        version = _text(entry, "version")
        required = {
            one: npm_version(wanted) if one in several else "" for one, wanted in texts(entry.get("requires")).items()
        }
        needs = tuple(f"{one}@{exact}" if exact else one for one, exact in required.items())
        details = _details(entry, _text(entry, "resolved"))._replace(needs=needs, group=_group(entry))
        if version.startswith(_LOCAL):
            continue
        if "://" in version or version.startswith(("git", "github:", "bitbucket:", "gitlab:")):
            yield npm_locked(name, version, span, details)
            continue
        real = npm_word(version[4:]) if version.startswith("npm:") else npm_word(name)
        alias = name if version.startswith("npm:") else ""
        place = keys.value("version", version, span[1])
        if alias and place[1]:
            span = (place[0] + 4, place[0] + 4 + len(real))
            place = (min(span[1] + 1, place[1]), place[1])
            version = version[5 + len(real) :]
        if real:
            yield Mention(
                Registry.NPM, real, *span, Source.LOCKFILE, private=_private(details.host), version=version, place=place,
                hashed=None if details.bundled else bool(details.hashes), alias=alias, details=details,
            )  # fmt: skip


def _several(top: dict[str, Entry]) -> set[str]:
    """Give the names of which version 1 locks more than one version."""
    versions: dict[str, object] = {}
    several: set[str] = set()
    waiting = [top]
    while waiting:
        for name, entry in waiting.pop().items():
            if versions.setdefault(name, entry.get("version")) != entry.get("version"):
                several.add(name)
            if isinstance(entry.get("dependencies"), dict):
                waiting.append(objects(entry["dependencies"]))
    return several


def _details(entry: Entry, resolved: str) -> Details:
    address = bare(resolved)
    licence = entry.get("license")
    conditions = [f"{key} {_listed(entry.get(key))}" for key in ("os", "cpu", "libc") if entry.get(key)]
    return Details(
        hashes=integrity(_text(entry, "integrity")),
        address=address,
        host=host(address),
        licence=licence if isinstance(licence, str) else _text(licence, "type") if isinstance(licence, dict) else "",
        marker="; ".join(conditions),
        scripts=entry.get("hasInstallScript") is True,
        bundled=entry.get("inBundle") is True or entry.get("bundled") is True,
        withdrawn=_text(entry, "deprecated"),
    )


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _group(entry: Entry) -> str:
    return next((word for word in ("dev", "devOptional", "optional", "peer") if entry.get(word) is True), "")


def _text(entry: Entry, key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def _private(where: str) -> bool:
    return bool(where) and not npm_is_public(where)
