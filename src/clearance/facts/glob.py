"""Path patterns: `*` and `?` stay within a folder, `**` does not, `[…]` is a set of characters."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Make a test for paths with `/` between folders. A pattern without a slash fits the name in any folder, as in
    `.gitignore`; a pattern that ends in `/` fits all below it. No patterns fit nothing.

    Raises:
        ValueError: a set of characters is none (`[z-a]`).
    """
    joined = tuple(patterns)
    if not joined:
        return lambda path: False
    if any("[" in pattern for pattern in joined):
        try:
            _expression(joined)
        except re.error as error:
            raise ValueError(f"not a path pattern: {error}") from None
    # Only a set of characters can be wrong. The rest is compiled when the first path asks, which for most is never.
    return lambda path: _expression(joined).fullmatch(path) is not None


@lru_cache(maxsize=4096)
def _expression(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(_translate, patterns)))


def _translate(pattern: str) -> str:
    pattern = re.sub(r"\*{2,}", "**", pattern)
    pattern = pattern.removeprefix("/") if "/" in pattern[:-1] else f"**/{pattern}"
    if pattern.endswith("/"):
        pattern += "**"
    pieces = []
    for token in re.findall(r"\*\*/|\*\*|\*|\?|\[[!^]?\]?[^\]]*\]|.", pattern, re.DOTALL):
        match token:
            case "**/":
                pieces.append("(?:[^/]+/)*")
            case "**":
                pieces.append(".*")
            case "*":
                pieces.append("[^/]*")
            case "?":
                pieces.append("[^/]")
            case _ if len(token) > 1:
                negated = token[1] in "!^"
                inside = re.sub(r"[\\\[\]&~|]|(?<=-)-", r"\\\g<0>", token[2 if negated else 1 : -1])
                pieces.append(f"[{'^/' if negated else ''}{inside}]")
            case _:
                pieces.append(re.escape(token))
    return f"(?s:{''.join(pieces)})"
