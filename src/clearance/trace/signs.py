"""The signs between tokens: whether a line whose words stayed also says what it said.

Keys of lines leave out what formatters add and remove: quotes, commas, semicolons, round brackets, backslashes, and case.
Where both texts are at hand, these are compared as well, and only what formatters do to them passes: another kind of quotes,
a comma before a bracket that closes, brackets around the whole of an expression or around an arrow function's parameter,
line ends with the backslash or semicolon before them.
"""

import re
from collections.abc import Sequence

TOKEN = re.compile(r"\w+|[^\w\s'\"`,;()\\]")
MOST_TOKENS = 0xFFFF
"""Tokens of one line that are looked at."""
_CONTINUED = re.compile(r"\\(?=\n|['\"`])")
_LAST_COMMA = re.compile(r",(?=\s*(?:\)|\Z))")
_BLANK = re.compile(r"[\s;]+")
_BRACKETS = re.compile(r"[()]")
_OPENS_BEHIND = frozenset(
    (
        "=",
        ":",
        ">",
        "return",
        "if",
        "elif",
        "while",
        "for",
        "in",
        "assert",
        "yield",
        "await",
        "with",
        "import",
        "del",
        "raise",
    )
)
"""What stands before an expression that may be put into brackets as a whole."""
_GOES_ON = frozenset(("and", "or", "not", "if", "else", "in", "is", "instanceof", "for"))
_PREFIX = re.compile(r"[bfruBFRU]{1,2}")


class Signs:
    """A text's tokens as they are written, and what stands between them (with `\\n` for line ends). `gaps[n]` stands before
    token `n`, the last one behind all of them."""

    def __init__(self, lines: Sequence[str], words: Sequence[Sequence[str]]) -> None:
        self.tokens: list[str] = []
        self.gaps: list[str] = []
        gap = ""
        for line, known in zip(lines, words, strict=True):
            found = list(TOKEN.finditer(line))[:MOST_TOKENS]
            if len(found) != len(known):  # letters that become two when they are made small
                line = line.lower()  # noqa: PLW2901
                found = list(TOKEN.finditer(line))[:MOST_TOKENS]
            at = 0
            for token in found:
                self.gaps.append(gap + line[at : token.start()])
                self.tokens.append(token[0])
                gap, at = "", token.end()
            gap += line[at:] + "\n"
        self.gaps.append(gap)

    def token(self, at: int) -> str:
        """Give a token in small letters; empty outside of the text."""
        return self.tokens[at].lower() if 0 <= at < len(self.tokens) else ""


def alike(old: Signs, before: int, new: Signs, after: int) -> bool:
    """Tell whether token `before` of a text and token `after` of another are written alike and stand between like signs."""
    was, is_ = old.tokens[before], new.tokens[after]
    if was != is_ and not (was[0].isdigit() or (_PREFIX.fullmatch(was) and new.gaps[after + 1][:1] in ("'", '"'))):
        return False
    return _like_in_front(old.gaps[before], new, after, new.gaps[after]) and _like_behind(old, before, new, after)


def _like_in_front(was: str, new: Signs, after: int, is_: str) -> bool:
    if "\n" in was or "\n" in is_:
        if "\n" not in was or "\n" not in is_:
            return True  # broken anew: seen behind the token before
        was, is_ = was.rpartition("\n")[2], is_.rpartition("\n")[2]
    return _like(was, is_, new, after)


def _like_behind(old: Signs, before: int, new: Signs, after: int) -> bool:
    was, is_ = old.gaps[before + 1], new.gaps[after + 1]
    if _like(was, is_, new, after + 1):
        return True
    if "\n" not in was or "\n" not in is_:
        return False
    # Both end their lines: what the next line begins with is the next line's.
    return _like(was.partition("\n")[0] + "\n", is_.partition("\n")[0] + "\n", new, after + 1)


def _like(was: str, is_: str, new: Signs, behind: int) -> bool:
    """Tell whether two gaps are alike; `behind` is the token behind the new one."""
    one, other = _plain(was, new.token(behind)), _plain(is_, new.token(behind))
    if one == other:
        return True
    if _BRACKETS.sub("", one) != _BRACKETS.sub("", other):
        return False
    opens, closes = one.count("(") != other.count("("), one.count(")") != other.count(")")
    arrow = new.token(behind) == "=" and new.token(behind + 1) == ">"
    parameter = new.token(behind + 1) == "=" and new.token(behind + 2) == ">"
    if opens and not parameter and new.token(behind - 1) not in _OPENS_BEHIND:
        return False
    following = new.token(behind)
    word = following[:1].isalnum() or following[:1] == "_"
    return not closes or arrow or following in ("", ":", "{", "}", "]") or (word and following not in _GOES_ON)


def _plain(gap: str, behind: str) -> str:
    gap = _CONTINUED.sub("", gap).replace('"', "'")
    gap = _LAST_COMMA.sub("", gap) if behind in ("]", "}", "") else re.sub(r",(?=\s*\))", "", gap)
    return _BLANK.sub("", gap)
