"""Reads regular expressions of Python, JavaScript and Java into a tree: as much as the question after ambiguity needs.

Characters are sets of bits: one for each ASCII character, one for each other character that the expression names, one for
all the rest.
"""

from typing import NamedTuple, TypeAlias

_OTHERS = 128
_WORD = sum(1 << code for code in range(128) if chr(code).isalnum() or chr(code) == "_")
_DIGIT = sum(1 << code for code in range(48, 58))
_SPACE = sum(1 << ord(char) for char in " \t\n\r\f\v")
_ASCII = (1 << 128) - 1
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b", "0": "\0"}
_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE, "h": 1 << 32 | 1 << 9}
_ASSERTIONS = "bBAZzG<>"
MANY = -1
"""The upper bound of a repetition without one."""
MAX_LENGTH = 4_000
_MAX_DEPTH = 60


class NotRead(ValueError):
    """The expression uses something that is not understood here, or is none."""


class Chars(NamedTuple):
    """One character of a set."""

    mask: int


class Check(NamedTuple):
    """Something that takes no character and may fail: an anchor, a look-around (`inner`), a back-reference."""

    inner: "Tree | None" = None


class Chain(NamedTuple):
    """One after the other."""

    parts: "tuple[Tree, ...]"


class Either(NamedTuple):
    """One of several."""

    ways: "tuple[Tree, ...]"


class Repeat(NamedTuple):
    """Something from `low` to `high` times."""

    inner: "Tree"
    low: int
    high: int


Tree: TypeAlias = Chars | Check | Chain | Either | Repeat


