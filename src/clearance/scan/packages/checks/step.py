"""Lock files that are out of step with their manifest: names that are declared and not locked, versions outside the
request."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from clearance.facts.finding import Confidence, Gap
from clearance.scan.family import Match
from clearance.scan.packages.checks.asked import Asked, Key
from clearance.scan.packages.checks.ranges import fits
from clearance.scan.packages.mention import Mention, Registry, Source

RULE = "lock-file-out-of-step"
_SHOWN = 3


class Pair(NamedTuple):
    """A manifest and a lock file that is made from it. `whole`: the lock file holds all that the manifest declares, and
    not only some of its groups. `again` is the command that makes it anew."""

    manifest: str
    lock: str
    registry: Registry
    whole: bool
    again: str


_PAIRS = (
    Pair("pyproject.toml", "uv.lock", Registry.PYPI, True, "uv lock"),
    Pair("pyproject.toml", "poetry.lock", Registry.PYPI, True, "poetry lock"),
    Pair("pyproject.toml", "pdm.lock", Registry.PYPI, False, "pdm lock"),
    Pair("pyproject.toml", "pylock.toml", Registry.PYPI, False, "pip lock, or uv export"),
    Pair("Pipfile", "Pipfile.lock", Registry.PYPI, True, "pipenv lock"),
    Pair("package.json", "package-lock.json", Registry.NPM, True, "npm install --package-lock-only"),
    Pair("package.json", "npm-shrinkwrap.json", Registry.NPM, True, "npm install --package-lock-only"),
    Pair("package.json", "pnpm-lock.yaml", Registry.NPM, True, "pnpm install --lockfile-only"),
    Pair("package.json", "yarn.lock", Registry.NPM, True, "yarn install --mode update-lockfile"),
    Pair("package.json", "bun.lock", Registry.NPM, True, "bun install --lockfile-only"),
    Pair("Cargo.toml", "Cargo.lock", Registry.CARGO, True, "cargo update --workspace"),
    Pair("Gemfile", "Gemfile.lock", Registry.RUBYGEMS, True, "bundle lock"),
    Pair("go.mod", "go.sum", Registry.GO, True, "go mod tidy"),
)
_NOT_LOCKED = frozenset({"build", "peer", "constraint", "override", "engines"})
"""Groups that no lock file holds."""
_OVERRIDES = re.compile(
    r'"(?:overrides|resolutions)"\s*:|override-dependencies|constraint-dependencies|\bpatchedDependencies\b'
)
_REPLACED = re.compile(r"(?m)^\s*(?:replace\s+)?([^\s()]+)(?:\s+v\S+)?\s*=>")
_WORKSPACE = re.compile(r'"workspaces"\s*:|\[tool\.uv\.workspace\]|^\[workspace\]', re.MULTILINE)


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Compare a manifest with its lock files, or a lock file whose manifest the change leaves alone with that."""
    if asked.siblings is None or RULE not in asked.rules:
        return
    base = asked.view.path.rpartition("/")[2]
    for pair in _PAIRS:
        if base == pair.manifest:
            yield from _of_manifest(asked, pair)
        elif base == pair.lock:
            yield from _of_lock(asked, pair)


def _of_manifest(asked: Asked, pair: Pair) -> Iterator[Match]:
    path = _lock_of(asked, pair)
    locked = _locked(asked, path, pair) if path else None
    if locked is None:
        return
    for mention, versions in _apart(asked, asked.mentions, asked.view.text, locked, pair):
        start, end = asked.place(mention) if versions else (mention.start, mention.end)
        yield _match(pair, mention, versions, (start, end))


def _of_lock(asked: Asked, pair: Pair) -> Iterator[Match]:
    siblings = asked.siblings
    paths = siblings.beside(asked.view.path, [pair.manifest]) if siblings else []
    if siblings is None or not paths or siblings.changed(paths[0]):
        return
    text, found = siblings.text(paths[0]), siblings.found(paths[0], asked.budget)
    if text is None or found is None:
        return
    locked: dict[Key, list[Mention]] = {}
    for mention in asked.mentions:
        locked.setdefault(mention.key, []).append(mention)
    also = {remote.name.lower() for remote in asked.remotes}
    lost: list[Mention] = []
    for mention, versions in _apart(asked, [one for one in found if isinstance(one, Mention)], text, locked, pair, also):
        if versions:
            yield _match(pair, mention, versions, asked.place(locked[mention.key][0]))
        else:
            lost.append(mention)
    if lost:
        names = ", ".join(f'"{one.name}"' for one in lost[:_SHOWN]) + (", …" if len(lost) > _SHOWN else "")
        verb = "is" if len(lost) == 1 else "are"
        yield Match(
            rule=RULE,
            start=0,
            end=0,
            whole_file=True,
            message=f"{names} {verb} declared in {pair.manifest} and not locked here",
            fix=f"make the lock file anew: `{pair.again}`",
            shape=" ".join(sorted(one.key[1] for one in lost)),
        )


