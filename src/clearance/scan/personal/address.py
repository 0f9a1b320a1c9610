"""Addresses of the internet (IPv4, IPv6) that lead to somebody: global ones, no examples, no private ranges."""

import ipaddress
import re
from collections.abc import Iterator

from clearance.facts.finding import Confidence, Look
from clearance.scan.personal.context import Context
from clearance.scan.personal.sheet import Dropped, Found, Seen, Sheet, pattern

RULE = "ip-address"
_FOUR = pattern(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_SIX = pattern(r"(?i)\b[23][0-9a-f]{3}:[0-9a-f:]{2,34}")
# Resolvers and the like that everybody writes down.
_KNOWN = frozenset(
    {"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "149.112.112.112", "208.67.222.222", "208.67.220.220", "1.2.3.4",
     "4.3.2.1", "5.6.7.8", "1.1.1.2", "1.2.3.5", "2.2.2.2", "3.3.3.3", "4.4.4.4", "4.2.2.2", "11.22.33.44", "12.34.56.78",
     "2001:4860:4860::8888", "2001:4860:4860::8844", "2606:4700:4700::1111", "2606:4700:4700::1001", "2620:fe::fe"}
)  # fmt: skip
_VERSION = re.compile(r"(?:\bv|version|release|ver\.?|==|>=|<=|~=|\^|firmware|build|rev)[ :=\"']{0,3}$", re.IGNORECASE)


def addresses(sheet: Sheet, context: Context) -> Iterator[Seen]:
    """Find global addresses; four small numbers with dots between are a version unless the words around tell of a host."""
    for start, end in sheet.spans(_FOUR, RULE):
        before, after = sheet.piece(start - 14, start), sheet.piece(end, end + 2)
        if before[-1:].isalnum() or before[-1:] in (".", "_") or after[:1].isalnum() or after[:1] == "_":
            continue
        if after[:1] == "." and after[1:].isdigit():
            continue
        yield from _judge(sheet, context, start, end, before)
    for start, end in sheet.spans(_SIX, RULE):
        if not sheet.piece(end, end + 1).isalnum():
            yield from _judge(sheet, context, start, start + len(sheet.piece(start, end).rstrip(":")), "")


def _judge(sheet: Sheet, context: Context, start: int, end: int, before: str) -> Iterator[Seen]:
    text = sheet.piece(start, end)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return
    if not address.is_global or address.is_multicast:
        return
    if str(address) in _KNOWN:
        yield Dropped(start, end, RULE, Look.TEST)
        return
    if address.version == 4:
        told = "ip" in context.near(start, end)
        url = before.endswith(("//", "@"))
        if _VERSION.search(before) and not url:
            yield Dropped(start, end, RULE, Look.WEAK)
            return
        if not told and not url and max(address.packed) < 64:
            yield Dropped(start, end, RULE, Look.WEAK)
            return
    yield Found(start, end, RULE, 1, Confidence.MEDIUM, str(address))
