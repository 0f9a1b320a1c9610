"""Mistakes in a team's policies that can be told without a change at hand, all of them at once.

What is claimed is so: a policy "can never fire" only where no values satisfy its condition, and "decides nothing" only where
another one fires whenever it does and is no milder; both are worked out on the conditions (`condition.py`, `cover.py`) and
then held against all cases. What is too complex is counted in the notes.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import cedarpy

from clearance.decide.condition import literals
from clearance.decide.cover import Logic, covers, implied, index, no_milder
from clearance.decide.decide import ask
from clearance.decide.explain import wanted
from clearance.decide.policy import ERROR, Policy, read_policy
from clearance.decide.policy_set import Policies, faults
from clearance.decide.table import Row, case_of, read_table
from clearance.decide.terms import text_of
from clearance.decide.world import Names
from clearance.facts.decision import Verdict
from clearance.facts.errors import BadPolicy
from clearance.facts.fact import Fact

Kind = Literal[
    "unreadable", "broken", "duplicate-id", "schema", "never-fires", "unknown-name", "dead", "contradiction", "broken-case",
    "no-example",
]  # fmt: skip
MOST_POLICIES = 10_000
"""How many policies of a team are looked at."""
_MOST_NEAR = 20
"""For how many unknown names the nearest known one is looked for."""


class Given(NamedTuple):
    """What is looked at: texts by path, those that could not be read, the schema, the built-in cases, the names that
    exist."""

    builtin: Mapping[str, str]
    team: Mapping[str, str]
    cases: Mapping[str, str]
    unread: Sequence[BadPolicy]
    schema: str
    rows: Sequence[Row]
    names: Names


class Problem(Fact):
    """One mistake: its kind, the policy (empty for a file that is none), `path:line`, what is wrong, and what to do."""

    kind: Kind
    policy: str
    where: str
    what: str
    next: str = ""


class Report(Fact):
    """All mistakes, by file and line. `policies` counts the team's that could be read; `notes` say what was not worked
    out."""

    problems: tuple[Problem, ...]
    policies: int
    notes: tuple[str, ...] = ()


def lint(given: Given) -> Report:
    """Look for mistakes in a team's policies. What is broken is told and left out of everything that follows."""
    problems = [_told("unreadable", one) for one in given.unread]
    own = dict(sorted(given.team.items())[:MOST_POLICIES])
    builtin = tuple(read_policy(text, where, team=False) for where, text in given.builtin.items())
    read, broken = _read(own)
    problems += broken
    unique, twice = _unique(read, builtin)
    problems += twice
    sound, wrong = _sound(unique, given.schema)
    problems += wrong
    rows, bad = _cases(given.cases)
    problems += bad
    logics = [Logic(policy, given.schema, given.names) for policy in sound]
    never = [one for one in logics if one.never]
    claims, cut = _dead(logics, builtin, given)
    refuted = _borne_out(claims, never, builtin, given, rows)
    problems += [_never(one) for one in never if one.policy.id not in refuted]
    problems += [_claimed(claim) for claim in claims if claim.one.policy.id not in refuted]
    problems += [problem for one in logics if not one.never for problem in _unknown_names(one)]
    problems += _without_case(sound, rows, broken=bool(bad))
    problems += _unknown_reasons(given.cases, {policy.id for policy in (*read, *builtin)})
    notes = list(_notes(given, logics, cut))
    return Report(problems=tuple(sorted(problems, key=_place)), policies=len(read), notes=tuple(notes))


def _place(problem: Problem) -> tuple[str, int, str, str]:
    where, _, line = problem.where.rpartition(":")
    return (where or line, int(line) if line.isdigit() else 0, problem.kind, problem.what)


def _told(kind: Kind, error: BadPolicy, policy: str = "") -> Problem:
    return Problem(kind=kind, policy=policy, where=error.where, what=error.what, next=error.next)


def _read(texts: Mapping[str, str]) -> tuple[list[Policy], list[Problem]]:
    read, problems = [], []
    for where, text in texts.items():
        try:
            read.append(read_policy(text.replace("\r\n", "\n"), where, team=True))
        except BadPolicy as error:
            problems.append(_told("broken", error))
    return read, problems


