"""Decide logged decisions again, and show what differs."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

LAST = 200


@click.command("replay")
@click.argument("entries", metavar="[ENTRY]...", nargs=-1)
@click.option("--last", type=click.IntRange(min=1), metavar="N", help=f"Replay the newest N decisions (default {LAST}).")
@click.option("--all", "everything", is_flag=True, help="Replay all decisions of the log, and show each.")
@click.option(
    "--questions",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write what was asked, as JSON lines for another Cedar engine.",
)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
def replay(
    entries: tuple[str, ...],
    last: int | None,
    questions: Path | None,
    format_: str,
    directory: Path,
    *,
    everything: bool,
) -> int:
    """Decide logged decisions again: from the case and the policies that the log keeps, with this version of Clearance.

    ENTRY is an index or the beginning of a receipt's digest, as in `log show`. The same verdict, reasons, reviews and
    statement are "the same"; whatever differs is shown, and what is not kept is told.

    Exit codes: 0 all are the same; 1 at least one differs; 4 none differs, and something could not be replayed.
    """
    from clearance.facts.fact import plain
    from clearance.frontends.cli.log_passed import rows
    from clearance.frontends.cli.terminal import Progress, look
    from clearance.wiring.replaying import replayed

    if bool(entries) + (last is not None) + everything > 1:
        raise click.UsageError("name entries, or give --last or --all: one of them")
    with Progress("replaying") as progress, _lines_to(questions) as tell:
        found = replayed(directory, entries, None if everything else last or LAST, progress, tell)
    if format_ == "json":
        click.echo(json.dumps(plain(found) | {"notBelieved": rows()}, indent=2, ensure_ascii=True))
    else:
        from clearance.report.replay import render

        how = look(show_all=everything)
        click.echo(render(found, how), nl=False, color=how.color)
    if found.differ:
        return 1
    return 4 if found.missing or not found.same else 0


@contextlib.contextmanager
def _lines_to(path: Path | None) -> Iterator[Callable[[dict[str, Any]], object] | None]:
    """Open a file of JSON lines; it gets its name when it is whole.

    Raises:
        clearance.facts.errors.UsageError: it cannot be written.
    """
    if path is None:
        yield None
        return
    from clearance.facts.errors import UsageError

    unfinished = path.with_name(f".{path.name}.new")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            yield lambda document: file.write(json.dumps(document, sort_keys=True) + "\n")
        unfinished.replace(path)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be written", where=str(path), next="choose another --questions") from None
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
