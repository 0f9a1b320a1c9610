"""What a decision costs with a company's 1,000 policies: ours, beside the engine asked as a whole, and beside Rego (regopy).

Each case is another one. Of what policies look at much is the same from case to case (a severity, who wrote it), as it is in
life: entities that were read once are not read again, but every question is put to the engine, except that the permit alone
is asked once per decision. All figures are processor time of one core (`time.process_time`), so that a busy machine shows in
them only as far as it slows the processor down; the last column sets them against plain cedarpy in the same run. `--short`
asks a tenth as often.
"""

import importlib.util
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import clearance.decide
from benchmarks.measure import median, table
from clearance.decide.decide import decide
from clearance.decide.index import Engine
from clearance.decide.policy_set import Policies
from clearance.decide.question import entities, subjects
from clearance.decide.table import FindingRow, GapRow, Row, TriggerRow, case_of
from clearance.facts.decision import Case, Verdict
from clearance.facts.finding import Severity

_ROOM = Path(clearance.decide.__file__).parent
_SHAPES = (
    ("go-further-unreviewed", "File", 'resource.path like "services/team-{n}/*"', "files of {n}"),
    ("go-further", "Finding", 'resource.introduced && resource.rule == "rule-{n}"', "findings of rule {n}"),
    ("go-further", "Finding", 'resource.introduced && resource.cwe.contains("CWE-{n}")', "a weakness"),
    ("go-further-unreviewed", "File", 'principal.byAi && resource.path == "config/{n}.yaml"', "one file"),
    ("go-further-unreviewed", "Trigger", 'resource.name == "trigger-{n}" && resource.tier >= 2', "a trigger"),
    ("go-further", "Finding", 'resource.family == "family-{n}" && resource.severity in [Severity::"high"]', "a family"),
)
_BROAD = ("go-further-unreviewed", "Change", "resource.size > {n} && resource.tier >= 4", "no literal to look up: size")


_PLAIN = "plain cedarpy, the whole set, 1,000 policies"


class _Speed(NamedTuple):
    """Decisions a second of processor time, and milliseconds of it; a rate of 0 is one that was not measured."""

    name: str
    rate: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    worst: float = 0.0

    def told(self, plain: float) -> tuple[str, ...]:
        """Give the cells of a row; on small changes, how many times as fast as plain cedarpy it is."""
        if not self.rate:
            return (self.name, "", "", "", "", "")
        times = f"{self.rate / plain:,.1f}" if "a change of" not in self.name else ""
        return (self.name, f"{self.rate:,.0f}", f"{self.p50:.2f}", f"{self.p99:.2f}", f"{self.worst:.2f}", times)


class _Whole:
    """No index: all policies are asked every question."""

    def __init__(self, policies: Policies) -> None:
        self._engine = Engine(policies.engine)

    def engines(self, *_: object) -> tuple[tuple[int, ...], ...]:
        return ((-1,),)

    def engine(self, _: object) -> Engine:
        return self._engine


