"""Judges the changes that a repository's log holds with other policies."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from clearance.decide.backtest import Tally
from clearance.decide.decide import decide
from clearance.decide.policy import ERROR
from clearance.decide.policy_set import Policies
from clearance.facts.backtest import Backtest, Unjudged
from clearance.facts.decision import Decision
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
    passed = tally.passed
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
        entries=tuple(tally.changed),
        missing=missing,
        unjudged=tuple(unjudged),
    )


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
