"""Phone numbers: those that could be dialled, by the numbering plans that phonenumbers knows."""

import re
from collections.abc import Iterator, Sequence

from clearance.facts.finding import Confidence, Look
from clearance.scan.personal import reserved
from clearance.scan.personal.context import Context
from clearance.scan.personal.sheet import Dropped, Found, Seen, Sheet, pattern

RULE = "phone-number"
REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL")
"""Whose national forms are known where the settings say nothing: ISO 3166 codes."""
_FEWEST, _MOST = 7, 15
"""Digits of a number, E.164."""
_INTERNATIONAL = pattern(r"(?:\+|\b00)[ ]?\(?[1-9][0-9 ().\-/\xa0]{5,24}[0-9]")
_NATIONAL = pattern(r"\(?[0-9](?:[ .\-/()]{0,3}[0-9]){6,16}")
# Forms that nothing but phone numbers have.
_AMERICAN = re.compile(
    r"\([2-9]\d\d\) ?[2-9]\d\d[ .-]\d{4}|[2-9]\d\d([-. ])[2-9]\d\d\1\d{4}|1[-. ]\(?[2-9]\d\d\)?[-. ][2-9]\d\d[-. ]\d{4}"
)
_PAIRS = re.compile(r"0[1-9]([ .-])\d\d(?:\1\d\d){3}")
_TRUNK = re.compile(r"\(?0\d{1,4}\)?[ /-]{1,2}\d{3,8}(?:[ -]\d{2,6}){0,3}")
_DATE = re.compile(r"(?<!\d)(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d\d|(?:19|20)\d\d[./-]\d\d?[./-]\d\d?)(?!\d)")
_FICTION = re.compile(r"\A1?(?:\d{3})?55501\d\d\Z")
_BREAK = re.compile(r" {2,}| ?/ ?(?=\+?\(?\d{3})")
_BY_LANGUAGE = {
    "telefon": ("DE", "AT", "CH"), "handy": ("DE", "AT", "CH"), "tel": ("DE", "FR", "CH"), "telephone": ("FR", "BE", "CH",
    "CA"),
    "telefono": ("IT", "ES", "MX", "AR"), "movil": ("ES", "MX", "AR", "CO"), "celular": ("BR", "MX", "AR", "CO"),
    "telefoon": ("NL", "BE"), "telefone": ("PT", "BR"), "telemovel": ("PT",), "puhelin": ("FI",), "телефон": ("RU", "UA",
    "BG"),
    "电话": ("CN",), "手机": ("CN",), "電話": ("JP", "TW"), "携帯": ("JP",), "전화": ("KR",), "휴대폰": ("KR",),
}  # fmt: skip


def phones(sheet: Sheet, context: Context, regions: Sequence[str]) -> Iterator[Seen]:
    """Find phone numbers: with a country code anywhere; without one where the form or the words around say so."""
    done = 0
    taken: list[tuple[int, int]] = []
    for start, end in sheet.spans(_INTERNATIONAL, RULE):
        seen = _international(sheet, context, start, end)
        if seen is not None:
            taken.append((seen.start, seen.end))
            yield seen
    at = 0
    for start, end in sheet.spans(_NATIONAL, RULE):
        while at < len(taken) and taken[at][1] <= start:
            at += 1
        if (at < len(taken) and taken[at][0] < end) or start < done:
            continue
        for seen in _national(sheet, context, start, end, regions):
            done = seen.end
            yield seen


def _international(sheet: Sheet, context: Context, start: int, end: int) -> Seen | None:
    before = sheet.piece(start - 1, start)
    if before.isalnum() or before in ("+", "_", "."):
        return None
    text = sheet.piece(start, end)
    if not _FEWEST < sum(map(text.count, "0123456789")) <= _MOST + 6 or (not sheet.prose and text[1] == " "):
        return None
    if text[0] == "0" and not (sheet.prose and re.search(r"[ /-]", text)) and "phone" not in context.near(start, end):
        return None
    after = sheet.piece(end, end + 2)
    if (after[:1].isalnum() and not _is_extension(after)) or after[:1] == "_":
        return None
    for piece in _shorter(text):
        value = _valid("+" + piece.lstrip("+0 ") if piece[0] == "0" else piece, None)
        if value is not None:
            return _told(start, start + len(piece), value, Confidence.HIGH)
    return None


