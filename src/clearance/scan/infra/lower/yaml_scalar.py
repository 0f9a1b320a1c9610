"""What YAML 1.1's core types make of a scalar's text, as PyYAML's `SafeLoader` does (yaml.org/type, 2005)."""

import re
from typing import Final

Value = str | bool | int | float | None

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {
    word: value
    for value, words in ((True, ("yes", "true", "on")), (False, ("no", "false", "off")))
    for plain in words
    for word in (plain, plain.capitalize(), plain.upper())
}
_INT = re.compile(
    r"[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+"
)
_FLOAT = re.compile(
    r"[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_MAYBE_NUMBER = frozenset("-+0123456789.")
_LONGEST_NUMBER = 400
_TAG = "tag:yaml.org,2002:"


class NotAValue:
    """What a tag makes of a scalar is decided elsewhere."""


NOT_A_VALUE: Final = NotAValue()


def plain_value(text: str) -> Value:
    """Give what a plain scalar means."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] in _MAYBE_NUMBER and len(text) <= _LONGEST_NUMBER:
        if _INT.fullmatch(text):
            return _int(text)
        if _FLOAT.fullmatch(text):
            return _float(text)
    return text


def tagged_value(tag: str, text: str) -> Value | NotAValue:
    """Give what a scalar means under a tag, or `NOT_A_VALUE` for a tag that is not of the core or does not fit."""
    name = tag.removeprefix(_TAG) if tag.startswith(_TAG) else ""
    if name in ("str", "binary", "timestamp", "value"):
        return text
    value = plain_value(text)
    if name == "null":
        return None
    if name == "bool" and isinstance(value, bool):
        return value
    if name == "int" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if name == "float" and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return NOT_A_VALUE


def _int(text: str) -> int | str:
    digits = text.replace("_", "")
    sign = -1 if digits[0] == "-" else 1
    digits = digits.lstrip("+-")
    try:
        if digits == "0":
            return 0
        if digits.startswith("0b"):
            return sign * int(digits, 2)
        if digits.startswith("0x"):
            return sign * int(digits, 16)
        if digits[0] == "0":
            return sign * int(digits, 8)
        if ":" in digits:
            value = 0
            for part in digits.split(":"):
                value = value * 60 + int(part)
            return sign * value
        return sign * int(digits)
    except ValueError:
        return text


def _float(text: str) -> float | str:
    digits = text.replace("_", "").lower()
    sign = -1.0 if digits[0] == "-" else 1.0
    digits = digits.lstrip("+-")
    try:
        if digits == ".inf":
            return sign * float("inf")
        if digits == ".nan":
            return float("nan")
        if ":" in digits:
            total = 0.0
            for part in digits.split(":"):
                total = total * 60 + float(part)
            return sign * total
        return sign * float(digits)
    except (ValueError, OverflowError):
        return text
