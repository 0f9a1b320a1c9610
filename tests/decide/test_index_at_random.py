"""The index against the whole set on hundreds of policies at once: every attribute of the schema, in every comparison, with
parts before and behind it that fail. That this comparison could see a wrong guard is shown with guards broken on purpose."""

import contextlib
import random
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import cedarpy
import pytest

from clearance.decide import asking, guard, index
from clearance.decide.asking import shown_to
from clearance.decide.decide import ask, waived
from clearance.decide.policy import ACTIONS, ACTS, WAIVING, read_policy
from clearance.decide.policy_set import Policies, faults
from clearance.decide.question import ACTOR, Subject, context, subjects, waivers
from clearance.decide.table import Row, case_of
from clearance.facts.decision import Case

_KINDS = ("Change", "File", "Finding", "Trigger", "Gap", "Waiver")
_WORDS = (
    "", "a", "src/app.py", "python-eval", "secrets", "code", "CWE-89", "authentication", "CWE-798", "code-is-weak",
    "working-tree", "write", "range", "command.sh", "database-query",
)  # fmt: skip
_PATTERNS = ("*a*", "src/*", "*.py", "*", "a", "s*y", "", "*-*", "c*")
_NAMED = re.compile(r"`(z\d+)`")
Shape = Mapping[str, Mapping[str, str]]


class Seen(NamedTuple):
    """What the whole set says of a case: by subject and action the policies that fired, and those that failed."""

    case: Case
    about: list[Subject]
    said: dict[str, tuple[frozenset[str], frozenset[str]]]


@lru_cache(maxsize=1)
def shape_of(schema: str) -> tuple[dict[str, list[str]], dict[str, dict[str, str]]]:
    """Give the ids of enumerated entities, and the attributes of the others with their types; `context` is one of them."""
    text = re.sub(r"//[^\n]*", "", schema)
    enums = {name: re.findall(r'"([^"]*)"', ids) for name, ids in re.findall(r"entity\s+(\w+)\s+enum\s*\[([^\]]*)\]", text)}
    attribute = re.compile(r"(\w+)\s*:\s*(Set<\w+>|\w+)")
    whole = {name: dict(attribute.findall(body)) for name, body in re.findall(r"entity\s+(\w+)\s*\{([^}]*)\}", text)}
    around = re.search(r"context:\s*\{([^}]*)\}", text)
    assert around is not None
    return enums, whole | {"context": dict(attribute.findall(around[1]))}


