"""Literals that are joined: by an operator, or because they stand next to each other."""

from collections.abc import Sequence

from clearance.scan.secrets.disguise.constants import constant
from clearance.scan.secrets.disguise.literals import NAME, STEP, TOKEN, WINDOW, Span, before, is_dense, opening, step
from clearance.scan.secrets.disguise.piece import Piece
from clearance.scan.secrets.disguise.rising import Reading, Rising
from clearance.scan.secrets.disguise.sure import sure_disguise
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Disguise, Expression, Sheet, Undone

_MOST = 512
"""Literals of one expression that are joined."""
_MOST_BACK = 64
_BACK = 1024
"""How far back an expression is followed: less than forwards, so that one without end costs no more than its length."""
_CONTEXT = 160
"""Bytes of the line before an expression that are given with it: the name that it is assigned to."""
_REACH = 8
_DENSE_REACH = 9
_QUOTES = (b'"', b"'", b"`")
_WORDS_APART = frozenset({"shell", "dockerfile", "makefile", "batch", "powershell", "yaml", "json", "html", "xml", "css"})
"""Languages in which literals with white space between them are not one."""

_T = "[A-Za-z0-9_+/=.~-]"
_W = "[A-Za-z0-9_+/=-]"
_OPS = (r"\+", r"\.", "&", "~", r"\|\|", "<<", "<>", r"\.\.", r"\+\+", r"\^")
_ANY_OP = r"(?:\+\+?|\.\.?|&|~|\|\||<<|<>|\^)"
_OPEN = r"[@$fbrL]?[\"'`]"

_TOKEN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+/=.~-")
_SAYS = lazily(rb"(?i)pass|pwd|secret|token|key|auth|cred|connect|dsn|url|uri")
_TOKEN_BYTES = bytes(sorted(_TOKEN))
_SIGNS = frozenset(b"\"'`")
_THEN_NAME = lazily(rb"[\"'`]\s{0,20}(?:\+\+?|\.\.?|&|~|\|\||<<|<>|\^)\s{0,20}[A-Za-z_$]")
_NAME_THEN = lazily(rb"(?P<name>" + NAME + rb")\s{0,40}" + _ANY_OP.encode() + rb"\s{0,40}\Z")
_DENSE = lazily(rb"[" + TOKEN + rb"]+")


def joined_disguise() -> Disguise:
    """Literals with an operator between them, or only white space and comments. The keyword is the opening quote of one but
    the first."""
    return Disguise("joined", tuple(map(Expression, _joints())), _QUOTES, _REACH, Rising(_undo))


def _joints() -> list[str]:
    """Give the expressions for all that joins two literals, from the last character of one to the first of the other."""
    return [
        *(rf"{_T}{quote} {one} {_OPEN}{_T}" for quote in "\"'`" for one in _OPS),
        *(rf"{_T}{quote}{one}{_OPEN}{_T}" for quote in "\"'`" for one in _OPS),
        *(rf"{_T}{quote} ?{one}\s*\n\s*{_OPEN}{_T}" for quote in "\"'`" for one in _OPS),
        *(rf"{_T}{quote} ?{one} *(?://|#|--)[^\n]*\n\s*{_OPEN}{_T}" for quote in "\"'" for one in (r"\+", r"\.", "&")),
        rf"{_T}[\"'`]\r?\n\s*{_ANY_OP}\s*{_OPEN}{_T}",
        rf"[^\\]{_W}[\"'] ?\\?\r?\n\s*[fbrL]?[\"']{_W}",
        rf"-----\\n[\"']\s*(?:[+.&]\s*)?[\"']{_W}",
        *(f"{_W}{pair}{_W}" for pair in ('""', "''", "\"'", "'\"", '" "', "' '")),
    ]


# The same, for a joint whose place is known: from one, two or seven bytes before the closing quote on.
_BESIDE = r"""\"\"|''|\"'|'\"|\" \"|' '"""
_OPERATED = rf"(?: {_ANY_OP} |{_ANY_OP}| ?{_ANY_OP}\s*\n\s*|\r?\n\s*{_ANY_OP}\s*){_OPEN}{_T}"
_REMARKED = rf"[\"'] ?[+.&] *(?://|#|--)[^\n]*\n\s*{_OPEN}{_T}"
_JOINTS = tuple(
    (back, lazily(pattern.encode()))
    for back, pattern in (
        (1, rf"{_T}(?:[\"'`]{_OPERATED}|{_REMARKED})|{_W}(?:{_BESIDE}){_W}"),
        (2, rf"[^\\]{_W}[\"'] ?\\?\r?\n\s*[fbrL]?[\"']{_W}"),
        (7, rf"-----\\n[\"']\s*(?:[+.&]\s*)?[\"']{_W}"),
    )
)


def names_disguise() -> Disguise:
    """Literals that an operator joins to the name of a constant. The keyword is a quote of the literal."""
    expressions = [
        *(rf"{one} ?{quote}{_W}{{4}}" for one in _OPS for quote in "\"'`"),
        *(rf"{_W}{{4}}{quote} {one} [A-Za-z_$]" for one in _OPS for quote in "\"'`"),
        *(rf"{_W}{{4}}{quote}{one}[A-Za-z_$]" for one in _OPS[:2] for quote in "\"'`"),
    ]
    sought = [
        *(Expression(rf"{one} ?{quote}{_W}{{4}}{_T}{{4}}", reach=_DENSE_REACH) for one in _OPS for quote in "\"'`"),
        *(Expression(rf"{_T}{{8}}{quote} {one} [A-Za-z_$]") for one in _OPS for quote in "\"'`"),
        *(Expression(rf"{_T}{{8}}{quote}{one}[A-Za-z_$]") for one in _OPS[:2] for quote in "\"'`"),
    ]
    return sure_disguise("joined-names", tuple(map(Expression, expressions)), _QUOTES, _REACH, _undo_names, sought)


