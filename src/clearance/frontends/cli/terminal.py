"""What commands share on their way to the terminal: colour, width, progress, and files to write."""

import contextlib
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearance.facts.outcome import Outcome
    from clearance.report.look import Look, Times

_PIPE_WIDTH = 100
_QUIET_SECONDS = 0.6
_BY_SUFFIX = {".sarif": "sarif", ".json": "json", ".md": "markdown", ".txt": "text"}


class FormatName(click.ParamType[str]):
    """The name of a report format: a module of `report/formats`, read from the folder so that help stays fast."""

    name = "format"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse a name that no format has."""
        names = _format_names()
        if value not in names:
            self.fail(f"{value!r}: there is {', '.join(names)}", param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the names that begin so."""
        return [CompletionItem(name) for name in _format_names() if name.startswith(incomplete)]


class ToolName(click.ParamType[str]):
    """The name of a scanner that can be asked for a second opinion, with where its rules lie: `semgrep=rules/`."""

    name = "tool"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the names that begin so."""
        folder = Path(__file__).parents[2] / "scan" / "imported" / "runners"
        known = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
        return [CompletionItem(name) for name in known if name.startswith(incomplete)]


def _format_names() -> list[str]:
    folder = Path(__file__).parents[2] / "report" / "formats"
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def wants_color(choice: str) -> bool:
    """Decide on colour: the option, then NO_COLOR and FORCE_COLOR (https://no-color.org), then whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def look(*, color: str = "auto", show_all: bool = False) -> "Look":
    """Give how results should look on this terminal or pipe."""
    from clearance.report.look import Look

    width = shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns if sys.stdout.isatty() else _PIPE_WIDTH
    if os.environ.get("COLUMNS", "").isdecimal():
        width = int(os.environ["COLUMNS"])
    try:
        "▸│✗·…→−".encode(sys.stdout.encoding or "ascii")
        plain = False
    except (UnicodeEncodeError, LookupError):
        plain = True
    return Look(width=max(40, min(width, 200)), color=wants_color(color), show_all=show_all, unicode=not plain)


def parse_outputs(outputs: tuple[str, ...]) -> list[tuple[str, Path]]:
    """Split `--output` values into format and file: `FORMAT:FILE`, or a file whose name tells. Asked before the work begins,
    so that a mistyped folder does not cost a verdict.

    Raises:
        click.UsageError: the name does not tell the format.
        clearance.facts.errors.UsageError: the folder is not there, or not to be written to.
    """
    from clearance.facts.errors import UsageError
    from clearance.report.render import names

    parsed = []
    for output in outputs:
        prefix, colon, rest = output.partition(":")
        if colon and prefix in names():
            parsed.append((prefix, Path(rest)))
            continue
        path = Path(output)
        suffix = _BY_SUFFIX.get(path.suffix.lower())
        if path.name.startswith("gl-") and path.suffix == ".json":
            suffix = "gitlab"
        if suffix is None:
            raise click.UsageError(
                f"--output {output}: cannot tell the format; write FORMAT:FILE with one of {', '.join(names())}"
            )
        parsed.append((suffix, path))
    for _, path in parsed:
        if not os.access(path.parent, os.W_OK | os.X_OK) and not path.exists():
            raise UsageError(
                "the folder is not there, or not to be written to", where=str(path), next="choose another --output"
            )
    return parsed


def emit(outcome: "Outcome", format: str, outputs: list[tuple[str, Path]], how: "Look", at: "Times") -> None:
    """Write the files that were asked for, each in one step, then print the chosen format.

    Raises:
        clearance.facts.errors.UsageError: a file cannot be written.
    """
    from clearance.report.look import Look
    from clearance.report.render import render

    plain = Look(width=_PIPE_WIDTH, color=False, show_all=how.show_all, unicode=True)
    for name, path in outputs:
        write_file(path, render(name, outcome, look=plain, at=at).encode())
    click.echo(render(format, outcome, look=how, at=at), nl=False, color=how.color)


def note(text: str) -> None:
    """Tell on standard error what a person should know beside the answer; nothing where there is nothing."""
    from clearance.facts.text import visible

    if text:
        click.echo(f"! {visible(text)}", err=True)


@contextlib.contextmanager
def opened_in(path: Path) -> "Iterator[int]":
    """Open a file to read, `-` being standard input; gives the descriptor.

    Raises:
        clearance.facts.errors.UsageError: it cannot be opened.
    """
    from clearance.facts.errors import UsageError

    if str(path) == "-":
        yield sys.stdin.fileno()
        return
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be read", where=str(path), next="give a file, or - for input") from None
    try:
        yield handle
    finally:
        os.close(handle)


def read_bytes_in(path: Path, most: int = 64 << 20) -> bytes:
    """Read a file to its end, `-` being standard input.

    Raises:
        clearance.facts.errors.UsageError: it cannot be read, or has more than `most` bytes.
    """
    from clearance.facts.errors import UsageError

    if str(path) == "-" and sys.stdin.isatty():
        click.echo("reading standard input; end it with Ctrl-D", err=True)
    data = bytearray()
    try:
        with opened_in(path) as handle:
            while piece := os.read(handle, 1 << 20):
                data += piece
                if len(data) > most:
                    raise UsageError(f"larger than {most >> 20} MiB", where=str(path), next="give a smaller text")
    except OSError as error:
        raise UsageError(error.strerror or "cannot be read", where=str(path), next="give a file, or - for input") from None
    return bytes(data)


def write_file(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old one or the whole new one.

    Raises:
        clearance.facts.errors.UsageError: it cannot be written.
    """
    import tempfile

    from clearance.facts.errors import UsageError

    try:
        if path.exists() and not path.is_file():  # a pipe or /dev/stdout
            path.write_bytes(data)
            return
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(data)
                file.close()
                umask = os.umask(0)
                os.umask(umask)
                temporary.chmod(0o666 & ~umask)
                temporary.replace(path)
            except OSError:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise UsageError(error.strerror or "cannot be written", where=str(path), next="choose another --output") from None


class Progress:
    """A line on standard error while work takes longer than a moment; nothing where that is no terminal."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._drawn = 0.0
        self._shown = False
        self._on = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> Self:
        """Start the clock."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wipe the line."""
        if self._shown:
            with contextlib.suppress(OSError):
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()

    def __call__(self, done: int, total: int) -> None:
        """Show how many of how many are done, at most ten times a second."""
        now = time.monotonic()
        if not self._on or now - self._began < _QUIET_SECONDS or now - self._drawn < 0.1:
            return
        self._drawn, self._shown = now, True
        width = 24
        full = done * width // max(total, 1)
        with contextlib.suppress(OSError):
            sys.stderr.write(f"\r\x1b[K{self._what}  [{'#' * full}{'.' * (width - full)}]  {done:,}/{total:,}")
            sys.stderr.flush()
