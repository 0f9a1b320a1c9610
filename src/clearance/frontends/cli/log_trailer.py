"""Checkpoints in commit messages."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clearance.facts.trailers import CheckedTrailer, TrailerReport

_FILE = click.Path(path_type=Path)
_DIRECTORY = click.option("-C", "--directory", type=_FILE, default=Path(), metavar="DIR", help="Use the repository at DIR.")
_SHORT = 12


@click.command("trailer")
@click.option("--witnessed", is_flag=True, help="With a line for each cosignature, too.")
@_DIRECTORY
def trailer(*, witnessed: bool, directory: Path) -> None:
    """Print the newest checkpoint as a trailer for a commit message.

    For `git commit --trailer "$(clearance log trailer)"`, or `git interpret-trailers`: docs/how-to/witnesses.md.
    """
    from clearance.wiring.trailers import trailer_lines

    for line in trailer_lines(directory, cosignatures=witnessed):
        click.echo(line)


@click.command("trailers")
@click.argument("span", default="HEAD", metavar="[RANGE]")
@click.option("--export", type=_FILE, metavar="DIR", help="Compare with a log that was exported there.")
@click.option("--key", "keys", multiple=True, type=_FILE, metavar="FILE", help="Trust this public key (PEM) too.")
@click.option("--trusted-root", "roots", multiple=True, type=_FILE, metavar="FILE", help="Trust the keys of logs in it too.")
@click.option("--policy", type=_FILE, metavar="FILE", help="Each trailer must be cosigned as this policy wants it.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json.")
@_DIRECTORY
def trailers(
    span: str,
    export: Path | None,
    keys: tuple[Path, ...],
    roots: tuple[Path, ...],
    policy: Path | None,
    format_: str,
    directory: Path,
) -> int:
    """Check the checkpoints in the messages of a range of commits (default: all that HEAD reaches).

    Compares each with the log at hand, or with an export of it, and with each other: a log that forked, or was cut back, is
    told with both commits. Exit codes: 0 nothing contradicts, 3 no trailer is there, so that nothing was compared (which is
    how a history looks from which somebody took them, too), 4 something contradicts.
    """
    from clearance.wiring.trailers import check_history
    from clearance.wiring.witness_policy import read_policy_at

    report = check_history(
        directory,
        os.environ,
        span,
        keys=[_read(path) for path in (*keys, *roots)],
        export=export,
        policy=read_policy_at(policy) if policy else None,
    )
    if format_ == "json":
        from clearance.facts.fact import plain

        click.echo(json.dumps(plain(report), indent=2))
    else:
        _tell(report)
    return 4 if report.faults else 0 if report.trailers else 3


def _tell(report: "TrailerReport") -> None:
    from clearance.facts.text import counted, visible

    for one in report.trailers:
        click.echo(visible(f"{one.commit[:_SHORT]}  {one.state:<10}  {_about(one)}"))
    against = f"{report.log}, {counted(report.size, 'entry')}" if report.log else "each other: there is no log at hand"
    click.echo(visible(f"compared with {against}"))
    if report.shallow:
        click.echo("this clone is shallow: what older commits state is missing")
    count, faults = len(report.trailers), len(report.faults)
    found = f"{faults} of them wrong" if faults else "nothing contradicts" if count else "nothing to compare"
    click.echo(f"{counted(count, 'trailer')} in {counted(report.commits, 'commit')}: {found}")
    if not count:
        click.echo('begin with: git commit --trailer "$(clearance log trailer)"   (docs/how-to/witnesses.md)')


def _about(one: "CheckedTrailer") -> str:
    from clearance.facts.text import counted

    stated = f"{counted(one.size, 'entry')} of {one.origin}" if one.origin else ""
    signed = "" if one.signed or not one.origin else "signature not verified"
    cosigned = f"cosigned by {', '.join(one.cosigners)}" if one.cosigners else ""
    why = f"{one.why}{f' (commit {one.other[:_SHORT]})' if one.other else ''}"
    return "; ".join(part for part in (stated, signed, cosigned, why) if part)


def _read(path: Path) -> bytes:
    from clearance.facts.errors import UsageError

    try:
        with path.open("rb") as file:
            return file.read(1 << 20)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be read", where=str(path), next="give a file with keys") from error
