"""Parts of a text between two marks, and whole files of ours with a seal: which bytes are ours, and whether someone
changed them.

# clearance:begin NAME DIGEST      DIGEST: SHA-256 of the lines between, 16 digits; `joined` behind it: the line before it
…                                  had no line break, which we added
# clearance:end NAME
"""

import hashlib
import re
from typing import Literal, NamedTuple

from clearance.facts.errors import BadFile

Style = Literal["markdown", "hash", "slashes"]
_SIGNS: dict[Style, tuple[str, str]] = {"markdown": ("<!-- ", " -->"), "hash": ("# ", ""), "slashes": ("// ", "")}
_BEGIN = re.compile(
    r"(?:^|(?<=\ufeff))[ \t]*(?:<!-- |# |// )clearance:begin (?P<name>[\w:.-]+) (?P<digest>[0-9a-f]{16})"
    r"(?P<joined> joined)?(?: -->)?\r?$",
    re.MULTILINE,
)
_END = re.compile(r"^[ \t]*(?:<!-- |# |// )clearance:end (?P<name>[\w:.-]+)(?: -->)?\r?$", re.MULTILINE)
_SEAL = re.compile(r"^(?:<!-- |# |// )clearance:file (?P<digest>[0-9a-f]{16})(?: -->)?\r?\n?\Z", re.MULTILINE)


class Part(NamedTuple):
    """One marked part: where it stands (offsets, whole lines), what stands between the marks, whether that is what we wrote,
    and how many characters in front of it, a line break, are ours."""

    name: str
    start: int
    end: int
    body: str
    intact: bool
    joined: int


def text_of(data: bytes) -> str:
    """Read bytes as text that can be given back byte for byte, whatever they hold."""
    return data.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """Give back the bytes of `text_of`."""
    return text.encode("utf-8", "surrogateescape")


def digest_of(text: str) -> str:
    """Name a text by 16 hexadecimal digits, whatever its line breaks and indentation."""
    lines = "\n".join(line.strip() for line in text.strip().splitlines())
    return hashlib.sha256(bytes_of(lines)).hexdigest()[:16]


def newline_of(text: str) -> str:
    """Give the line break that a text uses: that of its first line."""
    place = text.find("\n")
    return "\r\n" if place > 0 and text[place - 1] == "\r" else "\n"


def parts(text: str, where: str) -> tuple[Part, ...]:
    """Find all marked parts, in their order.

    Raises:
        BadFile: a mark without its other half, or a part that stands there twice.
    """
    found: list[Part] = []
    place = 0
    while begin := _BEGIN.search(text, place):
        name = begin["name"]
        end = next((one for one in _END.finditer(text, begin.end()) if one["name"] == name), None)
        inner = _BEGIN.search(text, begin.end())
        if end is None or (inner is not None and inner.start() < end.start()):
            raise _torn(text, where, begin.start(), f"`clearance:begin {name}` has no `clearance:end {name}`")
        if any(one.name == name for one in found):
            raise _torn(text, where, begin.start(), f"`clearance:begin {name}` stands there twice")
        body = text[begin.end() + 1 : end.start()]
        stop = end.end() + 1 if text.startswith("\n", end.end()) else end.end()
        intact = digest_of(body) == begin["digest"]
        joined = 0 if begin["joined"] is None else 2 if begin[0].endswith("\r") else 1
        found.append(Part(name, begin.start(), stop, body, intact, joined))
        place = end.end()
    return tuple(found)


def part(text: str, name: str, where: str) -> Part | None:
    """Find one marked part.

    Raises:
        BadFile: as `parts`.
    """
    return next((one for one in parts(text, where) if one.name == name), None)


def block(name: str, body: str, style: Style, *, indent: str = "", newline: str = "\n", joined: bool = False) -> str:
    """Write a part: `body` between its marks, each line indented, with line breaks as the file has them."""
    opening, closing = _SIGNS[style]
    mark = " joined" if joined else ""
    lines = [
        f"{opening}clearance:begin {name} {digest_of(body)}{mark}{closing}",
        *body.rstrip("\n").split("\n"),
        f"{opening}clearance:end {name}{closing}",
    ]
    return "".join(f"{indent + line if line else line}{newline}" for line in lines)


def put(text: str, offset: int, name: str, body: str, style: Style, *, indent: str = "") -> str:
    """Insert a part at the start of a line, or at the end of a text whose last line has no line break."""
    joined = offset == len(text) and bool(text.removeprefix("\ufeff")) and not text.endswith("\n")
    newline = newline_of(text)
    made = block(name, body, style, indent=indent, newline=newline, joined=joined)
    return text[:offset] + (newline if joined else "") + made + text[offset:]


def cut(text: str, one: Part) -> str:
    """Take a part out again, and the line break in front of it that was ours unless something follows by now."""
    start = one.start - (one.joined if one.end == len(text) else 0)
    return text[:start] + text[one.end :]


def seal(text: str, style: Style) -> str:
    """End a whole file of ours with a line that tells whether someone changed it since."""
    opening, closing = _SIGNS[style]
    text = text if text.endswith("\n") else text + "\n"
    return f"{text}{opening}clearance:file {digest_of(text)}{closing}\n"


def sealed(text: str) -> bool | None:
    """Tell whether a file is as we wrote it; None where it has no seal, so is not ours."""
    found = _SEAL.search(text)
    return None if found is None else digest_of(text[: found.start()]) == found["digest"]


def _torn(text: str, where: str, offset: int, what: str) -> BadFile:
    line = text.count("\n", 0, offset) + 1
    return BadFile(what, where=f"{where}:{line}", next="remove what is left of the part by hand, then run it again")
