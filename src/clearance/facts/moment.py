"""Moments as text."""

from datetime import UTC, datetime


def rfc3339(at: datetime) -> str:
    """Write a moment in UTC to the second, as RFC 3339 has it: `2026-11-22T06:13:22Z`. Such texts sort by time.

    Raises:
        ValueError: the moment has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
