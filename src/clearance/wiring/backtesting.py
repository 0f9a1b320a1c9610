"""Judges the changes that a repository's log holds with other policies."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from clearance.attest.predicates.incident import IncidentPredicate
from clearance.decide.backtest import Tally
from clearance.decide.decide import decide
from clearance.decide.policy import ERROR
from clearance.decide.policy_set import Policies
from clearance.facts.backtest import Backtest, Became, Passed, Unjudged
from clearance.facts.decision import Decision
from clearance.wiring.attesting_log import Kept, Shelf
from clearance.wiring.places import top
from clearance.wiring.policies import file_text, named, policies_of, sources_of
from clearance.wiring.recording import with_rego
from clearance.wiring.replaying import Missing, case_of, decision_of, existing, newest, read

_MOST_FINDINGS = 1_000
_MOST_UNJUDGED = 1_000


class New(NamedTuple):
    """The policies that are tried, and how they are called."""

    name: str
    policies: Policies


def backtested(
    directory: Path,
    new: str,
    last: int,
    environment: Mapping[str, str],
    progress: Callable[[int, int], object] = lambda _done, _all: None,
) -> Backtest:
    """Judge the newest `last` decisions about changes in the log around a directory by other policies. What assistants were
    about to do is passed over.

    Raises:
        StoreError: there is no log, or it cannot be read.
        UsageError: `new` names no policies.
        BadPolicy: one of them is none.
    """
    log = existing(directory)
    tried = policies_to_try(new, directory, environment)
    indices = newest(log, last + 1, acts=False)
    more = len(indices) > last
    indices = indices[-last:]
    tally = Tally()
    unjudged: list[Unjudged] = []
    missing = 0
    for number, told in enumerate(read(log, indices)):
        progress(number, len(indices))
        try:
            case = case_of(log, told)
            then = decision_of(log, told)
            now = decide(case, tried.policies)
            _insist(now)
        except Missing as error:
            missing += 1
            if len(unjudged) < _MOST_UNJUDGED:
                unjudged.append(Unjudged(entry=told.entry, why=error.why, next=error.next))
            continue
        tally.add(told.entry, told.says.time, case, then, now)
    passed, incidents = _with_incidents(directory, tally.passed)
    return Backtest(
        log=log.place,
        new=tried.name,
        digest=tried.policies.digest,
        judged=tally.judged,
        first=tally.first,
        last=tally.last,
        more=more,
        stopped=tally.stopped,
        asked=tally.asked,
        milder=tally.milder,
        reviews_then=tally.reviews_then,
        reviews_now=tally.reviews_now,
        moves=tally.moves,
        policies=tally.policies,
        authors=tally.authors,
        passed=len(passed),
        findings=passed[:_MOST_FINDINGS],
        incidents=incidents,
        entries=tuple(tally.changed),
        missing=missing,
        unjudged=tuple(unjudged),
    )


def _with_incidents(directory: Path, passed: tuple[Passed, ...]) -> tuple[tuple[Passed, ...], tuple[Became, ...]]:
    """Say of findings which incidents they became: those whose newest statement was made after the decision, and names the
    finding, or its rule and the very decision or commit. Findings that became one come first."""
    newest: dict[str, Kept] = {}
    for kept in Shelf(directory, [IncidentPredicate.TYPE]).newest(IncidentPredicate.TYPE):
        newest.setdefault(kept.said.predicate.id, kept)
    told = [
        msgspec.structs.replace(one, incidents=tuple(sorted(name for name, kept in newest.items() if _came_of(kept, one))))
        for one in passed
    ]
    became = [
        Became(
            id=name,
            severity=kept.said.predicate.severity,
            opened=kept.said.predicate.opened,
            by=kept.signer.name if kept.signer else "",
            entry=kept.entry,
            caught=sum(name in one.incidents for one in told),
        )
        for name, kept in sorted(newest.items())
    ]
    return tuple(sorted(told, key=lambda one: not one.incidents)), tuple(became)


def _came_of(kept: Kept, one: Passed) -> bool:
    said: IncidentPredicate = kept.said.predicate
    if kept.entry < one.entry:
        return False
    about = one.entry in said.entries or one.commit in said.commits
    return one.finding in said.findings or (about and one.rule in said.rules)


def policies_to_try(new: str, directory: Path, environment: Mapping[str, str]) -> New:
    """Find policies by what a person calls them, as `clearance.wiring.policies.named`; a file is one policy beside those of
    the working tree, in place of the one of its name.

    Raises:
        UsageError: it is neither a folder, a file, nor a revision.
        BadPolicy: one of them is none.
    """
    place = directory / new
    if new and place.is_file():
        here = sources_of(top(directory))
        if here.unread:
            raise here.unread[0]
        others = {path: text for path, text in here.policies.items() if Path(path).name != place.name}
        return New(
            f"the policies of here and {new}", with_rego(policies_of(others | {new: file_text(place, new)}), here.rego)
        )
    found = named(new, directory, environment)
    return New(new, with_rego(found.policies, found.rego))


def _insist(now: Decision) -> None:
    """Refuse what was not judged.

    Raises:
        Missing: a policy could not be evaluated, or the rules in Rego could not be asked.
    """
    for reason in now.reasons:
        if reason.policy == ERROR or (reason.could_not_look and reason.policy.split(":")[0] == "rego"):
            raise Missing(f"{reason.policy}: {'; '.join(reason.about)[:300]}", reason.fix)
