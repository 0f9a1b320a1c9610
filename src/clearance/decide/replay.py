"""What must be kept so that a decision can be given again, and what differs between two decisions about one case.

The digest of a set of policies is over the schema and every policy's text: what it is over is kept as it is, so that the
digest that a statement names is the name of the body, too. With rules in Rego there are three: the policies, the rules, and
the two digests that the set's own is over.
"""

import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from clearance.decide.decide import ask, waived
from clearance.decide.judges import KEYS
from clearance.decide.policy import ACTIONS, ACTS, ERROR, WAIVING
from clearance.decide.policy_set import Policies
from clearance.decide.question import ACTOR, context, entities, subjects, waivers
from clearance.facts.decision import Case, Decision, Reason, Verdict
from clearance.facts.fact import canonical
from clearance.facts.replay import Differs

MOST_KEPT = 16 << 20
"""Bytes of a set that is kept; of a larger one, only the digest is."""
_MOST_TOLD = 300


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The texts of policies by id, and the schema's."""

    policies: dict[str, str]
    schema: str


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rules in Rego by path, and the keys of the document that they were written for."""

    rego: dict[str, str]
    document: list[str]


class Joint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The digests of policies, and of the rules in Rego that judge beside them."""

    policies: str
    judge: str


@lru_cache(maxsize=4)
def _texts(policies: Policies) -> bytes:
    texts = {policy.id: policy.text for policy in policies.all}
    return canonical({"schema": policies.schema_text.replace("\r\n", "\n"), "policies": texts})


def digest_of_texts(policies: Policies) -> str:
    """Give the digest of a set without the judge beside it."""
    return hashlib.sha256(_texts(policies)).hexdigest()


def bodies_of(policies: Policies, rego: Mapping[str, str]) -> dict[str, bytes]:
    """Give what is to be kept of a set, by SHA-256; `rego` are the rules of its judge. Nothing where it does not lead to the
    set's own digest, or is larger than `MOST_KEPT`."""
    body = _texts(policies)
    found = {hashlib.sha256(body).hexdigest(): body}
    if rego:
        rules = canonical({"rego": dict(rego), "document": KEYS})
        named = hashlib.sha256(rules).hexdigest()
        joint = canonical({"policies": next(iter(found)), "judge": named})
        found |= {named: rules, hashlib.sha256(joint).hexdigest(): joint}
    whole = policies.digest in found and sum(map(len, found.values())) <= MOST_KEPT
    return found if whole else {}


def read_kept(body: bytes) -> Texts | Rules | Joint | None:
    """Read a body; None where it is none of a set of policies."""
    kinds: tuple[type[Joint | Rules | Texts], ...] = (Joint, Rules, Texts)
    for kind in kinds:
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, RecursionError):
            continue
    return None


def policies_of(texts: Texts) -> Policies:
    """Make the policies that were kept.

    Raises:
        BadPolicy: this version does not accept them.
    """
    return Policies.load({f"policies/{name}.cedar": text for name, text in texts.policies.items()}, {}, texts.schema)


def questions_of(case: Case, policies: Policies) -> list[dict[str, Any]]:
    """Give what is asked of a whole set about a case, in Cedar's own JSON, so that any other engine can be asked the same:
    `entities`, `context`, and `requests` (principal, action, resource). With waivers there are two rounds: first which of
    them count, then everything else. Policies that forbid one of the requests are the reasons; nobody forbids any: ALLOW."""
    voices = ask(case, policies)
    covered = list(waivers(case))
    rounds = [([next(subjects(case)), *covered], covered, WAIVING)] if covered else []
    about = list(subjects(case, waived(case, voices)))
    rounds.append((about, about, ACTS if case.change.is_act else ACTIONS))
    return [
        {
            "entities": entities(case, known),
            "context": context(case),
            "requests": [
                {"principal": ACTOR, "action": {"type": "Action", "id": action}, "resource": subject.reference}
                for subject in asked
                for action in actions
            ],
        }
        for known, asked, actions in rounds
    ]


