"""What detectors say, and the words in which they say it."""

import re
from typing import NamedTuple

from clearance.facts.finding import Confidence, Severity
from clearance.facts.text import visible
from clearance.scan.commands.run import Run

_LONGEST = 80
_LOGIN = re.compile(r"://[^/@\s]*@")
"""A name and password in an address, which nobody needs to see again."""


class Seen(NamedTuple):
    """A rule, the span that it is about, and the message; severity and confidence where they differ from the page's."""

    rule: str
    start: int
    end: int
    message: str
    severity: Severity | None = None
    confidence: Confidence | None = None


def seen(rule: str, run: Run, message: str, severity: Severity | None = None, confidence: Confidence | None = None) -> Seen:
    """Say something about a program. Where it runs elsewhere, or is started by another program, the message says so."""
    if run.host:
        message += f" (on {run.host})"
    return Seen(rule, run.start, run.end, message, severity, confidence)


def shown(text: str, longest: int = _LONGEST) -> str:
    """Give a text of the command for people: on one line, cut, with `…` for what is not known."""
    known = text.replace("\0", "…").replace("\x01", "…")
    known = _LOGIN.sub("://…@", visible(known))
    return known if len(known) <= longest else known[: longest - 1] + "…"


LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
GUESS, LIKELY, SURE = Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH
