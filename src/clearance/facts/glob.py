"""Path patterns: `*` and `?` stay within a folder, `**` does not, `[…]` is a set of characters."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

_CROSSING = re.compile(r"\*\*/|\*\*|\*|\?|\[[!^]?\]?[^\]]*\]|.", re.DOTALL)
_TOKEN = re.compile(r"\*\*|\*|\?|\[[!^]?\]?[^\]]*\]|.", re.DOTALL)


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
    """Write a pattern as an expression that takes time linear in the path for each of its stars (but where `**` stands
    beside other characters of a name, which hardly anybody means).

    What stands between two stars has a fixed length, so its leftmost place is as good as any other: an atomic group takes
    that one and is never tried again. The same holds for the folders between two `**`.
    """
    pattern = re.sub(r"\*{2,}", "**", pattern)
    pattern = pattern.removeprefix("/") if "/" in pattern[:-1] else f"**/{pattern}"
    if pattern.endswith("/"):
        pattern += "**"
    folders: list[list[str]] = [[]]
    for sign in _TOKEN.findall(pattern):
        if sign == "/":
            folders.append([])
        else:
            folders[-1].append(sign)
    if any("**" in folder and folder != ["**"] for folder in folders):
        return f"(?s:{''.join(map(_crossing, _CROSSING.findall(pattern)))})"
    runs: list[list[str]] = [[]]
    for folder in folders[:-1]:
        if folder == ["**"]:
            runs.append([])
        else:
            runs[-1].append(_folder(folder) + "/")
    joined = ["".join(run) for run in runs]
    below = folders[-1] == ["**"]
    if below:
        runs_after, ends = joined[1:], ".*"
    else:
        runs_after, ends = joined[1:-1], joined.pop() + _folder(folders[-1])
        ends = f"(?:[^/]+/)*{ends}" if joined else ends
    first = joined[0] if joined else ""
    return f"(?s:{first}{''.join(f'(?>(?:[^/]+/)*?{run})' for run in runs_after if run)}{ends})"


def _folder(tokens: Sequence[str]) -> str:
    """Write what fits the name of one folder or file."""
    chunks: list[list[str]] = [[]]
    for sign in tokens:
        if sign == "*":
            chunks.append([])
        else:
            chunks[-1].append(_piece(sign))
    first, *rest = ["".join(chunk) for chunk in chunks]
    if not rest:
        return first
    return first + "".join(f"(?>[^/]*?{chunk})" for chunk in rest[:-1] if chunk) + f"[^/]*{rest[-1]}"


def _crossing(sign: str) -> str:
    """Write a sign of a pattern whose `**` stands beside other characters, so that what follows it has no fixed place."""
    return {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*"}.get(sign) or _piece(sign)


def _piece(sign: str) -> str:
    """Write what fits one character."""
    if sign == "?":
        return "[^/]"
    if len(sign) == 1:
        return re.escape(sign)
    negated = sign[1] in "!^"
    inside = re.sub(r"[\\\[\]&~|]|(?<=-)-", r"\\\g<0>", sign[2 if negated else 1 : -1])
    return f"[^/{inside}]" if negated else f"(?!/)[{inside}]"
