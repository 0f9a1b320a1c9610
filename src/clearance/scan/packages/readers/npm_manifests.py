"""Reads what JavaScript projects declare: package.json, deno.json."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Computed, Details, ExtraIndex, Mention, Registry, Remote, Source, Unparsed
from clearance.scan.packages.readers.commands import escaped_commands
from clearance.scan.packages.readers.json_text import JsonString, line_of, load, strings
from clearance.scan.packages.readers.npm_requirement import npm_name, npm_requirement, npm_word
from clearance.scan.packages.readers.origin import digest

KINDS = {"dependencies": "", "devDependencies": "dev", "peerDependencies": "peer", "optionalDependencies": "optional"}
"""Kinds of dependencies, and the group of each."""
INSTALL_SCRIPTS = frozenset({"preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare", "prepublish"})
"""Scripts that npm runs when the package is installed: the first three always, the others from a repository or a folder."""
_OVERRIDES = {("overrides",), ("resolutions",), ("pnpm", "overrides")}
_MANAGER = re.compile(r"(npm|pnpm|yarn|bun)@(\d[^+\s]*)(?:\+(sha\d+)\.([0-9a-f]+))?")
_CATALOG = re.compile(r"^(?:workspaces,)?catalogs?(?:,|$)")


class InstallScript(NamedTuple):
    """A script of package.json that runs when the package is installed: its name, its command, and the command's span."""

    name: str
    command: str
    start: int
    end: int


def package_json(text: str, budget: Budget) -> Iterator[Mention | Remote | ExtraIndex | Computed]:
    """Read package.json: all kinds of dependencies, overrides, Bun's catalogs, the package manager, commands in its scripts.

    Raises:
        Unparsed: it is no JSON; what stands before the place has been given.
    """
    private = '"publishConfig"' in text and '"registry"' in text
    may_lack, bundled = _marked(text, budget)
    strange: int | None = None
    for one in strings(text, budget):
        path = one.path
        if path == ("packageManager",):
            yield from _manager(one)
        elif one.key is None or len(path) < 2:
            continue
        elif len(path) == 2 and path[0] in KINDS:
            name = str(path[1])
            group = KINDS[str(path[0])]
            details = Details(group=group, direct=True, bundled=name in bundled)
            found = npm_requirement(name, one.value, one.key, one.span, Source.MANIFEST, details=details)
            if found is None and not npm_name(name):
                strange = one.key[0] if strange is None else strange
            yield from _told(found, private=private, optional=group == "peer" and name in may_lack)
        elif path[:1] in _OVERRIDES or path[:2] in _OVERRIDES:
            yield from _override(text, one, private=private)
        elif _CATALOG.match(",".join(map(str, path[:2]))):
            name = str(path[-1])
            details = Details(direct=True)
            found = npm_requirement(name, one.value, one.key, one.span, Source.MANIFEST, details=details)
            yield from _told(found, private=private)
        elif len(path) == 5 and path[:2] == ("pnpm", "packageExtensions") and path[3] in KINDS:
            yield from _added(str(path[4]), one, private=private)
        elif len(path) == 2 and path[0] == "scripts":
            yield from escaped_commands(text, *one.span, budget)
    load(text)  # what follows its strings may still be no JSON
    if strange is not None:
        raise Unparsed(f"line {line_of(text, strange)}: a name that no package can have")


def _added(name: str, one: JsonString, *, private: bool) -> Iterator[Mention | Remote]:
    """Read what `packageExtensions` add to the dependencies of another package."""
    if one.key is not None:
        details = Details(group="override")
        yield from _told(
            npm_requirement(name, one.value, one.key, one.span, Source.MANIFEST, details=details), private=private
        )


def _marked(text: str, budget: Budget) -> tuple[set[str], set[str]]:
    """Give the peers that may lack, and what is bundled; a glance, since few files have either."""
    if '"peerDependenciesMeta"' not in text and "undle" not in text:
        return set(), set()
    may_lack = set(_OPTIONAL.findall(text)) if '"peerDependenciesMeta"' in text else set()
    bundled = {
        one.value
        for one in strings(text, budget)
        if len(one.path) == 2 and one.path[0] in {"bundledDependencies", "bundleDependencies"}
    }
    return may_lack, bundled


