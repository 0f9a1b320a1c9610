"""Tokens that stand where their formats do not expect them: glued to a word, broken over lines, begun in one literal and
ended elsewhere, written backwards or with rotated letters."""

import codecs
import re
from collections.abc import Callable, Mapping, Sequence

from clearance.scan.secrets.disguise.boundary import Boundary
from clearance.scan.secrets.disguise.constants import constant
from clearance.scan.secrets.disguise.joined import assembled, chain
from clearance.scan.secrets.disguise.literals import LITERAL, NAME, SPACE, TOKEN, Span, opening
from clearance.scan.secrets.disguise.piece import Piece
from clearance.scan.secrets.disguise.sure import sure_disguise
from clearance.scan.secrets.disguise.templates import interpolated
from clearance.scan.secrets.disguise.words import Words
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Disguise, Expression, Found, Judge, Probe, Sheet, Undone

_MOST_LINES = 12
_BLOB = 24
"""Letters and digits before a start that has no sign: it stands in encoded data by chance."""
_MENTIONS = 24
_AHEAD = 4096
_RUN = lazily(rb"[A-Za-z0-9_+/=.~%:\-]{12,2048}")
_BROKEN = lazily(rb"[" + TOKEN + rb"]{0,200}")
_BREAK = lazily(rb"\\?\r?\n[ \t>|+#*]{0,80}(?P<run>[" + TOKEN + rb"]{1,200})")
_CLOSE = lazily(rb"[" + TOKEN + rb"]{0,200}(?P<sign>[\"'`{$#%])")
_END = lazily(rb"[^\"'`\n]{0,200}(?P<close>[\"'`])")
_MARKS = frozenset(b"%c" % sign for sign in b"\r\n\"'`{$#%\\")
_DIGIT = lazily(rb"[0-9]")
_WORDY = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_ASSIGNED = lazily(
    rb"(?P<name>[$@]?[A-Za-z_]\w{0,60})[ \t]{0,20}(?::[ \t]{0,4}[\w.<>]{1,40}[ \t]{0,4})?"
    rb"(?::=|=|:|=>)[ \t]{0,20}[a-zA-Z@$]{0,2}\Z"
)
_USED = lazily(
    SPACE + rb"(?:,|\+=?|\.\.?=?|&=?|~|\|\||<<|<>)" + SPACE + rb"(?:" + LITERAL + rb"|(?P<name>" + NAME + rb")(?!\s{0,2}\())"
)

_Undo = Callable[[Sheet, int], Undone | None]


def placed_disguise(name: str, words: Words, probes: Sequence[Probe]) -> Disguise:
    """Make one of those that the starts of token formats give away: `placed`, `reversed`, `rotated`."""
    starts = sorted(words.starts)
    signs = [start for start in starts if not start.isalnum()]
    plain = [start.encode() for start in starts]
    match name:
        case "placed":
            return _of(name, plain, _Starts(starts, probes))
        case "reversed":
            turned = tuple(sorted({start.encode()[::-1] for start in signs}))
            return _of(name, turned, _Forms(turned, _reversed), r"[A-Za-z0-9_-]{6}%s\b")
        case _:
            rotated = tuple(sorted({codecs.encode(start, "rot13").encode() for start in signs if len(start) > 3}))
            return _of(name, rotated, _Forms(rotated, _rotated), r"\b%s[A-Za-z0-9_-]{12}")


def _of(name: str, forms: Sequence[bytes], undo: _Undo, around: str = "%s") -> Disguise:
    keywords = tuple(sorted({form.lower() for form in forms}))
    bare = tuple(Expression(re.escape(form.decode())) for form in forms)
    reach = max(map(len, keywords), default=0)
    if around == "%s":
        return Disguise(name, bare, keywords, reach, undo)
    expressions = [Expression(around % one.pattern) for one in bare]
    # As literals they cost the prefilter a fraction, and they are rare.
    return sure_disguise(name, expressions, keywords, reach + 13, undo, bare)


def _judges(starts: Sequence[str], probes: Sequence[Probe]) -> Mapping[bytes, tuple[Judge, ...]]:
    """Give the judges of the formats that begin as each start does."""
    judges: dict[bytes, list[Judge]] = {start.lower().encode(): [] for start in starts}
    for probe in probes:
        for word in dict.fromkeys(probe.keywords):
            if word in judges:
                judges[word].append(probe.judge)
    return {start.encode(): tuple(judges[start.lower().encode()]) for start in starts}


class _Starts:
    """Tries what may have happened to a token at its start: glued to a word, broken over lines, put together from parts."""

    def __init__(self, starts: Sequence[str], probes: Sequence[Probe]) -> None:
        self._spelled = frozenset(start.encode() for start in starts)
        self._sizes = sorted({len(start) for start in starts}, reverse=True)
        self._judges = _judges(starts, probes)
        self._boundary = Boundary(probes)

    def __call__(self, sheet: Sheet, at: int) -> Undone | None:
        for size in self._sizes:
            start = sheet.data[at : at + size]
            if start in self._spelled:
                if not _is_odd(sheet.data, at) or any(
                    isinstance(judge(sheet, at), Found) for judge in self._judges.get(start, ())
                ):
                    return None
                return self._glued(sheet, at, start) or self._wrapped(sheet, at, start) or _begun(sheet, at)
        return None

    def _glued(self, sheet: Sheet, at: int, start: bytes) -> Undone | None:
        """Put boundaries around a token, if it is one then."""
        undone = self._boundary(sheet, at, start)
        return undone if undone is not None and self._holds(sheet, undone, 1, start) else None

    def _wrapped(self, sheet: Sheet, at: int, start: bytes) -> Undone | None:
        """Join the lines over which a token goes on, if that makes one."""
        undone = _wrapped(sheet, at)
        return undone if undone is not None and self._holds(sheet, undone, at - undone.rows[0][2], start) else None

    def _holds(self, sheet: Sheet, undone: Undone, at: int, start: bytes) -> bool:
        alone = sheet.within(undone.data, apart=False)
        return any(isinstance(judge(alone, at), Found) for judge in self._judges.get(start, ()))


