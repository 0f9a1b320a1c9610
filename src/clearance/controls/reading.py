"""Bytes from outside -> a catalogue that is right as a whole, or an error that names the file and the line."""

import codecs
import re
from collections.abc import Iterator

import msgspec
import re2

from clearance.controls.catalogue import Catalogue
from clearance.controls.place import Path, doubled, line_at, line_of
from clearance.facts.errors import BadCatalogue
from clearance.facts.text import visible

_MOST_BYTES = 8 << 20
_HELP = "see docs/reference/catalogues.md"
_AT = re.compile(r" - at `\$([^`]*)`")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_BYTE = re.compile(r"\(byte (\d+)\)")
_BRACES = re.compile(r"\{[^{}]*\}|[{}]")

_Wrong = tuple[str, Path, str]
"""What is wrong, the path to the value, what to do next."""


def read(text: bytes, where: str) -> Catalogue:
    """Read one catalogue; `clearance.controls.catalogue.read_catalogue` says what of."""
    if len(text) > _MOST_BYTES:
        raise BadCatalogue("larger than 8 MiB", where=f"{where}:1", next="split it")
    text = text.removeprefix(codecs.BOM_UTF8)
    try:
        found = msgspec.json.decode(_utf8(text, where), type=Catalogue)
    except msgspec.DecodeError as error:
        raise _malformed(error, text, where) from None
    twice = doubled(text)
    if twice is not None:
        offset, key = twice
        what = f"the key '{visible(key)}' stands twice"
        raise BadCatalogue(what, where=f"{where}:{line_at(text, offset)}", next="keep one")
    for what, path, advice in _wrong(found):
        raise BadCatalogue(what, where=f"{where}:{line_of(text, path)}", next=advice)
    return found


def pattern(catalogue: Catalogue) -> "re2._Regexp":
    """Compile the pattern of a catalogue's ids, in time that is linear in the id whatever the pattern.

    Raises:
        re2.error: it is none, or would need more than a mebibyte.
    """
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    return re2.compile(catalogue.pattern, options)


def _utf8(text: bytes, where: str) -> bytes:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        line = line_at(text, error.start)
        raise BadCatalogue("not UTF-8", where=f"{where}:{line}", next="save it as UTF-8") from None
    return text


def _malformed(error: msgspec.DecodeError, text: bytes, where: str) -> BadCatalogue:
    """Turn the decoder's error into one with a line."""
    said = str(error)
    found = _AT.search(said)
    if found:
        path = tuple(step[1] or int(step[2]) for step in _STEP.finditer(found[1]))
        return BadCatalogue(visible(_AT.sub("", said))[:300], where=f"{where}:{line_of(text, path)}", next=_HELP)
    byte = _BYTE.search(said)
    line = line_at(text, int(byte[1]) if byte else len(text)) if not isinstance(error, msgspec.ValidationError) else 1
    return BadCatalogue(visible(_BYTE.sub("", said)).strip()[:300], where=f"{where}:{line}", next=_HELP)


def _wrong(catalogue: Catalogue) -> Iterator[_Wrong]:
    """Say what is wrong with a catalogue of the right shape, in the order of the file."""
    placeholders = _BRACES.findall(catalogue.reference)
    if placeholders.count("{id}") != 1 or not set(placeholders) <= {"{id}", "{version}"}:
        yield "a reference holds `{id}` once, and may hold `{version}`", ("reference",), "as in `own:v{version}-{id}`"
    if catalogue.prefix != "cwe" and not catalogue.reference.startswith(f"{catalogue.prefix}:"):
        what = f"the reference {catalogue.reference!r} does not begin with the prefix"
        yield what, ("reference",), f"begin it with `{catalogue.prefix}:`"
    try:
        form = pattern(catalogue)
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace") if error.args and isinstance(error.args[0], bytes) else str(error)
        what = f"RE2 does not know the pattern: {visible(said)[:200]}"
        yield what, ("pattern",), "write it without references and look-around"
        return
    yield from _wrong_items(catalogue, form)
    yield from _wrong_withdrawn(catalogue, form)


def _wrong_items(catalogue: Catalogue, form: "re2._Regexp") -> Iterator[_Wrong]:
    chapters: set[str] = set()
    seen: set[str] = set()
    for number, group in enumerate(catalogue.groups):
        if group.id in chapters:
            yield f"the group {group.id!r} stands twice", ("groups", number, "id"), "join them"
        chapters.add(group.id)
        for place, item in enumerate(group.items):
            path: Path = ("groups", number, "items", place)
            if not form.fullmatch(item.id):
                yield (
                    f"the id {item.id!r} does not fit the pattern {catalogue.pattern!r}",
                    (*path, "id"),
                    "correct one of them",
                )
            if item.id in seen:
                yield f"the id {item.id!r} stands twice", (*path, "id"), "keep one"
            seen.add(item.id)
            if not (item.label or group.label):
                yield f"{item.id} has no label, nor has its group", (*path, "label"), "say in a few words what it asks for"
    if not seen:
        yield "it lists nothing", ("groups",), _HELP


def _wrong_withdrawn(catalogue: Catalogue, form: "re2._Regexp") -> Iterator[_Wrong]:
    standing = {item.id for group in catalogue.groups for item in group.items}
    for old, successors in catalogue.withdrawn.items():
        path: Path = ("withdrawn", old)
        if old in standing:
            yield f"{old!r} is withdrawn and stands among the items, too", path, "keep one"
        if not form.fullmatch(old):
            yield f"the withdrawn id {old!r} does not fit the pattern {catalogue.pattern!r}", path, "correct one of them"
        for new in successors:
            if new not in standing:
                yield f"{new!r}, which takes the place of {old}, does not exist", path, "name an id of this catalogue"
