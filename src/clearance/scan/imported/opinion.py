"""What another tool says: raw results with places, what it read, what went wrong."""

from typing import NamedTuple

import msgspec

from clearance.facts.finding import Confidence, Gap, Severity, Step


class Raw(NamedTuple):
    """One result of another tool.

    Lines and columns are counted from 1; `end_line` 0 and `column` 0 mean unknown. `path` is that of the change, or what
    the tool wrote where the change has no such file. `silenced`: the tool itself, or a comment in the code, says not to
    report it.
    """

    tool: str
    rule: str
    path: str
    line: int
    message: str
    severity: Severity
    confidence: Confidence = Confidence.MEDIUM
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    title: str = ""
    cwe: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    silenced: bool = False


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """All that one tool says. `files` is how many files it read, -1 where it does not tell."""

    tool: str
    version: str = ""
    raws: tuple[Raw, ...] = ()
    files: int = -1
    gaps: tuple[Gap, ...] = ()
