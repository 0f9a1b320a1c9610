"""The options by which a question is put to another log than the repository's own."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

NO_LOG = 3
"""The exit code where nobody could be asked: there is no log here at all."""


def asking(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--log` and `--trusted-root`, and hand in what they say as `asked`."""

    @click.option("--log", metavar="EXPORT", type=click.Path(path_type=Path), help="Ask this exported log.")
    @click.option(
        "--trusted-root",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Trust what this file names (with --log: only).",
    )
    @wraps(command)
    def asked(*arguments: Any, log: Path | None, trusted_root: Path | None, **more: Any) -> Any:
        from clearance.wiring.asked_log import Asked

        return command(*arguments, asked=Asked(log, trusted_root), **more)

    return asked


def told_of_no_log(entries: int) -> int:
    """Say what to hand in where there is no log; give the exit code: 0 where there is one."""
    if entries:
        return 0
    from clearance.frontends.cli.terminal import note

    note(
        "there is no log here: name an export of it with `--log FOLDER --trusted-root FILE`, or its store in $CLEARANCE_LOG"
    )
    return NO_LOG
