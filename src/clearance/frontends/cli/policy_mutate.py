"""Show which small changes of policies no case notices."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clearance.wiring.policy_mutants import Mutated

_MOST_SHOWN = 50


@click.command("mutate")
@click.argument("names", metavar="[ID]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Change Clearance's own policies, too.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
def mutate(names: Sequence[str], directory: Path, format_: str, *, everything: bool) -> int:
    """Change each policy a little and show what no case notices; the team's, those named, or --all.

    For each: the changed policy as Cedar, and a case that would notice it where one is found at little cost. Exit code 1
    where anything goes unnoticed.
    """
    from clearance.frontends.cli.terminal import Progress
    from clearance.wiring.policy_mutants import mutated

    with Progress("changing policies") as progress:
        found = mutated(directory, names, everything=everything, progress=progress)
    if format_ == "json":
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        _tell(found)
    return 1 if found.alive else 0


def _tell(found: "Mutated") -> None:
    from clearance.facts.text import visible

    lines = []
    for one in found.alive[:_MOST_SHOWN]:
        lines.append(f"✗ {one.policy}: no case notices it {one.change}")
        if one.text:
            lines += [f"    {line}" for line in one.text.splitlines()]
        if one.case:
            lines += ["  a case that would:", *(f"    {line}" for line in one.case.splitlines())]
        lines.append("")
    if len(found.alive) > _MOST_SHOWN:
        lines += [f"and {len(found.alive) - _MOST_SHOWN} more; --format json gives all", ""]
    policies = "1 policy" if found.policies == 1 else f"{found.policies} policies"
    killed = found.mutants - len(found.alive)
    lines.append(f"{policies}, {found.cases} cases, {found.mutants} mutants: {killed} noticed, {len(found.alive)} not")
    if not found.policies:
        lines.append("no policies of a team here; --all changes Clearance's own")
    click.echo(visible("\n".join(lines), keep="\n"))
