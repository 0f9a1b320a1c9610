"""Finds code that changes what a test run says: hooks that rewrite outcomes, early exits, code that knows it is tested."""

import re
from collections.abc import Iterator

from clearance.facts.finding import Severity
from clearance.scan.family import Budget, Match, View
from clearance.scan.tampering.comments import Parts
from clearance.scan.tampering.lines import Line

OUTCOME = "test-outcome-changed"
SPECIAL = "test-special-cased"

_OUTCOMES = (
    (
        re.compile(r"(?<![\w.])(?:os\._exit|sys\.exit|process\.exit)\(\s*0?\s*\)|\bpytest\.exit\(.*\b0\s*\)"),
        "ends the run as if all had passed",
    ),
    (re.compile(r"""\boutcome\s*=\s*["']passed["']"""), "says that a test passed"),
    (re.compile(r"\bexitstatus\s*=\s*(?:0\b|pytest\.ExitCode\.OK|ExitCode\.OK)"), "says that the run passed"),
    (re.compile(r"\bdef\s+pytest_(?:runtest_makereport|runtest_call|pyfunc_call|report_teststatus|sessionfinish)\b"),
     "is a hook that can rewrite outcomes"),
    (re.compile(r"\breport\.(?:longrepr|failed|passed)\s*=|\bexcinfo\s*=\s*None\b"), "rewrites a report"),
)  # fmt: skip
_SELECTION = (
    (re.compile(r"\bdef\s+pytest_(?:collection_modifyitems|ignore_collect|deselected)\b"), "is a hook that can drop tests"),
    (re.compile(r"\bcollect_ignore(?:_glob)?\b\s*\+?="), "drops test files"),
    (re.compile(r"\bpasswithnotests\b", re.IGNORECASE), "lets a run without tests pass"),
    (re.compile(r"\bsys\.modules\[[^\]]+\]\s*=\s*(?:\w+\.)?(?:Magic)?Mock\("), "replaces a module for all tests"),
)
# The condition itself, wherever it stands: in production code there is no good reason to ask.
_SPECIAL = (
    re.compile(r"""["'](?:pytest|unittest|nose|_pytest)["']\s+(?:not\s+)?in\s+(?:sys\.)?modules\b"""),
    re.compile(r"""\bsys\.modules(?:\.get\(|\[)["'](?:pytest|unittest|_pytest)["']"""),
    re.compile(r"\bPYTEST_(?:CURRENT_TEST|VERSION|XDIST_WORKER)\b"),
    re.compile(r"""["']test["']\s+in\s+sys\.argv|\bsys\._called_from_test\b"""),
    re.compile(r"""\bNODE_ENV(?:["']\])?\s*[!=]==?\s*["']test["']|["']test["']\s*[!=]==?\s*process\.env\.NODE_ENV"""),
    re.compile(r"\b(?:process|import\.meta)\.env\.(?:JEST_WORKER_ID|VITEST)\b|\btypeof\s+jest\b"),
    re.compile(r"\btesting\.Testing\(\)"),
    re.compile(r"""\binspect\.(?:stack|currentframe)\(\).*\btest"""),
)
_ALWAYS_EQUAL = re.compile(r"def\s+__(?:eq|ne|bool|contains)__\s*\([^)\n]*\)[^:\n]*:\s*(?:\n\s+)?return\s+True\b")
_CONFIGURATION = re.compile(
    r"(?:^|/)(?:[\w.-]*config[\w.-]*|settings[\w.-]*|conftest|setup[\w.-]*|manage|noxfile|\.\w+rc)\.(?:py|[cm]?[jt]s|json)$"
    r"|(?:^|/)(?:settings|config|configs)/",
    re.IGNORECASE,
)


def in_tests(view: View, added: list[Line], budget: Budget) -> Iterator[Match]:
    """Give what new lines of test code do to the outcome of the run."""
    for patterns, severity in ((_OUTCOMES, None), (_SELECTION, Severity.MEDIUM)):
        for line, found, message in _hits(view, added, patterns, budget):
            text = found[0].strip()
            yield Match(
                rule=OUTCOME,
                start=line.start + found.start(),
                end=line.start + found.end(),
                message=f"`{text[:60]}` {message}",
                severity=severity,
            )


def in_code(view: View, added: list[Line], budget: Budget) -> Iterator[Match]:
    """Give new lines of code that behave differently under test; configuration may ask where it runs."""
    if _CONFIGURATION.search(view.path):
        return
    patterns = tuple((pattern, "") for pattern in _SPECIAL)
    for line, found, _ in _hits(view, added, patterns, budget):
        yield Match(
            rule=SPECIAL,
            start=line.start + found.start(),
            end=line.start + found.end(),
            message=f"`{found[0][:60]}`: the code asks whether it is being tested",
        )
    new = {line.number for line in added}
    for hit in _ALWAYS_EQUAL.finditer(view.text) if view.language == "python" else ():
        if {view.position(hit.start())[0], view.position(hit.end())[0]} & new:
            yield Match(rule=SPECIAL, start=hit.start(), end=hit.end(), message="an operator that says yes to everything")


def _hits(
    view: View, added: list[Line], patterns: tuple[tuple[re.Pattern[str], str], ...], budget: Budget
) -> Iterator[tuple[Line, re.Match[str], str]]:
    parts: Parts | None = None
    for line in added:
        text = line.text[:2_000]
        for pattern, message in patterns:
            found = pattern.search(text)
            if not found:
                continue
            if parts is None and view.language and Parts.knows(view.language):
                parts = Parts(view.text, view.language, budget)
            # A pattern that starts with a quote starts inside code all the same: its string is what is compared.
            if parts is None or parts.at(line.start + found.start()) != "comment":
                yield line, found, message
                break
