"""What a set is kept as, and what differs between two decisions and two statements."""

import hashlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.decide import replay
from clearance.decide.decide import decide
from clearance.decide.policy_set import Policies
from clearance.decide.replay import Texts, bodies_of, differences, digest_of_texts, outside, policies_of, read_kept
from clearance.decide.table import Row, case_of
from clearance.facts.decision import Reason, ReviewNeed, Verdict
from clearance.facts.replay import Differs

QUIET = Row(name="nothing is the matter", verdict=Verdict.ALLOW, tier=0)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def test_a_set_is_kept_under_its_own_digest_and_made_again_from_it(policies: Policies) -> None:
    ((name, body),) = bodies_of(policies, {}).items()
    assert name == policies.digest == digest_of_texts(policies) == hashlib.sha256(body).hexdigest()
    kept = read_kept(body)
    assert isinstance(kept, Texts)
    again = policies_of(kept)
    assert again.digest == name
    assert [one.id for one in again.all] == [one.id for one in policies.all]


def test_what_does_not_lead_to_the_digest_is_not_kept(policies: Policies, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bodies_of(policies.variant("no-secrets", None), {}) == {}
    assert bodies_of(policies, {".clearance/rego/main.rego": "package main"}) != bodies_of(policies, {})
    monkeypatch.setattr(replay, "MOST_KEPT", 100)
    assert bodies_of(policies, {}) == {}


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"{", b"[" * 100_000, b'{"policies": 1, "schema": 2}', b"\xff"])
def test_what_is_no_set_is_none(body: bytes) -> None:
    assert read_kept(body) is None


def test_what_the_permit_is_about_is_no_part_of_a_decision(policies: Policies) -> None:
    decision = decide(case_of(QUIET), policies)
    (permit,) = decision.reasons
    older = msgspec.structs.replace(decision, reasons=(msgspec.structs.replace(permit, about=("the change",)),))
    assert list(differences(older, decision)) == []
    worded = msgspec.structs.replace(decision, reasons=(msgspec.structs.replace(permit, why="because"),))
    assert [one.what for one in differences(worded, decision)] == [f"reason {permit.policy}, why"]


def test_each_part_of_a_decision_is_compared(policies: Policies) -> None:
    decision = decide(case_of(QUIET), policies)
    reason = Reason(policy="x", verdict=Verdict.DENY, why="w", about=("a",))
    had = msgspec.structs.replace(decision, reasons=(reason,), reviews=(), waivers=("one",), policies="f")
    other = msgspec.structs.replace(
        had,
        verdict=Verdict.DENY,
        reasons=(msgspec.structs.replace(reason, about=("a", "b"), fix="f"),),
        reviews=(ReviewNeed(role="reviewer", people=2, because="of it"),),
        waivers=(),
        policies="g",
    )
    assert {one.what: (one.signed, one.now) for one in differences(had, other)} == {
        "verdict": ("ALLOW", "DENY"),
        "digest of the policies": ("f", "g"),
        "reason x, about": ("a", "a, b"),
        "reason x, fix": ("", "f"),
        "review by a reviewer": ("", "2 (of it)"),
        "waivers that count": ("one", ""),
    }


@given(JSON)
def test_a_document_holds_nothing_outside_of_itself(document: Any) -> None:
    assert list(outside(document, document)) == []


@pytest.mark.parametrize(
    ("signed", "now", "what"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, None),
        ({"a": 1, "b": 2}, {"a": 1}, "b"),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, "a.0.b"),
        ({"a": [1]}, {"a": [1, 2]}, "a"),
        ({"a": {}}, {"a": []}, "a"),
    ],
)
def test_what_only_the_later_document_has_is_no_difference(signed: Any, now: Any, what: str | None) -> None:
    assert [one.what for one in outside(signed, now)] == ([f"statement, {what}"] if what else [])


def test_long_texts_are_cut(policies: Policies) -> None:
    (told,) = outside({"a": "x" * 10_000}, {"a": ""})
    assert len(told.signed) == 300
    assert told == Differs(what="statement, a", signed="x" * 299 + "…", now="")
