"""Compares the tests of both sides of a file: deleted, skipped, weakened, or expecting something else."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from clearance.facts.finding import Confidence, Severity
from clearance.scan.family import Budget, Match
from clearance.scan.tampering.cases import TRIVIAL, Assertion, Case, Cases, Skip

DELETED = "test-deleted"
SKIPPED = "test-skipped"
WEAKENED = "test-weakened"
EXPECTATION = "test-expectation-changed"

_ALIKE = 0.5
_MOST = 400
_TOLERANCE = re.compile(
    r"\b(abs|rel|atol|rtol|delta|tol|tolerance|eps|epsilon|decimal|places|significant)\s*=\s*([\d.]+(?:e[+-]?\d+)?)",
    re.IGNORECASE,
)
_DISTANCE = re.compile(r"\babs \( .* \) <=? ([\d.]+(?:e[+-]?\d+)?)$")
_DIGITS = re.compile(r"toBeCloseTo \( .*?(?:, (\d+) )?\)$")
_FINER = {"decimal", "places", "significant"}
_NUMBER = re.compile(r"\b\d[\d_.]*(?:e[+-]?\d+)?\b")


def compare(before: Cases, after: Cases, budget: Budget) -> Iterator[Match]:
    """Give what a change takes away from the tests of one file that stands on both sides."""
    old, new = _by_name(before), _by_name(after)
    pairs = [(old[name], new[name]) for name in old if name in new]
    gone = [case for name, case in old.items() if name not in new]
    fresh = [case for name, case in new.items() if name not in old]
    for case in gone:
        budget.check()
        successor = _successor(case, fresh)
        if successor:
            pairs.append((case, successor))
        elif case.is_test:
            yield _deleted(case)
    for was, now in pairs:
        budget.check()
        yield from _skipped(was.skips, now.skips, is_test=now.is_test)
        if now.is_test or was.assertions:
            yield from _weaker(was, now)
    yield from _skipped(before.skips, after.skips, is_test=True)


def all_gone(before: Cases) -> Iterator[Match]:
    """Give the one match for a file that is deleted with its tests, or moved to a name that no runner collects."""
    tests = [case for case in before.cases if case.is_test]
    if tests:
        start, end = tests[0].span
        what = f"{len(tests)} tests were" if len(tests) > 1 else f'test "{tests[0].name}" was'
        yield Match(rule=DELETED, start=start, end=end, message=f"{what} deleted with the file", side="before")


def _by_name(cases: Cases) -> dict[str, Case]:
    """Index cases by name; the same name again gets a number."""
    counts: Counter[str] = Counter()
    named = {}
    for case in cases.cases:
        counts[case.name] += 1
        named[case.name if counts[case.name] == 1 else f"{case.name}#{counts[case.name]}"] = case
    return named


def _successor(case: Case, fresh: list[Case]) -> Case | None:
    """Find the new case that a vanished one became: most of the tokens of one are in the other."""
    if len(fresh) > _MOST or not case.tokens:
        return None
    best = max(fresh, key=lambda other: len(case.tokens & other.tokens), default=None)
    if best is None or best.is_test != case.is_test:
        return None
    shared = len(case.tokens & best.tokens)
    return best if shared >= _ALIKE * len(case.tokens | best.tokens) or shared >= 0.8 * len(case.tokens) else None


def _deleted(case: Case) -> Match:
    start, end = case.span
    return Match(rule=DELETED, start=start, end=end, message=f'test "{case.name}" was deleted', side="before")


def _skipped(was: tuple[Skip, ...], now: tuple[Skip, ...], *, is_test: bool) -> Iterator[Match]:
    """Give the skips that were not there; one that only some circumstances bring about weighs less."""
    old = Counter(_spaceless(skip.text) for skip in was)
    for skip in now if is_test else ():
        key = _spaceless(skip.text)
        if old[key]:
            old[key] -= 1
            continue
        if skip.conditional:
            message, severity = f"`{_short(skip.text)}` was added: the test is skipped in some circumstances", Severity.LOW
        else:
            message, severity = f"`{_short(skip.text)}` was added: a test that ran does not count any more", None
        yield Match(rule=SKIPPED, start=skip.start, end=skip.end, message=message, severity=severity)


def _weaker(was: Case, now: Case) -> Iterator[Match]:
    missing = _without(was.assertions, now.assertions)
    extra = _without(now.assertions, was.assertions)
    yield from _swallowed(was, now)
    if not missing:
        return
    pairs, missing, extra = _paired(missing, extra)
    for old, new in pairs:
        yield from _judged(old, new)
    hollow = [new for new in extra if new.strength == TRIVIAL]
    if missing and hollow:
        yield _match(hollow[0], f"`{_short(hollow[0].shown)}` always holds; it stands where an assertion was")
    elif len(missing) > len(extra) and not _folded(was, now):
        count = len(missing) - len(extra)
        # Where the head of the test is not known, the place is where the assertion was.
        start, end = now.span if now.name else (missing[0].start, missing[0].end)
        what = "an assertion was" if count == 1 else f"{count} assertions were"
        yield Match(
            rule=WEAKENED,
            start=start,
            end=end,
            message=f"{what} removed from a test that this change must pass",
            confidence=None if now.is_test else Confidence.LOW,
            side="after" if now.name else "before",
        )


def _without(some: Sequence[Assertion], others: Sequence[Assertion]) -> list[Assertion]:
    left = Counter(assertion.text for assertion in others)
    kept = []
    for assertion in some:
        if left[assertion.text]:
            left[assertion.text] -= 1
        else:
            kept.append(assertion)
    return kept


def _folded(was: Case, now: Case) -> bool:
    """Whether assertions were folded into a loop, a table of parameters, or sub-tests."""
    return bool(now.assertions) and now.loops > was.loops


def _paired(
    missing: list[Assertion], extra: list[Assertion]
) -> tuple[list[tuple[Assertion, Assertion]], list[Assertion], list[Assertion]]:
    """Pair assertions that are gone with new ones about the same thing: the same subject first, then shared identifiers."""
    pairs: list[tuple[Assertion, Assertion]] = []
    for alike in (_same_subject, _same_about):
        left = []
        for old in missing:
            # Of several, the one that demands as much and shares most is its heir.
            heirs = [one for one in extra[:_MOST] if alike(old, one)]
            new = max(heirs, key=lambda one: (min(one.strength, old.strength), len(one.about & old.about)), default=None)
            if new is None:
                left.append(old)
            else:
                pairs.append((old, new))
                extra.remove(new)
        missing = left
    return pairs, missing, extra


def _same_subject(old: Assertion, new: Assertion) -> bool:
    return bool(old.subject) and old.subject == new.subject


def _same_about(old: Assertion, new: Assertion) -> bool:
    shared = len(old.about & new.about)
    return bool(shared) and 2 * shared >= min(len(old.about), len(new.about))


def _judged(old: Assertion, new: Assertion) -> Iterator[Match]:
    """Say what became of one assertion."""
    if _NUMBER.sub("0", old.text) == _NUMBER.sub("0", new.text) and _tolerates_more(old.text, new.text):
        yield _match(new, f"the tolerance was widened: `{_short(old.shown)}` became `{_short(new.shown)}`")
    elif new.strength == TRIVIAL < old.strength:
        yield _match(new, f"`{_short(new.shown)}` always holds; it was `{_short(old.shown)}`")
    elif new.strength < old.strength:
        yield _match(new, f"`{_short(old.shown)}` became `{_short(new.shown)}`, which demands less")
    elif old.expected and new.expected and old.subject == new.subject and old.expected != new.expected:
        yield Match(
            rule=EXPECTATION,
            start=new.start,
            end=new.end,
            message=f"`{_short(old.expected)}` was expected before, now `{_short(new.expected)}`",
        )


def _tolerates_more(old: str, new: str) -> bool:
    was, now = _TOLERANCE.findall(old), _TOLERANCE.findall(new)
    for (word, before), (_, after) in zip(was, now, strict=False):
        finer = word.lower() in _FINER
        if _number(after) < _number(before) if finer else _number(after) > _number(before):
            return True
    far_before, far_after = _DISTANCE.search(old), _DISTANCE.search(new)
    if far_before and far_after and _number(far_after[1]) > _number(far_before[1]):
        return True
    digits_before, digits_after = _DIGITS.search(old), _DIGITS.search(new)
    return bool(digits_before and digits_after) and _digits(digits_after) < _digits(digits_before)


def _digits(found: re.Match[str] | None) -> int:
    # Jest's own default is two digits.
    return int(found[1][:3]) if found and found[1] else 2


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _swallowed(was: Case, now: Case) -> Iterator[Match]:
    free = {assertion.text for assertion in was.assertions if not assertion.swallowed}
    for assertion in now.assertions:
        if assertion.swallowed and assertion.text in free:
            yield _match(assertion, f"a handler now takes the failure of `{_short(assertion.shown)}`")
            return


def _match(assertion: Assertion, message: str) -> Match:
    return Match(rule=WEAKENED, start=assertion.start, end=assertion.end, message=message)


def _spaceless(text: str) -> str:
    return "".join(text.split())


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"
