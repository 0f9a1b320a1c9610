"""Pages with a block `token`: a pattern, its keywords, and what else must hold. See docs/reference/detect-secrets.md."""

import re
from functools import cached_property
from typing import Any

import msgspec

from clearance.facts.errors import BadPage
from clearance.facts.fact import Fact
from clearance.facts.finding import Confidence
from clearance.rules.model import Block
from clearance.scan.secrets.checks import CHECKS
from clearance.scan.secrets.probe import Expression, Found, Probe, Sheet
from clearance.scan.secrets.rarity import entropy
from clearance.scan.secrets.values import is_made_up

ENGINE = "token"
_MAX_REACH = 8192


class Token(Fact):
    """A token format. `pattern` is RE2 syntax over bytes; `group` is the group that holds the secret.

    Attributes:
        keywords: literals, one of which stands in each match; case does not count.
        group: the number of the group that is the secret, 0 for the whole match.
        entropy: bits a character that the secret must have at least.
        check: the name of a test of its structure, or empty.
        reach: the bytes of the longest match.
    """

    pattern: str
    keywords: tuple[str, ...]
    group: int = 0
    entropy: float = 0.0
    check: str = ""
    reach: int = 512


def read_token(block: Block, page: str) -> Token:
    """Read the TOML of a block `token`.

    Raises:
        BadPage: it is no TOML, a key is unknown or has a value of the wrong kind, or the pattern is not one.
    """
    import difflib
    import tomllib

    try:
        keys = tomllib.loads(block.text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        raise BadPage(f"not TOML: {error}", where=_where(page, block, int(at[1]) if at else 1)) from None
    for key in keys:
        if key not in Token.__struct_fields__:
            close = difflib.get_close_matches(key, Token.__struct_fields__, n=1)
            known = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(Token.__struct_fields__)}"
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
    return token


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

    def __call__(self, sheet: Sheet, at: int) -> Found | None:
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

    def _judged(self, sheet: Sheet, start: int, end: int) -> Found | None:
        token = self.token
        text = sheet.data[start:end].decode("latin-1")
        if entropy(text) < token.entropy:
            return None
        confidence = Confidence.HIGH
        check = CHECKS.get(token.check)
        if check is None:
            if is_made_up(text):
                return None
        elif not check.passes(text):
            if check.strict or is_made_up(text):
                return None
            confidence = Confidence.LOW
        message = "" if confidence is Confidence.HIGH else "the shape fits, the check digits do not"
        return Found(start, end, self.rule, 0, confidence, message=message)


def token_probe(rule: str, token: Token) -> Probe:
    """Make the probe of a token format."""
    keywords = tuple(word.lower().encode() for word in token.keywords)
    # A class repeated at the end would report an end at each byte; its least count is enough to ask the judge.
    least = re.sub(r"\]\{(\d+),\d*\}$", r"]{\1}", token.pattern)
    least = least.removesuffix("+") if least.endswith("]+") else least
    return Probe(rule, (Expression(least),), keywords, token.reach, _TokenJudge(rule, token))
