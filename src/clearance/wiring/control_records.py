"""What the log of a repository shows of rules, policies and guards: the records behind an answer about controls."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearance.facts.errors import ClearanceError
from clearance.facts.finding import GapKind
from clearance.report.controls.view import Logged, Record

if TYPE_CHECKING:
    from clearance.facts.entry import Entry
    from clearance.record.log import Log

MOST = 5_000
"""How many entries are read, the newest; each is verified, which takes a third of a millisecond."""
_ACTS = frozenset({"write", "command", "prompt", "tool"})
_ALL: frozenset[str] | None = None
_NONE: frozenset[str] = frozenset()
_PLACES: dict[str, tuple[str, tuple[str, ...], frozenset[str] | None]] = {
    "hook-prompt": ("hooks, refused prompts", ("hook:",), frozenset({"prompt"})),
    "hook-write": ("hooks, refused writes", ("hook:",), frozenset({"write"})),
    "hook-command": ("hooks, refused commands", ("hook:",), frozenset({"command"})),
    "hook-tool": ("hooks, refused tools", ("hook:",), frozenset({"tool"})),
    "hook-stop": ("hooks", ("hook:",), _NONE),
    "managed-hooks": ("hooks", ("hook:",), _NONE),
    "mcp": ("MCP server", ("mcp:",), _NONE),
    "instructions": ("instructions", ("instructions",), _NONE),
    "pre-commit": ("hook before commits, staged changes", ("pre-commit",), frozenset({"staged"})),
    "merge-gate": ("CI and gate, ranges of commits", ("ci:", "gate"), frozenset({"range"})),
    "tamper-evident-log": ("log", ("log:",), _ALL),
    "liveness": ("all guards", ("",), _NONE),
    **dict.fromkeys(
        ("signed-decisions", "policies-as-code", "fail-closed", "risk-tiers", "authorship", "reproducible-verdicts"),
        ("decisions", (), _ALL),
    ),
}
"""Of checkpoints and capabilities that leave a record in the log: how it is called, how the names of the guards there begin,
and the sources of the changes that are judged there."""
_MISSING = GapKind.MISSING_DATA.value
_WORST = ("dead", "alive", "untried", "")


class _Ran(msgspec.Struct):
    scanner: str = ""
    files: int = 0


class _Gap(msgspec.Struct):
    scanner: str = ""
    path: str = ""
    kind: str = ""


class _Dead(msgspec.Struct):
    guard: str = ""


class _Predicate(msgspec.Struct, rename="camel"):
    """What is read back of a statement: the fields of a decision, then those of a proof of liveness."""

    verdict: str = ""
    reasons: tuple[str, ...] = ()
    policies: str = ""
    rules: str = ""
    ran: tuple[_Ran, ...] = ()
    gaps: tuple[_Gap, ...] = ()
    source: str = ""
    waivers: tuple[msgspec.Raw, ...] = ()
    time: str = ""
    result: str = ""
    whole: bool = False
    tried: tuple[str, ...] = ()
    alive: tuple[str, ...] = ()
    dead: tuple[_Dead, ...] = ()
    untried: tuple[str, ...] = ()


class _Statement(msgspec.Struct):
    predicate: _Predicate | None = None


class _Decided(msgspec.Struct, frozen=True):
    """One decision of the log, as far as records need it."""

    index: int
    predicate: _Predicate


class _Shown(msgspec.Struct, frozen=True):
    """What the newest proof that tried a guard says of it."""

    pulse: str
    index: int
    time: str


def _looked(predicate: _Predicate, family: str) -> bool:
    missing = any(gap.scanner == family and gap.kind == _MISSING and not gap.path for gap in predicate.gaps)
    return not missing and any(ran.scanner == family and ran.files for ran in predicate.ran)


def _asks(predicate: _Predicate, action: str) -> bool:
    from clearance.decide.policy import ACTS

    if action == "waive":
        return bool(predicate.waivers)
    return (predicate.source in _ACTS) == (action in ACTS)


class Records:
    """Everything that the newest entries show; `rules` and `policies` are the digests of today."""

    def __init__(
        self, log: Logged, decided: Sequence[_Decided], guards: Mapping[str, _Shown], rules: str, policies: str
    ) -> None:
        self.log = log
        self._decided = decided
        self._guards = guards
        self._rules = rules
        self._policies = policies
        self._known: dict[str, Record] = {}

    def scanner(self, family: str, rule: str = "") -> Record:
        """Give in which decisions a scanner family looked at something, and had the data that it needs for that. With
        `rule`, a proof that found that very rule dead stands in place of the scanner's."""
        dead = self._guards.get(f"rule:{rule}")
        name = f"rule {rule}" if dead is not None and dead.pulse == "dead" else f"scanner {family}"
        if name not in self._known:
            of = [one for one in self._decided if _looked(one.predicate, family)]
            guards = [f"rule:{rule}"] if name.startswith("rule ") else [f"scanner:{family}"]
            self._known[name] = self._record(name, of, guards)
        return self._known[name]

    def assessed(self) -> Record:
        """Give the decisions in which a change was assessed: all but those about what an assistant was about to do."""
        changes = [one for one in self._decided if one.predicate.source not in _ACTS]
        return self._known.setdefault("assessment of changes", self._record("assessment of changes", changes, ["gate"]))

    def policy(self, id: str, action: str) -> Record:
        """Give in which decisions a policy was asked for certain: those in which it fired, and those with the policies of
        today about what its action is about. One about exceptions (`waive`) is asked only where there are some."""
        of = [
            one
            for one in self._decided
            if id in one.predicate.reasons or (one.predicate.policies == self._policies and _asks(one.predicate, action))
        ]
        return self._record(f"policy {id}", of, [f"policy:{id}"], policy=id)

    def own(self, id: str) -> Record | None:
        """Give what is known of a checkpoint or capability: its guards, and the decisions it was a part of; None for what
        leaves no record in the log."""
        if id not in _PLACES:
            return None
        name, starts, sources = _PLACES[id]
        if name not in self._known:
            of = [one for one in self._decided if sources is None or one.predicate.source in sources]
            guards = [each for each in self._guards if starts and each.startswith(starts)]
            self._known[name] = self._record(name, of, guards)
        return self._known[name]

    def _record(self, what: str, of: Sequence[_Decided], guards: Sequence[str], policy: str = "") -> Record:
        shown = [self._guards[name] for name in guards if name in self._guards]
        worst = min(shown, key=lambda one: (_WORST.index(one.pulse), -one.index), default=None)
        record = Record(what=what, fired=0 if policy else None)
        if worst is not None:
            record = msgspec.structs.replace(record, pulse=worst.pulse, proof=worst.index, proof_time=worst.time)
        if not of:
            return record
        first, last = of[0], of[-1]
        if policy:
            today = sum(one.predicate.policies == self._policies for one in of)
        else:
            today = sum(one.predicate.rules == self._rules for one in of)
        return msgspec.structs.replace(
            record,
            decisions=len(of),
            as_today=today,
            fired=sum(policy in one.predicate.reasons for one in of) if policy else None,
            since=first.predicate.time,
            last=last.index,
            last_time=last.predicate.time,
            last_verdict=last.predicate.verdict,
        )