def _shorter(text: str) -> Iterator[str]:
    """Give the text, then without its last groups: what follows a number may be one of its own."""
    yield text
    for found in reversed(list(re.finditer(r" {1,2}\(|[ /]+", text))[-3:]):
        if sum(one.isdigit() for one in text[: found.start()]) >= _FEWEST + 1:
            yield text[: found.start()]


def _told(start: int, end: int, value: str, confidence: Confidence) -> Seen:
    if reserved.phone(value):
        return Dropped(start, end, RULE, Look.TEST)
    return Found(start, end, RULE, 1, confidence, value)


def _national(sheet: Sheet, context: Context, start: int, end: int, regions: Sequence[str]) -> Iterator[Seen]:
    around = sheet.piece(start - 2, end + 2)
    first = min(start, 2)
    before, text, after = around[:first], around[first : first + end - start], around[first + end - start :]
    if before[-1:].isalnum() or (before[-1:] in ("_", "+", "$", "#", "=") and not sheet.prose and not sheet.is_data):
        return
    if ((after[:1].isalnum() and not _is_extension(after)) or after[:1] == "_") or (
        before[-1:] in (".", ",", "-") and before[:1].isdigit()
    ):
        return
    if after[:1] in (".", ",") and after[1:].isdigit():
        return
    shaped = _AMERICAN.fullmatch(text) or _PAIRS.fullmatch(text) or (sheet.prose and _TRUNK.fullmatch(text))
    if not shaped and not ((sheet.prose or sheet.is_data or len(text) >= _FEWEST + 2) and context.may_tell(start, end)):
        return
    # In code, what stands behind a number is another value.
    told = context.near(start, end) if sheet.prose or sheet.is_data else context.before(start)
    if _DATE.search(text) or not (shaped or "phone" in told):
        return
    if "phone" not in told and context.counts_something_else(start):
        yield Dropped(start, end, RULE, Look.WEAK)
        return
    if "phone" in told:
        wanted = (*regions, *_hinted(sheet, start))
    elif _AMERICAN.fullmatch(text):
        wanted = ("US",) if "." not in text or sheet.prose else ()
    else:
        wanted = tuple(one for one in regions if one not in ("US", "CA")) if sheet.prose else ()
    if _FICTION.search(re.sub(r"\D", "", text)):
        yield Dropped(start, end, RULE, Look.TEST)
        return
    at = start
    for piece in [text, *(_BREAK.split(text) if _BREAK.search(text) else [])]:
        low = sheet.piece(at, end).find(piece) + at
        for region in dict.fromkeys(wanted):
            value = _valid(piece, region)
            if value is not None:
                yield _told(low, low + len(piece), value, Confidence.HIGH if "phone" in told else Confidence.MEDIUM)
                at = low + len(piece)
                break
        if piece == text and at > start:
            return
    # A word and a form that say so, and a plan that does not have it: made up, or newer than the plan.
    if at == start and "phone" in told and sheet.prose and (_AMERICAN.fullmatch(text) or _PAIRS.fullmatch(text)):
        yield Found(start, end, RULE, 2, Confidence.LOW, re.sub(r"\D", "", text))


def _is_extension(after: str) -> bool:
    """Whether `x12` follows."""
    return after[:1] in "xX" and after[1:].isdigit()


def _hinted(sheet: Sheet, start: int) -> tuple[str, ...]:
    """Give regions whose language the words before the number are in."""
    before = sheet.text[max(0, start - 40) : start].lower()
    return tuple(region for word, hinted in _BY_LANGUAGE.items() if word in before for region in hinted)


def _valid(text: str, region: str | None) -> str | None:
    """Give a number in the form E.164, or None where no plan has it."""
    digits = sum(one.isdigit() for one in text)
    if not _FEWEST <= digits <= _MOST + 3 or text.count("(") != text.count(")"):
        return None
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