class Author:
    """Writes policies at random."""

    def __init__(self, seed: int, schema: str) -> None:
        self._made = random.Random(seed)
        self._enums, self._whole = shape_of(schema)

    def policy(self, number: int) -> str:
        """Write one about any subject."""
        kind = self._made.choice(_KINDS)
        action = self._made.choice(sorted(WAIVING if kind == "Waiver" else ACTIONS | ACTS))
        conditions = " ".join(
            f"{self._made.choice(['when', 'unless'])} {{ {self.expression(kind, self._made.randrange(4))} }}"
            for _ in range(self._made.choice([1, 1, 2]))
        )
        head = f'principal, action == Action::"{action}", resource is {kind}'
        return f'@id("z{number}")\n@why("w")\nforbid ({head})\n{conditions};'

    def expression(self, kind: str, depth: int) -> str:
        """Write a condition, at most so deep."""
        if depth == 0:
            return self.part(kind)
        one, other = self.expression(kind, depth - 1), self.expression(kind, self._made.randrange(depth))
        return self._made.choice([
            f"({one} && {other})", f"({other} && {one})", f"({one} || {other})", f"({other} || {one})", f"!({one})",
            f"(if {one} then {other} else {self.part(kind)})", f"({self.failing(kind)} && {one})",
            f"({self.failing(kind)} || {one})", f"({one} && {self.failing(kind)})",
        ])  # fmt: skip

    def failing(self, kind: str) -> str:
        """Write a part that overflows for some values."""
        path = self._made.choice([path for path, type_ in self.paths(kind) if type_ == "Long"])
        how = self._made.choice(["* 9223372036854775807 >= 0", "+ 9223372036854775807 >= 0", "* 9223372036854775807 < 0"])
        return f"{path} {how}"

    def paths(self, kind: str) -> list[tuple[str, str]]:
        """Give what can be asked of a subject, with types."""
        own = self._whole[kind]
        found = [(f"resource.{name}", type_) for name, type_ in own.items()]
        if "change" in own:
            found += [(f"resource.change.{name}", type_) for name, type_ in self._whole["Change"].items()]
        for root, name in (("principal", "Actor"), ("context", "context")):
            found += [(f"{root}.{attribute}", type_) for attribute, type_ in self._whole[name].items()]
        return found

    def literal(self, type_: str) -> str:
        """Write a value of a type."""
        if type_ == "Long":
            return str(self._made.choice([-1, 0, 1, 2, 3, 5, 100]))
        if type_ == "Bool":
            return self._made.choice(["true", "false"])
        if type_ == "String":
            return f'"{self._made.choice(_WORDS)}"'
        names = self._enums.get(type_) or ["change", "other"]
        return f'{type_}::"{self._made.choice(names)}"'

    def part(self, kind: str) -> str:
        """Write a comparison of one attribute."""
        if self._made.random() < 0.05:
            return self.failing(kind)
        path, type_ = self._made.choice(self.paths(kind))
        if type_.startswith("Set<"):
            one, other = (self.literal(type_[4:-1]) for _ in range(2))
            return self._made.choice([
                f"{path}.contains({one})", f"{path}.containsAny([{one}, {other}])", f"[{one}, {other}].containsAny({path})",
                f"{path}.containsAll([{one}, {other}])", f"[{one}, {other}].containsAll({path})", f"{path}.isEmpty()",
            ])  # fmt: skip
        one, other = self.literal(type_), self.literal(type_)
        found = [f"{path} == {one}", f"{one} == {path}", f"{path} != {one}", f"[{one}, {other}].contains({path})"]
        if type_ == "Long":
            found += [f"{path} {how} {one}" for how in ("<", "<=", ">", ">=")]
            found += [f"{one} {how} {path}" for how in ("<", "<=", ">", ">=")]
        elif type_ == "Bool":
            found += [path, path]
        elif type_ == "String":
            found += [f'{path} like "{pattern}"' for pattern in _PATTERNS]
        else:
            found += [f"{path} in {one}", f"{path} in [{one}, {other}]", f"{path} is {type_}"]
        return self._made.choice(found)


def written(seed: int, count: int, builtin: dict[str, str], schema: str) -> Policies:
    """Write policies, and load those that Cedar's validation takes beside ours."""
    author = Author(seed, schema)
    texts = {f"z{number}.cedar": author.policy(number) for number in range(count)}
    read = [read_policy(text, where, team=True) for where, text in texts.items()]
    refused = {policy.where for policy, _ in faults(read, cedarpy.Schema.from_str(schema))}
    kept = {where: text for where, text in texts.items() if where not in refused}
    assert len(kept) > count // 3
    permit = {path: text for path, text in builtin.items() if path.endswith("/changes-may-go-further.cedar")}
    return Policies.load(permit, kept, schema)


def seen(policies: Policies, row: Row) -> Seen:
    """Ask the whole set, about each subject, what may be done with it."""
    case = case_of(row)
    accepted = list(waivers(case))
    about = [*subjects(case, waived(case, ask(case, policies))), *accepted]
    graph = shown_to(policies, case, about)
    around = context(case)
    said = {}
    for subject in about:
        actions = WAIVING if subject.kind == "Waiver" else ACTS if case.change.is_act else ACTIONS
        requests = [
            {
                "principal": ACTOR,
                "action": {"type": "Action", "id": action},
                "resource": subject.reference,
                "context": around,
            }
            for action in actions
        ]
        answers = cedarpy.is_authorized_batch(requests, policies.engine, graph, policies.schema)
        said[subject.id] = _joined([(one.diagnostics.reasons, one.diagnostics.errors) for one in answers])
    return Seen(case, about, said)


def _joined(answers: Sequence[tuple[Sequence[str], Sequence[str]]]) -> tuple[frozenset[str], frozenset[str]]:
    fired = {name for reasons, _ in answers for name in reasons if name.startswith("z")}
    failed = {name for _, errors in answers for error in errors for name in _NAMED.findall(error)}
    return frozenset(fired), frozenset(failed)