def read_records(directory: Path, rules: str, policies: str) -> Records:
    """Read the newest entries of the log of the repository around `directory`. A log that is broken or unreadable gives no
    record at all, and says so; one that is not there is empty."""
    from clearance.wiring.places import shown
    from clearance.wiring.recording import open_log

    place = ""
    try:
        log = open_log(directory, create=False)
        place = shown(log.place, directory)
        size = log.size()
        decided, guards = _read(log, max(0, size - MOST))
    except ClearanceError as error:
        where = f"{error.where}: " if error.where else ""
        problem = f"{where}{error.what}; `clearance log verify` says more"
        return Records(Logged(place=place, problem=problem), (), {}, rules, policies)
    return Records(Logged(place=place, size=size, read=min(size, MOST)), decided, guards, rules, policies)


def _read(log: "Log", start: int) -> tuple[list[_Decided], dict[str, _Shown]]:
    from clearance.facts.errors import LogTampered

    decided: list[_Decided] = []
    guards: dict[str, _Shown] = {}
    for entry in log.entries(start):
        try:
            predicate = msgspec.json.decode(entry.payload, type=_Statement).predicate
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise LogTampered("a statement that cannot be read", where=f"entry {entry.index}") from error
        if predicate is None:
            continue
        if predicate.verdict:
            decided.append(_Decided(entry.index, predicate))
        elif predicate.result:
            _take(guards, predicate, entry)
    return decided, guards


def _take(guards: dict[str, _Shown], predicate: _Predicate, entry: "Entry") -> None:
    """Take over what one proof tried itself; what it only repeats of an older one, and what it could not try, is no news."""
    tried = frozenset(predicate.tried)
    said = [(name, "alive") for name in predicate.alive] + [(one.guard, "dead") for one in predicate.dead]
    for name, pulse in said:
        if predicate.whole or name.partition(":")[0] in tried:
            guards[name] = _Shown(pulse, entry.index, predicate.time)
    for name in predicate.untried:
        guards.setdefault(name, _Shown("untried", entry.index, predicate.time))