def _lock_of(asked: Asked, pair: Pair) -> str:
    """Find the lock file of a manifest: beside it, or at the root of the workspace to which it belongs."""
    siblings = asked.siblings
    if siblings is None:
        return ""
    beside = siblings.beside(asked.view.path, [pair.lock])
    if beside:
        return beside[0]
    above = siblings.beside(asked.view.path, [pair.lock], above=True)
    if not above:
        return ""
    root = above[0].rpartition("/")[0]
    prefix = f"{root}/" if root else ""
    if pair.lock == "pnpm-lock.yaml":
        return above[0] if siblings.has(f"{prefix}pnpm-workspace.yaml") else ""
    return above[0] if _WORKSPACE.search(siblings.text(prefix + pair.manifest) or "") else ""


def _locked(asked: Asked, path: str, pair: Pair) -> Mapping[Key, Sequence[Mention]] | None:
    """Give what a lock file locks; None where it cannot be read, of which its own look tells."""
    found = asked.siblings.found(path, asked.budget) if asked.siblings else None
    if not found:
        return None
    locked: dict[Key, list[Mention]] = {}
    for one in found:
        if isinstance(one, Mention):
            locked.setdefault(one.key, []).append(one)
        elif one.__class__.__name__ == "Remote":
            # What comes from an address is locked, too; its version is not compared.
            stand_in = Mention(pair.registry, getattr(one, "name", ""), one.start, one.end, Source.LOCKFILE)
            locked.setdefault(stand_in.key, []).append(stand_in)
    return locked


def _apart(
    asked: Asked,
    declared: Iterable[Mention],
    text: str,
    locked: Mapping[Key, Sequence[Mention]],
    pair: Pair,
    also: Iterable[str] = (),
) -> Iterator[tuple[Mention, list[str]]]:
    """Give each declared name that is not locked (with no versions), or is locked at other versions than it asks for."""
    forced = _OVERRIDES.search(text) is not None
    replaced = set(_REPLACED.findall(text)) if pair.registry is Registry.GO else set()
    elsewhere = set(also)
    seen: set[Key] = set()
    for mention in asked.each(list(declared)):
        if (
            mention.registry is not pair.registry
            or mention.source is not Source.MANIFEST
            or mention.details.group in _NOT_LOCKED
            or mention.key in seen
            or mention.name in replaced
            or mention.name.lower() in elsewhere
        ):
            continue
        seen.add(mention.key)
        there = locked.get(mention.key)
        if there is None:
            conditional = mention.optional or mention.details.marker or (mention.details.group and not pair.whole)
            if not conditional and not asked.tree.is_own(*mention.key) and not _by_alias(mention, locked):
                yield mention, []
            continue
        versions = [one.version for one in there]
        wanted = mention.wanted or mention.version
        if forced or not wanted or not all(versions):
            continue
        if pair.registry is Registry.GO:
            apart = wanted not in versions
        else:
            apart = all(fits(pair.registry, wanted, version) is False for version in versions)
        if apart:
            yield mention, versions


def _by_alias(mention: Mention, locked: Mapping[Key, Sequence[Mention]]) -> bool:
    """Whether a name is locked under the alias by which it is installed."""
    return bool(mention.alias) and (mention.registry, mention.alias.lower()) in locked


def _match(pair: Pair, mention: Mention, versions: list[str], span: tuple[int, int]) -> Match:
    wanted = mention.wanted or mention.version
    if versions:
        there = ", ".join(versions[:_SHOWN])
        said = f'"{mention.name}" is locked at {there} in {pair.lock}, but {pair.manifest} asks for {wanted}'
    else:
        said = f'"{mention.name}" is declared in {pair.manifest} and not locked in {pair.lock}'
    return Match(
        rule=RULE,
        start=span[0],
        end=span[1],
        message=said,
        fix=f"make the lock file anew: `{pair.again}`",
        confidence=Confidence.HIGH if versions else None,
        shape=f"{mention.registry.value} {mention.name} {wanted} {' '.join(sorted(versions)) if versions else ''}",
    )
