"""Pages with a block `token`: a pattern, its keywords, and what else must hold. See docs/reference/detect-secrets.md."""

import re
from functools import cached_property
from typing import Any

import msgspec

from clearance.facts.errors import BadPage
from clearance.facts.fact import Fact
from clearance.facts.finding import Confidence, Look
from clearance.rules.model import Block
from clearance.scan.secrets.checks import CHECKS
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Dropped, Expression, Found, Probe, Sheet
from clearance.scan.secrets.rarity import entropy
from clearance.scan.secrets.values import is_made_up

ENGINE = "token"
_MAX_REACH = 8192
_MAX_TAIL = 4
_TOLD = 96
"""Characters that tell a stand-in; a longer random text has runs and words by chance."""
_EDGE = lazily(r"(?:\\b|\(\?:\[\^[^\]]*\]\|\$\))$")
"""The edge at the end of a pattern, as pages write it."""
_ATOM = lazily(r"(?:\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|\(\?(?:[a-z]+:|:)|.)(?:\{\d+(?:,\d*)?\}|[*+?])?", re.DOTALL)
"""A class, an escape, the head of a group, or a character, each with its count."""
_OPTIONAL = lazily(
    r"(?:(?:\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|[^\\\])}*+?])(?:\{0,\d+\}|[*?])|\(\?:[^()]*\)\?)(?P<close>\)*)$", re.DOTALL
)
"""What need not stand at the end: a class, a character or a plain group, with the groups that close behind it."""
_HEAD = lazily(
    r"^(?:\\b|\(\?:\^\|\[[^\]]*\]\))?(?P<open>\(?)(?:(?:\[(?:\\.|[^\]\\])*\](?:\{\d+(?:,\d*)?\})?[_-]?)+)"
    r"(?P<then>(?:\\[^\w]|[\w:-]){3,})"
)
"""Classes at the start before three or more plain characters: what stands there names the place well enough."""
_COUNT = lazily(r"\{(\d+)(?:(,)(\d*))?\}$")
_LAST = lazily(r"(?:\+|\{(\d+),\})(\)*)$")
"""The open count of what is repeated at the end, and the groups that close behind it."""
_OTHERS = lazily(r"\{(\d+),\}(?=(?:\|[^()|]*)+\)+$)")
"""The open counts at the ends of the other alternatives of the last group."""
_FEW, _SOME = 8, 14
"""Repetitions that an automaton counts at little cost: within a pattern, and at its end, to tell tokens from words."""
_AS_NAMES = lazily(r"(?:\\b)?(?:\((?:\?:)?)*(?:live|test)[|)_]")
"""A pattern that starts as names of functions do: only its exact length keeps those away."""


class Token(Fact):
    """A token format. `pattern` is RE2 syntax over bytes; `group` is the group that holds the secret.

    Attributes:
        keywords: literals, one of which stands in each match; case does not count.
        group: the number of the group that is the secret, 0 for the whole match.
        entropy: bits a character that the secret must have at least.
        check: the name of a test of its structure, or empty.
        strict: whether text that fails the check is no such token, even where the check by itself only doubts.
        reach: the bytes of the longest match.
        tail: how many of the last characters the vendor itself shows, in its console or API, to tell its tokens apart.
        least: what the prefilter looks for; made from the pattern, no key of a page.
    """

    pattern: str
    keywords: tuple[str, ...]
    group: int = 0
    entropy: float = 0.0
    check: str = ""
    strict: bool = False
    reach: int = 512
    tail: int = 0
    least: str = ""


_KEYS = tuple(key for key in Token.__struct_fields__ if key != "least")


def read_token(block: Block, page: str) -> Token:
    """Read the TOML of a block `token`.

    Raises:
        BadPage: it is no TOML, a key is unknown or has a value of the wrong kind, or the pattern is not one.
    """
    import difflib
    import tomllib

    try:
        keys = tomllib.loads(block.text)
    except ValueError as error:
        at = re.search(r"at line (\d+)", str(error))
        raise BadPage(f"not TOML: {error}", where=_where(page, block, int(at[1]) if at else 1)) from None
    for key in keys:
        if key not in _KEYS:
            close = difflib.get_close_matches(key, _KEYS, n=1)
            known = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(_KEYS)}"
            raise BadPage(f"unknown key {key!r}", where=_where(page, block, _line_of(block, key)), next=known)
    return _checked(keys, block, page)


def _checked(keys: dict[str, Any], block: Block, page: str) -> Token:
    import re2

    try:
        token = msgspec.convert(keys, Token)
    except msgspec.ValidationError as error:
        raise BadPage(str(error), where=_where(page, block, 1)) from None

    def bad(key: str, what: str, next: str = "") -> BadPage:
        return BadPage(what, where=_where(page, block, _line_of(block, key)), next=next)

    if not token.keywords or any(len(word) < 3 or not word.isascii() for word in token.keywords):
        raise bad("keywords", "keywords are ASCII texts of at least three characters", "name one that each match holds")
    if token.check and token.check not in CHECKS:
        raise bad("check", f"no check {token.check!r}", f"known are {', '.join(CHECKS)}")
    if not 8 <= token.reach <= _MAX_REACH:
        raise bad("reach", f"reach is {token.reach}", f"give 8 to {_MAX_REACH} bytes")
    if not 0 <= token.tail <= _MAX_TAIL:
        raise bad("tail", f"tail is {token.tail}", f"give 0 to {_MAX_TAIL} characters")
    if token.strict and not token.check:
        raise bad("strict", "strict without a check", "name the check under `check`")
    if not token.pattern.isascii() or "\n" in token.pattern:
        raise bad("pattern", "the pattern is not one line of ASCII")
    try:
        compiled = _compile(token.pattern)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        raise bad("pattern", f"the pattern is not RE2: {said.decode() if isinstance(said, bytes) else said}") from None
    if not 0 <= token.group <= compiled.groups:
        raise bad("group", f"the pattern has no group {token.group}")
    if compiled.search(b"") is not None:
        raise bad("pattern", "the pattern matches empty text")
    return msgspec.structs.replace(token, least=_least(token.pattern))


