"""What is to be erased and said of it, written down before it is done, so that whoever comes next completes both after a
crash. A disk without room keeps nobody from erasing: then there is no plan, and a crash would lose at most the entry.
"""

import errno
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from clearance import __version__
from clearance.attest.predicates.erasure import ErasurePredicate
from clearance.attest.predicates.fields import party
from clearance.attest.predicates.retention import Kept, RetentionPredicate
from clearance.facts.errors import ClearanceError, NotARepository, StoreError
from clearance.facts.evidence import Found
from clearance.facts.fact import Fact, canonical, digest
from clearance.facts.statement import DigestSet, Resource
from clearance.wiring.attesting import now, stated
from clearance.wiring.evidence import entries_naming, place_of
from clearance.wiring.evidence_rules import evidence_folder, open_vault, settings
from clearance.wiring.places import log_folder
from clearance.wiring.recording import Scribe

if TYPE_CHECKING:
    from clearance.facts.entry import Entry
    from clearance.facts.identity import Identity
    from clearance.facts.statement import Statement
    from clearance.stores.private import PrivateFolder
    from clearance.stores.vault import Vault

Reason = Literal["request", "legal", "incident", "retention"]
_PLANS, _END = "plans", ".json"


class Plan(Fact):
    """What is to be erased, and said of it. `bodies` are all that go, `evidence` the SHA-256 of their list as the log holds
    it, `places` the folders whose logs are still to be told. `key` is the key of the subject that goes: a later one of the
    same name is another. `nonce` makes the list another one each time."""

    kind: Literal["erasure", "retention"]
    nonce: str
    holder: str
    key: str
    bodies: tuple[str, ...]
    places: tuple[str, ...]
    reason: Reason
    case: str
    claimed: str
    rules: tuple[Kept, ...] = ()
    settings: str = ""

    @property
    def list_body(self) -> bytes:
        """The list of the bodies, as it rests beside the log."""
        return canonical({"bodies": list(self.bodies), "nonce": self.nonce})

    @property
    def evidence(self) -> str:
        """The SHA-256 of that list."""
        return digest({"bodies": list(self.bodies), "nonce": self.nonce})


class Told(NamedTuple):
    """Where something was said: folder, entry, digest of the payload, the log's own place."""

    place: str
    entry: int
    sha256: str
    log: str


class Done(NamedTuple):
    """What was erased, the entries that say so, and what could not be told and why."""

    plan: Plan
    told: tuple[Told, ...]
    untold: tuple[str, ...]


def places_of(directory: Path, found: Iterable[Found]) -> tuple[str, ...]:
    """Give the folders whose logs are to be told, this one first; one of each log."""
    logs: dict[str, str] = {}
    for place in dict.fromkeys((place_of(directory), *(one.body.place for one in found if one.body and one.body.place))):
        try:
            logs.setdefault(str(log_folder(Path(place))), place)
        except ClearanceError:
            continue  # the repository is gone, and its log with it
    return tuple(logs.values())


def _plans(environment: Mapping[str, str]) -> "PrivateFolder":
    return evidence_folder(environment).within(_PLANS)


def written(environment: Mapping[str, str], plan: Plan) -> str:
    """Write a plan down; give its name, empty where the disk has no room."""
    name = plan.nonce + _END
    try:
        _plans(environment).replace(name, canonical(plan))
    except StoreError as error:
        full = isinstance(error.__cause__, OSError) and error.__cause__.errno in (errno.ENOSPC, errno.EDQUOT)
        if not full:
            raise
        return ""
    return name


def tell(environment: Mapping[str, str], name: str, plan: Plan, by: "Identity") -> Done:
    """Record what a plan did in each of its logs; what cannot be told now is left for whoever comes next."""
    told: list[Told] = []
    untold: list[str] = []
    left = list(plan.places)
    for place in plan.places:
        try:
            told.append(_said(place, plan, by))
        except NotARepository:
            untold.append(f"{place}: no repository any more")
        except ClearanceError as error:
            untold.append(f"{place}: {error.what}")
            continue
        left.remove(place)
        if name and left:
            _plans(environment).replace(name, canonical(msgspec.structs.replace(plan, places=tuple(left))))
    if name and not left:
        _plans(environment).remove(name)
    return Done(plan, tuple(told), tuple(untold))


