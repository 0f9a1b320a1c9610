"""A case that would notice a small change of a policy: looked for among cases that differ a little from those there are.

The search is bounded and finds what one or two changed fields can show: a number on the edge of a comparison, the other
severity, the literal that a list names. What it does not find may still exist.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import msgspec

from clearance.decide.decide import decide
from clearance.decide.mutate import Mutant, Seen, firing, noticed, see, swapped
from clearance.decide.policy import ACTS, Policy, nodes
from clearance.decide.policy_set import Policies
from clearance.decide.table import FindingRow, GapRow, Row, TriggerRow, case_of
from clearance.facts.actor import ActorKind
from clearance.facts.classification import Level
from clearance.facts.decision import Verdict
from clearance.facts.finding import Confidence, GapKind, Severity

_MOST_TRIED = 1_500
"""Rows, of each of the two ways to look."""
_MOST_BASES = 6
_FIRST: Mapping[str, Mapping[str, Any]] = {
    "Finding": {"findings": (FindingRow(),)},
    "Trigger": {"triggers": (TriggerRow(id="authentication", tier=1),)},
    "Gap": {"gaps": (GapRow(),)},
}


def witnesses(policies: Policies, policy: Policy, alive: Sequence[Mutant], seen: Sequence[Seen]) -> dict[str, Row]:
    """Give for each mutant of a policy that could be told apart a row that does, by the name of the change. Its verdict and
    reasons are those that the policies of today give."""
    left = {number: one for number, one in enumerate(alive) if one.people is None and not swapped(policy, one)}
    other = [one for one in alive if swapped(policy, one)]
    found: dict[str, Row] = {}
    near: list[Row] = []
    tried = islice(_candidates(policies, policy, seen), _MOST_TRIED)
    beside = islice((other_row for base in near for other_row in _around(base, policy)), _MOST_TRIED)
    for row in chain(tried, beside):
        if not left and not other:
            break
        one = see(policies, row)
        fires, told_apart = firing(policies, policy, list(left.items()), one)
        if fires and len(near) < _MOST_BASES:
            near.append(row)
        for number in told_apart:
            found[left.pop(number).change] = _spelt(policies, row, alive[number].change, policy.id)
        for mutant in [*other] if fires else []:
            if noticed(policies, policy, mutant, [one]):
                other.remove(mutant)
                found[mutant.change] = _spelt(policies, row, mutant.change, policy.id)
    return found


def _candidates(policies: Policies, policy: Policy, seen: Sequence[Seen]) -> Iterator[Row]:
    """Give rows around those on which the policy fires, and around a plain one; the nearest first."""
    is_act = policy.action in ACTS
    near = [one for one in seen if one.case.change.is_act == is_act and not one.row.waivers]
    fires = [one.row for one in near if firing(policies, policy, [], one)[0]]
    plain = Row(name="plain", verdict=Verdict.ALLOW, source="write" if is_act else "range", **_FIRST.get(policy.subject, {}))
    bases = [plain, *sorted(fires, key=lambda row: len(msgspec.json.encode(row)))[:_MOST_BASES]]
    yield from bases
    for base in bases:
        yield from _around(base, policy)
    for base in bases:
        for one in _around(base, policy):
            yield from _around(one, policy)


def _around(row: Row, policy: Policy) -> Iterator[Row]:
    """Give rows that differ from one in one field."""
    texts, numbers = _literals(policy)
    kinds: dict[str, Sequence[Any]] = {
        "tier": range(4), "size": numbers, "author": list(ActorKind), "proof_hours": numbers, "dead_guards": ((), ("hook",)),
        "classification": list(Level), "scanners": [(), None],
    }  # fmt: skip
    if policy.subject == "File":
        kinds["files"] = [(text,) for text in texts]
    for name, values in kinds.items():
        for value in values:
            yield msgspec.structs.replace(row, **{name: value})
    parts: dict[str, dict[str, Sequence[Any]]] = {
        "findings": {
            "severity": list(Severity), "confidence": list(Confidence), "introduced": (True, False), "rule": texts,
            "family": texts, "path": texts, "cwe": [(text,) for text in texts], "classification": list(Level),
        },
        "triggers": {"tier": range(4), "id": texts, "path": texts, "happened": ("changed", "removed")},
        "gaps": {"kind": list(GapKind), "introduced": (True, False), "scanner": texts, "path": texts},
    }  # fmt: skip
    for part, fields in parts.items():
        held = getattr(row, part)
        for name, values in fields.items() if held else ():
            for value in values:
                changed = msgspec.structs.replace(held[0], **{name: value})
                yield msgspec.structs.replace(row, **{part: (changed, *held[1:])})


def _literals(policy: Policy) -> tuple[list[str], list[int]]:
    """Give the texts that a policy names, patterns filled in, and its numbers with their neighbours."""
    texts: dict[str, None] = {"other": None}
    numbers: dict[int, None] = {0: None}
    for node in nodes(policy.tree["conditions"]):
        value = node.get("Value")
        if isinstance(value, str):
            texts[value] = None
        elif isinstance(value, int) and not isinstance(value, bool):
            numbers |= {value - 1: None, value: None, value + 1: None}
        if "like" in node:
            parts = ["x" if one == "Wildcard" else one["Literal"] for one in node["like"]["pattern"]]
            texts |= {"".join(parts): None, "x" + "".join(parts): None, "".join(parts) + "x": None}
    return list(texts), [number for number in numbers if abs(number) < 2**31]


def _spelt(policies: Policies, row: Row, change: str, policy: str) -> Row:
    """Give a row with its name, and with what comes out today."""
    decision = decide(case_of(row), policies)
    fired = tuple(sorted({one.policy for one in decision.reasons if one.verdict is not Verdict.ALLOW}))
    return msgspec.structs.replace(row, name=f"{policy}: {change}", verdict=decision.verdict, reasons=fired, reviews=None)


def toml_of(row: Row) -> str:
    """Write a row as `[[case]]`, without what is as it would be anyway."""
    lines = ["[[case]]"]
    told = msgspec.to_builtins(row)
    standard = msgspec.to_builtins(Row(name="", verdict=Verdict.ALLOW))
    lines += [
        f"{name} = {_value(value)}" for name, value in told.items()
        if name in ("name", "verdict") or (value != standard[name] and not _is_tables(value))
    ]  # fmt: skip
    blank = {"findings": FindingRow(), "gaps": GapRow()}
    for name, value in told.items():
        if _is_tables(value):
            usual = msgspec.to_builtins(blank[name]) if name in blank else {}
            inner = [
                "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in table.items() if usual.get(key) != one) + " }"
                for table in value
            ]
            lines.append(f"{name} = [{', '.join(inner)}]".replace("{  }", "{}"))
    return "\n".join(lines) + "\n"


def _is_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and isinstance(value[0], dict)


def _value(value: Any) -> str:
    """Write a value as TOML, which has JSON's text, numbers, yes or no, and lists."""
    return msgspec.json.encode(value).decode().replace(",", ", ") if isinstance(value, list | tuple) else _one(value)


def _one(value: Any) -> str:
    return msgspec.json.encode(value).decode()
