"""What text may still hold after a pattern has let it through, or after characters were taken out of it; and for which
kinds of
sinks it is harmless then."""

import string
from functools import lru_cache
from typing import Final

_LETTERS: Final = frozenset(string.ascii_letters)
_DIGITS: Final = frozenset(string.digits)
_WORD: Final = _LETTERS | _DIGITS | {"_"}
_SPACE: Final = frozenset(" \t\n\r\f\v")
_ALL: Final = frozenset(map(chr, range(128)))
_ESCAPES: Final[dict[str, frozenset[str] | set[str]]] = {
    "w": _WORD, "d": _DIGITS, "s": _SPACE, "W": _ALL - _WORD, "D": _ALL - _DIGITS, "S": _ALL - _SPACE, "n": {"\n"},
    "r": {"\r"}, "t": {"\t"},
    "f": {"\f"}, "v": {"\v"}, "0": {"\0"}, "b": set(), "B": set(), "A": set(), "Z": set(), "z": set(), "G": set(),
}  # fmt: skip
_NAMED: Final[dict[str, frozenset[str]]] = {
    "alpha": _LETTERS, "digit": _DIGITS, "alnum": _LETTERS | _DIGITS, "lower": _LETTERS, "upper": _LETTERS, "word": _WORD,
    "space": _SPACE, "punct": frozenset(string.punctuation), "xdigit": frozenset(string.hexdigits),
    "Alpha": _LETTERS, "Digit": _DIGITS, "Alnum": _LETTERS | _DIGITS, "Lower": _LETTERS, "Upper": _LETTERS, "Space": _SPACE,
    "Punct": frozenset(string.punctuation), "XDigit": frozenset(string.hexdigits), "L": _LETTERS, "N": _DIGITS,
    "Nd": _DIGITS, "Lu": _LETTERS,
    "Ll": _LETTERS, "IsAlphabetic": _LETTERS, "IsDigit": _DIGITS, "ASCII": _ALL,
}  # fmt: skip
HARMFUL: Final[dict[str, frozenset[str]]] = {
    "sql": frozenset("'\"\\;()/*=<>|&%#`, \t\n\r\f\v\0"),
    "nosql": frozenset("'\"\\${}()[];:, \t\n\r"),
    "shell": frozenset("'\"\\;|&$<>`(){}[]*?~#!^= \t\n\r\0"),
    "code": frozenset("'\"\\;()[]{}.+-*/%=<>:,!&|^~@`# \t\n\r"),
    "template": frozenset("{}$<%#@()"),
    "html": frozenset("<>\"'`&= \t\n\r"),
    "script": frozenset("'\"\\<>/()`${};=+ \t\n\r"),
    "path": frozenset("/\\\0:"),
    "url": frozenset("/\\:@?#%&. \t\n\r"),
    "redirect": frozenset("/\\:@. \t\n\r"),
    "header": frozenset("\r\n\0"),
    "ldap": frozenset('*()\\\0=,+<>;"#/&|! \t'),
    "xpath": frozenset("'\"[]()/=|*@:, \t\n\r"),
    "xml": frozenset("<>&\"'%"),
    "regex": frozenset(".*+?()[]{}|^$\\"),
    "log": frozenset("\r\n"),
    "deserialise": frozenset(string.punctuation) - {"_"} | _SPACE,
    "format": frozenset("%{}"),
    "email": frozenset('\r\n,;<>:"'),
    "csv": frozenset('=+-@\t\r\n,;"'),
}  # fmt: skip
"""What text must not hold to be harmless for a kind of sink; numbers and amounts of memory are not a matter of
characters."""
_NONE: Final[frozenset[str]] = frozenset()
_TAKEN_OUT: Final = {
    "log": frozenset("\n"),
    "header": frozenset("\r\n"),
    "html": frozenset("<>"),
    "xml": frozenset("<&"),
    "path": frozenset("/"),
    "regex": frozenset(".*+?()[\\"),
    "ldap": frozenset("*()\\"),
    "email": frozenset("\r\n"),
}
"""Without these characters text is harmless for a kind, whatever else it holds."""
_MAX_PATTERN = 400


