"""Mutation testing of policies: each is changed a little, and some case must notice.

DeMillo, Lipton, Sayward, "Hints on test data selection", 1978: a test that cannot tell a program from a slightly wrong one
has not tested the difference.

All mutants of a policy are put into one compiled set, so that a case is asked about once for all of them. That is sound
because a reason is there or not: what a policy does to other policies' reasons is nothing, but for waivers, whose policies
take the long way, as do mutants that fire where their policy does and say something else.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import cedarpy
import msgspec

from clearance.decide.asking import shown_to
from clearance.decide.decide import ask, decide, waived
from clearance.decide.index import compiled
from clearance.decide.policy import ACTIONS, ACTS, WAIVING, Policy, Role, nodes
from clearance.decide.policy_set import Policies
from clearance.decide.question import ACTOR, Subject, context, subjects
from clearance.decide.table import Row, case_of, said
from clearance.facts.decision import Case, Verdict
from clearance.facts.fact import Fact

DROPPED = "dropped"
ORIGINAL = "original"

Tree = dict[str, Any]
_ENUM = re.compile(r"entity (\w+) enum \[([^\]]*)\]")
_NAMED = re.compile(r"`m(\d+)`")
_COMPARISONS = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",)}
_OF_SETS = {"containsAll": "containsAny", "containsAny": "containsAll"}
_SWAPPED = {"go-further": "go-further-unreviewed", "act": "act-unasked"}
_SWAPPED |= {other: one for one, other in _SWAPPED.items()}


class Survivor(Fact):
    """A small change of a policy that no case notices. `change` says what was done to it; `DROPPED` is the whole policy.
    `text` is the mutant as Cedar, empty for a policy that was dropped, or whose `@people` were lowered."""

    policy: str
    change: str
    text: str = ""


class Mutant(NamedTuple):
    """A policy that was changed: `tree` None for no policy at all; `people` where these were lowered."""

    change: str
    tree: Tree | None
    people: tuple[tuple[Role, int], ...] | None = None


class Seen(NamedTuple):
    """A row, its case, what comes out of it, and the subjects that questions are about."""

    row: Row
    case: Case
    said: str
    about: list[Subject]


def see(policies: Policies, row: Row) -> Seen:
    """Spell a row out and decide it."""
    case = case_of(row)
    about = list(subjects(case, waived(case, ask(case, policies)))) if row.waivers else list(subjects(case))
    return Seen(row, case, said(decide(case, policies)), about)


def survivors(
    policies: Policies,
    rows: Sequence[Row],
    *,
    only_team: bool = False,
    names: Sequence[str] = (),
    progress: Callable[[int, int], object] = lambda _done, _all: None,
) -> tuple[Survivor, ...]:
    """Give each small change of each forbidding policy, or of those named, with which all cases still come out the same."""
    seen = [see(policies, row) for row in rows]
    wanted = [
        policy
        for policy in policies.all
        if policy.verdict is not Verdict.ALLOW and (policy.team or not only_team) and (not names or policy.id in names)
    ]
    alive = []
    for done, policy in enumerate(wanted):
        progress(done, len(wanted))
        alive += [
            Survivor(policy=policy.id, change=one.change, text=text_of(one)) for one in unnoticed(policies, policy, seen)
        ]
    progress(len(wanted), len(wanted))
    return tuple(alive)


def unnoticed(
    policies: Policies, policy: Policy, seen: Sequence[Seen], among: Sequence[Mutant] | None = None
) -> list[Mutant]:
    """Give the mutants of one policy that no case notices; `among` are all of it, where the caller has them already."""
    every = all_mutants(policy, policies) if among is None else among
    # A policy about acts is never asked about a change, nor the other way round.
    asked = [one for one in seen if one.case.change.is_act == (policy.action in ACTS)]
    bulk: list[Mutant] = []
    single: list[Mutant] = []
    for mutant in every:
        whole = policy.action in WAIVING or swapped(policy, mutant) or mutant.people is not None
        (single if whole else bulk).append(mutant)
    if policy.action in WAIVING:
        asked = [one for one in asked if one.row.waivers]
    left = dict(enumerate(bulk))
    fires = []
    for one in asked if policy.action not in WAIVING else ():
        original, changed = firing(policies, policy, list(left.items()), one)
        if original:
            fires.append(one)
        left = {number: mutant for number, mutant in left.items() if number not in changed}
    tried = asked if policy.action in WAIVING else fires
    alive = [*left.values(), *(mutant for mutant in single if not noticed(policies, policy, mutant, tried))]
    order = {mutant.change: number for number, mutant in enumerate(every)}
    return sorted(alive, key=lambda mutant: order[mutant.change])


def firing(policies: Policies, policy: Policy, numbered: Sequence[tuple[int, Mutant]], one: Seen) -> tuple[bool, set[int]]:
    """Tell whether a policy fires on a case, and which of its mutants come out otherwise than it does."""
    about = [subject for subject in one.about if subject.kind == policy.subject]
    if not about:
        return False, set()
    trees = {f"m{number}": mutant.tree for number, mutant in numbered if mutant.tree is not None}
    permits = {each.id: each.tree for each in policies.all if each.verdict is Verdict.ALLOW}
    engine = compiled(permits | trees | {ORIGINAL: policy.tree})
    graph = shown_to(policies, one.case, [one.about[0], *(each for each in about if each.kind != "Change")])
    action = {"type": "Action", "id": policy.action}
    requests = [
        {"principal": ACTOR, "action": action, "resource": each.reference, "context": context(one.case)} for each in about
    ]
    fired: set[str] = set()
    failed: set[str] = set()
    for answer in cedarpy.is_authorized_batch(requests, engine, graph, policies.schema):
        fired.update(answer.diagnostics.reasons)
        failed.update(f"m{name}" for error in answer.diagnostics.errors for name in _NAMED.findall(error))
    here = ORIGINAL in fired
    return here, {
        number
        for number, mutant in numbered
        if (mutant.tree is not None and f"m{number}" in fired) != here or f"m{number}" in failed
    }


def swapped(policy: Policy, mutant: Mutant) -> bool:
    """Tell whether a mutant forbids another action than its policy."""
    return mutant.tree is not None and mutant.tree["action"] != policy.tree["action"]


def noticed(policies: Policies, policy: Policy, mutant: Mutant, tried: Sequence[Seen]) -> bool:
    """Decide cases anew with a mutant in the place of its policy, until one comes out otherwise."""
    fields = {field: getattr(policy, field) for field in policy.__struct_fields__}
    if mutant.tree is not None:
        action = mutant.tree["action"]["entity"]["id"]
        fields |= {"tree": mutant.tree, "action": action, "verdict": (ACTIONS | ACTS | WAIVING)[action]}
        if swapped(policy, mutant):
            fields["people"] = (("reviewer", 1),) if action == "go-further-unreviewed" else ()
    if mutant.people is not None:
        fields["people"] = mutant.people
        tried = [one for one in tried if one.row.reviews is not None]
    others = tuple(one for one in policies.all if one.id != policy.id)
    changed = others if mutant.tree is None and mutant.people is None else (*others, Policy(**fields))
    variant = Policies(
        tuple(sorted(changed, key=lambda one: one.id)), policies.schema, policies.schema_text, "", policies.judge
    )
    return any(_told(one.row, said(decide(one.case, variant))) != _told(one.row, one.said) for one in tried)


def _told(row: Row, text: str) -> str:
    """Give what a row says of what came out: who must look only where it says so."""
    return text if row.reviews is not None else text.partition("; to look:")[0]


def all_mutants(policy: Policy, policies: Policies) -> list[Mutant]:
    """Give each small change of a policy once."""
    found = {change: Mutant(change, tree) for change, tree in mutants(policy, enums_of(policies.schema_text))}
    for change, people in _fewer_people(policy):
        found[change] = Mutant(change, None, people)
    return list(found.values())


def enums_of(schema: str) -> dict[str, list[str]]:
    """Give the ids of each enumerated entity of a schema."""
    return {name: re.findall(r'"([^"]*)"', listed) for name, listed in _ENUM.findall(schema)}


def mutants(policy: Policy, enums: Mapping[str, Sequence[str]] = {}) -> Iterator[tuple[str, Tree | None]]:
    """Give each small change with its name and the changed tree; None for no policy at all. `enums` are the ids that may
    stand in for another."""
    yield DROPPED, None
    other = _SWAPPED.get(policy.action)
    if other:
        tree = _copied(policy.tree)
        tree["action"]["entity"]["id"] = other
        yield f'forbids "{other}" instead', tree
    for number, condition in enumerate(policy.tree["conditions"], 1):
        tree = _copied(policy.tree)
        del tree["conditions"][number - 1]
        yield f"condition {number} ({condition['kind']}) dropped", tree
        tree = _copied(policy.tree)
        tree["conditions"][number - 1]["kind"] = "unless" if condition["kind"] == "when" else "when"
        yield f"condition {number} ({condition['kind']}) turned", tree
    seen: set[bytes] = set()
    for number, node in enumerate(nodes(policy.tree["conditions"])):
        for change, replacement in _changed(number, node, enums):
            tree = _with(policy, number, replacement)
            form = msgspec.json.encode(tree)
            if form not in seen:
                seen.add(form)
                yield change, tree


def _changed(number: int, node: Tree, enums: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Tree]]:
    """Give what can stand in the place of one part of a condition."""
    for operator in ("&&", "||"):
        for kept in ("left", "right") if operator in node else ():
            yield f"{operator} number {number} keeps only its {kept} side", node[operator][kept]
    for operator, others in _COMPARISONS.items():
        for other in others if operator in node else ():
            yield f"{operator} number {number} becomes {other}", {other: node[operator]}
    for operator, other in _OF_SETS.items():
        if operator in node:
            yield f"{operator} number {number} becomes {other}", {other: node[operator]}
    if "!" in node:
        yield f"! number {number} dropped", node["!"]["arg"]
    if "has" in node:
        yield f"has number {number} becomes true", {"Value": True}
    if "Set" in node:
        for entry in range(len(node["Set"])):
            rest = node["Set"][:entry] + node["Set"][entry + 1 :]
            if rest:
                yield f"list number {number} loses entry {entry + 1}", {"Set": rest}
    if "Value" in node:
        yield from _other_values(number, node["Value"], enums)
    if "like" in node:
        yield from _other_patterns(number, node["like"])


def _other_values(number: int, value: Any, enums: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Tree]]:
    match value:
        case bool():
            yield f"{str(value).lower()} number {number} turned", {"Value": not value}
        case int():
            yield f"{value} number {number} becomes {value + 1}", {"Value": value + 1}
            yield f"{value} number {number} becomes {value - 1}", {"Value": value - 1}
        case str():
            yield f'"{value}" number {number} becomes another text', {"Value": value + "~"}
        case {"__entity": {"type": kind, "id": name}} if name in enums.get(kind, ()):
            ids = enums[kind]
            other = ids[(ids.index(name) + 1) % len(ids)]
            yield f'"{name}" number {number} becomes "{other}"', {"Value": {"__entity": {"type": kind, "id": other}}}


def _other_patterns(number: int, like: Tree) -> Iterator[tuple[str, Tree]]:
    pattern = like["pattern"]
    for place, part in enumerate(pattern):
        if part == "Wildcard":
            rest = pattern[:place] + pattern[place + 1 :]
            yield f"pattern number {number} loses star {place + 1}", {"like": {"left": like["left"], "pattern": rest}}
    if any(part != "Wildcard" for part in pattern):
        yield f"pattern number {number} fits everything", {"like": {"left": like["left"], "pattern": ["Wildcard"]}}


def _fewer_people(policy: Policy) -> Iterator[tuple[str, tuple[tuple[Role, int], ...]]]:
    for role, count in policy.people:
        rest = tuple((name, number) for name, number in policy.people if name != role)
        fewer = tuple((name, number - (name == role)) for name, number in policy.people)
        if count > 1:
            yield f"@people: one {role} fewer", fewer
        elif rest:
            yield f"@people: no {role}", rest


def _with(policy: Policy, number: int, replacement: Tree) -> Tree:
    """Copy a policy's tree with the nth node of its conditions replaced."""
    tree: Tree = _copied(policy.tree)
    node = next(node for at, node in enumerate(nodes(tree["conditions"])) if at == number)
    fresh = _copied(replacement)
    node.clear()
    node.update(fresh)
    return tree


def _copied(tree: Tree) -> Tree:
    """Copy a tree, however deep, as JSON."""
    found: Tree = msgspec.json.decode(msgspec.json.encode(tree))
    return found


def text_of(mutant: Mutant) -> str:
    """Give a mutant as Cedar, without its annotations."""
    if mutant.tree is None:
        return ""
    tree = {**mutant.tree, "annotations": {}}
    whole = msgspec.json.encode({"templates": {}, "staticPolicies": {"m": tree}, "templateLinks": []}).decode()
    return cedarpy.format_policies(cedarpy.policies_from_json_str(whole), line_width=100).strip()
