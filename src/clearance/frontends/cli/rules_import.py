"""Take rules of Project CodeGuard over as pages without a detector."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearance.wiring.interchange import Import, Incoming

_ACTIONS = {"new": "new", "same": "as it was", "replace": "replaced"}


@click.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option(
    "--to", metavar="DIR", type=click.Path(path_type=Path),
    help="The folder to write to (default: .clearance/rules/guidance, from where pages are read).",
)  # fmt: skip
@click.option(
    "--attribution", default="", metavar="TEXT", help="Who wrote them, and the licence; kept in SOURCES.toml beside."
)
@click.option("--replace", is_flag=True, help="Take the new file where one of the same name differs.")
@click.option("--trust", is_flag=True, help="A person read the files: take those, too, that give orders or hold commands.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, write nothing.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def import_(
    paths: tuple[Path, ...], *, to: Path | None, attribution: str, replace: bool, trust: bool, dry_run: bool, format_: str
) -> int:
    """Take CodeGuard's rule files over as they are: assistants are told, nothing checks them.

    Each PATH is a file, or a folder with files codeguard-*.md at any depth. They are copied byte for byte to
    .clearance/rules/guidance, and count nowhere as checks. One file that is broken stops all.
    So does one that gives orders to assistants, hides text or holds a dangerous command; --trust says that a person read it.

    Exit codes: 0 taken over, 2 a file is broken or in the way, and nothing was written.
    """
    from clearance.facts.errors import UsageError
    from clearance.facts.text import visible
    from clearance.wiring import interchange
    from clearance.wiring.places import top

    if visible(attribution) != attribution or len(attribution) > 400:
        raise UsageError(
            "an attribution is one line of at most 400 characters", next='--attribution "WORK, AUTHOR, LICENCE"'
        )
    here = Path.cwd()
    usual = top(here) / interchange.PLACE
    place = (here / to) if to else usual
    wanted = interchange.read_import(paths, here, to=place, replace=replace, trust=trust)
    if not dry_run and not wanted.errors:
        interchange.write_import(wanted, here, to=place, attribution=attribution)
    if format_ == "json":
        _print_json(_plain(wanted, written=not dry_run and not wanted.errors, to=str(to or interchange.PLACE)))
    for error in wanted.errors:
        click.echo(visible(str(error)), err=True)
    if wanted.errors:
        click.echo(_count(len(wanted.errors), "error") + ": nothing was written", err=True)
        return 2
    if format_ == "text":
        shown = visible(str(to or interchange.PLACE))
        for line in _told(
            wanted, shown, dry_run=dry_run, attributed=bool(attribution), loaded=place.resolve() == usual.resolve()
        ):
            click.echo(line)
    return 0


def _told(wanted: "Import", to: str, *, dry_run: bool, attributed: bool, loaded: bool) -> "Iterable[str]":
    """What a person reads."""
    from clearance.facts.text import visible

    for one in wanted.files:
        yield f"{_ACTIONS[one.action]:<10} {one.rule.id:<52} {_applies(one):<14} {one.tokens:>6,} tokens"
        yield from (f"           {visible(note)}" for note in one.notes)
    count = _count(len(wanted.files), "page")
    others = f"; {_count(wanted.passed, 'other Markdown file')} passed over" if wanted.passed else ""
    yield f"\n{count} {'would be written' if dry_run else 'stand'} in {to}: guidance only, no detector{others}"
    yield "Assistants are told of them as far as the budget goes; nothing checks them, and no coverage counts them."
    if not loaded:
        yield "Pages are read from .clearance/rules/guidance alone: these are not, where they are now."
    if not attributed:
        yield "Whoever wrote them may ask to be named (CodeGuard: CC BY 4.0): --attribution keeps that in SOURCES.toml."
    if not dry_run and loaded:
        yield "Next: `clearance rules build --for claude-code --explain`; then commit .clearance/rules."


def _applies(one: "Incoming") -> str:
    return "always" if one.rule.always else _count(len(one.rule.languages), "language")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _plain(wanted: "Import", *, written: bool, to: str) -> dict[str, Any]:
    """All of it, JSON-shaped."""
    return {
        "written": written,
        "to": to,
        "pages": [
            {
                "id": one.rule.id, "from": one.shown, "action": one.action, "description": one.rule.description,
                "languages": list(one.rule.languages), "tags": list(one.rule.tags), "always": one.rule.always,
                "tokens": one.tokens, "detector": False, "notes": list(one.notes),
            }
            for one in wanted.files
        ],
        "errors": [{"where": error.where, "what": error.what, "next": error.next} for error in wanted.errors],
        "passed_over": wanted.passed,
    }  # fmt: skip


def _print_json(value: Any) -> None:
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=True))
