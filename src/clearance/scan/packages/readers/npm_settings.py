"""Reads which registries .npmrc, .yarnrc, .yarnrc.yml and bunfig.toml name. Tokens in them are another family's matter."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Details, ExtraIndex, Mention, Registry, Remote, Source, Unparsed
from clearance.scan.packages.readers.npm_requirement import npm_requirement
from clearance.scan.packages.readers.origin import bare
from clearance.scan.packages.readers.toml_text import TomlString, parse, walk
from clearance.scan.packages.readers.yaml_text import pairs

_KINDS = frozenset({"dependencies", "optionalDependencies", "peerDependencies"})
_NPMRC = re.compile(r"(?m)^[ \t]*(?:@[\w.-]+:)?registry[ \t]*=[ \t]*[\"']?([^\s\"'#;]+)")
_YARNRC = re.compile(r"(?m)^[ \t]*\"?(?:@[\w.-]+:)?(?:registry|npmRegistryServer)\"?[ \t]+\"?([^\s\"#]+)")


def npmrc(text: str, budget: Budget) -> Iterator[ExtraIndex]:
    """Read .npmrc: the registry, and those of scopes. Each takes the place of the default one for what it is set for."""
    yield from _found(_NPMRC, text, budget)


def yarnrc(text: str, budget: Budget) -> Iterator[ExtraIndex]:
    """Read .yarnrc of Yarn 1."""
    yield from _found(_YARNRC, text, budget)


def _found(pattern: re.Pattern[str], text: str, budget: Budget) -> Iterator[ExtraIndex]:
    for found in pattern.finditer(text):
        budget.check()
        yield ExtraIndex(
            Registry.NPM, bare(found[1]), *found.span(1), only=True, part="@" in text[found.start() : found.start(1)]
        )


def yarnrc_yml(text: str, budget: Budget) -> Iterator[ExtraIndex | Mention | Remote]:
    """Read .yarnrc.yml: `npmRegistryServer`, also of scopes, and what `packageExtensions` add to other packages.

    Raises:
        Unparsed: it is no YAML.
    """
    for pair in pairs(text, budget):
        if pair.path[-1] == "npmRegistryServer" and pair.value:
            yield ExtraIndex(Registry.NPM, bare(pair.value), *pair.span, only=True, part=len(pair.path) > 1)
        elif pair.value and len(pair.path) == 4 and pair.path[0] == "packageExtensions" and pair.path[2] in _KINDS:
            details = Details(group="override")
            found = npm_requirement(pair.path[3], pair.value, pair.key, pair.span, Source.MANIFEST, details=details)
            if found:
                yield found


def bunfig(text: str, budget: Budget) -> Iterator[ExtraIndex]:
    """Read bunfig.toml: `install.registry`, and the registries of scopes.

    Raises:
        Unparsed: it is no TOML.
    """
    for event in walk(text, budget):
        if isinstance(event, TomlString) and (
            event.path in {("install", "registry"), ("install", "registry", "url")}
            or (event.path[:2] == ("install", "scopes") and (len(event.path) == 3 or event.path[3:] == ("url",)))
        ):
            part = event.path[1] == "scopes"
            yield ExtraIndex(Registry.NPM, bare(event.value), *event.span, only=True, part=part)
    problem = parse(text, "bunfig.toml")[1]
    if problem:
        raise Unparsed(problem)
