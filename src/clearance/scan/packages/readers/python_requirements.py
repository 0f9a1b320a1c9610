"""Reads requirements and constraints files of pip: requirements with hashes, addresses, options that name indexes."""

import posixpath
import re
from collections.abc import Iterator

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Computed, ExtraIndex, Mention, Registry, Remote, Source, Unparsed
from clearance.scan.packages.readers.json_text import line_of
from clearance.scan.packages.readers.origin import bare, digest
from clearance.scan.packages.readers.requirement import index_is_public, python_requirement

# A line that starts with a comment is never continued, as in pip's own `join_lines`.
_LOGICAL_LINE = re.compile(r"(?![ \t]*#)[^\n]*\\\r?\n")
_BREAK = re.compile(r"\\\r?\n")
_BROKEN = re.compile(r"[\w.-]\\\r?\n[\w.-]")
_INCLUDED = re.compile(r"(?m)^[ \t]*(?:-r|-c|--requirement|--constraint)(?:[ \t]*=?[ \t]*)([^\s#=]\S*)")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_EDITABLE = re.compile(r"\s*(?:-e|--editable)[ =]\s*")
_HASH = re.compile(r"--hash[= ]\s*[\"']?(\w+:[0-9a-fA-F]+)")
_OPTION = re.compile(
    r"(?<![^\s\ufeff])(--index-url|--pypi-url|--extra-index-url|--find-links|--no-index|-i|-f)"
    r"(?:(?:[ \t]*=[ \t]*|[ \t]+)([^\s#-]\S*))?"
)
_ONLY = frozenset({"--index-url", "--pypi-url", "-i"})
_SHOWN = 60
_LONGEST = 6_000
_PINNED = re.compile(r"[^\n=]{0,5500}[=~<>!]=[ \t]*[0-9]")
"""What asks for a version, whatever stands before it."""
_ROWS = {"--find-links", "-f"}
_TEMPLATE = re.compile(r"\{\{|\{%|\{#|^\s*(?:\$\{?\w|%\w+%)")
_PATH = re.compile(r"[.~/\\]|[A-Za-z]:\\|[^\s@<>=;/\\]*[/\\]|[^\s@<>=;\[]+\.(?:whl|zip|tgz|tar\.\w+)(?=[\s;\[]|$)")
_LOCAL_AT = re.compile(r"[\w.-]++\s*+(?:\[[^\]]*+\])?\s*+@\s*+(?:[./$]|file:)")


