"""The command `clearance`: finds commands by a folder walk, maps errors to exit codes."""

import errno
import importlib
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any

import click

from clearance import __version__
from clearance.frontends.hooks.unsupported import refuse

_FOLDER = Path(__file__).parent
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
_NO_COMMANDS = {"main", "terminal"}
"""Modules that hold no command; those with an underscore in their names are parts of one."""


class _Commands(click.Group):
    """Commands are the modules of this folder; `--help` reads their first sentence without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands, sorted."""
        return sorted(path.stem for path in _FOLDER.glob("*.py") if "_" not in path.stem and path.stem not in _NO_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"clearance.frontends.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List commands with the first sentence of their modules."""
        import ast

        rows = []
        for name in self.list_commands(ctx):
            text = ast.get_docstring(ast.parse((_FOLDER / f"{name}.py").read_text(encoding="utf-8"))) or ""
            rows.append((name, text.split("\n\n")[0].replace("\n", " ")))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or name the nearest one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            if not near or "Did you mean" in error.message:
                raise
            raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from None


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="clearance", message="%(prog)s %(version)s")
def cli() -> None:
    """Judge changes that AI assistants wrote: what is wrong, who must look, what was not looked at, with a signed receipt.

    Start with `clearance check` in any git repository.
    """


def main() -> None:
    """Run the command line; the process ends with the exit code of docs/reference/errors.md."""
    refuse()
    _open_standard_streams()
    # Python's own answer to these leaves temporary folders and workers behind.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup`
            signal.signal(number, _stop)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    code = _flushed(run(sys.argv[1:]))
    # What is raised in a callback of the interpreter (the end of an object, say) is lost: the work went on.
    sys.exit(128 + signal.SIGINT if _interrupted else code)


_interrupted: list[int] = []


def _interrupt(number: int, _: object) -> None:
    _interrupted.append(number)
    raise KeyboardInterrupt


def _stop(number: int, _: object) -> None:
    for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)  # one is enough: a second one would cut short what the first one cleans up
    sys.exit(128 + number)


def _open_standard_streams() -> None:
    """Open what the caller closed (`>&-`): the next file opened, the log say, would otherwise become standard output."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number, which is this one
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code: 0 allowed, 1 denied, 2 used wrongly, 3 a person must look, 4 no answer; 141
    where the reader of the output went away, as shells expect."""
    _unasked().clear()
    _passed().clear()
    try:
        result: Any = cli.main(arguments, prog_name="clearance", standalone_mode=False)
        _ask_witnesses()
        return _passed_over(arguments, result if isinstance(result, int) else 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        _tell("clearance: interrupted; nothing was decided")
        return 128 + signal.SIGINT
    except click.ClickException as error:
        return _used_wrongly(error)
    except SystemExit as stop:
        if stop.code != 1:
            raise
        return _broken(stop.__context__)  # click's answer to a broken pipe, but 1 means DENY here
    except Exception as error:  # noqa: BLE001 -- a crash must end with exit 4, never with Python's 1, which means DENY
        return _failed(error)


def _unasked() -> dict[str, Any]:
    """Give the logs that were appended to and not shown to witnesses; a command that never recorded costs no import."""
    recording = sys.modules.get("clearance.wiring.recording")
    return recording.unasked if recording else {}


def _passed() -> dict[str, dict[int, str]]:
    """Give the entries, by log, that are believed no more and that the command passed over."""
    recording = sys.modules.get("clearance.wiring.recording")
    return recording.passed if recording else {}


def _passed_over(arguments: list[str], code: int) -> int:
    """Tell what the command passed over, and give the exit code that this leaves."""
    if not any(_passed().values()):
        return code
    from clearance.facts.text import visible
    from clearance.frontends.cli.log_passed import incomplete, lines

    for line in lines(_passed()):
        _tell(visible(line))
    return incomplete(arguments, code)


def _ask_witnesses() -> None:
    """Show witnesses what the command appended, once, when all of it is there."""
    if _unasked():
        from clearance.facts.text import visible
        from clearance.wiring.witnessing import ask_for_rest

        for line in ask_for_rest(os.environ):
            _tell(visible(f"witnesses {line}"))


def _tell(text: str) -> None:
    """Write a line on standard error; where that cannot be written, the exit code must still be the right one."""
    try:
        click.echo(text, err=True)
    except OSError:
        # What is still in the buffer would fail once more when Python ends, which then exits with 120.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _unread() -> int:
    """The reader cannot take more: nothing more can be said, and what was said may be half."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 4


def _broken(error: BaseException | None) -> int:
    """Say how a command ends that met a broken pipe: quietly where it was its own output (`| head`), else as a failure."""
    gone = [number for number in (1, 2) if _is_read_by_nobody(number)]
    if not gone:
        return _failed(error if isinstance(error, Exception) else BrokenPipeError())
    for number in gone:  # what is still in the buffer would fail once more when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    try:
        _ask_witnesses()  # what was appended stays appended
    except Exception as raised:  # noqa: BLE001 -- as above
        return _failed(raised)
    return 128 + signal.SIGPIPE


def _is_read_by_nobody(number: int) -> bool:
    """Whether a stream is a pipe or socket whose other end is closed."""
    asked = select.poll()
    asked.register(number, 0)
    try:
        return any(told & (select.POLLERR | select.POLLHUP) for _, told in asked.poll(0))
    except OSError:
        return False


def _flushed(code: int) -> int:
    """Write what is still in the buffer, and say how the process ends."""
    try:
        sys.stdout.flush()
    except BrokenPipeError as error:
        return _broken(error)
    except OSError as error:
        return _failed(error)
    return code


def _used_wrongly(error: click.ClickException) -> int:
    import io

    from clearance.facts.text import visible

    said = io.StringIO()
    error.show(said)
    _tell(visible(said.getvalue().expandtabs(2).rstrip("\n"), keep="\n"))
    return 2


def _failed(error: Exception) -> int:
    from clearance.facts.errors import ClearanceError, UsageError
    from clearance.facts.text import visible

    if isinstance(error, OSError) and error.filename is None and error.errno in _NO_ROOM:
        _tell(f"clearance: {error.strerror} at {_where_in_ours(error)}; the answer is not whole")
        return _unread()
    if not isinstance(error, ClearanceError):
        kind = type(error).__name__
        place = _where_in_ours(error)
        _tell(f"clearance: internal error {kind} at {place}; there is no answer. Please report this.")
        if os.environ.get("CLEARANCE_TRACEBACK"):
            import traceback

            traceback.print_exception(error)
        else:
            _tell("  CLEARANCE_TRACEBACK=1 shows where (it may show content)")
        return 4
    _tell(f"clearance: {visible(f'{error.where}: ' if error.where else '')}{visible(error.what)}")
    if error.next:
        _tell(f"  {visible(error.next)}")
    return 2 if isinstance(error, UsageError) else 4


def _where_in_ours(error: Exception) -> str:
    """The innermost place in our own code: file and line, no values."""
    trace = error.__traceback__
    place = "unknown place"
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if name.startswith("clearance"):
            place = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