def _where(page: str, block: Block, line: int) -> str:
    return f"{page}:{block.line + line - 1}"


def _line_of(block: Block, key: str) -> int:
    """Give the line of the block, from 1, on which a key stands; 1 where it does not."""
    lines = block.text.split("\n")
    return next((number for number, line in enumerate(lines, 1) if re.match(rf"\s*{re.escape(key)}\s*=", line)), 1)


def _compile(pattern: str) -> Any:
    """Compile for bytes, one byte a character, as Hyperscan reads them."""
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return re2.compile(pattern.encode(), options=options)


class _TokenJudge:
    """Confirms a token around a keyword. Compiles its pattern when it is first asked."""

    def __init__(self, rule: str, token: Token) -> None:
        self.rule = rule
        self.token = token

    @cached_property
    def _compiled(self) -> Any:
        return _compile(self.token.pattern)

    def __call__(self, sheet: Sheet, at: int) -> Found | Dropped | None:
        token = self.token
        low, high = max(0, at - token.reach - 1), min(len(sheet.data), at + token.reach + 1)
        window = sheet.data[low:high]
        for match in self._compiled.finditer(window):
            start, end = match.span()
            if low + start > at:
                return None
            # What touches a cut edge of the window may be another thing in the whole text.
            cut = (start == 0 and low > 0) or (end == len(window) and high < len(sheet.data))
            if low + end <= at or cut:
                continue
            start, end = match.span(token.group)
            return self._judged(sheet, low + start, low + end)
        return None

    def _judged(self, sheet: Sheet, start: int, end: int) -> Found | Dropped | None:
        token = self.token
        text = sheet.data[start:end].decode("latin-1")
        check = CHECKS.get(token.check)
        passes = check is not None and check.passes(text)
        refused = check is not None and not passes and (check.strict or token.strict)
        if refused and check is not None and check.silent:
            return None
        proven = passes and check is not None and check.proves
        if not proven and is_made_up(text[:_TOLD]):
            return Dropped(start, end, self.rule, Look.PLACEHOLDER)
        if refused and check is not None:
            return Dropped(start, end, self.rule, Look.CHECK_DIGITS if check.proves else Look.WORDS)
        if entropy(text) < token.entropy:
            return Dropped(start, end, self.rule, Look.WEAK)
        doubtful = check is not None and not passes
        confidence = Confidence.LOW if doubtful else Confidence.HIGH
        message = "the shape fits, the check digits do not" if doubtful else ""
        # A kind that is proven goes before one that only fits.
        rank = -1 if proven and check is not None and check.alone else 0
        return Found(start, end, self.rule, rank, confidence, message=message, tail=token.tail)


def token_probe(rule: str, token: Token) -> Probe:
    """Make the probe of a token format."""
    keywords = tuple(word.lower().encode() for word in token.keywords)
    return Probe(rule, (Expression(token.least or token.pattern),), keywords, token.reach, _TokenJudge(rule, token))


def _least(pattern: str) -> str:
    """Give a cheaper pattern for the prefilter, which matches wherever the whole one does.

    Edges, classes at the start and what is optional at the end go: a shorter match still ends behind the keyword. Long
    counts become short ones without an upper bound: a counter of Hyperscan takes a state for each repetition. What is
    repeated at the end stands as rarely as may be, so that there is one end and not one for each byte.
    """
    if _AS_NAMES.match(pattern):
        return pattern
    whole = ""
    while whole != pattern:
        whole, pattern = pattern, _OPTIONAL.sub(r"\g<close>", _EDGE.sub("", pattern))
    whole = _HEAD.sub(r"\g<open>\g<then>", whole)
    atoms = [atom[0] for atom in _ATOM.finditer(whole)]
    last = max((at for at, atom in enumerate(atoms) if not atom.startswith(")")), default=0)
    least = "".join(_cheaper(atom, _SOME if at == last else _FEW) for at, atom in enumerate(atoms))
    least = _LAST.sub(lambda found: (f"{{{found[1]}}}" if found[1] else "") + found[2], least)
    return _OTHERS.sub(r"{\1}", least)


def _cheaper(atom: str, few: int) -> str:
    """Relax the count of a class or character; anything else stays."""
    found = _COUNT.search(atom)
    if found is None or atom.startswith(")"):
        return atom
    low, high = int(found[1]), int(found[3] or found[1]) if found[3] or not found[2] else None
    if high is not None and high <= few:
        return atom
    rest = atom[: found.start()]
    return f"{rest}*" if low == 0 else f"{rest}+" if low == 1 else f"{rest}{{{min(low, few)},}}"
