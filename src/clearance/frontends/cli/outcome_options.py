"""What commands that judge or look share: how the outcome is reported, and whom else to ask; options and values."""

from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from clearance.frontends.cli.terminal import FormatName, ToolName, emit, look, parse_outputs

if TYPE_CHECKING:
    from clearance.facts.outcome import Outcome
    from clearance.report.look import Times

_Command = Callable[..., int]


class Reporting(NamedTuple):
    """How an outcome is reported: the format on standard output, files beside it (format, path), and how text looks."""

    format: str
    files: list[tuple[str, Path]]
    show_all: bool
    color: str

    @property
    def ahead(self) -> Callable[[], None]:
        """Import what the format needs; to be called while others work."""
        from clearance.report.render import prepare

        return partial(prepare, self.format)

    def emit(self, outcome: "Outcome", at: "Times") -> None:
        """Write the files, then print.

        Raises:
            clearance.facts.errors.UsageError: a file cannot be written.
        """
        emit(outcome, self.format, self.files, look(color=self.color, show_all=self.show_all), at)


def reporting(of_all: str) -> Callable[[_Command], _Command]:
    """Add `--format`, `--output`, `--all` (with the help `of_all`) and `--color`; the command gets them as `reporting`.
    Names of files are checked before the command begins."""

    def decorate(function: _Command) -> _Command:
        @wraps(function)
        def reported(*, format_: str, output: tuple[str, ...], show_all: bool, color: str, **rest: Any) -> int:
            return function(reporting=Reporting(format_, parse_outputs(output), show_all, color), **rest)

        for option in (
            click.option(
                "--color", type=click.Choice(["auto", "always", "never"]), default="auto",
                help="Colour (NO_COLOR is respected).",
            ),
            click.option("--all", "show_all", is_flag=True, help=of_all),
            click.option(
                "--output", multiple=True, metavar="FILE",
                help="Also write FILE (.sarif .json .md .txt gl-*.json, or FORMAT:FILE).",
            ),
            click.option(
                "--format", "format_", type=FormatName(), default="text",
                help="text (default), json, sarif, markdown, gitlab.",
            ),
        ):  # fmt: skip
            reported = option(reported)
        return reported

    return decorate


def second_opinions(function: _Command) -> _Command:
    """Add `--with` and `--sarif`; the command gets them as `second`, opinions of others."""

    @wraps(function)
    def asked(*, tools: tuple[str, ...], sarif: tuple[Path, ...], **rest: Any) -> int:
        from clearance.wiring import Second

        return function(second=Second(tools, sarif), **rest)

    for option in (
        click.option(
            "--sarif", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
            help="Take in the results of another tool (CodeQL, …) about the same files.",
        ),
        click.option(
            "--with", "tools", multiple=True, type=ToolName(), metavar="TOOL[=RULES]",
            help="Ask another scanner that is installed, too (bandit, gosec, njsscan, ruff, semgrep=DIR).",
        ),
    ):  # fmt: skip
        asked = option(asked)
    return asked
