"""Which witnesses are enough, and whether a checkpoint has them (https://c2sp.org/tlog-policy)."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from clearance.facts.cosigned import Cosigner, Refusal, Standing
from clearance.facts.errors import LogTampered
from clearance.record.cosignature import cosigned_at
from clearance.record.signed import SignedCheckpoint, VerifierKey, ed25519_fits

NO_QUORUM = "none"
LEEWAY = 600
"""Seconds by which the clock of a witness may be ahead of ours."""


class PolicyLog(NamedTuple):
    """A log whose checkpoints count; its key's name is the log's origin. The address may be empty."""

    key: VerifierKey
    url: str = ""


class PolicyWitness(NamedTuple):
    """A witness: its name in the policy, its key, and its submission prefix, which may be empty."""

    name: str
    key: VerifierKey
    url: str = ""


class Group(NamedTuple):
    """A group: it has witnessed a checkpoint where at least `least` of its members have."""

    name: str
    least: int
    members: tuple[str, ...]


class QuorumPolicy(NamedTuple):
    """A policy: logs, witnesses, groups in the order of their lines, and the name of what is the quorum."""

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[Group, ...]
    quorum: str

    def reached(self, cosigners: Collection[str]) -> bool:
        """Tell whether these witnesses, by name, are enough. Groups name only what stands before them."""
        if self.quorum == NO_QUORUM:
            return True
        witnessed = {witness.name for witness in self.witnesses if witness.name in cosigners}
        for group in self.groups:
            if sum(member in witnessed for member in group.members) >= group.least:
                witnessed.add(group.name)
        return self.quorum in witnessed

    @property
    def splitters(self) -> int:
        """How many witnesses must be dishonest, at least, for two checkpoints that contradict each other to have a quorum
        each: as many as two quorums must share. 0: none need be, as where no quorum is needed, or one of two witnesses is
        enough.

        Each name is a member once, so groups are a tree: two sets of k of n members share 2k - n of them, and the cheapest
        ones.
        """
        shared = {witness.name: 1 for witness in self.witnesses}
        for group in self.groups:
            common = max(0, 2 * group.least - len(group.members))
            shared[group.name] = sum(sorted(shared[member] for member in group.members)[:common])
        return shared.get(self.quorum, 0)

    @property
    def told(self) -> str:
        """The quorum in words, for people."""
        if self.quorum == NO_QUORUM:
            return "none is needed"
        found = next((group for group in self.groups if group.name == self.quorum), None)
        if found is None:
            return self.quorum
        return f"{found.least} of {len(found.members)} ({', '.join(found.members)})"


def standing_of(
    signed: SignedCheckpoint, policy: QuorumPolicy, now: int, refusals: Mapping[str, str] | None = None
) -> Standing:
    """Say which witnesses of a policy cosigned a checkpoint, and whether they are enough. `now` is in seconds since 1970;
    `refusals` say of witnesses that did not why not. The log's own signature is not looked at: see `signed_by_log`.

    Raises:
        LogTampered: a cosignature by a known key does not verify: then nothing in the note is believed.
    """
    why = dict(refusals or {})
    found: dict[str, Cosigner] = {}
    for witness in policy.witnesses:
        times = [cosigned_at(signed.text, one, witness.key) for one in signed.signatures if one.by(witness.key)]
        counted = [time for time in times if time <= now + LEEWAY]
        if counted:
            found[witness.name] = Cosigner(witness=witness.name, key=witness.key.name, time=_told(max(counted)))
        elif times:
            why[witness.name] = f"its cosignature is dated {_told(min(times))}, which is yet to come"
    head = signed.head
    return Standing(
        origin=head.origin,
        size=head.size,
        root=head.root.hex(),
        quorum=policy.told,
        reached=policy.reached(found),
        cosigners=tuple(found.values()),
        refusals=tuple(
            Refusal(witness=witness.name, why=why.get(witness.name, "did not cosign"))
            for witness in policy.witnesses
            if witness.name not in found
        ),
    )


def signed_by_log(signed: SignedCheckpoint, keys: Collection[VerifierKey], *, where: str = "checkpoint") -> VerifierKey:
    """Verify that the log itself signed a checkpoint, and give the key.

    At least one signature must be by one of `keys` whose name is the origin, and each such signature must fit.

    Raises:
        LogTampered: none of them signed, or a signature does not fit.
    """
    vouched = None
    for key in keys:
        for one in signed.signatures:
            if key.name != signed.head.origin or not one.by(key):
                continue
            if not ed25519_fits(key.raw, one.value, signed.text.encode()):
                raise LogTampered("the signature of the log does not fit the checkpoint", where=where)
            vouched = key
    if vouched is None:
        raise LogTampered("no known key of the log signed the checkpoint", where=where)
    return vouched


def _told(time: int) -> str:
    """Write a time as RFC 3339, or as a number where the calendar has no such day."""
    try:
        return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{time} seconds after 1970"
