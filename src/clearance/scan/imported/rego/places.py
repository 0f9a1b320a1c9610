"""Rules in Rego say what is wrong, but not where: guesses the line from the names in their message."""

import re
from collections.abc import Mapping
from typing import Any

_QUOTED = re.compile(r"[\"'`]([^\"'`\n]{2,80})[\"'`]")
_NAME = re.compile(r"[A-Za-z0-9_][\w./:@-]{2,80}")
_MOST = 40


def line_of(message: str, details: Mapping[str, Any], text: str) -> int:
    """Give the line that a message is about, counted from 1, or 0 for the file as a whole.

    A line that the rule names itself counts (`line`, `metadata.line`). Else the first line that holds a name which the
    message quotes, or one that reads like a name (`aws_s3_bucket.logs`, `web-1`), counts: longer names first.
    """
    inner = details.get("metadata") or details.get("details")
    for one in (details, inner if isinstance(inner, Mapping) else {}):
        line = one.get("line")
        if isinstance(line, int) and not isinstance(line, bool) and 0 < line <= text.count("\n") + 1:
            return line
    quoted = _QUOTED.findall(message)[:_MOST]
    named = [word.rstrip(".:") for word in _NAME.findall(message)[:_MOST] if re.search(r"[_./:@\d-]", word.rstrip(".:"))]
    for words in (quoted, sorted(named, key=len, reverse=True)):
        for word in words:
            at = _found(word, text) or _found(word.rpartition(".")[2], text)
            if at:
                return at
    return 0


def _found(word: str, text: str) -> int:
    if len(word) < 2:
        return 0
    match = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)
    return text.count("\n", 0, match.start()) + 1 if match else 0
