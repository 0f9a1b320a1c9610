"""Take notes and records of others in, and give ours out in their formats."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

if TYPE_CHECKING:
    from clearance.wiring.tracing_interchange import Imported, Target

_DIRECTORY = click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
_FORMAT = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json."
)


@click.command("import")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE]")
@click.option("--notes", metavar="REF", help="Read git-ai notes of this reference instead (refs/notes/ai).")
@_FORMAT
@_DIRECTORY
def import_(file: Path | None, notes: str | None, format_: str, directory: Path) -> None:
    """Take in who wrote which lines from Agent Trace records (FILE, - reads input) or git-ai notes.

    Nobody signed them, so they are weaker evidence, and never count against what our own records say. Whoever is said there
    to be a person is not believed: such lines stay unknown.
    """
    from clearance.frontends.cli.terminal import note
    from clearance.wiring.tracing_interchange import import_notes

    if (file is None) == (notes is None):
        raise click.UsageError("give a file of Agent Trace records, or --notes REF")
    done = _of_file(directory, cast("Path", file)) if notes is None else import_notes(directory, os.environ, notes)
    if format_ == "json":
        click.echo(json.dumps(done._asdict(), indent=2))
        return
    from clearance.facts.text import counted, visible

    ends = (str(one) for one in (done.entries[0], done.entries[-1])) if done.entries[1:] else map(str, done.entries)
    where = f", {'entries' if done.entries[1:] else 'entry'} {' to '.join(ends)}" if done.entries else ""
    lines = f"{counted(done.lines, 'line')} of {counted(done.generations, 'generation')}"
    click.echo(f"{counted(done.records, 'record')}: {lines}{where}")
    if done.better:
        click.echo(f"  {counted(done.better, 'line is', 'lines are')} known on better evidence")
    if done.people:
        said = counted(done.people, "line is", "lines are")
        click.echo(f"  {said} said to be a person's, which nobody signed: unknown all the same")
    for problem in done.problems:
        note(visible(problem))


def _of_file(directory: Path, file: Path) -> "Imported":
    """Take in a file of records; what keeps it from being read is told with its name."""
    from clearance.facts.errors import BadFile
    from clearance.frontends.cli.terminal import read_bytes_in
    from clearance.wiring.tracing_interchange import import_file

    try:
        return import_file(directory, os.environ, read_bytes_in(file))
    except BadFile as error:
        error.where = error.where or ("standard input" if str(file) == "-" else str(file))
        error.next = error.next or "give Agent Trace records: a JSON object, an array of them, or one a line"
        raise


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
    from clearance.facts.text import counted, visible
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
        click.echo(f"{counted(len(found), 'file is', 'files are')} in {visible(str(output))}")
    elif not write_notes:
        for one in found:
            click.echo(one.text if to == "agent-trace" else f"commit {one.commit}\n{one.text}", nl=False)
    if write_notes:
        added = hang(directory, os.environ, found, REF)
        there = counted(len(found) - added, "commit has", "commits have")
        click.echo(f"{counted(added, 'note')} added under {REF}, {there} one already")
