"""The register of accepted risks: the waivers of the base and of here, joined with the decisions in which they counted."""

import datetime as dt
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from clearance.decide.waivers import covers, days_left, read_waiver, read_waivers, write_waiver
from clearance.facts.decision import Case, Decision, Verdict
from clearance.facts.errors import BadWaiver, LogTampered, NotARepository, UnknownRevision, UsageError
from clearance.facts.statement import DECISION_TYPE
from clearance.facts.waiver import FOLDER, Accepted, Cover, Register, Risk, State, Use, Waiver
from clearance.settings import PLACE as SETTINGS
from clearance.settings import Settings, read_settings
from clearance.wiring.places import committed, text, top
from clearance.wiring.recording import open_log, open_policies

if TYPE_CHECKING:
    from clearance.record.log import Log

_ACTS = ("write", "command", "prompt", "tool")
_ORDER: tuple[State, ...] = ("expired", "too far ahead", "in force", "not on the base", "removed")
_MOST_BYTES = 1 << 20
_VERIFY = "`clearance log verify` says more"
_EXPIRES = re.compile(rb"^([ \t]*expires[ \t]*=[ \t]*[\"']?)\d{4}-\d{2}-\d{2}", re.MULTILINE)


class _Used(msgspec.Struct):
    id: str = ""


class _Predicate(msgspec.Struct):
    verdict: str = ""
    time: str = ""
    source: str = ""
    case: str = ""
    waivers: tuple[_Used, ...] = ()


class _Statement(msgspec.Struct, rename={"predicate_type": "predicateType"}):
    predicate_type: str = ""
    predicate: msgspec.Raw = msgspec.Raw(b"{}")


class Told(NamedTuple):
    """A decision about a change, as the log tells it: the entry, what it says, and the waivers that counted."""

    use: Use
    case: str
    waivers: tuple[str, ...]


class Last(NamedTuple):
    """The last check: its case, and the entry in which it stands (-1: it was handed over and is in no log)."""

    case: Case
    entry: int


class Placed(NamedTuple):
    """The waivers of the base, by id; those of the working tree; what the base is called, and its settings."""

    base: Mapping[str, Waiver]
    here: Mapping[str, Waiver]
    label: str
    settings: Settings


def today() -> dt.date:
    """Give the day in UTC."""
    return dt.datetime.now(dt.UTC).date()


def placed(directory: Path, environment: Mapping[str, str]) -> Placed:
    """Read the waivers on the base and in the working tree around a directory.

    Raises:
        BadWaiver: one of them is none.
        UsageError: there is no repository, or no default branch is known.
    """
    from clearance.collect.git import read_default

    label, own = read_default(directory, ".clearance/", environment=environment)
    settings = read_settings(text(own[SETTINGS]) if SETTINGS in own else None)
    try:
        base = read_waivers(own)
    except BadWaiver as error:
        raise BadWaiver(f"on {label}: {error.what}", where=error.where, next=error.next) from None
    here = read_waivers(_files_here(directory))
    return Placed({one.id: one for one in base}, {one.id: one for one in here}, label, settings)


def in_force(directory: Path, environment: Mapping[str, str], on: dt.date) -> tuple[Waiver, ...]:
    """Give the waivers that are in force on a day, as the register has them: those of the default branch, or of the commit
    that is checked out where no default branch is known; none outside of a repository.

    Raises:
        BadWaiver: one of them is none.
    """
    from clearance.collect.git import read_default

    try:
        label, own = read_default(directory, ".clearance/", environment=environment)
    except (NotARepository, UnknownRevision):
        label, own = "HEAD", dict(committed(directory, environment))
    settings = read_settings(text(own[SETTINGS]) if SETTINGS in own else None)
    base = read_waivers(own)
    where = Placed({one.id: one for one in base}, {}, label, settings)
    return tuple(one for one in base if _state(one, where, on) == "in force")


