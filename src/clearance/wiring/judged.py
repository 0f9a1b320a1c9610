"""What a run ends with."""

from typing import NamedTuple

from clearance.facts.outcome import Outcome
from clearance.report.look import Times


class Judged(NamedTuple):
    """An outcome, when the run began and ended, and the exit code: 0 allowed (or looked everywhere, for a scan), 1 denied,
    3 a person must look, 4 could not look."""

    outcome: Outcome
    at: Times
    exit: int
    notes: tuple[str, ...] = ()
    """What a person should know beside the outcome."""


def exit_of_scan(outcome: Outcome) -> int:
    """Give the exit code of a look without a verdict: 4 where something was not looked at, 3 where a person must find out
    what nobody knows, 0 otherwise, whatever was found."""
    if any(gap.stops for gap in outcome.gaps):
        return 4
    return 3 if any(gap.matters for gap in outcome.gaps) else 0
