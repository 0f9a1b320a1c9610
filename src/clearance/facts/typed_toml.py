"""TOML that a person wrote, read into a struct: no key is passed over, and each error names its line."""

import difflib
import enum
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeVar, Union, get_args, get_origin

import msgspec

from clearance.facts.toml import BadToml, read_toml

Kind = TypeVar("Kind", bound=msgspec.Struct)
Path = tuple[str | int, ...]
"""Where a value stands: names of keys, and numbers of elements of arrays."""
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|(\[\.\.\.\])")
_HEADER = re.compile(r"\s*(\[\[?)([^\[\]]+)\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"([^"]*)"|'([^']*)'""")
_LONGEST = 64
_SHOWN = 200


class BadTable(ValueError):
    """A text is not TOML, or not of the wanted shape: what is wrong, its line from 1 (0: not known), what to do next (empty:
    whoever reads says it)."""

    def __init__(self, what: str, line: int, next: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.line = line
        self.next = next


def read_typed(text: str, kind: type[Kind]) -> Kind:
    """Read a document into a struct. The caller bounds its length.

    Raises:
        BadTable: not TOML, an unknown key (with the nearest known one, or the table it belongs to), or a value of the wrong
            kind (with the nearest word, where there are a few).
    """
    try:
        data = read_toml(text)
    except BadToml as error:
        raise BadTable(f"not TOML: {error}", error.line) from None
    for path, known in _unknown(data, kind, ()):
        raise BadTable(f"unknown key {_dotted(path)[:_SHOWN]!r}", line_of(text, path), _nearest(str(path[-1]), known, kind))
    try:
        return msgspec.convert(data, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        said = str(error)
        path = tuple(_steps(said))
        raise BadTable(_short(said), line_of(text, path) if path else 0, _hint(said, path, kind)) from None


def line_of(text: str, path: Path) -> int:
    """Give the line (from 1) on which a value is set, or that of the table it is in; 0 where it is written in another way.

    A line inside a text of several lines that looks like a key may be taken for one: this is for people, not for programs.
    """
    counts: dict[Path, int] = {}
    above: Path = ()
    best, found = 0, 0
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.fullmatch(line):
            above = tuple(_parts(header[2]))
            if header[1] == "[[":
                counts[above] = counts.get(above, -1) + 1
                above = (*above, counts[above])
            here = above
        elif key := _KEY.match(line):
            here = (*above, *_parts(key[1]))
        else:
            continue
        if len(here) > best and _leads(here, path):
            best, found = len(here), number
    return found


def _leads(here: Path, path: Path) -> bool:
    """Whether a place is a path or one above it; elements of an array that is written in one line stand where it does."""
    return here == path[: len(here)]


def _parts(written: str) -> Iterator[str]:
    for part in _PART.finditer(written):
        yield part[1] if part[1] is not None else part[2] if part[2] is not None else part[0]


def _steps(said: str) -> Iterator[str | int]:
    """Read the path that msgspec names; what stands below a key of a map it does not name."""
    _, at, path = said.rpartition("`$")
    for step in _STEP.finditer(path.rstrip("`")) if at else ():
        if step[3]:
            return
        yield step[1] if step[1] is not None else int(step[2])


def _short(said: str) -> str:
    return said if len(said) <= 2 * _SHOWN else f"{said[:_SHOWN]}…{said[-_SHOWN:]}"


def _dotted(path: Path) -> str:
    return ".".join(part for part in path if isinstance(part, str))


def _unknown(data: object, kind: object, above: Path) -> Iterator[tuple[Path, Sequence[str]]]:
    """Give the keys that a type does not know, with those that it does; as deep as the type is, however deep the data."""
    kind = _one(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(data, Mapping):
        known = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
        for key, value in data.items():
            if key not in known:
                yield (*above, key), [*known]
            else:
                yield from _unknown(value, known[key], (*above, key))
    elif get_origin(kind) is dict and isinstance(data, Mapping):
        names, inner = get_args(kind)
        for key, value in data.items():
            if get_origin(names) is Literal and key not in get_args(names):
                yield (*above, key), get_args(names)
            else:
                yield from _unknown(value, inner, (*above, key))
    elif get_origin(kind) is tuple and isinstance(data, list):
        for number, value in enumerate(data):
            yield from _unknown(value, get_args(kind)[0], (*above, number))


def _one(kind: object) -> object:
    """Give what a type is where it is there at all."""
    if get_origin(kind) in (Union, types.UnionType):
        return next((one for one in get_args(kind) if one is not types.NoneType), kind)
    return kind


def _nearest(key: str, known: Sequence[str], kind: type[msgspec.Struct]) -> str:
    """Say which key was meant: one of another table that is written so, else the most alike of this one."""
    near = difflib.get_close_matches(key[:_LONGEST], known, n=1)
    elsewhere = [table for table, keys in _tables(kind, "") if key in keys]
    if elsewhere and not near:
        places = " or ".join(f"[{table}]" if table else "the top, before the first [table]" for table in elsewhere)
        return f"it belongs into {places}" if elsewhere != [""] else f"it belongs to {places}"
    near = near or difflib.get_close_matches(key[:_LONGEST], known, n=1, cutoff=0)
    return f"the nearest known key is {near[0]!r}" if near else ""


def _tables(kind: object, above: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Give each table of a type, by its dotted name, with the keys that it knows."""
    kind = _one(kind)
    if get_origin(kind) is tuple:
        kind = get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = msgspec.structs.fields(kind)
        yield above, [field.encode_name for field in fields]
        for field in fields:
            yield from _tables(field.type, f"{above}.{field.encode_name}" if above else field.encode_name)


def _hint(said: str, path: Path, kind: type[msgspec.Struct]) -> str:
    """Say which word is meant where a value is none of a few, and how arrays of tables are written."""
    if said.startswith("Expected `array`, got `object`"):
        return f"write [[{_dotted(path)}]], with two brackets"
    wrong = re.search(r"[Ii]nvalid enum value '(.*)'", said, re.DOTALL)
    words = _words(kind, path) if wrong else []
    near = difflib.get_close_matches(wrong[1][:_LONGEST], words, n=1, cutoff=0) if wrong else []
    return f"the nearest word is {near[0]!r}" if near else ""


def _words(kind: object, path: Path) -> list[str]:
    """Give the words that a value may be, by the type at its path; where that ends at a map, those of its values."""
    kind = _one(kind)
    for step in path:
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            named = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
            kind = _one(named.get(str(step)))
        else:
            kind = _one(next(iter(get_args(kind)[-1 if get_origin(kind) is dict else 0 :]), None))
    if get_origin(kind) is dict:
        kind = get_args(kind)[1]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return [str(one.value) for one in kind]
    return [str(one) for one in get_args(kind)] if get_origin(kind) is Literal else []
