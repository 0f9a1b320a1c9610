"""Recall what came from a model, an agent, a request, a package or a rule; and count whose the lines are."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from clearance.frontends.cli.asked_log import asking, told_of_no_log

if TYPE_CHECKING:
    from clearance.wiring.asked_log import Asked
    from clearance.wiring.tracing_stats import By

_DIRECTORY = click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
_FORMAT = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json."
)
_REV = click.option("--rev", default="HEAD", metavar="REV", help="The revision to look at (default: HEAD).")
_COLOR = click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour (NO_COLOR is respected)."
)
GROUPS = ("path", "author", "model", "agent", "month")


@click.command("recall")
@click.option("--model", default="", metavar="NAME", help="What this model wrote.")
@click.option("--agent", default="", metavar="NAME", help="What this assistant wrote.")
@click.option(
    "--request", default="", metavar="INDEX|DIGEST",
    help="What came of this request: its entry in the log, or how a digest begins: its own, its ticket's, its prompt's.",
)  # fmt: skip
@click.option("--package", default="", metavar="NAME[@VERSION]", help="What brought or names this package.")
@click.option("--rule", default="", metavar="ID", help="Where this rule found something.")
@click.option("--since", default="", metavar="DATE", help="Only what was recorded since then (2026-11-23).")
@_REV
@click.option(
    "--prove", type=click.Path(path_type=Path), metavar="FOLDER", help="Also write bundles and proofs of all entries."
)
@_FORMAT
@_COLOR
@_DIRECTORY
@asking
def recall(
    model: str,
    agent: str,
    request: str,
    package: str,
    rule: str,
    since: str,
    rev: str,
    prove: Path | None,
    format_: str,
    color: str,
    directory: Path,
    asked: "Asked",
) -> int:
    """Find every merged line that came from a model, an assistant, a request, a package or a rule.

    Several options narrow each other down. Lines are found by what was settled, and followed to where they stand today; what
    is gone is told as gone. Exit code 0 says that the log could be asked, whether or not anything came from there; 3 that
    there is no log here; scripts read `--format json`. With --log and --trusted-root it asks an exported log.
    docs/how-to/recall.md walks through it.
    """
    from clearance.facts.recall import Wanted
    from clearance.facts.text import counted
    from clearance.frontends.cli.terminal import look, note
    from clearance.wiring.asked_log import trusted_files
    from clearance.wiring.tracing_recall import recall as find
    from clearance.wiring.tracing_told import write_proofs

    wanted = Wanted(model=model, agent=agent, request=request.lower(), package=package, rule=rule, since=since)
    found, log = find(directory, os.environ, wanted, rev, asked)
    if format_ == "json":
        _json(found)
    else:
        from clearance.report.recall import render

        how = look(color=color)
        click.echo(render(found, how), nl=False, color=how.color)
    if prove is not None:
        trusted = trusted_files(log, os.environ, asked)
        names = write_proofs({"recall.json": found}, found.rests, log, prove, trusted)
        note(f"{counted(len(names), 'file is', 'files are')} in {prove}")
    return told_of_no_log(found.entries)


@click.command("stats")
@click.option("--by", type=click.Choice(GROUPS), default="path", help="Group by this (default: path).")
@click.option("--depth", type=click.IntRange(1, 20), default=1, metavar="N", help="With --by path: folders of N levels.")
@click.option("--since", default="", metavar="DATE", help="Only lines of commits since then (2026-11-23).")
@_REV
@_FORMAT
@_COLOR
@_DIRECTORY
@asking
def stats(by: str, depth: int, since: str, rev: str, format_: str, color: str, directory: Path, *, asked: "Asked") -> int:
    """Count how many lines come from assistants, from people, and from nobody knows whom.

    Two figures stand side by side: what signed records say, and what policies count, for which unknown lines are an
    assistant's.
    """
    from clearance.frontends.cli.terminal import look
    from clearance.wiring.tracing_stats import stats as count

    found = count(directory, os.environ, rev, cast("By", by), since, depth, asked)
    if format_ == "json":
        _json(found)
        return told_of_no_log(found.entries)
    from clearance.report.recall import render_stats

    how = look(color=color)
    click.echo(render_stats(found, how), nl=False, color=how.color)
    return told_of_no_log(found.entries)


def _json(found: object) -> None:
    import msgspec

    from clearance.facts.fact import plain
    from clearance.frontends.cli.log_passed import rows

    said = plain(found) | {"notBelieved": rows()}
    click.echo(msgspec.json.format(msgspec.json.encode(said), indent=2).decode())
