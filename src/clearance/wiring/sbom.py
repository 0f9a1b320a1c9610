"""Bills of materials: of a folder as it stands, of a commit, or of what a change does."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from clearance import __version__
from clearance.facts.actor import ActorKind
from clearance.facts.bom import Bom
from clearance.facts.change import Change, Collected, Contents, FileChange, SideName
from clearance.facts.errors import CollectError, NotARepository, UnknownRevision
from clearance.facts.finding import Gap, GapKind
from clearance.facts.package import Package
from clearance.facts.text import decode
from clearance.scan.family import View
from clearance.wiring import Wanted, collect
from clearance.wiring.places import close, top

_MOST_BYTES = 32 << 20
_SECONDS = 20.0
Progress = Callable[[int, int], object]
"""Told how many files of how many are done."""


def bill_of_tree(path: Path, environment: Mapping[str, str], progress: Progress | None = None) -> Bom:
    """Read what a folder names, or one file; in a repository without what git ignores.

    Raises:
        clearance.facts.errors.UsageError: there is no such folder or file.
    """
    from clearance.collect.tree import directory
    from clearance.scan.packages.inventory import inventory

    gaps: list[Gap] = []
    tracked = _tracked(path, environment) if path.is_dir() else None
    try:
        if tracked is not None:
            views = _peeked(tracked, _prefix(path), gaps, progress)
        else:
            collected = directory(path, environment=environment)
            gaps.extend(_told(collected.gaps))
            views = _views(collected, "after", gaps, progress)
        found = inventory(views, _SECONDS)
    finally:
        if tracked is not None:
            close(tracked)
    return _bom(path.resolve().name or "tree", "", (), found.packages, (), (*gaps, *found.gaps), environment)


def _tracked(path: Path, environment: Mapping[str, str]) -> Collected | None:
    """Collect the working tree of the repository around a folder; None where there is none, or git ignores the folder."""
    from clearance.collect.git import working_tree

    try:
        collected = working_tree(path, base="HEAD", environment=environment)
    except (NotARepository, UnknownRevision):
        return None
    prefix = _prefix(path)
    if any(one.startswith(prefix) for one in collected.contents.paths()):
        return collected
    close(collected)
    return None


def _prefix(path: Path) -> str:
    below = path.resolve().relative_to(top(path).resolve()).as_posix()
    return "" if below == "." else f"{below}/"


def _peeked(collected: Collected, prefix: str, gaps: list[Gap], progress: Progress | None) -> Iterator[View]:
    """Open the files of a whole tree that may name packages."""
    from clearance.scan.packages.inventory import may_name_packages

    contents = collected.contents
    paths = [path for path in contents.paths() if path.startswith(prefix) and may_name_packages(path)]
    for number, path in enumerate(paths):
        if progress:
            progress(number, len(paths))
        try:
            data = contents.peek(path, _MOST_BYTES + 1)
        except (CollectError, KeyError) as error:
            gaps.append(Gap(scanner="packages", path=path, kind=GapKind.UNREADABLE, detail=str(error)))
            continue
        if len(data) > _MOST_BYTES:
            gaps.append(
                Gap(scanner="packages", path=path, kind=GapKind.TOO_LARGE, detail=f"more than {_MOST_BYTES:,} bytes")
            )
        elif decoded := decode(data):
            yield View(path.removeprefix(prefix), "after", data, decoded)


def bill_of_change(wanted: Wanted, environment: Mapping[str, str], progress: Progress | None = None) -> Bom:
    """Read what a change brings and takes away. What it brings says who wrote it, as far as that is known.

    Raises:
        clearance.facts.errors.ClearanceError: the change cannot be collected.
    """
    from clearance.scan.packages.inventory import inventory

    collected, _ = collect(wanted, environment)
    try:
        change = collected.change
        gaps: list[Gap] = list(_told(collected.gaps))
        after = inventory(_views(collected, "after", gaps, progress), _SECONDS)
        before = inventory(_views(collected, "before", [], None), _SECONDS)
    finally:
        close(collected)
    had, has = ({_name(one) for one in side.packages} for side in (before, after))
    by = _author(change)
    brought = [msgspec.structs.replace(one, introduced=True, by=by) for one in after.packages if _name(one) not in had]
    gone = [one for one in before.packages if _name(one) not in has]
    base = change.base.commit or change.base.label if change.base else "nothing"
    subject = top(wanted.directory).resolve().name or "change"
    head = change.head.commit or change.head.label
    return _bom(subject, head, (base,), brought, gone, (*gaps, *after.gaps), environment)


def _told(gaps: Iterable[Gap]) -> Iterator[Gap]:
    """Give the gaps of what could have named packages."""
    from clearance.scan.packages.inventory import may_name_packages

    return (gap for gap in gaps if gap.stops and may_name_packages(gap.path))


def _name(package: Package) -> tuple[str, str]:
    return package.purl, "" if package.version else package.wanted


def _author(change: Change) -> str:
    author = change.author.author
    return author.kind.value + (f":{author.name}" if author.name and author.kind is not ActorKind.UNKNOWN else "")


def _views(collected: Collected, side: SideName, gaps: list[Gap], progress: Progress | None) -> Iterator[View]:
    """Open the files that may name packages."""
    from clearance.scan.packages.inventory import may_name_packages

    files = [file for file in collected.change.files if may_name_packages(file.path) and getattr(file, side)]
    for number, file in enumerate(files):
        if progress:
            progress(number, len(files))
        view = _view(file, side, collected.contents, gaps)
        if view is not None:
            yield view


def _view(file: FileChange, side: SideName, contents: Contents, gaps: list[Gap]) -> View | None:
    known = file.after if side == "after" else file.before
    if known is None or file.binary:
        return None
    if known.size > _MOST_BYTES:
        gaps.append(Gap(scanner="packages", path=file.path, kind=GapKind.TOO_LARGE, detail=f"{known.size:,} bytes"))
        return None
    try:
        data = contents.read(file.path, side, _MOST_BYTES)
    except (CollectError, KeyError) as error:
        gaps.append(Gap(scanner="packages", path=file.path, kind=GapKind.UNREADABLE, detail=str(error)))
        return None
    decoded = decode(data)
    return View(file.path, side, data, decoded, partial=file.partial) if decoded else None


def _bom(
    subject: str,
    version: str,
    base: tuple[str, ...],
    packages: Iterable[Package],
    removed: Iterable[Package],
    gaps: Iterable[Gap],
    environment: Mapping[str, str],
) -> Bom:
    return Bom(
        subject=subject,
        version=version,
        at=_moment(environment),
        made_by=__version__,
        packages=tuple(packages),
        removed=tuple(removed),
        base=base[0] if base else "",
        gaps=tuple(dict.fromkeys(gaps)),
    )


def _moment(environment: Mapping[str, str]) -> str:
    """Give the time, or that of `SOURCE_DATE_EPOCH`, with which builds are made to repeat."""
    given = environment.get("SOURCE_DATE_EPOCH", "")
    seconds = int(given) if given.isascii() and given.isdecimal() and len(given) < 12 else None
    moment = datetime.fromtimestamp(seconds, UTC) if seconds is not None else datetime.now(UTC)
    return moment.replace(microsecond=0).isoformat()


def write(bom: Bom, format: str, version: str) -> str:
    """Give a bill in `cyclonedx`, `cyclonedx-xml`, `spdx`, or `text`."""
    match format:
        case "spdx":
            from clearance.report.bom import spdx

            return spdx.render(bom)
        case "cyclonedx" | "cyclonedx-xml":
            from clearance.report.bom import cyclonedx

            return cyclonedx.render(bom, version=version, xml=format == "cyclonedx-xml")
        case _:
            from clearance.report.bom import text

            return text.render(bom)


__all__ = ["bill_of_change", "bill_of_tree", "write"]
