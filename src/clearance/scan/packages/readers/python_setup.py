"""Reads setup.py, which is never run, and setup.cfg."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Computed, Mention, Registry, Remote, Source
from clearance.scan.packages.readers import is_requirements
from clearance.scan.packages.readers.requirement import python_requirement

_FILES = re.compile(r"[ \t]*file:")
_HEADER = re.compile(r"\[([^\]\n]+)\]")
_KEY = re.compile(r"([A-Za-z0-9_][\w.-]*)[ \t]*[=:][ \t]*")
_LISTS = {"install_requires": "", "setup_requires": "build", "tests_require": "test", "requires": ""}
_REQUIRES = re.compile(
    r"\b(install_requires|setup_requires|tests_require|extras_require|requires|requirements)"
    r"(?:\s*=(?!=)|[\"']\s*\]\s*=(?!=)|[\"']\s*:)\s*(?=[\[({\"'A-Za-z_])"
)
_TOKEN = re.compile(
    r'#[^\n]*|[rRuU]?"{3}(?P<long>[^\\]*?)"{3}|[rRuU]?\'{3}(?P<lone>[^\\]*?)\'{3}'
    r'|[fFbB]?[rR]?"(?P<double>[^"\\\n]*)"(?P<key>\s*:)?|[fFbB]?[rR]?\'(?P<single>[^\'\\\n]*)\'(?P<also>\s*:)?'
    r"|(?P<name>[A-Za-z_]\w*)|[\[({]|[\])}]|[,=+*.\n]"
)
_ASSIGNED = re.compile(r"(?m)^[ \t]*([A-Za-z_]\w*)[ \t]*(?::[^=\n]*)?=(?!=)[ \t]*(?=[\[({\"'])")
_PLAIN_CALLS = frozenset({"", "list", "tuple", "set", "frozenset", "sorted", "dict", "in"})
"""Calls that give what they are given."""


def setup_cfg(text: str, budget: Budget) -> Iterator[Mention | Remote | Computed]:
    """Read the requirements of setup.cfg: `[options]` and `[options.extras_require]`. Files from which it takes them are
    told, unless they are read by their own names."""
    section, wanted, filed, group, at = "", False, False, "", 1 if text.startswith("\ufeff") else 0
    for steps, line in enumerate(text[at:].splitlines(keepends=True)):
        if not steps & 0xFF:
            budget.check()
        start, at = at, at + len(line)
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            section, wanted = header[1].strip(), False
            continue
        if key:
            extras = section == "options.extras_require"
            wanted, filed = extras or (section == "options" and key[1] in _LISTS), False
            group = key[1] if extras else _LISTS.get(key[1], "")
            start += key.end()
        if not wanted or line.lstrip().startswith(("#", ";")):
            continue
        files = _FILES.match(text, start)
        if files or filed:
            filed = True
            yield from _unread(text, files.end() if files else start, at)
            continue
        found = python_requirement(text, start, start + len(text[start:at].rstrip()), Source.MANIFEST, group=group)
        if found:
            yield found


def _unread(text: str, start: int, end: int) -> Iterator[Computed]:
    """Give the files that a stretch names, with commas between, and that are not read by their own names."""
    for one in re.finditer(r"[^\s,]+", text[start:end]):
        if not is_requirements(one[0]):
            yield Computed(Registry.PYPI, f"those of {one[0]}", start + one.start(), start + one.end())


def setup_py(text: str, budget: Budget) -> Iterator[Mention | Remote | Computed]:
    """Read the literal requirements of setup.py, also where they stand in a list of another name that the call uses; nothing
    is run, so computed ones stay unknown."""
    assigned: dict[str, int] = {}
    for found in _ASSIGNED.finditer(text):
        assigned.setdefault(found[1], found.end())
    read: set[int] = set()
    waiting = [(found.end(), _LISTS.get(found[1], ""), found[1] == "extras_require") for found in _REQUIRES.finditer(text)]
    waiting.reverse()
    while waiting:
        at, group, extras = waiting.pop()
        if at in read:
            continue
        read.add(at)
        names: list[tuple[str, str]] = []
        yield from _literals(text, at, group, names, budget, extras=extras, read=read)
        waiting += [(assigned[name], inner, False) for name, inner in reversed(names) if name in assigned]


def _literals(
    text: str, at: int, group: str, names: list[tuple[str, str]], budget: Budget, *, extras: bool, read: set[int]
) -> Iterator[Mention | Remote | Computed]:
    """Give the strings of one expression from `at` to the comma or line end that closes it; `names` gets those it uses."""
    depth = call = 0
    key, above = group, ""
    for steps, token in enumerate(_TOKEN.finditer(text, at)):
        if not steps & 0xFF:
            budget.check()
        piece, kind = token[0], token.lastgroup
        before, above = above, piece if kind == "name" else ""
        if call and piece not in "[({])}":
            continue  # what a call is given names no package: what it gives is not known
        if kind == "name":
            names.append((piece, key))
        elif kind in {"key", "also"}:
            key = (token["double"] or token["single"] or "") if extras else key
        elif kind in {"long", "lone"}:
            for line in re.finditer(r"[^\n]+", token[kind]):
                found = python_requirement(
                    text, token.start(kind) + line.start(), token.start(kind) + line.end(), Source.MANIFEST
                )
                yield from _named(found, key)
        elif kind in {"double", "single"}:
            if piece[0] not in "fFbB":
                yield from _named(python_requirement(text, *_span(token, kind), Source.MANIFEST), key)
            else:
                yield Computed(Registry.PYPI, piece[:60], token.start(), token.end())
        elif piece in "[({":
            depth += 1
            if piece == "(" and before not in _PLAIN_CALLS and not call:
                call = depth
                yield Computed(Registry.PYPI, f"{before}(…)", token.start(), token.end())
            read.add(token.start())
        elif piece in "])}":
            call = 0 if depth == call else call
            depth -= 1
            if depth < 0:
                return
        elif not depth and (piece in {",", "="} or (piece == "\n" and token.start() > at)):
            return


def _span(token: re.Match[str], kind: str) -> Span:
    return token.span(kind)


def _named(found: Mention | Remote | None, group: str) -> Iterator[Mention | Remote]:
    if found and found.name != "python":
        yield found._replace(details=found.details._replace(group=group))