def differences(policies: Policies, cases: Sequence[Seen]) -> list[str]:
    """Give the policies about which the index and the whole set disagree."""
    found: set[str] = set()
    for one in cases:
        mine: dict[str, list[tuple[list[str], tuple[str, ...]]]] = {}
        for voice in ask(one.case, policies):
            mine.setdefault(voice.subject.id, []).append(([policy.id for policy in voice.fired], voice.errors))
        for name, (fired, failed) in one.said.items():
            fired_here, failed_here = _joined(mine.get(name, []))
            found |= (fired ^ fired_here) | (failed ^ failed_here)
    return sorted(found)


@pytest.fixture(scope="module")
def several(rows: tuple[Row, ...]) -> list[Row]:
    made = random.Random(7)
    with_waivers = [row for row in rows if row.waivers]
    return [*made.sample(rows, 20), *made.sample(with_waivers, 5)]


@pytest.fixture(scope="module")
def judged(builtin: dict[str, str], schema: str, several: list[Row]) -> tuple[Policies, list[Seen]]:
    policies = written(1, 400, builtin, schema)
    return policies, [seen(policies, row) for row in several]


def again(policies: Policies) -> Policies:
    """Read the same policies into an index anew."""
    return Policies(policies.all, policies.schema, policies.schema_text, policies.digest)


def test_what_the_index_leaves_out_neither_fires_nor_fails(judged: tuple[Policies, list[Seen]]) -> None:
    policies, cases = judged
    assert any(fired for one in cases for fired, _ in one.said.values())
    assert any(failed for one in cases for _, failed in one.said.values())
    assert differences(policies, cases) == []


