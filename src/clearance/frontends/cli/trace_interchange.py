"""Take notes and records of others in, and give ours out in their formats."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

if TYPE_CHECKING:
    from clearance.wiring.tracing_interchange import Target

_DIRECTORY = click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)


@click.command("import")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE]")
@click.option("--notes", metavar="REF", help="Read git-ai notes of this reference instead (refs/notes/ai).")
@_DIRECTORY
def import_(file: Path | None, notes: str | None, directory: Path) -> None:
    """Take in who wrote which lines from Agent Trace records (FILE, - reads input) or git-ai notes.

    Nobody signed them, so they are weaker evidence, and never count against what our own records say. Whoever is said there
    to be a person is not believed: such lines stay unknown.
    """
    from clearance.frontends.cli.terminal import note, read_bytes_in
    from clearance.wiring.tracing_interchange import import_file, import_notes

    if (file is None) == (notes is None):
        raise click.UsageError("give a file of Agent Trace records, or --notes REF")
    if notes is not None:
        done = import_notes(directory, os.environ, notes)
    else:
        done = import_file(directory, os.environ, read_bytes_in(cast("Path", file)))
    from clearance.facts.text import visible

    where = f", entries {done.entries[0]} to {done.entries[-1]}" if done.entries else ""
    click.echo(f"{done.records} records: {done.lines} lines of {done.generations} generations{where}")
    if done.better:
        click.echo(f"  {done.better} lines are known on better evidence")
    if done.people:
        click.echo(f"  {done.people} lines are said to be a person's, which nobody signed: they stay unknown")
    for problem in done.problems:
        note(visible(problem))


@click.command("export")
@click.option("--to", type=click.Choice(["git-ai", "agent-trace"]), required=True, help="The format.")
@click.option("--rev", default="HEAD", metavar="REV", help="The revision whose past is told (default: HEAD).")
@click.option("--output", type=click.Path(path_type=Path), metavar="FOLDER", help="Write a file for each commit there.")
@click.option("--write-notes", is_flag=True, help="With git-ai: hang the notes on the commits, under refs/notes/ai.")
@_DIRECTORY
def export(to: str, rev: str, output: Path | None, directory: Path, *, write_notes: bool) -> None:
    """Give out which lines assistants wrote, as git-ai notes or Agent Trace records, one for each settled commit.

    No reference is touched without --write-notes, and no note that is there already is replaced.
    """
    from clearance.facts.errors import UsageError
    from clearance.frontends.cli.terminal import note
    from clearance.trace.interchange.git_ai import REF
    from clearance.wiring.tracing_interchange import export as give
    from clearance.wiring.tracing_interchange import write_notes as hang

    if write_notes and to != "git-ai":
        raise click.UsageError("--write-notes goes with --to git-ai")
    found = give(directory, os.environ, cast("Target", to), rev)
    if output is not None:
        try:
            output.mkdir(parents=True, exist_ok=True)
            for one in found:
                (output / one.name).write_text(one.text, encoding="utf-8")
        except OSError as error:
            next_ = "name another --output"
            raise UsageError(error.strerror or "cannot be written", where=str(output), next=next_) from None
        note(f"{len(found)} files are in {output}")
    elif not write_notes:
        for one in found:
            click.echo(one.text if to == "agent-trace" else f"commit {one.commit}\n{one.text}", nl=False)
    if write_notes:
        added = hang(directory, os.environ, found, REF)
        note(f"{added} notes added under {REF}, {len(found) - added} commits have one already")
