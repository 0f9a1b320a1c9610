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
