"""The family `tampering`: compares both sides of each file and says what makes a check pass without better code."""

import re
from collections.abc import Iterator

from clearance.facts.change import ChangeKind, Contents
from clearance.facts.finding import Gap
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, Pair
from clearance.scan.tampering import guards, other_tests, outcomes, pipelines, python_tests, script_tests, weakened
from clearance.scan.tampering.cases import Cases
from clearance.scan.tampering.lines import net
from clearance.scan.tampering.moved import before_of, test_left
from clearance.scan.tampering.suppressions import suppressions
from clearance.scan.tampering.syntax import LANGUAGES, Source

_TEST_FILE = re.compile(
    r"(?:^|/)(?:tests?|__tests__|specs?|testing|e2e|cypress|integration[-_]tests?|unit[-_]tests?)/"
    r"|(?:^|/)(?:test_[^/]*|conftest)\.py$|[_-]tests?\.\w+$|(?:[._-](?:test|spec|cy|e2e))\.[cm]?[jt]sx?$"
    r"|(?:^|/)[^/]*Tests?\.(?:java|kt|cs|scala|swift|php)$|_spec\.rb$|(?:^|/)tests?\.(?:py|rs|[cm]?[jt]sx?)$"
)
_CODE = {"python", "javascript", "typescript", "tsx", "go", "ruby", "java"}


class TamperingFamily:
    """Finds suppressions, deleted, skipped or weakened tests, and loosened guards that a change brings.

    Needs both sides: where a file is only looked at as it stands, nothing can have been taken away.
    """

    name = "tampering"
    max_bytes = 4 << 20

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        """`rules` are the pages of this family; what has no page is not reported."""
        self._rules = {rule.id for rule in rules}

    def start(self, contents: Contents) -> None:
        """Nothing to open: a change is judged by its own two sides."""

    def compare(self, pair: Pair, budget: Budget) -> Iterator[Match | Gap]:
        """Give what a change to one file takes away from the checks.

        Raises:
            OutOfTime: the budget is spent.
        """
        if pair.file.kind is ChangeKind.PRESENT:
            return
        seen = set()
        for match in self._seen(pair, budget):
            # A decorator of a class says the same thing for each of its tests.
            key = (match.rule, match.start, match.end, match.side, match.message)
            if match.rule in self._rules and key not in seen:
                seen.add(key)
                yield match

    def _seen(self, pair: Pair, budget: Budget) -> Iterator[Match]:
        yield from guards.guards(pair)
        yield from pipelines.pipelines(pair)
        if pair.before is None and pair.after is None:
            return
        yield from suppressions(pair, budget)
        is_test = any(_TEST_FILE.search(path) for path in (pair.file.path, pair.file.old_path or ""))
        if is_test:
            yield from _tests(pair, budget)
        if pair.after is None or pair.after.language not in _CODE:
            return
        added, _ = net(pair)
        if is_test:
            yield from outcomes.in_tests(pair.after, added, budget)
        else:
            yield from outcomes.in_code(pair.after, added, budget)


def _tests(pair: Pair, budget: Budget) -> Iterator[Match]:
    """Compare the tests of a test file; of a new one there is nothing to compare, except what is hollow from the start.
    Tests that moved to a name that no runner collects are gone."""
    left = before_of(pair)
    if left is not None and left.before and test_left(left.file.path, pair.file.path, left.before.language):
        pair = left
    known = pair.before or pair.after
    language = known.language if known else None
    if language in LANGUAGES:
        if pair.after is None and pair.before is not None:
            yield from weakened.all_gone(_cases(Source(pair.before, budget)))
        elif pair.before is not None and pair.after is not None and pair.after.language in LANGUAGES:
            before, after = Source(pair.before, budget), Source(pair.after, budget)
            same = _same(before, after)
            yield from weakened.compare(_cases(before, same), _cases(after, same), budget)
    elif language in other_tests.LANGUAGES:
        yield from other_tests.compare(pair, language, budget)


def _same(before: Source, after: Source) -> frozenset[str]:
    """Names of the functions that are the same on both sides, and need no closer look."""
    if before.view.language != "python" or after.view.language != "python":
        return frozenset()
    old, new = python_tests.outline(before), python_tests.outline(after)
    return frozenset(name for name, number in old.items() if new.get(name) == number)


def _cases(source: Source, same: frozenset[str] = frozenset()) -> Cases:
    return python_tests.read(source, same) if source.view.language == "python" else script_tests.read(source)
