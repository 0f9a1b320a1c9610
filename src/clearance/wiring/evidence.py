"""Puts bodies of evidence away, lists them, and reads one: never before the log says who did and what for."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from clearance import __version__
from clearance.attest.kinds import read
from clearance.attest.predicates.evidence_access import EvidenceAccessPredicate
from clearance.attest.predicates.evidence_kept import EvidenceKeptPredicate
from clearance.attest.predicates.fields import party, word
from clearance.attest.salted import fits, salted
from clearance.facts.errors import ClearanceError, LogTampered, StoreError, UsageError
from clearance.facts.evidence import Body, BodyKind, Found
from clearance.facts.statement import DigestSet, Resource
from clearance.wiring.attesting import Recorded, now, record, stated
from clearance.wiring.evidence_prompts import keep, logged_in
from clearance.wiring.evidence_rules import open_vault, settings
from clearance.wiring.named_entries import PREFIX, entry_named
from clearance.wiring.places import top
from clearance.wiring.recording import open_log
from clearance.wiring.tracing_index import TrailOf

if TYPE_CHECKING:
    from clearance.facts.identity import Identity
    from clearance.record.log import Log
    from clearance.record.reading import Reading
    from clearance.stores.vault import Vault

Purpose = Literal["audit", "incident", "review", "request", "repair"]
_MOST_NEW = 50_000
"""How many entries one command reads into the pointers, and looks through where there are more."""
_MOST_NAMING = 1_000
_MOST_ENTRIES = 100
_MOST_SUBJECT = 320
_RAISED = {"restricted": 3, "confidential": 2, "internal": 1, "public": 0}


class Added(NamedTuple):
    """A body that was put away: what is known of it, what was found in it, whether its classification was raised because of
    that, and the statement in the log."""

    body: Body
    findings: tuple[str, ...]
    raised: bool
    recorded: Recorded


class Listed(NamedTuple):
    """A body, and the entries of this log that name it."""

    found: Found
    entries: tuple[int, ...]


class Shown(NamedTuple):
    """A body that was read: what is known of it, its bytes, the entry that says so, the entries of this log that name it
    with what they state, and what of it does not fit."""

    body: Body
    data: bytes
    access: Recorded
    named: tuple[tuple[int, str], ...]
    problems: tuple[str, ...]


def place_of(directory: Path) -> str:
    """Name the folder whose log a body belongs to."""
    return str(top(directory).resolve())


def subject_named(text: str) -> str:
    """Check the name of a subject.

    Raises:
        UsageError: it is none.
    """
    if not text or len(text) > _MOST_SUBJECT or text != text.strip() or not text.isprintable():
        what = "no name of a subject"
        raise UsageError(what, where=text[:80], next=f"1 to {_MOST_SUBJECT} printable characters, say a mail address")
    return text


def add(
    directory: Path,
    environment: Mapping[str, str],
    data: bytes,
    *,
    kind: BodyKind,
    subject: str,
    classification: str,
    by: "Identity",
    entry: str = "",
) -> Added:
    """Put a body away under a subject's key, and state its salted digest in the log. If something is found in it that is
    more sensitive than it is said to be, it counts as that.

    Raises:
        UsageError: it is empty, the subject has no name, or there is no such entry.
        ClearanceError: it could not be looked at or kept, or the log cannot take the statement; then it is not kept.
    """
    from clearance.wiring.tracing_prompt import looked_at

    if not data:
        raise UsageError("nothing to keep: it is empty", next="give a file, or - for input")
    subject_named(subject)
    about = digest_of_entry(directory, entry) if entry else ""
    level, findings = looked_at(data, environment)
    stricter = max(classification, level, key=_RAISED.__getitem__)
    told = settings(environment)
    sha256, salt = salted(data)
    body = keep(
        data, sha256, salt, told, environment, kind=kind, classification=stricter, subject=subject,
        place=place_of(directory), about=about,
    )  # fmt: skip
    predicate = EvidenceKeptPredicate(
        body=sha256,
        holder=body.holder,
        kind=kind,
        classification=stricter,  # type: ignore[arg-type]
        size=len(data),
        findings=findings,
        about=about,
        by=party(by),
        version=__version__,
        time=now(),
    )
    try:
        (done,) = record([stated(predicate, [_subject(sha256)])], directory, environment, by=by)
    except ClearanceError:
        vault = open_vault(environment, told)
        with vault.locked():
            vault.drop(sha256, body.holder)
        raise
    return Added(body, findings, stricter != classification, done)


def _subject(sha256: str) -> Resource:
    return Resource(name="evidence", digest=DigestSet(sha256=sha256))


def digest_of_entry(directory: Path, which: str) -> str:
    """Give the digest of the signed payload of an entry, by its index or by the beginning of that digest.

    Raises:
        UsageError: there is none, or several begin so.
        StoreError: there is no log, or it cannot be read.
    """
    return entry_named(open_log(directory, create=False), which).digest


def listed(directory: Path, environment: Mapping[str, str]) -> list[Listed]:
    """Give all bodies, the newest first, those that cannot be read before them.

    Raises:
        ClearanceError: the folders cannot be read.
    """
    vault = open_vault(environment)
    if not vault.exists():
        return []
    with vault.locked():
        found = vault.found()
    named = naming(directory, {one.name for one in found})
    found.sort(key=lambda one: (one.body is None, one.body.time if one.body else "", one.name), reverse=True)
    return [Listed(one, tuple(named.get(one.name, ()))) for one in found]


def naming(directory: Path, names: Iterable[str]) -> dict[str, list[int]]:
    """Find the entries of the log around a directory that name bodies: by what they say of themselves, not yet verified; of
    one body at most the newest thousand. Nothing where there is no log.

    Raises:
        LogTampered: the log is not what was signed.
    """
    wanted, log = set(names), _log(directory)
    return entries_naming(log, wanted) if log is not None else {name: [] for name in wanted}


def entries_naming(log: "Reading", wanted: AbstractSet[str]) -> dict[str, list[int]]:
    """Find the entries of a log that name bodies, as `naming` does: by its pointers, and of what these do not know yet, by
    looking through the newest entries.

    Raises:
        LogTampered: the log is not what was signed.
    """
    found: dict[str, list[int]] = {name: [] for name in wanted}
    if not wanted:
        return found
    with TrailOf(log, os.environ, most=_MOST_NEW) as trail:
        for name in wanted:
            found[name] = sorted({*trail.indexes("e", name, _MOST_NAMING), *trail.indexes("s", name, _MOST_NAMING)})
        size = log.size()
        for index, payload in log.payloads(max(size - trail.behind, size - _MOST_NEW)) if trail.behind else ():
            for name in _digests_in(payload) & wanted:
                found[name].append(index)
    return found


def _log(directory: Path) -> "Log | None":
    try:
        log = open_log(directory, create=False)
        return log if log.size() else None
    except LogTampered:
        raise
    except StoreError:
        return None


def _digests_in(payload: bytes) -> set[str]:
    """Give all texts of 64 digits in a payload."""
    import re

    return {found.decode() for found in re.findall(rb'"([0-9a-f]{64})"', payload)}


def named(vault: "Vault", which: str) -> Found:
    """Find a body by the beginning of its name.

    Raises:
        UsageError: there is none, or several begin so.
        StoreError: the folders cannot be read.
    """
    digits = which.lower()
    if len(digits) < PREFIX or set(digits) - set("0123456789abcdef"):
        raise UsageError("no digest", where=which[:80], next=f"give at least {PREFIX} digits; `clearance evidence list`")
    with vault.locked():
        found = [one for one in vault.found() if one.name.startswith(digits)] if vault.exists() else []
    if len(found) != 1:
        what = "several bodies begin so" if found else "there is no such body, or it was erased"
        raise UsageError(what, where=which[:80], next="`clearance evidence list` names all that there are")
    return found[0]


def show(
    directory: Path, environment: Mapping[str, str], which: str, *, by: "Identity", purpose: Purpose, case: str = ""
) -> Shown:
    """Read a body. First the log is told who reads it and what for; where it cannot be told, nothing is read.

    Raises:
        UsageError: there is no such body, or the case's number is none.
        StoreError: the log cannot take the entry; or the body is missing or damaged, which is told after the entry.
    """
    vault = open_vault(environment)
    found = named(vault, which)
    if case and word(case) != case:
        raise UsageError("no number of a case", where=case[:80], next="letters, digits and . _ : / - (INC-7)")
    entries = naming(directory, [found.name])[found.name]
    predicate = EvidenceAccessPredicate(
        body=found.name,
        holder=found.holder,
        by=party(by),
        claimed=word(logged_in()),
        purpose=purpose,
        case=case,
        entries=tuple(entries[-_MOST_ENTRIES:]),
        version=__version__,
        time=now(),
    )
    (access,) = record([stated(predicate, [_subject(found.name)])], directory, environment, by=by)
    with vault.locked():
        body, salt, data = vault.open(found.name)
    if not fits(body.name, data, salt) or len(data) != body.size:
        raise StoreError(
            "the body is not the one that its name and the log tell of", where=found.name, next="restore it from a copy"
        )
    stated_, problems = _compared(directory, body, entries[-_MOST_ENTRIES:])
    return Shown(body, data, access, stated_, problems)


def _compared(directory: Path, body: Body, entries: list[int]) -> tuple[tuple[tuple[int, str], ...], tuple[str, ...]]:
    """Read the entries that name a body, verified, and compare what they say of it."""
    log = _log(directory)
    named_, problems = [], []
    for index in entries if log else ():
        entry = log.believed(index)  # type: ignore[union-attr]
        if entry is None:
            continue
        reading = read(entry.payload)
        kind = reading.kind.name if reading.kind else "unknown"
        named_.append((index, kind))
        said = _said_of(reading.statement.predicate if reading.statement else None, body.name)
        if said is not None and said != body.size:
            problems.append(f"entry {index} ({kind}) says {said:,} bytes, and these are {body.size:,}")
    return tuple(named_), tuple(problems)


def _said_of(predicate: Any, name: str) -> int | None:
    """Give the size that a statement says of a body; None where it says nothing."""
    prompt = getattr(predicate, "prompt", None)
    if prompt is not None and prompt.sha256 == name:
        return int(prompt.size)
    if isinstance(predicate, EvidenceKeptPredicate) and predicate.body == name:
        return predicate.size
    return None


def counted(found: Iterable[Found]) -> str:
    """Say how many bodies of each kind there are: `2 prompts, 1 transcript`."""
    kinds = Counter(one.body.kind if one.body else "unreadable" for one in found)
    return ", ".join(
        f"{count} {kind}{'' if count == 1 or kind == 'unreadable' else 's'}" for kind, count in sorted(kinds.items())
    )
