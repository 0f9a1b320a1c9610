"""`clearance init --list`: which guards stand here, and whether each is what was installed."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clearance.wiring.installing import Guard


def tell_guards(format: str) -> int:
    """List the guards around this directory; gives the exit code: 0 all are as they were installed, 3 one is not, or there
    is none."""
    from clearance.facts.text import visible
    from clearance.wiring.installing import inventory

    found = inventory(Path(), os.environ)
    if format == "json":
        import json

        rows = [
            {"name": one.name, "state": one.state, "file": str(one.file), "local": one.local, "problem": one.problem}
            for one in found
        ]
        click.echo(json.dumps(rows, indent=2))
    else:
        wide = max((len(one.name) for one in found), default=0)
        for one in found:
            click.echo(visible(_line(one, wide)))
        if not found:
            click.echo("no guard stands here: `clearance init` puts them in")
    return 0 if found and all(one.state == "intact" for one in found) else 3


def _line(one: "Guard", wide: int) -> str:
    file = one.file.relative_to(Path.cwd()) if one.file.is_relative_to(Path.cwd()) else one.file
    why = f"  ({one.problem})" if one.problem else ""
    return f"{one.state:<8}  {one.name:<{wide}}  {file}{why}"
