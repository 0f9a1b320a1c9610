"""Puts a case's questions to the engine: each only to the policies that could say no, and the answers joined.

What no policy could say no to is not asked, and its subject not even shown to the engine, as long as it is plainly what the
schema says; what is not plain is shown, so that the engine refuses it.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import cedarpy
import msgspec

from clearance.decide.guard import Path
from clearance.decide.policy import Policy
from clearance.decide.policy_set import Policies
from clearance.decide.question import ACTOR, Subject, author, context
from clearance.facts.decision import Case, Verdict

_ALWAYS = frozenset({"Change", "Waiver"})
"""What is asked about even where nothing could forbid it: somebody must have said yes."""
_LARGEST = 2**63
Mark = tuple[object, ...]
"""The kind of a subject, the name of an attribute of it, and the value's type, or the entity that it is; or the kind and the
names of all attributes."""


class Voice(NamedTuple):
    """The answer to one question: the policies that fired on a subject, and what went wrong."""

    subject: Subject
    fired: tuple[Policy, ...]
    errors: tuple[str, ...]


class _Question(NamedTuple):
    action: str
    subject: Subject
    engines: tuple[tuple[int, ...], ...]


def asked(
    case: Case, policies: Policies, known: Sequence[Subject], about: Sequence[Subject], actions: Mapping[str, Verdict]
) -> list[Voice]:
    """Ask what may be done with each subject, of those policies that could forbid it. `known` are all that the engine may
    have to know, the change first.

    Raises:
        ValueError: the case does not fit the schema.
    """
    around = {"principal": author(case), "context": context(case)}
    change = known[0].attributes
    questions = [
        _Question(action, subject, engines or ((),))
        for subject in about
        for value_of in (_reader(subject, around, change),)
        for action in actions
        if (engines := policies.index.engines(action, subject.kind, value_of)) or subject.kind in _ALWAYS
    ]
    graph = _graph(policies, questions, known, around["principal"])
    answers = _answers(questions, policies, graph, around["context"])
    return [_voice(question.subject, answers[number], policies) for number, question in enumerate(questions)]


def _graph(
    policies: Policies, questions: Sequence[_Question], known: Sequence[Subject], actor: dict[str, Any]
) -> cedarpy.Entities:
    """Give the engine what the policies that are asked can look at, and whatever is not plainly what the schema says."""
    change, *_ = known
    wanted: set[str] = set()
    for question in questions:
        for name in question.engines:
            engine = policies.index.engine(name)
            if name:
                wanted.add(question.subject.id)
            if engine.change:
                wanted.add(change.id)
            if engine.principal:
                wanted.add(ACTOR["id"])
    shown = [one for one in known if one.id in wanted or not _is_plain(one.kind, one.attributes, policies.shown)]
    by = ACTOR["id"] in wanted or not _is_plain("Actor", actor, policies.shown)
    if not shown and not by:
        return policies.nothing
    graph = _entities(policies, actor if by else None, shown)
    for one in shown:
        policies.shown |= _marks(one.kind, one.attributes)
    if by:
        policies.shown |= _marks("Actor", actor)
    return graph


def shown_to(policies: Policies, case: Case, shown: Sequence[Subject]) -> cedarpy.Entities:
    """Give subjects, and who wrote the change, in the engine's form.

    Raises:
        ValueError: one of them does not fit the schema.
    """
    return _entities(policies, author(case), shown)


def _entities(policies: Policies, actor: dict[str, Any] | None, shown: Sequence[Subject]) -> cedarpy.Entities:
    found = [] if actor is None else [{"uid": ACTOR, "attrs": actor, "parents": []}]
    found += [{"uid": subject.reference, "attrs": subject.attributes, "parents": []} for subject in shown]
    return cedarpy.Entities.from_json_str(_json(found), policies.schema)


def _reader(subject: Subject, around: Mapping[str, Any], change: Mapping[str, Any]) -> Callable[[Path], Any]:
    """Give what looks up an attribute by its path."""
    attributes = subject.attributes

    def value_of(path: Path) -> Any:
        value: Any = around.get(path[0], attributes)
        if len(path) == 2 and path[1] != "change":
            return value[path[1]]
        for name in path[1:]:
            value = change if name == "change" else value[name]
        return value

    return value_of


def _answers(
    questions: Sequence[_Question], policies: Policies, graph: cedarpy.Entities, around: Mapping[str, Any]
) -> list[list[cedarpy.AuthzResult]]:
    """Ask each engine all its questions at once; give the answers to each question."""
    by_engine: dict[tuple[int, ...], list[int]] = {}
    for number, question in enumerate(questions):
        for name in question.engines:
            by_engine.setdefault(name, []).append(number)
    if () in by_engine and len(by_engine) > 1:
        # What only the permit can answer about the change is asked in the same breath: no policy there is about it.
        about_change = [number for number in by_engine[()] if questions[number].subject.kind == "Change"]
        if len(about_change) == len(by_engine[()]):
            del by_engine[()]
            by_engine[next(iter(by_engine))] += about_change
    marks = _marks("context", around)
    known = _is_sound(around) and marks <= policies.shown
    told: dict[str, str] = {}
    answers: list[list[cedarpy.AuthzResult]] = [[] for _ in questions]
    for name, numbers in by_engine.items():
        engine = policies.index.engine(name)
        # A question without its context does not fit the schema. Where no policy could look at the context, and one of its
        # kind was found to fit before, neither is needed.
        whole = engine.context or not known
        if whole and not told:
            told = {"context": _json(around)}
        requests = [_request(questions[number]) | (told if whole else {}) for number in numbers]
        schema = policies.schema if whole else None
        said = cedarpy.is_authorized_batch(requests, engine.policies, graph, schema)
        for number, answer in zip(numbers, said, strict=True):
            answers[number].append(answer)
        if whole and all(answer.decision is not cedarpy.Decision.NoDecision for answer in said):
            policies.shown |= marks
    return answers


def _is_permitted(answer: cedarpy.AuthzResult, policies: Policies) -> bool:
    """Tell whether an answer is a plain yes: the permit alone, and nothing went wrong."""
    told = answer.diagnostics
    return answer.allowed and not told.errors and [policy.id for policy in policies.permits] == told.reasons


def _request(question: _Question) -> dict[str, Any]:
    return {
        "principal": ACTOR,
        "action": {"type": "Action", "id": question.action},
        "resource": question.subject.reference,
    }


def _voice(subject: Subject, answers: Sequence[cedarpy.AuthzResult], policies: Policies) -> Voice:
    """Join what several engines say of one subject: whoever forbids counts, the permit only where nobody does."""
    if len(answers) == 1 and _is_permitted(answers[0], policies):
        return Voice(subject, policies.permits, ())
    errors: dict[str, None] = {}
    fired: dict[str, Policy] = {}
    for answer in answers:
        errors |= dict.fromkeys(answer.diagnostics.errors)
        found = [policies.get(name) for name in answer.diagnostics.reasons]
        known = [policy for policy in found if policy is not None]
        if len(known) != len(found) or not known:
            errors[f"no policy answers for {subject.label}"] = None
        elif (answer.decision is cedarpy.Decision.Allow) != all(policy.verdict is Verdict.ALLOW for policy in known):
            errors[f"the answer for {subject.label} contradicts its policies"] = None
        fired |= {policy.id: policy for policy in known}
    forbidding = tuple(policy for policy in fired.values() if policy.verdict is not Verdict.ALLOW)
    if not answers:
        errors[f"nobody answers for {subject.label}"] = None
    return Voice(subject, forbidding or tuple(fired.values()), tuple(errors))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode("utf-8")


def _marks(kind: str, attributes: Mapping[str, Any]) -> set[Mark]:
    """Say which attributes there are, of what types they are, and which entities they name: what the engine found to fit
    once fits again."""
    marks: set[Mark] = {
        (kind, name, *value["__entity"].values()) if type(value) is dict else (kind, name, type(value))
        for name, value in attributes.items()
    }
    return marks | {(kind, *attributes)}


def _is_plain(kind: str, attributes: Mapping[str, Any], shown: AbstractSet[Mark]) -> bool:
    """Tell whether a subject surely fits the schema, as far as what the engine has seen says."""
    if (kind, *attributes) not in shown:
        return False
    try:
        for name, value in attributes.items():
            is_a = type(value)
            mark = (kind, name, *value["__entity"].values()) if is_a is dict else (kind, name, is_a)
            if mark not in shown:
                return False
        return _is_sound(attributes)
    except (TypeError, KeyError, AttributeError):
        return False


def _is_sound(attributes: Mapping[str, Any]) -> bool:
    """Tell whether numbers are in range and texts can be written."""
    for value in attributes.values():
        kind = type(value)
        if kind is int:
            if not -_LARGEST <= value < _LARGEST:
                return False
        elif kind is list:
            if value and not all(type(one) is str and _is_text(one) for one in value):
                return False
        elif kind is str and not _is_text(value):
            return False
    return True


def _is_text(value: str) -> bool:
    """Tell whether a text has no lone surrogate, which no JSON can carry."""
    if value.isascii():
        return True
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
