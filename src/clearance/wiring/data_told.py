"""Tells people what a data pack holds, who signed it and what is wrong with it."""

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from clearance.facts.errors import DataRefused
from clearance.scan.packages.pack.place import PackRefused, Place
from clearance.settings import PackagesSettings
from clearance.wiring.data import chosen_pack, packages_settings, read_pack_head, verified_pack, written_key


class SectionTold(NamedTuple):
    """A section for people: its name, its size in bytes, how many records, their day, and how many days ago that was."""

    name: str
    size: int
    records: int
    date: str
    age: int


class SourceTold(NamedTuple):
    """A source for people."""

    name: str
    date: str
    records: int
    licence: str
    attribution: str


class Told(NamedTuple):
    """A pack for people. `problems` say why it is refused; `whose` key it is, empty where it is not trusted."""

    path: str
    digest: str = ""
    made: str = ""
    maker: str = ""
    key: str = ""
    whose: str = ""
    sections: tuple[SectionTold, ...] = ()
    sources: tuple[SourceTold, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        """The first problem, or nothing."""
        return self.problems[0] if self.problems else ""


def told_pack(path: Path | None, directory: Path, *, thorough: bool, keys: Sequence[str] = ()) -> Told:
    """Tell what a pack holds, who signed it and what is wrong with it; `thorough` reads every section.

    Raises:
        DataRefused: there is nothing that could be told of it.
    """
    packages, today = packages_settings(directory), dt.datetime.now(dt.UTC).date()
    if keys:
        packages = PackagesSettings(data=packages.data, keys=(*packages.keys, *keys))
    place = chosen_pack(packages, directory, os.environ, today)
    path = path or place.path
    head = read_pack_head(path)
    problems, whose = [], ""
    try:
        found = verified_pack(path, packages, os.environ, today)
        whose = found.signer.whose
        problems += _broken(found.place) if thorough else []
    except DataRefused as error:
        problems.append(error.what)
    told = head.told
    sources = {
        SourceTold(one.name, str(one.date), one.records, one.licence, one.attribution): None
        for section in told.sections
        for one in section.sources
    }
    sections = tuple(
        SectionTold(one.name, one.size, one.records, str(one.date), (today - one.date).days) for one in told.sections
    )
    made = told.made.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Told(
        str(path), head.digest, made, told.maker, written_key(head.key), whose, sections, tuple(sources), tuple(problems)
    )


def _broken(place: Place) -> list[str]:
    """Read every section and tell which are not what was signed."""
    from clearance.scan.packages.pack.sections import PackFile

    try:
        file = PackFile(place)
    except PackRefused as error:
        return [str(error)]
    found = []
    for section in file.head.told.sections:
        try:
            file.bytes_of(section.name)
        except PackRefused as error:
            found.append(str(error))
    return found
