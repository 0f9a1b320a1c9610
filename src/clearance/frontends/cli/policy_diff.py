"""Say in plain words what changes between two sets of policies."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clearance.decide.difference import Difference, Entry

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_MOST_CASES = 20


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when something became milder, or may have.")
@click.option(
    "--all", "everything", is_flag=True, help=f"Show all cases that come out otherwise, not the first {_MOST_CASES}."
)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
def diff(before: str, after: str, *, exit_code: bool, everything: bool, format_: str, directory: Path) -> int:
    """Say what changes when B takes the place of A: folders, git revisions (main, HEAD~3), or `builtin`.

    Names the policies that were added, removed, or became stricter or milder, and decides all cases (Clearance's own and
    those of both sides) with both sets: which verdicts change is exact.
    """
    from clearance.decide.difference import difference
    from clearance.facts.text import visible
    from clearance.wiring.policies import builtin_rows, named

    one, other = named(before, directory, os.environ), named(after, directory, os.environ)
    rows = tuple(dict.fromkeys((*builtin_rows(), *one.rows, *other.rows)))
    found = difference(one.policies, other.policies, rows, (one.rego, other.rego))
    if format_ == "json":
        import json

        from clearance.facts.fact import plain

        whole = {"before": before, "after": after, "milder": found.milder, **plain(found)}
        whole["digests"] = {"before": one.policies.digest, "after": other.policies.digest}
        click.echo(json.dumps(whole, indent=2, ensure_ascii=True))
    else:
        for line in _shown(before, after, found, everything=everything):
            click.echo(visible(line))
    return 1 if exit_code and found.milder else 0


def _shown(before: str, after: str, found: "Difference", *, everything: bool) -> Iterator[str]:
    if not found.entries and not found.cases:
        yield f"{before} → {after}: the same policies; {found.asked} cases come out the same"
        return
    counts = [(kind, sum(one.kind == kind for one in found.entries)) for kind in ("removed", "changed", "added")]
    yield f"{before} → {after}: {', '.join(f'{count} {kind}' for kind, count in counts if count) or 'the same policies'}"
    yield ""
    for entry in found.entries:
        yield from _entry(entry)
    yield from _told_cases(found, everything=everything)
    yield ""
    yield _summed(found)


def _entry(entry: "Entry") -> Iterator[str]:
    yield f"{_SIGNS[entry.kind]} {entry.policy}   {_word(entry.direction)}"
    yield f"    {entry.effect}"
    for aspect in entry.aspects:
        note = "" if aspect.direction == "other" or len(entry.aspects) == 1 else f"   ({_word(aspect.direction)})"
        yield f"    {aspect.what:<10}  {aspect.said}{note}"


def _word(direction: str) -> str:
    return {"unclear": "may be milder", "other": "neither stricter nor milder"}.get(direction, direction)


def _told_cases(found: "Difference", *, everything: bool) -> Iterator[str]:
    order = {"milder": 0, "unclear": 1, "stricter": 2}
    cases = sorted(found.cases, key=lambda one: order.get(one.direction, 3))
    yield ""
    yield f"{found.asked} cases decided with both: {len(cases)} come out otherwise, {found.reasons} more have other reasons"
    for one in cases if everything else cases[:_MOST_CASES]:
        yield f"  {_word(one.direction):<13}  {one.name}"
        yield f"                 {one.before}  →  {one.after}"
    if not everything and len(cases) > _MOST_CASES:
        yield f"  and {len(cases) - _MOST_CASES} more; --all shows them"


def _summed(found: "Difference") -> str:
    directions = [*(one.direction for one in found.entries), *(one.direction for one in found.cases)]
    if "milder" in directions:
        return "Something became milder."
    if found.milder:
        return "Something may have become milder: it fires on other things now, and neither can be shown to hold the other."
    return "Nothing became milder."
