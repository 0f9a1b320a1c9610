"""Show, start or stop the process that answers hooks quickly; it starts by itself and ends when nobody asks.

Without it hooks work too, and take longer.
"""

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clearance.frontends.resident.person import Seen

_FORMAT = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json."
)


@click.group("resident")
def command() -> None:
    """Show, start or stop the process that answers hooks quickly.

    It starts at the first hook and ends when nobody asked for half an hour. Without it hooks work too, and take longer;
    CLEARANCE_RESIDENT=off keeps it from starting.
    """


@command.command("status")
@_FORMAT
def status(format_: str) -> int:
    """Tell whether it runs, since when, how many questions it answered and how fast, and what went wrong last.

    Exit codes: 0 it runs or will start when it is needed; 4 it cannot, and hooks answer without it.
    """
    from clearance.frontends.resident.person import look

    return _tell(look(), format_)


@command.command("start")
@_FORMAT
def start(format_: str) -> int:
    """Start it now, and wait until it answers.

    Exit codes: 0 it runs; 4 it cannot.
    """
    from clearance.frontends.resident.person import started

    return _tell(started(), format_)


@command.command("stop")
def stop() -> int:
    """End it. What it is judging is finished first; the next hook starts another one.

    Exit codes: 0 none runs any more; 4 it does not end.
    """
    from clearance.frontends.resident.person import stopped

    said, done = stopped()
    click.echo(said)
    return 0 if done else 4


def _tell(seen: "Seen", format_: str) -> int:
    from clearance.facts.text import visible

    if format_ == "json":
        from clearance.frontends.resident.person import fields

        click.echo(json.dumps(fields(seen), indent=2))
    else:
        for line in seen.lines():
            click.echo(visible(line))
    return 4 if seen.problem else 0
