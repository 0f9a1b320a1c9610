"""An advisory as the pack keeps it."""

import datetime as dt

import msgspec

SEVERITIES = ("", "low", "medium", "high", "critical")
EVENTS = {"introduced": "i", "fixed": "f", "last_affected": "l", "limit": "m"}
"""Events of OSV's ranges, by the letter that stands before their version here."""
EVERY = [["i0"]]
"""The ranges of what is hostile or broken in every version."""
_ORIGIN = dt.date(1970, 1, 1)


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """One record about one package. `score` is ten times the CVSS base score. `day` counts from 1970-01-01, -1: not said.
    `ranges` hold events in their order, each a letter of `EVENTS` and a version. `versions` are those that the ranges do
    not say already. An empty `summary` of malware is the usual one."""

    id: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    severity: int = 0
    score: int = 0
    day: int = -1
    ranges: list[list[str]] = []
    versions: list[str] = []

    @property
    def fixed(self) -> list[str]:
        """The versions with a repair, as they are written."""
        return list(dict.fromkeys(event[1:] for events in self.ranges for event in events if event[0] == "f"))

    @property
    def published(self) -> dt.date | None:
        """The day on which it was published."""
        return _ORIGIN + dt.timedelta(days=self.day) if self.day >= 0 else None


def day_of(text: str) -> int:
    """Count the days of an RFC 3339 time from 1970-01-01; -1 where it is none."""
    try:
        return (dt.date.fromisoformat(text[:10]) - _ORIGIN).days
    except ValueError:
        return -1
