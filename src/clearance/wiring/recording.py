"""Opens policies, keys and the log, and records decisions."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearance.facts.decision import Case, Decision
from clearance.facts.fact import Fact, digest
from clearance.facts.outcome import Receipt
from clearance.facts.proof import Standing
from clearance.wiring.places import TEAM_POLICIES, TEAM_REGO, keys_folder, shown, text, top

if TYPE_CHECKING:
    from clearance.attest.signer import Signer
    from clearance.attest.signers.file import FileSigner, Purpose
    from clearance.decide.policy_set import Policies
    from clearance.facts.entry import Entry, Opened, Sealed
    from clearance.facts.identity import Identity
    from clearance.record.log import Log


def builtin_policies() -> "Policies":
    """Read the built-in policies alone."""
    return with_team({})


def open_policies(directory: Path) -> "Policies":
    """Read the built-in policies and those that the working tree at `directory` holds in `.clearance/policies`.

    Raises:
        BadPolicy: one of them is none, or cannot be read: a link is not followed.
    """
    from clearance.wiring.policies import sources_of

    sources = sources_of(top(directory))
    if sources.unread:
        raise sources.unread[0]
    return with_rego(with_team(sources.policies), sources.rego)


def open_log(directory: Path, *, create: bool = True) -> "Log":
    """Open the log of the repository that holds `directory`; outside of any, the log that lies beside the keys. Without
    `create`, a log that is not there is an error and stays so.

    Raises:
        NotARepository: the repository is one that may not be looked at.
        CollectError: something that is not ours stands where the log belongs.
    """
    from clearance.record.log import Log
    from clearance.stores.pins import FilePins
    from clearance.wiring.heard import Hearing
    from clearance.wiring.log_stores import open_store
    from clearance.wiring.trusting import open_trust

    house = open_trust(os.environ)
    store = open_store(directory, os.environ, create=create)
    seen = FilePins(keys_folder(os.environ).within("seen"))
    hearing = Hearing(os.environ, most=_MOST_NEW if create else None)
    return Log(store, house.signer("checkpoints"), house.keyring(), seen, passed.setdefault(store.place, {}), hearing)


def open_signers() -> "dict[Purpose, Signer]":
    """Open all signers that sign today, by purpose."""
    from clearance.wiring.trusting import SIGNING, open_trust

    house = open_trust(os.environ)
    return {purpose: house.signer(purpose) for purpose in SIGNING}


def open_signer(purpose: "Purpose") -> "FileSigner":
    """Open the signer of a purpose whose key is a file; that of decisions signed entries before there were certificates."""
    from clearance.attest.signers.file import FileSigner

    return FileSigner(keys_folder(os.environ), purpose, lambda: datetime.now(UTC))


def team_policies(own: Mapping[str, bytes]) -> dict[str, str]:
    """Give the texts of the team's policies among its files, by path.

    Raises:
        BadPolicy: one lies where it would be passed over.
    """
    inside = f"{TEAM_POLICIES}/"
    found = {path: data for path, data in own.items() if _ends(path, inside, ".cedar")}
    for path in found:
        if not path.startswith(inside) or not path.endswith(".cedar") or "/" in path[len(inside) :]:
            from clearance.facts.errors import BadPolicy

            hint = f"policies lie right in {inside}, named *.cedar in lower-case letters"
            raise BadPolicy("it would be passed over", where=path, next=hint)
    return {path: text(data) for path, data in found.items()}


def team_rego(own: Mapping[str, bytes]) -> dict[str, str]:
    """Give the texts of the team's rules in Rego among its files, by path; the judge refuses those that lie where they would
    be passed over."""
    return {path: text(data) for path, data in own.items() if _ends(path, f"{TEAM_REGO}/", ".rego")}


def _ends(path: str, inside: str, ending: str) -> bool:
    """Tell whether a path lies below a folder and has an ending, in letters of any case: git's trees tell them apart, not
    all disks do."""
    return path.casefold().startswith(inside) and path.casefold().endswith(ending)


def with_rego(policies: "Policies", rego: Mapping[str, str]) -> "Policies":
    """Give policies with a company's rules in Rego beside them, where there are any."""
    if not rego:
        return policies
    from clearance.wiring.judges import RegoJudge

    return policies.with_judge(RegoJudge(rego))


def with_team(team: Mapping[str, str]) -> "Policies":
    """Read the built-in policies and a team's.

    Raises:
        BadPolicy: one of them is none.
    """
    return _read_once(tuple(sorted(team.items())))


@lru_cache(maxsize=4)
def _read_once(team: tuple[tuple[str, str], ...]) -> "Policies":
    """Read a team's policies once for as long as they stay the same: a resident judges many acts by them."""
    from clearance.wiring.policies import policies_of

    return policies_of(dict(team))


passed: dict[str, dict[int, str]] = {}
"""Entries by index, of logs by place, that this process passed over because they are believed no more, each with why."""
unasked: "dict[str, Log]" = {}
"""Logs, by place, that this process appended to since witnesses were asked last."""


_MOST_NEW = 50_000
"""Entries that a writer looks through for revocations that nobody pointed to yet; a reader looks through all."""
MANY = 4_096
"""From so many statements on they are signed by several processes: starting these costs as much as signing a thousand."""


