"""Write rules as files of Project CodeGuard."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clearance.frontends.cli.rules_ids import RuleId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearance.rules.codeguard_export import Export


@click.command("export")
@click.option("--to", "kind", type=click.Choice(["codeguard"]), required=True, help="The format of the files.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("ids", nargs=-1, metavar="[ID]...", type=RuleId())
@click.option(
    "--by", type=click.Choice(["topic", "rule"]), default="topic", show_default=True,
    help="One file a topic and language, as CodeGuard's own are, or one a page.",
)  # fmt: skip
@click.option("--replace", is_flag=True, help="Take the new file where one of the same name differs.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, write nothing.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def export(kind: str, *, folder: Path, ids: tuple[str, ...], by: str, replace: bool, dry_run: bool, format_: str) -> int:
    """Write all rules, or those with some IDs, to DIR as files that CodeGuard's users can load.

    Pages that were imported from CodeGuard go out byte for byte. Detectors and examples stay behind.

    Exit codes: 0 written, 2 something is in the way, and nothing was written.
    """
    from clearance.facts.text import visible
    from clearance.wiring import interchange

    made = interchange.made_export(Path.cwd(), ids, by_rule=by == "rule")
    if not dry_run:
        interchange.write_export(made, Path.cwd(), Path.cwd() / folder, replace=replace)
    if format_ == "json":
        _print_json(_plain(made, kind, written=not dry_run))
        return 0
    for line in _told(made, visible(str(folder)), dry_run=dry_run):
        click.echo(visible(line, keep="\n"))
    return 0


def _told(made: "Export", folder: str, *, dry_run: bool) -> "Iterable[str]":
    """What a person reads."""
    from clearance.instruct.tokens import tokens

    for one in made.files:
        whence = "as it came" if one.imported else _count(len(one.rules), "page")
        when = "always" if one.always else ""
        yield f"{one.name:<58} {whence:>10} {tokens(one.text):>7,} tokens  {when}".rstrip()
    pages = sum(len(one.rules) for one in made.files)
    written = "would be written" if dry_run else "written"
    yield f"\n{_count(pages, 'page')} in {_count(len(made.files), 'file')} {written} to {folder}"
    always = sum(tokens(one.text) for one in made.files if one.always)
    if always:
        yield f"{always:,} tokens of them are in every context of an assistant that loads all"
    for why, count in sorted(Counter(one.why for one in made.left_out).items()):
        yield f"left out {count:>4}  {why}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _plain(made: "Export", kind: str, *, written: bool) -> dict[str, Any]:
    """All of it, JSON-shaped, without the texts."""
    from clearance.instruct.tokens import tokens

    return {
        "written": written,
        "format": kind,
        "files": [
            {
                "name": one.name, "rules": list(one.rules), "always": one.always, "imported": one.imported,
                "tokens": tokens(one.text), "characters": len(one.text),
            }
            for one in made.files
        ],
        "left_out": [{"rule": one.rule, "why": one.why} for one in made.left_out],
    }  # fmt: skip


def _print_json(value: Any) -> None:
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=True))
