"""What readers of the log passed over, told once at the end of a command: entries that are believed no more."""

import sys
from collections.abc import Mapping
from typing import Any

_ANSWERS = (
    ("blame",),
    ("log", "show"),
    ("trace", "recall"),
    ("trace", "stats"),
    ("trace", "export"),
    ("policy", "replay"),
    ("policy", "backtest"),
    ("risk", "list"),
    ("risk", "show"),
    ("risk", "report"),
    ("controls", "show"),
    ("controls", "coverage"),
    ("evidence", "list"),
    ("attest", "show"),
)
"""Commands whose answer is not whole where they passed something over; all others only tell."""
_MOST_SHOWN = 12


def lines(passed: Mapping[str, Mapping[int, str]]) -> list[str]:
    """Say for people, one line a log, which entries by log and index were passed over, and why."""
    return [_line(f" of {log}" if len(passed) > 1 else "", found) for log, found in passed.items() if found]


def _line(where: str, found: Mapping[int, str]) -> str:
    from clearance.facts.text import counted

    entries = sorted(found)
    shown = ", ".join(str(one) for one in entries[:_MOST_SHOWN]) + (", …" if entries[_MOST_SHOWN:] else "")
    whys = list(dict.fromkeys(found[one] for one in entries))
    why = whys[0] + (f"; and {counted(len(whys) - 1, 'other reason')}: `clearance log verify`" if whys[1:] else "")
    if len(entries) == 1:
        return f"1 entry{where} is signed by what is not believed any more: entry {shown}: it counts for nothing ({why})"
    said = f"{len(entries)} entries{where} are signed by what is not believed any more: entries {shown}"
    return f"{said}: they count for nothing ({why})"


def rows() -> "list[dict[str, Any]]":
    """Give what this process passed over so far as JSON has it: an object an entry."""
    recording = sys.modules.get("clearance.wiring.recording")
    passed: Mapping[str, Mapping[int, str]] = recording.passed if recording else {}
    return [{"entry": entry, "why": why} for found in passed.values() for entry, why in sorted(found.items())]


def incomplete(arguments: list[str], code: int) -> int:
    """Give the exit code of a command that passed something over and would have ended with another one: 4, where it answered
    with less than the log holds."""
    return 4 if not code and any(tuple(arguments[: len(each)]) == each for each in _ANSWERS) else code