def _undo(sheet: Sheet, at: int) -> Reading | None:
    data = sheet.data
    if not at or at + 1 >= len(data) or data[at + 1] not in _TOKEN:
        return None
    joint = before(data, at)
    if joint is None or data[joint.close - 1] not in _TOKEN:
        return None
    if data[joint.close - 2 : joint.close - 1] == b"\\" and b"-----" not in data[max(0, joint.close - 8) : joint.close]:
        # Lines of a text are joined, each with its end: worth reading if they are a key in armour (RFC 7468).
        return None
    if not joint.operator and joint.close + 1 < at and sheet.language in _WORDS_APART:
        return None
    return read_chain(sheet, at) if _promises(data, joint.close, at) and _meets(data, joint.close, at) else None


def _meets(data: bytes, close: int, opened: int) -> bool:
    """Tell whether one of the expressions matches from one literal to the other."""
    for back, joint in _JOINTS:
        match = joint.match(data, close - back) if close >= back else None
        if match is not None and match.end() == opened + 2:
            return True
    return False


def _promises(data: bytes, close: int, opened: int) -> bool:
    """Tell whether two literals that are joined may be parts of a token: one of them is of its characters alone, or enough
    of them stand at the joint."""
    left = data[max(0, close - 64) : close]
    right = data[opened + 1 : opened + 65]
    before, after = left.rstrip(_TOKEN_BYTES), right.lstrip(_TOKEN_BYTES)
    alone = (not before or before[-1] in _SIGNS, not after or after[0] in _SIGNS)
    return all(alone) or is_dense(left[len(before) :] + right[: len(right) - len(after)], 8 if any(alone) else 12)


def _undo_names(sheet: Sheet, at: int) -> Undone | None:
    data = sheet.data
    if _THEN_NAME.match(data, at, at + 64) is not None:
        opened = opening(data, at)
        if opened < 0 or not _goes_on(sheet, opened, at) or not _is_dense(data[max(opened + 1, at - 80) : at]):
            return None
        return chain(sheet, opened)
    match = _DENSE.match(data, at + 1, at + 80)
    if match is None or not _is_dense(match[0]):
        return None
    text = data[max(0, at - 128) : at]
    named = _NAME_THEN.search(text)
    if named is None:
        return None
    content = constant(data, named["name"], at - len(text) + named.start("name"))
    return chain(sheet, at, content) if content is not None else None


def _goes_on(sheet: Sheet, opened: int, close: int) -> bool:
    """Tell whether anything is joined to a literal: before it, or by what stands behind it."""
    data = sheet.data
    high = min(len(data), opened + WINDOW)
    apart = sheet.language not in _WORDS_APART
    if step(data, close + 1, high, apart=apart) is not None or before(data, opened) is not None:
        return True
    itself = step(data, opened, high, apart=apart)
    return itself is not None and itself.end != close + 1


def _is_dense(text: bytes) -> bool:
    return _DENSE.fullmatch(text) is not None and is_dense(text, 8)


def chain(sheet: Sheet, opened: int, constant_before: Span | None = None) -> Undone | None:
    """Join the expression of strings that the literal belongs to which opens at `opened`; a constant may go before it."""
    return read_chain(sheet, opened, constant_before).undone


def read_chain(sheet: Sheet, opened: int, constant_before: Span | None = None) -> Reading:
    """Do as `chain`, and tell how far the expression goes."""
    data = sheet.data
    first = opened if constant_before else _leftmost(data, opened)
    spans: list[tuple[int, int]] = [constant_before] if constant_before else []
    at, high = first, min(len(data), first + WINDOW)
    apart = sheet.language not in _WORDS_APART
    while len(spans) < _MOST:
        match = STEP.match(data, at, high)
        if match is None:
            break
        start, end = match.span(2)
        if start >= 0:
            if not (apart or start == at or match[1]):
                break
            spans.append((start + 1, end - 1))
        else:
            content = constant(data, match[3], at) if match[1] else None
            if content is None:
                break
            spans.append(content)
        at = match.end()
    return Reading(assembled(data, spans, first), at)


def _leftmost(data: bytes, opened: int) -> int:
    """Give where the first literal opens that is joined to the one which opens at `opened`."""
    low = max(0, opened - _BACK)
    for _ in range(_MOST_BACK):
        joint = before(data, opened)
        further = opening(data, joint.close) if joint is not None else -1
        if further < low:
            break
        opened = further
    return opened


def assembled(data: bytes, spans: Sequence[tuple[int, int]], first: int) -> Undone | None:
    """Give literals as one, with the line before `first`; None where one alone was found, or what they make looks like no
    secret."""
    if len(spans) < 2:
        return None
    text = b"".join([data[start:end] for start, end in spans])
    low = data.rfind(b"\n", max(0, first - _CONTEXT), first) + 1 or max(0, first - _CONTEXT)
    if not is_dense(text, 12) and not (len(text) >= 6 and _SAYS.search(data, low, first)):
        return None
    piece = Piece(data)
    start = spans[0][0]
    if low < first <= start:
        piece.keep(low, first)
    piece.put(b'"', max(0, start - 1), start)
    piece.keep_all(spans)
    last = max(end for _, end in spans)
    piece.put(b'"\n', last, min(len(data), last + 1))
    return piece.undone(f"joined from {len(spans)} literals")