@pytest.mark.parametrize("times", [0, 10_000])
def test_it_makes_no_difference_which_engines_are_asked(
    judged: tuple[Policies, list[Seen]], monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """One for all keys that hold together at once, or always one for each."""
    policies, cases = judged
    monkeypatch.setattr(index, "_WORTH_JOINING", times)
    assert differences(again(policies), cases) == []


def test_what_is_remembered_makes_no_difference(
    judged: tuple[Policies, list[Seen]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Engines, entities that were read and combinations that were seen are forgotten all the time, or asked about again."""
    policies, cases = judged
    everything = again(policies)
    assert differences(everything, cases) == []
    assert everything.graphs
    assert differences(everything, cases) == []
    monkeypatch.setattr(index, "_MOST_KEPT", 1)
    monkeypatch.setattr(asking, "_MOST_GRAPHS", 1)
    forgetful = again(policies)
    assert differences(forgetful, cases[:5]) == []
    assert len(forgetful.graphs) <= 1


def test_a_key_with_many_policies_is_asked_as_a_whole(builtin: dict[str, str], schema: str, several: list[Row]) -> None:
    """More than are looked at one by one: each is about the same severity, and about something else besides."""
    texts = {}
    for number in range(index._MOST_FILTERED + 1):
        besides = f"resource.{('introduced', 'waived')[number % 2]} == {str(number % 3 == 0).lower()}"
        texts[f"z{number}.cedar"] = (
            f'@id("z{number}")\n@why("w")\nforbid (principal, action == Action::"go-further", resource is Finding)\n'
            f'when {{ resource.severity == Severity::"high" && {besides} }};'
        )
    permit = {path: text for path, text in builtin.items() if path.endswith("/changes-may-go-further.cedar")}
    policies = Policies.load(permit, texts, schema)
    cases = [seen(policies, row) for row in several]
    assert any(fired for one in cases for fired, _ in one.said.values())
    assert differences(policies, cases) == []


_PATH = guard._path
BROKEN: list[tuple[str, Any, str, Callable[..., Any]]] = [
    # what is broken, where it stands, its name, what stands there instead
    ("what may fail counts as safe", guard, "_cannot_fail", lambda _tree: True),
    ("an || needs the guard of one part only", guard, "_any", guard._all),
    ("an && needs the guard of each part, or of none", guard, "_all", lambda parts, depth: frozenset()),
    ("the change itself can be looked up", guard, "_path", lambda tree: _PATH(tree) or (
        ("resource", "change", "source") if tree == {".": {"left": {"Var": "resource"}, "attr": "change"}} else ())),
    ("what a set lacks is what it has", guard, "_lacking", lambda _name, inner: guard._contains(inner)),
    ("a pattern is one text only", guard._LEAVES, "like", lambda inner: frozenset(
        {guard.Key("=", _PATH(inner["left"]), "a")}) if _PATH(inner["left"]) else None),
    ("a comparison is never turned", guard, "_compared", lambda name, inner, *, wanted: frozenset(
        {guard.Key(name, _PATH(inner["left"]), inner["right"]["Value"])})
        if _PATH(inner["left"]) and type(inner["right"].get("Value")) is int else None),
    ("no policy looks at the context", index, "roots_of", lambda _conditions: frozenset({"principal", "change"})),
    ("no policy looks at who asks", index, "roots_of", lambda _conditions: frozenset({"context", "change"})),
    ("no policy looks at the change", index, "roots_of", lambda _conditions: frozenset({"context", "principal"})),
    ("no policy looks at an attribute", index, "names_of", lambda _conditions: frozenset()),
    ("what must be so besides is never so", index, "filters_of", lambda conditions: tuple(
        (path, frozenset()) for path, _ in guard.filters_of(conditions))),
    ("what must be so besides stands in an unless, too", guard, "_flat", lambda parts: [(tree, True) for tree, _ in parts]),
]  # fmt: skip


@pytest.mark.parametrize(("where", "name", "instead"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
def test_the_comparison_sees_a_guard_that_is_broken(
    judged: tuple[Policies, list[Seen]], monkeypatch: pytest.MonkeyPatch, where: Any, name: str, instead: Callable[..., Any]
) -> None:
    policies, cases = judged
    if isinstance(where, dict):
        monkeypatch.setitem(where, name, instead)
    else:
        monkeypatch.setattr(where, name, instead)
    with contextlib.suppress(ValueError, LookupError, TypeError):  # the engine refuses to go on, which denies
        assert differences(again(policies), cases) != []


def _other_values(value: Any) -> list[Any]:
    """Give what does not fit where a value fits."""
    found: list[Any] = [
        None,
        1.5,
        {"__entity": {"type": "Severity", "id": "none"}},
        {"__entity": {"type": "X", "id": "a"}},
        {"a": 1},
    ]
    match value:
        case bool():
            return [*found, 1, "true", ["a"]]
        case int():
            return [*found, True, 2**63, -(2**63) - 1, "1", ["a"]]
        case str():
            return [*found, 1, True, ["a"], "\ud800"]
        case list():
            return [*found, "a", 1, [1], [["a"]], ["a", None], ["\ud800"]]
        case _:
            kind = value["__entity"]["type"]
            unknown = (
                [] if kind == "Change" else [{"__entity": {"type": kind, "id": "no such"}}]
            )  # only enums list their ids
            return [*found, "low", 1, ["a"], *unknown]


def test_what_does_not_fit_the_schema_is_never_passed_over(policies: Policies, rows: tuple[Row, ...]) -> None:
    """Whatever was found to fit before: another type, an entity that is not, a number or text out of range, one attribute
    more or less is refused each time that it is asked about."""
    row = next(row for row in rows if row.waivers and row.findings)
    others = [next(row for row in rows if getattr(row, part) and not row.findings) for part in ("triggers", "gaps")]
    for case in [case_of(one) for one in (row, *others)]:
        ask(case, policies)  # what fits is known from here on
        everything = [*subjects(case)]
        for place, subject in enumerate(everything):
            changes: list[dict[str, Any]] = [{"more": 1}]
            changes += [{name: other} for name, value in subject.attributes.items() for other in _other_values(value)]
            for change in changes:
                spoilt = [*everything]
                spoilt[place] = subject._replace(attributes=subject.attributes | change)
                with pytest.raises((ValueError, LookupError, TypeError, AttributeError)):
                    asking.asked(case, policies, spoilt, spoilt, ACTIONS)
            for name in subject.attributes:
                spoilt = [*everything]
                less = {key: value for key, value in subject.attributes.items() if key != name}
                spoilt[place] = subject._replace(attributes=less)
                with pytest.raises((ValueError, LookupError, TypeError, AttributeError)):
                    asking.asked(case, policies, spoilt, spoilt, ACTIONS)
