"""Reads the tests of languages without a grammar here by their lines: names, skips, and how many assertions there are."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget, Match, Pair, View
from clearance.scan.tampering.comments import Parts
from clearance.scan.tampering.lines import Line, net
from clearance.scan.tampering.weakened import DELETED, SKIPPED, WEAKENED

_NAMES = {
    "go": re.compile(r"^func (Test\w+)\(", re.MULTILINE),
    "java": re.compile(r"@(?:Test|ParameterizedTest)\b[\s\S]{0,200}?\bvoid\s+(\w+)\s*\("),
    "kotlin": re.compile(r"@(?:Test|ParameterizedTest)\b[\s\S]{0,200}?\bfun\s+(`[^`\n]+`|\w+)\s*\("),
    "csharp": re.compile(r"\[(?:Fact|Theory|Test|TestMethod|TestCase)\b[\s\S]{0,200}?\b(?:void|Task)\s+(\w+)\s*\("),
    "rust": re.compile(r"#\[(?:tokio::)?test\b[^\]\n]*\][\s\S]{0,200}?\bfn\s+(\w+)\s*\("),
    "ruby": re.compile(r"^\s*(?:it|test|specify)\s+[\"']([^\"'\n]+)[\"']|^\s*def (test_\w+)", re.MULTILINE),
    "php": re.compile(r"function\s+(test\w+)\s*\("),
    "scala": re.compile(r"\btest\(\"([^\"\n]+)\""),
    "swift": re.compile(r"\bfunc\s+(test\w+)\s*\("),
}
_SKIPS = {
    "go": re.compile(r"\bt\.Skip(?:f|Now)?\("),
    "java": re.compile(r"@(?:Disabled|Ignore)\b"),
    "kotlin": re.compile(r"@(?:Disabled|Ignore)\b"),
    "csharp": re.compile(r"\[Ignore\b|\bSkip\s*=\s*\"|Assert\.(?:Ignore|Inconclusive)\("),
    "rust": re.compile(r"#\[ignore\b"),
    "ruby": re.compile(r"^\s*(?:skip|pending|xit|xdescribe)\b"),
    "php": re.compile(r"markTest(?:Skipped|Incomplete)\("),
    "scala": re.compile(r"\bignore\(\""),
    "swift": re.compile(r"\bXCTSkip"),
}
_ASSERTS = {
    "go": re.compile(r"\bt\.(?:Error|Fatal)f?\(|\b(?:assert|require)\.\w+\("),
    "java": re.compile(r"\bassert\w*\(|\bverify\(|\bassert\s"),
    "kotlin": re.compile(r"\bassert\w*\(|\bverify\b|\bshouldBe\b"),
    "csharp": re.compile(r"\bAssert\.\w+|\.Should\(\)"),
    "rust": re.compile(r"\bassert(?:_eq|_ne)?!|\b(?:prop|debug)_assert\w*!"),
    "ruby": re.compile(r"\bassert\w*|\bexpect\b|\brefute\w*"),
    "php": re.compile(r"(?:->|::)assert\w+\(|expectException"),
    "scala": re.compile(r"\bassert\w*\(|\bshouldBe\b|\bshould\b"),
    "swift": re.compile(r"\bXCTAssert\w*\(|#expect"),
}
LANGUAGES = frozenset(_NAMES)


def compare(pair: Pair, language: str, budget: Budget) -> Iterator[Match]:
    """Give the tests that a change deletes or skips, and a fall in the number of assertions where none was deleted."""
    added, removed = net(pair)
    old, new = _named(pair.before, language), _named(pair.after, language)
    gone = [name for name in old if name not in new]
    # As many new names as old ones gone are renamed tests.
    renamed = sum(name not in old for name in new)
    for name in gone[renamed:]:
        start, end = old[name]
        yield Match(rule=DELETED, start=start, end=end, message=f'test "{name}" was deleted', side="before")
    if pair.after is None:
        return
    parts = Parts(pair.after.text, language, budget)
    for line in added:
        found = _SKIPS[language].search(line.text)
        if found and parts.at(line.start + found.start()) == "code" and pair.before is not None:
            start = line.start + found.start()
            message = f"`{found[0].strip()}` was added: a test that ran does not count any more"
            yield Match(rule=SKIPPED, start=start, end=line.start + len(line.text), message=message)
    fewer = _count(removed, language) - _count(added, language)
    if fewer > 0 and not gone and pair.before is not None:
        lost = next(line.start for line in removed if _ASSERTS[language].search(line.text))
        # The test that held it is the last one that starts before it.
        holder = max(((span[0], name) for name, span in old.items() if span[0] <= lost), default=(0, ""))[1]
        start, end = new.get(holder, (0, 0))
        what = "an assertion was" if fewer == 1 else f"{fewer} assertions were"
        message = f"{what} removed from a test that this change must pass"
        yield Match(rule=WEAKENED, start=start, end=end, message=message)


def _named(view: View | None, language: str) -> dict[str, tuple[int, int]]:
    if view is None:
        return {}
    names = {}
    for found in _NAMES[language].finditer(view.text):
        group = found.lastindex or 0
        names[found[group]] = found.span(group)
    return names


def _count(lines: list[Line], language: str) -> int:
    return sum(
        bool(_ASSERTS[language].search(line.text)) and not line.text.lstrip().startswith(("//", "#", "*")) for line in lines
    )
