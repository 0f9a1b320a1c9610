"""Java's literals: numbers, escapes, text blocks."""

import re

_ESCAPE = re.compile(r"\\(u+[0-9a-fA-F]{4}|[0-3]?[0-7]{1,2}|\r\n|[\s\S])")
_SURROGATES = re.compile("[\ud800-\udfff]")
_SINGLE = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "s": " ", "\n": "", "\r\n": "", "\r": ""}
_LONGEST_NUMBER = 400


def unescape(text: str) -> str:
    """Decode the escapes of a string, a text block or a character. Half of a surrogate pair becomes U+FFFD."""
    if "\\" not in text:
        return text
    made = _ESCAPE.sub(_decoded, text)
    if _SURROGATES.search(made):
        made = made.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return made


def _decoded(found: re.Match[str]) -> str:
    escape = found[1]
    if escape[0] == "u" and len(escape) > 1:
        return chr(int(escape.lstrip("u"), 16))
    if escape[0] in "01234567":
        return chr(int(escape, 8))
    return _SINGLE.get(escape, escape)


def text_block(raw: str) -> str:
    '''Give the value of what stands between `"""` and `"""`: JLS 3.10.6, indentation that all lines share is stripped.'''
    return unescape(_stripped(raw))


def _stripped(raw: str) -> str:
    lines = raw.replace("\r\n", "\n").replace("\r", "\n").split("\n")[1:]
    if not lines:
        return ""
    telling = [*[line for line in lines[:-1] if line.strip()], lines[-1]]
    shared = min(len(line) - len(line.lstrip()) for line in telling)
    return "\n".join([line[shared:].rstrip(" \t\f") for line in lines])


def number(text: str) -> object:
    """Give the value of a number, `...` for one that is too long to matter or that is not written as Java does."""
    plain = text.replace("_", "").lower()
    if len(plain) > _LONGEST_NUMBER:
        return ...
    try:
        if plain.startswith("0x"):
            if "p" in plain:
                return float.fromhex(plain.rstrip("fd"))
            return int(plain.rstrip("l"), 16)
        if plain.startswith("0b"):
            return int(plain.rstrip("l"), 2)
        if plain[-1] in "fd" or "." in plain or "e" in plain:
            return float(plain.rstrip("fd"))
        plain = plain.rstrip("l")
        return int(plain, 8) if len(plain) > 1 and plain[0] == "0" else int(plain)
    except ValueError:
        return ...
