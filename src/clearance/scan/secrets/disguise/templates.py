"""Templates whose holes are filled with constants: `%s`, `{}`, `{name}`, `${name}`, `#{name}`."""

from clearance.scan.secrets.disguise.constants import constant
from clearance.scan.secrets.disguise.joined import assembled
from clearance.scan.secrets.disguise.literals import LITERAL, NAME, SPACE, TOKEN, Span, opening
from clearance.scan.secrets.disguise.sure import sure_disguise
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Disguise, Expression, Sheet, Undone

_REACH = 64
_AHEAD = 512
_MOST = 32
_FILLED = lazily(rb"(?:%s|%v|\$s|\{[01]?\})(?P<close>[\"'`])\s{0,80}(?:%\s{0,8}\(?|,|\.format\s{0,8}\()")
_ARGUMENT = lazily(SPACE + rb",?" + SPACE + rb"(?:" + LITERAL + rb"|(?P<name>" + NAME + rb")(?!\s{0,2}[(.]))")
_HOLES = lazily(rb"%(?:(?P<nth>\d)\$)?[sv]|\{(?P<number>\d?)\}")
_NAMED = lazily(rb"[$#]?\{(?P<name>" + NAME + rb")\}|\$(?P<bare>[A-Za-z_]\w{0,60})")


def template_disguise() -> Disguise:
    """A format and its arguments, all of them constants."""
    holes = (r"%s", r"%v", r"%1\$s", r"%2\$s", r"\{\}", r"\{0\}", r"\{1\}")
    calls = (r" % ?\(?\s*[\"'\w]", r",\s*[\"'\w]", r"\.format\(\s*[\"'\w]")
    expressions = [f"[A-Za-z0-9_}}-]{hole}{quote}{call}" for hole in holes for quote in "\"'`" for call in calls]
    keywords = (b"%s", b"%v", b"$s", b"{}", b"{0}", b"{1}")
    return sure_disguise("formatted", tuple(map(Expression, expressions)), keywords, _REACH, _undo)


def _undo(sheet: Sheet, at: int) -> Undone | None:
    data = sheet.data
    match = _FILLED.match(data, at, at + _AHEAD)
    if match is None:
        return None
    close = match.start("close")
    opened = opening(data, close)
    if opened < 0 or b" " in data[opened:close]:
        return None
    arguments: list[Span] = []
    at = match.end()
    while len(arguments) < _MOST and (found := _ARGUMENT.match(data, at, at + 1024)) is not None:
        start, end = found.span("literal")
        content = Span(start + 1, end - 1) if start >= 0 else constant(data, found["name"], at)
        if content is None:
            break
        arguments.append(content)
        at = found.end()
    return assembled(data, _filled(data, opened + 1, close, arguments), opened)


def _filled(data: bytes, start: int, end: int, arguments: list[Span]) -> list[Span]:
    """Put arguments into the holes of the template that stands in a span."""
    spans: list[Span] = []
    at = start
    for count, hole in enumerate(_HOLES.finditer(data, start, end)):
        if hole.start() > at:
            spans.append(Span(at, hole.start()))
        said = hole["nth"] or hole["number"]
        number = count if not said else int(said) - (1 if hole["nth"] else 0)
        if not 0 <= number < len(arguments):
            return []
        spans.append(arguments[number])
        at = hole.end()
    if at < end:
        spans.append(Span(at, end))
    return spans


def interpolated(sheet: Sheet, opened: int, close: int) -> Undone | None:
    """Fill the holes of the literal between two quotes with the constants that they name."""
    data = sheet.data
    spans: list[Span] = []
    at = opened + 1
    for hole in _NAMED.finditer(data, at, close):
        if hole.start() > at:
            spans.append(Span(at, hole.start()))
        content = constant(data, hole["name"] or hole["bare"], opened)
        if content is None:
            return None
        spans.append(content)
        at = hole.end()
    if at < close:
        spans.append(Span(at, close))
    return assembled(data, spans, opened)


def interpolation_disguise() -> Disguise:
    """Literals in the holes of a template: `f"ab{'cd'}"`. The keyword is the brace before one."""
    word = "[A-Za-z0-9_.+/=-]"
    signs = ("", r"\$", "#")
    opened = [rf"[A-Za-z0-9_.+/=\"'`-]{sign}\{{ ?{quote}{word}" for sign in signs for quote in "\"'`"]
    closed = [rf"{quote} ?\}}{word}{{4}}" for quote in "\"'`"]
    expressions = (*(Expression(one, reach=6) for one in opened), *(Expression(one) for one in closed))
    # What is undone has a hole that closes behind its literal.
    sought = (
        *(
            Expression(rf"[A-Za-z0-9_.+/=\"'`-]{sign}\{{ ?{quote}{word}{_TOKENS}{quote}[ \t]*\}}", reach=420)
            for sign in signs
            for quote in "\"'`"
        ),
        *(Expression(rf"{quote}{_TOKENS}{quote} ?\}}{word}{{4}}", reach=420) for quote in "\"'`"),
    )
    return sure_disguise("interpolated", expressions, (b"{",), 256, _undo_holes, sought)


_TOKENS = f"[{TOKEN.decode()}]*"
_HOLE_OR_TEXT = lazily(
    rb"[$#]?\{[ \t]{0,4}(?P<quote>[\"'`])(?P<hole>["
    + TOKEN
    + rb"]{0,400})(?P=quote)[ \t]{0,4}\}|(?P<bare>["
    + TOKEN
    + rb"]{1,400})"
)
_TOKEN_BYTES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+/=.~-"


def _undo_holes(sheet: Sheet, at: int) -> Undone | None:
    data = sheet.data
    before = data[max(0, at - 400) : at]
    if before.endswith((b"$", b"#")):
        before = before[:-1]
        at -= 1
    if _HOLE_OR_TEXT.match(data, at, at + 1024) is None:
        return None
    start = at - (len(before) - len(before.rstrip(_TOKEN_BYTES)))
    spans: list[Span] = []
    end, high, holes = start, min(len(data), start + 4096), 0
    while len(spans) < 64 and (match := _HOLE_OR_TEXT.match(data, end, high)) is not None:
        group = match.lastgroup or "bare"
        holes += group != "bare"
        spans.append(Span(*match.span(group)))
        end = match.end()
    spans = [span for span in spans if span.end > span.start]
    return assembled(data, spans, start) if holes else None
