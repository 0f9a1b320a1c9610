"""Which controls and weaknesses exist, in the pinned version of each catalogue.

Ids are written `CWE-89` (MITRE's Common Weakness Enumeration), `asvs:v5.0.0-1.2.5` (OWASP ASVS) and
`aisvs:AISVS-1.0-AC.4.2` (OWASP AISVS), as the standards themselves recommend for references. Ids and levels are facts; every
label is our own, and no catalogue's text is included.
"""

import pkgutil
from functools import cache

import msgspec


class _Chapter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One chapter of a standard: the level (1 to 3) of each requirement by its number."""

    number: int | str
    label: str
    levels: dict[str, int]


class _Standard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    catalogue: str
    version: str
    note: str
    chapters: tuple[_Chapter, ...]


class _Cwe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    catalogue: str
    note: str
    labels: dict[str, str]


def known(control: str) -> bool:
    """Tell whether an id exists. A weakness that MITRE knows and no rule needs yet counts as unknown: add it to
    `data/cwe.json` with a label."""
    return control in _labels()


def label(control: str) -> str:
    """Give our own short label of an id.

    Raises:
        KeyError: there is no such id.
    """
    return _labels()[control]


def identifiers() -> tuple[str, ...]:
    """Give all ids, in the order of their catalogues."""
    return tuple(_labels())


@cache
def _labels() -> dict[str, str]:
    """Read the package's own data."""
    labels = dict(msgspec.json.decode(_data("cwe.json"), type=_Cwe).labels)
    asvs = msgspec.json.decode(_data("asvs-5.0.0.json"), type=_Standard)
    for chapter in asvs.chapters:
        for number, level in chapter.levels.items():
            labels[f"asvs:v{asvs.version}-{number}"] = f"{chapter.label} (ASVS {number}, level {level})"
    aisvs = msgspec.json.decode(_data("aisvs-1.0.json"), type=_Standard)
    for chapter in aisvs.chapters:
        for number, level in chapter.levels.items():
            labels[f"aisvs:AISVS-{aisvs.version}-{number}"] = f"{chapter.label} (AISVS {number}, level {level})"
    return labels


def _data(name: str) -> bytes:
    data = pkgutil.get_data("clearance.controls", f"data/{name}")
    if data is None:
        raise LookupError(f"the package came without {name}")
    return data
