"""What others say about who wrote lines of a commit: notes and records that nobody signed."""

from typing import Literal

from clearance.facts.change import Range
from clearance.facts.fact import Fact

Whose = Literal["ai", "human", "mixed", "unknown"]


class Claimed(Fact):
    """Lines of one file that somebody is said to have written: an assistant (`agent`, its `model`, the id of the
    `conversation`) or not. `ranges` are lines of the file as the commit has it, from 1, both included, in order."""

    path: str
    ranges: tuple[Range, ...]
    whose: Whose
    agent: str = ""
    model: str = ""
    conversation: str = ""


class Record(Fact):
    """One note or record: the commit that it is about (empty: it does not say), what it claims, and what of it could not be
    understood. A record with problems is used as far as it goes: missing lines are unknown."""

    commit: str
    claims: tuple[Claimed, ...]
    problems: tuple[str, ...] = ()
    time: str = ""
