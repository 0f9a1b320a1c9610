"""Mends what has one safe answer: applies the rewrites of findings, looks again, keeps what holds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from clearance import pipeline
from clearance.facts.change import Collected
from clearance.facts.errors import UsageError
from clearance.facts.finding import Finding
from clearance.rules.model import Rule
from clearance.scan.look import AnyFamily
from clearance.scan.runner import Progress
from clearance.scan.worker import Reserve
from clearance.wiring.furnish import builtin_furnish
from clearance.wiring.opinions import NO_SECOND, Opinions
from clearance.wiring.parts import parts_of
from clearance.wiring.places import close, committed, is_whole

_MOST_MENDED = 4 << 20
_HEAD = 200
"""Characters that are enough for the line that names an interpreter."""


class FixedFile(NamedTuple):
    """What was mended in one file: a unified diff, how many findings, and those that were left with line and reason."""

    path: str
    diff: tuple[str, ...]
    done: int
    left: tuple[tuple[str, int, str], ...]


class Fixed(NamedTuple):
    """All files with something to mend; `unseen`: something could not be looked at."""

    files: tuple[FixedFile, ...]
    unseen: bool


def fix(
    path: Path,
    environment: Mapping[str, str],
    *,
    rules: Sequence[str] = (),
    write: bool = False,
    progress: Progress | None = None,
) -> Fixed:
    """Mend what has one safe answer in a directory or file; without `write` nothing is changed.

    Raises:
        clearance.facts.errors.ClearanceError: used wrongly, or a file cannot be written.
    """
    from clearance.collect.tree import directory

    ahead = builtin_furnish(path, environment, sightings=False)
    opinions = Opinions(NO_SECOND, environment)
    with Reserve(ahead) as reserve:
        collected = directory(path, environment=environment, whole=is_whole(path))
        try:
            parts = parts_of(
                ahead, reserve, committed(path, environment), lambda: None, opinions, around=(path, environment)
            )
            unknown = [rule for rule in rules if rule not in {one.id for one in parts.catalogue}]
            if unknown:
                raise UsageError(f"no rule {unknown[0]!r}", next="`clearance rules list` names all")
            outcome = pipeline.look(collected, parts, progress)
            wanted: dict[str, list[Finding]] = {}
            for finding in outcome.findings:
                if finding.edits and (not rules or finding.rule in rules):
                    wanted.setdefault(finding.place.path, []).append(finding)
            root = path if path.is_dir() else path.parent
            families, by_id = parts.furnish()
            mender = _Mender(collected, families, by_id, parts.limits.seconds)
            files = tuple(mender.mend(root, name, found, write=write) for name, found in sorted(wanted.items()))
        finally:
            close(collected)
    return Fixed(files, any(gap.stops for gap in outcome.gaps))


class _Mender:
    """Mends one file after the other, with the families that found what is to be mended."""

    def __init__(
        self, collected: Collected, families: Sequence[AnyFamily], rules: Mapping[str, Rule], seconds: float
    ) -> None:
        self._collected = collected
        self._families = [family for family in families if family.name == "code"]
        self._rules = rules
        self._seconds = seconds
        self._files = {file.path: file for file in collected.change.files}
        for family in self._families:
            family.start(collected.contents)

    def mend(self, root: Path, name: str, findings: Sequence[Finding], *, write: bool) -> FixedFile:
        """Mend one file."""
        import difflib

        from clearance.scan.language import language_of
        from clearance.scan.mend import mend
        from clearance.stores.worktree import replace_file

        def left(reason: str) -> FixedFile:
            return FixedFile(name, (), 0, tuple((one.rule, one.place.line, reason) for one in findings))

        data = self._collected.contents.read(name, "after", _MOST_MENDED + 1)
        mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
        try:
            text = data.removeprefix(mark).decode("utf-8")
        except UnicodeDecodeError:
            return left("only text in UTF-8 is mended")
        if len(data) > _MOST_MENDED:
            return left("the file is larger than 4 MiB")
        language = language_of(name, text[:_HEAD]) or ""
        mended = mend(text, findings, lambda changed: self._look(name, language, mark + changed.encode()), language)
        diff = tuple(
            line.rstrip("\n")
            for line in difflib.unified_diff(
                text.splitlines(keepends=True), mended.text.splitlines(keepends=True), f"a/{name}", f"b/{name}", n=1
            )
        )
        if write and mended.done:
            replace_file(root / name, data, mark + mended.text.encode())
        return FixedFile(
            name, diff, len(mended.done), tuple((one.rule, one.place.line, reason) for one, reason in mended.left)
        )

    def _look(self, name: str, language: str, data: bytes) -> tuple[Sequence[Finding], int] | None:
        from clearance.collect.memory import change_of
        from clearance.scan.grammar import broken_pieces
        from clearance.scan.look import look_at

        one = change_of({}, {name: data})
        result = look_at(one.change.files[0], one.contents, self._families, self._rules, seconds=self._seconds)
        if any(gap.stops for gap in result.gaps):
            return None
        return result.findings, broken_pieces(language, data)