def _is_odd(data: bytes, at: int) -> bool:
    """Tell whether anything that may have happened to a token shows: a word before it, or a word, a break, a quote or a hole
    where its characters end."""
    run = _BROKEN.match(data, at)
    end = run.end() if run is not None else at
    if at >= _BLOB and data[at : at + 4].isalnum() and data[at - _BLOB : at].isalnum():
        return False
    return (at > 0 and data[at - 1] in _WORDY) or data[end : end + 1] in _MARKS or b"_" in data[at + 4 : end]


class _Forms:
    """Asks about forms of the starts of token formats, where they are spelled so."""

    def __init__(self, forms: Sequence[bytes], undo: Callable[[bytes, int, bytes], Undone | None]) -> None:
        self._spelled = frozenset(forms)
        self._sizes = sorted({len(form) for form in forms}, reverse=True)
        self._undo = undo

    def __call__(self, sheet: Sheet, at: int) -> Undone | None:
        for size in self._sizes:
            form = sheet.data[at : at + size]
            if form in self._spelled:
                return self._undo(sheet.data, at, form)
        return None


def _wrapped(sheet: Sheet, at: int) -> Undone | None:
    """Join the lines over which a token goes on."""
    data = sheet.data
    first = _BROKEN.match(data, at)
    if first is None or _BREAK.match(data, first.end()) is None:
        return None
    piece = Piece(data)
    low = data.rfind(b"\n", max(0, at - 160), at) + 1
    piece.keep(low or max(0, at - 160), first.end())
    end = first.end()
    for _ in range(_MOST_LINES):
        further = _BREAK.match(data, end)
        if further is None:
            break
        piece.keep(*further.span("run"))
        end = further.end()
    piece.keep(end, min(len(data), end + 1))
    if piece.size < 16 or _DIGIT.search(data, at, end) is None:
        return None
    return piece.undone("broken over lines")


def _begun(sheet: Sheet, at: int) -> Undone | None:
    """Put together a token whose start stands in a literal of its own, or before a hole in one."""
    data = sheet.data
    match = _CLOSE.match(data, at)
    if match is None:
        return None
    ending = _END.match(data, at)
    if ending is None:
        return None
    close = ending.start("close")
    opened = opening(data, close)
    if opened < 0 or opened > at:
        return None
    if match["sign"] not in b"\"'`" and (undone := interpolated(sheet, opened, close)) is not None:
        return undone
    return chain(sheet, opened) or _used(sheet, opened, close)


def _used(sheet: Sheet, opened: int, close: int) -> Undone | None:
    """Follow the name that a literal is assigned to, to where it is put together with another constant."""
    data = sheet.data
    assigned = _ASSIGNED.search(data[max(0, opened - 120) : opened])
    if assigned is None:
        return None
    name = assigned["name"].lstrip(b"$@")
    at = close
    for _ in range(_MENTIONS):
        at = data.find(name, at + 1, close + _AHEAD)
        if at < 0:
            return None
        end = at + len(name)
        if data[at - 1] in _WORDY or (end < len(data) and data[end] in _WORDY):
            continue
        undone = _put_together(sheet, Span(opened + 1, close), at, end)
        if undone is not None:
            return undone
    return None


def _put_together(sheet: Sheet, first: Span, at: int, end: int) -> Undone | None:
    """Read the expression in which the name of a constant stands."""
    data = sheet.data
    if data[end : end + 1] in (b"}", b'"', b"'", b"`") or data[at - 1 : at] in (b"$", b"{"):
        ending = _END.match(data, end)
        if ending is not None:
            close = ending.start("close")
            opened = opening(data, close)
            if 0 <= opened < at and (undone := interpolated(sheet, opened, close)) is not None:
                return undone
    spans = [first]
    while (match := _USED.match(data, end, end + 1024)) is not None and len(spans) < 32:
        start, last = match.span("literal")
        content = Span(start + 1, last - 1) if start >= 0 else constant(data, match["name"], at)
        if content is None:
            break
        spans.append(content)
        end = match.end()
    return assembled(data, spans, first.start - 1)


def _reversed(data: bytes, at: int, form: bytes) -> Undone | None:
    """Read a run that ends with the start of a token format, written backwards."""
    if at + len(form) < len(data) and data[at + len(form)] in _WORDY:
        return None
    end = at + len(form)
    text = data[max(0, end - 400) : end]
    start = end - (len(text) - len(text.rstrip(_TOKEN_BYTES)))
    if end - start < 16 or _DIGIT.search(data, start, end) is None:
        return None
    return Undone(data[start:end][::-1], ((0, end - start, start, end),), "reversed", solid=True)


def _rotated(data: bytes, at: int, _form: bytes) -> Undone | None:
    """Read a run whose letters were moved by thirteen places."""
    match = _RUN.match(data, at)
    if match is None or (at and data[at - 1] in _WORDY) or _DIGIT.search(match[0]) is None:
        return None
    text = codecs.encode(match[0].decode("ascii"), "rot13").encode()
    return Undone(text, ((0, len(text), at, match.end()),), "rotated letters")


_TOKEN_BYTES = bytes(byte for byte in range(128) if re.match(rb"[" + TOKEN + rb"]", bytes([byte])))
