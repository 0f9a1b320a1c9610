"""Looks at one file with all families, in this process: reads both sides, runs each family under its budget."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from clearance.facts.change import ChangeKind, Contents, FileChange, Mode, Side, SideName
from clearance.facts.errors import CollectError
from clearance.facts.finding import Gap, GapKind
from clearance.facts.text import Decoded, decode
from clearance.rules.model import Rule
from clearance.scan.compare import FileResult, Seen, compare
from clearance.scan.family import (
    Budget,
    ComparingFamily,
    Family,
    Match,
    OutOfTime,
    Pair,
    Passing,
    Read,
    SetAside,
    Unjudged,
    View,
)
from clearance.scan.memory import asks
from clearance.scan.unjudged import gaps_of

AnyFamily = Family | ComparingFamily
Entering = Callable[[int], None]
"""Told the number of a family before it starts on a file."""

_OF_ANY_TEXT = "secrets"
"""The family that looks also at words that are no file."""
_COOKIE = re.compile(rb"^[ \t\f]*#.{0,80}?coding[:=][ \t]*([-\w.]{1,40})", re.ASCII)
_PLAIN_CODECS = re.compile(
    r"(?:utf[-_]?8(?:[-_]sig)?|ascii|us-ascii|(?:iso[-_]?)?8859[-_]\d+|latin[-_]?1|cp125\d|windows-125\d)", re.IGNORECASE
)


class Skip(NamedTuple):
    """A family that must not look at a file again, because it did not come back from it."""

    family: str
    gap: Gap


class Sides(NamedTuple):
    """Both sides as text, with what could not be read."""

    before: View | None
    after: View | None
    gaps: tuple[Gap, ...]


_TEXTUAL = re.compile(
    r"(?:^|/)(?:[\w.-]*(?:requirements?|constraints?)[\w.-]*|requirements/[^/]+\.txt"
    r"|(?:docker|container)file[^/]*|makefile|jenkinsfile"
    r"|gemfile|pipfile|procfile|justfile|go\.(?:mod|sum|work)|[^/]+\.(?:toml|json|jsonc|lock|cfg|ini|tf|tfvars|hcl|gradle|kts|xml"
    r"|[a-z]+proj|sh|service|conf|npmrc|yarnrc))\Z",
    re.IGNORECASE,
)
"""Files that tools read as text whatever they hold: what names packages, what builds and configures."""


def with_nul(path: str, data: bytes) -> Decoded | None:
    """Read what looks binary as text all the same, where installers and builders do so: one NUL in a comment must not hide
    the rest. None for all other files."""
    return Decoded(data.decode("utf-8", "replace"), "utf-8", broken=False) if _TEXTUAL.search(path) else None


def read_sides(file: FileChange, contents: Contents, limit: int) -> Sides:
    """Read both sides of a file, as far as they are text of at most `limit` bytes. Only the side that the change brings
    leaves gaps: what cannot be compared with the before side counts as new."""
    gaps: list[Gap] = []
    after = _read(file, file.after, "after", file.path, contents, limit, gaps)
    before = _read(file, file.before, "before", file.path, contents, limit, [])
    return Sides(before, after, tuple(gaps))


def _read(
    file: FileChange, side: Side | None, name: SideName, path: str, contents: Contents, limit: int, gaps: list[Gap]
) -> View | None:
    if side is None or side.mode not in (Mode.FILE, Mode.EXECUTABLE):
        return None
    if side.size > limit:
        gaps.append(_gap("all", path, GapKind.TOO_LARGE, f"{side.size:,} bytes; the limit is {limit:,}"))
        return None
    try:
        data = contents.read(path, name, limit + 1)
    except (CollectError, KeyError) as error:
        gaps.append(_gap("all", path, GapKind.UNREADABLE, str(error)))
        return None
    decoded = decode(data)
    if decoded is None:
        decoded = with_nul(path, data)
        if decoded is not None:
            said = "holds NUL bytes, which make it look binary; looked at all the same"
            gaps.append(_gap("all", path, GapKind.ENCODING, said))
    if decoded is None:
        gaps.append(_gap("all", path, GapKind.BINARY))
        return None
    decoded = _with_cookie(path, data, decoded, gaps)
    if decoded.broken:
        gaps.append(_gap("all", path, GapKind.ENCODING, f"not {decoded.encoding}; looked at with replacement characters"))
    return View(path, name, data, decoded, partial=file.partial)


def _with_cookie(path: str, data: bytes, decoded: Decoded, gaps: list[Gap]) -> Decoded:
    """Honour a coding declaration (PEP 263) that names an 8-bit alphabet; one that can hide code (utf-7, rot13) is a gap."""
    if not path.endswith((".py", ".pyw", ".pyi")):
        return decoded
    for line in data[:400].split(b"\n", 2)[:2]:
        found = _COOKIE.match(line)
        if not found:
            continue
        codec = found[1].decode("ascii")
        if not _PLAIN_CODECS.fullmatch(codec):
            gaps.append(_gap("all", path, GapKind.ENCODING, f"declares the coding {codec!r}, in which text can be hidden"))
        elif decoded.broken:
            try:
                return Decoded(data.decode(codec), codec, broken=False)
            except (LookupError, UnicodeDecodeError):
                return decoded
    return decoded


def _gap(scanner: str, path: str, kind: GapKind, detail: str = "") -> Gap:
    return Gap(scanner=scanner, path=path, kind=kind, detail=detail)


def look_at(
    file: FileChange,
    contents: Contents,
    families: Sequence[AnyFamily],
    rules: Mapping[str, Rule],
    *,
    seconds: float,
    skips: Sequence[Skip] = (),
    entering: Entering | None = None,
) -> FileResult:
    """Run all families over one file. A family that raises, or spends its `seconds`, leaves a gap; the others go on.

    `entering` is told the number of each family before it starts, so that a watcher knows which one did not come back.
    """
    sides = read_sides(file, contents, max((family.max_bytes for family in families), default=0))
    gaps = list(sides.gaps)
    skipped = {skip.family: skip.gap for skip in skips}
    seen: list[Seen] = []
    for number, family in enumerate(families):
        if file.kind is ChangeKind.TEXT and family.name != _OF_ANY_TEXT:
            continue
        if family.name in skipped:
            gaps.append(skipped[family.name])
            continue
        if entering:
            entering(number)
        try:
            budget = Budget(seconds)
            one = _look(family, file, sides, budget, gaps)
            reached = _around(family, file, sides, budget, gaps)
        except OutOfTime:
            gaps.append(_gap(family.name, file.path, GapKind.TIMEOUT, f"after {seconds:g} s"))
        except Exception as error:  # noqa: BLE001 -- a crash in one family must not end the others, and is told
            gaps.append(_gap(family.name, file.path, GapKind.CRASH, type(error).__name__))
        else:
            seen.extend(part for part in (one, reached) if part is not None)
    if any(gap.kind is GapKind.BINARY for gap in sides.gaps):
        gaps.extend(_unread(families, file.path))
    result = compare(file, sides.before, sides.after, seen, rules, tuple(dict.fromkeys(gaps)))
    rests = sides.after is not None and any(family.name != _OF_ANY_TEXT for family in families)
    words = asks(file.path, sides.after.text) if rests and sides.after is not None else ()
    passing = any(one.passing for one in seen)
    return msgspec.structs.replace(result, asks=words, passing=passing) if words or passing else result


def _unread(families: Sequence[AnyFamily], path: str) -> Iterable[Gap]:
    """Tell of a file that is no text although its name says that a family must read it: other programs do."""
    for family in families:
        claims = getattr(family, "claims", None)
        if claims is not None and claims(path):
            yield _gap(
                family.name, path, GapKind.UNPARSED, "no text that is read here, though its name says that it matters"
            )


def _look(family: AnyFamily, file: FileChange, sides: Sides, budget: Budget, gaps: list[Gap]) -> Seen | None:
    before = sides.before if sides.before is not None and len(sides.before.data) <= family.max_bytes else None
    after = sides.after
    if after is not None and len(after.data) > family.max_bytes:
        detail = f"{len(after.data):,} bytes; the limit is {family.max_bytes:,}"
        gaps.append(_gap(family.name, file.path, GapKind.TOO_LARGE, detail))
        after = None
    if hasattr(family, "compare"):  # `isinstance` on a protocol takes longer than some families do
        return Seen(
            family=family.name, after=_split(family.compare(Pair(file, before, after), budget), gaps), comparing=True
        )
    if before is None and after is None:
        return None
    read = list(family.look(after, budget)) if after is not None else []
    had = list(family.look(before, budget)) if before is not None else []
    gaps.extend(gaps_of(family.name, file, _unjudged(read), _unjudged(had)))
    return Seen(
        family=family.name,
        after=_split(read, gaps) if after is not None else (),
        read=next((one for one in read if isinstance(one, Read)), None),
        aside=tuple(one for one in read if isinstance(one, SetAside)),
        passing=any(isinstance(one, Passing) for one in read),
        before=_split(had, []),
    )


def _around(family: AnyFamily, file: FileChange, sides: Sides, budget: Budget, gaps: list[Gap]) -> Seen | None:
    """Ask a family what the file does to the files around it that the change leaves alone."""
    ask = getattr(family, "around", None)
    if ask is None or file.partial or (sides.before is None and sides.after is None):
        return None
    fitting = [one if one is None or len(one.data) <= family.max_bytes else None for one in (sides.before, sides.after)]
    given = list(ask(Pair(file, *fitting), budget))
    if not given:
        return None
    passing = any(isinstance(one, Passing) for one in given)
    return Seen(family=family.name, after=_split(given, gaps), comparing=True, passing=passing)


def _unjudged(given: Iterable[object]) -> Iterable[Unjudged]:
    return (one for one in given if isinstance(one, Unjudged))


def _split(given: Iterable[object], gaps: list[Gap]) -> tuple[Match, ...]:
    matches = []
    for one in given:
        if isinstance(one, Gap):
            gaps.append(one)
        elif isinstance(one, Match):
            matches.append(one)
    return tuple(matches)
