"""Names without a fixed version where nothing else fixes it, and entries without a hash among entries with one."""

import re
from collections.abc import Iterator, Sequence

from clearance.facts.finding import Confidence, Gap, Severity
from clearance.scan.family import Match
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.mention import Mention, Registry, Source

UNPINNED = "package-unpinned"
UNHASHED = "package-unhashed"
_SHOWN = 3
_LOCKS = {
    Registry.PYPI: ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock", "conda-lock.yml"),
    Registry.NPM: ("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb"),
}
"""Lock files that fix what a manifest beside or below them leaves open."""
_AUTOMATED = re.compile(
    r"(?:^|/)(?:\.github/(?:workflows|actions)/|\.circleci/|\.gitlab-ci|\.gitlab/|azure-pipelines|bitbucket-pipelines|Jenkinsfile"
    r"|\.travis\.yml|\.drone\.yml|\.woodpecker|cloudbuild\.ya?ml|buildspec\.ya?ml|appveyor\.yml|\.buildkite/|action\.ya?ml$)",
    re.IGNORECASE,
)
_SIDE = re.compile(
    r"(?:^|[/._-])(?:dev|tests?|testing|docs?|lint|ci|build|examples?|constraints?)(?:[/._-]|$)", re.IGNORECASE
)
_INSTALLERS = frozenset({"pip", "setuptools", "wheel", "npm", "yarn", "pnpm", "corepack"})
"""What an image brings along and people bring up to date."""
_INSISTS = re.compile(r"(?m)^\s*--require-hashes\b")
"""The option of a requirements file that makes pip refuse what has no hash."""
_COMPILED = re.compile(r"\.in$")


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Give what is installed in whatever version there is on the day."""
    yield from _unhashed(asked)
    if _is_automated(asked):
        yield from _commands(asked)
    elif _is_application(asked):
        yield from _manifest(asked)


def _is_automated(asked: Asked) -> bool:
    return asked.view.language == "dockerfile" or bool(_AUTOMATED.search(asked.view.path))


def _commands(asked: Asked) -> Iterator[Match]:
    """Tell each line of an image's or pipeline's file that installs names without a version."""
    lines: dict[int, list[Mention]] = {}
    for mention in asked.named:
        if mention.source is Source.COMMAND and not _is_fixed(asked, mention) and mention.key[1] not in _INSTALLERS:
            lines.setdefault(asked.view.position(mention.start)[0], []).append(mention)
    for mentions in lines.values():
        yield _match(
            mentions, "installed in whatever version there is on the day", " ".join(sorted(one.key[1] for one in mentions))
        )


def _manifest(asked: Asked) -> Iterator[Match]:
    """Tell an application's manifest that leaves versions open and has no lock file."""
    for registry, locks in _LOCKS.items():
        loose = [
            mention
            for mention in asked.named
            if mention.registry is registry
            and mention.source is Source.MANIFEST
            and not _is_fixed(asked, mention)
            and not mention.optional
            and mention.details.group not in {"build", "peer"}
        ]
        if not loose or asked.siblings is None or asked.siblings.beside(asked.view.path, locks, above=True):
            continue
        base = asked.view.path.rpartition("/")[2]
        if _COMPILED.search(base) and asked.siblings.beside(asked.view.path, [_COMPILED.sub(".txt", base)]):
            continue
        yield _match(loose, "not fixed to a version, and no lock file does it", "manifest")


def _match(mentions: Sequence[Mention], what: str, shape: str) -> Match:
    names = ", ".join(f'"{one.name}"' for one in mentions[:_SHOWN]) + (", …" if len(mentions) > _SHOWN else "")
    many = f"{len(mentions)} names are" if len(mentions) > 1 else "a name is"
    first = mentions[0]
    return Match(
        rule=UNPINNED,
        start=first.start,
        end=first.end,
        message=f"{many} {what}: {names}",
        shape=f"{first.registry.value} {shape}",
    )


def _is_fixed(asked: Asked, mention: Mention) -> bool:
    """Whether a version is fixed, or matters no more."""
    return bool(mention.version) or mention.key in asked.settled


def _is_application(asked: Asked) -> bool:
    """Whether a file is the manifest of something that is run, and not of a library, whose users choose the versions."""
    if asked.contents is None or not asked.contents.complete:
        return False
    base = asked.view.path.rpartition("/")[2]
    if base == "package.json":
        return bool(re.search(r'"private"\s*:\s*true', asked.view.text))
    if base == "pyproject.toml":
        return "[build-system]" not in asked.view.text and "[project]" in asked.view.text
    if base == "Pipfile" or re.fullmatch(r"(?:conda|environment)[\w.-]*\.ya?ml", base):
        return True
    named = re.search(r"requirements?[^/]*\.(?:txt|in|pip)$|(?:^|/)requirements/[^/]+$", asked.view.path, re.IGNORECASE)
    return bool(named) and not _SIDE.search(asked.view.path)


def _unhashed(asked: Asked) -> Iterator[Match]:
    """Tell entries without a hash in a file whose other entries have one, or that asks for hashes."""
    insisted = _INSISTS.search(asked.view.text) is not None and any(one.source is Source.MANIFEST for one in asked.installed)
    entries = [one for one in asked.installed if (one.hashed is not None or insisted) and not one.details.bundled]
    bare = [one for one in entries if not one.hashed]
    if not bare or not (insisted or len(bare) < len(entries)):
        return
    for mention in asked.each(bare):
        yield Match(
            rule=UNHASHED,
            start=mention.start,
            end=mention.end,
            message=f'"{mention.name}" {mention.version} has no hash, unlike the others here'.replace("  ", " "),
            severity=Severity.LOW if mention.source is not Source.LOCKFILE and not mention.version else None,
            confidence=Confidence.HIGH,
            shape=f"{mention.registry.value} {mention.name}",
        )
