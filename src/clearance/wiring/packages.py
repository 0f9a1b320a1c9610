"""Judges every package that a folder or file names, without a scan of anything else."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, cast

import msgspec

from clearance.facts.change import ChangeKind, Collected, FileChange
from clearance.facts.errors import CollectError, NotARepository, UnknownRevision
from clearance.facts.finding import Gap, GapKind, Place
from clearance.facts.glob import matcher
from clearance.facts.standing import Note, Standing, Word
from clearance.facts.text import Decoded, decode
from clearance.rules.model import Rule
from clearance.scan.family import Budget, OutOfTime, View
from clearance.scan.look import with_nul
from clearance.scan.packages.family import PackagesFamily
from clearance.scan.packages.readers import readers_for
from clearance.scan.packages.verdict import joined, notes, standings
from clearance.scan.unjudged import gaps_of
from clearance.settings import PLACE as SETTINGS
from clearance.settings import Settings, read_settings
from clearance.wiring.furnish import builtin_furnish
from clearance.wiring.places import close, committed, is_whole, text, top

_FOREIGN = re.compile(r"(?:^|/)(?:node_modules|site-packages|dist-packages|\.venv|venv|\.tox|\.nox|vendor/bundle)/")
_CODE = re.compile(r"\.(?:pyi?|pyw|[cm]?[jt]sx?|vue|svelte)$", re.IGNORECASE)
_INSTALLS = re.compile(rb"\b(?:pip|pipx|uv|uvx|poetry|conda|mamba|npm|npx|yarn|pnpm|bun|setup)\b")
_MANIFESTS_IN_CODE = frozenset({"setup.py", "noxfile.py"})
_EMPTY = Decoded("", "utf-8", broken=False)
Progress = Callable[[int, int], object]
"""Told how many files of how many are done."""


class Answer(NamedTuple):
    """The verdicts, worst first; findings about files; what could not be looked at; how many files name packages."""

    standings: tuple[Standing, ...]
    notes: tuple[Note, ...]
    gaps: tuple[Gap, ...]
    files: int

    @property
    def exit(self) -> int:
        """1 where a package or a file is bad, else 4 where something could not be looked at, 3 where one is unknown, 0
        where all are good."""
        words = {one.word for one in self.standings}
        if Word.BAD in words or any(note.bad for note in self.notes):
            return 1
        if any(gap.stops for gap in self.gaps):
            return 4
        return 3 if Word.UNKNOWN in words or any(gap.matters for gap in self.gaps) else 0


def packages(path: Path, environment: Mapping[str, str], progress: Progress | None = None) -> Answer:
    """Judge every name and version in a folder or file; in a repository without what git ignores. Settings are those of the
    commit that is checked out. Code is read only where it may install something: what is imported is a matter of `scan`.

    Raises:
        clearance.facts.errors.ClearanceError: used wrongly, or could not look.
    """
    own = committed(path, environment)
    settings = read_settings(text(own[SETTINGS]) if SETTINGS in own else None)
    family, rules = _furnished(path, environment, settings)
    collected, prefix = _collected(path, environment)
    gaps: list[Gap] = [gap for gap in collected.gaps if gap.matters and _may_name(gap.path)]
    found: list[Standing] = []
    about: list[Note] = []
    files = 0
    try:
        family.start(collected.contents)
        for view in _views(collected, prefix, settings, gaps, progress):
            try:
                judged = family.judge(view, Budget(settings.scan.seconds_per_file))
            except OutOfTime:
                detail = f"after {settings.scan.seconds_per_file:g} s"
                gaps.append(Gap(scanner=family.name, path=view.path, kind=GapKind.TIMEOUT, detail=detail))
                continue
            gaps.extend(judged.gaps)
            if judged.asked is not None:
                present = FileChange(path=view.path, kind=ChangeKind.PRESENT)
                gaps.extend(gaps_of(family.name, present, judged.asked.unjudged(), ()))
            own_standings = standings(judged, view, rules)
            files += bool(own_standings)
            found.extend(own_standings)
            about.extend(notes(judged, view, rules))
    finally:
        close(collected)
    told = (msgspec.structs.replace(one, place=_short(one.place, prefix)) for one in about)
    return Answer(tuple(_below(joined(found), prefix)), tuple(told), tuple(dict.fromkeys(_gap_below(gaps, prefix))), files)


def _furnished(path: Path, environment: Mapping[str, str], settings: Settings) -> tuple[PackagesFamily, Mapping[str, Rule]]:
    from clearance.wiring.data import chosen_pack

    furnish = builtin_furnish(path, environment, sightings=False)
    furnish = msgspec.structs.replace(
        furnish, names=("packages",), index_days=settings.scan.index_days, packages=settings.packages
    )
    if settings.packages.data or settings.packages.keys:
        chosen = chosen_pack(settings.packages, path, environment, furnish.today)
        furnish = msgspec.structs.replace(furnish, pack=chosen)
    families, rules = furnish()
    return cast("PackagesFamily", families[0]), rules


def _collected(path: Path, environment: Mapping[str, str]) -> tuple[Collected, str]:
    """Collect the working tree of the repository around a folder, with the prefix of the folder's files; the folder
    itself, or the one file, where there is no repository or git ignores the folder."""
    from clearance.collect.git import working_tree
    from clearance.collect.tree import directory

    if path.is_dir():
        try:
            collected = working_tree(path, base="HEAD", environment=environment)
        except (NotARepository, UnknownRevision):
            return directory(path, environment=environment, whole=is_whole(path)), ""
        below = path.resolve().relative_to(top(path).resolve()).as_posix()
        prefix = "" if below == "." else f"{below}/"
        if any(one.startswith(prefix) for one in collected.contents.paths()):
            return collected._replace(gaps=tuple(gap for gap in collected.gaps if gap.path.startswith(prefix))), prefix
        close(collected)
    return directory(path, environment=environment, whole=is_whole(path)), ""


def _may_name(path: str) -> bool:
    return not _FOREIGN.search(path)


def _views(
    collected: Collected, prefix: str, settings: Settings, gaps: list[Gap], progress: Progress | None
) -> Iterator[View]:
    """Open the files that may name packages."""
    contents = collected.contents
    excluded = matcher(settings.scan.exclude)
    paths = [path for path in contents.paths() if path.startswith(prefix) and _may_name(path) and not excluded(path)]
    most = PackagesFamily.max_bytes
    for number, path in enumerate(paths):
        if progress:
            progress(number, len(paths))
        # What only its first line gives a language (a script without a suffix) is opened, too.
        if "." in path.rpartition("/")[2] and not readers_for(View(path, "after", b"", _EMPTY)):
            continue
        try:
            data = contents.peek(path, most + 1)
        except (CollectError, KeyError) as error:
            gaps.append(Gap(scanner="packages", path=path, kind=GapKind.UNREADABLE, detail=str(error)))
            continue
        if len(data) > most:
            gaps.append(Gap(scanner="packages", path=path, kind=GapKind.TOO_LARGE, detail=f"more than {most:,} bytes"))
            continue
        if _CODE.search(path) and path.rpartition("/")[2] not in _MANIFESTS_IN_CODE and not _INSTALLS.search(data):
            continue
        decoded = decode(data) or with_nul(path, data)
        if decoded is not None:
            yield View(path, "after", data, decoded)


def _below(found: list[Standing], prefix: str) -> Iterator[Standing]:
    """Name places from the folder that was asked about."""
    for one in found:
        yield msgspec.structs.replace(one, places=tuple(_short(place, prefix) for place in one.places))


def _short(place: Place, prefix: str) -> Place:
    return msgspec.structs.replace(place, path=place.path.removeprefix(prefix))


def _gap_below(gaps: list[Gap], prefix: str) -> Iterator[Gap]:
    for gap in gaps:
        yield msgspec.structs.replace(gap, path=gap.path.removeprefix(prefix))
