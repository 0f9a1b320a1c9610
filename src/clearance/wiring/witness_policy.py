"""Which witnesses our log has: the policy of this machine, read, changed, and written for others."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.facts.errors import UsageError
from clearance.wiring.trust_file import SETTINGS, trust_folder, trust_settings

if TYPE_CHECKING:
    from clearance.record.log import Log
    from clearance.record.quorum import PolicyWitness, QuorumPolicy

POLICY = "witnesses.policy"
GROUP = "witnesses"
"""The group that `witness add` keeps: a majority of all witnesses."""
_MOST_BYTES = 1 << 18


def open_policy(environment: Mapping[str, str]) -> "QuorumPolicy | None":
    """Read the policy of this machine; None where none was made. One that the settings name must be there.

    Raises:
        BadFile: it is no policy.
        UsageError: the settings name one that is not there, or cannot be read.
    """
    from clearance.record.policy_file import read_policy

    chosen = trust_settings(environment).witnesses.policy
    folder = trust_folder(environment)
    if not chosen:
        data = folder.read(POLICY)
        return None if data is None else read_policy(data, where=str(folder.directory / POLICY))
    return read_policy_at(folder.directory / chosen)


def read_policy_at(path: Path) -> "QuorumPolicy":
    """Read a policy that a person named.

    Raises:
        BadFile: it is no policy.
        UsageError: it cannot be read.
    """
    from clearance.record.policy_file import read_policy

    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be read", where=str(path), next="name a policy file") from error
    return read_policy(data, where=str(path))


def add_witness(environment: Mapping[str, str], name: str, address: str, key: str) -> "QuorumPolicy":
    """Add a witness to the policy of this machine, and to the group of all witnesses, of which a majority is the quorum; a
    quorum of another form stays as it is.

    Raises:
        UsageError: name, address or key are not what they should be, or are there already.
    """
    from clearance.fetch.connection import Origin, Refused
    from clearance.record.quorum import PolicyWitness
    from clearance.record.signed import COSIGNATURE_ED25519, read_verifier_key

    try:
        Origin.of(address)
    except Refused as error:
        # The rules of addresses are those of an index; the words must not be.
        what = str(error).replace("an index", "a witness").rstrip(":")
        raise UsageError(what, where=address, next="give the submission prefix, as https://witness.example.com") from None
    made = PolicyWitness(name, read_verifier_key(key, COSIGNATURE_ED25519, where="the key"), address)
    return _change(environment, lambda witnesses: (*witnesses, made))


def remove_witness(environment: Mapping[str, str], name: str) -> "QuorumPolicy":
    """Take a witness out of the policy of this machine.

    Raises:
        UsageError: there is none of this name, or a group of the policy's own names it.
    """

    def without(witnesses: "tuple[PolicyWitness, ...]") -> "tuple[PolicyWitness, ...]":
        left = tuple(one for one in witnesses if one.name != name)
        if len(left) == len(witnesses):
            raise UsageError("no such witness", where=name, next="`clearance log witness list` names them")
        return left

    return _change(environment, without)


def policy_for_others(log: "Log", environment: Mapping[str, str]) -> str:
    """Write the policy with the keys of this log, for whoever verifies it, or witnesses it, elsewhere.

    Raises:
        StoreError: there is no log yet.
        LogTampered: its checkpoint does not verify.
    """
    from clearance.facts.errors import StoreError
    from clearance.record.cosigning import log_keys, read_heads
    from clearance.record.policy_file import write_policy
    from clearance.record.quorum import NO_QUORUM, PolicyLog, QuorumPolicy

    heads = read_heads(log.store, log.keys)
    if heads is None:
        raise StoreError("there is no log yet", where=log.place, next="`clearance check` makes one")
    logs = tuple(PolicyLog(key) for key in log_keys(heads.newest.head.origin, log.keys.public()))
    policy = open_policy(environment) or QuorumPolicy((), (), (), NO_QUORUM)
    return write_policy(policy._replace(logs=logs)).decode("utf-8", "replace")


def _change(
    environment: Mapping[str, str], change: "Callable[[tuple[PolicyWitness, ...]], tuple[PolicyWitness, ...]]"
) -> "QuorumPolicy":
    from clearance.record.policy_file import read_policy, write_policy
    from clearance.record.quorum import NO_QUORUM, Group, QuorumPolicy

    if trust_settings(environment).witnesses.policy:
        raise UsageError("the settings name a policy of your own", where=SETTINGS, next="change that file with an editor")
    folder = trust_folder(environment)
    with folder.locked():
        policy = open_policy(environment) or QuorumPolicy((), (), (), NO_QUORUM)
        witnesses = change(policy.witnesses)
        ours = not policy.groups or [group.name for group in policy.groups] == [GROUP]
        if ours and policy.quorum in (NO_QUORUM, GROUP):
            names = tuple(one.name for one in witnesses)
            groups = (Group(GROUP, len(names) // 2 + 1, names),) if names else ()
            made = QuorumPolicy(policy.logs, witnesses, groups, GROUP if names else NO_QUORUM)
        else:
            made = QuorumPolicy(policy.logs, witnesses, policy.groups, policy.quorum)
        data = write_policy(made)
        read = read_policy(data, where="the new policy")  # what could not be read again is not written
        folder.replace(POLICY, data)
    return read
