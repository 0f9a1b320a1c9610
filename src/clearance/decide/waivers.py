"""Waivers as files: what one says, how it is refused, and which findings it names.

A file `.clearance/waivers/<id>.toml` holds one waiver (docs/how-to/accept-a-risk.md). A waiver that is wrong is refused with
its file and line: it neither counts nor is passed over. That one has expired, or reaches too far ahead, is for policies to
say.
"""

import datetime as dt
import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from clearance.facts.errors import BadWaiver
from clearance.facts.finding import Finding
from clearance.facts.glob import matcher
from clearance.facts.text import visible
from clearance.facts.toml import BadToml, read_toml
from clearance.facts.waiver import FOLDER, Cover, Waiver

MANUAL = "see docs/how-to/accept-a-risk.md"
_REQUIRED = ("owner", "reason", "expires", "compensating")
_TEXTS = {"owner": 200, "reason": 4_000, "compensating": 4_000, "rule": 200, "finding": 64, "ticket": 500}
_LONGEST_ITEM = 200
_KNOWN = ("finding", "rule", "paths", *_REQUIRED, "controls", "ticket")
_PROSE = frozenset({"reason", "compensating"})
_MOST_FILES, _MOST_BYTES, _MOST_ITEMS = 5_000, 64 * 1024, 100
_MOST_GLOBS = 200
_MOST_STARS = 8
_ID = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,118}[a-z0-9])?")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NOWHERE = re.compile(r"^!|^/*$|//|(?:^|/)\.{1,2}(?:/|$)")
_CROSSING = re.compile(r"[^/*]\*\*|\*\*[^/*]")
_WILD = re.compile(r"[*?\[\]]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BESIDE = re.compile(r"(?:README(?:\.\w+)?|\.git(?:keep|ignore|attributes))")
"""What may lie beside waivers and is none."""


def read_waivers(files: Mapping[str, bytes]) -> tuple[Waiver, ...]:
    """Read all waivers among a team's files (path to bytes), sorted by id.

    Raises:
        BadWaiver: one of them is none; or something that is no waiver lies where only waivers may; or there are too many.
    """
    mine = sorted(path for path in files if path.casefold().startswith(FOLDER.casefold()))
    if len(mine) > _MOST_FILES:
        raise BadWaiver(f"more than {_MOST_FILES:,} waivers", where=FOLDER, next="remove those that have expired")
    found = [read_waiver(files[path], path) for path in mine if not _BESIDE.fullmatch(path[len(FOLDER) :])]
    _bound_globs(found)
    return tuple(sorted(found, key=lambda one: one.id))


def read_waiver(data: bytes, where: str) -> Waiver:
    """Read one file; `where` is its path, whose name is the waiver's id.

    Raises:
        BadWaiver: it is none; `where` is `path:line`.
    """
    name = _id_of(where)
    if len(data) > _MOST_BYTES:
        raise BadWaiver("larger than 64 KiB", where=f"{where}:1", next="a waiver is a few lines of TOML")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadWaiver("not UTF-8", where=f"{where}:{line}", next=MANUAL) from None
    try:
        table = read_toml(text)
    except BadToml as error:
        raise BadWaiver(f"not TOML: {error}", where=f"{where}:{error.line}", next=MANUAL) from None
    lines = _Lines(where, text)
    for key in table:
        if key not in _KNOWN:
            near = difflib.get_close_matches(key, _KNOWN, n=1, cutoff=0)[0]
            raise lines.wrong(key, f"unknown key {key[:80]!r}", f"the nearest known key is {near!r}")
    texts = {key: _text(table, key, lines) for key in _TEXTS}
    paths, controls = _list(table, "paths", lines), _list(table, "controls", lines)
    _check_scope(texts["finding"], texts["rule"], paths, lines)
    for key in _REQUIRED:
        if key != "expires" and not texts[key]:
            raise lines.wrong(key, f"{key!r} is missing or empty", f"write who, why, until when and what instead; {MANUAL}")
    return Waiver(id=name, where=where, expires=_expires(table, lines), paths=paths, controls=controls, **texts)


def write_waiver(waiver: Waiver) -> str:
    """Write a waiver as the text of its file; `read_waiver` gives the same back."""
    lines = [
        "# An accepted risk. It counts once it stands on the base of a change, up to and on the day on which it expires."
    ]
    if waiver.finding:
        lines.append(f"finding = {_quoted(waiver.finding)}")
    else:
        lines += [f"rule = {_quoted(waiver.rule)}", f"paths = [{', '.join(map(_quoted, waiver.paths))}]"]
    lines += [f"owner = {_quoted(waiver.owner)}", f"reason = {_quoted(waiver.reason)}", f"expires = {waiver.expires}"]
    lines.append(f"compensating = {_quoted(waiver.compensating)}")
    if waiver.controls:
        lines.append(f"controls = [{', '.join(map(_quoted, waiver.controls))}]")
    if waiver.ticket:
        lines.append(f"ticket = {_quoted(waiver.ticket)}")
    return "\n".join(lines) + "\n"


def covers(waivers: Sequence[Waiver], findings: Iterable[Finding], today: dt.date, most: int) -> tuple[Cover, ...]:
    """Say which waivers name any of the findings, and how they stand on a day (UTC); `most` is how many days ahead the
    settings let one reach. Sorted by id; waivers that name nothing are left out."""
    if not waivers:
        return ()
    index = _Index(waivers)
    named: dict[str, set[str]] = {}
    for finding in findings:
        for waiver in index.of(finding):
            named.setdefault(waiver.id, set()).add(finding.fingerprint)
    return tuple(
        Cover(waiver=one, days=days_left(one, today), most=most, findings=tuple(sorted(named[one.id])))
        for one in waivers
        if one.id in named
    )


def days_left(waiver: Waiver, today: dt.date) -> int:
    """Give the whole days from a day to the last one on which a waiver counts: 0 on that day, negative after it."""
    return (dt.date.fromisoformat(waiver.expires) - today).days


class _Index:
    """Waivers by what they name, so that thousands of them cost no more than those that can fit."""

    def __init__(self, waivers: Iterable[Waiver]) -> None:
        self._exact: dict[str, list[Waiver]] = {}
        self._plain: dict[tuple[str, str], list[Waiver]] = {}
        self._globs: dict[str, list[tuple[Callable[[str], bool], Waiver]]] = {}
        self._known: dict[tuple[str, str], tuple[Waiver, ...]] = {}
        for waiver in waivers:
            if waiver.finding:
                self._exact.setdefault(waiver.finding, []).append(waiver)
            wild = [glob for glob in waiver.paths if _is_wild(glob)]
            for path in waiver.paths:
                if not _is_wild(path):
                    self._plain.setdefault((waiver.rule, path.removeprefix("/")), []).append(waiver)
            if wild:
                self._globs.setdefault(waiver.rule, []).append((matcher(wild), waiver))

    def of(self, finding: Finding) -> tuple[Waiver, ...]:
        """Give the waivers that name a finding."""
        key = (finding.rule, finding.place.path)
        if key not in self._known:
            fitting = [waiver for fits, waiver in self._globs.get(finding.rule, ()) if fits(finding.place.path)]
            self._known[key] = (*self._plain.get(key, ()), *fitting)
        return (*self._exact.get(finding.fingerprint, ()), *self._known[key])


class _Lines(NamedTuple):
    """Where keys stand in the text of a file."""

    where: str
    text: str

    def wrong(self, key: str, what: str, hint: str = MANUAL) -> BadWaiver:
        """Make the error about a key; about the file as a whole where the key is not there."""
        found = re.search(rf"^[ \t]*\[*[ \t]*[\"']?{re.escape(key)}(?![\w-])", self.text, re.MULTILINE)
        line = self.text.count("\n", 0, found.start()) + 1 if found and key else 1
        return BadWaiver(what, where=f"{self.where}:{line}", next=hint)


def _id_of(where: str) -> str:
    name = where[len(FOLDER) :]
    if not where.startswith(FOLDER) or "/" in name or not name.endswith(".toml"):
        raise BadWaiver(
            "no waiver: it would be passed over",
            where=where,
            next=f"a waiver is a file {FOLDER}<id>.toml, in lower-case letters, right in that folder",
        )
    stem = name.removesuffix(".toml")
    if not _ID.fullmatch(stem):
        raise BadWaiver(
            f"{stem[:80]!r} is no id of a waiver",
            where=where,
            next="name the file with lower-case letters, digits, dots, hyphens and underscores",
        )
    return stem


def _text(table: Mapping[str, Any], key: str, lines: _Lines) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise lines.wrong(key, f"{key!r} is no text", "put it in quotes")
    return _clean(value.strip(), key, _TEXTS[key], lines)


def _list(table: Mapping[str, Any], key: str, lines: _Lines) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise lines.wrong(key, f"{key!r} is no list of texts", f'write {key} = ["…"]')
    if len(value) > _MOST_ITEMS:
        raise lines.wrong(key, f"{key!r} has more than {_MOST_ITEMS} entries", "write fewer")
    if not all(one.strip() for one in value):
        raise lines.wrong(key, f"{key!r} has an empty entry", "take it out")
    return tuple(_clean(one.strip(), key, _LONGEST_ITEM, lines) for one in value)


def _clean(value: str, key: str, most: int, lines: _Lines) -> str:
    if len(value) > most:
        raise lines.wrong(key, f"{key!r} has more than {most:,} characters", "shorten it, and say the rest in the ticket")
    if visible(value, keep="\n" if key in _PROSE else "") != value:
        raise lines.wrong(key, f"{key!r} holds characters that cannot be seen", "write plain text")
    return value


def _check_scope(finding: str, rule: str, paths: tuple[str, ...], lines: _Lines) -> None:
    if bool(finding) == bool(rule):
        what = "it names a finding and a rule" if finding else "it does not say what it covers"
        raise lines.wrong(
            "rule" if finding else "", what, 'write finding = "<fingerprint>", or rule = "…" with paths = ["…"]'
        )
    if finding and not _FINGERPRINT.fullmatch(finding):
        raise lines.wrong(
            "finding", "not a fingerprint", "64 lower-case hexadecimal digits: `clearance risk open` shows them"
        )
    if rule and not paths:
        raise lines.wrong("rule", "a rule without paths", 'name the files too: paths = ["src/legacy/**"]')
    if finding and paths:
        raise lines.wrong("paths", "a fingerprint names its file already", "take `paths` out")
    for glob in paths:
        try:
            matcher((glob,))
        except ValueError as error:
            raise lines.wrong("paths", f"{glob!r}: {error}", "paths are globs, such as src/legacy/**") from None
        if _NOWHERE.search(glob):
            hint = "write it from the top of the repository, with / between folders: src/legacy/**"
            raise lines.wrong("paths", f"{glob!r} fits no path of a change", hint)
        if _CROSSING.search(glob):
            raise lines.wrong("paths", f"{glob!r}: `**` stands beside other characters", "write it between slashes: a/**/b")
        if glob.count("*") > 2 * _MOST_STARS or len(re.findall(r"\*+", glob)) > _MOST_STARS:
            raise lines.wrong("paths", f"{glob!r} has more than {_MOST_STARS} stars", "write a plainer pattern")


