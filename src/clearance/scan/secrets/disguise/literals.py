"""Reads string literals around a place, forwards and backwards, in the quotes that programming languages share."""

from typing import NamedTuple

from clearance.scan.secrets.lazy import lazily

MAX_LITERAL = 2048
"""Bytes of the longest literal that is read backwards."""
WINDOW = 8192
"""Bytes that are read forwards from the first literal of an expression."""
TOKEN = rb"A-Za-z0-9_+/=.~\-"
"""Characters that tokens are made of, for a class."""

_QUOTES = b"\"'`"
_CONTENT = rb"""(?:"(?:[^"\\\n]|\\[\s\S])*+"|'(?:[^'\\\n]|\\[\s\S])*+'|`(?:[^`\\]|\\[\s\S])*+`)"""
LITERAL = rb"(?:[A-Za-z@$]{1,2}(?=[\"'`]))?+(?P<literal>" + _CONTENT + rb")"
NAME = rb"\$?[A-Za-z_][A-Za-z0-9_]{0,60}(?:(?:\.|->|::)\$?[A-Za-z_][A-Za-z0-9_]{0,60}){0,3}"
SPACE = (
    rb"(?:[ \t\r\n\f]|\\\r?\n|[_`]\r?\n|//[^\n]{0,200}\n|#[^\n]{0,200}\n|--[^\n]{0,200}\n|/\*(?:[^*]|\*(?!/)){0,200}\*/)*+"
)
OPERATOR = rb"(?:\+\+?|\.\.?(?![.A-Za-z0-9])|&|~|\|\||<<|<>|\^)"

STEP = lazily(
    rb"[)]{0,3}+" + SPACE + rb"(?:(?P<operator>" + OPERATOR + rb")" + SPACE + rb"[(]{0,3}+)?+"
    rb"(?:" + LITERAL + rb"|(?P<name>" + NAME + rb")(?!\s{0,2}\())"
)
"""What may follow a literal: (1) an operator, and (2) a literal or (3) a name."""
_ENDS = (b"+", b".", b"&", b"~", b"||", b"<<", b"<>", b"^")


_RUNS = lazily(rb"[" + TOKEN + rb"]{8,}")
_DIGIT = lazily(rb"[0-9]")


def is_dense(text: bytes, least: int) -> bool:
    """Tell whether a text holds a run of characters of tokens that may be a secret: `least` with a digit, or 20."""
    return any(len(run) >= 20 or (len(run) >= least and _DIGIT.search(run)) for run in _RUNS.findall(text))


class Span(NamedTuple):
    """The contents of a literal: half-open offsets into the sheet, without its quotes."""

    start: int
    end: int


class Step(NamedTuple):
    """What follows in an expression of strings: a literal (`content`) or a name, and where it ends."""

    content: Span | None
    name: bytes
    end: int


def opening(data: bytes, close: int) -> int:
    """Give where the literal begins whose closing quote stands at `close`: the offset of its opening quote, -1 where there
    is none on the line."""
    quote = data[close : close + 1]
    low = max(0, close - MAX_LITERAL)
    line = data.rfind(b"\n", low, close) + 1
    if line > low and data[line - 2 : line - 1] != b"\\" and quote != b"`":
        low = line
    at = data.rfind(quote, low, close)
    while at > low and data[at - 1] == 0x5C:
        at = data.rfind(quote, low, at)
    return at


def step(data: bytes, at: int, high: int, *, apart: bool = True) -> Step | None:
    """Read on behind a literal or a name that ends at `at`: an operator that joins, and what it joins; or a literal that
    stands next to the last one, `apart` from it or not."""
    match = STEP.match(data, at, high)
    if match is None:
        return None
    start, end = match.span("literal")
    if start >= 0:
        return Step(Span(start + 1, end - 1), b"", match.end()) if apart or start == at or match["operator"] else None
    name = match["name"]
    if match["operator"] is None or not name:
        return None
    return Step(None, name, match.end())


class Joint(NamedTuple):
    """What stands before a literal: the closing quote of another, and whether an operator joins them."""

    close: int
    operator: bool


def before(data: bytes, opened: int) -> Joint | None:
    """Give what joins the literal which opens at `opened` to another before it."""
    text = data[max(0, opened - 200) : opened]
    bare = text.rstrip(b"@$bfurLRNFB")
    if len(text) - len(bare) <= 2:
        text = bare
    text = text.rstrip(b" \t\r\n\\(")
    operator = text.endswith(_ENDS)
    if operator:
        text = text.rstrip(b"+.&~|<>^").rstrip(b" \t\r\n\\_)")
    if text and text[-1] not in _QUOTES:
        line = text[text.rfind(b"\n") + 1 :]
        remark = _REMARK.search(line) if b"#" in line or b"//" in line or b"--" in line else None
        if remark is None:
            return None
        operator = operator or remark["operator"] is not None
        text = text[: len(text) - len(line) + remark.start() + 1]
    if text and text[-1] in _QUOTES:
        return Joint(opened - min(200, opened) + len(text) - 1, operator)
    return None


_REMARK = lazily(rb"[\"'`][ \t]{0,20}(?P<operator>" + OPERATOR + rb")?[ \t]{0,20}(?://|#|--)[^\"'`\n]*\Z")
