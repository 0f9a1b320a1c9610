"""From a proof of liveness to the statement that is signed: which guards were tried, and what they did."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from clearance.attest.predicates.fields import NoMoment, NoSha256
from clearance.facts.fact import Fact, canonical, digest
from clearance.facts.proof import Proof, Pulse
from clearance.facts.statement import PAYLOAD_LIMIT, STATEMENT_TYPE, DigestSet, Moment, Resource, Sha256, Statement

LIVENESS_TYPE = "urn:clearance:predicate:liveness:v1"
_STEPS = (2_000, 400, 100, 20, 0)
"""What is tried until a statement fits an entry: how many names of each list stay."""
_TEXT = 200


class DeadGuard(Fact):
    """A guard that let its canary pass: its name, why, and since when (RFC 3339, or empty)."""

    guard: str
    why: str
    since: NoMoment


class LivenessPredicate(Fact, rename="camel"):
    """What a canary showed about each guard. The subject is the state in which they were tried."""

    TYPE: ClassVar[str] = LIVENESS_TYPE

    result: Literal["alive", "dead"]
    """`dead` where at least one guard is."""
    whole: bool
    """Whether all kinds of guards are covered, so that this proof's age is the age of the last proof."""
    tried: tuple[str, ...]
    """The kinds of guards of which each one was looked at in this very run."""
    reused: NoSha256
    """SHA-256 of the proof as which the others stand, empty: none."""
    alive: tuple[str, ...]
    """Guards that stopped the canary."""
    dead: tuple[DeadGuard, ...]
    """Guards that let it pass."""
    absent: tuple[str, ...]
    """Guards that were never installed here."""
    untried: tuple[str, ...]
    """Guards that could not be tried here."""
    omitted: int
    """How many names did not fit the entry."""
    inputs: dict[str, Sha256]
    """By kind of guard, the SHA-256 of all that a result rests on: settings of assistants, rules, policies, our own code."""
    evidence: tuple[Sha256, ...]
    """Bodies beside the log: the proof in full, as canonical JSON."""
    version: str
    """Version of Clearance."""
    time: Moment
    """When they were tried."""


LivenessStatement = Statement[LivenessPredicate]
"""A statement about guards. Its subject is the state that they were tried in: the digest of the inputs."""


def liveness_statement(
    proof: Proof, *, inputs: Mapping[str, str], tried: Sequence[str], whole: bool, reused: str = ""
) -> LivenessStatement:
    """State what a proof showed. `proof.inputs` must be the digest of `inputs`.

    Raises:
        ValueError: it is another digest.
    """
    if digest(dict(inputs)) != proof.inputs:
        raise ValueError("the proof rests on other inputs")
    subject = Resource(name="guards", digest=DigestSet(sha256=proof.inputs))
    attempts = (
        Statement(
            type=STATEMENT_TYPE,
            subject=(subject,),
            predicate_type=LIVENESS_TYPE,
            predicate=_predicate(proof, inputs=inputs, tried=tried, whole=whole, reused=reused, most=most),
        )
        for most in _STEPS
    )
    return next(statement for statement in attempts if len(canonical(statement)) <= PAYLOAD_LIMIT)


def evidence_of_proof(proof: Proof) -> dict[str, bytes]:
    """Give the body that the statement names, by digest: the proof in canonical JSON."""
    return {digest(proof): canonical(proof)}


def _predicate(
    proof: Proof, *, inputs: Mapping[str, str], tried: Sequence[str], whole: bool, reused: str, most: int
) -> LivenessPredicate:
    by_pulse = {pulse: [shot for shot in proof.shots if shot.pulse is pulse] for pulse in Pulse}
    names = {pulse: tuple(_short(shot.guard) for shot in shots[:most]) for pulse, shots in by_pulse.items()}
    dead = by_pulse[Pulse.DEAD]
    return LivenessPredicate(
        result="dead" if dead else "alive",
        whole=whole,
        tried=tuple(tried),
        reused=reused,
        alive=names[Pulse.ALIVE],
        dead=tuple(DeadGuard(guard=_short(one.guard), why=_short(one.why), since=one.since) for one in dead[:most]),
        absent=names[Pulse.ABSENT],
        untried=names[Pulse.UNTRIED],
        omitted=sum(len(shots[most:]) for shots in by_pulse.values()),
        inputs=dict(inputs),
        evidence=(digest(proof),),
        version=proof.version,
        time=proof.at,
    )


def _short(text: str) -> str:
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"
