"""Reads lock files. They are written by machines and large, so they are cut into blocks instead of parsed in full."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Mention, Registry, Source, Unparsed
from clearance.scan.packages.requirement import npm_word, python_name

_BLOCK = re.compile(r"(?m)^[ \t]*\[\[[ \t]*packages?[ \t]*\]\][^\n]*\n")
_NAME = re.compile(r"""(?m)^[ \t]*name[ \t]*=[ \t]*["']([^"'\n]*)["']""")
# How poetry, uv, PDM and PEP 751 say that a package does not come from an index.
_ELSEWHERE = re.compile(
    r"""(?m)^[ \t]*(?:source[ \t]*=[ \t]*\{[ \t]*(?:editable|virtual|git|url|path|directory)\b
    |(?:git|path|url|editable|vcs|directory|archive|packages\.vcs)[ \t]*=
    |\[packages?\.(?:vcs|directory|archive)\]
    |type[ \t]*=[ \t]*["'](?:git|url|directory|file|legacy)["'])""",
    re.VERBOSE,
)


def toml_lock(text: str, budget: Budget) -> Iterator[Mention]:
    """Read poetry.lock, uv.lock, pdm.lock, or pylock.toml (PEP 751).

    Raises:
        Unparsed: a block of a package has no name in the form that the tools write.
    """
    starts = [found.end() for found in _BLOCK.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        budget.check()
        found = _NAME.search(text, start, end)
        if not found:
            raise Unparsed("a package without a name")
        if not _ELSEWHERE.search(text, start, end) and python_name(found[1]):
            yield Mention(Registry.PYPI, found[1], *found.span(1), Source.LOCKFILE)


def _load(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Unparsed("not JSON") from None
    if not isinstance(value, dict):
        raise Unparsed("not a JSON object")
    return value


def _objects(value: object) -> dict[str, dict[str, object]]:
    return {key: entry for key, entry in value.items() if isinstance(entry, dict)} if isinstance(value, dict) else {}


class _Keys:
    """Finds JSON keys in the order in which they stand, so that all together cost one walk over the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def place(self, key: str) -> Span:
        """Give the span of an object's key inside its quotes; of the file's start when it cannot be found."""
        quoted = json.dumps(key, ensure_ascii=False)
        for needle in (f"{quoted}: {{", quoted):
            for start in (self._at, 0):
                at = self._text.find(needle, start)
                if at >= 0:
                    self._at = at
                    return at + 1, at + len(quoted) - 1
        return 0, 0


def pipfile_lock(text: str, budget: Budget) -> Iterator[Mention]:
    """Read Pipfile.lock.

    Raises:
        Unparsed: it is no JSON object.
    """
    whole = _load(text)
    sources = _objects(whole).get("_meta", {}).get("sources")
    private = isinstance(sources, list) and len(sources) > 1
    keys = _Keys(text)
    for group in ("default", "develop"):
        for name, entry in _objects(whole.get(group)).items():
            budget.check()
            if not {"git", "path", "file", "url"} & entry.keys() and python_name(name):
                yield Mention(Registry.PYPI, name, *keys.place(name), Source.LOCKFILE, private=private)


def package_lock(text: str, budget: Budget) -> Iterator[Mention]:
    """Read package-lock.json or npm-shrinkwrap.json of any version.

    Raises:
        Unparsed: it is no JSON object.
    """
    whole = _load(text)
    packages = _objects(whole.get("packages"))
    keys = _Keys(text)
    for key, entry in packages.items():
        budget.check()
        _, inside, name = key.rpartition("node_modules/")
        if not inside or entry.get("link") or str(entry.get("resolved")).startswith(("git", "file:")):
            continue
        real = str(entry.get("name", name))
        if npm_word(real) == real:
            yield Mention(Registry.NPM, real, *keys.place(key), Source.LOCKFILE)
    levels = [] if packages else [iter(_objects(whole.get("dependencies")).items())]
    while levels:
        budget.check()
        name, entry = next(levels[-1], ("", {}))
        if not name:
            levels.pop()
            continue
        levels.append(iter(_objects(entry.get("dependencies")).items()))
        version = str(entry.get("version", ""))
        real = npm_word(version[4:]) if version.startswith("npm:") else npm_word(name) if version[:1].isdigit() else ""
        if real:
            yield Mention(Registry.NPM, real, *keys.place(name), Source.LOCKFILE)


_YARN = re.compile(r"""(?m)^"?((?:@[^@/\s"]+/)?[^@/\s":,#]+)@([^\s",]*)[^\n]*:[ \t]*\r?$""")
_PNPM = re.compile(r"""^ {2}['"]?/?((?:@[\w.~-]+/)?[\w.~-]+)[@/]\d[^\s:]*:[ \t]*\r?$""", re.MULTILINE)


def yarn_lock(text: str, budget: Budget) -> Iterator[Mention]:
    """Read yarn.lock, of version 1 or of Berry."""
    for found in _YARN.finditer(text):
        budget.check()
        wanted = found[2]
        if wanted.startswith("npm:") and "@" in wanted[5:]:
            real = npm_word(wanted[4:])
            if real:
                start = found.start(2) + 4
                yield Mention(Registry.NPM, real, start, start + len(real), Source.LOCKFILE)
        elif not re.match(r"(?:workspace|file|link|portal|git|https?|exec|ssh)[:+@]|\.|[\w-]+/[\w.-]+", wanted):
            yield Mention(Registry.NPM, found[1], *found.span(1), Source.LOCKFILE)


def pnpm_lock(text: str, budget: Budget) -> Iterator[Mention]:
    """Read the section `packages:` of pnpm-lock.yaml."""
    begin = re.search(r"(?m)^packages:[ \t]*\r?$", text)
    if not begin:
        return
    following = re.compile(r"(?m)^\S").search(text, begin.end())
    for found in _PNPM.finditer(text, begin.end(), following.start() if following else len(text)):
        budget.check()
        yield Mention(Registry.NPM, found[1], *found.span(1), Source.LOCKFILE)