def _unique(read: Sequence[Policy], builtin: Sequence[Policy]) -> tuple[list[Policy], list[Problem]]:
    """Take out all policies whose id stands twice, and tell each of them. A file is named by its id, so this needs folders
    that do not tell letters apart, or a built-in policy of the same name."""
    first = {policy.id: policy for policy in builtin}
    kept, problems = [], []
    for policy in read:
        taken = first.get(policy.id)
        if taken is None:
            first[policy.id] = policy
            kept.append(policy)
            continue
        whose = "a built-in policy" if not taken.team else taken.where
        problems.append(
            Problem(
                kind="duplicate-id", policy=policy.id, where=f"{policy.where}:{_line(policy, '@id')}",
                what=f"the id {policy.id!r} is taken by {whose}", next="give it another id and file name",
            )
        )  # fmt: skip
    return kept, problems


def _sound(policies: Sequence[Policy], schema: str) -> tuple[list[Policy], list[Problem]]:
    """Hold policies against the schema, and keep those that fit."""
    problems = [_told("schema", error, policy.id) for policy, error in faults(policies, cedarpy.Schema.from_str(schema))]
    wrong = {problem.policy for problem in problems}
    return [policy for policy in policies if policy.id not in wrong], problems


def _cases(texts: Mapping[str, str]) -> tuple[list[Row], list[Problem]]:
    rows: list[Row] = []
    problems = []
    for where, text in texts.items():
        try:
            rows += read_table(text, where)
        except BadPolicy as error:
            problems.append(_told("broken-case", error))
    return rows, problems


def _never(one: Logic) -> Problem:
    policy = one.policy
    why = (
        one.never[0]
        if len(one.never) == 1
        else "; ".join(f"({number}) {why}" for number, why in enumerate(one.never[:3], 1))
    )
    return Problem(
        kind="never-fires", policy=policy.id, where=f"{policy.where}:{_line_of_term(policy, one.never[0])}",
        what=f"{policy.id} can never fire: {why}", next="mend the condition, or delete the policy and its cases",
    )  # fmt: skip


def _line_of_term(policy: Policy, why: str) -> int:
    found = re.search(r"(?:resource|principal|context)(?:\.\w+)+", why)
    return _line(policy, re.escape(found[0]) if found else r"\b(?:when|unless)\b")


def _line(policy: Policy, pattern: str) -> int:
    """Give the line on which a pattern stands first behind the head of the policy (annotations for `@`)."""
    start = 0 if pattern.startswith("@") else max(policy.text.find("\nforbid"), 0)
    found = re.compile(pattern).search(policy.text, start)
    return policy.text.count("\n", 0, found.start() if found else start + 1) + 1


def _unknown_names(one: Logic) -> Iterator[Problem]:
    """Tell names of rules, families, triggers and scanners that do not exist, in a policy that can fire all the same."""
    policy, world = one.policy, one.world
    told: set[str] = set()
    for literal in literals(one.form):
        if literal.term not in world.names or literal.kind not in ("is", "holds"):
            continue
        for name in sorted(literal.what if literal.kind == "is" else [literal.what]):
            if name in told or world.possible(literal.term, name):
                continue
            told.add(name)
            near = difflib.get_close_matches(name, world.names[literal.term], n=1) if len(told) <= _MOST_NEAR else []
            what = {"triggers": "trigger", "name": "trigger", "scanners": "family", "families": "family", "rules": "rule"}
            kind = literal.term.rsplit(".", 1)[-1]
            yield Problem(
                kind="unknown-name", policy=policy.id, where=f"{policy.where}:{_line(policy, re.escape(name))}",
                what=f"there is no {what.get(kind, kind)} {text_of(name)!r}, so this part never holds",
                next=f"did you mean {text_of(near[0])}?" if near else "`clearance rules list` names all",
            )  # fmt: skip


def _without_case(sound: Sequence[Policy], rows: Sequence[Row], *, broken: bool) -> Iterator[Problem]:
    """Tell policies that no case expects. Where cases could not be read, nobody knows."""
    expected = {name for row in rows for name in row.reasons}
    for policy in sound:
        if policy.id not in expected and not broken:
            yield Problem(
                kind="no-example", policy=policy.id, where=f"{policy.where}:{_line(policy, '@id')}",
                what=f"no case expects {policy.id}, so nobody would notice that it stopped working",
                next=f"write one into .clearance/policies/tests/{policy.id}.toml; `clearance policy test` runs it",
            )  # fmt: skip


