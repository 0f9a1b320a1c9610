"""Show, explain and test the policies that decide whether a change may go further."""

import sys
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

    policies = _open(directory)
    width = max(len(policy.id) for policy in policies.all)
    for policy in policies.all:
        own = "   (the team's own)" if policy.team else ""
        _say(f"{policy.id:<{width}}  {effect(policy):<28}  {policy.why}{own}")
    for name, where in policies.judge.names if policies.judge else ():
        _say(f"{name:<{width}}  {'DENY or ASK for a change':<28}  rules in Rego, {where}   (the team's own)")
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
    case = _last_case(directory) if file is None else _read_case(file)
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

    Exit code 1 where a case does not come out as it says, or where a policy can be dropped without any case noticing.
    """
    from clearance.decide.mutate import DROPPED, survivors
    from clearance.decide.table import read_table, run
    from clearance.wiring import builtin_policies
    from clearance.wiring.policies import builtin_rows, sources_of, top_of

    policies = _open(directory)
    cases = sources_of(top_of(directory)).cases  # what could not be read was told by now
    rows = [row for path, text in cases.items() for row in read_table(text, path)]
    failures = run(policies, rows)
    alive = survivors(policies, rows, only_team=True)
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
    return 1 if failures or any(one.change == DROPPED for one in alive) else 0


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


def _last_case(directory: Path) -> "Case":
    """Read the case of the last decision in the log."""
    from clearance.facts.errors import UsageError
    from clearance.wiring.risks import last_decided

    found = last_decided(directory, acts=True)
    if found is None:
        raise UsageError("no decision is in the log yet", next="run `clearance check`, or give --case FILE")
    return found.case


def _read_case(name: str) -> "Case":
    """Read a case as it is, or out of the JSON report that holds it."""
    import msgspec

    from clearance.facts.decision import Case
    from clearance.facts.errors import BadFile
    from clearance.facts.outcome import Outcome

    try:
        data = sys.stdin.buffer.read(_MOST_BYTES) if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise BadFile(
            error.strerror or "cannot be read", where=name, next="give a JSON report of `clearance check`"
        ) from None
    try:
        outcome = msgspec.json.decode(data, type=Outcome)
    except (msgspec.DecodeError, RecursionError):
        try:
            return msgspec.json.decode(data, type=Case)
        except (msgspec.DecodeError, RecursionError) as error:
            raise BadFile(f"no case: {error}", where=name, next="give a JSON report of `clearance check`") from None
    if outcome.risk is None:
        raise BadFile("a scan, not a check: nothing was judged", where=name, next="run `clearance check --format json`")
    return Case(
        change=outcome.change,
        findings=outcome.findings,
        gaps=outcome.gaps,
        risk=outcome.risk,
        ran=outcome.ran,
        rules=outcome.catalogue,
        version=outcome.version,
        waivers=outcome.waivers,
    )
