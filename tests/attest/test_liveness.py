import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clearance.attest.dsse import seal, unseal
from clearance.attest.liveness import LIVENESS_TYPE, evidence_of_proof, liveness_statement
from clearance.attest.signers.memory import MemorySigner
from clearance.facts.entry import ENTRY_LIMIT
from clearance.facts.fact import canonical, digest
from clearance.facts.proof import Proof, Pulse, Shot

SIGNER = MemorySigner("ecdsa-p256", lambda: datetime(2026, 11, 22, tzinfo=UTC))
INPUTS = {"hook": "a" * 64, "gate": "b" * 64}


def proof_of(*shots: Shot, inputs: dict[str, str] = INPUTS) -> Proof:
    return Proof(version="0.1.0", at="2026-11-22T12:00:00Z", inputs=digest(inputs), shots=shots)


def shot(guard: str, pulse: Pulse, why: str = "") -> Shot:
    return Shot(guard=guard, kind=guard.partition(":")[0], pulse=pulse, why=why)


def test_a_statement_names_each_guard_with_what_became_of_it_and_the_whole_proof_as_evidence() -> None:
    proof = proof_of(
        shot("gate", Pulse.ALIVE),
        shot("hook:a:B", Pulse.DEAD, "let it pass"),
        shot("mcp", Pulse.ABSENT),
        shot("x", Pulse.UNTRIED),
    )
    statement = liveness_statement(proof, inputs=INPUTS, tried=("gate",), whole=True, reused="c" * 64)
    said = json.loads(unseal(seal(statement, SIGNER), SIGNER.known()).payload)
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["predicateType"] == LIVENESS_TYPE
    assert said["subject"] == [{"name": "guards", "digest": {"sha256": proof.inputs}}]
    predicate = said["predicate"]
    assert predicate["result"] == "dead"
    assert predicate["alive"] == ["gate"]
    assert predicate["dead"] == [{"guard": "hook:a:B", "why": "let it pass", "since": ""}]
    assert (predicate["absent"], predicate["untried"], predicate["omitted"]) == (["mcp"], ["x"], 0)
    assert predicate["evidence"] == list(evidence_of_proof(proof)) == [digest(proof)]
    assert evidence_of_proof(proof)[digest(proof)] == canonical(proof)


def test_other_inputs_than_those_of_the_proof_are_refused() -> None:
    with pytest.raises(ValueError, match="other inputs"):
        liveness_statement(proof_of(), inputs={"hook": "c" * 64}, tried=(), whole=True)


@settings(max_examples=20)
@given(st.integers(0, 300), st.text("é😀x", min_size=1, max_size=300))
@example(3000, "a guard with quite a name")
def test_any_proof_fits_an_entry_and_says_what_was_left_out(count: int, word: str) -> None:
    proof = proof_of(*(shot(f"rule:{word}{number}", Pulse.DEAD, word * 3) for number in range(count)))
    statement = liveness_statement(proof, inputs=INPUTS, tried=("rule",), whole=False)
    assert len(seal(statement, SIGNER)) <= ENTRY_LIMIT
    assert len(statement.predicate.dead) + statement.predicate.omitted == count
    assert statement.predicate.result == ("dead" if count else "alive")