_OPTIONAL = re.compile(r'"([^"\\\n]+)"\s*:\s*\{\s*"optional"\s*:\s*true\s*\}')


def _told(found: Mention | Remote | None, *, private: bool, optional: bool = False) -> Iterator[Mention | Remote]:
    """Give what a dependency names, if it names anything."""
    if isinstance(found, Mention):
        yield found._replace(private=private, optional=optional)
    elif found:
        yield found


def _override(text: str, one: JsonString, *, private: bool) -> Iterator[Mention | Remote]:
    """Read a version that takes the place of others': the last name of the path, without a range (`a>b@1`, `**/b`)."""
    steps = [str(step) for step in one.path if step not in {"overrides", "resolutions", "pnpm"}]
    if not steps or one.key is None or one.value.startswith("$") or one.value == "-":
        return
    last = steps[-2] if steps[-1] == "." and len(steps) > 1 else steps[-1]
    name = npm_word(_last(last))
    if not name:
        return
    key = one.key
    at = text.rfind(name, *key) if steps[-1] != "." else -1
    key = (at, at + len(name)) if at >= 0 else key
    if at < 0 and steps[-1] == ".":
        found = text.rfind(f'"{last}"', 0, key[0])
        key = (found + 1 + last.rfind(name), found + 1 + last.rfind(name) + len(name)) if found >= 0 else key
    details = Details(group="override")
    yield from _told(npm_requirement(name, one.value, key, one.span, Source.MANIFEST, details=details), private=private)


def _last(key: str) -> str:
    """Take the last name out of a key of overrides or resolutions."""
    parts = re.split(r">(?![=\d])", key)[-1].strip()
    if "/" not in parts:
        return parts
    pieces = parts.split("/")
    return "/".join(pieces[-2:]) if pieces[-2].startswith("@") else pieces[-1]


def _manager(one: JsonString) -> Iterator[Mention]:
    """Read `packageManager`, which Corepack downloads and runs: `pnpm@9.1.0+sha512.…`. Yarn from 2 on is no npm package."""
    found = _MANAGER.fullmatch(one.value)
    if not found or (found[1] == "yarn" and not found[2].startswith("1.")):
        return
    given = digest(f"{found[3]}:{found[4]}") if found[3] else ""
    start = one.span[0]
    yield Mention(
        Registry.NPM, found[1], start, start + len(found[1]), Source.MANIFEST, version=found[2], wanted=found[2],
        place=(start + found.start(2), start + found.end(2)),
        details=Details(hashes=(given,) if given else (), group="dev", direct=True),
    )  # fmt: skip


def install_scripts(text: str, budget: Budget) -> Iterator[InstallScript]:
    """Give the scripts of a package.json that run when the package itself is installed.

    Raises:
        Unparsed: it is no JSON.
    """
    if '"scripts"' not in text:
        return
    for one in strings(text, budget):
        if len(one.path) == 2 and one.path[0] == "scripts" and one.path[1] in INSTALL_SCRIPTS:
            yield InstallScript(str(one.path[1]), one.value, *one.span)


def deno_json(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read the imports of deno.json, deno.jsonc or an import map: npm packages, and modules from addresses.

    Raises:
        Unparsed: it is no JSON.
    """
    for one in strings(text, budget):
        if one.key is None or "imports" not in one.path[:2]:
            continue
        if one.value.startswith(("npm:", "https://", "http://")):
            span: Span = one.span
            value = one.value
            if value.startswith("npm:/"):
                value, span = f"npm:{value[5:]}", (span[0] + 1, span[1])
            found = npm_requirement(
                str(one.path[-1]).rstrip("/"), _package(value), one.key, span, Source.MANIFEST, details=Details(direct=True)
            )
            if isinstance(found, Mention):
                yield found._replace(alias="" if found.alias == found.name else found.alias)
            elif found:
                yield found


def _package(value: str) -> str:
    """Cut the path inside a package off `npm:name@1/path`."""
    if not value.startswith("npm:"):
        return value
    pieces = value.split("/")
    return "/".join(pieces[: 2 if value.startswith("npm:@") else 1])
