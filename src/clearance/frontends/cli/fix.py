"""Mend what has one safe answer: apply the rewrites that rules offer, look again, keep what holds.

Everything else keeps its fix in words; people or assistants do that.
"""

import os
import sys
from pathlib import Path

import click


@click.command("fix")
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--apply", "write", is_flag=True, help="Write the files; without it the changes are only shown.")
@click.option("--rule", "rules", multiple=True, metavar="ID", help="Only what this rule found.")
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour (NO_COLOR is respected)."
)
def command(path: Path, *, write: bool, rules: tuple[str, ...], color: str) -> int:
    """Mend the findings in PATH (default: here) that have one safe answer.

    Each file is looked at again after the change: a rewrite that does not parse, brings another finding, or does not take
    its own away is undone. Exit codes: 0 nothing is left to mend, 1 without --apply when something would change, 2 used
    wrongly, 4 something could not be mended or looked at.
    """
    from clearance.facts.text import visible
    from clearance.frontends.cli.terminal import Progress, wants_color
    from clearance.wiring import fix

    with Progress("looking") as progress:
        fixed = fix(path, os.environ, rules=rules, write=write, progress=progress)
    paint = wants_color(color)
    for file in fixed.files:
        for text in file.diff:
            shown = visible(text, keep="\t")
            if paint and text[:1] in ("+", "-", "@"):
                shown = click.style(shown, fg={"+": "green", "-": "red", "@": "cyan"}[text[0]])
            click.echo(shown, color=True)
    done = sum(file.done for file in fixed.files)
    for file in fixed.files:
        for rule, line, reason in file.left:
            click.echo(f"! left   {visible(file.path)}:{line} {visible(rule)}: {visible(reason)}", err=True)
    changed = sum(1 for file in fixed.files if file.diff)
    word = "mended" if write else "to mend"
    click.echo(f"{done} {'finding' if done == 1 else 'findings'} {word} in {changed} {'file' if changed == 1 else 'files'}")
    if done and not write:
        click.echo("nothing is written yet: `clearance fix --apply` writes it", err=True)
    sys.stdout.flush()
    if any(file.left for file in fixed.files) or fixed.unseen:
        return 4
    return 1 if done and not write else 0
