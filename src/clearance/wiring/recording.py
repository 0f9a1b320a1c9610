"""Opens policies, keys and the log, and records decisions."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.facts.decision import Case, Decision
from clearance.facts.outcome import Receipt
from clearance.facts.proof import Standing
from clearance.wiring.places import TEAM_POLICIES, TEAM_REGO, keys_folder, log_folder, shown, text, top

if TYPE_CHECKING:
    from clearance.attest.signers.file import FileSigner, Purpose
    from clearance.decide.policy_set import Policies
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
    from clearance.attest.keyring import KeyRing
    from clearance.record.log import Log
    from clearance.stores.pins import FilePins
    from clearance.stores.sqlite import SqliteStore

    decisions, checkpoints = open_signers()
    store = SqliteStore(log_folder(directory) / "log", create=create)
    return Log(store, checkpoints, KeyRing(decisions, checkpoints), FilePins(keys_folder(os.environ).within("seen")))


def open_signers() -> "tuple[FileSigner, FileSigner]":
    """Open the signer of decisions and the signer of checkpoints."""
    return open_signer("decisions"), open_signer("checkpoints")


def open_signer(purpose: "Purpose") -> "FileSigner":
    """Open the signer of statements or of checkpoints; its key is made on the first signature."""
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
    return _policies(dict(team))


class Recorder:
    """Decides by the policies, signs and appends; all of it is opened while the scanners work."""

    def __init__(self, directory: Path, environment: Mapping[str, str], own: Mapping[str, bytes]) -> None:
        self._directory = directory
        self._environment = environment
        self._team = team_policies(own)
        self._rego = team_rego(own)
        # A change is not worth scanning where its record could not be kept.
        self._log = open_log(directory)

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

        _ = self.policies
        open_signer("decisions").public()

    def decide(self, case: Case) -> Decision:
        """Ask the policies."""
        from clearance.decide.decide import decide

        return decide(case, self.policies)

    def record(self, case: Case, decision: Decision) -> Receipt:
        """Sign the decision and append it to the log."""
        from clearance.attest.dsse import seal
        from clearance.attest.statement import decision_statement, evidence_of

        kept = self._kept(decision)
        bundle = seal(decision_statement(case, decision, datetime.now(UTC), kept), open_signer("decisions"))
        entry = self._log.append(bundle, evidence_of(case, decision) | kept)
        return Receipt(digest=entry.digest, index=entry.index, log=shown(self._log.place, self._directory), key=entry.key)

    def _kept(self, decision: Decision) -> dict[str, bytes]:
        """Give the texts of the policies that were asked, by their digests. Acts are judged without rules in Rego."""
        from clearance.decide.replay import bodies_of

        team = with_team(self._team)
        if decision.policies == team.digest:
            return bodies_of(team, {})
        return bodies_of(self.policies, self._rego) if decision.policies == self.policies.digest else {}


def _policies(team: Mapping[str, str]) -> "Policies":
    from importlib import resources

    from clearance.decide.policy_set import Policies

    folder = resources.files("clearance.decide")
    builtin = {
        f"policies/{file.name}": file.read_text(encoding="utf-8")
        for file in folder.joinpath("policies").iterdir()
        if file.name.endswith(".cedar")
    }
    return Policies.load(builtin, team, folder.joinpath("schema.cedarschema").read_text(encoding="utf-8"))