def read(pattern: str) -> Tree:
    """Read an expression.

    Raises:
        NotRead: it is longer than 4,000 characters, broken, or uses atomic groups, possessive repetitions, class
            operators or conditions.
    """
    if len(pattern) > MAX_LENGTH:
        raise NotRead("long")
    return _Reader(pattern).read()


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.depth = 0
        self.folded = False
        self.verbose = False
        self.bits: dict[str, int] = {}

    def read(self) -> Tree:
        tree = self._either()
        if self.at < len(self.text):
            raise NotRead("a parenthesis too many")
        return tree

    def _next(self) -> str:
        if self.at >= len(self.text):
            raise NotRead("ends too early")
        self.at += 1
        return self.text[self.at - 1]

    def _peek(self, length: int = 1) -> str:
        return self.text[self.at : self.at + length]

    def _either(self) -> Tree:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise NotRead("deep")
        ways = [self._chain()]
        while self._peek() == "|":
            self.at += 1
            ways.append(self._chain())
        self.depth -= 1
        return ways[0] if len(ways) == 1 else Either(tuple(ways))

    def _chain(self) -> Tree:
        parts: list[Tree] = []
        while self.at < len(self.text) and self._peek() not in "|)":
            part = self._atom()
            if part is not None:
                parts.append(self._repeated(part))
        return parts[0] if len(parts) == 1 else Chain(tuple(parts))

    def _repeated(self, part: Tree) -> Tree:
        while True:
            char = self._peek()
            if char == "*":
                low, high = 0, MANY
            elif char == "+":
                low, high = 1, MANY
            elif char == "?":
                low, high = 0, 1
            elif char == "{":
                bounds = self._bounds()
                if bounds is None:
                    return part
                low, high = bounds
                self.at -= 1
            else:
                return part
            self.at += 1
            if self._peek() == "+":
                raise NotRead("possessive")
            if self._peek() == "?":
                self.at += 1
            part = Repeat(part, low, high)

    def _bounds(self) -> tuple[int, int] | None:
        """Read `{2}`, `{2,}`, `{2,5}`, `{,5}`; None where the brace is just a brace."""
        end = self.text.find("}", self.at, self.at + 16)
        low, comma, high = self.text[self.at + 1 : max(end, self.at + 1)].partition(",")
        if end < 0 or not (low or high) or not (low + high).isdecimal():
            return None
        self.at = end + 1
        return int(low or 0), (int(high) if high else MANY) if comma else int(low)

    def _atom(self) -> Tree | None:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return Chars(self._set())
        if char == "\\":
            return self._escape()
        if char == ".":
            return Chars(~(1 << 10))
        if char in "^$":
            return Check()
        if char in "*+?":
            raise NotRead("nothing to repeat")
        if self.verbose and char.isspace():
            return None
        if self.verbose and char == "#":
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
            return None
        return Chars(self._one(char))

    def _group(self) -> Tree | None:
        assertion = False
        if self._peek() == "?":
            self.at += 1
            char = self._next()
            if char == "#":
                self.at = self.text.find(")", self.at) + 1 or len(self.text)
                return None
            if char in "=!":
                assertion = True
            elif char == "<" and self._peek() in ("=", "!"):
                self.at += 1
                assertion = True
            elif char == "<" or (char == "P" and self._peek() == "<"):
                self.at = self.text.find(">", self.at) + 1
                if not self.at:
                    raise NotRead("no end of a name")
            elif char == "P" and self._peek() == "=":
                self.at = self.text.find(")", self.at) + 1 or len(self.text)
                return Check()
            elif char != ":":
                return self._flags(char)
        inner = self._either()
        if self._next() != ")":
            raise NotRead("no end of a group")
        return Check(inner) if assertion else inner

    def _flags(self, char: str) -> Tree | None:
        flags = ""
        while char.isalpha() or char == "-":
            flags += char
            char = self._next()
        on = flags.partition("-")[0]
        if not flags or char not in ":)":
            raise NotRead("an unknown group")
        self.folded |= "i" in on
        self.verbose |= "x" in on
        if char == ")":
            return None
        inner = self._either()
        if self._next() != ")":
            raise NotRead("no end of a group")
        return inner

    def _escape(self) -> Tree:
        char = self._next()
        if char in _ASSERTIONS and char not in "<>":
            return Check()
        if char.isdecimal() and char != "0":
            return Check()
        if char == "k" and self._peek() in ("<", "{"):
            self.at = self.text.find(">" if self._peek() == "<" else "}", self.at) + 1 or len(self.text)
            return Check()
        return Chars(self._escaped(char))

    def _escaped(self, char: str) -> int:
        """Read what stands after a backslash, in a set or out of one."""
        low = char.lower()
        if low in _CLASSES:
            return _CLASSES[low] if char == low else ~_CLASSES[low]
        if low == "p" and self._peek() == "{":
            self.at = self.text.find("}", self.at) + 1 or len(self.text)
            return -1
        if char == "x":
            return self._code(2)
        if char == "u":
            if self._peek() == "{":
                end = self.text.find("}", self.at)
                digits, self.at = self.text[self.at + 1 : end], end + 1
                return self._one(_char(digits)) if end > 0 else self._one(char)
            return self._code(4)
        return self._one(_ESCAPES.get(char, char))

    def _code(self, length: int) -> int:
        digits = self._peek(length)
        self.at += length
        return self._one(_char(digits))

    def _one(self, char: str) -> int:
        code = ord(char)
        if code >= _OTHERS:
            return 1 << self.bits.setdefault(char, _OTHERS + 1 + len(self.bits))
        if self.folded and char.isalpha():
            return 1 << ord(char.lower()) | 1 << ord(char.upper())
        return 1 << code

    def _set(self) -> int:
        negated = self._peek() == "^"
        self.at += negated
        mask = 0
        first = True
        while True:
            char = self._next()
            if char == "]" and not (first and self._peek() not in ("", ")") and "]" in self.text[self.at :] and not negated):
                break
            first = False
            if char == "[" and self._peek() == ":":
                end = self.text.find(":]", self.at)
                if end > 0:
                    self.at = end + 2
                    mask |= _WORD
                    continue
            if char == "&" and self._peek() == "&":
                raise NotRead("an intersection of sets")
            low = self._escaped(self._next()) if char == "\\" else self._one(char)
            if self._peek() == "-" and self._peek(2)[1:] not in ("]", "") and low.bit_count() in (1, 2) and low > 0:
                self.at += 1
                char_ = self._next()
                high = self._escaped(self._next()) if char_ == "\\" else self._one(char_)
                mask |= self._range(low, high)
            else:
                mask |= low
        return ~mask if negated else mask

    def _range(self, low: int, high: int) -> int:
        first, last = low.bit_length() - 1, high.bit_length() - 1
        if high < 0 or last < first:
            return low | high
        if last > _OTHERS:
            return (~0 << min(first, _OTHERS)) | low | high
        mask = (1 << (last + 1)) - (1 << first)
        if self.folded:
            mask |= sum(1 << ord(chr(code).swapcase()) for code in range(first, last + 1) if chr(code).isalpha())
        return mask


def _char(digits: str) -> str:
    try:
        return chr(int(digits, 16))
    except (ValueError, OverflowError):
        raise NotRead("no such character") from None