def requirements(text: str, budget: Budget) -> Iterator[Mention | Remote | ExtraIndex | Computed]:
    """Read a requirements or constraints file of pip; a text that only has such a name gives nothing.

    Raises:
        Unparsed: a line among requirements is none (pip refuses the whole file); the others have been given.
    """
    given: list[Mention | Remote] = []
    indexes: list[ExtraIndex] = []
    strange: list[int] = []
    filled: list[Computed] = []
    for steps, (first, last) in enumerate(_lines(text)):
        if not steps & 0xFF:
            budget.check()
        line = text[first:last]
        comment = _COMMENT.search(line) if "#" in line else None
        end = first + comment.start() if comment else last
        editable = _EDITABLE.match(text, first, end)
        start = editable.end() if editable else first
        bare_line = text[start:end].strip()
        if not bare_line:
            continue
        if ("{" in bare_line or bare_line[0] in "$%") and _TEMPLATE.search(bare_line):
            if not bare_line.startswith(("{%", "{#")):
                filled.append(Computed(Registry.PYPI, bare_line[:_SHOWN], start, end))
            continue
        if bare_line.startswith("-"):
            indexes.extend(_option(text, start, end))
            continue
        told = _HASH.findall(text, start, end) if "--hash" in line else ()
        hashes = tuple(filter(None, map(digest, told)))
        if "\\" in line and _BROKEN.search(line):
            # pip joins the lines before it reads them: a name may go on behind the break.
            joined = _BREAK.sub("", text[start:end])
            whole = python_requirement(joined, 0, len(joined), Source.MANIFEST, hashed=bool(told))
            if isinstance(whole, Mention):
                given.append(whole._replace(start=start, end=end, place=(start, end) if whole.place[1] else (0, 0),
                                            hashed=bool(told), details=whole.details._replace(hashes=hashes)))  # fmt: skip
                continue
        if _local(bare_line):
            continue
        found = python_requirement(text, start, end, Source.MANIFEST, hashed=bool(told))
        if isinstance(found, Mention) and not editable:
            given.append(found._replace(hashed=bool(told), details=found.details._replace(hashes=hashes)))
        elif isinstance(found, Remote):
            given.append(found._replace(details=found.details._replace(hashes=found.details.hashes + hashes)))
        elif found is None and not editable:
            strange.append(start)
    if len(strange) > max(2, len(given) // 4) and not any(_PINNED.match(text, at, at + _LONGEST) for at in strange):
        return  # prose under such a name
    private = any(not index_is_public(index.address) for index in indexes)
    yield from indexes
    yield from filled
    for one in given:
        yield one._replace(private=private) if isinstance(one, Mention) else one
    if strange:
        raise Unparsed(f"line {line_of(text, strange[0])}: no requirement that pip takes")


def included(text: str, path: str) -> Iterator[Computed]:
    """Give the files that a requirements file at `path` includes and that are not read as such: those from an address, from
    outside of the tree, or under another name."""
    from clearance.scan.packages.readers import is_requirements

    for found in _INCLUDED.finditer(text):
        value = found[1].strip("\"'").replace("\\", "/")
        there = posixpath.normpath(posixpath.join(posixpath.dirname(path), value))
        outside = "://" in value or value.startswith("/") or there.startswith("../")
        if outside or not is_requirements(there):
            yield Computed(Registry.PYPI, f"those of {bare(value)}", *found.span(1))


def _local(line: str) -> bool:
    """Whether a line is a path, or the address of a file on this machine."""
    return (
        line.startswith("file:")
        or ("://" not in line.partition(" ")[0] and bool(_PATH.match(line)))
        or bool(_LOCAL_AT.match(line))
    )


def _option(text: str, start: int, end: int) -> Iterator[ExtraIndex]:
    """Read a line of options: those that name an index or a page of files."""
    for found in _OPTION.finditer(text, start, end):
        option, value = found.group(1, 2)
        if option == "--no-index":
            yield ExtraIndex(Registry.PYPI, "", *found.span(1), only=True)
        elif value and (option not in _ROWS or "://" in value):
            yield ExtraIndex(Registry.PYPI, bare(value.strip("\"'")), *found.span(2), only=option in _ONLY)


def _lines(text: str) -> Iterator[Span]:
    """Give the span of each line, continuation lines joined to the first."""
    at = 1 if text.startswith("\ufeff") else 0
    while at < len(text):
        start = at
        while True:
            continued = _LOGICAL_LINE.match(text, at)
            if not continued:
                break
            at = continued.end()
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield start, end
        at = end + 1


_SETTING = re.compile(
    r"(?m)^[ \t]*((?:extra-)?index-url|find-links|no-index)[ \t]*=[ \t]*(?:\r?\n[ \t]+)?"
    r"([^\s#;]+)([^\n]*(?:\n[ \t]+[^\n]*)*+)"
)


def pip_settings(text: str, budget: Budget) -> Iterator[ExtraIndex]:
    """Read pip.conf or pip.ini: the indexes that they name."""
    for found in _SETTING.finditer(text):
        budget.check()
        if found[1] == "no-index":
            if found[2].lower() in {"true", "1", "yes", "on"}:
                yield ExtraIndex(Registry.PYPI, "", *found.span(1), only=True)
            continue
        only = found[1] == "index-url"
        yield ExtraIndex(Registry.PYPI, bare(found[2]), *found.span(2), only=only)
        for one in re.finditer(r"[a-z+]+://\S+", found[3]):
            start = found.start(3) + one.start()
            yield ExtraIndex(Registry.PYPI, bare(one[0]), start, start + len(one[0]), only=only)
