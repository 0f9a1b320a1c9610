"""Puts a case's questions to the engine: each only to the policies that could say no, and the answers joined.

What no policy could say no to is not asked, and its subject not even shown to the engine, as long as it is plainly what the
schema says; what is not plain is shown, so that the engine refuses it.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import cedarpy
import msgspec

from clearance.decide.policy import Policy
from clearance.decide.policy_set import Policies
from clearance.decide.question import ACTOR, Subject, author, context
from clearance.facts.decision import Case, Verdict

_ALWAYS = frozenset({"Change", "Waiver"})
"""What is asked about even where nothing could forbid it: somebody must have said yes."""
_PERMIT_ALONE: tuple[tuple[int, ...], ...] = ((),)
_LARGEST = 2**63
_NO_NAMES: frozenset[str] = frozenset()
_LONGEST_KEPT = 4_096
"""Characters of entities that are remembered as the engine read them."""
_MOST_GRAPHS = 1_024
Mark = tuple[object, ...]
"""The kind of a subject, the names of all its attributes and their types; or the kind, the name of an attribute, and the
entity that it is."""


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
    actor, around = author(case), context(case)
    change = known[0].attributes
    index = policies.index
    questions = [
        _Question(action, subject, engines or _PERMIT_ALONE)
        for subject in about
        for values in ((subject.attributes, change, actor, around),)
        for action in actions
        if (engines := index.engines(action, subject.kind, values)) or subject.kind in _ALWAYS
    ]
    graph = _graph(policies, questions, known, actor)
    answers = _answers(questions, policies, graph, around)
    return [_voice(question.subject, answer, policies) for question, answer in zip(questions, answers, strict=True)]


def _graph(
    policies: Policies, questions: Sequence[_Question], known: Sequence[Subject], actor: dict[str, Any]
) -> cedarpy.Entities:
    """Give the engine what the policies that are asked can look at, and whatever is not plainly what the schema says."""
    by = ACTOR["id"]
    wanted: dict[str, frozenset[str]] = {}
    """The attributes to show, by the id of what they are of."""
    everything = False
    for question in questions:
        for name in question.engines:
            engine = policies.index.engine(name)
            everything = everything or engine.names is None
            names = engine.names or _NO_NAMES
            subject = question.subject.id if names or name else ""
            for looked_at in (subject, known[0].id if engine.change else "", by if engine.principal else ""):
                if looked_at:
                    wanted[looked_at] = wanted.get(looked_at, _NO_NAMES) | names
    strange = {one.id for one in known if not _is_plain(one.kind, one.attributes, policies.shown)}
    if not _is_plain("Actor", actor, policies.shown):
        strange.add(by)
    if not strange and not everything:
        return _part(policies, actor, known, wanted) if wanted else policies.nothing
    shown = [one for one in known if one.id in wanted or one.id in strange]
    shown_actor = actor if by in wanted or by in strange else None
    graph = _entities(policies, shown_actor, shown)
    for one in shown:
        policies.shown |= _marks(one.kind, one.attributes)
    if shown_actor is not None:
        policies.shown |= _marks("Actor", actor)
    return graph


def _part(
    policies: Policies, actor: dict[str, Any], known: Sequence[Subject], wanted: Mapping[str, AbstractSet[str]]
) -> cedarpy.Entities:
    """Give the engine those attributes that a policy looks at, of what surely fits the schema: to read entities is most of
    what a decision costs. What the engine read of the same text before is not read again. If an attribute were missing here
    that a policy looks at, the policy would fail, and that denies."""
    found = [
        _entity(reference, {name: value for name, value in attributes.items() if name in names})
        for reference, attributes in ((ACTOR, actor), *((one.reference, one.attributes) for one in known))
        if (names := wanted.get(reference["id"])) is not None
    ]
    text = _json(found)
    graph = policies.graphs.get(text)
    if graph is None:
        graph = cedarpy.Entities.from_json_str(text)
        if len(text) <= _LONGEST_KEPT:
            if len(policies.graphs) >= _MOST_GRAPHS:
                policies.graphs.clear()
            policies.graphs[text] = graph
    return graph


def shown_to(policies: Policies, case: Case, shown: Sequence[Subject]) -> cedarpy.Entities:
    """Give subjects, and who wrote the change, in the engine's form.

    Raises:
        ValueError: one of them does not fit the schema.
    """
    return _entities(policies, author(case), shown)


def _entities(policies: Policies, actor: dict[str, Any] | None, shown: Sequence[Subject]) -> cedarpy.Entities:
    found = [] if actor is None else [_entity(ACTOR, actor)]
    found += [_entity(subject.reference, subject.attributes) for subject in shown]
    return cedarpy.Entities.from_json_str(_json(found), policies.schema)


def _entity(reference: Mapping[str, str], attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {"uid": reference, "attrs": attributes, "parents": []}


def _answers(
    questions: Sequence[_Question], policies: Policies, graph: cedarpy.Entities, around: Mapping[str, Any]
) -> list[list[cedarpy.AuthzResult]]:
    """Ask each engine all its questions at once; give the answers to each question."""
    known = _is_plain("context", around, policies.shown)
    by_engine: dict[tuple[int, ...], list[int]] = {}
    answers: list[list[cedarpy.AuthzResult]] = [[] for _ in questions]
    for number, question in enumerate(questions):
        for name in question.engines:
            # The permit alone looks at nothing, so that it says the same each time. The first question is put all the same:
            # an engine that is broken must not go unnoticed.
            said_before = policies.consent.get((question.action, question.subject.kind)) if number and not name else None
            if said_before is not None and known:
                answers[number].append(said_before)
            else:
                by_engine.setdefault(name, []).append(number)
    alone = by_engine.get(()) == [0] and len(by_engine) > 1 and questions[0].subject.kind == "Change"
    if alone and policies.index.engine(()).constant:
        # What only the permit can answer about the change is asked in the same breath: no policy there is about it.
        del by_engine[()]
        by_engine[next(iter(by_engine))].append(0)
    told: dict[str, str] = {}
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
            if engine.constant and _is_permitted(answer, policies):
                policies.consent[questions[number].action, questions[number].subject.kind] = answer
        if whole and all(answer.decision is not cedarpy.Decision.NoDecision for answer in said):
            policies.shown |= _marks("context", around)
    return answers


def _is_permitted(answer: cedarpy.AuthzResult, policies: Policies) -> bool:
    """Tell whether an answer is a plain yes: the permit alone, and nothing went wrong."""
    told = answer.diagnostics
    return told.reasons == policies.permit_ids and not told.errors and answer.decision is cedarpy.Decision.Allow


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


def _shape(kind: str, attributes: Mapping[str, Any]) -> Mark:
    return (kind, *attributes, *map(type, attributes.values()))


def _marks(kind: str, attributes: Mapping[str, Any]) -> set[Mark]:
    """Say which attributes there are, of what types they are, and which entities they name: what the engine found to fit
    once fits again."""
    named = {(kind, name, *value["__entity"].values()) for name, value in attributes.items() if isinstance(value, dict)}
    return {_shape(kind, attributes)} | named


def _is_plain(kind: str, attributes: Mapping[str, Any], shown: AbstractSet[Mark]) -> bool:
    """Tell whether a subject surely fits the schema, as far as what the engine has seen says: its attributes are of the same
    types, its numbers in range, its texts such as can be written, its entities known."""
    if _shape(kind, attributes) not in shown:
        return False
    for name, value in attributes.items():
        is_a = type(value)
        if is_a is str:
            fits = value.isascii() or _is_text(value)
        elif is_a is int:
            fits = -_LARGEST <= value < _LARGEST
        elif is_a is list:
            fits = _are_texts(value)
        elif is_a is dict:
            fits = _names_known(kind, name, value, shown)
        else:
            fits = is_a is bool
        if not fits:
            return False
    return True


def _are_texts(value: Sequence[Any]) -> bool:
    for one in value:  # noqa: SIM110 -- for the few that most lists hold, twice as fast
        if type(one) is not str or not (one.isascii() or _is_text(one)):
            return False
    return True


def _names_known(kind: str, name: str, value: Mapping[str, Any], shown: AbstractSet[Mark]) -> bool:
    try:
        return (kind, name, *value["__entity"].values()) in shown
    except (TypeError, KeyError, AttributeError):
        return False


def _is_text(value: str) -> bool:
    """Tell whether a text has no lone surrogate, which no JSON can carry."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