class _Pattern:
    """Reads which characters can be matched by any part of a regular expression. Errs on the side of more."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.matched: set[str] = set()
        self.depth = 0
        self.alternatives = False

    def escape(self) -> frozenset[str] | set[str]:
        """Read what follows a backslash."""
        character = self.pattern[self.at : self.at + 1]
        self.at += 1
        if character in ("p", "P") and self.at < len(self.pattern):
            end = self.pattern.find("}", self.at) if self.pattern[self.at] == "{" else self.at
            if end < 0:
                return _ALL
            known = _NAMED.get(self.pattern[self.at : end + 1].strip("{}"), _ALL)
            self.at = end + 1
            return _ALL - known if character == "P" else known
        if character in ("x", "u"):
            width = 2 if character == "x" else 4
            digits = self.pattern[self.at : self.at + width]
            self.at += width
            try:
                return {chr(int(digits, 16))}
            except ValueError:
                return _ALL
        return _ESCAPES.get(character, {character} if not character.isdigit() else set())

    def bracket(self) -> frozenset[str] | set[str]:
        """Read what follows an opening bracket: the characters of the class."""
        pattern = self.pattern
        negated = pattern[self.at : self.at + 1] == "^"
        self.at += negated
        chars: set[str] = set()
        first = True
        while self.at < len(pattern) and (first or pattern[self.at] != "]"):
            first = False
            if pattern.startswith("[:", self.at):
                end = pattern.find(":]", self.at)
                if end > 0:
                    chars |= _NAMED.get(pattern[self.at + 2 : end], _ALL)
                    self.at = end + 2
                    continue
            character = pattern[self.at]
            self.at += 1
            if character == "\\":
                more = self.escape()
                chars |= more
                if len(more) != 1:
                    continue
                character = next(iter(more))
            if pattern[self.at : self.at + 1] == "-" and pattern[self.at + 1 : self.at + 2] not in ("", "]"):
                last = pattern[self.at + 1]
                self.at += 2
                if last == "\\":
                    more = self.escape()
                    last = next(iter(more)) if len(more) == 1 else "\x7f"
                chars |= {chr(code) for code in range(ord(character), min(ord(last), 127) + 1)}
            else:
                chars.add(character)
        self.at += 1
        return _ALL - chars if negated else chars

    def read(self) -> set[str]:
        """Give all characters that can be matched."""
        pattern = self.pattern
        while self.at < len(pattern):
            character = pattern[self.at]
            self.at += 1
            if character == "\\":
                self.matched |= self.escape()
            elif character == "[":
                self.matched |= self.bracket()
            elif character == ".":
                self.matched |= _ALL - {"\n"}
            elif character == "(":
                self.depth += 1
                if pattern.startswith("?", self.at):
                    self._opening()
            elif character == ")":
                self.depth -= 1
            elif character == "|":
                self.alternatives = self.alternatives or self.depth <= 0
            elif character == "{":
                end = pattern.find("}", self.at)
                if end > 0 and pattern[self.at : end].replace(",", "").isdigit():
                    self.at = end + 1
                else:
                    self.matched.add(character)
            elif character not in "^$*+?":
                self.matched.add(character)
        return self.matched

    def _opening(self) -> None:
        """Pass what stands after `(?`: flags, names, kinds of groups."""
        pattern = self.pattern
        self.at += 1
        if pattern[self.at : self.at + 1] in ("P", "<") and pattern[self.at : self.at + 2] not in ("<=", "<!"):
            end = pattern.find(">", self.at)
            self.at = end + 1 if end > 0 else len(pattern)
            return
        while self.at < len(pattern) and pattern[self.at] != ")":
            self.at += 1
            if pattern[self.at - 1] in ":=!":
                return


def _whole(pattern: str, read: _Pattern) -> bool:
    """Tell whether the pattern can only match all of a text."""
    start = pattern.startswith(("^", "\\A"))
    end = (pattern.endswith("$") and not pattern.endswith("\\$")) or pattern.endswith(("\\Z", "\\z"))
    return start and end and not read.alternatives


@lru_cache(maxsize=2000)
def kinds_let_through(pattern: str, *, full: bool = False) -> frozenset[str]:
    """Give the kinds of sinks for which text is harmless that a regular expression matches. `full`: the call matches all
    of the
    text anyhow (`fullmatch`, Java's `matches`)."""
    if len(pattern) > _MAX_PATTERN:
        return _NONE
    read = _Pattern(pattern)
    matched = read.read()
    return kinds_within(frozenset(matched)) if full or _whole(pattern, read) else _NONE


@lru_cache(maxsize=2000)
def kinds_within(allowed: frozenset[str]) -> frozenset[str]:
    """Give the kinds of sinks for which text of these characters is harmless."""
    kinds = frozenset(kind for kind, harmful in HARMFUL.items() if harmful.isdisjoint(allowed))
    if "." in allowed and "path" in kinds and "/" in allowed:
        kinds -= {"path"}
    return kinds


@lru_cache(maxsize=2000)
def kinds_after(pattern: str, replacement: str) -> frozenset[str]:
    """Give the kinds of sinks for which text is harmless after all that a pattern matches was replaced, with what single
    characters were taken out (`-x`), so that several replacements after each other may do it together."""
    if len(pattern) > _MAX_PATTERN:
        return _NONE
    single = _singlebracket(pattern)
    if single is None:
        return _NONE
    if replacement.startswith("\\"):  # a backslash before each: what regular expressions and LDAP ask for
        return frozenset(kind for kind in ("regex", "ldap") if _TAKEN_OUT[kind] <= single)
    left = frozenset((_ALL - single) | set(replacement))
    taken = (
        frozenset(f"-{character}" for character in single - set(replacement) if not character.isalnum())
        if len(single) < 40
        else _NONE
    )
    return kinds_within(left) | without(taken) | taken


def without(taken: frozenset[str]) -> frozenset[str]:
    """Give the kinds of sinks for which text is harmless once these characters (`-x`) are gone."""
    return frozenset(kind for kind, chars in _TAKEN_OUT.items() if all(f"-{character}" in taken for character in chars))


def _singlebracket(pattern: str) -> frozenset[str] | None:
    """Give the characters that a pattern matches one at a time, wherever they stand: `[^a-z]`, `\\W+`, `\\r|\\n`."""
    body = pattern
    if body.startswith("(") and body.endswith(")") and "(" not in body[1:]:
        body = body[1:-1].removeprefix("?:")
    read = _Pattern(body)
    chars: set[str] = set()
    after_bar = True
    while read.at < len(body):
        character = body[read.at]
        read.at += 1
        if character == "|":
            after_bar = True
            continue
        if character in "+?*{" and not after_bar:
            if character == "?":
                after_bar = True
            elif character == "{":
                return None
            continue
        if not after_bar:
            return None
        after_bar = False
        if character == "\\":
            more = read.escape()
        elif character == "[":
            more = read.bracket()
        elif character in "^$.()":
            return None
        else:
            more = {character}
        chars |= more
    return frozenset(chars) or None
