"""What a matcher of a hook sees, judged without trusting it: it is input."""

import re

from clearance.assistants.model import Assistant, Event
from clearance.install.hooks import Installed
from clearance.wiring.proving.payloads import names_of

_MOST_MATCHER = 500
_MOST_REPEATED = 4
_MATCHER = re.compile(r"[\w|.*:\-\[\]?+^$ ]*", re.ASCII)
"""What is looked for in a matcher that is not the contract's own: no group, so no repetition within another."""


def missed(event: Event, entry: Installed, assistant: Assistant) -> list[str]:
    """Name the tools that the contract's matcher sees and this one does not."""
    if assistant.hooks is None or not event.matcher or entry.matcher in {event.matcher, "", "*"}:
        return []
    wanted = [name for name in names_of(assistant.hooks, event) if _matches(event.matcher, name)]
    return [name for name in wanted if not sees(entry.matcher, name)]


def sees(matcher: str, name: str) -> bool:
    """Tell whether a matcher of a file sees a tool. It is input, so only what is matched quickly is tried: short, without
    groups, with few repetitions. Another one sees nothing."""
    if matcher in {"", "*"}:
        return True
    many = sum(map(matcher.count, "*+?{"))
    if len(matcher) > _MOST_MATCHER or many > _MOST_REPEATED or _MATCHER.fullmatch(matcher) is None:
        return False
    return _matches(matcher, name)


def _matches(matcher: str, name: str) -> bool:
    try:
        return matcher in {"", "*"} or re.fullmatch(matcher, name) is not None
    except (re.error, OverflowError, RecursionError):
        return False