def main() -> None:
    """Make policies and cases, decide, print."""
    times = 100 if "--short" in sys.argv else 1_000
    rows: list[_Speed] = []
    loads = []
    for count in (0, 100, 1_000, 10_000):
        began = time.process_time()
        policies = _policies(count)
        loads.append((f"{count:,}", f"{(time.process_time() - began) * 1000:,.0f}"))
        if count in (100, 10_000):
            rows.append(_row(f"ours, {count:,} policies", policies, _small, times))
            continue
        rows.append(_row(f"ours, {count:,} policies", policies, _small, times))
        if count == 1_000:
            rows.append(_row("  a change of 10 files, 10 findings", policies, _middle, times // 2))
            rows.append(_row("  a change of 200 files, 200 findings", policies, _large, times // 20))
            rows.append(
                _row("  half of the policies without a literal to look up", _policies(500, broad=500), _small, times // 2)
            )
            whole = Policies(policies.all, policies.schema, policies.schema_text, policies.digest)
            whole.index = _Whole(whole)  # type: ignore[assignment]
            rows.append(_row(_PLAIN, whole, _small, times // 20))
            rows += _rego(policies, times // 20)
    plain = next(row.rate for row in rows if row.name == _PLAIN)
    head = ("", "decisions a CPU second", "p50 CPU ms", "p99 CPU ms", "worst CPU ms", "times plain cedarpy")
    table("A change of one file with two findings, unless said otherwise", head, [row.told(plain) for row in rows])
    table("Reading policies, beside our own", ("policies", "milliseconds"), loads)


def _policies(count: int, broad: int = 0) -> Policies:
    builtin = {f"policies/{one.name}": one.read_text("utf-8") for one in (_ROOM / "policies").glob("*.cedar")}
    team = {}
    for number in range(count + broad):
        action, kind, condition, why = _SHAPES[number % len(_SHAPES)] if number < count else _BROAD
        team[f".clearance/policies/p-{number}.cedar"] = (
            f'@id("p-{number}")\n@why("{why.format(n=number)}")\n'
            f'forbid (principal, action == Action::"{action}", resource is {kind})\nwhen {{ {condition.format(n=number)} }};'
        )
    return Policies.load(builtin, team, (_ROOM / "schema.cedarschema").read_text("utf-8"))


def _small(made: random.Random) -> Case:
    return _case(made, 1, 2)


def _middle(made: random.Random) -> Case:
    return _case(made, 10, 10)


def _large(made: random.Random) -> Case:
    return _case(made, 200, 200)


def _case(made: random.Random, files: int, findings: int) -> Case:
    """Make a case that few policies of the set are about; one in ten of its findings denies."""
    severities = [Severity.LOW] * 6 + [Severity.MEDIUM] * 3 + [Severity.HIGH]
    paths = tuple(f"services/team-{made.randrange(2_000)}/{made.randrange(10**6)}.py" for _ in range(files))
    return case_of(
        Row(
            name="made",
            verdict=Verdict.ALLOW,
            files=paths,
            size=made.randrange(300),
            tier=made.randrange(2),
            findings=tuple(
                FindingRow(
                    rule=f"rule-{made.randrange(2_000)}",
                    severity=made.choice(severities),
                    introduced=made.random() < 0.7,
                    path=made.choice(paths),
                    cwe=(f"CWE-{made.randrange(1_400)}",),
                )
                for _ in range(findings)
            ),
            triggers=tuple(TriggerRow(id=f"trigger-{made.randrange(2_000)}", tier=1) for _ in range(files // 4)),
            gaps=(GapRow(introduced=False),) if made.random() < 0.1 else (),
        )
    )


def _row(name: str, policies: Policies, make: Callable[[random.Random], Case], times: int) -> _Speed:
    return _told(name, lambda case: decide(case, policies), make, times)


def _told(name: str, judge: Callable[[Case], object], make: Callable[[random.Random], Case], times: int) -> _Speed:
    made = random.Random(7)
    for _ in range(max(3, times // 5)):  # warm: engines are compiled when they are first needed
        judge(make(made))
    spent = []
    for case in [make(made) for _ in range(times)]:
        began = time.process_time()
        judge(case)
        spent.append((time.process_time() - began) * 1000)
    spent.sort()
    each = sum(spent) / len(spent)
    p99 = spent[min(len(spent) - 1, len(spent) * 99 // 100)]
    return _Speed(name, 1000 / each, median(spent), p99, spent[-1])


def _rego(policies: Policies, times: int) -> list[_Speed]:
    """Write the same team's policies as rules of Rego over the same entities, where the library is there."""
    if importlib.util.find_spec("regopy") is None:
        return [_Speed("regopy (not installed)")]
    from regopy import Interpreter

    rego = Interpreter()
    rego.add_module("main.rego", _as_rego([policy.id for policy in policies.all if policy.team]))

    def judge(case: Case) -> object:
        rego.set_input({"entities": entities(case, list(subjects(case)))})
        return json.loads(str(rego.query("data.main.deny")))

    return [_told("regopy, 1,000 rules over the same entities", judge, _small, max(times // 5, 5))]


def _as_rego(names: Sequence[str]) -> str:
    lines = ["package main", "", "import rego.v1", ""]
    tests: Sequence[Any] = (
        ("File", 'startswith(e.attrs.path, "services/team-{n}/")'), ("Finding", 'e.attrs.rule == "rule-{n}"'),
        ("Finding", '"CWE-{n}" in e.attrs.cwe'), ("File", 'e.attrs.path == "config/{n}.yaml"'),
        ("Trigger", 'e.attrs.name == "trigger-{n}"'), ("Finding", 'e.attrs.family == "family-{n}"'),
    )  # fmt: skip
    for number, name in enumerate(names):
        kind, test = tests[number % len(tests)]
        lines += [
            "deny contains msg if {", "\tsome e in input.entities", f'\te.uid.type == "{kind}"',
            f"\t{test.format(n=number)}", f'\tmsg := "{name}"', "}", "",
        ]  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    main()
