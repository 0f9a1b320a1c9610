"""Judge a change: may it go further, why, who must look, what was not looked at; sign and record the verdict."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clearance.frontends.cli.outcome_options import Reporting, reporting, second_opinions

if TYPE_CHECKING:
    from clearance.wiring import Second


@click.command("check")
@click.option("--staged", is_flag=True, help="Judge what is staged for the next commit.")
@click.option("--base", metavar="REV", help="Compare with this revision (default: the merge base with the default branch).")
@click.option("--head", metavar="REV", help="Judge this revision instead of the working tree.")
@click.option("--patch", metavar="FILE", help="Judge a unified diff from anywhere; - reads standard input.")
@click.option("--agent", metavar="NAME", help="Say which assistant wrote the change.")
@click.option(
    "--attest", default="", metavar="KIND,…|all", help="Also state scan, test-result, vulns, svr, vsa (for CI: all)."
)
@second_opinions
@reporting("Show existing findings and everything else that is folded away.")
@click.option(
    "-C",
    "--directory",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Use the repository at DIR.",
)
def command(
    *,
    staged: bool,
    base: str | None,
    head: str | None,
    patch: str | None,
    agent: str | None,
    attest: str,
    second: "Second",
    reporting: Reporting,
    directory: Path,
) -> int:
    """Judge a change from end to end and record the verdict, signed.

    Without options: the working tree against the merge base with the default branch. Nothing needs the network, and
    nothing in the repository is executed.

    Exit codes: 0 allowed, 1 denied, 2 used wrongly, 3 a person must look, 4 could not look.
    """
    from clearance.frontends.cli.terminal import Progress, note
    from clearance.wiring import Wanted, check
    from clearance.wiring.proving import glance, told

    if sum((staged, patch is not None, head is not None)) > 1:
        raise click.UsageError("--staged, --head and --patch are three different changes: choose one")
    if patch is not None and base is not None:
        raise click.UsageError("--patch brings its own two sides: --base says nothing about it")
    wanted = Wanted(
        directory=directory,
        staged=staged,
        base=base,
        head=head,
        patch=_read_patch(patch) if patch is not None else None,
        patch_name="standard input" if patch == "-" else patch or "",
        agent=agent,
        attest=_kinds(attest),
    )
    dead: list[str] = []

    def meanwhile() -> None:
        reporting.ahead()
        dead.extend(told(glance(directory, os.environ), to_model=False).splitlines())

    with Progress("looking") as progress:
        judged = check(wanted, os.environ, progress, meanwhile, second)
    reporting.emit(judged.outcome, judged.at)
    for said in (*dead, *judged.notes):
        note(said)
    return judged.exit


def _kinds(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    from clearance.wiring.attesting_checks import wanted_kinds

    return wanted_kinds(text)


def _read_patch(name: str) -> bytes:
    from clearance.facts.errors import BadPatch

    most = 64 << 20
    try:
        if name == "-":
            data = sys.stdin.buffer.read(most + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(most + 1)
    except OSError as error:
        raise BadPatch(
            error.strerror or "cannot be read", where=name, next="give a file with a unified diff, or -"
        ) from None
    if len(data) > most:
        raise BadPatch("larger than 64 MiB", where=name, next="split it, or check the commits with --base and --head")
    return data
