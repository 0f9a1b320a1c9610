"""Makes packages out of what manifests and lock files name: each name and version once, with all that is known of it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from packageurl import PackageURL

from clearance.facts.finding import Gap, GapKind, Place
from clearance.facts.package import Package, Registry, canonical
from clearance.scan.family import Budget, OutOfTime, View
from clearance.scan.packages.mention import Computed, ExtraIndex, Mention, Remote, Source, Unparsed
from clearance.scan.packages.readers import readers_for

_COUNTED = frozenset({Source.MANIFEST, Source.LOCKFILE, Source.INSTALLED})
_MOST_PLACES = 20
_FOREIGN = re.compile(r"(?:^|/)(?:node_modules|site-packages|dist-packages|\.venv|venv|\.tox|\.nox|vendor/bundle)/")
_CODE = re.compile(
    r"\.(?:pyi?|pyw|[cm]?[jt]sx?|go|java|kt|rb|rs|cs|php|c|h|cc|cpp|md|rst|html?|css|scss|svg|ipynb|sh|sql|vue|svelte)$",
    re.IGNORECASE,
)
_MANIFESTS_IN_CODE = frozenset({"setup.py", "noxfile.py"})
Key = tuple[Registry, str, str]
"""Registry, name as the registry compares it, version."""


class Inventory(NamedTuple):
    """The packages, sorted by registry, name and version, and what could not be read."""

    packages: Sequence[Package]
    gaps: Sequence[Gap]


class _Named(NamedTuple):
    """One mention and the file that it stands in."""

    mention: Mention | Remote
    place: Place
    folder: str
    source: Source


def may_name_packages(path: str) -> bool:
    """Whether a file can be a manifest or lock file of the tree's own: installed packages and source code are not."""
    base = path.rpartition("/")[2].lower()
    return not _FOREIGN.search(path) and (base in _MANIFESTS_IN_CODE or not _CODE.search(base))


def inventory(views: Iterable[View], seconds: float) -> Inventory:
    """Read all files that name packages; `seconds` is how long one file may take. What installs something by a command, and
    what is only imported, is not part of it."""
    gaps: list[Gap] = []
    named: list[_Named] = []
    for view in views:
        named.extend(_read(view, seconds, gaps))
    locked = {(one.folder, *_key(one.mention)[:2]) for one in named if one.source is not Source.MANIFEST and _version(one)}
    wanted: dict[tuple[Registry, str], list[_Named]] = defaultdict(list)
    groups: dict[Key, list[_Named]] = defaultdict(list)
    for one in named:
        registry, name, version = _key(one.mention)
        if not version and one.source is Source.MANIFEST and _is_locked(locked, one.folder, registry, name):
            wanted[registry, name].append(one)
        else:
            groups[registry, name, version].append(one)
    asked = {key: tuple(ones) for key, ones in wanted.items()}
    purls = {key: purl(key[0], _spelled(ones), key[2], _distribution(ones)) for key, ones in groups.items()}
    versions: dict[tuple[Registry, str], list[str]] = defaultdict(list)
    for key, url in purls.items():
        versions[key[:2]].append(url)
    found = [_package(key, ones, asked.get(key[:2], ()), purls, versions) for key, ones in groups.items()]
    return Inventory(sorted(found, key=lambda one: (one.registry.value, one.name.lower(), one.version, one.wanted)), gaps)


def purl(registry: Registry, name: str, version: str, distribution: str = "") -> str:
    """Give the package URL: `pkg:npm/%40acme/ui@1.0`, `pkg:maven/org.acme/core@2`, `pkg:deb/debian/z@1?distro=debian-12`."""
    namespace = ""
    qualifiers = {}
    match registry:
        case Registry.NPM | Registry.GO if "/" in name:
            namespace, _, name = name.rpartition("/")
        case Registry.MAVEN if ":" in name:
            namespace, _, name = name.partition(":")
        case Registry.DEBIAN | Registry.ALPINE | Registry.RPM:
            namespace = distribution.partition(":")[0] or registry.value.lower()
            qualifiers = {"distro": distribution.replace(":", "-")} if distribution else {}
        case Registry.PYPI:
            name = canonical(registry, name)
        case _:
            pass
    try:
        made = PackageURL(registry.purl, namespace or None, name, version or None, qualifiers or None).to_string()
        # Some names that are only white space come back as nothing.
        return PackageURL.from_string(made).to_string()
    except (ValueError, TypeError):
        return f"pkg:{registry.purl}/unknown"


