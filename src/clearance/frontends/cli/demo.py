"""Make a small repository with an assistant's flawed change, and judge it."""

import os
from pathlib import Path

import click


@click.command("demo")
@click.argument("directory", type=click.Path(path_type=Path), required=False)
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour (NO_COLOR is respected)."
)
def command(directory: Path | None, *, color: str) -> int:
    """Make the demonstration's repository in DIRECTORY (default: a new temporary one), then run `clearance check` there.

    Ends with 0 once the change was judged: that it is denied is the point.
    """
    import tempfile

    from clearance.facts.errors import UsageError
    from clearance.frontends.cli.terminal import Progress, emit, look
    from clearance.frontends.demo.repository import make
    from clearance.wiring import Wanted, check

    if directory is None:
        directory = Path(tempfile.mkdtemp(prefix="clearance-demo-"))
    elif directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UsageError("not an empty directory", where=str(directory), next="name a new one: nothing is overwritten")
    directory.mkdir(parents=True, exist_ok=True)
    make(directory)
    click.echo(f"{directory} holds a small shop and a change of an assistant. There, `clearance check` says:\n")
    with Progress("looking") as progress:
        judged = check(Wanted(directory=directory), os.environ, progress)
    emit(judged.outcome, "text", [], look(color=color), judged.at)
    click.echo(f"\nThe repository stays in {directory}: mend it and check again, or judge your own: clearance check -C DIR")
    return 0
