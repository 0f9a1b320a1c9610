"""Show, explain and test the policies that decide whether a change may go further."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clearance.frontends.cli import (
    policy_backtest,
    policy_diff,
    policy_gate,
    policy_init,
    policy_lint,
    policy_mutate,
    policy_replay,
)

if TYPE_CHECKING:
    from clearance.decide.explain import Account
    from clearance.decide.policy_set import Policies
    from clearance.decide.table import Failure, Row
    from clearance.facts.decision import Case

_MOST_BYTES = 256 << 20

_directory = click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)


@click.group("policy")
def command() -> None:
    """Show, explain and test the policies that decide whether a change may go further."""


command.add_command(policy_init.init)
command.add_command(policy_diff.diff)
command.add_command(policy_lint.lint)
command.add_command(policy_mutate.mutate)
command.add_command(policy_gate.import_gate)
command.add_command(policy_replay.replay)
command.add_command(policy_backtest.backtest)


@command.command("list")
@_directory
def list_(directory: Path) -> int:
    """List all policies: what each does to the verdict, and why."""
    from clearance.decide.explain import effect
    from clearance.wiring.judges import faults_of

    policies = _open(directory)
    faults = faults_of(policies)
    width = max(len(policy.id) for policy in policies.all)
    for policy in policies.all:
        own = "   (the team's own)" if policy.team else ""
        _say(f"{policy.id:<{width}}  {effect(policy):<28}  {policy.why}{own}")
    for name, where in policies.judge.names if policies.judge and not faults else ():
        _say(f"{name:<{width}}  {'DENY or ASK for a change':<28}  rules in Rego, {where}   (the team's own)")
    for fault in faults:
        _say(f"{'rego':<{width}}  {'DENY for a change, exit 4':<28}  rules in Rego that cannot be asked: {fault}")
    _say(f"\n{len(policies.all)} policies, digest {policies.digest}")
    return 0


@command.command("show")
@click.argument("name", metavar="[ID]", required=False)
@click.option("--schema", is_flag=True, help="Show the schema instead: what a policy may ask about.")
@click.option("--manual", is_flag=True, help="Show the reference page of all policies instead, as Markdown.")
@_directory
def show(name: str | None, directory: Path, *, schema: bool, manual: bool) -> int:
    """Show the policy ID: why it exists, how to get past it, who can lift it, its text."""
    from clearance.decide.explain import describe
    from clearance.decide.manual import manual as page

    if (name is not None) + schema + manual != 1:
        raise click.UsageError("name one policy, or give --schema or --manual")
    policies = _open(directory)
    if name is None:
        _say(policies.schema_text.rstrip("\n") if schema else page(policies).rstrip("\n"))
        return 0
    policy = policies.get(name)
    if policy is None:
        raise click.UsageError(f"no policy {name!r}.{_nearest(name, policies)}")
    _say(describe(policy).rstrip("\n"))
    return 0


@command.command("explain")
@click.argument("names", metavar="[ID]...", nargs=-1)
@click.option("--case", "file", metavar="FILE", help="What `clearance check --format json` wrote (- reads standard input).")
@_directory
def explain(names: Sequence[str], file: str | None, directory: Path) -> int:
    """Say why a change was judged as it was: the last one in the log, or --case.

    For each policy (or those named): whether it fires with the policies of today, on what, and the facts it looked at.
    """
    from clearance.decide.decide import decide
    from clearance.decide.explain import explain as accounts_of
    from clearance.decide.table import said

    policies = _open(directory)
    for name in names:
        if policies.get(name) is None:
            raise click.UsageError(f"no policy {name!r}.{_nearest(name, policies)}")
    case = _case(directory, file)
    decision = decide(case, policies)
    _say(said(decision))
    for account in accounts_of(case, policies):
        if not names or account.policy in names:
            _tell(account)
    for reason in decision.reasons:
        if reason.policy.startswith("rego") and not names:
            _say(f"\n{reason.policy}   said {reason.verdict.value}" + "".join(f"\n    {one}" for one in reason.about))
    return 0


@command.command("test")
@click.option("--all", "everything", is_flag=True, help="Run Clearance's own cases and mutants, too.")
@_directory
def test(directory: Path, *, everything: bool) -> int:
    """Run the cases in .clearance/policies/tests/ (TOML or JSON), and see whether they notice changed policies.

    The team's cases are judged by the policies and by its rules in Rego; Clearance's own by its own policies alone. Rules
    that cannot be asked are named with file and line, and the cases judged without them.

    Exit code 1 where a case does not come out as it says, where a policy can be dropped without any case noticing, or where
    the rules in Rego cannot be asked.
    """
    from clearance.decide.mutate import DROPPED, survivors
    from clearance.decide.table import read_table, run
    from clearance.wiring import builtin_policies
    from clearance.wiring.judges import faults_of
    from clearance.wiring.policies import builtin_rows, sources_of, top_of

    policies = _open(directory)
    faults = faults_of(policies)
    alone = policies.without_judge()
    judged = alone if faults else policies
    cases = sources_of(top_of(directory)).cases  # what could not be read was told by now
    rows = [row for path, text in cases.items() for row in read_table(text, path)]
    failures = run(judged, rows)
    by_rego = _by_rego(judged, alone, rows, failures)
    alive = survivors(alone, rows, only_team=True)
    if everything:  # a team's policies would fire in these, too
        own, known = builtin_policies(), builtin_rows()
        failures += run(own, known)
        alive += survivors(own, known)
        rows += known
    for failure in failures:
        _say(f"✗ {failure.name}\n    expected  {failure.expected}\n    got       {failure.got}")
    for one in alive:
        _say(f"{'✗' if one.change == DROPPED else '!'} {one.policy}: no case notices it {one.change}")
    _say(f"{len(rows)} cases, {len(failures)} failed; {len(alive)} changes of policies that no case notices")
    for line in by_rego:
        _say(line)
    for fault in faults:
        _say(f"✗ {fault}")
    if faults:
        _say("    until it is mended, every change is DENY, exit 4; the cases were judged without the rules in Rego")
    return 1 if failures or faults or any(one.change == DROPPED for one in alive) else 0


def _by_rego(policies: "Policies", alone: "Policies", rows: "Sequence[Row]", failures: "Sequence[Failure]") -> list[str]:
    """Say which rules in Rego make cases fail that the policies alone would let come out as they say."""
    from clearance.decide.decide import decide
    from clearance.decide.table import case_of, run

    names = dict(policies.judge.names) if policies.judge else {}
    failed = {one.name for one in failures}
    found: dict[str, tuple[int, str]] = {}
    for row in rows if names else ():
        if row.name in failed and not run(alone, [row]):
            for reason in decide(case_of(row), policies).reasons:
                if reason.policy.startswith("rego"):
                    count, why = found.get(reason.policy, (0, f"{reason.verdict.value}: {reason.why}"))
                    found[reason.policy] = (count + 1, why)
    return [
        f"{count} of them failed because of {name} alone ({names.get(name, 'rules in Rego')}), which says {why}\n"
        f"    narrow the rule, or name {name} in `reasons` of the cases that it is meant to stop"
        for name, (count, why) in sorted(found.items())
    ]


def _open(directory: Path) -> "Policies":
    from clearance.wiring import open_policies

    return open_policies(directory)


def _say(text: str) -> None:
    from clearance.facts.text import visible

    click.echo(visible(text, keep="\n"))


def _nearest(name: str, policies: "Policies") -> str:
    import difflib

    near = difflib.get_close_matches(name, [policy.id for policy in policies.all], n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def _tell(account: "Account") -> None:
    subjects = "1 subject" if account.asked == 1 else f"{account.asked} subjects"
    what = f"fired ({account.verdict.value})" if account.fired else f"did not fire; {subjects} asked"
    _say(f"\n{account.policy}   {what}")
    for ground in account.grounds:
        facts = ", ".join(f"{name} = {value}" for name, value in ground.facts)
        _say(f"    {ground.label}" + (f": {facts}" if facts else ""))


def _case(directory: Path, file: str | None) -> "Case":
    """Read the case of the last decision in the log, or of a JSON report."""
    from clearance.frontends.cli.terminal import read_bytes_in
    from clearance.wiring.accepting import case_in
    from clearance.wiring.risks import last_check

    if file is None:
        return last_check(directory, acts=True).case
    return case_in(read_bytes_in(Path(file), _MOST_BYTES), file)
