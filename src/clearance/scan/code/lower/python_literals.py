"""Values of Python's literals: escapes of text and bytes, numbers of all spellings (the language reference, chapter 2)."""

import re
import unicodedata

_ESCAPE = re.compile(
    r"\\(?:(\r\n|[\r\n])|([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|N\{([^}]{1,100})\}|(.))",
    re.DOTALL,
)
_SIMPLE = {"\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LONGEST_NUMBER = 300


def unescape(text: str, *, raw: bool = False, octets: bool = False, braces: bool = False) -> str:
    """Decode what stands between the quotes.

    Args:
        text: as it is written.
        raw: backslashes mean nothing (`r""`).
        octets: bytes, given as Latin-1 (`b""`): no escapes of Unicode.
        braces: doubled braces are one (`f""`).
    """
    if "\\" in text and not raw:
        text = _ESCAPE.sub(_octet if octets else _character, text)
    if braces and ("{{" in text or "}}" in text):
        text = text.replace("{{", "{").replace("}}", "}")
    return text


def _character(found: re.Match[str]) -> str:
    if (name := found[6]) is not None:
        try:
            return unicodedata.lookup(name)
        except KeyError:
            return found[0]
    if (digits := found[4] or found[5]) is not None:
        return chr(code) if (code := int(digits, 16)) <= 0x10FFFF else found[0]
    return _octet(found)


def _octet(found: re.Match[str]) -> str:
    if found[1] is not None:
        return ""
    if found[2] is not None:
        return chr(int(found[2], 8))
    if found[3] is not None:
        return chr(int(found[3], 16))
    if found[7] is None:
        return found[0]
    return _SIMPLE.get(found[7], found[0])


def number(text: str) -> object:
    """Give the number that a text means; `...` where it is too long or means none."""
    if len(text) > _LONGEST_NUMBER:
        return ...
    text = text.replace("_", "")
    try:
        if text[-1:] in "jJ":
            return complex(text)
        if text[-1:] in "lL" and text[:2] not in ("0x", "0X"):
            text = text[:-1]
        text = text.rstrip("lL")
        if text[:1] == "0" and text.isdigit():
            return int(text, 8)
        if text[:2].lower() in ("0x", "0o", "0b") or text.isdigit():
            return int(text, 0)
        return float(text)
    except ValueError:
        return ...