def _expires(table: Mapping[str, Any], lines: _Lines) -> str:
    value = table.get("expires")
    hint = "write a date, such as expires = 2027-03-31"
    if value is None:
        raise lines.wrong("expires", "'expires' is missing", f"nobody accepts a risk for ever: {hint}")
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            value = dt.date.fromisoformat(value)
        except ValueError:
            raise lines.wrong("expires", f"there is no day {value}", hint) from None
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise lines.wrong("expires", "'expires' is no date", hint)
    return value.isoformat()


def _bound_globs(waivers: Iterable[Waiver]) -> None:
    """Refuse so many patterns for one rule that every finding would be compared with hundreds."""
    counts: dict[str, int] = {}
    for waiver in waivers:
        counts[waiver.rule] = counts.get(waiver.rule, 0) + sum(map(_is_wild, waiver.paths))
        if counts[waiver.rule] > _MOST_GLOBS:
            raise BadWaiver(
                f"more than {_MOST_GLOBS} patterns for the rule {waiver.rule!r} in all waivers",
                where=f"{waiver.where}:1",
                next="join waivers, or name files instead of patterns",
            )


def _is_wild(glob: str) -> bool:
    return _WILD.search(glob) is not None or "/" not in glob[:-1] or glob.endswith("/")


def _quoted(text: str) -> str:
    """Write a text as a basic string of TOML 1.0, control characters as escapes."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", plain) + '"'