def _read(view: View, seconds: float, gaps: list[Gap]) -> Iterator[_Named]:
    folder = view.path.rpartition("/")[0]
    budget = Budget(seconds)
    for reader in readers_for(view):
        try:
            for one in reader(view.text, budget):
                source = one.source if isinstance(one, Mention) else Source.MANIFEST
                if isinstance(one, ExtraIndex | Computed) or source not in _COUNTED:
                    continue
                line, column = view.position(one.start)
                yield _Named(one, Place(path=view.path, line=line, column=column), folder, source)
        except Unparsed as error:
            gaps.append(Gap(scanner="packages", path=view.path, kind=GapKind.UNPARSED, detail=str(error)))
        except OutOfTime:
            gaps.append(Gap(scanner="packages", path=view.path, kind=GapKind.TIMEOUT, detail=f"after {seconds:g} s"))


def _key(one: Mention | Remote) -> Key:
    return one.registry, canonical(one.registry, one.name), one.version


def _version(one: _Named) -> str:
    return one.mention.version


def _is_locked(locked: set[tuple[str, Registry, str]], folder: str, registry: Registry, name: str) -> bool:
    """Whether a lock file in this folder, or in one above (a workspace), holds the name."""
    while True:
        if (folder, registry, name) in locked:
            return True
        if not folder:
            return False
        folder = folder.rpartition("/")[0]


def _spelled(ones: Sequence[_Named]) -> str:
    return min(one.mention.name for one in ones)


def _distribution(ones: Sequence[_Named]) -> str:
    return next((one.mention.details.distribution for one in ones if one.mention.details.distribution), "")


def _package(
    key: Key,
    ones: Sequence[_Named],
    asked: Sequence[_Named],
    purls: dict[Key, str],
    versions: dict[tuple[Registry, str], list[str]],
) -> Package:
    """Join all that is said of one package."""
    registry, _, version = key
    details = [one.mention.details for one in ones]
    direct = [one.direct for one in details if one.direct is not None]
    manifest = bool(asked) or any(one.source is Source.MANIFEST for one in ones)
    places = sorted({one.place for one in (*asked, *ones)}, key=lambda one: (one.path, one.line, one.column))
    wanted = [one.mention.wanted for one in (*asked, *ones) if isinstance(one.mention, Mention) and one.mention.wanted]
    groups = [one.mention.details.group for one in (*asked, *ones)]
    needs = {url for each in details for need in each.needs for url in _needed(registry, need, purls, versions)}
    addresses = [one.mention.address if isinstance(one.mention, Remote) else one.mention.details.address for one in ones]
    return Package(
        registry=registry,
        name=_spelled(ones),
        version=version,
        purl=purls[key],
        wanted=wanted[0] if wanted else "",
        hashes=tuple(sorted({one for each in details for one in each.hashes})),
        licences=tuple(dict.fromkeys(one.licence for one in details if one.licence)),
        address=next((one for one in addresses if one), ""),
        direct=True if manifest else any(direct) if direct else None,
        needs=tuple(sorted(needs)),
        places=tuple(places[:_MOST_PLACES]),
        group="" if "" in groups or not groups else groups[0],
    )


def _needed(
    registry: Registry, need: str, purls: dict[Key, str], versions: dict[tuple[Registry, str], list[str]]
) -> Iterator[str]:
    """Find what a lock file's `name` or `name@version` names. A name alone that stands at several versions is left out:
    which one is meant would be a guess."""
    name, at, version = need[1:].rpartition("@") if need.startswith("@") else need.rpartition("@")
    name = (need[0] + name if need.startswith("@") else name) if at else need
    if at:
        exact = purls.get((registry, canonical(registry, name), version))
        if exact:
            yield exact
            return
    candidates = versions.get((registry, canonical(registry, name if at else need)), [])
    if len(candidates) == 1:
        yield candidates[0]
