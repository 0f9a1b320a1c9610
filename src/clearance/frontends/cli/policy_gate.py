"""Make policies of a quality gate."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clearance.wiring.gates import Imported


@click.command("import-gate")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, metavar="DIR", help="Write below DIR, not .clearance/."
)
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--force", is_flag=True, help="Replace files that hold another text.")
@click.option("--skip-unknown", is_flag=True, help="Leave out conditions that no policy can express, and list them.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
def import_gate(
    file: Path, out: Path | None, directory: Path, format_: str, *, dry_run: bool, force: bool, skip_unknown: bool
) -> int:
    """Make policies, and cases that hold them, of the quality gate in FILE.

    FILE is what SonarQube's web API gives as JSON (api/qualitygates/show or project_status), or a file of the same shape:
    conditions with metric, op and value. What cannot be expressed is refused by name, and nothing is written.
    """
    from clearance.wiring.gates import import_gate as work

    done = work(file, directory, out, dry_run=dry_run, force=force, skip_unknown=skip_unknown)
    if format_ == "json":
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(done), indent=2).decode())
    else:
        _tell(done, dry_run=dry_run)
    return 0


def _tell(done: "Imported", *, dry_run: bool) -> None:
    from clearance.facts.text import visible

    lines = [f"✓ {one.said}\n    {one.verdict} by {one.policy}: {one.why}" for one in done.enforced]
    lines += [f"! {left.said}\n    not enforced: {left.why}" for left in done.skipped]
    lines += ["", *(f"{'would write' if dry_run else 'wrote'} {path}" for path in done.files)]
    lines += [f"{'would remove' if dry_run else 'removed'} {path}: the gate has no such condition" for path in done.removed]
    if not done.files and not done.removed:
        lines.append("nothing to write: these files are there already")
    if not dry_run:
        lines.append("next: clearance policy test; then commit them to the default branch")
    click.echo(visible("\n".join(lines), keep="\n"))