def speaks_otherwise(signed: Decision, now: Decision, policies: Policies, schema: str) -> str:
    """Say why a decision comes out otherwise although nothing was decided: the policies could not be evaluated as this
    version asks them (`schema` is its own), or a judge could not be asked. Empty: no such reason."""
    before = {reason.policy for reason in signed.reasons}
    for reason in now.reasons:
        if reason.policy in before:
            continue
        if reason.policy == ERROR and policies.schema_text.replace("\r\n", "\n") != schema.replace("\r\n", "\n"):
            return f"the schema that was kept is not the one that this version asks by: {_cut(_listed(reason.about))}"
        if reason.could_not_look and (reason.policy == "rego" or reason.policy.startswith("rego:")):
            return f"the rules in Rego could not be asked: {_cut(_listed(reason.about))}"
    return ""


def differences(signed: Decision, now: Decision) -> Iterator[Differs]:
    """Give what differs between a decision and the same one given again: verdict, reasons, reviews, waivers, digest of the
    policies. The case's digest is that of the body it was read from. What the permit is about is no part of a decision."""
    if signed.verdict is not now.verdict:
        yield Differs(what="verdict", signed=signed.verdict.value, now=now.verdict.value)
    if signed.policies != now.policies:
        yield Differs(what="digest of the policies", signed=signed.policies, now=now.policies)
    one, other = ({reason.policy: reason for reason in each.reasons} for each in (signed, now))
    for name in dict.fromkeys((*one, *other)):
        yield from _reason(name, one.get(name), other.get(name))
    before, after = ({need.role: need for need in each.reviews} for each in (signed, now))
    for role in dict.fromkeys((*before, *after)):
        had, has = before.get(role), after.get(role)
        if had != has:
            people = [f"{need.people} ({_cut(need.because)})" if need else "" for need in (had, has)]
            yield Differs(what=f"review by a {role}", signed=people[0], now=people[1])
    if signed.waivers != now.waivers:
        yield Differs(what="waivers that count", signed=_listed(signed.waivers), now=_listed(now.waivers))


def _reason(name: str, signed: Reason | None, now: Reason | None) -> Iterator[Differs]:
    if signed is None or now is None:
        told = [f"{one.verdict.value}, about {_listed(one.about) or 'the change'}" if one else "" for one in (signed, now)]
        yield Differs(what=f"reason {name}", signed=_cut(told[0]), now=_cut(told[1]))
        return
    for field in signed.__struct_fields__:
        had, has = getattr(signed, field), getattr(now, field)
        if had != has and not (field == "about" and signed.verdict is now.verdict is Verdict.ALLOW):
            yield Differs(what=f"reason {name}, {field}", signed=_said(had), now=_said(has))


def outside(signed: Any, now: Any, path: str = "", deep: int = 0) -> Iterator[Differs]:
    """Give where a document holds something other than another one, as far as the first one goes: what only the second one
    has came with a later version. Paths are written with dots."""
    if isinstance(signed, dict) and isinstance(now, dict) and deep < 12:
        for name, value in signed.items():
            yield from outside(value, now.get(name), f"{path}.{name}".lstrip("."), deep + 1)
    elif isinstance(signed, list) and isinstance(now, list) and len(signed) == len(now) and deep < 12:
        for number, (value, other) in enumerate(zip(signed, now, strict=True)):
            yield from outside(value, other, f"{path}.{number}", deep + 1)
    elif signed != now:
        yield Differs(what=f"statement, {path}", signed=_said(signed), now=_said(now))


def _said(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return _cut(_listed(tuple(map(str, value))))
    return _cut(str(getattr(value, "value", value)))


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:20]) + (f", and {len(names) - 20} more" if len(names) > 20 else "")


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_TOLD else text[: _MOST_TOLD - 1] + "…"