def register(directory: Path, environment: Mapping[str, str], on: dt.date) -> Register:
    """Make the register as it stands on a day. A repository without a log has one, too: nothing was used yet.

    Raises:
        clearance.facts.errors.ClearanceError: a waiver is none, or the log is not what was signed.
    """
    where = placed(directory, environment)
    log = open_log(directory, create=False)
    told = list(_decisions(directory)) if log.size() else []
    first: dict[str, Use] = {}
    last: dict[str, tuple[Use, str]] = {}
    counts: dict[str, int] = {}
    for one in told:
        for name in one.waivers:
            first.setdefault(name, one.use)
            last[name] = (one.use, one.case)
            counts[name] = counts.get(name, 0) + 1
    known = {**where.here, **where.base}
    for name, (_, case) in last.items():
        if name not in known:
            known[name] = _from_evidence(log, case, name) or _unreadable(name, last[name][0])
    recent = _recent(directory) if told else None
    naming = _naming(list(known.values()), recent, on)
    twins = _twins({**where.here, **where.base}.values())
    accepted = [
        Accepted(
            waiver=one,
            state=_state(one, where, on),
            days=days_left(one, on),
            decisions=counts.get(one.id, 0),
            first=first.get(one.id),
            last=last[one.id][0] if one.id in last else None,
            findings=naming.get(one.id, ()),
            also=tuple(name for name in twins.get(_scope(one), ()) if name != one.id),
            differs=one.id in where.base and where.here.get(one.id, one) != one,
        )
        for one in known.values()
    ]
    accepted.sort(key=lambda one: (_ORDER.index(one.state), one.days, one.waiver.id))
    return Register(
        today=on.isoformat(),
        base=where.label,
        most=where.settings.waivers.most_days,
        accepted=tuple(accepted),
        decisions=len(told),
        log=log.place,
    )


def last_check(directory: Path, *, acts: bool = False) -> Last:
    """Give the case of the last check in the log; what assistants were about to do is passed over, unless `acts`.

    Raises:
        UsageError: there is none.
    """
    found = last_decided(directory, acts=acts)
    if found is None:
        what, option = ("decision", "--case") if acts else ("check", "--from")
        raise UsageError(
            f"no {what} is in the log yet", next=f"run `clearance check`, or give its JSON report with {option}"
        )
    return found


def last_decided(directory: Path, *, acts: bool) -> Last | None:
    """Give the case of the last decision in the log, of one about an act of an assistant, too, with `acts`; None where there
    is none. The log is read in blocks, the newest first.

    Raises:
        LogTampered: the entry is not as it was signed.
        UsageError: another version wrote the case, in a shape that this one does not read.
    """
    from clearance.wiring.replaying import Missing, case_of, newest, read

    log = open_log(directory, create=False)
    for told in read(log, newest(log, 1, acts=acts)):
        where = f"entry {told.entry}"
        if told.wrong:
            raise LogTampered(told.wrong, where=where, next=_VERIFY)
        try:
            return Last(case_of(log, told), told.entry)
        except Missing as error:
            raise UsageError(
                error.why, where=where, next=f"run `clearance check` again; {error.next}".rstrip("; ")
            ) from None
    return None


def open_risks(last: Last, directory: Path) -> tuple[Decision, tuple[Risk, ...]]:
    """Decide the last check again with the policies of today, and give what stops it and is about a finding, worst first."""
    from clearance.decide.decide import decide

    policies = open_policies(directory)
    decision = decide(last.case, policies)
    by: dict[str, list[str]] = {}
    for reason in decision.reasons:
        if reason.verdict is not Verdict.ALLOW:
            for name in reason.about:
                by.setdefault(name, []).append(reason.policy)
    found = sorted(
        {one.fingerprint: one for one in last.case.findings if one.introduced and one.fingerprint in by}.values(),
        key=lambda one: (-one.severity.rank, one.place.path, one.place.line, one.rule),
    )
    trial = [_trial(one.fingerprint, number) for number, one in enumerate(found)]
    tried = decide(msgspec.structs.replace(last.case, waivers=tuple(trial)), policies)
    risks = tuple(
        Risk(
            finding=one.fingerprint,
            rule=one.rule,
            severity=one.severity.value,
            path=one.place.path,
            line=one.place.line,
            message=one.message,
            policies=tuple(sorted(by[one.fingerprint])),
            waivable=cover.waiver.id in tried.waivers,
        )
        for one, cover in zip(found, trial, strict=True)
    )
    return decision, risks


def with_waiver(last: Last, waiver: Waiver, directory: Path, most: int, on: dt.date) -> tuple[Decision, tuple[Cover, ...]]:
    """Decide the last check again as if a waiver stood on the base, with the policies of today; gives what it names, too."""
    from clearance.decide.decide import decide

    covered = covers([waiver], last.case.findings, on, most)
    others = tuple(one for one in last.case.waivers if one.waiver.id != waiver.id)
    case = msgspec.structs.replace(last.case, waivers=(*others, *covered))
    return decide(case, open_policies(directory)), covered


def place_for(waiver: Waiver, directory: Path) -> Path:
    """Give the path of a waiver's file in the working tree, its folder made.

    Raises:
        UsageError: the folder is a link, or cannot be made.
    """
    folder = top(directory) / FOLDER.rstrip("/")
    for part in (folder.parent, folder):
        if part.is_symlink() or (part.exists() and not part.is_dir()):
            raise UsageError("a link or a file where a folder belongs", where=str(part), next="move it away")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be made", where=str(folder), next="make it writable") from None
    return folder / f"{waiver.id}.toml"