class Scribe:
    """Signs statements and appends them to the log of the repository around `directory`, which is made on the first one.

    Raises:
        ClearanceError: the log cannot be used.
    """

    def __init__(self, directory: Path, *, asks: bool = True) -> None:
        """`asks`: witnesses are asked when the command ends (`unasked`)."""
        self._directory = directory
        self._asks = asks
        self.log = open_log(directory)

    def record(
        self,
        statements: Sequence[Fact],
        evidence: Mapping[str, bytes] | None = None,
        *,
        by: "Identity | None" = None,
        masked: bool = False,
    ) -> "tuple[Entry, ...]":
        """Sign statements as one identity (none: the service that runs here) and append them under one checkpoint. Each is
        an in-toto Statement v1 whose predicate names its `evidence`, which is handed in by SHA-256. What the scanners made
        of a change is `masked` already; every other text is looked at, for nothing leaves the log again.

        Raises:
            UsageError: a text of a statement, or the signer's name, holds a secret; then nothing is appended.
            MaskError: they could not be looked at.
            SigningError: they cannot be signed, or nobody may be named so.
            StoreError, LogTampered: the log cannot take them; then it has none of them.
        """
        from clearance.record.log import Submission

        if not masked:
            from clearance.wiring.attesting import refuse_secrets

            refuse_secrets(statements, by, os.environ)
        bodies = dict(evidence or {})
        made = _sealed(statements, by)
        batch = [Submission(one, _named(said, bodies), told) for said, (one, told) in zip(statements, made, strict=True)]
        entries = self.log.extend(batch)
        if self._asks and entries:
            unasked[self.log.place] = self.log
        return entries

    def receipt(self, entry: "Entry") -> Receipt:
        """Say where an entry lies."""
        return Receipt(digest=entry.digest, index=entry.index, log=shown(self.log.place, self._directory), key=entry.key)


def _sealed(statements: Sequence[Fact], by: "Identity | None") -> "Sequence[tuple[Sealed, Opened]]":
    """Sign statements: here, or on all processors where that is worth the processes."""
    if len(statements) < MANY:
        from clearance.wiring.trusting import open_trust

        return open_trust(os.environ).seal(statements, by)
    from clearance.wiring.sealing import Sealers

    with Sealers(os.environ) as sealers:
        return list(sealers.seal(statements, by))


def _named(statement: Fact, bodies: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give the bodies that a statement names."""
    names = getattr(getattr(statement, "predicate", None), "evidence", ())
    return {name: bodies[name] for name in names if name in bodies}


class Recorder:
    """Decides by the policies, signs and appends; all of it is opened while the scanners work."""

    def __init__(self, directory: Path, environment: Mapping[str, str], own: Mapping[str, bytes]) -> None:
        self._directory = directory
        self._environment = environment
        self._team = team_policies(own)
        self._rego = team_rego(own)
        self.beside: Callable[[Case, Decision, str], Sequence[Fact]] | None = None
        """Makes what is recorded with the decision, whose digest as it is signed comes third."""
        # A change is not worth scanning where its record could not be kept.
        self._scribe = Scribe(directory, asks=False)

    @cached_property
    def policies(self) -> "Policies":
        """The built-in policies and the team's, from the base of the change."""
        return with_rego(with_team(self._team), self._rego)

    def proven(self) -> Standing:
        """Tell what the last proof of the guards in this repository's log showed."""
        from clearance.wiring import proving

        return proving.standing(self._directory, self._environment)

    def warm(self) -> None:
        """Open what is needed after the scan."""
        import clearance.attest.statement
        import clearance.decide.decide  # noqa: F401 -- imported for its time, not its names
        from clearance.wiring.trusting import open_trust

        _ = self.policies
        house = open_trust(os.environ)
        house.credential(house.service)

    def decide(self, case: Case) -> Decision:
        """Ask the policies."""
        from clearance.decide.decide import decide

        return decide(case, self.policies)

    def record(self, case: Case, decision: Decision) -> Receipt:
        """Sign the decision and append it to the log."""
        from clearance.attest.statement import decision_statement, evidence_of

        kept = self._kept(decision)
        statement = decision_statement(case, decision, datetime.now(UTC), kept)
        more = self.beside(case, decision, digest(statement)) if self.beside else ()
        entry, *_ = self._scribe.record([statement, *more], evidence_of(case, decision) | kept, masked=True)
        return self._scribe.receipt(entry)

    def witnessed(self, receipt: Receipt) -> Receipt:
        """Have the newest checkpoint cosigned where this machine has witnesses, and say in the receipt of a decision, which
        that checkpoint covers, how it went. Called once, after the last append of a run: whatever is appended later stands
        under a checkpoint that no witness saw.

        Raises:
            BadFile: the settings cannot be read.
            StoreError: as above, or the log cannot be read or written.
        """
        from clearance.wiring.witnessing import after_append

        unasked.pop(self._scribe.log.place, None)
        told = after_append(self._scribe.log, self._environment)
        return msgspec.structs.replace(receipt, witnesses=told.line, unwitnessed=not told.enough)

    def _kept(self, decision: Decision) -> dict[str, bytes]:
        """Give the texts of the policies that were asked, by their digests. Acts are judged without rules in Rego."""
        from clearance.decide.replay import bodies_of

        team = with_team(self._team)
        if decision.policies == team.digest:
            return bodies_of(team, {})
        return bodies_of(self.policies, self._rego) if decision.policies == self.policies.digest else {}
