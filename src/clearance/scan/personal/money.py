"""Bank accounts (IBAN) and payment cards."""

import re
from collections.abc import Iterator

from clearance.facts.finding import Confidence, Look
from clearance.scan.personal import reserved
from clearance.scan.personal.context import Context
from clearance.scan.personal.sheet import Dropped, Found, Seen, Sheet, pattern

IBAN = "iban"
CARD = "payment-card"

# Lengths by country: the IBAN registry of SWIFT (ISO 13616), and countries that use the form without an entry there.
_BY_LENGTH = """
15 NO
16 BE BI
18 DK FI FO GL NL FK SD
19 MK SI
20 AT BA EE KZ LT LU XK MN
21 CH HR LI LV
22 BG BH CR DE GB GE IE ME RS
23 AE GI IL IQ OM SO TL
24 AD CZ ES MD PK RO SA SE SK TN VG
25 AO CV GW LY MZ PT ST
26 IR IS TR
27 BF CF CG CM DJ DZ FR GA GQ GR IT KM MC MG MR SM YE
28 AL AZ BJ BY CI CY DO GT HN HU LB MA ML NE NI PL SN SV TD TG
29 BR EG PS QA UA
30 JO KW MU
31 MT SC
32 LC
33 RU
"""
_LENGTHS = {country: int(line[:2]) for line in _BY_LENGTH.splitlines() for country in line[3:].split()}
_SHORTEST = 15
_LONGEST = 34
_ACCOUNT = pattern(rf"(?i)\b(?:{'|'.join(sorted(_LENGTHS))})[0-9]{{2}}[ .-]?[a-z0-9]{{2}}")
_BODY = re.compile(r"[A-Za-z]{2}\d\d(?:[ .-]?[A-Za-z0-9])*", re.ASCII)
_CARD_RUN = pattern(r"[0-9](?:[ -]?[0-9]){11,}")
_GROUPS = re.compile(r"\d+")
_LAYOUTS = frozenset(
    {(4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4), (4, 4, 4, 2), (4, 4, 4, 3), (4, 5, 6), (6, 13), (4, 4, 4, 1)}
)
_ISSUERS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}"  # Visa
    r"|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-59]|095|[689]\d)\d{11,16}"  # Diners Club
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12,15}"  # Discover
    r"|35\d{14}|35(?:2[89]|[3-8]\d)\d{13,15}"  # JCB
    r"|62\d{14,17}|81[0-7]\d{13,16}"  # UnionPay
    r"|(?:50(?:18|20|38)|5[68]\d\d|6304|6759|676[1-3]|6390|67\d\d)\d{8,15}"  # Maestro
    r"|220[0-4]\d{12,15}"  # Mir
    r"|(?:60|65|81|82|508)\d{13,14}"  # RuPay
    r"|(?:4011(?:78|79)|431274|438935|45(?:1416|7393|763[12])|504175|506(?:699|7\d\d)|627780|636297|636368)\d{10}"  # Elo
)


def accounts(sheet: Sheet) -> Iterator[Seen]:
    """Find IBANs: the country's length, and the check digits of ISO 7064 (mod 97-10)."""
    for start, _ in sheet.spans(_ACCOUNT, IBAN):
        seen = _account(sheet, start)
        if seen is not None:
            yield seen


def _account(sheet: Sheet, start: int) -> Seen | None:
    body = _BODY.match(sheet.piece(start, start + 2 * _LONGEST))
    if body is None or not (body[0][:2].islower() or body[0][:2].isupper()):
        return None
    raw = body[0]
    length = _LENGTHS[raw[:2].upper()]
    last = _end_of(raw, length)
    if last < 0:
        return None
    written = raw[:last]
    value = re.sub(r"[ .-]", "", written).upper()
    gaps = len(written) - len(value)
    after = raw[last : last + 1] or sheet.piece(start + last, start + last + 1)
    if after.isalnum() or after == "_":
        return None
    if gaps and not _is_grouped(written):
        return None
    if not gaps and not value[4:].isdigit() and (sheet.piece(start - 1, start) in ("/", "+") or after in ("/", "+")):
        return None  # a piece of base64
    if sum(one.isdigit() for one in value) < 6:
        return None
    if _mod_97(value) != 1:
        return Dropped(start, start + last, IBAN, Look.CHECK_DIGITS) if gaps or value[4:].isdigit() else None
    if len(set(value[4:])) <= 1:
        return Dropped(start, start + last, IBAN, Look.PLACEHOLDER)
    return Found(start, start + last, IBAN, 0, Confidence.HIGH, value)


