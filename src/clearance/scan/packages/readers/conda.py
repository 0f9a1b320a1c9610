"""Reads conda's files: environments, recipes (also those with Jinja, which are no YAML), lock files, pixi.toml."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Details, ExtraIndex, Mention, Registry, Remote, Source, Unparsed
from clearance.scan.packages.readers.commands_python import conda_word
from clearance.scan.packages.readers.installers import placed_at
from clearance.scan.packages.readers.origin import bare, digest, host
from clearance.scan.packages.readers.placed import UNKNOWN, Placed
from clearance.scan.packages.readers.requirement import index_is_public, python_requirement
from clearance.scan.packages.readers.toml_text import TomlKey, TomlString, parse, walk
from clearance.scan.packages.readers.yaml_commands import BadYaml, Scalar, placed, scalars

_OPTION = re.compile(r"(-i|--index-url|--extra-index-url|-f|--find-links)[ =]+(\S+)")
_SECTION = re.compile(
    r"^(\s*)(?:- )?(build|host|run|requires|run_constrained|run_constraints|constrains|requirements|test|depends)\s*:"
    r"\s*(?:#.*)?$"
)
_ITEM = re.compile(r"^(\s*)-\s+(?:(?:if|then|else):\s*)?[\"']?([^\"'#\n]+?)[\"']?\s*(?:#.*)?$")
_JINJA = re.compile(r"\$?\{\{.*?\}\}")
_EXPLICIT = re.compile(
    r"^(https?://\S+/)([\w.-]+)-([^-\s/]+)-[^-\s/]+?\.(?:conda|tar\.bz2)(?:#(?:sha256:)?([0-9a-f]+))?[ \t]*\r?$",
    re.MULTILINE,
)
_PUBLIC = ("conda.anaconda.org", "repo.anaconda.com", "repo.prefix.dev", "prefix.dev")
_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*")


def environment(text: str, budget: Budget) -> Iterator[Mention | Remote | ExtraIndex]:
    """Read environment.yml: conda's own names, and the `pip:` list as PyPI's.

    Raises:
        Unparsed: it is no YAML.
    """
    found = _parsed(text, budget)
    channels = [one.value for one in found if one.path[:1] == ("channels",)]
    foreign = [
        one for one in found if one.path[:1] == ("channels",) and "://" in one.value and host(one.value) not in _PUBLIC
    ]
    for channel in foreign:
        yield ExtraIndex(
            Registry.CONDA, bare(channel.value), *placed(text, channel).span(0, len(channel.value)), len(channels) == 1
        )
    private = False
    for one in found:
        if "pip" in one.path and one.path[:1] == ("dependencies",) and (option := _OPTION.match(one.value)):
            piece = placed(text, one)
            span = piece.span(*option.span(2))
            if "://" in option[2]:
                yield ExtraIndex(Registry.PYPI, bare(option[2]), *span, option[1] in {"-i", "--index-url"})
            private = private or not index_is_public(option[2])
    for one in found:
        if one.path[:1] != ("dependencies",) or len(one.path) < 2:
            continue
        piece = placed(text, one)
        if one.path[2:3] == ("pip",):
            yield from _pip(piece, private=private)
        elif len(one.path) == 2 and one.value:
            mention = conda_word(piece, Source.MANIFEST, channels if len(channels) == 1 else ())
            if mention:
                yield mention._replace(private=mention.private or bool(foreign))


def _pip(piece: Placed, *, private: bool) -> Iterator[Mention | Remote]:
    text = re.sub(r"^(?:-e|--editable)[ =]+", lambda found: " " * len(found[0]), piece.text)
    if text.lstrip().startswith(("-", ".", "/")):
        return
    requirement = python_requirement(text, 0, len(text), Source.MANIFEST)
    if requirement:
        moved = placed_at(requirement, piece)
        yield moved._replace(private=private) if isinstance(moved, Mention) else moved


def _parsed(text: str, budget: Budget) -> list[Scalar]:
    try:
        return list(scalars(text, budget))
    except BadYaml as error:
        raise Unparsed(str(error)) from None


def recipe(text: str, budget: Budget) -> Iterator[Mention]:
    """Read meta.yaml or recipe.yaml line by line: the names under `build`, `host`, `run` and `requires`."""
    level, wanted, at = -1, False, 0
    group = ""
    for number, line in enumerate(text.split("\n"), 1):
        if not number & 0xFF:
            budget.check()
        start, at = at, at + len(line) + 1
        section = _SECTION.match(line[:400])
        item = _ITEM.match(line[:400])
        if section:
            wanted = section[2] not in {"requirements", "test"}
            level, group = len(section[1]), section[2]
        elif item and wanted and len(item[1]) >= level:
            masked = _JINJA.sub(lambda found: UNKNOWN * len(found[0]), line[: item.end(2)])
            piece = Placed(masked[item.start(2) :], ((0, start + item.start(2)),))
            mention = conda_word(piece, Source.MANIFEST)
            if mention:
                yield mention._replace(details=mention.details._replace(group=group if group != "run" else ""))
        elif (
            line.strip()
            and not line.lstrip().startswith(("#", "-", "{"))
            and len(line) - len(line.lstrip()) <= max(level, 0)
        ):
            wanted = False


def lock(text: str, budget: Budget) -> Iterator[Mention]:
    """Read conda-lock.yml (version 1): packages of both managers with versions, hashes and addresses.

    Raises:
        Unparsed: it is no YAML, or a package has no name.
    """
    number: int | str = -1
    parts: dict[str, Scalar] = {}
    needs: list[str] = []
    for one in _streamed(text, budget):
        if one.path[:1] != ("package",) or len(one.path) < 3:
            continue
        if one.path[1] != number:
            yield from _locked(text, parts, needs)
            number, parts, needs = one.path[1], {}, []
        if one.path[2] == "dependencies" and len(one.path) > 3:
            needs.append(str(one.path[3]))
        else:
            parts[".".join(str(step) for step in one.path[2:])] = one
    yield from _locked(text, parts, needs)


def _streamed(text: str, budget: Budget) -> Iterator[Scalar]:
    try:
        yield from scalars(text, budget)
    except BadYaml as error:
        raise Unparsed(str(error)) from None


def _locked(text: str, parts: dict[str, Scalar], needs: list[str]) -> Iterator[Mention]:
    if not parts:
        return
    name, version = parts.get("name"), parts.get("version")
    if name is None or version is None:
        line = text.count("\n", 0, next(iter(parts.values())).start) + 1
        raise Unparsed(f"line {line}: a package without a name and a version")
    pip = "manager" in parts and parts["manager"].value == "pip"
    address = parts["url"].value if "url" in parts else ""
    digests = (digest(f"{kind}:{parts[f'hash.{kind}'].value}") for kind in ("sha256", "md5") if f"hash.{kind}" in parts)
    hashes = tuple(one for one in digests if one)
    private = bool(address) and host(address) not in {*_PUBLIC, "files.pythonhosted.org"}
    yield Mention(
        Registry.PYPI if pip else Registry.CONDA, name.value, *placed(text, name).span(0, len(name.value)), Source.LOCKFILE,
        private=private, version=version.value, wanted=version.value,
        place=placed(text, version).span(0, len(version.value)), hashed=bool(hashes),
        details=Details(hashes=hashes, address=bare(address), host=host(address), needs=tuple(needs),
                        group=parts["category"].value if "category" in parts and parts["category"].value != "main" else ""),
    )  # fmt: skip


def explicit(text: str, budget: Budget) -> Iterator[Mention]:
    """Read an explicit list of conda (`@EXPLICIT`): addresses of files with their digests."""
    if "@EXPLICIT" not in text:
        return
    for found in _EXPLICIT.finditer(text):
        budget.check()
        kind = {32: "md5", 64: "sha256"}.get(len(found[4] or ""))
        hashes = (f"{kind}:{found[4]}",) if kind else ()
        yield Mention(
            Registry.CONDA, found[2], *found.span(2), Source.LOCKFILE, private=host(found[1]) not in _PUBLIC,
            version=found[3], wanted=found[3], place=found.span(3), hashed=bool(hashes),
            details=Details(hashes=hashes, address=bare(found[0].partition("#")[0].strip()), host=host(found[1])),
        )  # fmt: skip


def pixi(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read pixi.toml: `dependencies` are conda's, `pypi-dependencies` are PyPI's, also those of features and targets.

    Raises:
        Unparsed: it is no TOML (what can be read of it comes first).
    """
    given: dict[tuple[str, ...], dict[str, TomlString]] = {}
    keys: dict[tuple[str, ...], tuple[int, int]] = {}
    for event in walk(text, budget):
        at = next((index for index, step in enumerate(event.path) if step.endswith("dependencies")), -1)
        if at < 0 or len(event.path) < at + 2:
            continue
        path = event.path[: at + 2]
        if isinstance(event, TomlKey):
            keys.setdefault(path, event.span)
        else:
            given.setdefault(path, {})[event.path[-1] if len(event.path) > at + 2 else "version"] = event
    for path, span in keys.items():
        parts = given.get(path, {})
        pip = path[-2] == "pypi-dependencies"
        if "path" in parts or not _NAME.fullmatch(path[-1]):
            continue
        address = parts.get("git") or parts.get("url")
        if address:
            pinned = "rev" in parts and bool(re.fullmatch(r"[0-9a-f]{40}", parts["rev"].value))
            yield Remote(path[-1], bare(address.value), *address.span, pinned, Registry.PYPI if pip else Registry.CONDA)
            continue
        version = parts.get("version")
        wanted = version.value.strip() if version and version.value != "*" else ""
        exact = re.fullmatch(r"==?\s*(\d[\w.!+]*)", wanted)
        yield Mention(
            Registry.PYPI if pip else Registry.CONDA, path[-1], *span, Source.MANIFEST, version=exact[1] if exact else "",
            wanted=wanted, place=version.span if version else (0, 0), details=Details(direct=True),
        )  # fmt: skip
    _, problem = parse(text, "pixi.toml")
    if problem:
        raise Unparsed(problem)