def as_here(name: str, directory: Path) -> bytes | None:
    """Give the bytes of a waiver's file in the working tree; None where there is none."""
    return _files_here(directory).get(f"{FOLDER}{name}.toml")


def written(waiver: Waiver, before: bytes | None = None) -> bytes:
    """Give the bytes of a waiver's file, read back and compared first. Of a file that stood there `before`, all but the day
    stays as it is where only the day is another one: comments, too.

    Raises:
        BadWaiver: it says what no waiver may say.
    """
    name = f"{FOLDER}{waiver.id}.toml"
    wanted = msgspec.structs.replace(waiver, where=name)
    if before is not None:
        kept = _EXPIRES.sub(rb"\g<1>" + waiver.expires.encode(), before, count=1)
        try:
            if read_waiver(kept, name) == wanted:
                return kept
        except BadWaiver:
            pass
    data = write_waiver(waiver).encode("utf-8", "backslashreplace")
    if read_waiver(data, name) != wanted:
        raise BadWaiver("cannot be written so that it reads the same", where=waiver.id, next="use plainer words")
    return data


def _decisions(directory: Path) -> Iterator[Told]:
    for entry in open_log(directory, create=False).entries():
        yield from _told(entry.index, entry.payload)


def _told(index: int, payload: bytes) -> Iterator[Told]:
    """Give what an entry says about a change; nothing for entries of another kind, and for acts of assistants."""
    try:
        statement = msgspec.json.decode(payload, type=_Statement)
        if statement.predicate_type != DECISION_TYPE:
            return
        said = msgspec.json.decode(statement.predicate, type=_Predicate)
    except (msgspec.DecodeError, RecursionError) as error:
        raise LogTampered("a statement that cannot be read", where=f"entry {index}", next=_VERIFY) from error
    if said.case and said.source not in _ACTS:
        used = tuple(dict.fromkeys(one.id for one in said.waivers))
        yield Told(Use(entry=index, at=said.time, verdict=said.verdict), said.case, used)


def _files_here(directory: Path) -> dict[str, bytes]:
    """Read the files of the working tree's folder of waivers. A link is no file, and is named as what it is."""
    folder = top(directory) / FOLDER.rstrip("/")
    if folder.is_symlink() or folder.parent.is_symlink():
        raise BadWaiver("a link, which is not followed", where=FOLDER, next="put the files themselves there")
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_dir() and not path.is_symlink():
            continue
        name = FOLDER + os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "backslashreplace")
        if path.is_symlink() or not path.is_file():
            raise BadWaiver("no regular file", where=name, next="put the file itself there")
        try:
            with path.open("rb") as file:
                found[name] = file.read(_MOST_BYTES)
        except OSError as error:
            raise BadWaiver(error.strerror or "cannot be read", where=name, next="make it readable") from None
    return found


def _from_evidence(log: "Log", body: str, name: str) -> Waiver | None:
    try:
        case = msgspec.json.decode(log.evidence(body), type=Case)
    except (msgspec.DecodeError, RecursionError, UsageError):
        return None
    return next((cover.waiver for cover in case.waivers if cover.waiver.id == name), None)


def _unreadable(name: str, last: Use) -> Waiver:
    """Stand in for a waiver that counted once and of which the log holds no more that this version can read."""
    reason = "another version recorded it in a shape that this one does not read; the day is that of its last use"
    return Waiver(id=name, owner="unknown", reason=reason, expires=last.at[:10], compensating="unknown")


def _recent(directory: Path) -> Last | None:
    try:
        return last_check(directory)
    except UsageError:
        return None


def _state(waiver: Waiver, where: Placed, on: dt.date) -> State:
    if waiver.id not in where.base:
        return "not on the base" if waiver.id in where.here else "removed"
    left = days_left(waiver, on)
    if left < 0:
        return "expired"
    return "too far ahead" if left > where.settings.waivers.most_days else "in force"


def _naming(waivers: Sequence[Waiver], last: Last | None, on: dt.date) -> dict[str, tuple[str, ...]]:
    if last is None:
        return {}
    return {one.waiver.id: one.findings for one in covers(waivers, last.case.findings, on, 0)}


def _scope(waiver: Waiver) -> tuple[object, ...]:
    return (waiver.finding, waiver.rule, tuple(sorted(waiver.paths)))


def _twins(waivers: Iterable[Waiver]) -> dict[tuple[object, ...], list[str]]:
    found: dict[tuple[object, ...], list[str]] = {}
    for one in waivers:
        found.setdefault(_scope(one), []).append(one.id)
    return found


def _trial(fingerprint: str, number: int) -> Cover:
    waiver = Waiver(id=f"trial-{number}", owner="-", reason="-", expires="2000-01-01", compensating="-", finding=fingerprint)
    return Cover(waiver=waiver, days=1, most=1, findings=(fingerprint,))
