"""Moments as text."""

import re
from datetime import UTC, datetime

_RFC3339 = re.compile(
    r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def rfc3339(at: datetime) -> str:
    """Write a moment in UTC to the second, as RFC 3339 has it: `2026-11-22T06:13:22Z`. Such texts sort by time.

    Raises:
        ValueError: the moment has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return f"{at.astimezone(UTC).isoformat(timespec='seconds')[:-6]}Z"  # strftime takes many times as long


def read_rfc3339(said: str) -> datetime:
    """Read a moment of RFC 3339, with its time zone: `2026-11-22T06:13:22Z`, `2026-11-22T07:13:22+01:00`.

    Raises:
        ValueError: it is none.
    """
    if not _RFC3339.fullmatch(said):
        raise ValueError("not a moment in RFC 3339")
    try:
        return datetime.fromisoformat(said.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("not a moment in RFC 3339") from error
