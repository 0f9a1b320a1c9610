"""Ask vendors whether secrets that were found still work; show or change the key of fingerprints."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clearance.wiring.verifying import Target


@click.group("secrets")
def command() -> None:
    """Commands about secrets that were found. Only `verify` ever uses the network."""


@command.command("verify")
@click.argument("findings", nargs=-1, required=True, metavar="FINDING...")
@click.option("--yes", is_flag=True, help="Send without asking, to the hosts of built-in rules.")
@click.option(
    "--host", "hosts", multiple=True, metavar="HOST", help="Also a host that a team's own rule names (with --yes)."
)
@click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Look in DIR (default: here)."
)
def verify(*, findings: tuple[str, ...], yes: bool, hosts: tuple[str, ...], directory: Path) -> int:
    """Ask the vendor of each FINDING whether the secret still works.

    FINDING is a fingerprint as `clearance scan` shows it, a place (PATH:LINE), or - for all that stands in standard input.
    What will be sent where is said first, and nothing is sent without a yes. The secret goes over TLS to the vendor's own
    documented address and to nobody else, redirects are not followed, and nothing is kept.

    Exit codes: 0 none works any more, 1 one still works, 2 used wrongly, 4 one of them could not be told.
    """
    from clearance.facts.text import visible
    from clearance.frontends.cli.terminal import read_bytes_in
    from clearance.wiring.verifying import targets

    given = findings == ("-",)
    data = read_bytes_in(Path("-")) if given else None
    found, unseen = targets(directory, data, () if given else findings, os.environ)
    for gap in unseen:
        click.echo(f"! not looked at: {visible(gap.kind.value)}, {visible(gap.detail)}", err=True)
    if not found:
        click.echo("no secret stands there", err=True)
        return 4
    said = [
        _ask(target, yes=yes, asked_for=target.endpoint is not None and target.endpoint.host in hosts) for target in found
    ]
    if "valid" in said:
        return 1
    return 0 if not unseen and all(word == "invalid" for word in said) else 4


def _ask(target: "Target", *, yes: bool, asked_for: bool) -> str:
    """Say what would be sent, ask, send, and say what came back."""
    from clearance.facts.text import visible

    place, endpoint = target.finding.place, target.endpoint
    click.echo(f"{visible(target.rule.id)}   {visible(place.path)}:{place.line}")
    if target.lost:
        click.echo("  unknown   what stands in a name, or was not found again, cannot be asked about")
        return "unknown"
    if endpoint is None:
        click.echo("  unknown   the page of this rule names nobody who could be asked")
        return "unknown"
    click.echo(f"  sends     {visible(endpoint.told)}")
    if not target.ours:
        click.echo("  careful   a rule of this repository names that host, and not a built-in one")
    if not (yes and (target.ours or asked_for)) and not _confirmed(yes=yes, host=endpoint.host):
        click.echo("  unknown   nothing was sent")
        return "unknown"
    answer = target.ask()
    click.echo(f"  {answer.works.value:<9} {visible(answer.reason)}")
    return answer.works.value


def _confirmed(*, yes: bool, host: str) -> bool:
    """Ask a person; where none is there, or everything was agreed to in advance, the answer is no."""
    if yes:
        click.echo(f"  needs     --host {host}: --yes is for the hosts of built-in rules alone")
        return False
    try:
        return click.confirm("  send it?", default=False)
    except click.Abort:
        click.echo("")
        return False


@command.group("key")
def key() -> None:
    """The key under which secrets get their fingerprints.

    CLEARANCE_FINGERPRINT_KEY_FILE names a file with 64 hexadecimal digits that several machines share, so that the same
    secret has the same fingerprint on all of them.
    """


@key.command("show")
def show() -> int:
    """Say where the key lies, and the id by which two machines know that theirs is the same; never the key itself."""
    from clearance.wiring.fingerprints import fingerprint_key

    found = fingerprint_key(os.environ)
    if found.problem:
        click.echo(f"no key: {found.problem}", err=True)
        return 4
    click.echo(f"{found.id}   {found.place}")
    return 0


@key.command("rotate")
def rotate() -> int:
    """Make a new key. The same secret then gets another fingerprint than before."""
    from clearance.wiring.fingerprints import rotate_fingerprint_key

    made = rotate_fingerprint_key(os.environ)
    click.echo(f"{made.id}   {made.place}")
    return 0
