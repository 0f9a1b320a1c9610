"""From a proof of liveness to the statement that is signed: which guards were tried, and what they did."""

from collections.abc import Mapping, Sequence

from clearance.facts.fact import Fact, canonical, digest
from clearance.facts.proof import Proof, Pulse
from clearance.facts.statement import STATEMENT_TYPE, DigestSet, Resource

LIVENESS_TYPE = "urn:clearance:predicate:liveness:v1"
_PAYLOAD_BYTES = 48_000
_STEPS = (2_000, 400, 100, 20, 0)
"""What is tried until a statement fits an entry: how many names of each list stay."""
_TEXT = 200


class DeadGuard(Fact):
    """A guard that let its canary pass: its name, why, and since when (RFC 3339, or empty)."""

    guard: str
    why: str
    since: str


class LivenessPredicate(Fact, rename="camel"):
    """What a canary showed about each guard.

    `result` is `alive` where no guard is dead. `alive`, `dead`, `absent` and `untried` name guards; `omitted` counts the
    names that did not fit the entry. `tried` are the kinds of guards of which each one was looked at in this very run; the
    others stand as in the proof whose digest is `reused` (empty: none). `inputs` are digests, by kind, of all that a result
    rests on: settings of assistants, rules, policies, our own code. `evidence` names the body beside the log: the proof in
    full, as canonical JSON. `time` is RFC 3339 in UTC.
    """

    result: str
    whole: bool
    """Whether all kinds of guards are covered, so that this proof's age is the age of the last proof."""
    tried: tuple[str, ...]
    reused: str
    alive: tuple[str, ...]
    dead: tuple[DeadGuard, ...]
    absent: tuple[str, ...]
    untried: tuple[str, ...]
    omitted: int
    inputs: dict[str, str]
    evidence: tuple[str, ...]
    version: str
    time: str


class LivenessStatement(Fact, rename={"type": "_type", "predicate_type": "predicateType"}):
    """A statement about guards. Its subject is the state that they were tried in: the digest of the inputs."""

    type: str
    subject: tuple[Resource, ...]
    predicate_type: str
    predicate: LivenessPredicate


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
        LivenessStatement(
            type=STATEMENT_TYPE,
            subject=(subject,),
            predicate_type=LIVENESS_TYPE,
            predicate=_predicate(proof, inputs=inputs, tried=tried, whole=whole, reused=reused, most=most),
        )
        for most in _STEPS
    )
    return next(statement for statement in attempts if len(canonical(statement)) <= _PAYLOAD_BYTES)


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
