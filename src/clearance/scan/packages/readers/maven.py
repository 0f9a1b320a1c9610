"""Reads Maven's pom.xml: dependencies, their management, the parent, plugins, extensions, and other repositories."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Details, ExtraIndex, Mention, Registry, Source
from clearance.scan.packages.readers.origin import bare
from clearance.scan.packages.readers.xml_text import Element, text_span, tree, walk

_PROPERTY = re.compile(r"\$\{([\w.-]{1,200})\}")
_KINDS = frozenset({"dependency", "parent", "plugin", "extension", "annotationProcessorPath", "path"})
_PLUGINS = "org.apache.maven.plugins"
_CENTRAL = re.compile(r"https?://(?:repo1?\.maven\.(?:apache\.)?org|central\.maven\.org|repo\.maven\.apache\.org)/maven2/?")
_LONGEST = 400


def pom(text: str, budget: Budget) -> Iterator[Mention | ExtraIndex]:
    """Read pom.xml. Properties and managed versions of the same file are put in; what a parent sets is not known.

    Raises:
        Unparsed: it is no XML, or has a document type.
    """
    root = tree(text, budget)
    properties = _properties(root)
    paths = [path for path in walk(root, budget) if path[-1].name in _KINDS and path[-1].find("artifactId")]
    managed = {
        key: (version, path[-1])
        for path in paths
        if any(above.name.endswith("Management") for above in path[:-1]) and (key := _key(path[-1], properties))
        and (version := path[-1].value("version"))
    }  # fmt: skip
    for path in paths:
        mention = _mention(text, path, properties, managed)
        if mention:
            yield mention
    for path in walk(root, budget):
        if path[-1].name in {"repository", "pluginRepository", "mirror"} and path[-1].find("url"):
            place = path[-1].find("url")
            address = _filled(path[-1].value("url"), properties)
            published = any(above.name == "distributionManagement" for above in path)
            if place and "://" in address and not published and not _CENTRAL.fullmatch(address):
                yield ExtraIndex(Registry.MAVEN, bare(address), *text_span(text, place), path[-1].name == "mirror")


def _properties(root: Element) -> dict[str, str]:
    """Give the properties that the file itself sets, those of the project among them."""
    properties: dict[str, str] = {}
    for holder in (root, *(root.find("profiles") or root).children):
        for one in (holder.find("properties") or Element("", {}, 0)).children:
            properties.setdefault(one.name, one.text.strip())
    parent = root.find("parent") or Element("", {}, 0)
    for name in ("groupId", "version", "artifactId"):
        value = root.value(name) or parent.value(name)
        for prefix in ("project.", "pom.", ""):
            properties.setdefault(f"{prefix}{name}", value)
        properties.setdefault(f"project.parent.{name}", parent.value(name))
    return properties


def _filled(value: str, properties: dict[str, str]) -> str:
    """Put properties in; three times at most, so that one that names itself ends."""
    for _ in range(3):
        if "${" not in value:
            break
        value = _PROPERTY.sub(lambda found: properties.get(found[1]) or found[0], value)[:_LONGEST]
    return value


def _key(element: Element, properties: dict[str, str]) -> str:
    group = _filled(element.value("groupId"), properties) or (_PLUGINS if element.name == "plugin" else "")
    artifact = _filled(element.value("artifactId"), properties)
    name = f"{group}:{artifact}"
    return name if group and artifact and "${" not in name and re.fullmatch(r"[\w.-]+:[\w.-]+", name) else ""


def _mention(
    text: str, path: tuple[Element, ...], properties: dict[str, str], managed: dict[str, tuple[str, Element]]
) -> Mention | None:
    element = path[-1]
    name = _key(element, properties)
    scope = _filled(element.value("scope"), properties)
    if (
        not name
        or scope == "system"
        or name == f"{properties.get('project.groupId')}:{properties.get('project.artifactId')}"
    ):
        return None
    if element.name == "parent" and len(path) != 2:
        return None
    place = element.find("version")
    wanted = _filled(element.value("version"), properties)
    if not wanted and name in managed:
        raw, other = managed[name]
        wanted, place = _filled(raw, properties), other.find("version")
    exact = wanted.strip("[]") if re.fullmatch(r"\[[^,\[\]()]+\]", wanted) else wanted
    known = exact if re.fullmatch(r"[\w.+-]+", exact) and exact not in {"LATEST", "RELEASE"} else ""
    artifact = element.find("artifactId")
    start, end = text_span(text, artifact) if artifact else (0, 0)
    group = "plugin" if element.name != "dependency" else "dev" if scope == "test" else scope if scope == "provided" else ""
    return Mention(
        Registry.MAVEN, name, start, end, Source.MANIFEST, optional=element.value("optional") == "true", version=known,
        wanted=wanted, place=text_span(text, place) if place else (0, 0), details=Details(group=group, direct=True),
    )  # fmt: skip
