"""Reads a company's rules in Rego before they run: which are asked, and what nobody would notice to be wrong.

What Rego cannot look up is undefined, and a rule about it never fires. So names that do not exist are refused with file and
line, as far as the text shows them.
"""

import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from clearance.decide.judges import FIELDS, KEYS
from clearance.facts.text import visible
from clearance.wiring.places import TEAM_REGO

MOST_FILES = 200
LARGEST = 256 * 1024
NEXT = "see docs/how-to/rego.md"
_RULE = re.compile(r"^\s*((?:deny|warn|violation)(?:_\w+)?)\b(\s*\[|\s+contains\b|\s*\()?", re.MULTILINE)
_NAMED = re.compile(r"\b(?:deny|warn|violation)(?:_\w+)?\b")
_PLACED = re.compile(rf"{re.escape(TEAM_REGO)}/[^/]+\.rego")
_ALIKE = re.compile(
    r"^\s*(?:default\s+)?((?:deny|deni|warn|violat|allow)\w*)\s*(?:\b(?:contains|if)\b|:?=(?!=)|\{)",
    re.MULTILINE | re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_ASKED = re.compile(r"(?:deny|warn|violation)(?:_\w+)?")
_PACKAGE = re.compile(r"^\s*package\s+([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*$", re.MULTILINE)
_OUTSIDE = re.compile(
    r"""(?<![\w.])((?:http|net|opa|rand|uuid)\s*(?:\.\s*\w+|\[[^\]\n]*\])|time\s*(?:\.\s*now_ns\b|\[[^\]\n]*\])"""
    r"""|io\s*(?:\.\s*jwt\b[\s.\w]*|\[[^\]\n]*\]))"""
)
_STEP = r"""\s*(?:\.\s*([A-Za-z_]\w*)|\[\s*(?:"([^"\n]*)"|`([^`\n]*)`)\s*\])"""
_INPUT = re.compile(rf"(?<![\w.])input{_STEP}(?:(?:\s*\[\s*\w+\s*\])?{_STEP})?")
_BARE = re.compile(r"(?<![\w.])input\b(?!\s*[.\[])")
_DATA = re.compile(r"(?<![\w.])data\b(?:\s*\.\s*([A-Za-z_][\w.]*))?")
_ROOT = re.compile(r"(?<![\w.\"])([A-Za-z_]\w*)\s*[.\[]")
_SOME = re.compile(r"\bsome\s+(?:\w+\s*,\s*)?([A-Za-z_]\w*)\s+in\s+([^\s;}]+)")
_BOUND = re.compile(r"\b([A-Za-z_]\w*)\s*:=\s*([^\s;}]+)")
_LISTED = re.compile(r"input\.(\w+)(?:\[\w+\])?")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*')


def read_rules(files: Mapping[str, str]) -> tuple[dict[str, dict[str, bool]], dict[str, str], list[str]]:
    """Give the rules of each package that judges (whether each is a set), where each package stands, and what is refused, as
    `path:line: why`."""
    asked: dict[str, dict[str, bool]] = {}
    where: dict[str, str] = {}
    problems: list[str] = []
    if len(files) > MOST_FILES:
        problems.append(f"{TEAM_REGO}: {len(files)} files; the limit is {MOST_FILES}")
    codes = {path: _code(text) for path, text in files.items() if len(text) <= LARGEST}
    packages = {found[1] for code in codes.values() if (found := _PACKAGE.search(code))}
    unasked = _unasked(code for path, code in codes.items() if not path.endswith("_test.rego"))
    for path, text in files.items():
        if path not in codes:
            problems.append(f"{path}:1: larger than {LARGEST >> 10} KiB")
            continue
        fault = next(_faults(path, text, codes[path], packages, unasked), None)
        package = _PACKAGE.search(codes[path])
        if fault is not None:
            problems.append(fault)
        elif package is not None and not path.endswith("_test.rego"):
            # A rule that stands elsewhere in a line is asked, too: whatever the package says by these names counts.
            if _NAMED.search(codes[path]):
                asked.setdefault(package[1], {})
                where.setdefault(package[1], path)
            for match in _RULE.finditer(codes[path]):
                if (match[2] or "").strip() != "(":
                    held = asked[package[1]]
                    held[match[1]] = held.get(match[1], False) or "contains" in (match[2] or "")
    if files and not any(asked.values()) and not problems:
        problems.append(f"{next(iter(files))}:1: no rule `deny`, `violation` or `warn` in any file; {NEXT}")
    return asked, where, problems


def _unasked(codes: Iterable[str]) -> frozenset[str]:
    """Give the rules that are called almost as those that count, and that no other rule asks for."""
    heads: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for code in codes:
        heads.update(match[1] for match in _ALIKE.finditer(code))
        words.update(_WORD.findall(code))
    return frozenset(name for name, count in heads.items() if words[name] == count and not _ASKED.fullmatch(name))


def _faults(path: str, text: str, code: str, packages: Collection[str], unasked: Collection[str]) -> Iterator[str]:
    """Give what a file is refused for."""
    if not _PLACED.fullmatch(path):
        yield f"{path}:1: it would be passed over; files lie right in {TEAM_REGO}/, named *.rego"
    if not _PACKAGE.search(code):
        yield f"{path}:1: no package; begin with `package main`"
    for match in _OUTSIDE.finditer(code):
        why = "a verdict rests on the case alone, and comes out the same again"
        yield f"{path}:{_at(code, match)}: {''.join(match[1].split())} is not allowed: {why}"
    for match in _RULE.finditer(code):
        if (match[2] or "").strip() == "[":
            again = f"write `{match[1]} contains msg if {{ … }}` (`opa fmt --write --v0-v1` does it)"
            yield f"{path}:{_at(code, match, 1)}: Rego v0; {again}"
        elif (match[2] or "").strip() == "(" and "_" not in match[1]:
            yield f"{path}:{_at(code, match, 1)}: {match[1]} is a function, which nobody asks: `{match[1]} contains …`"
    if path.endswith("_test.rego"):
        package, rule = _PACKAGE.search(code), _RULE.search(code)
        if rule and package and not package[1].endswith("_test"):
            yield f"{path}:{_at(code, rule, 1)}: {rule[1]} in a file of tests, which is not asked; name the file otherwise"
        return  # what a test calls its inputs is its own matter
    for match in _ALIKE.finditer(code):
        if match[1] in unasked:
            yield f"{path}:{_at(code, match, 1)}: nobody asks {match[1]}; what counts is called deny, violation or warn"
    yield from _unknown(path, text, code, packages)


def _unknown(path: str, text: str, code: str, packages: Collection[str]) -> Iterator[str]:
    """Give the names that are looked up and do not exist."""
    written = _code(text, strings=True)
    for match in _INPUT.finditer(written):
        first, then = ([one for one in part if one is not None] for part in (match.groups()[:3], match.groups()[3:]))
        problem = _missing("input", first[0], KEYS)
        if not problem and then and first[0] in FIELDS:
            problem = _missing(f"input.{first[0]}", then[0], FIELDS[first[0]])
        if problem:
            yield f"{path}:{_at(written, match)}: {problem}"
    for match in _BARE.finditer(code):
        why = "write out which part of it; of what does not exist, Rego says nothing"
        yield f"{path}:{_at(code, match)}: `input` as a whole cannot be checked: {why}"
    for name, listed in _bindings(code).items():
        for match in re.finditer(rf"(?<![\w.]){name}\s*\.\s*([A-Za-z_]\w*)", code):
            known = sorted({field for one in listed for field in FIELDS[one]})
            if problem := _missing(name, match[1], known):
                yield f"{path}:{_at(code, match)}: {problem}"
    for match in _DATA.finditer(code):
        name = match[1] or ""
        if not any(f"{name}.".startswith(f"{one}.") or f"{one}.".startswith(f"{name}.") for one in packages if name):
            shown = visible(f"data.{name}".rstrip("."))[:60]
            yield f"{path}:{_at(code, match)}: there is no {shown}; data are the packages of these files, {NEXT}"
    for match in _ROOT.finditer(code):
        alike = difflib.SequenceMatcher(None, match[1], "input").ratio() >= 0.8 and match[1] not in ("input", "inputs")
        if alike and not re.search(rf"\b{match[1]}\s*(?::=|,|\bin\b|$)", code, re.MULTILINE):
            yield f"{path}:{_at(code, match, 1)}: {match[1]} is no input; write `input`"


def _bindings(code: str) -> dict[str, set[str]]:
    """Give the variables that stand for members of lists of the document and for nothing else: which lists."""
    found: dict[str, set[str]] = {}
    others: set[str] = set()
    for pattern, member in ((_SOME, False), (_BOUND, True)):
        for match in pattern.finditer(code):
            listed = _LISTED.fullmatch(match[2])
            if listed and listed[1] in FIELDS and (not member or match[2].endswith("]")):
                found.setdefault(match[1], set()).add(listed[1])
            else:
                others.add(match[1])
    heads = "".join(re.findall(r"^\w+\(([^)]*)\)", code, re.MULTILINE))  # parameters of functions
    return {name: lists for name, lists in found.items() if name not in others and not re.search(rf"\b{name}\b", heads)}


def _missing(inside: str, name: str, known: Sequence[str]) -> str:
    """Say that a name is none of those that are known; nothing where it is."""
    if name in known:
        return ""
    near = difflib.get_close_matches(name[:64], known, n=1, cutoff=0)[0]
    return f"there is no {inside}.{visible(name)[:60]}; the nearest is {inside}.{near}, {NEXT}"


def _code(text: str, *, strings: bool = False) -> str:
    """Blank comments, and texts unless `strings`, so that places stay."""

    def blank(match: re.Match[str]) -> str:
        whole = match[0]
        if whole.startswith("#"):
            return " " * len(whole)
        return whole if strings else '"' + re.sub(r"[^\n]", " ", whole[1:-1]) + '"'

    return _STRING.sub(blank, text)


def _at(code: str, match: re.Match[str], group: int = 0) -> int:
    return code.count("\n", 0, match.start(group)) + 1
