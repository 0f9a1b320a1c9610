"""Reads the metadata in a Python script itself (PEP 723): `uv run`, `pipx run` and Hatch install what it names."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.packages.mention import ExtraIndex, Mention, Remote, Source, Unparsed
from clearance.scan.packages.readers.json_text import line_of
from clearance.scan.packages.readers.python_indexes import pyproject_indexes
from clearance.scan.packages.readers.requirement import requirement_value
from clearance.scan.packages.readers.toml_text import TomlString, parse, walk

_OPENING = re.compile(r"^# /// script[ \t]*\r?$", re.MULTILINE)
_CONTENT = re.compile(r"(?:\n#(?: [^\n]*|\r?(?=\n|\Z)))+")
_MOST = 16
"""Blocks of one file; the standard allows one."""


def inline_metadata(text: str, budget: Budget) -> Iterator[Mention | Remote | ExtraIndex]:
    """Give the dependencies and indexes in the `script` blocks of a Python file.

    Raises:
        Unparsed: a block is no TOML; what could be read has been given.
    """
    if "# /// script" not in text:
        return
    problem = ""
    for number, opening in enumerate(_OPENING.finditer(text)):
        content = _CONTENT.match(text, opening.end())
        if content is None or number >= _MOST:
            continue
        # As long as before, so that what is found there stands at the same place in the file.
        start, toml = content.start(), content[0].replace("\n#", "\n ").replace("\n  ///", "\n     ").rstrip("\r")
        events = list(walk(toml, budget))
        data, wrong = parse(toml, "script metadata")
        for index in pyproject_indexes(data, events):
            yield index._replace(start=start + index.start, end=start + index.end)
        for event in events:
            if isinstance(event, TomlString) and event.path[:1] == ("dependencies",):
                found = requirement_value(toml, event.value, event.span, Source.MANIFEST)
                if isinstance(found, Mention):
                    place = (start + found.place[0], start + found.place[1]) if found.place[1] else (0, 0)
                    yield found._replace(start=start + found.start, end=start + found.end, place=place)
                elif found:
                    yield found._replace(start=start + found.start, end=start + found.end)
        if wrong and not problem:
            problem = f"line {line_of(text, opening.start())}: script metadata (PEP 723) that is no TOML"
    if problem:
        raise Unparsed(problem)
