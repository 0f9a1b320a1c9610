"""Revoke a certificate or a key; a part of `clearance trust`."""

import os
from pathlib import Path

import click

from clearance.frontends.cli.trust_told import moment, wanted
from clearance.frontends.cli.verify import given

_MOST_SHOWN = 20
UNKNOWN = ": no certificate of this number is known here"


@click.command("revoke")
@click.argument("which", metavar="SERIAL|BUNDLE|INDEX|PURPOSE")
@click.option("--because", required=True, callback=given, metavar="TEXT", help="Why, in one sentence; others will read it.")
@click.option(
    "--since",
    callback=given,
    metavar="TIME",
    help="From when on to refuse what was signed (2026-11-22T06:00:00Z; default: all of a certificate's, a key's from now).",
)
@click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
@click.option("--yes", is_flag=True, help="Do not ask whether a key may end (for scripts).")
@click.pass_context
def revoke(context: click.Context, which: str, because: str, since: str, directory: Path, *, yes: bool) -> None:
    """Believe a certificate or a key no more: what was signed under it counts for nothing, and stays in the log.

    A certificate is named by its serial number, by a bundle, or by the index of an entry that was signed under it. A key is
    named by its purpose (authority, timestamps, transparency, checkpoints): its time ends, and a new one is made, as by
    `clearance trust rotate --since`, which asks first. The log of the repository around, where there is one, states it.

    Stock verifiers know no list of certificates: docs/reference/trust.md says what an auditor compares.
    """
    from clearance.facts.moment import rfc3339
    from clearance.facts.text import visible
    from clearance.wiring.trust_plans import plan_rotation
    from clearance.wiring.trust_revoking import revoke as done
    from clearance.wiring.trusting import SIGNING, open_trust

    house, until = open_trust(os.environ), moment(since) if since else None
    if which in SIGNING:
        told_since = rfc3339(until) if until else ""
        wanted(context, lambda: plan_rotation(house, [which], until), dry_run=False, yes=yes, since=told_since)
    told = done(house, which, because, until, directory, os.environ)
    click.echo(visible(f"revoked  {told.what}{f' of {told.of}' if told.of else ''}{'' if told.known else UNKNOWN}"))
    click.echo(f"         refused is what was signed {f'since {told.since}' if told.since else 'under it at all'}")
    if told.entries:
        shown = ", ".join(str(one) for one in told.entries[:_MOST_SHOWN]) + (", …" if told.entries[_MOST_SHOWN:] else "")
        said = f"entry {shown} counts" if len(told.entries) == 1 else f"entries {shown} count"
        click.echo(f"         {said} for nothing in the log here")
    elif told.stated and told.known:
        click.echo("         no entry of the log here was signed under it")
    if told.stated:
        click.echo(f"stated   entry {told.stated} of the log here")
    click.echo("\nnext     hand out what is believed now: clearance trust show --trusted-root trusted_root.json")