def _unknown_reasons(texts: Mapping[str, str], known: set[str]) -> Iterator[Problem]:
    """Tell cases that expect what is no policy."""
    told: set[str] = set()
    for where, text in texts.items():
        try:
            rows = read_table(text, where)
        except BadPolicy:
            continue  # told already
        for name in dict.fromkeys(name for row in rows for name in row.reasons):
            if name in known or name == ERROR or ":" in name or name in told:
                continue
            told.add(name)
            near = difflib.get_close_matches(name[:64], known, n=1) if len(told) <= _MOST_NEAR else []
            at = text.find(f'"{name}"')
            yield Problem(
                kind="broken-case", policy="", where=f"{where}:{text.count(chr(10), 0, max(at, 0)) + 1}",
                what=f"a case expects {name!r}, and there is no such policy",
                next=f"did you mean {near[0]}?" if near else "`clearance policy list` names all",
            )  # fmt: skip


class _Claim(NamedTuple):
    """`one` decides nothing, because `other` fires whenever it does. `same`: and the other way round."""

    one: Logic
    other: Logic
    same: bool


def _dead(logics: Sequence[Logic], builtin: Sequence[Policy], given: Given) -> tuple[list[_Claim], int]:
    """Find policies of the team that decide nothing; and count those that could not be compared with all others."""
    everything = [*logics, *(Logic(policy, given.schema, given.names) for policy in builtin if policy.action)]
    among = index(one for one in everything if not one.never)
    claims, cut = [], 0
    for one in logics:
        if one.never:
            continue
        found, whole = covers(one, among)
        cut += not whole
        for other in found:
            same = implied(other, one)
            if same and no_milder(one.policy, other.policy) and other.policy.team and other.policy.id > one.policy.id:
                continue  # each says the same as the other: the second one is told
            claims.append(_Claim(one, other, same))
            break
    return claims, cut


def _borne_out(
    claims: Sequence[_Claim], never: Sequence[Logic], builtin: Sequence[Policy], given: Given, rows: Sequence[Row]
) -> set[str]:
    """Give the ids of policies of which cases show that a claim about them is wrong: none, as far as logic goes."""
    about = {one.policy.id: one.policy for one in never}
    for claim in claims:
        about |= {claim.one.policy.id: claim.one.policy, claim.other.policy.id: claim.other.policy}
    if not about:
        return set()
    permit = [policy for policy in builtin if policy.verdict is Verdict.ALLOW]
    policies = Policies((*permit, *about.values()), cedarpy.Schema.from_str(given.schema), given.schema, "")
    pairs = [(claim.one.policy.id, claim.other.policy.id) for claim in claims]
    silent = {one.policy.id for one in never}
    wrong: set[str] = set()
    for row in (*given.rows, *rows):
        fired: dict[str, set[str]] = {}
        for voice in ask(case_of(row), policies):
            fired.setdefault(voice.subject.id, set()).update(policy.id for policy in voice.fired)
        for names in fired.values():
            wrong |= names & silent
            wrong |= {one for one, other in pairs if one in names and other not in names}
    return wrong


def _claimed(claim: _Claim) -> Problem:
    """Say that a policy decides nothing, or that it contradicts another one."""
    one, other = claim.one.policy, claim.other.policy
    whose = f"{other.id} ({'the team' if other.team else 'built in'})"
    where = f"{one.where}:{_line(one, '@id')}"
    if claim.same and one.verdict is not other.verdict:
        what = f"{one.id} asks about the same as {whose} denies, so nobody is ever asked"
        return Problem(kind="contradiction", policy=one.id, where=where, what=what, next="keep the one that you mean")
    if claim.same and one.people != other.people:
        what = f"{one.id} wants {wanted(one)} for the same condition for which {whose} wants {wanted(other)}"
        return Problem(
            kind="contradiction",
            policy=one.id,
            where=where,
            what=what,
            next="keep the one whose people you mean; the stricter counts",
        )
    how = "says the same as" if claim.same else "fires only where"
    rest = "" if claim.same else " does, too, and is no stricter"
    what = f"{one.id} decides nothing: it {how} {whose}{rest}"
    return Problem(
        kind="dead", policy=one.id, where=where, what=what, next="delete it, or say what it is to catch beside the other one"
    )


def _notes(given: Given, logics: Sequence[Logic], cut: int) -> Iterator[str]:
    complex_ = sum(one.form is None or one.ways is None for one in logics)
    if complex_:
        yield f"{complex_} conditions are too complex to be worked out, so nothing is said about when they fire"
    if cut:
        yield f"{cut} policies have so many neighbours that they were not compared with all of them"
    if len(given.team) > MOST_POLICIES:
        yield f"only the first {MOST_POLICIES:,} of {len(given.team):,} files were looked at"
