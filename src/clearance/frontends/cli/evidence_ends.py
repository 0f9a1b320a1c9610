"""`clearance evidence erase` and `retain`: how evidence goes, what is told of it, and what a crash left of that."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from clearance.frontends.cli.attest_signing import Signing, signing

if TYPE_CHECKING:
    from clearance.facts.identity import Identity
    from clearance.wiring.evidence_plans import Done

_DIGITS = 16


@click.command("erase")
@click.argument("subject", metavar="SUBJECT")
@click.option(
    "--reason", type=click.Choice(["request", "legal", "incident"]), default="request", help="Why (default: request)."
)
@click.option("--case", default="", metavar="ID", help="The number of the request (DSR-12); stands in the log.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@signing
def erase(*, subject: str, reason: Any, case: str, yes: bool, signing: Signing) -> int:
    """Destroy a subject's key and take away all that rests under it. Nothing brings it back.

    Each log that was told of a body gets an entry, which names the subject by a keyed digest; every proof stays valid.
    Copies that were made elsewhere are not reached: docs/how-to/evidence.md says which to think of.
    """
    from clearance.facts.text import visible
    from clearance.wiring.evidence_erasing import erase as destroy
    from clearance.wiring.evidence_erasing import resting, summary

    by = signing.identity()
    if any(one.plan.kind == "erasure" for one in complete(by)):
        from clearance.wiring.evidence_erasing import rests

        if not rests(os.environ, subject):
            return 0
    found = resting(os.environ, subject)
    _ask(f"erase what rests of {visible(subject)} ({summary(found)})? It cannot be brought back", yes=yes)
    done = destroy(signing.directory, os.environ, subject, by=by, reason=reason, case=case)
    if signing.format == "json":
        as_json(_done(done))
    else:
        say(f"erased {subject}: {summary(found)}")
        say(f"  holder     {done.plan.holder}")
        _tell(done)
    return 4 if done.untold and not done.told else 0


def _ask(question: str, *, yes: bool) -> None:
    import sys

    from clearance.facts.errors import UsageError

    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody to ask", where="standard input is no terminal", next="add --yes")
    if not click.confirm(question):
        raise UsageError("nothing was erased", next="answer y, or add --yes")


@click.command("retain")
@click.option("--dry-run", "dry", is_flag=True, help="Only say what would go.")
@click.option(
    "--clock-is-right", "sure", is_flag=True, help="Go on though the clock is far from the newest moment that was seen."
)
@signing
def retain(*, dry: bool, sure: bool, signing: Signing) -> int:
    """Erase what the rules of retention in trust.toml no longer keep, and record what was done. Made to run on a schedule.

    Exit codes: 0 done, 2 there are no rules, 4 something could not be erased or recorded, or the clock went back or far
    ahead.
    """
    from clearance.facts.text import counted
    from clearance.frontends.cli.terminal import note
    from clearance.wiring.evidence_retaining import retain as run

    by = signing.identity(machine=True)
    if not dry:
        complete(by)
    done = run(signing.directory, os.environ, by=by, dry=dry, sure=sure)
    rules = [
        {
            "classification": one.rule.classification.value, "days": one.rule.days, "hold": one.rule.hold,
            "left": one.left, "erased": len(one.erased), "held": one.held,
        }
        for one in done.due
    ]  # fmt: skip
    if signing.format == "json":
        as_json({
            "dry": dry, "rules": rules, "no_rule": done.unnamed, "unreadable": done.unreadable,
            "bodies": [name for one in done.due for name in one.erased], "done": _done(done.done) if done.done else None,
        })  # fmt: skip
    else:
        for one in rules:
            goes = "would go" if dry else "erased"
            age = f"{one['classification']:<12}  {one['days']} days"
            say(f"{age}  {goes} {one['erased']}, left {one['left']}, held {one['held']}")
        if done.done:
            _tell(done.done)
    if done.unnamed:
        note(f"{counted(done.unnamed, 'body')} of a classification that no rule names: kept")
    if done.unreadable:
        note(f"{counted(done.unreadable, 'body')} cannot be read, so no rule fits: `clearance evidence list`")
    return 4 if done.done and done.done.untold and not done.done.told else 0


def complete(by: "Identity | None") -> "Sequence[Done]":
    """Complete what a crash left of erasures, and say so. `by` states it (none: this machine).

    Raises:
        ClearanceError: the plans cannot be read, or the log cannot be written.
    """
    from clearance.wiring.evidence_plans import complete as finish
    from clearance.wiring.evidence_plans import pending

    if not pending(os.environ):
        return ()
    if by is None:
        from clearance.wiring.attesting import identity

        by = identity("", None, os.environ, machine=True)
    from clearance.facts.text import counted

    done = finish(os.environ, by)
    for one in done:
        what = f"of holder {one.plan.holder[:_DIGITS]}" if one.plan.kind == "erasure" else "by age"
        click.echo(f"completed an erasure {what} that was interrupted: {counted(len(one.plan.bodies), 'body')}", err=True)
        _tell(one, err=True)
    return done


def _tell(done: "Done", *, err: bool = False) -> None:
    from clearance.facts.text import visible
    from clearance.frontends.cli.terminal import note

    for one in done.told:
        click.echo(visible(f"  entry {one.entry}, {one.log}"), err=err)
    for line in done.untold:
        note(f"not recorded there: {line}; the next `clearance evidence` command tries again")


def _done(done: "Done") -> dict[str, Any]:
    return {
        "kind": done.plan.kind, "holder": done.plan.holder, "bodies": done.plan.bodies,
        "entries": [one._asdict() for one in done.told], "untold": done.untold,
    }  # fmt: skip


def say(line: str) -> None:
    """Show a line."""
    from clearance.facts.text import visible

    click.echo(visible(line))


def as_json(said: Any) -> None:
    """Show values as JSON."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(said), indent=2).decode())
