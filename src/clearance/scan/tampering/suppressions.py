"""Comments and annotations that silence a checker, and which of them a change adds."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from clearance.facts.finding import Severity
from clearance.scan.family import Budget, Match, Pair, View
from clearance.scan.tampering.comments import Parts
from clearance.scan.tampering.lines import Line, changed

SECURITY = "security-check-suppressed"
CHECK = "check-suppressed"
COVERAGE = "coverage-suppressed"


class _Directive(NamedTuple):
    """A pattern with the rule that it belongs to; `code`: it is an annotation and stands outside comments."""

    rule: str
    pattern: re.Pattern[str]
    code: bool = False
    whole_file: bool = False


def _made(rule: str, *patterns: str, code: bool = False, whole_file: bool = False) -> list[_Directive]:
    return [_Directive(rule, re.compile(pattern, re.IGNORECASE), code, whole_file) for pattern in patterns]


# The first that matches a comment names it, so the narrower ones stand first. The spellings are the tools' own.
_DIRECTIVES = (
    *_made(
        SECURITY,
        r"\bnosec\b",
        r"\bnosem(?:grep)?\b",
        r"\bnoqa\s*:[\sA-Z0-9,]*\bS(?!101\b)\d{3}\b",
        r"\blgtm\b\s*(?:\[|$)",
        r"\bcodeql\s*\[",
        r"\bgitleaks:allow\b",
        r"\btrufflehog:ignore\b",
        r"\bpragma:\s*(?:allowlist|whitelist)\s+(?:nextline\s+)?secret\b",
        r"\b(?:ggignore|gitguardian:ignore|devskim:\s*ignore|deepcode\s+ignore|bearer:disable)\b",
        r"\b(?:checkov|bridgecrew):skip\b",
        r"\b(?:tfsec|trivy):ignore\b",
        r"\bkics-scan\s+(?:ignore|disable)",
        r"\bhadolint\s+(?:global\s+)?ignore=",
        r"\bzizmor:\s*ignore\b",
        r"\bNOSONAR\b",
        r"\bnolint:[\w,\s-]*\bgosec\b",
        r"#nosec\b",
        r"\brubocop:disable\s+[\w/,\s]*\bSecurity/",
        r"\beslint-disable[\w-]*\s[^*]*?"
        r"(?:security/|no-eval|no-implied-eval|no-new-func|no-script-url|no-unsanitized|react/no-danger)",
        r"\bpylint:\s*disable=[\w,\s-]*\b(?:eval-used|exec-used|subprocess-run-check)\b",
        r"\bphpcs:ignore\s+\w+\.Security",
    ),
    *_made(
        CHECK,
        r"\b(?:ruff|flake8):\s*noqa\b",
        r"\bmypy:\s*(?:ignore-errors|disable-error-code)",
        r"\bpylint:\s*skip-file\b",
        r"@ts-nocheck\b",
        r"\bpyright:\s*(?:basic|off|report\w+\s*=\s*false)",
        r"^/\*\s*eslint-disable\s*\*/",
        whole_file=True,
    ),
    *_made(
        CHECK,
        r"\bnoqa\b",
        r"\btype:\s*ignore\b",
        r"\b(?:pyright|pyrefly|ty|pyre-(?:ignore|fixme)):?\s*ignore\b",
        r"\bpylint:\s*disable\b",
        r"\b(?:eslint|tslint|oxlint|stylelint|ktlint|swiftlint|yamllint|rubocop|standard|jshint|jscs)[-: ]disable\b",
        r"\beslint-disable-(?:next-)?line\b",
        r"@ts-(?:ignore|expect-error)\b",
        r"\bbiome-ignore\b",
        r"\bNOLINT(?:NEXTLINE|BEGIN)?\b",
        r"\b(?:nolint|lint:ignore|staticcheck:ignore|revive:disable)\b",
        r"\b(?:NOPMD|CHECKSTYLE[: ]OFF|noinspection|skipcq)\b",
        r"\bshellcheck\s+disable=",
        r"@?(?:phpstan-ignore|psalm-suppress|phpcs:(?:ignore|disable))",
    ),
    *_made(
        COVERAGE,
        r"\bpragma:\s*no\s*(?:cover|branch)\b",
        r"\b(?:istanbul|c8|v8|node:coverage)\s+(?:ignore|disable)\b",
        r"\bLCOV_EXCL_(?:LINE|START)\b",
        r"\bcoverage:ignore\b",
        r"@codeCoverageIgnore",
        r":nocov:",
    ),
    *_made(SECURITY, r"@SuppressFBWarnings\b", r"#pragma\s+warning\s+disable\s+(?:CA[235]\d{3}|SCS\d+)", code=True),
    *_made(
        CHECK,
        r"@SuppressWarnings\b",
        r"@(?:file:)?Suppress\s*\(",
        r"#!?\[\s*(?:allow|expect)\s*\(",
        r"#pragma\s+warning\s+disable\b",
        r"\[(?:assembly:\s*)?SuppressMessage\b",
        code=True,
    ),
)
_HINT = re.compile(
    r"nosec|nosem|noqa|lgtm|codeql|allow|ignore|skip|suppress|nolint|nosonar|disable|pragma|nocheck|expect-error|lcov"
    r"|nopmd|checkstyle|noinspection|pyright|nocov",
    re.IGNORECASE,
)


class _Found(NamedTuple):
    """A suppression: what the pattern matched, and the text with what follows it (codes, a reason)."""

    directive: _Directive
    name: str
    text: str
    start: int
    end: int


def suppressions(pair: Pair, budget: Budget) -> Iterator[Match]:
    """Give the suppressions that a change adds beyond those that it takes away; moving one is neither."""
    if pair.after is None:
        return
    added = [line for line in changed(pair.after, pair.file.added) if _HINT.search(line.text)]
    if not added:
        return
    removed = [line for line in changed(pair.before, pair.file.removed) if _HINT.search(line.text)]
    gone = Counter(_key(found) for found in _find(pair.before, removed, budget))
    for found in _find(pair.after, added, budget):
        # One that names what it silences may take the place of one that silenced everything.
        same = next((key for key in (_key(found), _everything(found)) if gone[key]), None)
        if same:
            gone[same] -= 1
            continue
        wide = found.directive.whole_file
        yield Match(
            rule=found.directive.rule,
            start=found.start,
            end=found.end,
            message=f"`{found.text[:60]}` was added" + (", for the whole file" if wide else ""),
            severity=Severity.MEDIUM if wide else None,
        )


def _key(found: _Found) -> tuple[str, str]:
    return found.directive.rule, "".join(found.text.lower().split())


def _everything(found: _Found) -> tuple[str, str]:
    """The key of the same suppression without the list of what it silences."""
    return found.directive.rule, "".join(found.name.lower().split())


def _find(view: View | None, lines: list[Line], budget: Budget) -> Iterator[_Found]:
    """Give the suppressions on some lines of a view: one a comment, and those annotations that are code."""
    if view is None or view.language is None or not Parts.knows(view.language) or not lines:
        return
    parts = Parts(view.text, view.language, budget)
    for line in lines:
        budget.check()
        text = line.text[:2_000]
        comment = next((at for at in range(len(text)) if parts.at(line.start + at) == "comment"), -1)
        if comment >= 0:
            found = _first(text[comment:], line.start + comment, code=False)
            if found:
                yield found
        if comment:
            code = text if comment < 0 else text[:comment]
            found = _first(code, line.start, code=True)
            if found and parts.at(found.start) == "code":
                yield found


def _first(text: str, start: int, *, code: bool) -> _Found | None:
    for directive in _DIRECTIVES:
        if directive.code != code:
            continue
        found = directive.pattern.search(text)
        if found:
            end = found.start() + len(text[found.start() : found.end() + 80].partition("*/")[0].rstrip())
            return _Found(directive, found[0], text[found.start() : end], start + found.start(), start + end)
    return None
