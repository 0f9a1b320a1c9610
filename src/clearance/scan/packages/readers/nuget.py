"""Reads NuGet's files: project files, Directory.Packages.props, packages.config, packages.lock.json, nuget.config."""

import binascii
import re
from collections.abc import Iterator

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Details, ExtraIndex, Mention, Registry, Source
from clearance.scan.packages.readers.json_text import JsonString, strings
from clearance.scan.packages.readers.origin import bare
from clearance.scan.packages.readers.xml_text import Element, attribute_span, text_span, tree, walk

_REFERENCES = frozenset({"PackageReference", "PackageVersion", "GlobalPackageReference", "DotNetCliToolReference",
                         "PackageDownload"})  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9_][\w.-]{0,127}")
_EXACT = re.compile(r"\d+(?:\.\d+){0,3}(?:-[\w.-]+)?(?:\+[\w.-]+)?")
_PROPERTY = re.compile(r"\$\(([\w.]{1,100})\)")
_PUBLIC = re.compile(r"https?://(?:api|www)\.nuget\.org/.*")


def project(text: str, budget: Budget) -> Iterator[Mention]:
    """Read *.csproj, *.fsproj, *.vbproj, *.props, *.targets; properties of the same file are put in.

    Raises:
        Unparsed: it is no XML, or has a document type.
    """
    root = tree(text, budget)
    paths = list(walk(root, budget))
    properties = {
        path[-1].name: path[-1].text.strip() for path in paths if len(path) > 1 and path[-2].name == "PropertyGroup"
    }
    for path in paths:
        element = path[-1]
        if element.name in _REFERENCES:
            yield from _reference(text, element, properties)
        elif element.name == "Project" and "/" in element.attributes.get("Sdk", ""):
            yield from _sdk(text, element)


def _reference(text: str, element: Element, properties: dict[str, str]) -> Iterator[Mention]:
    attribute = "Include" if "Include" in element.attributes else "Update"
    name = element.attributes.get(attribute, "").strip()
    if not _NAME.fullmatch(name):
        return
    span = attribute_span(text, element, attribute)
    wanted, place = "", (0, 0)
    for version in ("VersionOverride", "Version"):
        if version in element.attributes:
            wanted, place = element.attributes[version].strip(), attribute_span(text, element, version)
            break
        child = element.find(version)
        if child:
            wanted, place = child.text.strip(), text_span(text, child)
            break
    wanted = _PROPERTY.sub(lambda found: properties.get(found[1]) or found[0], wanted)[:200]
    private = element.attributes.get("PrivateAssets", element.value("PrivateAssets")).lower() == "all"
    yield Mention(
        Registry.NUGET, name, *span, Source.MANIFEST, version=exact(wanted), wanted=wanted, place=place,
        details=Details(direct=True, group="dev" if private else ""),
    )  # fmt: skip


def _sdk(text: str, element: Element) -> Iterator[Mention]:
    name, _, version = element.attributes["Sdk"].partition("/")
    first, _ = attribute_span(text, element, "Sdk")
    if _NAME.fullmatch(name):
        place = (first + len(name) + 1, first + len(name) + 1 + len(version))
        yield Mention(
            Registry.NUGET, name, first, first + len(name), Source.MANIFEST, version=exact(version), wanted=version,
            place=place, details=Details(direct=True, group="build"),
        )  # fmt: skip


def exact(wanted: str) -> str:
    """Give the exact version of a request. `1.2` is a lower bound by NuGet's rules, and what a restore takes."""
    inner = wanted.strip()[1:-1].strip() if re.fullmatch(r"\[[^,\[\]()]+\]", wanted.strip()) else wanted.strip()
    return inner if _EXACT.fullmatch(inner) else ""


def packages_config(text: str, budget: Budget) -> Iterator[Mention]:
    """Read packages.config.

    Raises:
        Unparsed: it is no XML, or has a document type.
    """
    for path in walk(tree(text, budget), budget):
        element = path[-1]
        name = element.attributes.get("id", "")
        if element.name == "package" and _NAME.fullmatch(name):
            wanted = element.attributes.get("version", "")
            place = attribute_span(text, element, "version") if wanted else (0, 0)
            dev = element.attributes.get("developmentDependency", "").lower() == "true"
            yield Mention(
                Registry.NUGET, name, *attribute_span(text, element, "id"), Source.MANIFEST, version=exact(wanted),
                wanted=wanted, place=place, details=Details(direct=True, group="dev" if dev else ""),
            )  # fmt: skip


def settings(text: str, budget: Budget) -> Iterator[ExtraIndex]:
    """Read nuget.config: sources beside nuget.org.

    Raises:
        Unparsed: it is no XML, or has a document type.
    """
    paths = list(walk(tree(text, budget), budget))
    cleared = any(path[-1].name == "clear" and path[-2].name == "packageSources" for path in paths if len(path) > 1)
    for path in paths:
        address = path[-1].attributes.get("value", "")
        is_source = len(path) > 1 and path[-1].name == "add" and path[-2].name == "packageSources"
        if is_source and "://" in address and not _PUBLIC.fullmatch(address):
            yield ExtraIndex(Registry.NUGET, bare(address), *attribute_span(text, path[-1], "value"), cleared)


class _Locked:
    """A package of packages.lock.json while its keys are read."""

    def __init__(self, name: str, key: Span) -> None:
        self.name = name
        self.key = key
        self.values: dict[str, JsonString] = {}
        self.needs: list[str] = []


def packages_lock(text: str, budget: Budget) -> Iterator[Mention]:
    """Read packages.lock.json: each package once, with its content hash (SHA-512 in base64).

    Raises:
        Unparsed: it is no JSON.
    """
    locked: dict[tuple[str | int, ...], _Locked] = {}
    places = _Keys(text)
    for one in strings(text, budget):
        if len(one.path) < 4 or one.path[0] != "dependencies" or one.key is None:
            continue
        path = one.path[:3]
        if path not in locked:
            locked[path] = _Locked(str(path[2]), places.before(str(path[2]), one.key[0]))
        if len(one.path) == 4:
            locked[path].values[str(one.path[3])] = one
        elif one.path[3] == "dependencies":
            locked[path].needs.append(str(one.path[4]))
    seen: set[tuple[str, str]] = set()
    for package in locked.values():
        version = package.values.get("resolved")
        kind = package.values["type"].value if "type" in package.values else ""
        if version is None or kind == "Project" or (package.name, version.value) in seen:
            continue
        seen.add((package.name, version.value))
        hashes = _digest(package.values["contentHash"].value) if "contentHash" in package.values else ()
        yield Mention(
            Registry.NUGET, package.name, *package.key, Source.LOCKFILE, version=version.value, wanted=version.value,
            place=version.span, hashed=bool(hashes),
            details=Details(hashes=hashes, needs=tuple(package.needs), direct=kind in {"Direct", "CentralTransitive"}),
        )  # fmt: skip


class _Keys:
    """Finds the key of the object that a key stands in, which the walk over JSON does not tell."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def before(self, name: str, inner: int) -> Span:
        """Give the span of the last key `name` before an offset, not before the one found last."""
        at = self._text.rfind(f'"{name}"', self._at, inner)
        self._at = inner
        return (at + 1, at + 1 + len(name)) if at >= 0 else (inner, inner)


def _digest(encoded: str) -> tuple[str, ...]:
    try:
        digest = binascii.a2b_base64(encoded, strict_mode=True)
    except (binascii.Error, ValueError):
        return ()
    return (f"sha512:{digest.hex()}",) if len(digest) == 64 else ()
