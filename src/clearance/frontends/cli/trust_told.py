"""What `clearance trust` says: who is trusted now, what a change would end, and whether a person wants that."""

import shlex
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from clearance.wiring.trust_plans import Plan
    from clearance.wiring.trusting import House


def tell(house: "House") -> None:
    """Show the trust domain, and each authority and key with its time."""
    from clearance.facts.text import visible
    from clearance.wiring.trust_plans import key_of

    root = house.root(())
    click.echo(visible(f"place   {house.folder.directory}\ndomain  {house.domain}\nservice {house.service.name}", keep="\n"))
    for name, chains in (("authority", root.authorities), ("timestamps", root.timestamps)):
        for chain in chains:
            click.echo(visible(f"{name:<13} {key_of(chain)[:16]}  {_time(chain.since, chain.until)}"))
    for key in root.transparency:
        click.echo(f"{'transparency':<13} {key.id[:16]}  {_time(key.since, key.retired)}")
    for key in house.signer("checkpoints").known():
        click.echo(f"{'checkpoints':<13} {key.id[:16]}  {_time(key.since, key.retired)}")
    for provider in house.settings.oidc:
        whom = f"{provider.names} of {', '.join(provider.repositories)}" if provider.repositories else provider.names
        click.echo(visible(f"{'provider':<13} {provider.issuer}  names {whom}, for {', '.join(provider.audience)}"))


def tell_plan(plan: "Plan", since: str = "") -> None:
    """Say what a change would end, what is to be done then, and what stays; nothing where nothing ends."""
    from clearance.facts.text import visible

    if not plan.ending:
        return
    for part, lines in (("ends", _ends(plan)), ("then", _then(plan, since)), ("stays", _stays(plan, since))):
        for number, line in enumerate(lines):
            click.echo(visible(f"{part if number == 0 else '':<7} {line}"))


def _ends(plan: "Plan") -> list[str]:
    told = []
    if plan.domains:
        old, new = plan.domains
        told.append(f"the trust domain {old}: what is signed from now on is named below {new}")
        told += [
            f"  spiffe://{old}/{kind} becomes spiffe://{new}/{kind}"
            for kind in ("service/clearance", "agent/…", "user/…", "ci/…")
        ]
    for one in plan.ends:
        alone = "  (its certificate; the key stays)" if one.stays else ""
        told.append(f"{one.purpose:<13} {one.key.id[:16]}  since {one.key.since}{alone}")
    told += [f"{'provider':<13} {issuer}  as it is configured now" for issuer in plan.providers]
    return told


def _then(plan: "Plan", since: str) -> list[str]:
    told = []
    if plan.domains:
        told += [
            "scripts that insist on a name (clearance verify --identity, sigstore's --cert-identity) need the new one too",
            *(f"[attest] enforcers names {name}: nobody is certified so any more" for name in plan.enforcers),
        ]
    if plan.ends:
        told.append("trusted_root.json that was handed out knows nothing of what comes: hand out the new one")
    if any(one.purpose == "checkpoints" for one in plan.ends):
        told.append("witnesses, and policies of others, name the log's old key: clearance log witness policy")
    if since:
        told.append(f"what bears a later timestamp than {since} is refused, your own entries too: clearance log verify")
    return told


def _stays(plan: "Plan", since: str) -> list[str]:
    told = [f"all that was signed until {since or 'then'} verifies with the new trusted root"] if plan.ends else []
    if plan.domain and not plan.domains:
        told.append(f"names below spiffe://{plan.domain}/")
    return told


def agreed(context: click.Context, *, yes: bool) -> bool:
    """Ask a person whether what was told may end; True where that was said already.

    Raises:
        UsageError: nobody is there to be asked; the message holds the line to type.
    """
    from clearance.facts.errors import UsageError

    if yes:
        return True
    if not sys.stdin.isatty():
        what = "what is listed above would end, and nobody is here to be asked"
        raise UsageError(what, where=context.command_path, next=f"to do it: {_line(context)} --yes")
    if click.confirm("do it?", default=False, err=True):
        return True
    click.echo("nothing was changed", err=True)
    return False


def _line(context: click.Context) -> str:
    """Write the command as it was typed."""
    words = context.command_path.split()
    for option in context.command.params:
        value = context.params.get(option.name or "")
        if value == option.get_default(context) or not value:
            continue
        if isinstance(option, click.Option) and option.is_flag:
            words.append(option.opts[-1])
            continue
        for one in value if isinstance(value, tuple) else (value,):
            words += [str(one)] if isinstance(option, click.Argument) else [option.opts[-1], str(one)]
    return shlex.join(words)


def _time(since: str, until: str) -> str:
    return f"{since} to {until}" if until else f"since {since}"


def wanted(
    context: click.Context, plan: "Callable[[], Plan]", *, dry_run: bool, yes: bool, since: str = ""
) -> "Plan | None":
    """Say what would end, and ask where something would; None where nothing is to be done. A person who says no ends the
    command with exit code 2."""
    from clearance.facts.errors import UsageError

    planned = plan()
    tell_plan(planned, since)
    if dry_run:
        click.echo("nothing was changed (--dry-run)" if planned.ending else "nothing ends; nothing was changed (--dry-run)")
        return None
    if planned.ending:
        if not agreed(context, yes=yes):
            context.exit(2)
        click.echo("")
        if plan() != planned:
            raise UsageError("somebody else changed it meanwhile", where=context.command_path, next="look again")
    return planned


def moment(said: str) -> "datetime":
    """Read a moment that a person typed."""
    from clearance.facts.moment import read_rfc3339

    try:
        return read_rfc3339(said)
    except ValueError as error:
        raise click.BadParameter(f"{said!r} is no moment such as 2026-11-22T06:00:00Z", param_hint="--since") from error
