"""Find policies that are broken, can never fire, decide nothing, or contradict each other."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clearance.decide.lint import Report


@click.command("lint")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
def lint(*, format_: str, directory: Path) -> int:
    """Look for mistakes in .clearance/policies: all of them, each with its line and what to do.

    Broken files, ids that stand twice, what does not fit the schema, policies that can never fire or that another one makes
    superfluous, contradictions, names that do not exist, and policies without a case. What is told is so; what is too
    complex to be worked out is counted, not guessed at.

    Exit codes: 0 nothing found; 1 something found; 2 used wrongly."""
    from clearance.facts.text import visible
    from clearance.wiring.policy_lint import lint_policies

    report = lint_policies(directory)
    if format_ == "json":
        import json

        from clearance.facts.fact import plain

        click.echo(json.dumps(plain(report), indent=2, ensure_ascii=True))
    else:
        for line in _shown(report):
            click.echo(visible(line))
    return 1 if report.problems else 0


def _shown(report: "Report") -> Iterator[str]:
    for one in report.problems:
        yield f"{one.where}: {one.what}"
        if one.next:
            yield f"    {one.next}"
    if report.problems:
        yield ""
    yield f"{_count(report.policies, 'policy', 'policies')}, {_count(len(report.problems), 'problem', 'problems')}"
    for note in report.notes:
        yield f"note: {note}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
