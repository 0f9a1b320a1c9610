"""Counts what other policies would have done to decisions, one at a time."""

from collections import Counter, defaultdict

import msgspec

from clearance.facts.backtest import AuthorCount, Move, Passed, PolicyCount, Tried
from clearance.facts.decision import Case, Decision, Verdict

MOST_PASSED = 10_000
"""Findings that are followed through the later decisions."""
_RANK = {verdict.value: verdict.rank for verdict in Verdict}


class Tally:
    """The counts so far. Decisions are told in the order of the log, because what a later one says of a finding counts."""

    def __init__(self) -> None:
        self.judged = self.stopped = self.asked = self.milder = 0
        self.reviews_then = self.reviews_now = 0
        self.changed: list[Tried] = []
        self.first = self.last = ""
        self._moves: Counter[tuple[str, str]] = Counter()
        self._policies: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._authors: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._passed: dict[str, Passed] = {}

    def add(self, entry: int, time: str, case: Case, then: Decision, now: Decision) -> None:
        """Count one decision: what was signed, and what comes out now."""
        had, has = _stopping(then), _stopping(now)
        told = Tried(
            entry=entry,
            time=time,
            source=case.change.source,
            author=case.change.author.author.kind.value,
            then=then.verdict.value,
            now=now.verdict.value,
            newly=tuple(sorted(has - had)),
            no_longer=tuple(sorted(had - has)),
            reviewers_then=_people(then),
            reviewers_now=_people(now),
        )
        self.judged += 1
        self.first, self.last = self.first or time, time
        self.reviews_then += told.reviewers_then
        self.reviews_now += told.reviewers_now
        self._moves[told.then, told.now] += 1
        self._turn(told)
        self._follow(entry, case, then)
        self._pass(entry, case, then, now)
        if told.then != told.now or told.newly or told.no_longer or told.reviewers_then != told.reviewers_now:
            self.changed.append(told)

    @property
    def moves(self) -> tuple[Move, ...]:
        """How many went from which verdict to which."""
        pairs = ((one, other) for one in _RANK for other in _RANK)
        return tuple(
            Move(then=one, now=other, decisions=self._moves[one, other]) for one, other in pairs if self._moves[one, other]
        )

    @property
    def policies(self) -> tuple[PolicyCount, ...]:
        """What each policy changes, the one that changes most verdicts first."""
        found = [
            PolicyCount(
                policy=name, newly=had["newly"], stricter=had["stricter"], no_longer=had["gone"], milder=had["milder"]
            )
            for name, had in self._policies.items()
        ]
        return tuple(sorted(found, key=lambda one: (-one.stricter - one.milder, -one.newly - one.no_longer, one.policy)))

    @property
    def authors(self) -> tuple[AuthorCount, ...]:
        """What happens to whose changes."""
        return tuple(
            AuthorCount(kind=kind, decisions=had["all"], stopped=had["stopped"], asked=had["asked"], milder=had["milder"])
            for kind, had in sorted(self._authors.items())
        )

    @property
    def passed(self) -> tuple[Passed, ...]:
        """The findings that would not have passed, those that mattered later first."""
        order = {"critical": 0, "high": 1, "medium": 2, "low": 3}
        return tuple(
            sorted(
                self._passed.values(),
                key=lambda one: (one.denied < 0 and one.waived < 0, order.get(one.severity, 4), one.entry, one.finding),
            )
        )

    def _turn(self, told: Tried) -> None:
        author = self._authors[told.author]
        author["all"] += 1
        turn = _RANK[told.now] - _RANK[told.then]
        if turn > 0:
            word = "stopped" if told.now == Verdict.DENY.value else "asked"
            author[word] += 1
            self.stopped += word == "stopped"
            self.asked += word == "asked"
        elif turn < 0:
            author["milder"] += 1
            self.milder += 1
        for name in told.newly:
            self._policies[name]["newly"] += 1
            self._policies[name]["stricter"] += turn > 0
        for name in told.no_longer:
            self._policies[name]["gone"] += 1
            self._policies[name]["milder"] += turn < 0

    def _follow(self, entry: int, case: Case, then: Decision) -> None:
        """See what this decision says of findings that passed before."""
        if not self._passed:
            return
        denied = {name for reason in then.reasons if reason.verdict is Verdict.DENY for name in reason.about}
        waived = {name for cover in case.waivers for name in cover.findings}
        for name in self._passed.keys() & (denied | waived):
            one = self._passed[name]
            if name in denied and one.denied < 0:
                one = msgspec.structs.replace(one, denied=entry)
            if name in waived and one.waived < 0:
                one = msgspec.structs.replace(one, waived=entry)
            self._passed[name] = one

    def _pass(self, entry: int, case: Case, then: Decision, now: Decision) -> None:
        if then.verdict is Verdict.DENY or now.verdict is not Verdict.DENY:
            return
        stops: defaultdict[str, set[str]] = defaultdict(set)
        for reason in now.reasons:
            if reason.verdict is Verdict.DENY:
                for name in reason.about:
                    stops[name].add(reason.policy)
        for finding in case.findings:
            name = finding.fingerprint
            if not finding.introduced or name not in stops or name in self._passed or len(self._passed) >= MOST_PASSED:
                continue
            self._passed[name] = Passed(
                finding=name,
                rule=finding.rule,
                severity=finding.severity.value,
                path=finding.place.path,
                line=finding.place.line,
                entry=entry,
                policies=tuple(sorted(stops[name])),
                commit=case.change.head.commit or "",
            )


def _stopping(decision: Decision) -> set[str]:
    return {reason.policy for reason in decision.reasons if reason.verdict is not Verdict.ALLOW}


def _people(decision: Decision) -> int:
    """How many people have to look; none where it is stopped anyway."""
    return 0 if decision.verdict is Verdict.DENY else sum(need.people for need in decision.reviews)
