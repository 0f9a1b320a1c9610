"""Tell the story of lines: who asked, which agent and model wrote them, what was checked, who reviewed, or that nobody
knows."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clearance.frontends.cli.asked_log import asking, told_of_no_log

if TYPE_CHECKING:
    from clearance.wiring.asked_log import Asked

_PLACE = re.compile(r"(.+?)(?::([0-9]{1,9})(?:[-,:]([0-9]{1,9}))?)?", re.DOTALL)


@click.command("blame")
@click.argument("place", metavar="FILE[:LINE[-LINE]]")
@click.option("--rev", default="HEAD", metavar="REV", help="The revision to look at (default: HEAD).")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json.")
@click.option(
    "--prove",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Also write the bundles and proofs of the entries that the answer rests on.",
)
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour (NO_COLOR is respected)."
)
@click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
@asking
def command(place: str, rev: str, format_: str, prove: Path | None, color: str, directory: Path, *, asked: "Asked") -> int:
    """Tell the story of the lines of a file, as the log has it.

    Git says which commit brought a line; everything else comes from signed entries: the record of who wrote it, the decision
    about the tree that it came in with, reviews, waivers, the merge. What nobody has a record for is unknown.

    With --log and --trusted-root it asks an exported log, and needs no keys of ours.

    Exit codes: 0 the log could be asked, whatever it knows; 2 used wrongly; 3 there is no log here; 4 the log could not be
    read, or is not as it was signed.
    """
    from clearance.facts.text import counted
    from clearance.frontends.cli.terminal import look, note
    from clearance.wiring.tracing_blame import prove as write_proofs
    from clearance.wiring.tracing_blame import story

    path, lines = _read(place, directory)
    told, log = story(directory, os.environ, path, lines, rev, asked)
    if format_ == "json":
        import msgspec

        from clearance.facts.fact import plain
        from clearance.frontends.cli.log_passed import rows

        said = plain(told) | {"notBelieved": rows()}
        click.echo(msgspec.json.format(msgspec.json.encode(said), indent=2).decode())
    else:
        from clearance.report.blame import render

        how = look(color=color)
        click.echo(render(told, how), nl=False, color=how.color)
    if prove is not None:
        names = write_proofs(told, log, prove, os.environ, asked)
        note(f"{counted(len(names), 'file is', 'files are')} in {prove}")
    if told.missing:
        where = "the log" if asked.export is None else "the export: was it copied whole?"
        note(f"{counted(told.missing, 'settlement')} could not be looked through: no body in {where}")
    return told_of_no_log(told.entries) or (4 if told.missing and asked.export is not None else 0)


def _read(place: str, directory: Path) -> tuple[str, tuple[int, int] | None]:
    """Read `FILE:10-20`, `FILE:10` or `FILE`; a file whose own name ends so is taken by its name."""
    found = _PLACE.fullmatch(place)
    if found is None or found[2] is None or (directory / place).exists():
        return place, None
    first = int(found[2])
    return found[1], (first, int(found[3] or first))