def _end_of(raw: str, length: int) -> int:
    """Give where the `length`-th letter or digit ends; -1 where there are fewer."""
    count = 0
    for at, sign in enumerate(raw):
        count += sign.isalnum()
        if count == length:
            return at + 1
    return -1


def _is_grouped(written: str) -> bool:
    """Whether the groups are those in which IBANs are written: fours, or a country's own, never one by one."""
    groups = re.split(r"[ .-]", written)
    return len(groups[0]) >= 2 and len(groups) <= 10 and sum(len(group) < 2 for group in groups) <= 2


def _mod_97(value: str) -> int:
    moved = value[4:] + value[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97


def cards(sheet: Sheet, context: Context) -> Iterator[Seen]:
    """Find payment cards: issuer, length and check digit (Luhn, ISO/IEC 7812-1)."""
    for start, end in sheet.spans(_CARD_RUN, CARD):
        if end - start > 200:
            continue  # an array of numbers
        groups = [(start + one.start(), start + one.end()) for one in _GROUPS.finditer(sheet.piece(start, end))]
        done = 0
        for first in range(len(groups)):
            for last in range(first + 1, min(first + 6, len(groups) + 1)):
                low, high = groups[first][0], groups[last - 1][1]
                if low < done:
                    continue
                seen = _card(sheet, context, [b - a for a, b in groups[first:last]], low, high)
                if seen is not None:
                    done = high
                    yield seen


def _card(sheet: Sheet, context: Context, layout: list[int], start: int, end: int) -> Seen | None:
    size = sum(layout)
    if not 12 <= size <= 19 or (len(layout) > 1 and tuple(layout) not in _LAYOUTS):
        return None
    before, after = sheet.piece(start - 2, start), sheet.piece(end, end + 2)
    if before[-1:].isalnum() or before[-1:] == "_" or after[:1].isalnum() or after[:1] == "_":
        return None
    if (before[-1:] == "." and before[-2:-1].isdigit()) or (after[:1] == "." and after[1:2].isdigit()):
        return None  # a fraction
    written = sheet.piece(start, end)
    if "-" in written and " " in written:
        return None
    digits = re.sub(r"[ -]", "", written)
    told = context.near(start, end)
    # Near a word, any issuer of payment cards may be meant: the first digit tells the industry (ISO/IEC 7812-1).
    if _ISSUERS.fullmatch(digits) is None and not ("card" in told and digits[0] in "23456"):
        return None
    if not _luhn(digits):
        return Dropped(start, end, CARD, Look.CHECK_DIGITS) if len(layout) > 1 or "card" in told else None
    if reserved.card(digits):
        return Dropped(start, end, CARD, Look.TEST)
    if "card" in told:
        return Found(start, end, CARD, 0, Confidence.HIGH, digits)
    if len(layout) == 1 and (
        size in (12, 13, 17, 18)
        or (size in (14, 19) and not (sheet.prose or sheet.is_data))
        or _is_power(int(digits))
        or context.counts_something_else(start)
    ):
        return Dropped(start, end, CARD, Look.WEAK)
    if len(layout) == 1 and not sheet.prose and before[-1:] in ("-", "+", "/", "*", "(", "[") and not sheet.is_data:
        return Dropped(start, end, CARD, Look.WEAK)  # arithmetic, or an element of a list of numbers
    return Found(start, end, CARD, 0, Confidence.HIGH if len(layout) > 1 or sheet.prose else Confidence.MEDIUM, digits)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        twice = int(digit) * (1 + place % 2)
        total += twice - 9 * (twice > 9)
    return total % 10 == 0


def _is_power(number: int) -> bool:
    return number & (number - 1) == 0 or (number + 1) & number == 0
