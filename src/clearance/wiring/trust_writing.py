"""Writes some values of a TOML file that a person may have written, and leaves the rest of it as it is."""

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from clearance.facts.toml import BadToml, read_toml

_HEAD = "# Whom this machine trusts and where its keys rest; docs/reference/trust-settings.md describes each line.\n"
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_HEADER = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_-]+)\s*[.\]]")


def edited(text: str, changes: Mapping[str, Any]) -> str:
    """Give a document with some of its top-level values replaced. Comments and order of what is not replaced stay, unless
    it is written in a way that is not understood here: then the document is written anew.

    Raises:
        BadToml: it is no TOML.
    """
    document = read_toml(text) | dict(changes)
    if text.strip():
        kept = _replaced(text, changes)
        try:
            if read_toml(kept) == document:
                return kept
        except BadToml:
            pass  # keys in dots, tables in one line, texts of several lines that look like tables
    return _HEAD + "".join(_lines(document))


def _replaced(text: str, changes: Mapping[str, Any]) -> str:
    """Replace lines of the part before the first table, and whole tables with those below them."""
    first, parts = _cut(text)
    for name, value in changes.items():
        written = "".join(_lines({name: value})).strip("\n") + "\n"
        line = re.compile(rf"(?m)^[ \t]*{re.escape(name)}[ \t]*=.*\n")
        if _is_table(value):
            places = [number for number, (table, _) in enumerate(parts) if table == name]
            parts = [part for part in parts if part[0] != name]
            parts.insert(places[0] if places else len(parts), (name, f"{written}\n"))
        elif found := line.search(first):
            first = first[: found.start()] + written + first[found.end() :]
        else:
            first = "\n".join(one for one in (first.strip("\n"), written) if one) + "\n"
    return "\n".join(one.strip("\n") + "\n" for one in (first, *(part for _, part in parts)) if one.strip("\n"))


def _cut(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Cut a document before each table, and before the comments that stand right above it: what comes before all tables, and
    pairs of a table's first name and its lines."""
    lines = text.rstrip("\n").split("\n")
    cuts = []
    for number, line in enumerate(lines):
        if found := _HEADER.match(line):
            start = number
            while start and lines[start - 1].lstrip().startswith("#"):
                start -= 1
            cuts.append((start, found[1]))
    places = [start for start, _ in cuts] + [len(lines)]
    cut = ["".join(f"{line}\n" for line in lines[start:end]) for start, end in itertools.pairwise([0, *places])]
    return cut[0], [(table, part) for (_, table), part in zip(cuts, cut[1:], strict=True)]


def _lines(document: Mapping[str, Any], above: str = "") -> list[str]:
    """Write a table: its plain values, then the tables in it."""
    found = [f"{_key(name)} = {_value(value)}\n" for name, value in document.items() if not _is_table(value)]
    for name, value in document.items():
        whole = f"{above}.{_key(name)}" if above else _key(name)
        if isinstance(value, Mapping):
            found += [f"\n[{whole}]\n", *_lines(value, whole)]
        elif _is_table(value):
            found += [line for one in value for line in (f"\n[[{whole}]]\n", *_lines(one, whole))]
    return found


def _is_table(value: object) -> bool:
    rows = (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and value
        and all(isinstance(one, Mapping) for one in value)
    )
    return isinstance(value, Mapping) or bool(rows)


def _key(name: str) -> str:
    return name if _PLAIN_KEY.fullmatch(name) else json.dumps(name)


def _value(value: object) -> str:
    """Write a value; JSON spells text, numbers, yes and no as TOML does."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(_value(one) for one in value)}]"
    return (
        json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        if isinstance(value, str | int | float | bool)
        else str(value)
    )
