"""What witnesses said of a checkpoint."""

from clearance.facts.fact import Fact


class Cosigner(Fact):
    """A witness that cosigned: its name in the policy, the name of its key, and when it signed (RFC 3339 in UTC)."""

    witness: str
    key: str
    time: str


class Refusal(Fact):
    """A witness that did not cosign, and why."""

    witness: str
    why: str


class Standing(Fact):
    """How a checkpoint stands with the witnesses of a policy. `root` is hexadecimal; `quorum` says in words what the policy
    wants; `reached`: the cosigners are enough."""

    origin: str
    size: int
    root: str
    quorum: str
    reached: bool
    cosigners: tuple[Cosigner, ...] = ()
    refusals: tuple[Refusal, ...] = ()