def _said(place: str, plan: Plan, by: "Identity") -> Told:
    """Record a plan in the log of a place, unless it says so already."""
    if not Path(place).is_dir():
        raise NotARepository("it is gone", where=place)
    scribe = Scribe(Path(place))
    entry = _recorded(scribe, plan)
    if entry is None:
        (entry,) = scribe.record([statement_of(plan, by)], {plan.evidence: plan.list_body}, by=by)
    return Told(place, entry.index, entry.digest, scribe.receipt(entry).log)


def _recorded(scribe: Scribe, plan: Plan) -> "Entry | None":
    """Give the entry that says so already; of a plan older than the newest 50,000 entries, where the pointers do not know
    it yet, none: it is told twice then, which harms nobody."""
    for index in reversed(entries_naming(scribe.log, {plan.evidence})[plan.evidence]):
        found = scribe.log.believed(index)
        if found is not None:
            return found
    return None


def statement_of(plan: Plan, by: "Identity") -> "Statement[ErasurePredicate] | Statement[RetentionPredicate]":
    """State what a plan did.

    Raises:
        BadStatement: something of it does not fit a statement.
    """
    if plan.kind == "erasure":
        erasure = ErasurePredicate(
            holder=plan.holder,
            bodies=len(plan.bodies),
            reason=plan.reason,
            case=plan.case,
            by=party(by),
            claimed=plan.claimed,
            version=__version__,
            time=now(),
            evidence=(plan.evidence,),
        )
        return stated(erasure, [Resource(name="holder", digest=DigestSet(sha256=plan.holder))])
    retention = RetentionPredicate(
        rules=plan.rules,
        settings=plan.settings,
        by=party(by),
        version=__version__,
        time=now(),
        evidence=(plan.evidence,) if plan.bodies else (),
    )
    return stated(retention, [Resource(name="rules", digest=DigestSet(sha256=plan.settings))])


def pending(environment: Mapping[str, str]) -> bool:
    """Tell whether a plan waits to be completed."""
    return bool(_plans(environment).names())


def complete(environment: Mapping[str, str], by: "Identity") -> list[Done]:
    """Complete what a crash left: erase what was planned, and tell the logs that were not told.

    Raises:
        StoreError: it cannot be completed.
    """
    folder = _plans(environment)
    if not os.path.lexists(folder.directory):
        return []
    known = settings(environment)
    vault = open_vault(environment, known)
    done = []
    with vault.locked():
        held = {vault.holder_of(hold.subject) for hold in known.hold}
        for name in folder.names():
            data = folder.read(name)
            if not name.endswith(_END) or data is None:
                continue
            try:
                plan = msgspec.json.decode(data, type=Plan)
            except msgspec.DecodeError:
                folder.remove(name)  # half a plan is none: nothing was begun before it was whole
                continue
            ready = _carried_out(vault, plan, held)
            if ready is None:
                folder.remove(name)
            else:
                done.append(tell(environment, name, ready, by))
    return done


def _carried_out(vault: "Vault", plan: Plan, held: set[str]) -> Plan | None:
    """Do what a plan says and was not done yet; give the plan as it came out, None where a hold came in between. A subject's
    key that was made since is another one, and stays."""
    if plan.kind == "erasure":
        if vault.key_id(plan.holder) == plan.key:
            if plan.holder in held:
                return None
            vault.erase(plan.holder)
        return plan
    there = {one.name: one.holder for one in vault.found()}
    kept = {name for name in plan.bodies if there.get(name) in held}
    for name in plan.bodies:
        if name in there and name not in kept:
            vault.drop(name, there[name])
    return msgspec.structs.replace(plan, bodies=tuple(name for name in plan.bodies if name not in kept))
