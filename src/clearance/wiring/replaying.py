"""Gives logged decisions again: from the case and the policies that the log keeps, with this version's code."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from clearance import __version__
from clearance.decide.decide import decide
from clearance.decide.policy_set import Policies
from clearance.decide.replay import (
    Joint,
    Rules,
    Texts,
    differences,
    digest_of_texts,
    outside,
    policies_of,
    questions_of,
    read_kept,
    speaks_otherwise,
)
from clearance.facts.decision import Case, Decision
from clearance.facts.errors import BadPolicy, BadSignature, ClearanceError, LogTampered, StoreError, UsageError
from clearance.facts.fact import canonical, digest
from clearance.facts.replay import Again, Differs, Replay
from clearance.facts.statement import DECISION_TYPE
from clearance.wiring.policies import named, schema_text
from clearance.wiring.recording import builtin_policies, open_log, open_policies, with_rego

if TYPE_CHECKING:
    from clearance.facts.entry import Entry
    from clearance.record.log import Log

_BLOCK = 128
_MOST_SETS = 4
_MOST_LOST = 1_000
_MOST_DIFFERENCES = 20
_PREFIX = 6
_NOT_COMPARED = ("case", "evidence")
"""What of a predicate depends on the shape in which a version writes a case; the bodies are compared by their digests."""
_VERIFY = "`clearance log verify` names what is not as it was signed; restore the log from a copy"


class _Revision(msgspec.Struct):
    commit: str | None = ""


class _Predicate(msgspec.Struct):
    """What is read back of a statement about a decision."""

    verdict: str = ""
    case: str = ""
    policies: str = ""
    source: str = ""
    time: str = ""
    version: str = ""
    evidence: tuple[str, ...] = ()
    base: _Revision | None = None


class _Statement(msgspec.Struct, rename={"predicate_type": "predicateType"}):
    predicate_type: str = ""
    predicate: msgspec.Raw = msgspec.Raw(b"{}")


class Logged(NamedTuple):
    """A decision as an entry states it: index, digest of what was signed, the payload, what of it is read; `wrong` where the
    entry is not as it was signed."""

    entry: int
    digest: str
    payload: bytes
    says: _Predicate
    wrong: str = ""


class Missing(Exception):
    """A decision cannot be given again: why, and what to do."""

    def __init__(self, why: str, next: str = "") -> None:
        super().__init__(why)
        self.why, self.next = why, next


def replayed(
    directory: Path,
    wanted: Iterable[str],
    last: int | None,
    progress: Callable[[int, int], object] = lambda _done, _all: None,
    tell: Callable[[dict[str, Any]], object] | None = None,
) -> Replay:
    """Give decisions of the log around a directory again: those `wanted` (index, or beginning of a digest), else the newest
    `last`, or all with None. `tell` gets each set of policies and the questions of each decision, as documents.

    Raises:
        StoreError: there is no log, or it cannot be read.
        UsageError: there is no such entry, or it is no decision.
    """
    log = existing(directory)
    names = tuple(wanted)
    indices = [_index(log, name) for name in dict.fromkeys(names)] if names else newest(log, last)
    again = _Replayer(log, directory, tell)
    entries: list[Again] = []
    for number, told in enumerate(read(log, indices)):
        progress(number, len(indices))
        entries.append(again.replay(told))
    counts = [sum(one.result == result for one in entries) for result in ("same", "differs", "missing")]
    return Replay(
        log=log.place,
        version=__version__,
        size=log.size(),
        more=not names and last is not None and len(indices) == last and bool(newest(log, last + 1)[last:]),
        same=counts[0],
        differ=counts[1],
        missing=counts[2],
        entries=tuple(entries),
    )


def existing(directory: Path) -> "Log":
    """Open the log around a directory.

    Raises:
        StoreError: there is none.
        UsageError: there is no such directory.
    """
    if not directory.is_dir():
        raise UsageError("no such folder", where=str(directory), next="name a folder, or leave -C out")
    log = open_log(directory, create=False)
    if not log.size():
        raise StoreError("there is no log yet", where=log.place, next="`clearance check` makes one")
    return log


def newest(log: "Log", last: int | None, *, acts: bool = True) -> list[int]:
    """Give the indices of the newest decisions, oldest first; all with None. An entry that cannot be read may be one."""
    size = log.size()
    found: list[int] = []
    for end in range(size, 0, -_BLOCK):
        start = max(0, end - _BLOCK)
        block = [one.entry for one in _entries(log, start, end) if one.wrong or _counts(one, acts=acts)]
        found = block + found
        if last is not None and len(found) >= last:
            return found[len(found) - last :]
    return found


def _counts(told: Logged, *, acts: bool) -> bool:
    return bool(told.says.case) and (acts or told.says.source not in ACTS)


ACTS = frozenset({"write", "command", "prompt", "tool"})
"""What the source of a change is called that an assistant was about to make."""


def read(log: "Log", indices: Iterable[int]) -> Iterator[Logged]:
    """Read entries by their indices, a block at a time."""
    left = list(indices)
    while left:
        block, left = left[:_BLOCK], left[_BLOCK:]
        if block[-1] - block[0] == len(block) - 1:
            yield from _entries(log, block[0], block[-1] + 1)
        else:
            for index in block:
                yield from _entries(log, index, index + 1)


def _entries(log: "Log", start: int, end: int) -> Iterator[Logged]:
    """Read the entries from `start` to `end` (excluded); one that is not as it was signed is told and passed."""
    at = start
    while at < end:
        try:
            for entry in log.entries(at, end):
                yield _logged(entry)
                at = entry.index + 1
            at = end
        except (LogTampered, BadSignature) as error:
            log.size()  # where the checkpoint itself is none, nothing can be read
            yield Logged(at, "", b"", _Predicate(), f"not as it was signed: {error.what}")
            at += 1


def _logged(entry: "Entry") -> Logged:
    nothing = Logged(entry.index, entry.digest, entry.payload, _Predicate())
    try:
        statement = msgspec.json.decode(entry.payload, type=_Statement)
        decided = statement.predicate_type == DECISION_TYPE
        says = msgspec.json.decode(statement.predicate, type=_Predicate) if decided else nothing.says
    except (msgspec.DecodeError, RecursionError) as error:
        return nothing._replace(wrong=f"a statement that this version cannot read: {error}")
    return nothing._replace(says=says)


def _index(log: "Log", name: str) -> int:
    size = log.size()
    if name.isascii() and name.isdigit() and len(name) < 13 and int(name) < size:
        found = list(_entries(log, int(name), int(name) + 1)) or [_logged(log.entry(int(name)))]  # which says why not
    elif len(name) >= _PREFIX and set(name.lower()) <= set("0123456789abcdef"):
        found = [one for one in _entries(log, 0, size) if one.digest.startswith(name.lower())]
    else:
        found = []
    if not found or len({one.digest for one in found}) > 1:
        raise UsageError(
            "several entries begin so" if found else "no such entry",
            where=name,
            next=f"give an index from 0 to {size - 1}, or at least {_PREFIX} digits of a digest",
        )
    told = found[-1]
    if not told.wrong and not told.says.case:
        raise UsageError("not a decision", where=f"entry {told.entry}", next="`clearance log show` lists what is")
    return told.entry


def case_of(log: "Log", told: Logged) -> Case:
    """Read the case that an entry is about.

    Raises:
        Missing: it is not kept, not what was signed, or written in a shape that this version does not read.
    """
    if told.wrong:
        raise Missing(told.wrong, _VERIFY)
    try:
        return msgspec.json.decode(_body(log, told.says.case, "the case"), type=Case)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Missing(*_another(told, f"the case is one that this version cannot read: {error}")) from None


def decision_of(log: "Log", told: Logged) -> Decision:
    """Read the decision that an entry states, in full.

    Raises:
        Missing: as `case_of`.
    """
    why, next_ = "the decision in full is not kept", _VERIFY
    for name in told.says.evidence:
        if name in (told.says.case, told.says.policies):
            continue
        try:
            body = _body(log, name, "the decision")
        except Missing as error:
            why, next_ = error.why, error.next
            continue
        try:
            found = msgspec.json.decode(body, type=Decision)
        except (msgspec.DecodeError, RecursionError) as error:
            if read_kept(body) is None:
                why, next_ = _another(told, f"the decision is one that this version cannot read: {error}")
            continue
        if found.case == told.says.case:
            return found
    raise Missing(why, next_)


def _another(told: Logged, why: str) -> tuple[str, str]:
    version = told.says.version
    return why, f"version {version} signed it: replay it with that one" if version != __version__ else _VERIFY


def _body(log: "Log", name: str, what: str) -> bytes:
    try:
        return log.evidence(name)
    except UsageError:
        raise Missing(f"{what} is not kept: {name}", _VERIFY) from None
    except LogTampered:
        raise Missing(f"{what} that is kept is not what was signed: {name}", _VERIFY) from None


class _Replayer:
    """Gives decisions again; the sets of policies that it read last are kept."""

    def __init__(self, log: "Log", directory: Path, tell: Callable[[dict[str, Any]], object] | None) -> None:
        self._log = log
        self._tell = tell
        self._told: set[str] = set()
        self._sets = Sets(log, directory)
        self._schema = schema_text()

    def replay(self, told: Logged) -> Again:
        """Give one decision again. Whatever keeps it from being given is told."""
        says = told.says
        again = Again(
            entry=told.entry,
            digest=told.digest,
            time=says.time,
            source=says.source,
            verdict=says.verdict,
            version=says.version,
            policies=says.policies,
            result="missing",
        )
        try:
            case = case_of(self._log, told)
            found, policies = self._sets.find(told)
            signed = decision_of(self._log, told)
        except Missing as error:
            return msgspec.structs.replace(again, why=error.why, next=error.next)
        now = decide(case, policies)
        if self._tell is not None:
            self._ask_others(told, case, signed, policies)
        why = speaks_otherwise(signed, now, policies, self._schema)
        if why:
            said, then = _another(told, why)
            return msgspec.structs.replace(again, why=said, next=then)
        differs = [*differences(signed, now), *_stated(told, case, signed)]
        cut = differs[:_MOST_DIFFERENCES]
        if len(differs) > len(cut):
            cut.append(Differs(what="and more", signed=f"{len(differs) - len(cut)} more differences", now=""))
        result: Literal["differs", "same"] = "differs" if differs else "same"
        return msgspec.structs.replace(again, result=result, differs=tuple(cut), found=found)

    def _ask_others(self, told: Logged, case: Case, signed: Decision, policies: Policies) -> None:
        """Hand on what another engine needs to give the decision, too."""
        if self._tell is None:
            return
        name = told.says.policies
        if name not in self._told:
            texts = {policy.id: policy.text for policy in policies.all}
            self._tell({"set": name, "schema": policies.schema_text, "policies": texts})
            self._told.add(name)
        reasons = [reason.policy for reason in signed.reasons]
        asked = {"entry": told.entry, "set": name, "verdict": signed.verdict.value, "reasons": reasons}
        self._tell(asked | {"rounds": questions_of(case, policies)})


def _stated(told: Logged, case: Case, signed: Decision) -> Iterator[Differs]:
    """Give where the statement says something other than the case and the decision that it names."""
    from clearance.attest.statement import decision_statement

    kept = [name for name in told.says.evidence if name not in (told.says.case, digest(signed))]
    try:
        at = datetime.fromisoformat(told.says.time)
        made = decision_statement(case, msgspec.structs.replace(signed, case=digest(case)), at, kept)
    except (ValueError, TypeError) as error:
        yield Differs(what="statement", signed=told.digest, now=f"cannot be stated: {error}")
        return
    document: Any = msgspec.json.decode(told.payload)
    predicate = document.get("predicate", {})
    for name in _NOT_COMPARED:
        predicate.pop(name, None)
    yield from outside(document, msgspec.json.decode(canonical(made)))


class Sets:
    """Finds the policies of a decision by their digest: in the log, else among those of today, else with the team's
    policies of the commit that the change was compared with."""

    def __init__(self, log: "Log", directory: Path) -> None:
        self._log = log
        self._directory = directory
        self._known: dict[str, tuple[Literal["log", "today"], Policies]] = {}
        self._lost: dict[tuple[str, str], str] = {}
        self._today: dict[str, Policies] | None = None

    def find(self, told: Logged) -> tuple[Literal["log", "today"], Policies]:
        """Give where the policies were found, and the policies.

        Raises:
            Missing: they are nowhere, or this version does not accept them.
        """
        name = told.says.policies
        base = (told.says.base.commit if told.says.base else "") or ""
        if name not in self._known:
            why = self._lost.get((name, base)) or self._search(told, name, base)
            if why:
                if len(self._lost) >= _MOST_LOST:
                    self._lost.clear()
                self._lost[name, base] = why
                raise Missing(*_another(told, why))
        return self._known[name]

    def _search(self, told: Logged, name: str, base: str) -> str:
        """Look for a set, and keep it; gives why there is none."""
        try:
            found = self._kept(told) or self._among_today(name, base)
        except BadPolicy as error:
            return f"this version does not accept the policies that were kept: {error.where}: {error.what}"
        if found is None:
            return f"the set {name} is not kept, and it is not the one of today"
        if len(self._known) >= _MOST_SETS:
            self._known.pop(next(iter(self._known)))
        self._known[name] = found
        return ""

    def _kept(self, told: Logged) -> tuple[Literal["log"], Policies] | None:
        name = told.says.policies
        kept = self._read(name)
        rego: dict[str, str] = {}
        if isinstance(kept, Joint):
            rules, kept = self._read(kept.judge), self._read(kept.policies)
            if not isinstance(rules, Rules) or not isinstance(kept, Texts):
                raise Missing(f"the set {name} is kept in part only", _VERIFY)
            rego = rules.rego
        if not isinstance(kept, Texts):
            return None
        policies = with_rego(policies_of(kept), rego)
        if policies.digest != name:
            raise Missing(*_another(told, "the policies that were kept have another digest when this version reads them"))
        return "log", policies

    def _read(self, name: str) -> Texts | Rules | Joint | None:
        try:
            return read_kept(self._log.evidence(name))
        except UsageError:
            return None
        except LogTampered:
            raise Missing(f"the policies that are kept are not what was signed: {name}", _VERIFY) from None

    def _among_today(self, name: str, base: str) -> tuple[Literal["today"], Policies] | None:
        if self._today is None:
            here = [builtin_policies()]
            try:
                whole = open_policies(self._directory)
                here += [whole, Policies(whole.all, whole.schema, whole.schema_text, digest_of_texts(whole))]
            except ClearanceError:
                pass  # the policies of here are broken: they are not the ones that were asked
            self._today = {one.digest: one for one in here}
        found = self._today.get(name) or self._at(base, name)
        return ("today", found) if found else None

    def _at(self, base: str, name: str) -> Policies | None:
        import os

        if not base:
            return None
        try:
            there = named(base, self._directory, os.environ)
            whole = with_rego(there.policies, there.rego)
        except ClearanceError:
            return None
        return next((one for one in (whole, there.policies) if one.digest == name), None)
